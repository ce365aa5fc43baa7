"""Solutions of notebook 06, under the names of its stubs."""

import torch
from torch import Tensor

from nstlib import gram_matrix


def my_with_colors_of(painted: Tensor, photo: Tensor) -> Tensor:
    """(1, 3, H, W) twice, of one size -> (1, 3, H, W): Y of `painted`, I and Q of `photo`."""
    rgb_to_yiq = torch.tensor(
        [[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]]
    ).to(photo)
    yiq = torch.einsum("ij,njhw->nihw", rgb_to_yiq, photo)
    yiq[:, 0] = torch.einsum("j,njhw->nhw", rgb_to_yiq[0], painted)
    return torch.einsum("ij,njhw->nihw", torch.linalg.inv(rgb_to_yiq), yiq)
    # Shorter, because I and Q are differences of colors: photo + (Y of painted - Y of photo).


def my_recolored(style: Tensor, photo: Tensor) -> Tensor:
    """(1, 3, H, W) and (1, 3, H', W') -> (1, 3, H, W): the style in the photo's mean and covariance."""
    s, p = style[0].flatten(1), photo[0].flatten(1)  # a color is a column
    a = power(torch.cov(p), 0.5) @ power(torch.cov(s), -0.5)  # the right-hand factor acts first
    moved = a @ (s - s.mean(1, keepdim=True)) + p.mean(1, keepdim=True)
    return moved.view_as(style)


def power(covariance: Tensor, exponent: float) -> Tensor:
    """(3, 3) -> (3, 3): a symmetric matrix to a power. The notebook gives this one."""
    values, vectors = torch.linalg.eigh(covariance)
    return vectors @ values.clamp_min(1e-6).pow(exponent).diag() @ vectors.mT


def my_mixed_gram(one: Tensor, other: Tensor, share: float) -> Tensor:
    """(1, C, H, W), (1, C, H', W') -> (1, C, C): `share` of the first, the rest of the second."""
    # Statistics first, then the mixture. Each Gram matrix is divided by its own H * W.
    return share * gram_matrix(one) + (1 - share) * gram_matrix(other)


def my_masked_gram(features: Tensor, mask: Tensor) -> Tensor:
    """(1, C, H, W) and (1, 1, H, W) in [0, 1] -> (1, C, C): the mean of the products, weighted."""
    m, f = mask.flatten(2), features.flatten(2)
    return (m * f) @ f.mT / m.sum()  # one factor has the weight, not both
