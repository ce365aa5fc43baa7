import runpy
from pathlib import Path

import pytest
import torch
from torch.nn.functional import mse_loss

import nstlib
from nstlib.checks import ch02_content as checks

FOLDER = Path(__file__).parents[1] / "notebooks"
SOLUTION = runpy.run_path(str(FOLDER / "solutions" / "02_content.py"))
CHECKS = {
    "my_content_loss": checks.content_loss,
    "my_descent": checks.descent,
    "my_counterexample": checks.counterexample,
    "my_total_variation": checks.total_variation,
}


# ---- wrong answers, as a student would write them --------------------------------------------


def loss_per_channel(features, target):
    return ((features - target) ** 2).sum(dim=[2, 3])


def loss_in_a_loop_over_channels_forgotten(features, target):
    return ((features - target) ** 2).sum(dim=1)


def loss_without_gradient(features, target):
    with torch.no_grad():
        return ((features - target) ** 2).sum()


def loss_detached(features, target):
    return ((features.detach() - target) ** 2).sum()


def loss_as_number(features, target):
    return ((features - target) ** 2).sum().item()


def loss_as_numpy(features, target):
    return ((features.detach().numpy() - target.numpy()) ** 2).sum()


CONTENT = {
    "you took the mean": mse_loss,
    "half of what is asked": lambda x, p: 0.5 * ((x - p) ** 2).sum(),
    "you squared after the sum": lambda x, p: (x - p).sum() ** 2,
    "the differences are not squared": lambda x, p: (p - x).sum(),
    "opposite signs cancel": lambda x, p: torch.sum(x - p),
    "you took absolute values": lambda x, p: (x - p).abs().sum(),
    "a distance": lambda x, p: torch.linalg.vector_norm(x - p),
    "kept the channels": loss_per_channel,
    "kept the positions": loss_in_a_loop_over_channels_forgotten,
    "no gradient reaches the new picture": loss_without_gradient,
    "must stay connected": loss_detached,
    "you return a plain number": loss_as_number,
    "without item(), float() or numpy()": loss_as_numpy,
    "you averaged over positions": lambda x, p: (
        (x.mean(dim=(-2, -1)) - p.mean(dim=(-2, -1))) ** 2
    ).sum(),
}


def descent_uphill(image, target, network, rate, steps):
    image.requires_grad_()
    for _ in range(steps):
        image.grad = None
        ((network(image) - target) ** 2).sum().backward()
        image.data += rate * image.grad
    return image


def descent_never_zeroed(image, target, network, rate, steps):
    image.requires_grad_()
    for _ in range(steps):
        ((network(image) - target) ** 2).sum().backward()
        with torch.no_grad():
            image -= rate * image.grad
    return image


def descent_on_weights(image, target, network, rate, steps):
    for _ in range(steps):
        network.zero_grad()
        ((network(image) - target) ** 2).sum().backward()
        with torch.no_grad():
            for weight in network.parameters():
                weight -= rate * weight.grad
    return image


def descent_one_gradient(image, target, network, rate, steps):
    image.requires_grad_()
    ((network(image) - target) ** 2).sum().backward()
    for _ in range(steps):
        image.data -= rate * image.grad
    return image


def descent_returns_early(image, target, network, rate, steps):
    image.requires_grad_()
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(((network(image) - target) ** 2).sum(), image)
        return image - rate * gradient


def descent_with_the_mean(image, target, network, rate, steps):
    for _ in range(steps):
        image = image.detach().requires_grad_()
        mse_loss(network(image), target).backward()
        image = image - rate * image.grad
    return image


def descent_clamped(image, target, network, rate, steps):
    for _ in range(steps):
        image = image.detach().requires_grad_()
        ((network(image) - target) ** 2).sum().backward()
        image = (image - rate * image.grad).clamp(0, 1)
    return image


DESCENT = {
    "you walk uphill": descent_uphill,
    "backward() adds to .grad": descent_never_zeroed,
    "on the network's weights": descent_on_weights,
    "the first gradient all the way": descent_one_gradient,
    "only one step was taken": descent_returns_early,
    "C*H*W times too short": descent_with_the_mean,
    "you clamp the pixels": descent_clamped,
}


def from_a_start(start, steps):
    """Walk from start(photo) to the photo's features with torch's own L-BFGS."""

    def counterexample(photo, network):
        image, target = start(photo).clone().requires_grad_(), network(photo)
        optimizer = torch.optim.LBFGS([image], max_iter=steps, line_search_fn="strong_wolfe")

        def closure():
            optimizer.zero_grad()
            loss = ((network(image) - target) ** 2).sum()
            loss.backward()
            return loss

        optimizer.step(closure)
        return image

    return counterexample


def step_too_long(photo, network):
    target = network(photo)
    return SOLUTION["my_descent"](photo.flip(3), target, network, 10.0, 40)


COUNTEREXAMPLE = {
    "return the picture itself": lambda photo, network: network(photo),
    "not numbers any more": step_too_long,
    "below 0 or above 1": lambda photo, network: 2 * photo - 0.5,
    "this is the photo itself": lambda photo, network: photo.clone(),
    "Begin farther away": lambda photo, network: (photo + 0.02).clamp(0, 1),
    "is the opposite": lambda photo, network: 0.85 * photo,
    "but so are its features": lambda photo, network: photo.flip(3),
    "not within a tenth yet": from_a_start(lambda photo: 0.5 + 0 * photo, steps=3),
}


