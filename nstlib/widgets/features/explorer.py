"""The feature explorer: how every channel of every layer responds to a picture, and where it looks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import ipywidgets as widgets
import numpy as np
import torch
from torch import Tensor

from nstlib.atlas import bundled
from nstlib.vgg import VGG19, load_vgg19, receptive_field
from nstlib.widgets import maps
from nstlib.widgets.app import App
from nstlib.widgets.drawing import jpeg, png
from nstlib.widgets.features import words
from nstlib.widgets.features.diagram import network_drawing
from nstlib.widgets.features.page import GRID, TILE, FeaturePage
from nstlib.widgets.picture import Picture


def feature_explorer(
    image: Tensor, *, vgg: VGG19 | None = None, layer: str = "relu3_1", size: int = 256
) -> App:
    """Make an app that shows the feature maps of a picture, and what each position sees of it.

    The features of all layers are computed once and kept. At 256 pixels they take about 20 MB for the
    compact network, and 80 MB for that of the paper.

    Args:
        image: (1, 3, H, W) in [0, 1].
        vgg: The network; None is `load_vgg19()`.
        layer: The first one to show; a conv layer shows the features before the ReLU.
        size: The image is shrunk to this longer side in pixels, and cropped to multiples of 16, so that
            the positions of every layer lie on it exactly.

    Raises:
        ValueError: For a bad image, size or layer.
    """
    # Everything that may fail comes before the app, because a half-made widget cannot be closed.
    vgg = load_vgg19() if vgg is None else vgg
    relus = [name for name in vgg.layers if name.startswith("relu")]
    first = layer.replace("conv", "relu")
    if first not in relus:
        raise ValueError(f"layer is one of {', '.join(relus)}, not {layer!r}.")
    image = maps.fitted(image, size, multiple=receptive_field(relus[-1])[1])
    with torch.no_grad():
        features = vgg(image.to(vgg.device), [name.replace("relu", "conv") for name in relus])
    arrays = [feature[0].to("cpu", torch.float32).numpy() for feature in features.values()]
    return FeatureExplorer(
        image,
        dict(zip(relus, arrays, strict=True)),
        layer=first,
        before=layer != first,
        in_atlas=bundled.is_of(vgg),
    )


class FeatureExplorer(FeaturePage):
    """The app of `feature_explorer`, with its controls as attributes.

    Args:
        image: (1, 3, H, W) in [0, 1].
        features: {relu layer: (C, H', W')}, the values before the ReLU.
        layer: The first one to show, a relu layer.
        before: Whether to show it before the ReLU.
        in_atlas: Whether the bundled atlas is about this network.
    """

    def __init__(
        self,
        image: Tensor,
        features: dict[str, np.ndarray],
        *,
        layer: str,
        before: bool,
        in_atlas: bool = False,
    ):
        self._image, self._features, self._in_atlas = image, features, in_atlas
        self._shapes = {name: values.shape for name, values in features.items()}
        super().__init__(image, list(features), layer=layer, before=before)
        self._setting = False  # whether the app itself is changing the controls
        self._shown = ""  # the layer
        self._center = tuple(side / 2 for side in self._image.shape[2:])  # of the place, in pixels
        self._show_layer()
        self._pick_place(*self._strongest())
        self._listen()
        self.say(
            "Pick a place in the picture or in the map; the frame shows what the network sees there."
        )

    def _listen(self) -> None:
        self._when(self.layer, "value", self._show_layer)
        self._when(self.before, "value", self._show_layer)
        self._when(self.channel, "value", self._show_channel)
        self._when(self.smooth, "value", self._show_channel)
        self._when(self.grid, "cell", self._pick_channel)
        for number in (self.x, self.y):
            self._when(number, "value", lambda: self._pick_place(self.y.value, self.x.value))
        for picture in (self.picture, self.map):
            self._when(picture, "cell", partial(self._pick_cell, picture))
        self.more.on_click(self.safely(lambda button: self._move_in_order(-1)))
        self.less.on_click(self.safely(lambda button: self._move_in_order(1)))
        self.strongest.on_click(self.safely(lambda button: self._pick_place(*self._strongest())))

    def _when(self, control: widgets.Widget, trait: str, action: Callable[[], None]) -> None:
        """Call `action` when the user, and not the app itself, changes a control."""
        guarded = self.safely(action)
        control.observe(lambda change: None if self._setting else guarded(), trait)

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        before, self._setting = self._setting, True
        try:
            yield
        finally:
            self._setting = before

    def _show_layer(self) -> None:
        layer = self.layer.value
        stride = receptive_field(layer)[1]
        features = self._features[layer]
        self._maps = features if self.before.value else features.clip(min=0)
        self._order = [int(channel) for channel in maps.by_strength(self._maps)]
        channels, height, width = features.shape
        best = self._order[: GRID * GRID]
        means = maps.strength(self._maps)
        with self._quietly():
            self.network.value = network_drawing(layer, self._shapes)
            self.channel.max = channels - 1
            if self._shown != layer:
                self.channel.value = best[0]
            self._shown = layer
            for control, count in ((self.x, width), (self.y, height)):
                control.max = count - 1
            for picture in (self.picture, self.map):
                picture.rows, picture.columns = height, width
                picture.row_names = [f"y {row}" for row in range(height)]
                picture.column_names = [f"x {column}" for column in range(width)]
            self.grid.image = jpeg(maps.mosaic(self._maps, best, columns=GRID, side=TILE))
            self.grid.rows = -(-len(best) // GRID)
            self.grid.names = [f"channel {c}, mean {means[c]:.2g}" for c in best]
            self.grid.alt = f"The maps of the {len(best)} most active channels of {self._name()}."
        self.about_layer.value = _lines(
            f"<b>The {len(best)} most active</b>, each over its own range. "
            + words.of_layer(layer, features.shape, maps.silent(features.clip(min=0)))
        )
        self._show_channel()
        # When the layer changes, the place in the picture stays, and only the frame grows or shrinks.
        self._show_place(int(self._center[0] // stride), int(self._center[1] // stride))

    def _show_channel(self) -> None:
        channel, stride = self.channel.value, receptive_field(self.layer.value)[1]
        values = self._maps[channel]
        rank = self._order.index(channel)
        over = maps.overlay(values)
        if not self.smooth.value:
            over = over.repeat(stride, 0).repeat(stride, 1)
        with self._quietly(), self.map.hold_sync(), self.picture.hold_sync():
            self.map.image, self.map.pixelated = png(maps.map_pixels(values)), not self.smooth.value
            self.map.alt = f"The map of channel {channel} of {self._name()}."
            self.picture.over = png(over)
            self.grid.cell = list(divmod(rank, GRID)) if rank < GRID * GRID else []
        self.more.disabled, self.less.disabled = rank == 0, rank == len(self._order) - 1
        self.about_channel.value = _lines(
            f"<b>Channel {channel}</b> {words.of_channel(values, rank, len(self._order))}"
        )
        if self._in_atlas:
            self.atlas.value = bundled.card_html(self.layer.value, channel, shown=4)
        self._say_place()

    def _pick_channel(self) -> None:
        if not self.grid.cell:
            return
        row, column = self.grid.cell
        place = min(GRID * row + column, len(self._order) - 1)
        self._choose(self._order[place])

    def _move_in_order(self, by: int) -> None:
        place = self._order.index(self.channel.value) + by
        self._choose(self._order[min(max(place, 0), len(self._order) - 1)])

    def _choose(self, channel: int) -> None:
        with self._quietly():
            self.channel.value = channel
        self._show_channel()

    def _strongest(self) -> tuple[int, int]:
        values = np.abs(self._maps[self.channel.value])
        row, column = np.unravel_index(values.argmax(), values.shape)
        return int(row), int(column)

    def _pick_cell(self, picture: Picture) -> None:
        if picture.cell:
            self._pick_place(*picture.cell)

    def _pick_place(self, row: int, column: int) -> None:
        stride = receptive_field(self.layer.value)[1]
        self._center = (row + 0.5) * stride, (column + 0.5) * stride
        self._show_place(row, column)

    def _show_place(self, row: int, column: int) -> None:
        height, width = self._image.shape[2:]
        left, top, right, bottom = maps.field(self.layer.value, row, column, height, width)
        with self._quietly(), self.picture.hold_sync():
            self.y.value, self.x.value = row, column
            self.picture.cell = self.map.cell = [row, column]
            self.picture.boxes = [[left / width, top / height, right / width, bottom / height]]
        self._say_place()

    def _say_place(self) -> None:
        row, column = self.y.value, self.x.value
        channel, size = self.channel.value, tuple(self._image.shape[2:])
        said = words.of_place(self._name(), channel, self._maps[channel], (row, column), size)
        self.about_place.value = _lines(f'<span aria-live="polite">{said}</span>')
        self.picture.alt = f"The picture, with a frame around the field at x {column}, y {row}."

    def _name(self) -> str:
        return self.layer.value.replace("relu", "conv") if self.before.value else self.layer.value

    def close(self) -> None:
        """Remove the app, and free the memory of the features."""
        self._features = {}
        super().close()


def _lines(markup: str) -> str:
    """Text as HTML, with less space between its lines than a notebook has."""
    return f'<div style="line-height: 1.35; padding-top: 4px">{markup}</div>'
