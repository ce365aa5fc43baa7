"""The map of the method: three pictures, one network, two losses, and a gradient back to the pixels."""

from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Polygon

from nstlib.plots import layer_look

PARTS = (
    "photo",
    "painting",
    "pixels",
    "network",
    "features",
    "grams",
    "content loss",
    "style loss",
    "total",
    "gradient",
)

# name: (left, bottom, width, height, what it says)
BOXES = {
    "photo": (3, 66, 13, 17, "photo $p$"),
    "pixels": (3, 39, 13, 17, "picture $x$"),
    "painting": (3, 12, 13, 17, "painting $a$"),
    "features": (44, 61, 16, 22, "features\n$F$ of $x$,  $P$ of $p$"),
    "grams": (44, 12, 16, 22, "Gram matrices\n$G$ of $x$,  $A$ of $a$"),
    "content loss": (66, 61, 15, 22, "content loss\n$\\|F - P\\|^2$"),
    "style loss": (66, 12, 15, 22, "style loss\n$\\Sigma_l\\, w_l\\,\\|G^l - A^l\\|^2$"),
    "total": (87, 37, 13, 22, "total\n$\\alpha\\,L_{content}$\n$+\\,\\beta\\,L_{style}$"),
}
ARROWS = (  # (from, to, the part it belongs to)
    ((16, 74.5), (20, 66), "photo"),
    ((16, 47.5), (20, 47.5), "pixels"),
    ((16, 20.5), (20, 29), "painting"),
    ((38, 54), (44, 68), "features"),
    ((38, 41), (44, 27), "grams"),
    ((60, 72), (66, 72), "content loss"),
    ((60, 23), (66, 23), "style loss"),
    ((81, 68), (87, 55), "total"),
    ((81, 27), (87, 41), "total"),
)
INK, LIT, DIM, EDGE = "#1a1a1a", "#ffe9a8", "#f4f4f4", "#c4c4c4"
FADED = "#8a8a8a"  # text of the parts that are not lit: still 3.4 to 1 on white


def method_map(lit: Iterable[str] = PARTS, *, inches: float = 9.0) -> Figure:
    """Draw how a picture is optimized, with some parts lit and the others faded.

    The network's five blocks have the colors that `plots.layer_look` gives their layers in all figures.
    A lit part has a thick frame and dark text, so that the figure can be read without its colors.

    Args:
        lit: Which of `PARTS` to light; all by default.
        inches: The width of the figure.

    Raises:
        ValueError: For a part that does not exist.
    """
    lit = set(lit)
    if unknown := lit - set(PARTS):
        raise ValueError(
            f"The map has no part {sorted(unknown)[0]!r}; its parts are {', '.join(PARTS)}."
        )
    figure = Figure(figsize=(inches, inches * 0.37))
    axes = figure.add_axes((0.005, 0.01, 0.99, 0.98))
    axes.set(xlim=(-1, 101), ylim=(-6, 92))
    axes.axis("off")
    points = inches / 9  # text grows with the figure
    _network(axes, "network" in lit, points)
    for name, (left, bottom, width, height, words) in BOXES.items():
        on = name in lit
        axes.add_patch(
            FancyBboxPatch(
                (left, bottom),
                width,
                height,
                boxstyle="round,pad=0,rounding_size=1.6",
                mutation_aspect=2.5,
                facecolor=LIT if on else DIM,
                edgecolor=INK if on else EDGE,
                linewidth=1.8 if on else 0.8,
            )
        )
        axes.text(
            left + width / 2,
            bottom + height / 2,
            words,
            ha="center",
            va="center",
            linespacing=1.5,
            fontsize=8.6 * points,
            color=INK if on else FADED,
        )
    for start, end, part in ARROWS:
        _arrow(axes, start, end, part in lit)
    _gradient(axes, "gradient" in lit, points)
    return figure


def _network(axes: Axes, on: bool, points: float) -> None:
    """Draw the five blocks, each smaller than the one before it."""
    for block in range(1, 6):
        left, half = 16.6 + 3.9 * block, 29 - 4.2 * block
        axes.add_patch(
            Polygon(
                [
                    (left, 47.5 - half),
                    (left + 3, 47.5 - half),
                    (left + 3, 47.5 + half),
                    (left, 47.5 + half),
                ],
                facecolor=layer_look(f"relu{block}_1")["color"] if on else DIM,
                edgecolor=INK if on else EDGE,
                linewidth=1.4 if on else 0.8,
            )
        )
        axes.text(
            left + 1.5,
            47.5 - half - 5,
            str(block),
            ha="center",
            fontsize=7.5 * points,
            color=INK if on else FADED,
        )
    axes.text(
        29.5,
        81,
        "VGG-19, frozen",
        ha="center",
        fontsize=8.6 * points,
        color=INK if on else FADED,
    )


def _gradient(axes: Axes, on: bool, points: float) -> None:
    """Draw the way back: from the total, below everything, to the picture."""
    color, width = (INK, 1.8) if on else (EDGE, 1.0)
    axes.plot([93.5, 93.5, 0, 0, 2], [36, 3, 3, 47.5, 47.5], "--", color=color, linewidth=width)
    _arrow(axes, (0, 47.5), (3.2, 47.5), on)
    axes.text(
        48,
        -3.5,
        r"gradient $\partial L / \partial x$: move the pixels a little, and repeat",
        ha="center",
        fontsize=8.6 * points,
        color=INK if on else FADED,
    )


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], on: bool) -> None:
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=10,
            shrinkA=2,
            shrinkB=2,
            color=INK if on else EDGE,
            linewidth=1.6 if on else 1.0,
        )
    )
