"""Checks of notebook 05: the total loss, the start, the gradient, and how hard each loss pulls.

The functions `our_…` are what the answers are compared with; the notebook paints with them where an
exercise is not solved yet.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from nstlib.checks.verdict import Mistake, Verdict, judge
from nstlib.losses import content_loss, gram_matrix, style_loss

CONTENT_LAYER = "relu4_2"


def our_total_loss(
    features: Mapping[str, Tensor],
    content_target: Tensor,
    style_targets: Mapping[str, Tensor],
    alpha: float,
    beta: float,
) -> Tensor:
    """Return α L_content + β L_style, each error divided by the mean square of its target."""
    content = content_loss(features[CONTENT_LAYER], content_target)
    style = [style_loss(features[layer], target) for layer, target in style_targets.items()]
    return alpha * content + beta * sum(style) / len(style)


def our_gradient(image: Tensor, content: Tensor, style: Tensor, network: nn.Module) -> Tensor:
    """Return the gradient of mean (F - P)² + mean (G - A)² with respect to the image's pixels."""
    with torch.no_grad():
        features_of_content, gram_of_style = network(content), gram_matrix(network(style))
    image = image.detach().requires_grad_()
    features = network(image)
    loss = (features - features_of_content).square().mean()
    loss = loss + (gram_matrix(features) - gram_of_style).square().mean()
    return torch.autograd.grad(loss, image)[0]


def our_start(content: Tensor, kind: str, seed: int = 0) -> Tensor:
    """Return a copy of the photo, or gray noise of its shape, as a leaf that requires a gradient."""
    if kind == "content":
        return content.detach().clone().requires_grad_()
    noise = torch.randn(content.shape, generator=torch.Generator().manual_seed(seed))
    return (0.5 + 0.1 * noise).to(content.device).requires_grad_()


def our_style_weight(
    image: Tensor,
    content_loss: Callable[[Tensor], Tensor],
    style_loss: Callable[[Tensor], Tensor],
) -> float:
    """Return the β at which both losses pull equally hard on the pixels of the image."""

    def length(loss: Callable[[Tensor], Tensor]) -> float:
        pixels = image.detach().requires_grad_()
        return torch.autograd.grad(loss(pixels), pixels)[0].norm().item()

    return length(content_loss) / length(style_loss)


