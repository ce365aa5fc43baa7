"""The slides that no notebook has: the opening, the network as a picture, and the credits."""

import base64
from io import BytesIO
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from PIL import Image

from nstlib import photo, to_pil
from nstlib.plots import layer_look
from nstlib.vgg import BLOCKS, receptive_field

HERO = Path(__file__).parents[2] / "figures" / "hero.jpg"
HERO_ROW = (0.03, 0.478)  # the upper row without its titles, as parts of the height
INK, GRAY = "#1a1a1a", "#555555"

ASK = """Three pictures: a photo, a painting, and the photo painted anew. *Which numbers were changed to
make the third?*"""
ANSWER = """Only the pixels of that one picture. The network stayed as it was.

<small>Follows lecture 12.9, "Deep Art", of CS7015 *Deep Learning*, M. M. Khapra, IIT Madras.</small>"""
NETWORK = "`relu3_1`: the third block, the first convolution in it, after its ReLU."
NETWORK_NOTES = """The network is the convolutional part of VGG-19: 16 convolutions of 3 × 3 in five
blocks, each followed by a ReLU. After each block a pooling halves height and width. The blocks are
numbered from 1, and so are the convolutions in a block. The paper writes conv3_1 and means the value
after the ReLU; we write `relu3_1`.

A feature is one number: one channel at one position. A feature of `relu3_1` depends on a square of
{side} × {side} pixels, and the squares of two neighbors are {step} pixels apart. The bundled compact
network has a quarter of the channels: 16, 32, 64, 128 and 128."""
CREDITS = """## Credits and license

- *The lecture that this follows*: M. M. Khapra, CS7015 *Deep Learning*, lecture 12.9, "Deep Art",
  IIT Madras.
- *The method*: L. A. Gatys, A. S. Ecker, M. Bethge, *A Neural Algorithm of Artistic Style*, 2015,
  arXiv:1508.06576.
- *The network*: K. Simonyan, A. Zisserman, 2014, arXiv:1409.1556.
- *Photos*: NASA (Eileen Collins; Hubble), Stefan van der Walt (the cat Chelsea), Rachel Michetti
  (coffee), and others from scikit-image: public domain or CC0. The paintings were drawn by programs of
  this course.
- *Slides and pictures*: the nstlib authors, **CC BY 4.0**. Code: MIT License. Shown with reveal.js (MIT
  License).

**Go on by yourself**: `python -m nstlib live` paints in the browser, with three tours of a minute."""


def opening() -> list[NotebookNode]:
    """The first two slides: a question to begin with, and the network."""
    side, step = receptive_field("relu3_1")
    return [
        text_cell("# Deep art, taken apart", "slide"),
        _picture(_hero(), "A portrait, a night sky, and the portrait in the strokes of the sky."),
        text_cell(ASK, "-"),
        text_cell(ANSWER, "fragment"),
        text_cell("## The network, and what `relu3_1` means", "slide"),
        _picture(
            _svg(network()),
            "Five blocks of 2, 2, 4, 4 and 4 convolutions. Height and width halve from block to block, "
            "the channels double up to 512. An arrow points at the first convolution of block 3.",
        ),
        text_cell(NETWORK, "-"),
        text_cell(NETWORK_NOTES.format(side=side, step=step), "notes"),
    ]


def closing() -> list[NotebookNode]:
    """The last slide."""
    return [text_cell(CREDITS, "slide")]


def network(sizes: tuple[int, int] = (256, 224), marked: str = "relu3_1") -> Figure:
    """Draw the five blocks of VGG-19, with the sizes of their maps for pictures of two sizes."""
    figure = Figure(figsize=(12.4, 5.2))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 124), ylim=(0, 52))
    axes.axis("off")
    text = {"ha": "center", "va": "center", "color": INK}
    axes.imshow(to_pil(photo("astronaut", size=256)), extent=(1, 15, 23, 37), aspect="auto")
    axes.text(8, 20.4, "picture", fontsize=15, weight="bold", **text)
    axes.text(8, 9.6, "3", fontsize=14, **text)
    left, wide = 19.0, 3.9
    for block, (convolutions, channels) in enumerate(BLOCKS, 1):
        high = 26 * (1 - 0.16 * (block - 1))
        middle = left + (convolutions * wide - 0.6) / 2
        for number in range(1, convolutions + 1):
            x = left + (number - 1) * wide
            this = marked == f"relu{block}_{number}"
            axes.add_patch(
                FancyBboxPatch(
                    (x, 30 - high / 2),
                    wide - 0.9,
                    high,
                    boxstyle="round,pad=0,rounding_size=0.5",
                    facecolor=layer_look(f"relu{block}_1")["color"],
                    edgecolor=INK,
                    linewidth=4 if this else 0.8,
                )
            )
            axes.text(
                x + wide / 2 - 0.45, 30, str(number), fontsize=15, **text | {"color": "white"}
            )
            if this:
                axes.annotate(
                    marked,
                    (x + wide / 2 - 0.45, 30 + high / 2 + 0.3),
                    (x + wide / 2 - 0.45, 49),
                    arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 2},
                    fontsize=19,
                    weight="bold",
                    ha="center",
                )
        axes.text(middle, 30 - high / 2 - 2.6, f"block {block}", fontsize=15, weight="bold", **text)
        axes.text(middle, 9.6, str(channels), fontsize=14, **text)
        for line, size in zip((5.6, 1.8), sizes, strict=True):
            side = size // 2 ** (block - 1)
            axes.text(middle, line, f"{side} × {side}", fontsize=14, **text)
        left += convolutions * wide
        if block < len(BLOCKS):
            axes.annotate(
                "",
                (left + 4.2, 30),
                (left - 0.3, 30),
                arrowprops={"arrowstyle": "-|>", "color": GRAY, "linewidth": 1.6},
            )
            axes.text(left + 1.9, 33, "÷ 2", fontsize=14, **text | {"color": GRAY})
            left += 5.2
    _legend(axes, left + 1.2, sizes)
    return figure


def _legend(axes: Axes, left: float, sizes: tuple[int, int]) -> None:
    gray = {"ha": "left", "va": "center", "color": GRAY, "fontsize": 14}
    words = "numbers:\n3 × 3 convolutions,\na ReLU after each\n\n÷ 2: pooling"
    axes.text(left, 30, words, linespacing=1.4, **gray)
    rows = ("channels", *(f"positions, {size} px" for size in sizes))
    for line, words in zip((9.6, 5.6, 1.8), rows, strict=True):
        axes.text(left, line, words, **gray)


def _hero() -> str:
    """The upper row of the project's picture, as an address with the data in it."""
    with Image.open(HERO) as picture:
        top, bottom = (round(part * picture.height) for part in HERO_ROW)
        row = picture.crop((0, top, picture.width, bottom))
    buffer = BytesIO()
    row.save(buffer, "jpeg", quality=90)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def _svg(figure: Figure) -> str:
    buffer = BytesIO()
    with rc_context({"svg.hashsalt": "nstlib"}):  # the same names, and so the same file, every time
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode()


def text_cell(source: str, kind: str) -> NotebookNode:
    """A text with a slide_type, such as "slide" or "notes"."""
    return new_markdown_cell(source, metadata={"slideshow": {"slide_type": kind}})


def _picture(address: str, alt: str) -> NotebookNode:
    shown = new_output("display_data", data={"text/html": f'<img alt="{alt}" src="{address}">'})
    return new_code_cell("", outputs=[shown], metadata={"slideshow": {"slide_type": "-"}})
