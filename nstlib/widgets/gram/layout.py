"""The two halves of the Gram explorer, the matrix and an entry with its maps, and the controls."""

from collections.abc import Sequence

import ipywidgets as widgets
import numpy as np
from torch import Tensor

from nstlib.widgets.app import button, named
from nstlib.widgets.gram import pictures
from nstlib.widgets.gram.matrices import SCALES
from nstlib.widgets.gram.subject import TESTS
from nstlib.widgets.gram.view import APART, STRONGEST, TOGETHER
from nstlib.widgets.picture import Picture

NONE, GIVEN = "none", "your second picture"
SQUARES_UP_TO = 256  # channels; if there are more channels than pixels, squares would hide some
CAPTION = (
    "font-size:12px;line-height:17px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis"
)


def choice(
    text: str, options: Sequence[str], name: str, tooltips: Sequence[str]
) -> widgets.ToggleButtons:
    """Make a row of buttons of which one is pressed.

    Args:
        text: What stands before them.
        options: What stands on them.
        name: It gets the class `nst-NAME`.
        tooltips: One for each button.
    """
    buttons = widgets.ToggleButtons(
        options=list(options), description=text, tooltips=list(tooltips), layout={"width": "auto"}
    )
    buttons.layout.margin = "2px 12px 2px 2px"
    buttons.style.button_width = "auto"
    buttons.add_class("widget-inline-hbox")  # puts the description beside the buttons, not above
    buttons.style.description_width = "initial"
    return named(buttons, name, f"{text}: {', '.join(options)}")


class Matrix(widgets.GridBox):
    """A heat map whose entries can be picked, with its axes and a color bar."""

    def __init__(self):
        bare = {"margin": "0"}
        self.caption = widgets.HTML(layout={**bare, "grid_area": "1 / 2 / 2 / 4"})
        self.upright, self.level, self.bar = (widgets.HTML(layout=bare) for _ in range(3))
        self.picture = named(
            Picture(width="100%", cross=True, blocks=True, layout=bare),
            "gram-matrix",
            "Click an entry, drag over a block to zoom in, or move with the arrow keys",
        )
        self.picture.hint = "Pick an entry with the arrow keys, faster with Shift."
        corner = widgets.HTML(layout=bare)
        super().__init__(
            [corner, self.caption, self.upright, self.picture, self.bar, corner, self.level],
            layout={
                "grid_template_columns": "44px minmax(0, 1fr) 76px",
                "grid_template_rows": "20px auto 34px",
                "overflow": "hidden",
            },
        )

    def show(
        self,
        values: np.ndarray,
        *,
        scale: str,
        limit: float,
        signed: bool,
        rows: np.ndarray,
        columns: np.ndarray,
        title: str,
        alt: str,
        ends: str = "",
    ) -> None:
        """Draw a matrix, or a block of one.

        Args:
            values: The entries, (rows, columns).
            scale: One of `SCALES`.
            limit: The value that gets the last color.
            signed: Whether the colors go down to -limit, or only to 0.
            rows, columns: The channels of the rows and of the columns.
            title: What stands above it.
            alt: What the picture shows, in a sentence.
            ends: Two letters for the two ends of the color bar, or "".

        Raises:
            ValueError: For an unknown scale.
        """
        if scale not in SCALES:
            raise ValueError(f"A scale is one of {', '.join(SCALES)}, not {scale!r}.")
        shades = pictures.shade(values, scale, limit)
        with self.picture.hold_sync():
            self.picture.image = pictures.palette_png(shades, signed=signed)
            self.picture.rows, self.picture.columns = values.shape
            self.picture.row_names = [f"i = {channel}" for channel in rows]
            self.picture.column_names = [f"j = {channel}" for channel in columns]
            self.picture.pixelated = max(values.shape) <= SQUARES_UP_TO
            self.picture.alt = alt
            self.picture.block = []
        self.caption.value = f'<div style="{CAPTION}"><b>{title}</b></div>'
        self.upright.value = pictures.axis(rows, "channel i", upright=True)
        self.level.value = pictures.axis(columns, "channel j", upright=False)
        self.bar.value = pictures.color_bar(scale, limit, signed=signed, ends=ends)