def right_minus_left(image):
    return image[..., 1:] - image[..., :-1]


def lower_minus_upper(image):
    return image[..., 1:, :] - image[..., :-1, :]


def variation_signed(image):
    return right_minus_left(image).sum() + lower_minus_upper(image).sum()


def variation_squared_too_late(image):
    return right_minus_left(image).sum() ** 2 + lower_minus_upper(image).sum() ** 2


def variation_diagonal(image):
    return ((image[..., 1:, 1:] - image[..., :-1, :-1]) ** 2).sum()


def variation_rolled(image):
    across = torch.roll(image, -1, dims=3) - image
    down = torch.roll(image, -1, dims=2) - image
    return (across**2 + down**2).sum()


def variation_of_colors(image):
    across = image[:, 1:] - image[:, :-1]
    down = image[:, :, 1:] - image[:, :, :-1]
    return (across**2).sum() + (down**2).sum()


def variation_cropped(image):
    across = image[:, :, :-1, 1:] - image[:, :, :-1, :-1]
    down = image[:, :, 1:, :-1] - image[:, :, :-1, :-1]
    return (across**2 + down**2).sum()


def variation_means(image):
    return (right_minus_left(image) ** 2).mean() + (lower_minus_upper(image) ** 2).mean()


def variation_absolute(image):
    return right_minus_left(image).abs().sum() + lower_minus_upper(image).abs().sum()


TOTAL_VARIATION = {
    "the signed differences cancel": variation_signed,
    "you squared after the sum": variation_squared_too_late,
    "only neighbors in a row": lambda image: (right_minus_left(image) ** 2).sum(),
    "only neighbors in a column": lambda image: (lower_minus_upper(image) ** 2).sum(),
    "diagonal neighbors": variation_diagonal,
    "roll() joins the left border": variation_rolled,
    "you summed absolute differences": variation_absolute,
    "you took means": variation_means,
    "dimension 1 is color": variation_of_colors,
    "the last row and the last column": variation_cropped,
    "you return a plain number": lambda image: SOLUTION["my_total_variation"](image).item(),
}

WRONG = {
    "my_content_loss": CONTENT,
    "my_descent": DESCENT,
    "my_counterexample": COUNTEREXAMPLE,
    "my_total_variation": TOTAL_VARIATION,
}


@pytest.mark.parametrize(
    ("name", "hint"), [(name, hint) for name, wrong in WRONG.items() for hint in wrong]
)
def test_every_wrong_answer_gets_its_own_hint(name, hint):
    verdict = CHECKS[name](WRONG[name][hint])
    assert verdict.right is False
    assert hint in verdict.message


def test_an_answer_that_is_wrong_in_no_known_way_gets_a_sentence():
    verdict = checks.content_loss(lambda x, p: 3 * ((x - p) ** 2).sum())
    assert "is expected" in verdict.message
    verdict = checks.descent(lambda image, *_: image.backward())
    assert "RuntimeError" in verdict.message


def with_backward(image, target, network, rate, steps):
    image = image.clone().requires_grad_()
    optimizer = torch.optim.SGD([image], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        ((network(image) - target) ** 2).sum().backward()
        optimizer.step()
    return image


def test_other_ways_to_be_right():
    assert checks.descent(with_backward).right
    assert checks.content_loss(lambda x, p: mse_loss(x, p, reduction="sum")).right
    found = from_a_start(lambda photo: 0.5 + 0 * photo, steps=200)
    assert checks.counterexample(lambda *given: found(*given).clamp(0, 1)).right
    assert checks.total_variation(
        lambda x: sum(x.diff(dim=dim).pow(2).sum() for dim in (-1, -2))
    ).right


# ---- the solutions agree with nstlib ---------------------------------------------------------


def test_content_loss_is_the_librarys():
    features, target = torch.randn(2, 1, 5, 6, 7).unbind()
    expected = nstlib.content_loss(features, target, convention="lecture")
    torch.testing.assert_close(SOLUTION["my_content_loss"](features, target), expected)


def test_total_variation_is_the_librarys_up_to_the_mean():
    image = torch.rand(1, 3, 9, 8)
    expected = nstlib.total_variation(image) * image.numel()
    torch.testing.assert_close(SOLUTION["my_total_variation"](image), expected)


def test_the_solutions_run_on_the_real_network():
    vgg = nstlib.load_vgg19("compact", device="cpu")
    image, photo = torch.rand(2, 1, 3, 32, 32).unbind()

    def network(x):
        return vgg(x, ["relu4_1"])["relu4_1"]

    target = network(photo)
    walked = SOLUTION["my_descent"](image, target, network, 1e-4, 3)
    before, after = (SOLUTION["my_content_loss"](network(x), target) for x in (image, walked))
    assert after < before
    other = SOLUTION["my_counterexample"](photo, network)
    assert nstlib.content_loss(network(other), target) < 0.01
    assert (other - photo).square().mean().sqrt() > 0.1
    assert 0 <= other.min() <= other.max() <= 1
