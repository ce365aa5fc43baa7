"""Sentences about the entries of Gram matrices, for people who see them for the first time."""

import html
import math

import numpy as np

from nstlib.widgets.gram.matrices import share_of_largest
from nstlib.widgets.gram.pictures import number
from nstlib.widgets.gram.subject import SHUFFLED, TURNED_MAPS

PART = 0.1  # the "tenth of the positions"
APART_BELOW = 0.02  # below this correlation, two channels exclude each other

READING = (
    "The product is bright only where both maps are bright. Its mean over all positions is the entry. "
    "It tells how much the two channels are active together, but not where."
)


def entry_words(i: int, j: int, value: float, likeness: float, product: np.ndarray) -> str:
    """Say what one entry of a Gram matrix means.

    Args:
        i, j: Its channels.
        value: The entry, G[i, j].
        likeness: The correlation of the two maps, -1 to 1; NaN if one of them is silent.
        product: Map i times map j, (H, W).
    """
    words = f"G[{i}, {j}] = {number(value)}: "
    if math.isnan(likeness):
        return words + "one of the channels is silent in this picture, 0 at every position."
    if i == j:
        words += f"the mean square of channel {i}, which tells how strong it is in this picture."
    else:
        alike = _alike(likeness, signed=bool(product.min() < 0))
        words += f"channels {i} and {j} {alike} (correlation {number(round(likeness, 2))})."
    share = share_of_largest(product, PART)
    if share is not None and abs(likeness) >= APART_BELOW:
        part = "nearly all" if share >= 0.995 else f"{share:.0%}"
        words += f" The strongest tenth of the positions contributes {part} of the entry."
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
    """Compare the entries G[i, j] of two pictures, `a` in A and `b` in B, in words."""
    words = f"G[{i}, {j}] is {number(a)} in A and {number(b)} in B, A − B = {number(a - b)}: "
    if a == b:
        return words + "it is the same in both."
    more, less, large, small = ("A", "B", a, b) if abs(a) > abs(b) else ("B", "A", b, a)
    if small == 0 or large / small < 0 or large / small >= 100:
        return words + f"{more} has it, {less} has hardly any."
    return words + f"{more} has {number(round(large / small, 1))} times as much of it as {less}."


def test_words(test: str, largest: float, turned: float) -> str:
    """Say what a test did to the maps, and what that did to the Gram matrix.

    Args:
        test: `SHUFFLED`, `TURNED_MAPS` or `TURNED`.
        largest: The largest change of an entry, as a part of the largest entry.
        turned: How much the matrix changes when the picture is turned, as a part of its length.
    """
    stays = f"no entry changes by more than {number(largest)} of the largest one, which is rounding"
    if test == SHUFFLED:
        return (
            "The positions of all maps were put in the same random order. The maps look like noise "
            f"now, but {stays}. The matrix does not tell where things are."
        )
    if test == TURNED_MAPS:
        return (
            f"Each map was turned by a quarter, but {stays}. If you turn the picture instead and let "
            f"the network look again, the matrix changes by {turned:.0%} of its length."
        )
    return (
        "The picture was turned by a quarter, and the network looked again. The matrix changes by "
        f"{turned:.0%} of its length, because filters have directions: what stood upright now "
        "activates other channels. Turning the maps themselves would change nothing."
    )


def distance_table(layer: str, distances: dict[str, tuple[float, float]]) -> str:
    """Return E_l of some layers as an HTML table.

    Args:
        layer: This one is highlighted.
        distances: {layer: (relative, the paper's)}.
    """
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
    """Return a text as a paragraph of HTML."""
    return f'<p style="line-height:1.35;margin:2px 0 4px">{html.escape(text)}</p>'