class Entry(widgets.GridBox):
    """Where an entry comes from: map i times map j is a product, and its mean is the entry.

    There is a row for each of one or two pictures.

    Attributes:
        rows: Those two rows.
        sentence: What the entry means, in words.
        more: Further text below it.
    """

    def __init__(self):
        self.rows = [_Row("a"), _Row("b")]
        self.sentence = widgets.HTML().add_class("nst-gram-sentence")
        self.more = widgets.HTML().add_class("nst-gram-more")
        self._text = widgets.VBox(
            [self.sentence, self.more], layout={"margin": "0", "align_self": "flex-start"}
        )
        super().__init__(layout={"width": "100%", "align_items": "center", "grid_gap": "4px 0px"})

    def show(self, entries: Sequence[tuple[str, Tensor, np.ndarray, int, int]]) -> None:
        """Draw one entry for one or two pictures.

        Args:
            entries: For each picture (letter, image, maps, i, j): "A" or "B", the picture (1, 3, H, W),
                all maps of the layer (N, H', W'), and the two channels.
        """
        two = len(entries) == 2
        # i, j and their product; both pictures have the same brightness, so that they can be compared.
        maps = [(maps[i], maps[j], maps[i] * maps[j]) for _, _, maps, i, j in entries]
        brights = [pictures.bright_products(map_i, map_j) for map_i, map_j, _ in maps]
        limits = [max(column) for column in zip(*brights, strict=True)]
        for row, (letter, image, _, i, j), values in zip(self.rows, entries, maps, strict=False):
            row.show(letter if two else "", image, values, (i, j), limits)
        tile, sign = "minmax(0, 1fr)", "20px"
        if two:
            children = [part for row in self.rows for part in (row.where, row.colon, *row.product)]
            area = "3 / 1 / 4 / 8"
        else:
            children = [*self.rows[0].product, self.rows[0].where]
            area = "2 / 2 / 3 / 6"
        columns = f"{tile} {sign} " * (2 + two) + tile
        if columns != self.layout.grid_template_columns:
            self.layout.grid_template_columns = columns
            self._text.layout.grid_area = area
            self._text.layout.padding = "0" if two else "0 0 0 20px"
            self.children = [*children, self._text]


class _Row:
    """An entry for one picture: map i, map j, their product, and where in the picture it is large."""

    def __init__(self, name: str):
        self.captions = [widgets.HTML(layout={"margin": "0"}) for _ in range(4)]
        self.pictures = [Picture(width="100%", layout={"margin": "0"}) for _ in range(4)]
        tiles = [
            widgets.VBox([caption, picture], layout={"margin": "0", "overflow": "hidden"})
            for caption, picture in zip(self.captions, self.pictures, strict=True)
        ]
        kinds = ("map-i", "map-j", "product", "where")
        for tile, kind in zip(self.pictures, kinds, strict=True):
            tile.add_class(f"nst-gram-{kind}").add_class(f"nst-gram-{kind}-{name}")
        times, equals, self.colon = (_sign(sign) for sign in ("×", "=", ""))
        self.product = (tiles[0], times, tiles[1], equals, tiles[2])
        self.where = tiles[3]

    def show(
        self,
        letter: str,
        image: Tensor,
        maps: Sequence[np.ndarray],
        pair: tuple[int, int],
        limits: Sequence[float],
    ) -> None:
        """Draw map i, map j and their product, each (H', W'), and the product on the picture.

        letter: that of the picture if there are two, or "". limits: the brightest value of each map.
        """
        mean = pictures.number(float(maps[2].mean()))
        captions = [
            f"map {pair[0]}",
            f"map {pair[1]}",
            f"product, mean {mean}",
            "where it is large",
        ]
        if letter:
            captions[2:] = f"mean {mean}", "where"
            captions = [f"{letter}: {caption}" for caption in captions]
        for place, (values, limit) in enumerate(zip(maps, limits, strict=True)):
            self._set(place, captions[place], pictures.map_png(values, limit), squares=True)
        lit = pictures.spotlight(image, maps[2], limits[2])
        self._set(3, captions[3], lit, squares=False)

    def _set(self, place: int, caption: str, image: bytes, *, squares: bool) -> None:
        self.captions[place].value = f'<div style="{CAPTION}">{caption}</div>'
        with self.pictures[place].hold_sync():
            self.pictures[place].image = image
            self.pictures[place].pixelated = squares
            what = "Feature map or product" if squares else "The picture, gray elsewhere"
            self.pictures[place].alt = f"{what}: {caption}."


