"""Checks of notebook 02: the content loss, descent on pixels, a counterexample, total variation.

A loss is checked twice: its value, and its gradient. A loss of the right value through which no
gradient flows is of no use to a picture that is to be changed.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from nstlib.checks.verdict import Mistake, Verdict, judge


def content_loss(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Check answer(features, target): both (1, C, H, W), the lecture's sum of squared differences."""
    mistakes = [
        Mistake(
            lambda x, p: (x - p).square().mean(),
            "you took the mean, and the lecture's formula has a sum. The mean is C*H*W times smaller: "
            "same minimum, but any weight or step size found for one is wrong for the other.",
        ),
        Mistake(
            lambda x, p: (x - p).square().sum() / 2,
            "this is half of what is asked. The ½ is in the paper's formula (it cancels the 2 of the "
            "derivative), and not in the lecture's. Here the lecture's is asked for.",
        ),
        Mistake(
            lambda x, p: (x - p).sum().square(),
            "you squared after the sum. Differences of opposite sign cancel that way, and two quite "
            "different pictures get the loss 0: square first, then sum.",
        ),
        Mistake(
            lambda x, p: (x - p).sum(),
            "the differences are not squared: opposite signs cancel, and the loss has no lower end.",
        ),
        Mistake(
            lambda x, p: (p - x).sum(),
            "the differences are not squared: opposite signs cancel, and the loss has no lower end.",
        ),
        Mistake(
            lambda x, p: (x - p).abs().sum(),
            "you took absolute values. The lecture squares: large differences then count for more, "
            "and the gradient shrinks as the picture comes closer.",
        ),
        Mistake(
            lambda x, p: (x - p).norm(),
            "this is a distance, the square root of the loss (norm() takes the root).",
        ),
        Mistake(
            lambda x, p: (x - p).square().sum((2, 3)),
            "you summed over positions and kept the channels. The sum is over i, j and k: one number.",
        ),
        Mistake(
            lambda x, p: (x - p).square().sum(1),
            "you summed over channels and kept the positions. The sum is over i, j and k: one number.",
        ),
        Mistake(
            lambda x, p: (x.mean((2, 3)) - p.mean((2, 3))).square().sum(),
            "you averaged over positions before you compared. Then it no longer matters where "
            "something is; that is closer to style than to content.",
        ),
    ]
    inputs = [(_random(1, 4, 5, 6, seed=0, grad=True), _random(1, 4, 5, 6, seed=1))]
    inputs += [(_random(1, 3, 7, 2, seed=2, grad=True), _random(1, 3, 7, 2, seed=3))]
    praise = "a sum over all channels and positions, and the gradient reaches the features."
    return _judge_loss(answer, _content_loss, inputs, mistakes, praise)


def descent(answer: Callable[[Tensor, Tensor, Callable, float, int], Tensor]) -> Verdict:
    """Check answer(image, target, network, rate, steps): the picture after plain gradient descent.

    network(image) returns features with the shape of target.
    """

    def walk(image, target, network, rate, steps, *, loss=_content_loss, hold=False, clamp=False):
        """Plain gradient descent; hold: with the first gradient all the way."""
        gradient = None
        for _ in range(steps):
            if gradient is None or not hold:
                image = image.detach().requires_grad_()
                (gradient,) = torch.autograd.grad(loss(network(image), target), image)
            image = image.detach() - rate * gradient
            image = image.clamp(0, 1) if clamp else image
        return image

    def ascend(image, target, network, rate, steps):
        return walk(image, target, network, -rate, steps)

    def accumulate(image, target, network, rate, steps):
        image, total = image.detach().requires_grad_(), 0.0
        for _ in range(steps):
            loss = _content_loss(network(image), target)
            total = total + torch.autograd.grad(loss, image)[0]
            image = (image - rate * total).detach().requires_grad_()
        return image

    mistakes = [
        Mistake(
            ascend,
            "you walk uphill. The gradient points to where the loss grows: subtract it.",
        ),
        Mistake(
            accumulate,
            "backward() adds to .grad, and yours still holds the gradients of the steps before. "
            "Set it to zero (or to None) in every step, or use torch.autograd.grad.",
        ),
        Mistake(
            lambda image, *_: image,
            "the picture comes back unchanged. The step has to be taken on the pixels. Was it taken "
            "on the network's weights, or on a copy that you did not return?",
        ),
        Mistake(
            lambda *given: walk(*given, hold=True),
            "you use the first gradient all the way. The slope changes as the picture moves: "
            "compute it anew in every step, inside the loop.",
        ),
        Mistake(
            lambda *given: walk(*given[:4], 1),
            "only one step was taken. Is the `return` inside the loop?",
        ),
        Mistake(
            lambda *given: walk(*given, loss=nn.functional.mse_loss),
            "your loss is the mean, so that every step is C*H*W times too short. Use the sum.",
        ),
        Mistake(
            lambda *given: walk(*given, clamp=True),
            "you clamp the pixels in every step. That is a sensible thing to do, and not gradient "
            "descent alone: leave it out here, and clamp once, when you look at the picture.",
        ),
    ]
    inputs = []
    for seed, steps in ((20, 3), (30, 4)):
        image = torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(seed))
        filters = 0.3 * _random(4, 3, 3, 3, seed=seed + 1)
        target = _layer(filters)(1 - image).detach()
        inputs.append((image, target, filters, 0.02, steps))

    def with_a_network(function):
        # The network is made anew for every call, since a wrong answer may change its weights.
        return lambda image, target, filters, *rest: function(image, target, _layer(filters), *rest)

    return judge(
        with_a_network(answer),
        with_a_network(walk),
        inputs,
        [Mistake(with_a_network(one.wrong), one.hint) for one in mistakes],
        praise="the pixels walk downhill, and the network stays as it is.",
    )


