"""Large pictures in tiles: the same losses and the same gradient, in the memory of one tile.

A step does not need the features of a picture. It needs two kinds of sums over its positions: Gram
matrices, and squared distances to the content. Sums can be taken tile by tile. Each tile goes through
the network together with the surroundings that its features see (a halo of half a receptive field). Its
features are then dropped, and computed once more when the gradient comes back to it. The price is a
second forward pass and the halos. The result is exact; only the order of the additions differs.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from nstlib.losses import content_error, gram_matrix, style_error
from nstlib.masks import layer_mask
from nstlib.vgg import VGG19, receptive_field

Region = tuple[slice, slice]


@dataclass(frozen=True)
class Tile:
    """A piece of a picture.

    Attributes:
        crop: Rows and columns of the picture, with the halo around the piece.
        inside: {layer: where the features of the piece are among those of the crop}.
        place: {layer: where they are among those of the whole picture}.
    """

    crop: Region
    inside: Mapping[str, Region]
    place: Mapping[str, Region]


def tiles(height: int, width: int, layers: Collection[str], *, side: int) -> Iterator[Tile]:
    """Cut a picture into tiles.

    Together the places cover every position of every layer exactly once. The cuts lie on multiples of
    the deepest layer's stride, so that no pooling window lies across one, and the tiles are about
    equally large.

    Args:
        height, width: Of the picture, in pixels.
        layers: Those whose features are wanted.
        side: The largest side of a tile in pixels, its halo not counted.

    Yields:
        The tiles, row by row.

    Raises:
        ValueError: For a side below the deepest layer's stride.
    """
    fields = {layer: receptive_field(layer) for layer in layers}
    size, stride = max(fields.values())
    if side < stride:
        raise ValueError(
            f"Tiles for these layers have at least {stride} pixels a side, not {side}."
        )
    # Half of what a feature sees beyond its own square, and again a multiple of the stride.
    halo = -(-((size - stride) // 2) // stride) * stride
    for rows in _intervals(height, side, stride, halo):
        for columns in _intervals(width, side, stride, halo):
            axes = (rows, columns)
            yield Tile(
                crop=tuple(slice(low, high) for _, _, low, high in axes),
                inside={
                    layer: tuple(
                        slice((begin - low) // s, end and (end - low) // s)
                        for begin, end, low, _ in axes
                    )
                    for layer, (_, s) in fields.items()
                },
                place={
                    layer: tuple(slice(begin // s, end and end // s) for begin, end, _, _ in axes)
                    for layer, (_, s) in fields.items()
                },
            )


def _intervals(
    length: int, side: int, stride: int, halo: int
) -> Iterator[tuple[int, int | None, int, int | None]]:
    """(begin, end) without and (low, high) with the halo; None is the end of the picture.

    That end stays open, because the sides of a picture need not be multiples of the stride.
    """
    units = -(-length // stride)
    count = -(-units // (side // stride))
    cuts = [units * i // count * stride for i in range(count)]
    for begin, end in zip(cuts, [*cuts[1:], None], strict=True):
        high = end + halo if end is not None and end + halo < length else None
        yield begin, end, max(begin - halo, 0), high


@torch.no_grad()
def tiled_features(
    vgg: VGG19, image: Tensor, layers: Collection[str], *, side: int | None
) -> dict[str, Tensor]:
    """Return `vgg(image, layers)` without a gradient, put together from tiles.

    Args:
        vgg: The network.
        image: (1, 3, H, W) in [0, 1].
        layers: Names of layers.
        side: The largest side of a tile in pixels, as in `tiles`; None is the whole picture at once.

    Returns:
        {layer: (1, C, H', W')}.
    """
    if side is None:
        return vgg(image, layers)
    whole: dict[str, Tensor] = {}
    height, width = image.shape[2:]
    for tile in tiles(height, width, layers, side=side):
        for layer, features in _features(vgg, image[..., *tile.crop], tile, layers).items():
            if layer not in whole:
                _, stride = receptive_field(layer)
                shape = (*features.shape[:2], height // stride, width // stride)
                whole[layer] = features.new_empty(shape)
            whole[layer][..., *tile.place[layer]] = features
    return whole


def tiled_statistics(
    vgg: VGG19,
    image: Tensor,
    gram_keys: Collection[str],
    targets: Mapping[str, Tensor],
    *,
    masks: Mapping[str, Tensor] | None = None,
    side: int,
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return the Gram matrices of a picture and its squared distances to targets, from tiles.

    Gradients flow to the image; the tiles' features are computed again on the way back.

    Args:
        vgg: The network.
        image: (1, 3, H, W) in [0, 1].
        gram_keys: The Gram matrices that are wanted: LAYER, or LAYER/REGION for several of one layer.
        targets: {layer: P}, the features of the content, (1, C, H', W').
        masks: {key: mask of that Gram matrix, (1, 1, H', W')}; a key without one counts every position.
        side: The largest side of a tile in pixels, as in `tiles`.

    Returns:
        {key: (1, C, C)} as from `gram_matrix`, and {layer: Σ (F - P)²}, scalars.
    """
    masks = masks or {}
    layers = [*dict.fromkeys([*map(layer_of, gram_keys), *targets])]

    def sums(crop: Tensor, tile: Tile) -> list[Tensor]:
        features = _features(vgg, crop, tile, layers)
        grams = []
        for key in gram_keys:
            flat = features[layer_of(key)].flatten(2)
            cut = masks[key][..., *tile.place[layer_of(key)]].flatten(2) if key in masks else None
            grams.append((flat if cut is None else cut * flat) @ flat.mT)
        aims = [target[..., *tile.place[layer]] for layer, target in targets.items()]
        distances = [
            (features[layer] - aim).square().sum() for layer, aim in zip(targets, aims, strict=True)
        ]
        return grams + distances

    height, width = image.shape[2:]
    parts = [
        checkpoint(
            sums, image[..., *tile.crop], tile, use_reentrant=False, preserve_rng_state=False
        )
        for tile in tiles(height, width, layers, side=side)
    ]
    totals = [sum(pieces) for pieces in zip(*parts, strict=True)]
    count = len(gram_keys)
    grams = {
        key: total / (masks[key].sum() if key in masks else positions(key, height, width))
        for key, total in zip(gram_keys, totals[:count], strict=True)
    }
    return grams, dict(zip(targets, totals[count:], strict=True))


