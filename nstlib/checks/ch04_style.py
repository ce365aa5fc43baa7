"""Checks of notebook 04: the style loss of one layer, the sum over layers, and its weights."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from nstlib.checks.verdict import Mistake, Verdict, judge

Grams = Mapping[str, Tensor]
Weights = Mapping[str, float]


def layer_error(answer: Callable[..., Any]) -> Verdict:
    """E_l as in eq. 4 of Gatys et al. 2015: new, style (1, N, H, W) -> scalar."""

    def reference(new: Tensor, style: Tensor) -> Tensor:
        return _difference(new, style).square().sum() / (4 * _n(new) ** 2 * _m(new) ** 2)

    return judge(
        answer,
        reference,
        _features(),
        [
            Mistake(
                lambda new, style: _difference(new, style).square().sum(),
                "this is the lecture's E_l, the plain sum. The paper divides it by 4 N² M², with N "
                "channels and M = H · W positions.",
            ),
            Mistake(
                lambda new, style: _difference(new, style).square().sum() / (4 * _n(new) * _m(new)),
                "the sum is divided by 4 N M. N and M stand under the fraction bar squared, as the "
                "differences above it do.",
            ),
            Mistake(
                lambda new, style: 4 * reference(new, style),
                "four times too much: the 4 under the fraction bar is missing. No minimum moves for "
                "that, but the number is not the paper's.",
            ),
            Mistake(
                lambda new, style: _difference(new, style).square().mean(),
                "a mean over the N × N entries divides by N². The M² is missing, and with it the loss "
                "grows when the picture does.",
            ),
            Mistake(
                lambda new, style: reference(new, style) / _m(new) ** 2,
                "divided by M² twice. The Gram matrices of the formula are plain sums, F Fᵀ; those of "
                "nstlib.gram_matrix are divided by M already.",
            ),
            Mistake(
                lambda new, style: (new - style).square().sum() / (4 * _n(new) ** 2 * _m(new) ** 2),
                "you compare the features themselves, position by position. That is the content loss; "
                "style compares their Gram matrices.",
            ),
            Mistake(
                lambda new, style: (
                    (_between_positions(new) - _between_positions(style)).square().sum()
                    / (4 * _n(new) ** 2 * _m(new) ** 2)
                ),
                "your Gram matrix is FᵀF, M × M: it compares positions and sums the channels out. "
                "Style is F Fᵀ, N × N.",
            ),
            Mistake(
                lambda new, style: (
                    _difference(new, style).sum().square() / (4 * _n(new) ** 2 * _m(new) ** 2)
                ),
                "you add up the differences and square the sum, so that one entry too high and one too "
                "low cancel. Square each entry, then add.",
            ),
            Mistake(
                lambda new, style: (
                    _difference(new, style).abs().sum() / (4 * _n(new) ** 2 * _m(new) ** 2)
                ),
                "these are absolute differences, not squared ones.",
            ),
            Mistake(
                lambda new, style: (
                    _difference(new, style).square().sum() / (4 * _n(new) ** 2 * new.shape[2] ** 2)
                ),
                "M is the number of positions, H · W, and not the height alone.",
            ),
        ],
        praise="this is E_l as the paper writes it.",
    )


def weighted_sum(answer: Callable[..., Any]) -> Verdict:
    """Σ w_l E_l with E_l the mean squared difference: grams, targets, layer_weights -> scalar."""

    def each(grams: Grams, targets: Grams) -> dict[str, Tensor]:
        return {layer: (grams[layer] - a).square().mean() for layer, a in targets.items()}

    def reference(grams: Grams, targets: Grams, layer_weights: Weights) -> Tensor:
        return sum(layer_weights[layer] * e for layer, e in each(grams, targets).items())

    def weights_inside(grams: Grams, targets: Grams, layer_weights: Weights) -> Tensor:
        squares = {layer: weight**2 for layer, weight in layer_weights.items()}
        return reference(grams, targets, squares)

    def last_only(grams: Grams, targets: Grams, layer_weights: Weights) -> Tensor:
        layer = list(targets)[-1]
        return layer_weights[layer] * each(grams, targets)[layer]

    def by_order(grams: Grams, targets: Grams, layer_weights: Weights) -> Tensor:
        pairs = zip(layer_weights.values(), each(grams, targets).values(), strict=True)
        return sum(weight * e for weight, e in pairs)

    def pooled(grams: Grams, targets: Grams, layer_weights: Weights) -> Tensor:
        squares = [
            layer_weights[layer] * (grams[layer] - a).square().flatten()
            for layer, a in targets.items()
        ]
        return torch.cat(squares).mean()

    def summed_entries(grams: Grams, targets: Grams, layer_weights: Weights) -> Tensor:
        return sum(
            layer_weights[layer] * (grams[layer] - a).square().sum() for layer, a in targets.items()
        )

    return judge(
        answer,
        reference,
        _gram_dictionaries(),
        [
            Mistake(
                weights_inside,
                "the weight stands inside the square: w² E_l in place of w E_l. Square the difference "
                "first, then weight.",
            ),
            Mistake(
                lambda g, a, w: reference(g, a, w) / len(a),
                "this is the mean over the layers. The formula is a sum: if you want a mean, choose "
                "w_l = 1 / (number of layers), and do it once.",
            ),
            Mistake(
                lambda g, a, w: reference(g, a, w) / sum(w[layer] for layer in a),
                "divided by the sum of the weights. Then doubling every w_l changes nothing, and β "
                "alone decides how much style there is: a fair choice, but not the formula's.",
            ),
            Mistake(
                last_only,
                "only the last layer arrives. Does the loop write `total =` where it needs "
                "`total = total +`?",
            ),
            Mistake(
                lambda g, a, w: sum(each(g, a).values()),
                "the weights are not used: every layer counts 1.",
            ),
            Mistake(
                lambda g, a, w: sum(each(g, a).values()) / len(a),
                "the given weights are not used: every layer counts 1 / (number of layers).",
            ),
            Mistake(
                by_order,
                "weights and layers are paired by their order. A dictionary's order is whatever "
                "somebody typed: look the weight up by the layer's name.",
            ),
            Mistake(
                pooled,
                "one mean over the entries of all layers: a layer with twice the channels has four "
                "times the entries, and outvotes the others. Take the mean in each layer, then add.",
            ),
            Mistake(
                summed_entries,
                "here E_l is the mean over the entries of a layer, not their sum.",
            ),
            Mistake(
                lambda g, a, w: {layer: w[layer] * e for layer, e in each(g, a).items()},
                "these are the terms by name. A gradient needs one number: add them up.",
            ),
        ],
        praise="one number out of all layers. Its gradient is what the pixels will follow.",
    )


def equal_shares(answer: Callable[..., Any]) -> Verdict:
    """Weights that make every w_l E_l equal, with the sum 1: {layer: E_l} -> {layer: w_l}."""

    def reference(errors: Weights) -> dict[str, float]:
        return {layer: 1 / (len(errors) * e) for layer, e in errors.items()}

    return judge(
        answer,
        reference,
        [
            ({"relu1_1": 0.5, "relu2_1": 8.0, "relu3_1": 0.02},),
            ({"relu3_1": 4.0, "relu1_1": 0.1},),
        ],
        [
            Mistake(
                lambda errors: {layer: 1 / e for layer, e in errors.items()},
                "the shares are equal, but each is 1, and their sum is the number of layers.",
            ),
            Mistake(
                lambda errors: {layer: e / sum(errors.values()) for layer, e in errors.items()},
                "upside down: you give the largest weight to the layer that is loudest already.",
            ),
            Mistake(
                lambda errors: dict.fromkeys(errors, 1 / len(errors)),
                "equal weights are not equal shares: w_l E_l is still as unequal as E_l.",
            ),
            Mistake(
                lambda errors: {
                    layer: 1 / e / sum(1 / x for x in errors.values())
                    for layer, e in errors.items()
                },
                "here the weights add up to 1. The shares w_l E_l should.",
            ),
            Mistake(
                lambda errors: {layer: sum(errors.values()) / e for layer, e in errors.items()},
                "the shares are equal, but each is the sum of all errors. They should add up to 1.",
            ),
            Mistake(
                lambda errors: {layer: 1 / (len(errors) * e**0.5) for layer, e in errors.items()},
                "the square root is one too many: E_l is weighted as it stands.",
            ),
        ],
        praise="every layer starts with the same say.",
    )


def _features() -> list[tuple[Tensor, Tensor]]:
    """Two pairs of features of unequal sizes, large enough that no mistake is lost in rounding."""
    generator = torch.Generator().manual_seed(4)

    def draw(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator).relu()

    return [
        (3 * draw(1, 3, 4, 5), 2 * draw(1, 3, 4, 5)),
        (2 * draw(1, 5, 2, 3), 4 * draw(1, 5, 2, 3)),
    ]


def _gram_dictionaries() -> list[tuple[Grams, Grams, Weights]]:
    """Two sets of layers; the weights are in another order than the layers, and do not add to 1."""
    generator = torch.Generator().manual_seed(5)

    def draw(channels: int) -> Tensor:
        features = 3 * torch.rand(1, channels, 6, generator=generator)
        return features @ features.mT / 6

    three, two = {"relu1_1": 2, "relu2_1": 3, "relu3_1": 5}, {"relu2_1": 4, "relu5_1": 3}
    weights = ({"relu3_1": 0.5, "relu1_1": 3.0, "relu2_1": 1.5}, {"relu5_1": 4.0, "relu2_1": 0.25})
    return [
        ({k: draw(n) for k, n in sizes.items()}, {k: draw(n) for k, n in sizes.items()}, w)
        for sizes, w in zip((three, two), weights, strict=True)
    ]


def _gram(features: Tensor) -> Tensor:
    flat = features.flatten(2)
    return flat @ flat.mT


def _between_positions(features: Tensor) -> Tensor:
    flat = features.flatten(2)
    return flat.mT @ flat


def _difference(new: Tensor, style: Tensor) -> Tensor:
    return _gram(new) - _gram(style)


def _n(features: Tensor) -> int:
    return features.shape[1]


def _m(features: Tensor) -> int:
    return features.shape[2] * features.shape[3]
