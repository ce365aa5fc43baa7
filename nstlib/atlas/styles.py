"""A map of styles: paintings placed by the distances of their Gram matrices, and walks between them."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from nstlib.losses import gram_matrix
from nstlib.style_transfer import STYLE_LAYERS
from nstlib.vgg import VGG19


@torch.no_grad()
def grams_of(
    vgg: VGG19, image: Tensor, layers: Sequence[str] = STYLE_LAYERS
) -> dict[str, np.ndarray]:
    """Return the Gram matrices of a picture, {layer: (C, C)}.

    Args:
        vgg: The network.
        image: (1, 3, H, W) in [0, 1].
        layers: Names of layers.
    """
    features = vgg(image.to(vgg.device), layers)
    return {layer: gram_matrix(maps)[0].cpu().numpy() for layer, maps in features.items()}


def squared_distances(a: Sequence[np.ndarray], b: Sequence[np.ndarray]) -> np.ndarray:
    """Return the squared distances between Gram matrices, each scaled to length 1 first.

    Args:
        a: n matrices (C, C).
        b: m of them.

    Returns:
        (n, m), from 0 to 2. Notebook 03, section 8, says why they are scaled.
    """
    first, second = (
        np.stack([gram.ravel() / np.linalg.norm(gram) for gram in grams]) for grams in (a, b)
    )
    return (2 - 2 * first @ second.T).clip(0)


def scaled(squares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Place points in the plane so that their distances are near given ones: classical scaling.

    Torgerson 1952: center the table of squared distances, and take the two largest eigenvectors.

    Args:
        squares: Squared distances between n things, (n, n).

    Returns:
        The points (n, 2), and all n eigenvalues, the largest first. The first two, divided by the sum of
        all, say which share of the squared distances the plane keeps.
    """
    center = np.eye(len(squares)) - 1 / len(squares)
    values, vectors = np.linalg.eigh(-center @ squares @ center / 2)
    values, vectors = values[::-1], vectors[:, ::-1]
    # An eigenvector and its negative are equally right: the sign that makes the largest entry positive.
    two = vectors[:, :2] * np.sign(vectors[np.abs(vectors[:, :2]).argmax(0), [0, 1]])
    return two * np.sqrt(values[:2].clip(0)), values


def placed(
    squares: np.ndarray, new: np.ndarray, points: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """Place more things on a map that `scaled` has made, without moving the first ones.

    Gower 1968, "Adding a point to vector diagrams in multivariate analysis".

    Args:
        squares: Squared distances between the n things on the map, (n, n).
        new: Squared distances of m others to them, (m, n).
        points, values: From `scaled`.

    Returns:
        (m, 2).
    """
    spread = np.where(
        values[:2] > 1e-12, values[:2], np.inf
    )  # no spread: all lie at 0 on that axis
    return (squares.mean(1) - new) @ (points - points.mean(0)) / (2 * spread)


def mixed(
    a: Mapping[str, np.ndarray], b: Mapping[str, np.ndarray], share: float
) -> dict[str, np.ndarray]:
    """Return the Gram matrices of a mixture, as `transfer` makes them: (1 - share) a + share b."""
    return {layer: (1 - share) * a[layer] + share * b[layer] for layer in a}


def layers_and_all(tables: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return tables of squared distances by layer, and under "all" their mean over the layers."""
    return {**tables, "all": np.mean(list(tables.values()), axis=0)}


def tensor_of(pixels: np.ndarray) -> Tensor:
    """Return uint8 pixels (H, W, 3) as an image (1, 3, H, W) in [0, 1]."""
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
