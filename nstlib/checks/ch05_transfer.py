"""Checks of notebook 05: the total loss, the gradient that moves the picture, and where it starts."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from nstlib.checks.verdict import Mistake, Verdict, judge

CONTENT_LAYER = "relu4_2"


def total_loss(answer: Callable[..., Any]) -> Verdict:
    """α L_content + β L_style: features, content_target, style_targets, alpha, beta -> scalar.

    L_content is the mean squared difference of the features in relu4_2, L_style the mean over the
    layers of the mean squared difference of the Gram matrices (divided by H · W).
    """

    def content(features: Mapping[str, Tensor], target: Tensor) -> Tensor:
        return (features[CONTENT_LAYER] - target).square().mean()

    def style(features: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> Tensor:
        errors = [(_gram(features[layer]) - a).square().mean() for layer, a in targets.items()]
        return sum(errors) / len(errors)

    def reference(features, p, grams, alpha, beta):
        return alpha * content(features, p) + beta * style(features, grams)

    def content_by_gram(features, p, grams, alpha, beta):
        lost = (_gram(features[CONTENT_LAYER]) - _gram(p)).square().mean()
        return alpha * lost + beta * style(features, grams)

    def last_layer(features, p, grams, alpha, beta):
        layer = list(grams)[-1]
        return reference(features, p, {layer: grams[layer]}, alpha, beta)

    def undivided(features, p, grams, alpha, beta):
        errors = [
            (_gram(features[layer]) * features[layer][0, 0].numel() - a).square().mean()
            for layer, a in grams.items()
        ]
        return alpha * content(features, p) + beta * sum(errors) / len(errors)

    return judge(
        answer,
        reference,
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
        ],
        praise="that is the lecture's last formula.",
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
        gradient(image),
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

    def reference(content: Tensor, kind: str, seed: int) -> Tensor:
        return content.clone() if kind == "content" else 0.5 + 0.1 * normal(content, seed)

    def noise_as(draw: Callable[[Tensor, int], Tensor]) -> Callable[..., Tensor]:
        return lambda content, kind, seed: content if kind == "content" else draw(content, seed)

    def uniform(content: Tensor, seed: int) -> Tensor:
        return torch.rand(content.shape, generator=torch.Generator().manual_seed(seed))

    inputs = _start_inputs()
    verdict = judge(
        answer,
        reference,
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


def _gram(features: Tensor) -> Tensor:
    flat = features.flatten(2)
    return flat @ flat.mT / flat.shape[2]
