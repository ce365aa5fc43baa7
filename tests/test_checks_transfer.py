"""The checks of notebook 05: every wrong answer, written as a student would, gets its own hint."""

import runpy
from pathlib import Path

import pytest
import torch

from nstlib import content_loss, gram_matrix, photo, style_loss
from nstlib.checks import ch05_transfer as checks

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SOLUTIONS = runpy.run_path(str(NOTEBOOKS / "solutions" / "05_transfer.py"))
CHECKS = {
    "my_total_loss": checks.total_loss,
    "my_gradient": checks.pixel_gradient,
    "my_start": checks.start,
}


def content_of(features, target):
    return ((features["relu4_2"] - target) ** 2).mean()


def style_of(features, targets):
    return sum(((gram_matrix(features[k]) - a) ** 2).mean() for k, a in targets.items()) / len(
        targets
    )


def swapped(f, p, grams, alpha, beta):
    return beta * content_of(f, p) + alpha * style_of(f, grams)


def bracketed(f, p, grams, alpha, beta):
    return alpha * (content_of(f, p) + style_of(f, grams))


def alpha_forgotten(f, p, grams, alpha, beta):
    return content_of(f, p) + beta * style_of(f, grams)


def multiplied(f, p, grams, alpha, beta):
    return (alpha * content_of(f, p)) * (beta * style_of(f, grams))


def subtracted(f, p, grams, alpha, beta):
    return alpha * content_of(f, p) - beta * style_of(f, grams)


def normalized(f, p, grams, alpha, beta):
    return (alpha * content_of(f, p) + beta * style_of(f, grams)) / (alpha + beta)


def layers_added(f, p, grams, alpha, beta):
    style = sum(((gram_matrix(f[k]) - a) ** 2).mean() for k, a in grams.items())
    return alpha * content_of(f, p) + beta * style


def last_layer_only(f, p, grams, alpha, beta):
    for k, a in grams.items():
        style = ((gram_matrix(f[k]) - a) ** 2).mean()
    return alpha * content_of(f, p) + beta * style


def content_by_gram(f, p, grams, alpha, beta):
    content = ((gram_matrix(f["relu4_2"]) - gram_matrix(p)) ** 2).mean()
    return alpha * content + beta * style_of(f, grams)


def undivided(f, p, grams, alpha, beta):
    style = 0
    for k, a in grams.items():
        flat = f[k].flatten(2)
        style = style + ((flat @ flat.mT - a) ** 2).mean() / len(grams)
    return alpha * content_of(f, p) + beta * style


def loss_of(image, content, style, network):
    features = network(image)
    loss = ((features - network(content)) ** 2).mean()
    return loss + ((gram_matrix(features) - gram_matrix(network(style))) ** 2).mean()


def of_the_weights(image, content, style, network):
    loss_of(image, content, style, network).backward()
    gradient = network.weight.grad.clone()
    network.weight.grad = None
    return gradient


def of_the_content(image, content, style, network):
    content.requires_grad_()
    loss_of(image, content, style, network).backward()
    return content.grad


def of_the_style(image, content, style, network):
    style.requires_grad_()
    loss_of(image, content, style, network).backward()
    return style.grad


def downhill(image, content, style, network):
    image.requires_grad_()
    return -torch.autograd.grad(loss_of(image, content, style, network), image)[0]


def style_detached(image, content, style, network):
    image.requires_grad_()
    features = network(image)
    loss = ((features - network(content)) ** 2).mean()
    gram = gram_matrix(features.detach())
    loss = loss + ((gram - gram_matrix(network(style))) ** 2).mean()
    return torch.autograd.grad(loss, image)[0]


def content_detached(image, content, style, network):
    image.requires_grad_()
    features = network(image)
    loss = ((features.detach() - network(content)) ** 2).mean()
    loss = loss + ((gram_matrix(features) - gram_matrix(network(style))) ** 2).mean()
    return torch.autograd.grad(loss, image)[0]


def the_loss_itself(image, content, style, network):
    return loss_of(image, content, style, network)


def not_frozen(image, content, style, network):
    image.requires_grad_()
    loss_of(image, content, style, network).backward()
    return image.grad


def draw(content, seed):
    return torch.randn(content.shape, generator=torch.Generator().manual_seed(seed))


def around_black(content, kind, seed):
    image = content.clone() if kind == "content" else 0.1 * draw(content, seed)
    return image.requires_grad_()


def standard_normal(content, kind, seed):
    image = content.clone() if kind == "content" else draw(content, seed)
    return image.requires_grad_()


def too_strong(content, kind, seed):
    image = content.clone() if kind == "content" else 0.5 + draw(content, seed)
    return image.requires_grad_()


def uniform(content, kind, seed):
    generator = torch.Generator().manual_seed(seed)
    if kind == "content":
        return content.clone().requires_grad_()
    return torch.rand(content.shape, generator=generator).requires_grad_()


