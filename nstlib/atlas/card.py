"""The card of one channel as a figure, computed for any network."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from nstlib.atlas.painted import maximize
from nstlib.atlas.survey import partners, strongest, survey, window
from nstlib.images import to_pil
from nstlib.vgg import VGG19

CROPS = 4
SMALLEST = 24  # pixels; a smaller field is shown with its surroundings


def channel_card(
    vgg: VGG19,
    layer: str,
    channel: int,
    images: Mapping[str, Tensor],
    *,
    side: int = 96,
    steps: int = 40,
    inches: float = 1.9,
) -> Figure:
    """Draw what a channel responds to: the picture painted for it, and its strongest places.

    Args:
        vgg: The network.
        layer: A ReLU, such as "relu3_1".
        channel: Counted from 0.
        images: {name: picture (1, 3, H, W) in [0, 1]}; the four with the strongest response are
            shown, each cut out around the strongest place. A white frame marks what one feature sees,
            where it is smaller than the crop.
        side, steps: As in `maximize`.
        inches: The width of each picture.

    Returns:
        A figure of matplotlib. Its title names the channels that are most often active together with it.

    Raises:
        ValueError: For a layer that is no ReLU, a channel that it does not have, or no images.
    """
    if not images:
        raise ValueError("A card needs images to look at: give at least one.")
    painted = maximize(vgg, layer, channel, side=side, steps=steps)
    seen = survey(vgg, images.values(), [layer])[layer]
    best = strongest(seen, channel, range(len(images)), CROPS)
    together, _ = partners(seen, channel, 3)
    figure = Figure(figsize=(inches * (1 + CROPS), inches + 0.7), layout="constrained")
    first, *axes = figure.subplots(1, 1 + CROPS)
    first.imshow(to_pil(painted))
    first.set_title("painted for it", fontsize=9)
    for axis, number in zip(axes, best, strict=False):
        name = list(images)[number]
        _draw_crop(axis, images[name], layer, seen.places[number, channel])
        axis.set_title(f"{name}: {seen.peaks[number, channel]:.1f}", fontsize=9)
    for axis in (first, *axes):
        axis.axis("off")
    names = ", ".join(str(k) for k, _ in together) or "none"
    figure.suptitle(f"{layer}, channel {channel}; active together with {names}", fontsize=10)
    return figure


def _draw_crop(axis: Axes, image: Tensor, layer: str, place: np.ndarray) -> None:
    left, top, side = window(layer, place)
    axis.imshow(to_pil(image))
    edge = max(0, (SMALLEST - side) / 2)
    axis.set_xlim(left - edge - 0.5, left + side + edge - 0.5)
    axis.set_ylim(top + side + edge - 0.5, top - edge - 0.5)
    if side < SMALLEST:
        axis.add_patch(Rectangle((left - 0.5, top - 0.5), side, side, fill=False, color="white"))