def counterexample(answer: Callable[[Tensor, Callable], Tensor]) -> Verdict:
    """Check answer(photo, network): another picture that the layer cannot tell from the photo.

    network(image) returns features. They have to agree within a tenth (a relative content loss of 0.01
    at most), and the pixels have to differ by 0.1 or more (root mean square).
    """

    def coarse(image: Tensor) -> Tensor:
        return _network(image, ["coarse"])["coarse"]

    def seen(make: Callable[[Tensor, Callable], Any]) -> Callable[[Tensor], Any]:
        def label(photo: Tensor) -> Any:
            made = make(photo.clone(), coarse)
            return made if made is None or made is ... else _how_it_differs(photo, made, coarse)

        return label

    hints = {
        "no picture": "return the picture itself, a tensor of the photo's shape (1, 3, H, W); "
        "not its features, and not the loss.",
        "not finite": "your picture holds values that are not numbers any more: the search took steps "
        "that were too long. Take a smaller rate, or L-BFGS.",
        "out of range": "your picture has values below 0 or above 1, and no screen can show it. "
        "Clamp it, and see whether the features still agree.",
        "the photo": "this is the photo itself, or nearly. Its features agree, but the claim is about "
        "two pictures: begin with one that is far from the photo, such as noise or its mirror image.",
        "too near": "the features agree, and the picture is another one, but its pixels differ by less "
        "than 0.1. Begin farther away from the photo.",
        "only the features": "the picture is almost the photo, and yet the features differ by more than "
        "a tenth. A counterexample is the opposite: the same features, and another picture.",
        "everything": "the picture is another one, but so are its features. Mirroring, darkening or "
        "shuffling changes what the network answers. Begin there, and walk down the content loss "
        "until the features are those of the photo again.",
        "not there yet": "the picture is another one and its features have come close, but not within "
        "a tenth yet. Take more steps, or L-BFGS in place of plain gradient descent.",
    }
    # What is compared is the word for how the picture differs, because there are many right answers.
    mistakes = [Mistake(lambda _, label=label: label, hint) for label, hint in hints.items()]
    photo = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(12))
    praise = "the features agree, the pictures do not: the claim is false."
    return judge(seen(answer), lambda _: "a counterexample", [(photo,)], mistakes, praise=praise)


def _how_it_differs(photo: Tensor, made: Any, network: Callable[[Tensor], Tensor]) -> str:
    """Say in which way a picture is no counterexample, or that it is one."""
    if not isinstance(made, Tensor) or made.shape != photo.shape:
        return "no picture"
    made = made.detach().to(photo)
    if not made.isfinite().all():
        return "not finite"
    if made.min() < -1e-3 or made.max() > 1 + 1e-3:
        return "out of range"
    moved = (made - photo).square().mean().sqrt().item()
    target = network(photo)
    off = (_content_loss(network(made), target) / target.square().sum()).item()
    if off <= 0.01:
        return "the photo" if moved < 0.01 else "too near" if moved < 0.1 else "a counterexample"
    if moved < 0.1:
        return "only the features"
    return "not there yet" if off < 0.05 else "everything"


