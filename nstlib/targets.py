"""What a run compares its picture with: features of the content, Gram matrices of the styles.

In one piece or in tiles: a `side` of None is the whole picture at once.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

import torch
from torch import Tensor

from nstlib.losses import content_loss, gram_loss, gram_matrix, total_variation
from nstlib.memory import choose_side
from nstlib.tiles import tiled_features, tiled_losses, tiled_statistics
from nstlib.vgg import VGG19, checked_layers


def tile_side(
    tile: int | None, vgg: VGG19, shape: Sequence[int], layers: Collection[str]
) -> int | None:
    """The side of the tiles for a picture of `shape`; None if it goes through as a whole.

    tile: the side that was asked for, None for what memory allows. Raises ValueError for one that is
    too small, and for a picture that does not fit at all.
    """
    if not layers:
        return None
    if tile is None:
        return choose_side(vgg, *shape[2:], checked_layers(layers, vgg.layers))
    if tile < 16:
        raise ValueError(f"tile must be at least 16 pixels, not {tile}.")
    return tile if tile < max(shape[2:]) else None


@torch.no_grad()
def features_of(
    vgg: VGG19, image: Tensor, layers: Collection[str], side: int | None
) -> dict[str, Tensor]:
    """The features of a picture, without a gradient; none for no layers."""
    if not layers:
        return {}
    return vgg(image, layers) if side is None else tiled_features(vgg, image, layers, side=side)


@torch.no_grad()
def grams_of(
    vgg: VGG19,
    images: Sequence[Tensor],
    mix: Sequence[float],
    layers: Collection[str],
    side: int | None,
) -> dict[str, Tensor]:
    """The Gram matrices of the style, of several styles their weighted mean."""
    if not layers:
        return {}
    grams = []
    for image in images:
        if side is None:
            grams.append({layer: gram_matrix(f) for layer, f in vgg(image, layers).items()})
        else:
            grams.append(tiled_statistics(vgg, image, layers, {}, side=side)[0])
    return {
        layer: sum(share * of[layer] for share, of in zip(mix, grams, strict=True))
        for layer in layers
    }


def terms_of(
    vgg: VGG19,
    targets: Mapping[str, Tensor],
    grams: Mapping[str, Tensor],
    convention: str,
    side: int | None,
) -> Callable[[Tensor], dict[str, Tensor]]:
    """The named losses of a picture, all from one pass through the network."""

    def terms(x: Tensor) -> dict[str, Tensor]:
        smooth = {"tv": total_variation(x)}
        if side is not None:
            losses = tiled_losses(vgg, x, targets, grams, convention=convention, side=side)
            return losses | smooth
        features = vgg(x, {**targets, **grams})
        content = {
            f"content/{layer}": content_loss(features[layer], target, convention=convention)
            for layer, target in targets.items()
        }
        style = {
            f"style/{layer}": gram_loss(features[layer], target, convention=convention)
            for layer, target in grams.items()
        }
        return content | style | smooth

    return terms
