"""What a picture is compared by: features for content, Gram matrices for style.

Names follow Gatys, Ecker and Bethge (2015): a layer has N channels and M = H * W positions, F are its
features as an N x M matrix, and the Gram matrix is F Fᵀ. Wherever a loss is written down there is a
question of scale, and the sources answer it in different ways. `CONVENTIONS` lists the answers; every
loss here takes one of them by name:

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

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import pad

CONVENTIONS = ("relative", "mean", "paper", "lecture")


def gram_matrix(features: Tensor) -> Tensor:
    """Correlations between channels, with all positions summed out.

    features: (B, N, H, W). Returns (B, N, N), divided by H * W so that the size of the picture cancels.
    Gatys et al. 2015, eq. 3 (there without the division).
    """
    if features.ndim != 4:
        raise ValueError(
            f"gram_matrix needs features of shape (B, N, H, W), not {tuple(features.shape)}."
        )
    flat = features.flatten(2)
    return _Square.apply(flat) / flat.shape[2]


class _Square(torch.autograd.Function):
    """F Fᵀ. Its gradient (g + gᵀ) F is one product; autograd, which does not see that both factors are
    the same, would take two, keep three copies of the features meanwhile, and add them up.
    """

    @staticmethod
    def forward(ctx, flat: Tensor) -> Tensor:
        ctx.save_for_backward(flat)
        return flat @ flat.mT

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        (flat,) = ctx.saved_tensors
        return (gradient + gradient.mT) @ flat


def content_loss(features: Tensor, target: Tensor, *, convention: str = "relative") -> Tensor:
    """How far features are from those of the content picture, position by position.

    features, target: (B, N, H, W), of one layer. Returns a scalar.
    Gatys et al. 2015, eq. 1 is the convention "paper".
    """
    _check_convention(convention)
    _check_same_shape("features", features, target)
    return content_error((features - target).square().sum(), target, convention=convention)


def content_error(distance: Tensor, target: Tensor, *, convention: str = "relative") -> Tensor:
    """The content loss of a picture whose features lie at Σ (F - P)² = `distance` from the target P.

    distance: a scalar; target: (B, N, H, W). Returns a scalar. `content_loss` in its second half: what
    remains to do where the distance was summed up piece by piece.
    """
    _check_convention(convention)
    if convention == "lecture":
        return distance
    if convention == "paper":
        return distance / 2
    if convention == "mean":
        return distance / target.numel()
    return distance / target.numel() / _size(target)


def gram_loss(features: Tensor, target: Tensor, *, convention: str = "relative") -> Tensor:
    """E_l: how far the Gram matrix of one layer is from that of the style picture.

    features: (B, N, H, W) of the picture that is being made; target: (B, N, N) from `gram_matrix` of
    the style picture. Returns a scalar. Gatys et al. 2015, eq. 4 is the convention "paper".

    The lecture and the paper write undivided Gram matrices and take for granted that both pictures
    have the same number of positions M. For pictures of two sizes we scale the target to the M of the
    new picture; for equal sizes nothing changes.
    """
    _check_convention(convention)
    gram, positions = gram_matrix(features), features.shape[2] * features.shape[3]
    return gram_error(gram, target, positions=positions, convention=convention)


def gram_error(
    gram: Tensor, target: Tensor, *, positions: int, convention: str = "relative"
) -> Tensor:
    """E_l of a picture that has the Gram matrix `gram`, a mean over `positions` (M) positions.

    gram, target: (B, N, N). Returns a scalar. `gram_loss` in its second half: what remains to do where
    the Gram matrix was summed up piece by piece.
    """
    _check_convention(convention)
    _check_same_shape("Gram matrices", gram, target)
    squares = (gram - target).square()
    if convention == "lecture":
        return squares.sum() * positions**2
    if convention == "paper":
        # The Gram matrices here are divided by M already: 1 / (4 N² M²) becomes 1 / (4 N²).
        return squares.sum() / (4 * gram.shape[1] ** 2)
    if convention == "mean":
        return squares.mean()
    return squares.mean() / _size(target)


def style_loss(
    features: Mapping[str, Tensor],
    targets: Mapping[str, Tensor],
    *,
    layer_weights: Mapping[str, float] | None = None,
    convention: str = "relative",
) -> Tensor:
    """Σ w_l E_l over the layers of `targets`.

    features: {layer: (B, N, H, W)}; targets: {layer: (B, N, N)} from `gram_matrix`; layer_weights:
    {layer: w_l}, and 1 / (number of layers) for each where none are given, as in the paper.
    Returns a scalar. Gatys et al. 2015, eq. 5.
    """
    if not targets:
        raise ValueError("style_loss needs the Gram matrix of at least one layer.")
    if layer_weights is None:
        layer_weights = dict.fromkeys(targets, 1 / len(targets))
    for name, given in (("features", features), ("layer_weights", layer_weights)):
        missing = [layer for layer in targets if layer not in given]
        if missing:
            raise ValueError(f"{name} has no entry for {missing[0]}, which is among the targets.")
    return sum(
        layer_weights[layer] * gram_loss(features[layer], target, convention=convention)
        for layer, target in targets.items()
    )


def total_variation(image: Tensor, *, beta: float = 2.0) -> Tensor:
    """How much neighboring pixels differ: the mean of (dx² + dy²)^(beta / 2) over pixels and channels.

    image: (B, C, H, W). Returns a scalar; 0 for a flat picture. beta = 2 smooths, beta = 1 keeps edges
    and flattens what lies between them. Mahendran and Vedaldi 2015, sec. 3 (there a sum).
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
    # Below 2 the slope at 0 is infinite or undefined; a gray level of 1e-4 is far below what shows.
    return (squares + 1e-8).pow(beta / 2).mean() - 1e-8 ** (beta / 2)


def _size(target: Tensor) -> Tensor:
    """Mean square of a target, kept off zero for a picture that a layer does not see at all."""
    return target.square().mean().clamp_min(torch.finfo(target.dtype).tiny ** 0.5)


def _check_convention(convention: str) -> None:
    if convention not in CONVENTIONS:
        raise ValueError(
            f"Unknown convention {convention!r}: choose one of {', '.join(CONVENTIONS)}."
        )


def _check_same_shape(what: str, a: Tensor, b: Tensor) -> None:
    # Broadcasting would turn two shapes that do not belong together into a wrong number in silence.
    if a.shape != b.shape:
        raise ValueError(f"The {what} have two shapes, {tuple(a.shape)} and {tuple(b.shape)}.")