def noisy_photo(content, kind, seed):
    image = content.clone()
    if kind == "noise":
        image = image + 0.1 * draw(content, seed)
    return image.requires_grad_()


def seed_forgotten(content, kind, seed=0):
    image = content.clone() if kind == "content" else 0.5 + 0.1 * draw(content, 0)
    return image.requires_grad_()


def always_photo(content, kind, seed):
    return content.clone().requires_grad_()


def always_noise(content, kind, seed):
    return (0.5 + 0.1 * draw(content, seed)).requires_grad_()


def no_generator(content, kind, seed):
    image = content.clone() if kind == "content" else 0.5 + 0.1 * torch.randn(content.shape)
    return image.requires_grad_()


def no_copy(content, kind, seed):
    image = content if kind == "content" else 0.5 + 0.1 * draw(content, seed)
    return image.requires_grad_()


def no_gradient(content, kind, seed):
    return content.clone() if kind == "content" else 0.5 + 0.1 * draw(content, seed)


def no_leaf(content, kind, seed):
    if kind == "content":
        return content.requires_grad_().clone()
    return 0.5 + 0.1 * draw(content, seed).requires_grad_()


WRONG = [
    ("my_total_loss", swapped, "changed places"),
    ("my_total_loss", bracketed, "α multiplies both"),
    ("my_total_loss", alpha_forgotten, "α is not used"),
    ("my_total_loss", multiplied, "product"),
    ("my_total_loss", subtracted, "away from the painting"),
    ("my_total_loss", normalized, "divided by α + β"),
    ("my_total_loss", layers_added, "weight 1 each"),
    ("my_total_loss", last_layer_only, "only the last style layer"),
    ("my_total_loss", content_by_gram, "forgotten where"),
    ("my_total_loss", undivided, "Compare like with like"),
    ("my_gradient", of_the_weights, "network's weights. They are frozen"),
    ("my_gradient", of_the_content, "gradient of the content picture"),
    ("my_gradient", of_the_style, "gradient of the style picture"),
    ("my_gradient", downhill, "points uphill"),
    ("my_gradient", style_detached, "only the content pulls"),
    ("my_gradient", content_detached, "only the style pulls"),
    ("my_gradient", the_loss_itself, "this is the loss"),
    ("my_gradient", not_frozen, "Freeze it first"),
    ("my_start", around_black, "centered on 0"),
    ("my_start", standard_normal, "standard normal"),
    ("my_start", too_strong, "ten times too strong"),
    ("my_start", uniform, "uniform"),
    ("my_start", noisy_photo, "add the noise to the photo"),
    ("my_start", seed_forgotten, "the seed is not used"),
    ("my_start", always_photo, "both kinds give the photo"),
    ("my_start", always_noise, "both kinds give noise"),
    ("my_start", no_generator, "two different pictures"),
    ("my_start", no_copy, "not a copy"),
    ("my_start", no_gradient, "does not require a gradient"),
    ("my_start", no_leaf, "leaves only"),
]


@pytest.mark.parametrize(
    ("exercise", "answer", "hint"), WRONG, ids=lambda x: getattr(x, "__name__", "")
)
def test_a_wrong_answer_gets_its_own_hint(exercise, answer, hint):
    verdict = CHECKS[exercise](answer)
    assert verdict.right is False
    assert hint in verdict.message


def test_no_two_mistakes_share_a_hint():
    messages = [CHECKS[exercise](answer).message for exercise, answer, _ in WRONG]
    assert len(set(messages)) == len(messages)


def test_backward_on_a_frozen_network_is_right_too():
    def by_backward(image, content, style, network):
        network.requires_grad_(False)
        return not_frozen(image, content, style, network)

    assert checks.pixel_gradient(by_backward).right


def test_the_solutions_agree_with_the_library():
    torch.manual_seed(0)
    features = {"relu1_1": torch.rand(1, 4, 6, 5), "relu4_2": torch.rand(1, 8, 3, 2)}
    features["relu2_1"] = torch.rand(1, 8, 3, 2)
    content = torch.rand_like(features["relu4_2"])
    grams = {k: gram_matrix(torch.rand_like(features[k])) for k in ("relu1_1", "relu2_1")}

    mine = SOLUTIONS["my_total_loss"](features, content, grams, 2.0, 5.0)
    theirs = 2 * content_loss(features["relu4_2"], content, convention="mean")
    style = [style_loss(features[k], gram, convention="mean") for k, gram in grams.items()]
    theirs = theirs + 5 * sum(style) / len(style)
    torch.testing.assert_close(mine, theirs)

    start = SOLUTIONS["my_start"](photo("cat", size=32), "noise", seed=3)
    assert start.is_leaf
    assert start.requires_grad
