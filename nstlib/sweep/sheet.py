"""The contact sheet of a sweep: all its pictures in a grid, and on the margins what was varied."""

import itertools
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from nstlib.images import to_pil
from nstlib.sweep.cells import identity, is_picture, words
from nstlib.sweep.runs import Result
from nstlib.vgg import LAYERS

THUMBNAIL = 0.6  # the width of a picture on a margin, where one of the sheet has 1


def contact_sheet(
    results: Sequence[Result],
    rows: str | None = None,
    columns: str | None = None,
    *,
    inches: float = 1.9,
    fontsize: float = 9,
) -> Figure:
    """Draw the pictures of a sweep in the order of their grid, with its values on the margins.

    Values that are pictures are shown as pictures. A cell that failed is a gray panel that says why.

    Args:
        results: What `sweep` returned.
        rows, columns: The names of two arguments, whose values go down and across in the order in which
            they first appear; None is a single row or column.
        inches: The width of one picture.
        fontsize: Of the values on the margins, in points.

    Raises:
        ValueError: If there is nothing to show, or more than one result for a place.
    """
    down, across = _values(results, rows), _values(results, columns)
    places = _places(results, rows, columns)
    shapes = [result.image.shape[2:] for result in results if result.image is not None]
    height, width = max(shapes, key=lambda shape: shape[0] / shape[1], default=(1, 1))
    high = inches * height / width
    top, left = (THUMBNAIL * any(map(is_picture, margin.values())) for margin in (across, down))
    size = (inches * (len(across) + left) + 0.4, high * (len(down) + top) + 0.4)
    figure = Figure(figsize=size, layout="compressed")
    axes = figure.subplots(len(down), len(across), squeeze=False)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[], box_aspect=height / width, adjustable="datalim")
        axis.spines[:].set_visible(False)
    for axis, label in zip(axes[0], _labels(columns, across, inches), strict=True):
        if is_picture(label):
            axis = _thumbnail(axis, label, [(1 - THUMBNAIL) / 2, 1.05], "S")
        axis.set_title(columns if is_picture(label) else label, fontsize=fontsize)
    for axis, label in zip(axes[:, 0], _labels(rows, down, high), strict=True):
        if is_picture(label):
            axis = _thumbnail(axis, label, [-THUMBNAIL - 0.05, (1 - THUMBNAIL) / 2], "E")
        axis.set_ylabel(rows if is_picture(label) else label, fontsize=fontsize)
    for (row, y), (column, x) in itertools.product(enumerate(down), enumerate(across)):
        if (y, x) in places:
            _draw(axes[row, column], places[y, x], (height, width), inches)
    return figure


def _values(results: Sequence[Result], name: str | None) -> dict[str, Any]:
    """The values of one argument, each once, by identity."""
    if not results:
        raise ValueError("contact_sheet needs at least one result.")
    names = dict.fromkeys(itertools.chain(*(result.arguments for result in results)))
    if name is not None and not all(name in result.arguments for result in results):
        raise ValueError(f"Not every cell has a {name!r}; the names are {', '.join(names)}.")
    values = [result.arguments.get(name) for result in results]
    return {identity(value): value for value in values}


def _places(
    results: Sequence[Result], rows: str | None, columns: str | None
) -> dict[tuple[str, str], Result]:
    """The result for each pair of values, by their identities."""
    places = {}
    for result in results:
        place = tuple(identity(result.arguments.get(name)) for name in (rows, columns))
        if place in places:
            raise ValueError(
                "Two results belong in one place of the sheet: name the argument in which they differ "
                "as its rows or columns, or choose the results to show."
            )
        places[place] = result
    return places


def _labels(name: str | None, values: Mapping[str, Any], inches: float) -> list[Any]:
    """What stands beside each value's row or column: words, or a picture. inches: the room for each."""
    if name is None:
        return [""]
    texts = [_short(value) for value in values.values()]
    if len(set(texts)) < len(texts):  # "relu1_1 to relu3_1" may be more than one set of layers
        texts = [words(value) for value in values.values()]
    room = round(14 * inches)  # in letters
    between = " " if max(map(len, texts)) + len(f"{name} = ") <= room else "\n"
    texts = [f"{name} ={between}{textwrap.fill(text, room)}" for text in texts]
    pairs = zip(values.values(), texts, strict=True)
    return [value if is_picture(value) else text for value, text in pairs]


def _short(value: Any) -> str:
    """In words, but of many layers only the first and the last."""
    if isinstance(value, list | tuple) and len(value) > 2 and all(one in LAYERS for one in value):
        return f"{value[0]} to {value[-1]}"
    return words(value)


def _thumbnail(axis: Axes, picture: Tensor, corner: Sequence[float], anchor: str) -> Axes:
    """A small picture outside of a large one; corner: its lower left, in parts of the large one."""
    small = axis.inset_axes([*corner, THUMBNAIL, THUMBNAIL], xticks=[], yticks=[], anchor=anchor)
    small.spines[:].set_visible(False)
    small.imshow(to_pil(picture), interpolation="lanczos")
    return small


def _draw(axis: Axes, result: Result, shape: tuple[int, int], inches: float) -> None:
    """The picture, or, gray and of this shape, why there is none."""
    if not result.error:
        axis.imshow(to_pil(result.image), interpolation="lanczos")
        return
    axis.imshow(np.full((*shape, 3), 0.85))
    reason = textwrap.fill(result.error, round(19 * inches))
    middle = {"ha": "center", "va": "center", "transform": axis.transAxes}
    axis.text(0.5, 0.5, reason, fontsize=6, in_layout=False, **middle)
