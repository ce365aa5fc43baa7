"""Checks of notebook 06: colors kept in two ways, two styles mixed, and style asked of a region.

The reference functions are public: the notebook paints with them until the student's are right.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from nstlib.checks.verdict import Mistake, Verdict, judge
from nstlib.images import LUMA, luminance, with_colors_of
from nstlib.losses import gram_matrix

TOLERANCE = 3e-3  # below one gray level; tables of YIQ are printed with three digits


def recolored(style: Tensor, photo: Tensor) -> Tensor:
    """The style picture in colors with the mean and the covariance of the photo's.

    style: (1, 3, H, W), and so is what is returned, not clamped; photo: (1, 3, H', W').
    Gatys et al. 2016, section 3.1: x -> A (x - mean of style) + mean of photo, with
    A = Cov(photo)^(1/2) Cov(style)^(-1/2).
    """
    return _linear(style, photo, lambda s, p: _power(p, 0.5) @ _power(s, -0.5))


def mixed_gram(one: Tensor, other: Tensor, share: float) -> Tensor:
    """The target of two styles: the mean of their Gram matrices, `share` of it the first's.

    one: (1, C, H, W), other: (1, C, H', W'), features of one layer. Returns (1, C, C).
    """
    return share * gram_matrix(one) + (1 - share) * gram_matrix(other)


def masked_gram(features: Tensor, mask: Tensor) -> Tensor:
    """The Gram matrix of a region: the mean of the products over positions, weighted by a mask.

    features: (1, C, H, W); mask: (1, 1, H, W) in [0, 1]. Returns (1, C, C).
    Gatys et al. 2017 weight the features instead, which weights their products by the square.
    """
    return gram_matrix(features, mask)


def luminance_only(answer: Callable) -> Verdict:
    """answer(painted, photo) -> (1, 3, H, W): see `with_colors_of`."""
    return judge(
        answer,
        with_colors_of,
        _two_images(same_size=True),
        LUMINANCE_MISTAKES,
        praise="the brightness is painted, the color is the photo's.",
        atol=TOLERANCE,
    )


def color_match(answer: Callable) -> Verdict:
    """answer(style, photo) -> (1, 3, H, W): see `recolored`. Cholesky factors for roots will do."""
    inputs = _two_images(same_size=False)
    praise = "mean and covariance of the colors are the photo's."
    verdict = judge(answer, recolored, inputs, COLOR_MISTAKES, praise=praise, atol=TOLERANCE)
    if verdict.right is False:
        with_cholesky = judge(answer, _by_cholesky, inputs, atol=TOLERANCE)
        if with_cholesky.right:
            return Verdict(True, f"{praise} Your A has Cholesky factors, ours symmetric roots.")
    return verdict


def gram_mix(answer: Callable) -> Verdict:
    """answer(one, other, share) -> (1, C, C): see `mixed_gram`."""
    make = torch.Generator().manual_seed(2)
    features = [torch.rand(1, 4, 5, 6, generator=make) for _ in range(4)]
    # Squared, so that the channels of the second of each pair are weaker: no two are alike.
    inputs = [(features[0], features[1] ** 2, 0.25), (features[2], features[3] ** 2, 0.7)]
    return judge(
        answer,
        mixed_gram,
        inputs,
        MIX_MISTAKES,
        praise="the mixture is made of statistics, not of pictures.",
    )


def region(answer: Callable) -> Verdict:
    """answer(features, mask) -> (1, C, C): see `masked_gram`."""
    make = torch.Generator().manual_seed(3)
    shapes = [(4, 5, 6), (3, 8, 7)]
    inputs = [
        (torch.rand(1, *shape, generator=make), torch.rand(1, 1, *shape[1:], generator=make))
        for shape in shapes
    ]
    return judge(
        answer,
        masked_gram,
        inputs,
        REGION_MISTAKES,
        praise="what the mask sets to 0 does not count; small and large regions count the same.",
    )


def _two_images(*, same_size: bool) -> list[tuple[Tensor, Tensor]]:
    """Pairs of images with colors that hang together, so far inside [0, 1] that clamping is harmless."""
    make, pairs = torch.Generator().manual_seed(1), []
    for _ in range(2):
        pair = []
        for size in ((9, 14), (9, 14) if same_size else (12, 11)):
            colors = torch.rand(3, *size, generator=make) - 0.5
            turn = torch.rand(3, 3, generator=make) - 0.3
            mean = 0.4 + 0.2 * torch.rand(3, 1, 1, generator=make)
            pair.append((mean + 0.2 * torch.einsum("ij,jhw->ihw", turn, colors))[None])
        pairs.append(tuple(pair))
    return pairs


def _linear(style: Tensor, photo: Tensor, matrix: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """x -> A (x - mean of style) + mean of photo, A = matrix(covariance of style, of photo)."""
    s, p = style[0].flatten(1), photo[0].flatten(1)
    moved = matrix(torch.cov(s), torch.cov(p)) @ (s - s.mean(1, keepdim=True))
    return (moved + p.mean(1, keepdim=True)).view_as(style)


def _power(covariance: Tensor, exponent: float) -> Tensor:
    """A symmetric matrix to a power; a gray picture, of rank 1, does not divide by zero."""
    values, vectors = torch.linalg.eigh(covariance)
    return vectors @ values.clamp_min(1e-6).pow(exponent).diag() @ vectors.mT


def _by_cholesky(style: Tensor, photo: Tensor) -> Tensor:
    factor = torch.linalg.cholesky
    return _linear(style, photo, lambda s, p: factor(p) @ torch.linalg.inv(factor(s)))


def _plain_mean(painted: Tensor, photo: Tensor) -> Tensor:
    return photo + painted.mean(1, keepdim=True) - photo.mean(1, keepdim=True)


def _blue_first(painted: Tensor, photo: Tensor) -> Tensor:
    return with_colors_of(painted.flip(1), photo.flip(1)).flip(1)


def _gray(painted: Tensor, photo: Tensor) -> Tensor:
    return luminance(painted).expand_as(photo)


def _scaled_brightness(painted: Tensor, photo: Tensor) -> Tensor:
    return photo * luminance(painted) / luminance(photo)


LUMINANCE_MISTAKES = [
    Mistake(
        _plain_mean,
        "this takes the mean of red, green and blue for the brightness. The eye does not weigh them "
        "alike: Y = 0.299 R + 0.587 G + 0.114 B.",
    ),
    Mistake(
        lambda painted, photo: with_colors_of(photo, painted),
        "the two pictures are swapped: this is the brightness of the photo in the colors of the "
        "painting. The strokes are in Y, so take Y from `painted`.",
    ),
    Mistake(
        _blue_first,
        "the weights are in the order blue, green, red (as OpenCV keeps its pictures). Channel 0 "
        "here is red, and its weight is 0.299.",
    ),
    Mistake(
        _gray,
        "this is the right brightness without any color: I and Q are 0. They come from `photo`.",
    ),
    Mistake(
        _scaled_brightness,
        "this multiplies the photo until its brightness is right, and so scales I and Q too: dark "
        "places lose color, bright ones gain it. Replace Y and leave I and Q as they are.",
    ),
    Mistake(
        lambda painted, photo: painted + 0,
        "this is `painted` as it came, with its own colors. I and Q have to come from `photo`.",
    ),
    Mistake(
        lambda painted, photo: torch.cat(
            [luminance(painted), (_yiq().to(photo) @ photo.flatten(2)).view_as(photo)[:, 1:]], 1
        ),
        "Y, I and Q are all right, but this is where they still are: come back from YIQ to RGB with "
        "the inverse matrix.",
    ),
]


def _yiq() -> Tensor:
    """The matrix from RGB to YIQ, (3, 3)."""
    return torch.tensor([LUMA, (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112)])


def _by_channel(style: Tensor, photo: Tensor) -> Tensor:
    return _linear(style, photo, lambda s, p: (p.diag() / s.diag()).sqrt().diag())


def _mean_forgotten(style: Tensor, photo: Tensor) -> Tensor:
    return recolored(style, photo) - photo.mean((2, 3), keepdim=True)


def _style_mean_kept(style: Tensor, photo: Tensor) -> Tensor:
    return (
        recolored(style, photo)
        + style.mean((2, 3), keepdim=True)
        - photo.mean((2, 3), keepdim=True)
    )


def _not_centered(style: Tensor, photo: Tensor) -> Tensor:
    s, p = style[0].flatten(1), photo[0].flatten(1)
    matrix = _power(p @ p.mT / p.shape[1], 0.5) @ _power(s @ s.mT / s.shape[1], -0.5)
    centered = s - s.mean(1, keepdim=True)
    return (matrix @ centered + p.mean(1, keepdim=True)).view_as(style)


def _not_subtracted(style: Tensor, photo: Tensor) -> Tensor:
    s, p = style[0].flatten(1), photo[0].flatten(1)
    matrix = _power(torch.cov(p), 0.5) @ _power(torch.cov(s), -0.5)
    return (matrix @ s + p.mean(1, keepdim=True)).view_as(style)


COLOR_MISTAKES = [
    Mistake(
        _by_channel,
        "this matches the spread of each channel by itself. Red, green and blue vary together: use "
        "the whole 3 x 3 covariance, not its diagonal.",
    ),
    Mistake(
        _mean_forgotten,
        "the spread is right, but the colors lie around 0: add the mean of the photo at the end.",
    ),
    Mistake(
        _style_mean_kept,
        "the spread is right, but the colors lie around the mean of the style. Add the photo's.",
    ),
    Mistake(
        _not_subtracted,
        "the style's mean goes through A as well here. Subtract it first: A (x - mean of style).",
    ),
    Mistake(
        lambda style, photo: _linear(style, photo, lambda s, p: _power(s, -0.5) @ _power(p, 0.5)),
        "this is A transposed. Colors are columns: the style's inverse root acts first and stands on "
        "the right, A = root of photo @ inverse root of style.",
    ),
    Mistake(
        lambda style, photo: _linear(style, photo, lambda s, p: p @ torch.linalg.inv(s)),
        "the square roots are missing. A acts on both sides of the covariance, A Cov Aᵀ, so one A is "
        "half of the way.",
    ),
    Mistake(
        _not_centered,
        "these are mean products, not covariances: subtract the mean of each picture before you "
        "multiply (torch.cov does).",
    ),
    Mistake(
        lambda style, photo: _linear(style, photo, lambda s, p: torch.eye(3)),
        "the mean is the photo's, but the colors still spread as in the style: A is missing.",
    ),
    Mistake(
        lambda style, photo: recolored(photo, style),
        "the two pictures are swapped: this is the photo in the colors of the style.",
    ),
]

MIX_MISTAKES = [
    Mistake(
        lambda one, other, share: gram_matrix(share * one + (1 - share) * other),
        "this mixes the features and takes one Gram matrix of the mixture, as if the two paintings "
        "lay on top of each other. Take two Gram matrices, then mix those.",
    ),
    Mistake(
        lambda one, other, share: mixed_gram(one, other, 1 - share),
        "the shares are swapped: `share` belongs to the first.",
    ),
    Mistake(
        lambda one, other, share: gram_matrix(one) + gram_matrix(other),
        "the weights add up to 2, not to 1: this asks for twice the features. And `share` is not used.",
    ),
    Mistake(
        lambda one, other, share: share * (gram_matrix(one) + gram_matrix(other)),
        "both have the weight `share`. The second one's is 1 - share, so that the two add up to 1.",
    ),
    Mistake(
        lambda one, other, share: gram_matrix(one) + share * gram_matrix(other),
        "the weights are 1 and share, which do not add up to 1. Take share and 1 - share.",
    ),
    Mistake(
        lambda one, other, share: (gram_matrix(one) + gram_matrix(other)) / 2,
        "this is half and half whatever is asked for: use `share`.",
    ),
    Mistake(
        lambda one, other, share: one[0, 0].numel() * mixed_gram(one, other, share),
        "the Gram matrices are not divided by their H * W. For two paintings of different sizes the "
        "larger one would win.",
    ),
]

REGION_MISTAKES = [
    Mistake(
        lambda features, mask: masked_gram(features, mask) * mask.mean(),
        "the sum is divided by all H * W positions. Divide by the sum of the mask, or a small region "
        "gets a small matrix that no painting has.",
    ),
    Mistake(
        lambda features, mask: gram_matrix(features * mask) / mask.mean(),
        "the features are multiplied by the mask before they are multiplied with each other, so the "
        "mask counts twice: m² in the sum. Multiply only one of the two factors.",
    ),
    Mistake(
        lambda features, mask: gram_matrix(features * mask),
        "both factors are multiplied by the mask, so it counts squared, and the sum is divided by all "
        "H * W positions. Multiply one factor, and divide by the sum of the mask.",
    ),
    Mistake(
        lambda features, mask: masked_gram(features, mask) * mask.sum(),
        "this is a sum, not a mean: divide by the sum of the mask.",
    ),
    Mistake(
        lambda features, mask: masked_gram(features, 1 - mask),
        "the mask is turned around: it is 1 where style is asked for.",
    ),
    Mistake(
        lambda features, mask: gram_matrix(features),
        "this is the Gram matrix of the whole picture: the mask is not used.",
    ),
    Mistake(
        lambda features, mask: gram_matrix(features) * mask.mean(),
        "this makes the whole matrix smaller. The weight belongs to each position, inside the sum.",
    ),
    Mistake(
        lambda features, mask: masked_gram(features, (mask > 0.5).to(features)),
        "the mask is rounded to 0 and 1. Values in between are weights like any other.",
    ),
]
