"""What the Gram explorer shows, as numbers and sentences, without any widget."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from nstlib.style_transfer import STYLE_LAYERS
from nstlib.widgets.gram import matrices, words
from nstlib.widgets.gram.subject import (
    AS_IT_IS,
    TURNED,
    TURNED_MAPS,
    Album,
    Subject,
    change,
    matrix,
)

TOGETHER, STRONGEST, APART = "telling", "strongest shown", "never together"
Block = tuple[int, int, int, int]


@dataclass
class View:
    """A view of the Gram matrices in an album.

    Attributes:
        album: The pictures.
        layer: The layer whose matrix is shown.
        scale: One of `matrices.SCALES`.
        clustered: Whether channels that go together are neighbors.
        other: The name of picture B, or None.
        letters: Whose matrix is shown: ("A",), ("B",), or ("A", "B") for the difference.
        test: What is done to the maps, one of `subject.TESTS`.
        route: Which pairs `step` goes through: `TOGETHER`, `STRONGEST` or `APART`.
        pair: The channels (i, j) of the picked entry; None before there is one.
        block: The part of the matrix that is shown, (first row, first column, last row, last column) in
            the order shown; None is all of it.
    """

    album: Album
    layer: str
    scale: str = "log"
    clustered: bool = False
    other: str | None = None
    letters: tuple[str, ...] = ("A",)
    test: str = AS_IT_IS
    route: str = TOGETHER
    pair: tuple[int, int] | None = None
    block: Block | None = None

    def missing(self) -> list[Callable[[], object]]:
        """Return functions that compute what is missing and slow; after them every method is fast."""
        names = ["A"] if self.other is None else ["A", self.other]
        turn = self.test in (TURNED_MAPS, TURNED)
        work = [
            partial(self.album.prepare, name, turn=turn)
            for name in names
            if not self.album.has(name, turn=turn)
        ]
        if work:
            return [*work, *(partial(self.album.distances, name) for name in names[1:])]
        if self.clustered and not self.first.has_order(self.layer):
            work.append(partial(self.first.order, self.layer))
        for subject, apart in ((self.first, False), (self.leading, self.route == APART)):
            if not subject.has_pairs(self.layer, apart=apart):
                work.append(partial(subject.pairs, self.layer, apart=apart))
        return work

    @property
    def first(self) -> Subject:
        """Picture A without a test."""
        return self.album["A", AS_IT_IS]

    @property
    def leading(self) -> Subject:
        """The first of the pictures shown, without a test."""
        return self.album[self._name(self.letters[0]), AS_IT_IS]

    def _name(self, letter: str) -> str:
        return "A" if letter == "A" else self.other

    def shown(self) -> dict[str, Subject]:
        """Return {letter: picture} of what is shown, after the test."""
        return {letter: self.album[self._name(letter), self.test] for letter in self.letters}

    # The matrix

    def count(self) -> int:
        """Return how many channels the layer has."""
        return len(self.first.maps(self.layer))

    def order(self) -> np.ndarray:
        """Return all channels in the order shown, (N,); picture B has the order of A."""
        return self.first.order(self.layer) if self.clustered else np.arange(self.count())

    def channels(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the channels of the rows shown, and those of the columns shown."""
        order = self.order()
        top, left, bottom, right = self.block or (0, 0, len(order) - 1, len(order) - 1)
        return order[top : bottom + 1], order[left : right + 1]

    def values(self) -> tuple[np.ndarray, float, bool]:
        """Return the matrix or block shown, (rows, columns), and its colors.

        Returns:
            The values, the value that gets the last color, and whether the colors go below zero.
        """
        names = ["A"] if self.other is None else ["A", self.other]
        known = [self.album[name, AS_IT_IS] for name in names]
        values, limit, signed = matrix(list(self.shown().values()), known, self.layer, self.scale)
        return values[np.ix_(*self.channels())], limit, signed

    def title(self) -> str:
        """Return what is shown, in a few words."""
        what = "Correlations" if self.scale == "correlation" else "Gram matrix"
        of = "" if self.other is None else f", {' − '.join(self.letters)}"
        count, size = self.count(), len(self.channels()[0])
        part = f"{count} × {count}" if size == count else f"{size} of {count} channels"
        return f"{what}{of}, {self.layer}, {part}"

    def zoom(self, side: int | None = None) -> None:
        """Show a block around the picked entry, of `side` channels or of half as many as now."""
        side = side or max(4, len(self.channels()[0]) // 2)
        order = self.order()
        row, column = (int(np.flatnonzero(order == channel)[0]) for channel in self.pair)
        self.block = matrices.block_around(row, column, side, self.count())

    def zoom_to(self, dragged: Block) -> None:
        """Show the block that the user dragged, given in rows and columns of what is shown now."""
        top, left = self.block[:2] if self.block else (0, 0)
        a, b, c, d = dragged
        self.block = matrices.square_block((a + top, b + left, c + top, d + left), self.count())

    # The entry

    def pick(self, row: int, column: int) -> None:
        """Pick the entry in a row and a column of what is shown; do nothing if it is not there."""
        rows, columns = self.channels()
        if row < len(rows) and column < len(columns):  # a late click may belong to another layer
            self.pair = int(rows[row]), int(columns[column])

    def cell(self) -> list[int]:
        """Return [row, column] of the picked entry in what is shown; [] if it is outside."""
        places = [
            np.flatnonzero(channels == channel)
            for channels, channel in zip(self.channels(), self.pair, strict=True)
        ]
        return [int(place[0]) for place in places] if all(map(len, places)) else []

    def begin(self) -> None:
        """Pick the most telling entry of A, as a start."""
        pairs = self.first.pairs(self.layer)
        self.pair = pairs[0] if pairs else (0, self.count() - 1)

    def step(self, step: int | None) -> str:
        """Pick a pair of the route.

        Args:
            step: 1 for the next pair, -1 for the one before, None for the first.

        Returns:
            Which pair it is, in words.
        """
        if self.route == STRONGEST:
            pairs = matrices.strongest_pairs(self.values()[0], *self.channels(), 200)
        else:
            pairs = self.leading.pairs(self.layer, apart=self.route == APART)
        if not pairs:
            return "There is no such pair here."
        here = self.pair if self.pair in pairs else self.pair[::-1]
        known = step is not None and here in pairs
        place = (pairs.index(here) + step) % len(pairs) if known else 0
        self.pair = pairs[place]
        return f"Pair {place + 1} of {len(pairs)}: {self.route}."

    def sentence(self) -> str:
        """Return what the picked entry means, in words."""
        (i, j), shown = self.pair, list(self.shown().values())
        values = [float(subject.gram(self.layer)[i, j]) for subject in shown]
        if len(values) == 2:
            return words.difference_words(i, j, *values)
        maps, gram = shown[0].maps(self.layer), shown[0].gram(self.layer)
        likeness = float(matrices.correlation(gram[np.ix_([i, j], [i, j])])[0, 1])
        return words.entry_words(i, j, values[0], likeness, maps[i] * maps[j])

    def more(self) -> str:
        """Return what the test did, and how far A is from B, as HTML."""
        parts = []
        if self.test != AS_IT_IS:
            name = self._name(self.letters[0])
            largest, distance = change(self.leading, self.album[name, self.test], self.layer)
            turned = distance
            if self.test == TURNED_MAPS:
                turned = change(self.leading, self.album[name, TURNED], self.layer)[1]
            parts.append(words.paragraph(words.test_words(self.test, largest, turned)))
        elif len(self.letters) == 1:
            parts.append(words.paragraph(words.READING))
        if self.other is not None:
            distances = self.album.distances(self.other)
            paper = [name.replace("relu", self.layer[:4]) for name in STYLE_LAYERS]
            listed = [name for name in self.album.layers if name in (*paper, self.layer)]
            parts.append(words.distance_table(self.layer, {x: distances[x] for x in listed}))
        return "".join(parts)