def total_loss(answer: Callable[..., Any]) -> Verdict:
    """α L_content + β L_style: features, content_target, style_targets, alpha, beta -> scalar.

    L_content is the mean squared difference of the features in relu4_2, divided by the mean square of
    the target; L_style is the mean over the layers of the same for the Gram matrices (divided by H · W).
    """

    def error(new: Tensor, target: Tensor) -> Tensor:
        return (new - target).square().mean() / target.square().mean()

    def content(features: Mapping[str, Tensor], target: Tensor) -> Tensor:
        return error(features[CONTENT_LAYER], target)

    def style(features: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> Tensor:
        return sum(error(_gram(features[layer]), a) for layer, a in targets.items()) / len(targets)

    def reference(features, p, grams, alpha, beta):
        return alpha * content(features, p) + beta * style(features, grams)

    def with_error(other: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
        """The right sum of wrong errors."""

        def total(features, p, grams, alpha, beta):
            layers = [other(_gram(features[layer]), a) for layer, a in grams.items()]
            return alpha * other(features[CONTENT_LAYER], p) + beta * sum(layers) / len(layers)

        return total

    def content_by_gram(features, p, grams, alpha, beta):
        lost = error(_gram(features[CONTENT_LAYER]), _gram(p))
        return alpha * lost + beta * style(features, grams)

    def last_layer(features, p, grams, alpha, beta):
        layer = list(grams)[-1]
        return reference(features, p, {layer: grams[layer]}, alpha, beta)

    def undivided(features, p, grams, alpha, beta):
        errors = [
            error(_gram(features[layer]) * features[layer][0, 0].numel(), a)
            for layer, a in grams.items()
        ]
        return alpha * content(features, p) + beta * sum(errors) / len(errors)

    return judge(
        answer,
        our_total_loss,
        _loss_inputs(),
        [
            Mistake(
                lambda f, p, g, alpha, beta: reference(f, p, g, beta, alpha),
                "α and β have changed places. α stands before the content, β before the style.",
            ),
            Mistake(
                lambda f, p, g, alpha, beta: alpha * (content(f, p) + style(f, g)),
                "α multiplies both terms, and β is not used. Each term has its own weight.",
            ),
            Mistake(
                lambda f, p, g, alpha, beta: content(f, p) + beta * style(f, g),
                "α is not used. Often it is 1, but not here.",
            ),
            Mistake(
                lambda f, p, g, alpha, beta: alpha * content(f, p) * beta * style(f, g),
                "a product is zero as soon as one factor is: a perfect copy of the photo would be a "
                "perfect result. The lecture adds.",
            ),
            Mistake(
                lambda f, p, g, alpha, beta: alpha * content(f, p) - beta * style(f, g),
                "the style is subtracted: downhill would be away from the painting.",
            ),
            Mistake(
                lambda f, p, g, alpha, beta: reference(f, p, g, alpha, beta) / (alpha + beta),
                "divided by α + β. The picture would be the same, since only the ratio counts, but "
                "the formula is the plain sum.",
            ),
            Mistake(
                lambda f, p, g, alpha, beta: reference(f, p, g, alpha, len(g) * beta),
                "the style layers are added with weight 1 each. Here w_l is 1 / (number of layers).",
            ),
            Mistake(
                last_layer,
                "only the last style layer arrives. Does a loop write `style =` where it needs "
                "`style = style +`?",
            ),
            Mistake(
                content_by_gram,
                "you compare the content by Gram matrices as well. They have forgotten where things "
                "were; content is compared feature by feature, position by position.",
            ),
            Mistake(
                undivided,
                "your Gram matrices are plain sums, and the targets are divided by H · W. Compare like "
                "with like: nstlib.gram_matrix divides.",
            ),
            Mistake(
                with_error(lambda new, target: (new - target).square().mean()),
                "these are plain means. Each error still has to be divided by the mean square of its "
                "own target; without that, layers with large numbers outvote the others.",
            ),
            Mistake(
                with_error(
                    lambda new, target: (new - target).square().mean() / new.square().mean()
                ),
                "you divide by the mean square of the new picture's own numbers, which move during the "
                "run: a picture could lower its loss by growing louder. Divide by the target's.",
            ),
            Mistake(
                with_error(lambda new, target: (new - target).square().mean() / target.mean() ** 2),
                "you divide by the square of the target's mean. Square first, then take the mean.",
            ),
        ],
        praise="that is the lecture's last formula, on a scale that suits every network.",
    )


def pixel_gradient(answer: Callable[..., Any]) -> Verdict:
    """The gradient that moves the picture: image, content, style, network -> (1, 3, H, W).

    Of mean (F - P)² + mean (G - A)², with the Gram matrices divided by H · W. The network that is
    handed in is not frozen, and no gradient may be left in its weights.
    """

    def losses(image: Tensor, content: Tensor, style: Tensor, network: nn.Module) -> list[Tensor]:
        features = network(image)
        return [
            (features - network(content)).square().mean(),
            (_gram(features) - _gram(network(style))).square().mean(),
        ]

    def gradient(which: int, terms: slice = slice(None)) -> Callable[..., Tensor]:
        def of(*arguments: Any) -> Tensor:
            arguments[3].requires_grad_(True)  # whoever was here before may have frozen it
            leaves = [picture.requires_grad_() for picture in arguments[:3]]
            leaves.append(arguments[3].weight)
            return torch.autograd.grad(sum(losses(*arguments)[terms]), leaves[which])[0]

        return of

    image = 0
    content, style, network = 1, 2, 3
    verdict = judge(
        answer,
        our_gradient,
        _gradient_inputs(),
        [
            Mistake(
                gradient(network),
                "this is the gradient of the network's weights. They are frozen; the picture learns.",
            ),
            Mistake(
                gradient(content),
                "this is the gradient of the content picture. It is a target and stays as it is; the "
                "new picture moves.",
            ),
            Mistake(
                gradient(style),
                "this is the gradient of the style picture. It is a target and stays as it is; the "
                "new picture moves.",
            ),
            Mistake(
                lambda *arguments: -gradient(image)(*arguments),
                "this is the way down, the step. The gradient points uphill.",
            ),
            Mistake(
                gradient(image, slice(0, 1)),
                "only the content pulls here. Was the style term computed without its gradient?",
            ),
            Mistake(
                gradient(image, slice(1, 2)),
                "only the style pulls here. Was the content term computed without its gradient?",
            ),
            Mistake(
                lambda *arguments: sum(losses(*arguments)).detach(),
                "this is the loss, one number. Ask for its derivative with respect to the image.",
            ),
        ],
        praise="one number for each pixel and color, and nothing left behind in the network.",
        atol=1e-7,
    )
    if verdict.right:
        *pictures, fresh = _gradient_inputs()[0]
        answer(*(picture.clone() for picture in pictures), fresh)
        if any(parameter.grad is not None for parameter in fresh.parameters()):
            return Verdict(
                False,
                "the gradient is right, but backward() has filled the network's weights with gradients "
                "too. Freeze it first, network.requires_grad_(False), or ask for one gradient alone, "
                "torch.autograd.grad(loss, image).",
            )
    return verdict


def start(answer: Callable[..., Any]) -> Verdict:
    """The picture that is optimized: content, kind, seed -> a leaf (1, 3, H, W) of its own.

    kind "content": a copy. kind "noise": 0.5 + 0.1 · standard normal, drawn from a generator with
    the seed.
    """

    def normal(content: Tensor, seed: int) -> Tensor:
        return torch.randn(content.shape, generator=torch.Generator().manual_seed(seed))

    def noise_as(draw: Callable[[Tensor, int], Tensor]) -> Callable[..., Tensor]:
        return lambda content, kind, seed: content if kind == "content" else draw(content, seed)

    def uniform(content: Tensor, seed: int) -> Tensor:
        return torch.rand(content.shape, generator=torch.Generator().manual_seed(seed))

    inputs = _start_inputs()
    verdict = judge(
        answer,
        our_start,
        inputs,
        [
            Mistake(
                noise_as(lambda content, seed: 0.1 * normal(content, seed)),
                "the noise is centered on 0, which is black: half of the values are below the range of "
                "pixels. Center it on gray, 0.5.",
            ),
            Mistake(
                noise_as(normal),
                "these are standard normal numbers. Most lie outside 0 to 1: take a tenth of them, "
                "around gray, 0.5.",
            ),
            Mistake(
                noise_as(lambda content, seed: 0.5 + normal(content, seed)),
                "the noise is ten times too strong. What the layers cannot see of it stays in the "
                "picture to the end.",
            ),
            Mistake(
                noise_as(uniform),
                "this is uniform noise from torch.rand. Here it should be normal, torch.randn, a tenth "
                "of it around gray.",
            ),
            Mistake(
                noise_as(lambda content, seed: content + 0.1 * normal(content, seed)),
                'you add the noise to the photo. That is a start in between; kind "noise" knows '
                "nothing of the photo.",
            ),
            Mistake(
                noise_as(lambda content, seed: 0.5 + 0.1 * normal(content, 0)),
                "the seed is not used: every seed gives the same picture.",
            ),
            Mistake(
                lambda content, kind, seed: content,
                "both kinds give the photo. Look at `kind`.",
            ),
            Mistake(
                lambda content, kind, seed: 0.5 + 0.1 * normal(content, seed),
                "both kinds give noise. Look at `kind`.",
            ),
        ],
        praise="a picture of its own, ready to be optimized.",
    )
    if verdict.right is None:
        return verdict
    problem = _start_problem(answer, inputs, values_are_right=bool(verdict.right))
    return Verdict(False, problem) if problem else verdict


def _start_problem(
    answer: Callable[..., Any], inputs: list[tuple], *, values_are_right: bool
) -> str:
    """What is wrong with a start beside its values; empty where nothing is."""
    content, _, seed = inputs[0]
    if not values_are_right:
        try:
            twice = [answer(content.clone(), "noise", seed) for _ in range(2)]
            changing = not torch.equal(*twice)
        except Exception:
            return ""  # judge has said what stops
        return (
            "the same seed gave two different pictures: hand `generator=` to torch.randn."
            if changing
            else ""
        )
    for kind in ("content", "noise"):
        given = content.clone()
        made = answer(given, kind, seed)
        if made.data_ptr() == given.data_ptr():
            return (
                "this is the photo itself and not a copy: the optimizer would paint over your target. "
                "Clone it."
            )
        if not made.requires_grad:
            return (
                f'for kind "{kind}" the result does not require a gradient, so nothing would move: '
                "end with .requires_grad_()."
            )
        if not made.is_leaf:
            return (
                f'for kind "{kind}" the result was computed from something that requires a gradient. '
                "An optimizer takes leaves only: call .requires_grad_() last, or .detach() before it."
            )
    return ""


def style_weight(answer: Callable[..., Any]) -> Verdict:
    """The β at which both losses pull equally hard: image, content_loss, style_loss -> a number.

    That is the length of the gradient of the content loss, divided by that of the style loss, both with
    respect to the pixels of the image.
    """

    def slope(loss: Callable[[Tensor], Tensor], image: Tensor) -> Tensor:
        image = image.detach().requires_grad_()
        return torch.autograd.grad(loss(image), image)[0]

    def ratio(size: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
        return lambda image, content, style: size(slope(content, image)) / size(slope(style, image))

    def content_first(image, content, style):
        both = slope(content, image) + slope(style, image)
        return slope(content, image).norm() / both.norm()

    def style_first(image, content, style):
        both = slope(content, image) + slope(style, image)
        return both.norm() / slope(style, image).norm()

    added_up = (
        "one of the two gradients holds both: backward() adds to what image.grad holds already. Clear "
        "it in between, or use torch.autograd.grad(loss, image)[0]."
    )
    return judge(
        answer,
        our_style_weight,
        _pull_inputs(),
        [
            Mistake(
                lambda image, content, style: (
                    1 / ratio(torch.linalg.vector_norm)(image, content, style)
                ),
                "this is the ratio upside down. β multiplies the style's gradient, so the length of the "
                "style's goes under the bar: if style pulls harder, β has to be below 1.",
            ),
            Mistake(
                lambda image, content, style: content(image) / style(image),
                "these are the values of the losses. What moves the pixels is how steep a loss is, not "
                "how large: compare the gradients.",
            ),
            Mistake(
                ratio(lambda gradient: gradient.square().sum()),
                "these are squared lengths; the root is missing. torch.linalg.vector_norm gives the "
                "length.",
            ),
            Mistake(
                ratio(lambda gradient: gradient.abs().sum()),
                "you add absolute values. The length of a vector is the root of the sum of its squares.",
            ),
            Mistake(
                ratio(lambda gradient: gradient.abs().max()),
                "you compare the largest entries, two single pixels. Take the length of the whole "
                "gradient.",
            ),
            Mistake(
                ratio(torch.sum),
                "you add the entries with their signs, and most of them cancel. Take the length, the "
                "root of the sum of squares.",
            ),
            Mistake(content_first, added_up),
            Mistake(style_first, added_up),
        ],
        praise="with this β neither loss has the upper hand in the first step.",
    )


class _Network(nn.Module):
    """One layer of four filters, smooth, and not frozen."""

    def __init__(self, seed: int):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(torch.randn(4, 3, 3, 3, generator=generator))

    def forward(self, image: Tensor) -> Tensor:
        return softplus(nn.functional.conv2d(image, self.weight, padding=1))


def _loss_inputs() -> list[tuple]:
    generator = torch.Generator().manual_seed(6)

    def draw(*shape: int) -> Tensor:
        return 2 * torch.rand(shape, generator=generator)

    inputs = []
    for layers, alpha, beta in (
        ({"relu1_1": (3, 4, 6), "relu4_2": (5, 2, 3), "relu3_1": (4, 3, 3)}, 2.0, 7.0),
        ({"relu2_1": (4, 4, 2), "relu4_2": (3, 2, 2), "relu5_1": (6, 1, 2)}, 0.5, 3.0),
    ):
        features = {layer: draw(1, *shape) for layer, shape in layers.items()}
        style = {
            layer: draw(1, *shape) for layer, shape in layers.items() if layer != CONTENT_LAYER
        }
        grams = {layer: _gram(f) for layer, f in style.items()}
        content = draw(1, *layers[CONTENT_LAYER])
        inputs.append((features, content, grams, alpha, beta))
    return inputs


def _gradient_inputs() -> list[tuple]:
    generator = torch.Generator().manual_seed(7)
    return [
        (*(torch.rand(1, 3, 6, 5, generator=generator) for _ in range(3)), _Network(seed))
        for seed in (1, 2)
    ]


def _start_inputs() -> list[tuple]:
    content = torch.rand(1, 3, 5, 4, generator=torch.Generator().manual_seed(8))
    return [(content, kind, seed) for seed in (3, 4) for kind in ("content", "noise")]


def _pull_inputs() -> list[tuple]:
    """Three pictures between two smooth losses that pull with different force."""
    generator = torch.Generator().manual_seed(9)
    inputs = []
    for seed, factor in ((1, 5.0), (2, 0.3)):
        image, content, style = (torch.rand(1, 3, 6, 5, generator=generator) for _ in range(3))
        network = _Network(seed).requires_grad_(False)
        inputs.append(
            (
                image,
                lambda x, p=content, f=network: (f(x) - f(p)).square().mean(),
                lambda x, a=style, f=network, k=factor: (
                    k * (_gram(f(x)) - _gram(f(a))).square().mean()
                ),
            )
        )
    return inputs


def _gram(features: Tensor) -> Tensor:
    flat = features.flatten(2)
    return flat @ flat.mT / flat.shape[2]
