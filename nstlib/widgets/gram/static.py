"""The Gram explorer for pages without a kernel: all pictures are made in advance.

Two sliders are linked to stacks of HTML in the browser (`jslink`). No Python is needed then, so it works
in the pages of `jupyter nbconvert --to html` too. Its only widgets are those of ipywidgets.
"""

import base64
import html
from collections.abc import Sequence
from io import BytesIO

import ipywidgets as widgets
import numpy as np
from PIL import Image
from torch import Tensor

from nstlib.images import load_image, resize, to_pil
from nstlib.style_transfer import STYLE_LAYERS
from nstlib.vgg import VGG19, load_vgg19
from nstlib.widgets.app import named
from nstlib.widgets.gram import matrices, pictures
from nstlib.widgets.gram.subject import Subject, look, matrix
from nstlib.widgets.gram.words import entry_words

SIDE, TILE = 260, 128  # pixels on the page: of the matrix, and of a map
STORED = 88  # pixels; larger maps are reduced to it, because the page holds more than a hundred
EXACT = 48  # up to this many pixels a map is stored without loss and shown as squares
LEVELS = 32  # colors of a map stored without loss; more would not be seen here
BEGIN = "relu3_1"

# Once for the page, and not in each of its thirty entries.
CSS = f"""<style>
.nst-sg {{ display: flex; flex-wrap: wrap; gap: 0 16px; line-height: 1.35;
  padding-right: 32px; }}
.nst-sg-left {{ display: grid; grid-template: 20px {SIDE}px 34px / 42px {SIDE}px 66px;
  font-size: 12px; line-height: 17px; }}
.nst-sg-marks {{ position: relative; }}
.nst-sg-marks * {{ position: absolute; box-sizing: border-box; border: 1px solid #fff9; }}
.nst-sg-marks b {{ box-sizing: content-box; border: 2px solid #00e5ff; margin: -2px; }}
.nst-sg img {{ display: block; width: {TILE}px; }}
.nst-sg-left img {{ display: block; width: {SIDE}px; }}
.nst-sg-row {{ display: flex; margin-bottom: 6px; }}
.nst-sg-row div {{ font-size: 12px; line-height: 17px; width: {TILE}px; white-space: nowrap; }}
.nst-sg-row i {{ width: 20px; font: 18px sans-serif; text-align: center; align-self: center; }}
.nst-sg-row p {{ margin: 17px 0 0 20px; width: {2 * TILE + 20}px; }}
.nst-sg-exact {{ image-rendering: pixelated; }}
</style>"""


def static_gram_explorer(
    image,
    layers: Sequence[str] = STYLE_LAYERS,
    *,
    vgg: VGG19 | None = None,
    size: int = 192,
    pairs: int = 6,
) -> "StaticGramExplorer":
    """Show the Gram matrices of some layers and a few entries of each, on a page without a kernel.

    Args:
        image: A picture as `load_image` takes it, such as a tensor (1, 3, H, W).
        layers: Names of layers.
        vgg: The network; None is `load_vgg19()`.
        size: The longer side of the picture in pixels, at most.
        pairs: How many entries of each matrix, at least 1; the last one is of two channels that exclude
            each other.

    Raises:
        ValueError: For anything that is no picture, for no or unknown layers, and for pairs below 1.
        OSError: For a picture that cannot be found or read.
    """
    if pairs < 1:
        raise ValueError(f"pairs is {pairs}: show at least one entry of each matrix.")
    vgg = load_vgg19() if vgg is None else vgg
    return StaticGramExplorer(look(load_image(image, size=size), vgg, layers), list(layers), pairs)


class StaticGramExplorer(widgets.VBox):
    """The page of `static_gram_explorer`: two sliders, and below them the matrix and an entry.

    Args:
        subject: The picture with its features.
        layers: Names of layers.
        pairs: How many entries of each matrix.

    Attributes:
        layer: The slider over layers.
        pair: The slider over entries.
        panels: What they choose from: a panel for each layer, with its matrix and its entries.
        links: What connects the sliders to the panels in the browser.
    """

    def __init__(self, subject: Subject, layers: Sequence[str], pairs: int):
        begin = layers.index(BEGIN) if BEGIN in layers else 0
        chosen = {layer: chosen_pairs(subject.maps(layer), pairs) for layer in layers}
        most = max(map(len, chosen.values()))
        tooltip = "The layer whose Gram matrix is shown"
        self.layer = _slider("Layer", layers, begin, "static-layer", tooltip)
        numbers = [str(number + 1) for number in range(most)]
        self.pair = _slider("Entry", numbers, 0, "static-pair", "The entry that is explained")
        # A layout takes a kilobyte, most of it nulls, so all share one.
        cell = widgets.Layout(grid_area="1 / 1 / 2 / 2", margin="0")
        style = widgets.HTML().style
        stacks, panels = [], []
        for layer in layers:
            listed = [*chosen[layer], *chosen[layer][-1:] * (most - len(chosen[layer]))]
            entries = [
                widgets.HTML(_entry(subject, layer, *pair), layout=cell, style=style)
                for pair in listed
            ]
            stacks.append(widgets.Stack(entries, selected_index=0, layout=cell))
            table = widgets.HTML(_matrix(subject, layer), layout=cell, style=style)
            panels.append(widgets.GridBox([table, stacks[-1]], layout=cell))
        self.panels = widgets.Stack(panels, selected_index=begin, layout=cell)
        self.panels.add_class("nst-static-panels")
        sliders = widgets.HBox([self.layer, self.pair], layout={"flex_flow": "row wrap"})
        self.links = [
            widgets.jslink((self.layer, "index"), (self.panels, "selected_index")),
            *(widgets.jslink((self.pair, "index"), (one, "selected_index")) for one in stacks),
        ]
        super().__init__([sliders, widgets.HTML(CSS, layout=cell, style=style), self.panels])
        self.add_class("nst-static-gram")


