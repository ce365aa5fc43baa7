"""Sentences about entries of Gram matrices, for people who see one for the first time."""

import html
import math

import numpy as np

from nstlib.widgets.gram_pictures import number
from nstlib.widgets.gram_subject import SHUFFLED, TURNED_MAPS
from nstlib.widgets.grams import share_of_largest

PART = 0.1  # the "tenth of the positions"
APART_BELOW = 0.02  # correlation of channels that exclude each other

READING = (
    "The product is bright only where both maps are. Its mean over all positions is the entry: how "
    "much the two channels go together, not where."
)


def entry_words(i: int, j: int, value: float, likeness: float, product: np.ndarray) -> str:
    """What the entry G[i, j] says of a picture, whose maps i and j have this product (H, W)."""
    words = f"G[{i}, {j}] = {number(value)}: "
    if math.isnan(likeness):
        return words + "a channel that is silent in this picture, 0 at every position."
    if i == j:
        words += f"the mean square of channel {i}, how strong it is in this picture."
    else:
        alike = _alike(likeness, signed=bool(product.min() < 0))
        words += f"channels {i} and {j} {alike} (correlation {number(round(likeness, 2))})."
    share = share_of_largest(product, PART)
    if share is not None and abs(likeness) >= APART_BELOW:
        part = "nearly all" if share >= 0.995 else f"{share:.0%}"
        words += f" A tenth of the positions gives {part} of it."
    elif share is None and product.any():
        words += f" The product is above zero at {(product > 0).mean():.0%} of the positions."
    return words


def _alike(likeness: float, *, signed: bool) -> str:
    size = abs(likeness)
    if signed:
        if size < 0.2:
            return "have little to do with each other"
        often = "" if size >= 0.8 else "mostly " if size >= 0.5 else "somewhat more often "
        return f"are {often}of {'equal' if likeness > 0 else 'opposite'} sign"
    if size >= 0.8:
        return "are bright in the same places"
    if size >= 0.5:
        return "are often bright in the same places"
    if size >= 0.2:
        return "share some of their places"
    return "are seldom bright in the same place" if size >= APART_BELOW else "exclude each other"


def difference_words(i: int, j: int, a: float, b: float) -> str:
    """How the entries G[i, j] of two pictures A and B compare."""
    words = f"G[{i}, {j}] is {number(a)} in A and {number(b)} in B, A − B = {number(a - b)}: "
    if a == b:
        return words + "the same in both."
    more, less, large, small = ("A", "B", a, b) if abs(a) > abs(b) else ("B", "A", b, a)
    if small == 0 or large / small < 0 or large / small >= 100:
        return words + f"{more} has it, {less} hardly any."
    return words + f"{more} has {number(round(large / small, 1))} times as much of it as {less}."


def test_words(test: str, largest: float, turned: float) -> str:
    """What was done to the maps, and what it did to the Gram matrix.

    largest: the largest change of an entry, as a part of the largest entry; turned: how far the
    matrix changes when the picture is turned, as a part of its length.
    """
    stays = f"the matrix stays: no entry changes by more than {number(largest)} of the largest one"
    if test == SHUFFLED:
        return (
            "The positions of all maps are in one random order. The maps are noise, and "
            f"{stays}, which is rounding. Where things are is not in it."
        )
    if test == TURNED_MAPS:
        return (
            f"Each map is turned by a quarter, and {stays}, which is rounding. But turn the picture, "
            f"so that the network looks anew, and the matrix changes by {turned:.0%} of its length."
        )
    return (
        f"The picture is turned by a quarter and the network looks anew: the matrix changes by "
        f"{turned:.0%} of its length, because filters have directions. What stood upright answers "
        "in other channels now. Turning the maps themselves would change nothing."
    )


def distance_table(layer: str, distances: dict[str, tuple[float, float]]) -> str:
    """E_l as an HTML table, {layer: (relative, the paper's)}; `layer` stands out."""
    heads, relative, paper = "", "", ""
    for name, (ours, theirs) in distances.items():
        style = "padding:1px 7px;text-align:right"
        if name == layer:
            style += ";background:var(--jp-layout-color2,#eee);font-weight:bold"
        heads += f'<th scope="col" style="{style}">{name}</th>'
        relative += f'<td style="{style}">{number(ours)}</td>'
        paper += f'<td style="{style}">{number(theirs)}</td>'
    row = '<th scope="row" style="text-align:left;font-weight:normal;padding-right:6px">'
    return (
        '<table style="font-size:12px;line-height:16px;border-collapse:collapse"><tr>'
        f"{row}<b>E<sub>l</sub></b> of A to B</th>{heads}</tr><tr>{row}relative</th>{relative}</tr>"
        f"<tr>{row}the paper's</th>{paper}</tr></table>"
    )


def paragraph(text: str) -> str:
    """A text as a paragraph of HTML."""
    return f'<p style="line-height:1.35;margin:2px 0 4px">{html.escape(text)}</p>'
