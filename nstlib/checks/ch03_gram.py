"""Checks of notebook 03: the Gram matrix, its correlations, shuffled positions, a distance."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from nstlib import losses
from nstlib.checks.verdict import Mistake, Verdict, judge


def gram_matrix(answer: Callable[[Tensor], Tensor]) -> Verdict:
    """features (B, C, H, W) -> (B, C, C), divided by H * W."""

    def flat(x: Tensor) -> Tensor:
        return x.flatten(2)

    def places(x: Tensor) -> int:
        return x.shape[2] * x.shape[3]

    def pooled(x: Tensor) -> Tensor:  # (C, B * H * W)
        return x.transpose(0, 1).flatten(1)

    def stacked(x: Tensor) -> Tensor:  # (B * C, H * W)
        return x.flatten(0, 1).flatten(1)

    def reshaped(x: Tensor) -> Tensor:  # (B, H * W, C), with the numbers in the wrong places
        return x.reshape(x.shape[0], places(x), x.shape[1])

    transposed = (
        "this is Vᵀ V: rows and columns are positions, H·W of them, not channels. It is the slip on "
        "the slide. Which of the two factors has to be transposed to get C x C?"
    )
    mixed = (
        "you mixed the pictures of the batch: products were summed over all of them, or taken between "
        "channels of different ones. Each picture has a Gram matrix of its own, so keep the first axis."
    )
    raw = (
        "you multiplied the features as they are. @ works on the last two axes, so what you summed over "
        "is one row of the picture. Flatten H and W into one axis first."
    )
    shape_only = (
        "you used reshape (or view) where a transpose is needed. reshape keeps the numbers in the order "
        "in which they lie in memory and only cuts them into rows of another length: a row of its "
        "(H·W, C) holds neighboring positions of one channel, where it should hold all channels at one "
        "position. The shape comes out right and the numbers do not. Flatten to (C, H·W) first, then "
        "transpose with .mT."
    )
    numpy = (
        "the numbers are right, but they came back as a numpy array. NumPy knows no gradients, and "
        "style transfer needs one that flows through this matrix. Stay in torch."
    )
    mistakes = [
        Mistake(
            lambda x: flat(x) @ flat(x).mT / (x.shape[1] * places(x)),
            "you divided by C·H·W. That also makes a layer's matrix smaller the more channels it has. "
            "Each entry is a mean over positions, and there are H·W of those.",
        ),
        Mistake(
            lambda x: flat(x) @ flat(x).mT,
            "you forgot the division by H·W. As a sum over positions every entry grows with the size "
            "of the picture: four times as large for twice the side.",
        ),
        Mistake(
            lambda x: flat(x) @ flat(x).mT / x.shape[1],
            "you divided by the number of channels C. The sum runs over positions: divide by H·W.",
        ),
        Mistake(
            lambda x: (
                (flat(x) - flat(x).mean(2, True)) @ (flat(x) - flat(x).mean(2, True)).mT / places(x)
            ),
            "you took each channel's mean away first. That is the covariance: a good statistic "
            "(notebook 07 tries it), but the Gram matrix keeps the means.",
        ),
        Mistake(
            lambda x: torch.stack([torch.cov(flat(y)[0]) for y in x.split(1)]),
            "torch.cov takes each channel's mean away. The Gram matrix keeps the means.",
        ),
        *(Mistake(lambda x, d=d: flat(x).mT @ flat(x) / d(x), transposed) for d in _DIVISORS),
        *(Mistake(lambda x, d=d: pooled(x) @ pooled(x).T / d(x), mixed) for d in _DIVISORS),
        *(Mistake(lambda x, d=d: (pooled(x) @ pooled(x).T)[None] / d(x), mixed) for d in _DIVISORS),
        *(Mistake(lambda x, d=d: stacked(x) @ stacked(x).T / d(x), mixed) for d in _DIVISORS),
        *(Mistake(lambda x, d=d: x @ x.mT / d(x), raw) for d in _DIVISORS),
        *(Mistake(lambda x, d=d: flat(x) @ reshaped(x) / d(x), shape_only) for d in _DIVISORS),
        *(
            Mistake(lambda x, d=d: reshaped(x).mT @ flat(x).mT / d(x), shape_only)
            for d in _DIVISORS
        ),
        *(
            Mistake(lambda x, d=d: reshaped(x).mT @ reshaped(x) / d(x), shape_only)
            for d in _DIVISORS
        ),
        *(
            Mistake(lambda x, d=d: reshaped(x) @ reshaped(x).mT / d(x), shape_only)
            for d in _DIVISORS
        ),
        Mistake(
            lambda x: flat(x)[0] @ flat(x)[0].T / places(x),
            "that is right for the first picture alone, and without its batch axis. The result has the "
            "shape (B, C, C), with B = 1 as well.",
        ),
        Mistake(lambda x: (flat(x) @ flat(x).mT / places(x)).numpy(), numpy),
        Mistake(lambda x: (flat(x) @ flat(x).mT).numpy(), numpy),
    ]
    praise = "C x C for every picture, and the mean over its positions. A Gram matrix."
    inputs = [(_features(0, 2, 3, 4, 5),), (_features(1, 1, 4, 6, 3),)]
    return judge(answer, losses.gram_matrix, inputs, mistakes, praise=praise)


_DIVISORS: list[Callable[[Tensor], int]] = [
    lambda x: 1,
    lambda x: x.shape[2] * x.shape[3],
    lambda x: x.shape[0] * x.shape[2] * x.shape[3],
    lambda x: x.shape[1],
    lambda x: x.shape[1] * x.shape[2] * x.shape[3],
    lambda x: x.numel(),
]


def correlation_matrix(answer: Callable[[Tensor], Tensor]) -> Verdict:
    """gram (C, C) -> (C, C) with ones on the diagonal: the cosines between the maps."""

    def reference(gram: Tensor) -> Tensor:
        length = gram.diag().sqrt()
        return gram / (length[:, None] * length)

    one_side = (
        "you divided by the diagonal entry of the row, or of the column, alone. The diagonal is 1, but "
        "the matrix is no longer symmetric. Both channels count: √G_ii for the row and √G_jj for the "
        "column."
    )
    one_number = (
        "you divided the whole matrix by one number. Every pair (i, j) needs a divisor of its own, "
        "√(G_ii G_jj); otherwise a strong channel still drowns a weak one."
    )
    mistakes = [
        Mistake(
            lambda g: g / (g.diag()[:, None] * g.diag()),
            "you divided by G_ii G_jj, without the root. The diagonal shows it: it is 1 / G_ii, and "
            "should be 1. G_ii is a length squared.",
        ),
        Mistake(lambda g: g / g.diag()[:, None], one_side),
        Mistake(lambda g: g / g.diag(), one_side),
        Mistake(
            lambda g: g / g.diag().sqrt()[:, None],
            "that is the root for the rows, and now the same for the columns.",
        ),
        Mistake(
            lambda g: g / g.diag().sqrt(),
            "that is the root for the columns, and now the same for the rows.",
        ),
        *(
            Mistake(lambda g, size=size: g / size(g), one_number)
            for size in (torch.max, torch.trace, torch.linalg.norm, torch.sum)
        ),
        Mistake(
            torch.corrcoef,
            "torch.corrcoef takes the rows of the Gram matrix for data and correlates them once more. "
            "You have the correlations already; only the lengths are to be divided out.",
        ),
    ]
    praise = "ones on the diagonal, symmetric, and no channel drowns another."
    inputs = [(_gram(seed, channels),) for seed, channels in ((2, 5), (3, 7))]
    return judge(answer, reference, inputs, mistakes, praise=praise)


def shuffle_positions(answer: Callable[[Tensor], Tensor]) -> Verdict:
    """features (1, C, H, W) -> the same shape, positions in a random order, one for all channels.

    The order is the answer's own, so it is not the numbers that are compared, but what stayed together.
    """

    def order(x: Tensor) -> Tensor:
        return torch.randperm(x.shape[2] * x.shape[3])

    def right(x: Tensor) -> Tensor:
        return x.flatten(2)[:, :, order(x)].reshape(x.shape)

    def each_channel(x: Tensor) -> Tensor:
        return torch.stack([right(x[:, c : c + 1])[0, 0] for c in range(x.shape[1])])[None]

    def seen(shuffle: Callable[[Tensor], Any]) -> Callable[[Tensor], Any]:
        def label(x: Tensor) -> Any:
            made = shuffle(x.clone())
            return made if made is None or made is ... else _what_moved(x, made)

        return label

    mistakes = [
        Mistake(
            seen(each_channel),
            "every channel was given an order of its own. What stood at one place stands together "
            "no more, and the Gram matrix changes. Draw one order, and use it for all channels.",
        ),
        Mistake(
            seen(lambda x: x.flip(1)),
            "the channels changed places, and the positions stayed. That permutes the rows and columns "
            "of the Gram matrix, and every map is still a picture. Index the last axis of (1, C, H·W).",
        ),
        Mistake(
            seen(lambda x: x.flip(2)),
            "only whole rows or whole columns changed places. The Gram matrix does not notice, but far "
            "more can be done: flatten H and W, so that every position moves on its own.",
        ),
        Mistake(
            seen(lambda x: x.flatten()[torch.randperm(x.numel())].reshape(x.shape)),
            "numbers went from one channel into another. A position is a column of V, C numbers, and "
            "it has to stay whole. Flatten H and W alone, and take care on the way back: reshape is no "
            "transpose, it only cuts the same order of numbers into other rows.",
        ),
        Mistake(
            seen(lambda x: x),
            "nothing moved. Indexing returns a new tensor; use it.",
        ),
        Mistake(
            seen(lambda x: x.flatten(2)),
            "return a torch tensor of the shape you were given, (1, C, H, W): "
            "after the shuffle, .reshape(features.shape).",
        ),
    ]
    praise = "all maps are in shreds, and in the same shreds: the Gram matrix is what it was."
    inputs = [(_features(4, 1, 3, 6, 8),), (_features(5, 1, 5, 9, 4),)]
    return judge(seen(answer), seen(right), inputs, mistakes, praise=praise)


def _what_moved(before: Tensor, after: Any) -> str:
    """Which parts of features (1, C, H, W) changed places and which stayed whole, in a word."""
    if not isinstance(after, Tensor) or after.shape != before.shape:
        return "another shape"
    after = after.detach().to(before)
    if torch.equal(after, before):
        return "nothing"
    old, new = before[0], after[0]
    if torch.equal(_in_order(new.flatten(1).T), _in_order(old.flatten(1).T)):
        # A row as a set: its positions in a fixed order.
        for axes in ((1, 2, 0), (2, 1, 0)):
            lines = [torch.stack([_in_order(line) for line in x.permute(axes)]) for x in (old, new)]
            if torch.equal(*(_in_order(line.flatten(1)) for line in lines)):
                return "rows"
        return "positions"
    if torch.equal(new.flatten(1).sort().values, old.flatten(1).sort().values):
        return "positions, differently in each channel"
    if torch.equal(_in_order(new.flatten(1)), _in_order(old.flatten(1))):
        return "channels"
    return "numbers"


def _in_order(rows: Tensor) -> Tensor:
    """The rows of a matrix sorted by their first entries, which are all different here."""
    return rows[rows[:, 0].argsort()]


def gram_distance(answer: Callable[[Tensor, Tensor], Any]) -> Verdict:
    """gram, other (C, C) -> how far they are apart when each is scaled to length 1: from 0 to √2."""

    def reference(g: Tensor, a: Tensor) -> float:
        return (g / g.norm() - a / a.norm()).norm().item()

    def unit(g: Tensor) -> Tensor:
        return g / g.norm()

    def cosine(g: Tensor, a: Tensor) -> Tensor:
        return (unit(g) * unit(a)).sum()

    unscaled = (
        "the two matrices have different sizes, and you compared them as they are: a painting and the "
        "same painting with more contrast would be far apart. Divide each by its own norm first."
    )
    lopsided = (
        "both were divided by the norm of one of them, or only the difference was. Divide each "
        "by its own norm, then subtract. From A to B it must be as far as from B to A, too."
    )
    signed = (
        "you added the differences with their signs, and plus cancels minus: two quite different "
        "matrices can get 0. Square before you sum."
    )
    alike = (
        "this is a similarity, or 1 minus one: the scalar product of the two matrices. Close to what is "
        "asked, d² = 2 - 2 times it, but not a length. Take the norm of the difference."
    )
    spectral = (
        "torch.linalg.norm(…, 2) and matrix_norm(…, 2) are the largest singular value. The length of a "
        "matrix taken as a list of numbers is the Frobenius norm: .norm() without a 2."
    )
    mistakes = [
        Mistake(
            lambda g, a: (unit(g) - unit(a)).square().sum(),
            "this is the distance squared: the root is missing. A style loss is a square, "
            "but on a map twice as far should be twice the number.",
        ),
        Mistake(lambda g, a: (g - a).norm(), unscaled),
        Mistake(lambda g, a: (g - a).square().sum(), unscaled),
        Mistake(lambda g, a: (g - a).square().mean(), unscaled),
        Mistake(lambda g, a: (g - a).norm() / a.norm(), lopsided),
        Mistake(lambda g, a: (g - a).norm() / g.norm(), lopsided),
        Mistake(lambda g, a: (g - a).norm() / (g.norm() * a.norm()), lopsided),
        Mistake(lambda g, a: (g - a).norm() / (g.norm() + a.norm()), lopsided),
        Mistake(lambda g, a: (unit(g) - unit(a)).sum(), signed),
        Mistake(lambda g, a: (unit(g) - unit(a)).sum().abs(), signed),
        Mistake(
            lambda g, a: (unit(g) - unit(a)).abs().sum(),
            "you summed absolute differences. That is a distance too, but not the straight line, which "
            "the map of section 8 needs: root of the sum of squares.",
        ),
        Mistake(
            lambda g, a: (unit(g) - unit(a)).square().mean().sqrt(),
            "you took the mean of the squares, so that the number shrinks with C. Here it is the sum.",
        ),
        Mistake(
            lambda g, a: (g.diag() / g.diag().norm() - a.diag() / a.diag().norm()).norm(),
            "you compared the diagonals alone. They say how strong each channel is; what occurs "
            "together with what is in all the other entries.",
        ),
        Mistake(cosine, alike),
        Mistake(lambda g, a: 1 - cosine(g, a), alike),
        Mistake(lambda g, a: torch.linalg.matrix_norm(unit(g) - unit(a), 2), spectral),
        Mistake(
            lambda g, a: torch.linalg.matrix_norm(
                g / torch.linalg.matrix_norm(g, 2) - a / torch.linalg.matrix_norm(a, 2), 2
            ),
            spectral,
        ),
    ]
    praise = "0 for equal directions, the same from A to B as from B to A, and deaf to a factor."
    inputs = [(_gram(6, 4), 3 * _gram(7, 4)), (5 * _gram(8, 6), _gram(9, 6))]
    return judge(answer, reference, inputs, mistakes, praise=praise)


def _features(seed: int, *shape: int) -> Tensor:
    """Like features after a ReLU: nonnegative, channels of different strengths; no value twice."""
    generator = torch.Generator().manual_seed(seed)
    strength = 0.5 + torch.arange(shape[1])[:, None, None]
    return strength * torch.rand(shape, generator=generator)


def _gram(seed: int, channels: int) -> Tensor:
    return losses.gram_matrix(_features(seed, 1, channels, 5, 4))[0]