@torch.no_grad()
def tiled_grams(
    vgg: VGG19,
    image: Tensor,
    layers: Collection[str],
    *,
    mask: Tensor | None = None,
    side: int | None,
) -> dict[str, Tensor]:
    """Return the Gram matrices of a picture without a gradient, from tiles.

    Args:
        vgg: The network.
        image: (1, 3, H, W) in [0, 1].
        layers: Names of layers.
        mask: The region that counts, (1, 1, H, W) of the size of the picture; None is all of it.
        side: The largest side of a tile in pixels, as in `tiles`; None is the whole picture at once.

    Returns:
        {layer: (1, C, C)}, as `gram_matrix` gives them.
    """
    masks = {} if mask is None else {layer: layer_mask(mask, layer) for layer in layers}
    if side is None:
        found = vgg(image, layers)
        return {layer: gram_matrix(features, masks.get(layer)) for layer, features in found.items()}
    return tiled_statistics(vgg, image, layers, {}, masks=masks, side=side)[0]


def tiled_losses(
    vgg: VGG19,
    image: Tensor,
    targets: Mapping[str, Tensor],
    grams: Mapping[str, Tensor],
    *,
    masks: Mapping[str, Tensor] | None = None,
    convention: str = "relative",
    side: int,
) -> dict[str, Tensor]:
    """Return the content and style losses of a picture, from tiles.

    Args:
        vgg: The network.
        image: (1, 3, H, W) in [0, 1].
        targets: {layer: features of the content picture, (1, C, H', W')}.
        grams: {key: Gram matrix of a style picture, (1, C, C)}; a key is LAYER or LAYER/REGION.
        masks: {key: where in the image it is asked for, (1, 1, H', W')}; everywhere without one.
        convention: One of `losses.CONVENTIONS`.
        side: The largest side of a tile in pixels, as in `tiles`.

    Returns:
        {"content/LAYER": `content_loss`, "style/KEY": `style_loss`}, scalars.
    """
    masks = masks or {}
    made, distances = tiled_statistics(vgg, image, list(grams), targets, masks=masks, side=side)
    content = {
        f"content/{layer}": content_error(distances[layer], target, convention=convention)
        for layer, target in targets.items()
    }
    height, width = image.shape[2:]
    style = {
        f"style/{key}": style_error(
            made[key],
            target,
            positions=masks[key].sum() if key in masks else positions(key, height, width),
            convention=convention,
        )
        for key, target in grams.items()
    }
    return content | style


def layer_of(key: str) -> str:
    """Return the layer of a Gram matrix or a style loss: "relu1_1" of "relu1_1" and of "relu1_1/2"."""
    return key.partition("/")[0]


def positions(key: str, height: int, width: int) -> int:
    """Return how many positions (M in the paper) a layer has on a picture of height x width pixels."""
    _, stride = receptive_field(layer_of(key))
    return (height // stride) * (width // stride)


def _features(vgg: VGG19, crop: Tensor, tile: Tile, layers: Collection[str]) -> dict[str, Tensor]:
    features = vgg(crop, layers)
    return {layer: features[layer][..., *tile.inside[layer]] for layer in layers}
