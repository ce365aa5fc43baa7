"""What a picture is compared by: features for content, Gram matrices for style.

Names follow Gatys, Ecker and Bethge (2015): a layer has N channels and M = H * W positions, F are its
features as an N x M matrix, and the Gram matrix is F Fᵀ. Every loss needs a scale, and the sources
choose different ones. `CONVENTIONS` lists them; every loss here takes one of them by name:

============  ==============================  ==========================================
convention    content                         style, one layer
============  ==============================  ==========================================
"lecture"     Σ (F - P)²                      Σ (F Fᵀ - A)²
"paper"       ½ Σ (F - P)²                    Σ (F Fᵀ - A)² / (4 N² M²)
"mean"        mean of (F - P)²                mean of (F Fᵀ / M - A / M)²
"relative"    the same / mean of P²           the same / mean of (A / M)²
============  ==============================  ==========================================

P are the features of the content picture, A is the Gram matrix of the style picture. The first two
grow with the picture and with the network, so a style weight found for one picture is wrong for the
next. "relative" is ours and the default: 1 means "as far from the target as a picture without any
features", at every size, in every layer and for every network.
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

CONVENTIONS = ("relative", "mean", "paper", "lecture")


def gram_matrix(features: Tensor, mask: Tensor | None = None) -> Tensor:
    """Return the correlations between channels, with all positions summed out.

    With a mask it is the Gram matrix of a region. A position counts as often as the mask says, so that
    one in two halves counts half in each, and the matrices of regions that cover the picture, weighted
    by their areas, add up to that of the picture. Gatys et al. 2017 multiply the features by guidance
    channels T instead; the mask here is T², and for zeros and ones there is no difference.

    Args:
        features: (B, N, H, W).
        mask: (1, 1, H, W) from 0 to 1, for all pictures of a batch; `layer_mask` shrinks one of the size
            of the picture. It needs a position above 0, or the result is NaN. None counts every position
            once.

    Returns:
        (B, N, N), divided by H * W, or by the sum of the mask, so that the size of the picture or the
        region cancels. Gatys et al. 2015, eq. 3 (there without the division).

    Raises:
        ValueError: For a mask of another size than the features.
    """
    flat = features.flatten(-2)
    if mask is None:
        return flat @ flat.mT / flat.shape[-1]
    weights = _checked_mask(mask, features).flatten(-2)
    return (weights * flat) @ flat.mT / weights.sum(-1, keepdim=True)


def content_loss(features: Tensor, target: Tensor, *, convention: str = "relative") -> Tensor:
    """Return how far features are from those of the content picture, position by position.

    Args:
        features: (B, N, H, W), of one layer of the picture that is being made.
        target: (B, N, H, W), of the same layer of the content picture.
        convention: One of `CONVENTIONS`; "paper" is eq. 1 of Gatys et al. 2015.

    Returns:
        A scalar.

    Raises:
        ValueError: For an unknown convention, and for two shapes.
    """
    _check_same_shape("features", features, target)
    return content_error((features - target).square().sum(), target, convention=convention)


def content_error(distance: Tensor, target: Tensor, *, convention: str = "relative") -> Tensor:
    """Return the content loss of a picture from its squared distance to the target.

    Use this when the squared distance has been summed tile by tile; it is the second half of
    `content_loss`.

    Args:
        distance: Σ (F - P)², a scalar.
        target: P, (B, N, H, W).
        convention: One of `CONVENTIONS`.

    Returns:
        A scalar.
    """
    _check_convention(convention)
    if convention == "lecture":
        return distance
    if convention == "paper":
        return distance / 2
    if convention == "mean":
        return distance / target.numel()
    return distance / target.numel() / _size(target)


def style_loss(
    features: Tensor,
    target: Tensor,
    *,
    mask: Tensor | None = None,
    convention: str = "relative",
) -> Tensor:
    """Return E_l, how far the Gram matrix of one layer is from that of the style picture.

    The lecture and the paper write undivided Gram matrices and take for granted that both pictures
    have the same number of positions M. For pictures of two sizes we scale the target to the M of the
    new picture; for equal sizes nothing changes.

    Args:
        features: (B, N, H, W), of one layer of the picture that is being made.
        target: (B, N, N), `gram_matrix` of the same layer of the style picture.
        mask: Where the style is asked for, as in `gram_matrix`; its sum takes the place of M.
        convention: One of `CONVENTIONS`; "paper" is eq. 4 of Gatys et al. 2015.

    Returns:
        A scalar.

    Raises:
        ValueError: For an unknown convention, for two numbers of channels, and for a mask of another
            size than the features.
    """
    positions = features.shape[-2] * features.shape[-1] if mask is None else mask.sum()
    gram = gram_matrix(features, mask)
    return style_error(gram, target, positions=positions, convention=convention)


def style_error(
    gram: Tensor, target: Tensor, *, positions: float | Tensor, convention: str = "relative"
) -> Tensor:
    """Return E_l of a picture from its Gram matrix.

    Use this when the Gram matrix has been summed tile by tile; it is the second half of `style_loss`.

    Args:
        gram: (B, N, N), as `gram_matrix` gives it.
        target: (B, N, N), that of the style picture.
        positions: M, the number of positions over which `gram` is a mean, or the sum of its mask.
        convention: One of `CONVENTIONS`.

    Returns:
        A scalar.
    """
    _check_convention(convention)
    _check_same_shape("Gram matrices", gram, target)
    squares = (gram - target).square()
    if convention == "lecture":
        return squares.sum() * positions**2
    if convention == "paper":
        # The Gram matrices here are divided by M already: 1 / (4 N² M²) becomes 1 / (4 N²).
        return squares.sum() / (4 * gram.shape[-1] ** 2)
    if convention == "mean":
        return squares.mean()
    return squares.mean() / _size(target)


def total_variation(image: Tensor, *, beta: float = 2.0) -> Tensor:
    """Return how much neighboring pixels differ: the mean of (dx² + dy²)^(beta / 2).

    Args:
        image: (B, C, H, W), at least 2 x 2 pixels.
        beta: 2 smooths; 1 keeps edges and flattens what lies between them.

    Returns:
        A scalar, 0 for a flat picture. Mahendran and Vedaldi 2015, sec. 3 (there a sum).

    Raises:
        ValueError: For an image of another shape, and for a beta of 0 or less.
    """
    if image.ndim != 4 or min(image.shape[2:]) < 2:
        raise ValueError(
            f"total_variation needs an image of shape (B, C, H, W) with at least 2 x 2 pixels, "
            f"not {tuple(image.shape)}."
        )
    if beta <= 0:
        raise ValueError(f"beta must be above 0, not {beta}.")
    # Zero beyond the border. Leaving the last row and column out, as is common, leaves them unsmoothed:
    # stripes along the edge of every picture made with it.
    dx = pad(image.diff(dim=3), (0, 1, 0, 0))
    dy = pad(image.diff(dim=2), (0, 0, 0, 1))
    squares = dx.square() + dy.square()
    if beta == 2.0:
        return squares.mean()
    # Below 2 the slope at 0 is infinite or undefined; differences of 1e-4 are far too small to see.
    return (squares + 1e-8).pow(beta / 2).mean() - 1e-8 ** (beta / 2)


def _size(target: Tensor) -> Tensor:
    """Mean square of a target, kept off zero for a picture that a layer does not see at all."""
    return target.square().mean().clamp_min(torch.finfo(target.dtype).tiny ** 0.5)


def _checked_mask(mask: Tensor, features: Tensor) -> Tensor:
    # Here, too, broadcasting would accept shapes that do not belong together.
    height, width = features.shape[-2:]
    if mask.shape != (1, 1, height, width):
        raise ValueError(
            f"The mask has the shape {tuple(mask.shape)}, and features of this layer need "
            f"(1, 1, {height}, {width}): layer_mask(mask, layer) shrinks a mask to a layer."
        )
    return mask.to(features)


def _check_convention(convention: str) -> None:
    if convention not in CONVENTIONS:
        raise ValueError(
            f"Unknown convention {convention!r}: choose one of {', '.join(CONVENTIONS)}."
        )


def _check_same_shape(what: str, a: Tensor, b: Tensor) -> None:
    # Broadcasting would turn two shapes that do not belong together into a wrong number in silence.
    if a.shape != b.shape:
        raise ValueError(f"The {what} have two shapes, {tuple(a.shape)} and {tuple(b.shape)}.")