def chosen_pairs(maps: np.ndarray, count: int) -> list[tuple[int, int]]:
    """Return up to `count` pairs of channels worth a look.

    Args:
        maps: (N, H, W).
        count: At least 1. The last of several pairs is of channels that exclude each other, if there are
            any; the others are of channels that go together.
    """
    apart = matrices.telling_pairs(maps, 1, apart=True) if count > 1 else []
    together = matrices.telling_pairs(maps, count - len(apart))
    return [*together, *apart] or [(0, len(maps) - 1)]


def _slider(
    text: str, options: Sequence[str], index: int, name: str, tooltip: str
) -> widgets.SelectionSlider:
    slider = widgets.SelectionSlider(options=list(options), index=index, description=text)
    slider.style.description_width = "45px"
    slider.layout.width = "330px"
    return named(slider, name, tooltip)


def _matrix(subject: Subject, layer: str) -> str:
    """The Gram matrix of a layer with its axes and its colors, as HTML."""
    values, limit, signed = matrix([subject], [subject], layer, "log")
    channels = np.arange(len(values))
    alt = f"Gram matrix of {layer}, {len(values)} by {len(values)} channels, as a heat map"
    table = _exact(pictures.shade(values, "log", limit), signed=signed, alt=alt)
    return _left(
        table,
        pictures.axis(channels, "channel i", upright=True),
        pictures.color_bar("log", limit, signed=signed),
        pictures.axis(channels, "channel j", upright=False),
        f"<b>Gram matrix, {html.escape(layer)}</b>",
    )


def _entry(subject: Subject, layer: str, i: int, j: int) -> str:
    """The entry (i, j) as HTML: a mark to lay over the matrix, and beside it maps and words."""
    maps, gram = subject.maps(layer), subject.gram(layer)
    product = maps[i] * maps[j]
    side = 100 / len(maps)
    row, column = (
        f"top:{i * side:.6g}%;height:{side:.6g}%",
        f"left:{j * side:.6g}%;width:{side:.6g}%",
    )
    marks = (
        f'<u style="left:0;right:0;{row}"></u><u style="top:0;bottom:0;{column}"></u>'
        f'<b style="{row};{column}"></b>'
    )
    value = float(gram[i, j])
    likeness = float(matrices.correlation(gram[np.ix_([i, j], [i, j])])[0, 1])
    captions = [f"map {i}", f"map {j}", f"product, mean {pictures.number(value)}"]
    limits = pictures.bright_products(maps[i], maps[j])
    tiles = [
        f"<div>{caption}{_map(values, limit, caption)}</div>"
        for values, limit, caption in zip(
            (maps[i], maps[j], product), limits, captions, strict=True
        )
    ]
    where = f"<div>where it is large{_where(subject.picture(layer), product, limits[2])}</div>"
    words = html.escape(entry_words(i, j, value, likeness, product))
    return (
        f'<div class="nst-sg">{_left(marks, kind="nst-sg-marks")}<div>'
        f'<div class="nst-sg-row">{tiles[0]}<i>×</i>{tiles[1]}<i>=</i>{tiles[2]}</div>'
        f'<div class="nst-sg-row">{where}<p>{words}</p></div></div></div>'
    )


def _left(middle: str, upright="", bar="", level="", title="", kind: str = "") -> str:
    gap = "<i></i>"
    return (
        f'<div class="nst-sg-left">{gap}<div>{title}</div>{gap}{upright or gap}'
        f'<div class="{kind}">{middle}</div>{bar}{gap}{level}</div>'
    )


def _map(values: np.ndarray, limit: float, alt: str) -> str:
    signed = bool(values.min() < 0)
    shades = (pictures.shrunk(values, STORED) / limit).clip(-1, 1)
    if max(shades.shape) <= EXACT:
        return _exact(shades, signed=signed, alt=alt)
    return _lossy(pictures.painted(shades, signed=signed).convert("RGB"), alt)


def _where(image: Tensor, product: np.ndarray, limit: float) -> str:
    picture = resize(pictures.lit(resize(image, STORED), product, limit), STORED)
    return _lossy(to_pil(picture), "The picture, gray where the product is small", quality=60)


# WebP, because for pictures as small as these it takes half the space of JPEG and PNG.


def _exact(shades: np.ndarray, *, signed: bool, alt: str) -> str:
    file = BytesIO()
    shades = (shades * LEVELS).round() / LEVELS
    pictures.painted(shades, signed=signed).save(file, "WEBP", lossless=True, method=6)
    return _img(file.getvalue(), alt, ' class="nst-sg-exact"')


def _lossy(picture: Image.Image, alt: str, *, quality: int = 40) -> str:
    file = BytesIO()
    picture.save(file, "WEBP", quality=quality, method=6)
    return _img(file.getvalue(), alt)


def _img(data: bytes, alt: str, more: str = "") -> str:
    source = f"data:image/webp;base64,{base64.b64encode(data).decode()}"
    return f'<img alt="{html.escape(alt)}."{more} src="{source}">'
