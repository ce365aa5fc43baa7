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
    "my_style_weight": checks.style_weight,
}


def relative(new, target):
    return ((new - target) ** 2).mean() / (target**2).mean()


def content_of(features, target, error=relative):
    return error(features["relu4_2"], target)


def style_of(features, targets, error=relative):
    return sum(error(gram_matrix(features[k]), a) for k, a in targets.items()) / len(targets)


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
    style = sum(relative(gram_matrix(f[k]), a) for k, a in grams.items())
    return alpha * content_of(f, p) + beta * style


def last_layer_only(f, p, grams, alpha, beta):
    for k, a in grams.items():
        style = relative(gram_matrix(f[k]), a)
    return alpha * content_of(f, p) + beta * style


def content_by_gram(f, p, grams, alpha, beta):
    content = relative(gram_matrix(f["relu4_2"]), gram_matrix(p))
    return alpha * content + beta * style_of(f, grams)


def undivided(f, p, grams, alpha, beta):
    style = 0
    for k, a in grams.items():
        flat = f[k].flatten(2)
        style = style + relative(flat @ flat.mT, a) / len(grams)
    return alpha * content_of(f, p) + beta * style


def plain_means(f, p, grams, alpha, beta):
    def error(new, target):
        return ((new - target) ** 2).mean()

    return alpha * content_of(f, p, error) + beta * style_of(f, grams, error)


def in_units_of_its_own(f, p, grams, alpha, beta):
    def error(new, target):
        return ((new - target) ** 2).mean() / (new**2).mean()

    return alpha * content_of(f, p, error) + beta * style_of(f, grams, error)


def square_of_the_mean(f, p, grams, alpha, beta):
    def error(new, target):
        return ((new - target) ** 2).mean() / target.mean() ** 2

    return alpha * content_of(f, p, error) + beta * style_of(f, grams, error)


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


def slope(loss, image):
    image = image.detach().requires_grad_()
    return torch.autograd.grad(loss(image), image)[0]


def upside_down(image, content_loss, style_loss):
    return slope(style_loss, image).norm() / slope(content_loss, image).norm()


def ratio_of_losses(image, content_loss, style_loss):
    return content_loss(image) / style_loss(image)


def root_forgotten(image, content_loss, style_loss):
    return (slope(content_loss, image) ** 2).sum() / (slope(style_loss, image) ** 2).sum()


def absolute_values(image, content_loss, style_loss):
    return slope(content_loss, image).abs().mean() / slope(style_loss, image).abs().mean()


def largest_entries(image, content_loss, style_loss):
    return slope(content_loss, image).abs().max() / slope(style_loss, image).abs().max()


def signed_sum(image, content_loss, style_loss):
    return slope(content_loss, image).mean() / slope(style_loss, image).mean()


def not_cleared(image, content_loss, style_loss):
    image.requires_grad_()
    content_loss(image).backward()
    content = image.grad.norm()
    style_loss(image).backward()
    return content / image.grad.norm()


def not_cleared_style_first(image, content_loss, style_loss):
    image.requires_grad_()
    style_loss(image).backward()
    style = image.grad.norm()
    content_loss(image).backward()
    return image.grad.norm() / style


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
    ("my_total_loss", plain_means, "plain means"),
    ("my_total_loss", in_units_of_its_own, "growing louder"),
    ("my_total_loss", square_of_the_mean, "Square first"),
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
    ("my_style_weight", upside_down, "upside down"),
    ("my_style_weight", ratio_of_losses, "how steep"),
    ("my_style_weight", root_forgotten, "the root is missing"),
    ("my_style_weight", absolute_values, "absolute values"),
    ("my_style_weight", largest_entries, "two single pixels"),
    ("my_style_weight", signed_sum, "most of them cancel"),
    ("my_style_weight", not_cleared, "holds both"),
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


def test_gradients_that_add_up_are_noticed_in_either_order():
    assert "holds both" in checks.style_weight(not_cleared_style_first).message


def test_two_calls_of_backward_are_right_if_the_gradient_is_cleared():
    def cleared(image, content_loss, style_loss):
        image.requires_grad_()
        content_loss(image).backward()
        content, image.grad = image.grad.norm(), None
        style_loss(image).backward()
        return (content / image.grad.norm()).item()

    assert checks.style_weight(cleared).right


def test_with_the_weight_of_the_solution_both_gradients_are_of_one_length():
    target = torch.rand(1, 3, 4, 4)
    image = torch.rand(1, 3, 4, 4)

    def content(x):
        return (x - target).square().sum()

    def style(x):
        return 7 * (x.sum() - 1).square()

    beta = SOLUTIONS["my_style_weight"](image, content, style)
    torch.testing.assert_close(slope(content, image).norm(), beta * slope(style, image).norm())


def test_the_solutions_agree_with_the_library():
    torch.manual_seed(0)
    features = {"relu1_1": torch.rand(1, 4, 6, 5), "relu4_2": torch.rand(1, 8, 3, 2)}
    features["relu2_1"] = torch.rand(1, 8, 3, 2)
    content = torch.rand_like(features["relu4_2"])
    grams = {k: gram_matrix(torch.rand_like(features[k])) for k in ("relu1_1", "relu2_1")}

    mine = SOLUTIONS["my_total_loss"](features, content, grams, 2.0, 5.0)
    theirs = 2 * content_loss(features["relu4_2"], content, convention="relative")
    style = [style_loss(features[k], gram, convention="relative") for k, gram in grams.items()]
    theirs = theirs + 5 * sum(style) / len(style)
    torch.testing.assert_close(mine, theirs)

    start = SOLUTIONS["my_start"](photo("cat", size=32), "noise", seed=3)
    assert start.is_leaf
    assert start.requires_grad