def _sign(text: str) -> widgets.HTML:
    style = "font-size:18px;text-align:center;width:20px;padding-top:14px"
    return widgets.HTML(f'<div style="{style}">{text}</div>', layout={"margin": "0"})


def add_controls(app, layers: Sequence[str], layer: str, others: Sequence[str]) -> None:
    """Give a Gram explorer its controls, as attributes.

    Args:
        app: The explorer.
        layers: Those to choose from.
        layer: The first one.
        others: The names of pictures to compare to.
    """
    app.layer = named(
        widgets.SelectionSlider(
            options=list(layers), value=layer, description="Layer", continuous_update=False
        ),
        "gram-layer",
        "The layer whose Gram matrix is shown: shallow ones on the left, deep ones on the right",
    )
    app.layer.style.description_width = "40px"
    app.layer.layout.width = "290px"
    tips = [
        "Logarithmic, so that small entries can be seen too",
        "The entries as they are",
        "The entries divided by the strength of both channels, from -1 to 1",
    ]
    app.scale = choice("Scale", SCALES, "gram-scale", tips)
    tips = ["The order of the network", "Channels that are active together in A are neighbors"]
    app.order = choice("Order", ("original", "clustered"), "gram-order", tips)
    app.other = _dropdown("Compare to", others, "gram-other", "A second picture, B")
    tips = ["The picture", "The picture it is compared to", "What A has more of, and what B has"]
    app.letters = choice("Show", ("A", "B", "A − B"), "gram-view", tips)
    app.matrix = Matrix()
    app.zoom = button("Zoom in", "gram-zoom", "Show half as many channels around the picked entry")
    app.whole = button("Whole matrix", "gram-whole", "Show all entries")
    app.i, app.j = (_channel(name, text) for name, text in (("i", "Entry i"), ("j", "j")))
    tip = "Which pairs the two buttons beside it show, one after the other"
    app.route = _dropdown("Pairs", (TOGETHER, STRONGEST, APART), "gram-route", tip)
    app.back = button("◀", "gram-back", "The pair before this one")
    app.next = button("next ▶", "gram-next", "The next pair")
    app.entry = Entry()
    app.atlas = widgets.HTML().add_class("nst-gram-atlas")
    tips = [
        "The maps of the picture",
        "Put the positions of all maps in the same random order",
        "Turn each map by a quarter",
        "Turn the picture by a quarter, and let the network look again",
    ]
    app.test = choice("Try", TESTS, "gram-test", tips)


def lay_out(app) -> None:
    """Arrange the controls of a Gram explorer: a row above, the matrix left, the entry right."""
    row = {"flex_flow": "row wrap", "align_items": "center"}
    top = widgets.HBox([app.layer, app.scale, app.order], layout=row)
    zoom = widgets.HBox([app.zoom, app.whole], layout=row)
    compare = widgets.HBox([app.other, app.letters], layout=row)
    left = widgets.VBox(
        [app.matrix, zoom, compare], layout={"flex": "1 1 330px", "max_width": "480px"}
    )
    pair = widgets.HBox([app.i, app.j, app.route, app.back, app.next], layout=row)
    right = widgets.VBox(
        [pair, app.entry, app.test, app.atlas], layout={"flex": "1 1 440px", "max_width": "640px"}
    )
    app.fill(top, widgets.HBox([left, right], layout={"flex_flow": "row wrap"}))


def _dropdown(text: str, options: Sequence[str], name: str, tooltip: str) -> widgets.Dropdown:
    menu = widgets.Dropdown(options=list(options), description=text, layout={"width": "auto"})
    menu.style.description_width = "initial"
    return named(menu, name, tooltip)


def _channel(name: str, text: str) -> widgets.BoundedIntText:
    field = widgets.BoundedIntText(description=text, continuous_update=False)
    field.style.description_width = "initial"
    field.layout.width = f"{62 + 6 * len(text)}px"
    return named(field, f"gram-{name}", f"Channel {name} of the entry, counted from 0")
