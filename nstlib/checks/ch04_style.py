"""Checks of notebook 04: the style loss of one layer, its gradient, and a matrix that knows where."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from nstlib.checks.verdict import Mistake, Verdict, judge


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
                "the sum is divided by 4 N M. N and M are squared under the fraction bar, as the "
                "differences are above it.",
            ),
            Mistake(
                lambda new, style: 4 * reference(new, style),
                "four times too much: the 4 under the fraction bar is missing. That moves no minimum, "
                "but the number is not the paper's.",
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


def style_gradient(answer: Callable[..., Any]) -> Verdict:
    """dE_l / d values, eq. 6 of Gatys et al. 2015, against autograd.

    answer: values (1, N, H, W) of a layer before its ReLU, target (1, N, N) -> (1, N, H, W). The target
    is a plain sum over positions, and so is the Gram matrix of the rectified values.
    """

    def reference(values: Tensor, target: Tensor) -> Tensor:
        values = values.detach().requires_grad_()
        features = values.relu().flatten(2)
        squares = (features @ features.mT - target).square().sum()
        return torch.autograd.grad(squares / _scale(values) / 4, values)[0]

    def product(values: Tensor, target: Tensor) -> Tensor:
        """(G - A) F, without the fraction and without the mask."""
        features = values.relu().flatten(2)
        return (features @ features.mT - target) @ features

    def is_open(values: Tensor) -> Tensor:
        return (values > 0).float()

    def unmasked(values: Tensor, target: Tensor) -> Tensor:
        return product(values, target).view_as(values) / _scale(values)

    def not_rectified(values: Tensor, target: Tensor) -> Tensor:
        flat = values.flatten(2)
        return ((flat @ flat.mT - target) @ flat).view_as(values) / _scale(values)

    def reshaped(values: Tensor, target: Tensor) -> Tensor:
        turned = product(values, target).mT / _scale(values)
        return turned.reshape(values.shape)

    def divided_gram(values: Tensor, target: Tensor) -> Tensor:
        features = values.relu().flatten(2)
        gram = features @ features.mT / _m(values)
        return ((gram - target) @ features).view_as(values) / _scale(values) * is_open(values)

    return judge(
        answer,
        reference,
        _values_and_targets(),
        [
            Mistake(
                unmasked,
                "right where the ReLU is open. Where a value is below zero, the ReLU gives 0, and a "
                "little more or less changes nothing, so the gradient is 0: multiply by (values > 0).",
            ),
            Mistake(
                not_rectified,
                "you use the values as they come out of the convolution, negative ones included. "
                "F is what is left of them after the ReLU, and only F enters the Gram matrix.",
            ),
            Mistake(
                lambda v, a: not_rectified(v, a) * is_open(v),
                "the mask is there, but the Gram matrix was made of values below zero too. "
                "F is values.relu().",
            ),
            Mistake(
                lambda v, a: reference(v, a) / 2,
                "half of it. F stands twice in G = F Fᵀ, so a change of F changes G in two ways, and "
                "because G - A is symmetric both give the same: one more factor of 2.",
            ),
            Mistake(
                lambda v, a: reference(v, a) / 4,
                "a quarter of it. The square gives a factor of 2, and F, which stands twice in F Fᵀ, "
                "gives another: together they cancel the 4 of the fraction.",
            ),
            Mistake(
                lambda v, a: 2 * reference(v, a),
                "twice too much. The two factors of 2 (from the square, and from F standing twice in "
                "F Fᵀ) cancel the 4 under the fraction bar completely.",
            ),
            Mistake(
                lambda v, a: 4 * reference(v, a),
                "four times too much: the two factors of 2 are right, but the 4 of 1 / (4 N² M²) is "
                "missing. They cancel each other.",
            ),
            Mistake(
                lambda v, a: reshaped(v, a) * is_open(v),
                "Fᵀ (G - A) has the shape (M, N), one row for each position. You reshape it, and that "
                "keeps the numbers in their order and mixes up channels and positions. Transpose it.",
            ),
            Mistake(
                reshaped,
                "Fᵀ (G - A) has the shape (M, N), and you reshape it where it should be transposed. "
                "And where the ReLU is closed, the gradient is 0.",
            ),
            Mistake(
                lambda v, a: -reference(v, a),
                "the sign is wrong: A - G points downhill. The gradient points uphill, and the "
                "optimizer turns it around by itself.",
            ),
            Mistake(
                divided_gram,
                "your Gram matrix is divided by M, and the target is not. Both are plain sums here, "
                "F @ F.mT.",
            ),
            Mistake(
                lambda v, a: reference(v, a) * _scale(v),
                "the matrices are right; the fraction 1 / (N² M²) is missing.",
            ),
            Mistake(
                lambda v, a: reference(v, a) * _n(v) * _m(v),
                "divided by N M. They stand under the fraction bar squared.",
            ),
            Mistake(
                lambda v, a: reference(v, a) * _m(v) ** 2 / v.shape[2] ** 2,
                "M under the fraction bar is H · W, the number of positions, and not the height alone.",
            ),
        ],
        praise="this is what autograd computes. With it, a texture can be painted without any loss.",
    )


def heights(answer: Callable[..., Any]) -> Verdict:
    """The mean height at which each channel is active, read off a Gram matrix: (N, N) -> (N - 2,).

    Channel 0 is 1 everywhere, channel 1 is the height of the position, the others are features.
    """

    def reference(gram: Tensor) -> Tensor:
        return gram[1, 2:] / gram[0, 2:]

    return judge(
        answer,
        reference,
        _grams_with_heights(),
        [
            Mistake(
                lambda g: g[1, 2:],
                "this is the sum of height times activity. A channel that is active twice as strongly "
                "would seem to lie twice as high: divide by how active it is, which is another row of "
                "the matrix.",
            ),
            Mistake(
                lambda g: g[1] / g[0],
                "the numbers are right, but the first two belong to the channels that we added. Leave "
                "them out: [2:].",
            ),
            Mistake(
                lambda g: g[0, 2:] / g[1, 2:],
                "upside down: this is one divided by the mean height.",
            ),
            Mistake(
                lambda g: g[0, 2:],
                "row 0 holds the sum of each channel, because channel 0 is 1 everywhere. It says how "
                "much, and not yet where.",
            ),
            Mistake(
                lambda g: g[1, 2:] / g.diagonal()[2:],
                "the diagonal holds the sums of the squares. A weighted mean is divided by the sum of "
                "the weights, and the weights are the features themselves: their sums stand in row 0.",
            ),
            Mistake(
                lambda g: g[1, 2:] / g[1, 1],
                "divided by the sum of the squared heights, the same number for all channels. Each "
                "channel needs its own divisor: the sum of its features.",
            ),
            Mistake(
                lambda g: g[1, 2:] / g[0, 1],
                "divided by the sum of the heights, the same number for all channels. Each channel "
                "needs its own divisor: the sum of its features.",
            ),
            Mistake(
                lambda g: g[1, 2:] / g[0, 0],
                "divided by the number of positions. That is a mean over the picture, and a strong "
                "channel still seems to lie higher than a weak one. Divide by the sum of its features.",
            ),
            Mistake(
                lambda g: g[1, 2:] / (g[1, 1] * g.diagonal()[2:]).sqrt(),
                "this is the cosine between a channel and the height. It says how well the two go "
                "together; asked for is the height itself.",
            ),
        ],
        praise="so this Gram matrix does know where. The claim is false for such features.",
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


def _values_and_targets() -> list[tuple[Tensor, Tensor]]:
    """Values before the ReLU, about half of them negative, and symmetric targets of another size."""
    generator = torch.Generator().manual_seed(6)

    def draw(*shape: int) -> Tensor:
        return 3 * torch.randn(shape, generator=generator)

    return [
        (draw(1, 3, 4, 5), _gram(draw(1, 3, 4, 5).relu())),
        (draw(1, 5, 2, 3), _gram(draw(1, 5, 2, 3).relu())),
    ]


def _grams_with_heights() -> list[tuple[Tensor]]:
    """Gram matrices of (1, heights, features), for features that are active in different places."""
    generator = torch.Generator().manual_seed(7)
    made = []
    for channels, height, width in ((4, 6, 5), (3, 3, 8)):
        features = 4 * torch.rand(channels, height, width, generator=generator)
        features = features * torch.linspace(0.2, 3.0, channels).view(-1, 1, 1)
        rise = torch.linspace(1, 0, height).view(1, -1, 1).expand(1, height, width)
        flat = torch.cat([torch.ones(1, height, width), rise, features]).flatten(1)
        made.append((flat @ flat.T / flat.shape[1],))
    # The second is a plain sum, not a mean: neither must matter.
    return [made[0], (made[1][0] * 24,)]


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


def _scale(features: Tensor) -> int:
    return _n(features) ** 2 * _m(features) ** 2
