"""What every channel responds to in real pictures: its strongest places, and the channels beside it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nstlib.images import PHOTOS, photo, resize
from nstlib.losses import gram_matrix
from nstlib.paintings import PAINTINGS, painting
from nstlib.paintings.canvases import canvas
from nstlib.vgg import VGG19, receptive_field

KINDS = ("photo", "painting", "canvas")
FIRST_CANVAS = 10_000  # the network has learned on the canvases below 2,000


@dataclass(frozen=True)
class Source:
    """A picture to look at.

    Attributes:
        kind: One of `KINDS`.
        name: As `load_image` or the shell take it, such as "cat" or "night:2"; of a canvas its seed.
        image: (1, 3, H, W) in [0, 1].
    """

    kind: str
    name: str
    image: Tensor


@dataclass(frozen=True)
class Survey:
    """How strongly the channels of one layer responded to a row of pictures.

    Attributes:
        peaks: The largest value of each map, (pictures, C).
        places: Row and column of that value in the map, (pictures, C, 2). Where a map is large enough,
            only places count whose receptive field lies inside the picture.
        gram: The mean of all Gram matrices, each scaled to length 1, (C, C).
    """

    peaks: np.ndarray
    places: np.ndarray
    gram: np.ndarray


def sources(*, size: int = 256, seeds: int = 3, canvases: int = 96) -> list[Source]:
    """Return photos, paintings and canvases to look at, none of which was drawn for the training.

    (The network has seen crops of the sample photos, and other seeds of eight of the paintings.)

    Args:
        size: The side of paintings and canvases in pixels, and the shorter one of photos.
        seeds: How many of each painting.
        canvases: How many canvases.
    """
    found = []
    for name in PHOTOS:
        image = photo(name)
        scale = size / min(image.shape[2:])
        height, width = (round(scale * side) for side in image.shape[2:])
        found.append(Source("photo", name, resize(image, (height, width))))
    for name in PAINTINGS:
        for seed in range(seeds):
            shown = name if seed == 0 else f"{name}:{seed}"
            found.append(Source("painting", shown, painting(name, size=size, seed=seed)))
    for seed in range(FIRST_CANVAS, FIRST_CANVAS + canvases):
        pixels = torch.from_numpy(canvas(seed, size=size)).permute(2, 0, 1)[None]
        found.append(Source("canvas", str(seed), pixels.float() / 255))
    return found


@torch.no_grad()
def survey(vgg: VGG19, images: Iterable[Tensor], layers: Sequence[str]) -> dict[str, Survey]:
    """Return how strongly all channels of some layers respond to pictures.

    Args:
        vgg: The network.
        images: Pictures (1, 3, H, W) in [0, 1].
        layers: Names of layers.
    """
    peaks: dict[str, list] = {layer: [] for layer in layers}
    places: dict[str, list] = {layer: [] for layer in layers}
    grams: dict[str, list] = {layer: [] for layer in layers}
    for image in images:
        for layer, features in vgg(image.to(vgg.device), layers).items():
            maps = features[0].cpu()
            value, place = _strongest(maps, [_margin(layer, side) for side in maps.shape[1:]])
            peaks[layer].append(value)
            places[layer].append(place)
            gram = gram_matrix(maps[None])[0]
            grams[layer].append(gram / gram.norm().clamp_min(1e-20))
    return {
        layer: Survey(
            np.stack(peaks[layer]),
            np.stack(places[layer]),
            torch.stack(grams[layer]).mean(0).numpy(),
        )
        for layer in layers
    }


def _margin(layer: str, positions: int) -> int:
    """How many positions at either end of a map see beyond the picture; 0 if all of them do."""
    size, stride = receptive_field(layer)
    margin = max(0, -(-(size - stride) // (2 * stride)))
    return margin if 2 * margin < positions else 0


def _strongest(maps: Tensor, margins: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Of maps (C, H, W) the largest values (C,) and where they are, (C, 2)."""
    (height, width), (top, left) = maps.shape[1:], margins
    inner = maps[:, top : height - top, left : width - left]
    values, places = inner.flatten(1).max(dim=1)
    rows, columns = places // inner.shape[2] + top, places % inner.shape[2] + left
    return values.numpy(), torch.stack([rows, columns], dim=1).numpy()


def strongest(seen: Survey, channel: int, among: Sequence[int], count: int) -> list[int]:
    """Return the pictures that a channel responds to most, at most `count`, the strongest first.

    Args:
        seen: The survey of its layer.
        channel: Counted from 0.
        among: The numbers of the pictures to choose from.
        count: How many. Pictures that leave the channel at 0 do not count.
    """
    values = seen.peaks[list(among), channel]
    order = np.argsort(-values, kind="stable")[:count]
    return [among[place] for place in order if values[place] > 0]


def partners(
    seen: Survey, channel: int, count: int
) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
    """Return the channels that are most, and those that are least, active together with one.

    Args:
        seen: The survey of their layer.
        channel: Counted from 0.
        count: How many of each.

    Returns:
        Two lists of (channel, correlation), where the correlation is G_ij / √(G_ii G_jj) of the mean
        Gram matrix, from 0 to 1. Channels that stay at 0 are left out.
    """
    strength = np.sqrt(np.diag(seen.gram))
    if strength[channel] == 0:
        return [], []
    with np.errstate(divide="ignore", invalid="ignore"):
        likeness = seen.gram[channel] / (strength * strength[channel])
    others = [int(k) for k in np.argsort(-likeness, kind="stable")]
    # A channel that hardly ever responds is seldom active together with any other, so it is left out.
    floor = 0.1 * np.median(strength[strength > 0])
    others = [k for k in others if k != channel and strength[k] > floor]
    pairs = [(k, float(likeness[k])) for k in others]
    return pairs[:count], pairs[::-1][:count]


def window(layer: str, place: Sequence[int]) -> tuple[int, int, int]:
    """Return left, top and side of the receptive field of one feature, in pixels.

    Args:
        layer: Its layer.
        place: Its row and column in the map.
    """
    size, stride = receptive_field(layer)
    row, column = (int(n) * stride + (stride - size) // 2 for n in place)
    return column, row, size


def numbers_of(pictures: Sequence[Source]) -> Mapping[str, list[int]]:
    """Return the numbers of the pictures of each kind, {kind: numbers}."""
    return {kind: [k for k, one in enumerate(pictures) if one.kind == kind] for kind in KINDS}
