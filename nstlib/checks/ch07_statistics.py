"""Checks for notebook 07: statistics that a style can be measured by."""

from collections.abc import Callable

import torch
from torch import Tensor

from nstlib.checks.verdict import Mistake, Verdict, judge


def polynomial_mmd(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Squared MMD of two sets of feature vectors with the kernel (xᵀy)²; the columns are the vectors.

    answer: (C, M), (C, M) -> scalar. Li et al. 2017.
    """

    def with_kernel(kernel, average=torch.mean, cross=-2.0):
        def mmd(x, y):
            within = average(kernel(x, x)) + average(kernel(y, y))
            return within + cross * average(kernel(x, y))

        return mmd

    def square(x, y):
        return (x.mT @ y).square()

    def others_only(x, y):
        count = x.shape[1]
        within = [(square(z, z).sum() - square(z, z).trace()) / count / (count - 1) for z in (x, y)]
        return within[0] + within[1] - 2 * square(x, y).mean()

    mistakes = [
        Mistake(
            with_kernel(lambda x, y: x.mT @ y),
            "the inner products are not squared. That is the linear kernel, xᵀy, and it compares "
            "nothing but the means of the two sets.",
        ),
        Mistake(
            with_kernel(lambda x, y: x.square().mT @ y.square()),
            "the numbers are squared before the inner product. The kernel squares the inner product "
            "itself; without that, no two channels meet, and only the diagonal of the Gram matrix "
            "is compared.",
        ),
        Mistake(
            with_kernel(lambda x, y: (x @ y.mT).square()),
            "these are inner products of channels, (C, C). The kernel compares two feature "
            "vectors, that is, two columns: (M, M).",
        ),
        Mistake(
            with_kernel(square, cross=-1.0),
            "the mixed term counts twice: (a - b)² = a² + b² - 2ab. With a single one, equal "
            "sets have a distance above 0.",
        ),
        Mistake(
            with_kernel(square, cross=2.0),
            "the mixed term is subtracted: where the two sets resemble each other it is large, and "
            "the distance small.",
        ),
        Mistake(
            with_kernel(square, average=torch.sum),
            "these are sums over all pairs; an expectation is their mean. A sum would make large "
            "pictures differ more than small ones.",
        ),
        Mistake(
            others_only,
            "the pairs of a vector with itself are left out. That is the unbiased estimate of an MMD, "
            "useful for samples; here the sets themselves are compared, and all pairs count.",
        ),
        Mistake(
            lambda x, y: with_kernel(square)(x, y).sqrt(),
            "that is the MMD, and the squared one is asked for: leave out the root.",
        ),
    ]
    inputs = [
        (_random(0, 3, 6), _random(1, 3, 6) + 0.5),
        (_random(2, 5, 4), _random(3, 5, 4) + 0.5),
    ]
    praise = "all these M x M kernel values say no more than two Gram matrices of C x C."
    return judge(answer, with_kernel(square), inputs, mistakes, praise=praise)


def mean_std_loss(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Mean and standard deviation of every channel, compared; the statistics of AdaIN.

    answer: (1, C, H, W), (1, C, H, W) -> scalar. Huang and Belongie 2017.
    """

    def compare(dims=(2, 3), spread=_std, average=torch.mean):
        def loss(features, target):
            means = features.mean(dims) - target.mean(dims)
            spreads = spread(features, dims) - spread(target, dims)
            return average(means.square()) + average(spreads.square())

        return loss

    mistakes = [
        Mistake(
            lambda f, t: (f - t).square().mean(),
            "that compares the features position by position, which is the content loss. A statistic "
            "forgets the position first, and is compared afterwards.",
        ),
        Mistake(
            compare((0, 1, 2, 3)),
            "this is one mean and one deviation for the whole layer. Every channel is a filter of its "
            "own and needs its own two numbers: average over H and W alone.",
        ),
        Mistake(
            compare((1,)),
            "this averages over the channels, at every position: dimension 1 is C. What is to be "
            "forgotten is the position, dimensions 2 and 3.",
        ),
        Mistake(
            compare(spread=lambda x, dims: x.var(dims, correction=0)),
            "the second number is the variance. The loss asks for its root, the standard deviation, "
            "which has the units of the mean.",
        ),
        Mistake(
            compare(spread=lambda x, dims: x.std(dims)),
            "this deviation divides by H·W - 1, as torch does by default. Here all positions are "
            "known, none is a sample: divide by H·W, with correction=0.",
        ),
        Mistake(
            compare(spread=lambda x, dims: x.mean(dims)),
            "the means are counted twice, and the deviations not at all.",
        ),
        Mistake(
            lambda f, t: (f.mean((2, 3)) - t.mean((2, 3))).square().mean(),
            "the means are right; the standard deviations are missing. Two layers with the same means "
            "can be flat gray and wild stripes.",
        ),
        Mistake(
            compare(average=torch.sum),
            "this sums over the channels. The loss divides by C, so that a wide layer does not "
            "count for more than a narrow one.",
        ),
    ]
    inputs = [
        (_random(seed, 1, channels, 3, 4), 2 * _random(seed + 1, 1, channels, 3, 4) + 0.3)
        for seed, channels in ((10, 3), (12, 5))
    ]
    praise = "two numbers for each channel; what two channels do together is not compared."
    return judge(answer, compare(), inputs, mistakes, praise=praise)


def shifted_gram(answer: Callable[[Tensor, int, int], Tensor]) -> Verdict:
    """Products of channel i here and channel j `down` rows and `right` columns further on, averaged.

    answer: (1, C, H, W), down, right -> (1, C, C), both shifts from 0 up. Berger and Memisevic 2016.
    """

    def pairs(features, down, right):
        height, width = features.shape[2:]
        here = features[:, :, : height - down, : width - right].flatten(2)
        there = features[:, :, down:, right:].flatten(2)
        return here, there

    def reference(features, down, right):
        here, there = pairs(features, down, right)
        return here @ there.mT / here.shape[2]

    def wrapped(features, down, right):
        there = features.roll((-down, -right), (2, 3))
        return features.flatten(2) @ there.flatten(2).mT / features[0, 0].numel()

    def backwards(features, down, right):
        there = features.roll((down, right), (2, 3))
        return features.flatten(2) @ there.flatten(2).mT / features[0, 0].numel()

    def all_positions(features, down, right):
        here, there = pairs(features, down, right)
        return here @ there.mT / features[0, 0].numel()

    def undivided(features, down, right):
        here, there = pairs(features, down, right)
        return here @ there.mT

    def both_moved(features, down, right):
        there = pairs(features, down, right)[1]
        return there @ there.mT / there.shape[2]

    mistakes = [
        Mistake(
            wrapped,
            "torch.roll wraps around: the right border meets the left one, where the picture has no "
            "such neighbors. Cut the overlap out by slicing.",
        ),
        Mistake(
            backwards,
            "torch.roll wraps around, and moves things to the right where you want to look to the "
            "right. Cut the overlap out by slicing.",
        ),
        Mistake(
            all_positions,
            "the division is by H·W, but a shift leaves fewer pairs: (H - down)·(W - right) of them. "
            "Otherwise a large shift looks like a weak correlation.",
        ),
        Mistake(undivided, "the sum is right; divide it by the number of pairs of positions."),
        Mistake(
            lambda f, down, right: reference(f, right, down),
            "down and right are exchanged: rows are dimension 2, columns dimension 3.",
        ),
        Mistake(
            lambda f, down, right: reference(f, down, right).mT,
            "that is the transpose. Without a shift a Gram matrix is symmetric, and it would make no "
            "difference; with one, entry (i, j) is channel i here and channel j there.",
        ),
        Mistake(
            both_moved,
            "both factors are moved, so they are not shifted against each other: this is the ordinary "
            "Gram matrix of a crop.",
        ),
    ]
    inputs = [(_random(20, 1, 3, 6, 6), 2, 1), (_random(21, 1, 4, 5, 7), 1, 3)]
    praise = "without a shift it is the Gram matrix; with one, it compares places that lie apart."
    verdict = judge(answer, reference, inputs, mistakes, praise=praise)
    if verdict.right and not judge(answer, reference, [(_random(22, 1, 3, 5, 6), 0, 2)]).right:
        return Verdict(
            False,
            "right for real shifts, but it fails where one of them is 0: the slice [:-0] is empty. "
            "Write [: H - down] and [: W - right].",
        )
    return verdict


def sliced_wasserstein_loss(answer: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Verdict:
    """Squared distance of two sets of feature vectors, sorted along random directions.

    answer: (C, M), (C, M), directions (K, C) -> scalar, a mean over directions and ranks.
    Heitz et al. 2021.
    """

    def compare(projected, size=torch.square, average=torch.mean):
        def loss(x, y, directions):
            return average(size(projected(x, directions) - projected(y, directions)))

        return loss

    def sort_ranks(x, directions):
        return (directions @ x).sort(dim=1).values

    mistakes = [
        Mistake(
            compare(lambda x, directions: directions @ x),
            "nothing is sorted, so position is compared with position: a content loss in another "
            "coordinate system. Sorting is what forgets the position.",
        ),
        Mistake(
            compare(lambda x, directions: (directions @ x).sort(dim=0).values),
            "this sorts the directions, dimension 0, at every position. Sort the positions, "
            "dimension 1, for every direction.",
        ),
        Mistake(
            compare(lambda x, directions: directions @ x.sort(dim=1).values),
            "the channels are sorted first and projected afterwards. Each channel on its own then "
            "loses track of which values stood together: project first, then sort.",
        ),
        Mistake(
            compare(lambda x, directions: x.sort(dim=1).values),
            "the directions are not used. Sorted channels are channel histograms, which know nothing "
            "of two channels together.",
        ),
        Mistake(
            compare(lambda x, directions: (directions @ x).mean(dim=1)),
            "only the means of the projections are compared. The sorted projections say how all the "
            "rest is distributed around them.",
        ),
        Mistake(
            compare(sort_ranks, size=torch.abs),
            "these are absolute differences, the Wasserstein-1 distance. Squares are asked for, "
            "Wasserstein-2, whose gradient fades as the sets come together.",
        ),
        Mistake(
            compare(sort_ranks, average=torch.sum),
            "this is a sum; the loss is a mean over directions and ranks, so that it does not grow "
            "with the picture.",
        ),
    ]
    inputs = [
        (_random(30, 3, 6), _random(31, 3, 6) + 0.4, _directions(32, 5, 3)),
        (_random(33, 4, 7), _random(34, 4, 7) - 0.2, _directions(35, 3, 4)),
    ]
    praise = "no kernel and no matrix: two sets are alike if their sorted projections agree."
    return judge(answer, compare(sort_ranks), inputs, mistakes, praise=praise)


def _std(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    return x.std(dims, correction=0)


def _random(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def _directions(seed: int, count: int, channels: int) -> Tensor:
    directions = _random(seed, count, channels)
    return directions / directions.norm(dim=1, keepdim=True)
