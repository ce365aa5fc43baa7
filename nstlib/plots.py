"""Figures: data in, a matplotlib Figure out. Nothing is shown, saved or optimized here."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm, SymLogNorm
from matplotlib.figure import Figure
from torch import Tensor

from nstlib.images import to_pil


def panels(
    images: Sequence[Tensor],
    titles: Sequence[str],
    *,
    columns: int | None = None,
    inches: float = 2.4,
    fontsize: float = 9,
) -> Figure:
    """Draw pictures side by side, with a title above each.

    Args:
        images: (1, 3, H, W) in [0, 1], of any sizes.
        titles: One for each picture; a title may have several lines.
        columns: How many pictures in a row; None puts all of them in one row.
        inches: The width of one picture.
        fontsize: Of the titles, in points.

    Raises:
        ValueError: For no pictures, and if the numbers of pictures and titles differ.
    """
    if len(images) != len(titles) or not images:
        raise ValueError(f"panels needs one title a picture, not {len(titles)} for {len(images)}.")
    columns = min(columns or len(images), len(images))
    rows = -(-len(images) // columns)
    lines = 1 + max(title.count("\n") for title in titles)
    ratios = [image.shape[2] / image.shape[3] for image in images]
    heights = [
        inches * max(ratios[row * columns : (row + 1) * columns])
        + 0.17 * fontsize / 9 * lines
        + 0.15
        for row in range(rows)
    ]
    figure = Figure(figsize=(inches * columns, sum(heights)), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, height_ratios=heights).ravel()
    for axis in axes:
        axis.axis("off")
    for axis, image, title in zip(axes, images, titles, strict=False):
        axis.imshow(to_pil(image), interpolation="lanczos")
        axis.set_title(title, fontsize=fontsize)
    return figure


def gram_matrices(rows: Mapping[str, Mapping[str, Tensor]], *, inches: float = 2.4) -> Figure:
    """Draw Gram matrices, with a row for each picture and a column for each layer.

    The colors are logarithmic, and all pictures share one scale per layer, so that they can be compared.
    If there are negative entries (a convolution before its ReLU), the scale is centered on zero.

    Args:
        rows: {picture: {layer: (1, N, N)}}, with the same layers for every picture.
        inches: The width of one matrix.
    """
    layers = list(next(iter(rows.values())))
    figure = Figure(
        figsize=(inches * len(layers) * 1.15, inches * len(rows) + 0.4), layout="constrained"
    )
    axes = figure.subplots(len(rows), len(layers), squeeze=False)
    for column, layer in enumerate(layers):
        grams = [np.asarray(row[layer][0].detach().cpu()) for row in rows.values()]
        largest = max(np.abs(gram).max() for gram in grams) or 1.0
        if min(gram.min() for gram in grams) < 0:
            norm = SymLogNorm(largest / 1e3, vmin=-largest, vmax=largest)
            colors = "RdBu_r"
        else:
            norm, colors = LogNorm(largest / 1e4, largest, clip=True), "magma"
        for row, (name, gram) in enumerate(zip(rows, grams, strict=True)):
            axis = axes[row, column]
            drawn = axis.imshow(gram, cmap=colors, norm=norm, interpolation="nearest")
            axis.set_xticks([0, len(gram) - 1])
            axis.set_yticks([0, len(gram) - 1])
            axis.tick_params(labelsize=7)
            if row == 0:
                axis.set_title(f"{layer}\n{len(gram)} x {len(gram)}", fontsize=9)
            if column == 0:
                axis.set_ylabel(name, fontsize=9)
        bar = figure.colorbar(drawn, ax=axes[:, column], shrink=0.8)
        bar.ax.tick_params(labelsize=7)
    return figure


# One look for each of the five blocks, in every figure of the course: from violet to gold, readable on
# white and on black, and a marker each, because colors alone do not tell them apart for everyone.
_BLOCKS = (("#8a4bb0", "o"), ("#3b6fc4", "s"), ("#1f8f8a", "^"), ("#4b9b3a", "D"), ("#b58900", "v"))


def layer_look(layer: str) -> dict[str, Any]:
    """Return the color and the marker of a layer's block, as arguments of `axis.plot`.

    Args:
        layer: Such as `relu4_2` or `conv4_2`. All layers of a block look alike.

    Raises:
        ValueError: For a name without a block from 1 to 5.
    """
    number = layer.removeprefix("relu").removeprefix("conv")[:1]
    if number not in {"1", "2", "3", "4", "5"}:
        raise ValueError(f"{layer!r} is not a layer of VGG-19, such as 'relu4_2'.")
    color, marker = _BLOCKS[int(number) - 1]
    return {"color": color, "marker": marker}


def curve_look(name: str) -> dict[str, Any]:
    """Return the look of a loss's curve, as arguments of `axis.plot`; colors are #rrggbb, as in SVG.

    Content is dashed and style solid, both with the color and marker of their layer; of several regions
    the second is dash-dotted, all others dotted. What belongs to no layer is black ("total") or gray.

    Args:
        name: Such as "content/relu4_2", "style/relu1_1", "style/relu1_1/2", "tv" or "total".
    """
    kind, _, key = name.partition("/")
    layer, _, region = key.partition("/")
    if not layer.startswith(("relu", "conv")):
        looks = {"total": ("#000000", "-", 2.2), "tv": ("#808080", ":", 1.4)}
        color, line, width = looks.get(name, ("#808080", "-.", 1.4))
        return {"color": color, "linestyle": line, "linewidth": width}
    line = "--" if kind == "content" else {"": "-", "1": "-", "2": "-."}.get(region, ":")
    return {"linewidth": 1.4, "linestyle": line} | layer_look(layer)


def loss_curves(
    history: Sequence[Mapping[str, float]], *, inches: tuple[float, float] = (7, 4)
) -> Figure:
    """Draw every loss of a run over its steps, on a logarithmic scale.

    Args:
        history: `[step.losses for step in run]`.
        inches: (width, height) of the figure.

    Raises:
        ValueError: For an empty history.
    """
    if not history:
        raise ValueError("loss_curves needs the losses of at least one step.")
    figure = Figure(figsize=inches, layout="constrained")
    axis = figure.subplots()
    for number, name in enumerate(history[0]):
        values = [losses[name] for losses in history]
        if any(value > 0 for value in values):
            # Markers of different curves stand at different steps, so that they do not hide each other.
            every = max(len(values) // 8, 1)
            marks = {"markevery": (number * every // len(history[0]), every), "markersize": 5}
            axis.plot(values, label=name, **curve_look(name), **marks)
    axis.set_yscale("log")
    axis.set_xlabel("step")
    axis.set_ylabel("loss, before its weight")
    axis.legend(fontsize=8, ncols=2)
    axis.grid(alpha=0.3)
    return figure