def total_variation(answer: Callable[[Tensor], Tensor]) -> Verdict:
    """Check answer(image): squared differences of vertical and of horizontal neighbors, summed up."""

    def across(image):
        return image.diff(dim=3)

    def down(image):
        return image.diff(dim=2)

    mistakes = [
        Mistake(
            lambda x: across(x).sum() + down(x).sum(),
            "the signed differences cancel: what goes up comes down again, and only the two ends of "
            "each row are left. Square every difference before the sum.",
        ),
        Mistake(
            lambda x: across(x).sum().square() + down(x).sum().square(),
            "you squared after the sum, when the signed differences had canceled already.",
        ),
        Mistake(
            lambda x: across(x).square().sum(),
            "only neighbors in a row are compared. Horizontal stripes would cost nothing: "
            "add the differences down the columns.",
        ),
        Mistake(
            lambda x: down(x).square().sum(),
            "only neighbors in a column are compared. Vertical stripes would cost nothing: "
            "add the differences along the rows.",
        ),
        Mistake(
            lambda x: (x[:, :, 1:, 1:] - x[:, :, :-1, :-1]).square().sum(),
            "you compared diagonal neighbors. Take two differences instead, one in each direction.",
        ),
        Mistake(
            lambda x: sum((x - x.roll(1, dim)).square().sum() for dim in (2, 3)),
            "roll() joins the left border to the right one and the top to the bottom, and these are "
            "no neighbors. Take diff(), or subtract two slices.",
        ),
        Mistake(
            lambda x: across(x).abs().sum() + down(x).abs().sum(),
            "you summed absolute differences. This too is a total variation (it spares edges); "
            "here the squared one is asked for.",
        ),
        Mistake(
            lambda x: across(x).square().mean() + down(x).square().mean(),
            "you took means, and the formula has sums.",
        ),
        Mistake(
            lambda x: x.diff(dim=1).square().sum() + down(x).square().sum(),
            "dimension 1 is color. Rows and columns are dimensions 2 and 3 of (1, 3, H, W).",
        ),
        Mistake(
            lambda x: across(x)[:, :, :-1].square().sum() + down(x)[..., :-1].square().sum(),
            "the last row and the last column are left out, and nothing would smooth them.",
        ),
    ]
    inputs = [(_random(1, 3, 5, 7, seed=seed, grad=True),) for seed in (40, 41)]

    def reference(image):
        return across(image).square().sum() + down(image).square().sum()

    praise = "both directions, every difference squared: a flat picture costs 0, noise costs most."
    return _judge_loss(answer, reference, inputs, mistakes, praise)


def _judge_loss(answer, reference, inputs, mistakes, praise) -> Verdict:
    """Judge the value, and if that is right the gradient with respect to the first argument."""
    verdict = judge(answer, reference, inputs, mistakes, praise=praise)
    if not verdict.right:
        return verdict
    cut = [
        Mistake(
            lambda *_: "a number",
            "the value is right, but you return a plain number, from which no gradient can come "
            "back. Return the tensor, without item(), float() or numpy().",
        ),
        Mistake(
            lambda *_: "no gradient",
            "the value is right, but no gradient reaches the new picture. detach() and no_grad() are "
            "for the target; the features of the new picture must stay connected to it.",
        ),
    ]
    return judge(_gradient_of(answer), _gradient_of(reference), inputs, cut, praise=praise)


def _gradient_of(loss: Callable[..., Any]) -> Callable[..., Tensor | str]:
    """The gradient of loss(first, …) with respect to `first`, or a word on why there is none."""

    def gradient(first: Tensor, *rest: Any) -> Tensor | str:
        value = loss(first, *rest)
        if not isinstance(value, Tensor):
            return "a number"
        if not value.requires_grad:
            return "no gradient"
        return torch.autograd.grad(value, first, materialize_grads=True)[0]

    return gradient


def _content_loss(features: Tensor, target: Tensor) -> Tensor:
    return (features - target).square().sum()


def _network(image: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
    """A stand-in for VGG: three layers of unlike sizes, always the same."""
    features, x = {}, image
    for number, name in enumerate(("fine", "middle", "coarse")):
        filters = 0.4 * _random(4, x.shape[1], 3, 3, seed=50 + number)
        x = nn.functional.conv2d(x, filters, padding=1).relu()
        features[name] = x
        x = nn.functional.avg_pool2d(x, 2)
    return {layer: features[layer] for layer in layers}


def _layer(filters: Tensor) -> nn.Module:
    """One convolution and its ReLU, with weights that a wrong answer can step on."""
    convolution = nn.Conv2d(3, len(filters), 3, padding=1, bias=False)
    convolution.weight = nn.Parameter(filters.detach().clone())
    return nn.Sequential(convolution, nn.ReLU())


def _random(*shape: int, seed: int, grad: bool = False) -> Tensor:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    return values.requires_grad_(grad)
