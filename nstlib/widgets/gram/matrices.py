"""Gram matrices as arrays: scales, the order of the channels, and pairs of channels worth a look.

`maps` are always the features of one layer, (N, H, W); `gram` is (N, N), as from `gram_matrix`: entry
(i, j) is the mean over all positions of map i times map j.
"""

from collections.abc import Iterator

import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

SCALES = ("log", "raw", "correlation")
TINY = 1e-30
DECADES = 3  # on the logarithmic scale, entries this far below the largest one look like zero


def correlation(gram: np.ndarray) -> np.ndarray:
    """Return G_ij / sqrt(G_ii G_jj), the cosine of the angle between maps i and j.

    Args:
        gram: (N, N).

    Returns:
        (N, N) from -1 to 1, with NaN in the rows and columns of silent channels.
    """
    lengths = np.sqrt(np.diag(gram).astype(np.float64))
    lengths = np.where(lengths > 0, lengths, np.nan)
    # Divided by one root after the other, because the product of two small squares can be 0 in floats.
    return (gram / lengths[:, None] / lengths).clip(-1, 1)


def signed_log(values: np.ndarray, limit: float) -> np.ndarray:
    """Return values from -limit to limit on a logarithmic scale from -1 to 1; 0 stays 0."""
    reach = 10.0**DECADES
    scaled = np.log1p(np.abs(values) * (reach / max(limit, TINY))) / np.log1p(reach)
    return np.sign(values) * scaled


def clustered_order(gram: np.ndarray) -> np.ndarray:
    """Return an order of the channels in which those that go together are neighbors.

    The maps, scaled to length 1, are clustered by Ward's method; the distance of two of them is
    sqrt(2 - 2 R), where R is their correlation. Of all orders of the resulting tree, the one with the
    smallest distances between neighbors is taken. Silent channels come last.

    Args:
        gram: (N, N).

    Returns:
        (N,), the indices of the channels.
    """
    likeness = correlation(gram)
    heard = np.flatnonzero(np.diag(gram) > 0)
    silent = np.flatnonzero(~(np.diag(gram) > 0))
    if len(heard) < 3:
        return np.concatenate([heard, silent])
    distances = np.sqrt((2 - 2 * likeness[np.ix_(heard, heard)]).clip(0))
    np.fill_diagonal(distances, 0)
    tree = linkage(squareform(distances, checks=False), "ward", optimal_ordering=True)
    return np.concatenate([heard[leaves_list(tree)], silent])


def share_of_largest(product: np.ndarray, part: float = 0.1) -> float | None:
    """Return how much of a sum over positions comes from the largest of them.

    Args:
        product: Map i times map j, (H, W).
        part: Which part of the positions counts, above 0 to 1.

    Returns:
        A share from 0 to 1. None if it has no meaning, because the product has both signs or is 0.
    """
    values = np.sort(np.abs(product), axis=None)[::-1].astype(np.float64)
    if values[0] == 0 or (product.min() < 0 < product.max()):
        return None
    count = int(np.ceil(part * values.size))
    return float(values[:count].sum() / values.sum())


def shuffled(maps: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the maps with their positions in a random order, the same order for all maps."""
    order = np.random.default_rng(seed).permutation(maps[0].size)
    return maps.reshape(len(maps), -1)[:, order].reshape(maps.shape)


def turned(maps: np.ndarray) -> np.ndarray:
    """Return the maps, each turned by a quarter to the left: (N, H, W) becomes (N, W, H)."""
    return np.ascontiguousarray(np.rot90(maps, axes=(1, 2)))


def telling_pairs(maps: np.ndarray, count: int, *, apart: bool = False) -> list[tuple[int, int]]:
    """Return pairs of channels in which there is something to see.

    By default these are two maps that are bright in the same few areas, and neither of them everywhere;
    with `apart`, two strong maps that are never bright at one place. The score is a rule of thumb of
    ours, chosen by looking at what it finds.

    Args:
        maps: (N, H, W).
        count: How many pairs at most.
        apart: Which of the two kinds.

    Returns:
        Pairs (i, j) with i < j, the best first. No channel is in two of them.
    """
    if min(maps.shape[1:]) >= 12:
        maps = maps[:, 1:-1, 1:-1]  # the outermost positions see the padding
    maps = maps / max(
        float(np.abs(maps).max()), TINY
    )  # so that no square is 0 or infinite in floats
    flat = maps.reshape(len(maps), -1)
    total = np.zeros((len(maps), len(maps)), np.float32)
    squares, number = total.copy(), 0
    for field in _fields(maps):
        inside = field @ field.T
        total += inside
        squares += inside * inside
        number += 1
    energy = (flat * flat) @ (flat * flat).T * (flat.shape[1] / number)
    power = np.diag(total)
    likeness = np.nan_to_num(correlation(total)).clip(0)
    few = squares / np.maximum(total**2, TINY)  # 1 / number of fields that have a share in it
    areas = (squares / np.maximum(energy, TINY)).clip(0, 1)  # 1 for areas, near 0 for thin lines
    breadth = flat.mean(1) ** 2 * flat.shape[1] / np.maximum(power, TINY)  # 1: bright everywhere
    worth = (power / max(power.max(), TINY)) ** (1 / 8) * (1 - breadth).clip(0) ** 2
    if apart:
        own = np.diag(areas)
        scores = np.exp(-20 * likeness) * np.outer(own, own)
    else:
        scores = likeness * (1 - likeness**2) ** 0.25 * areas**3 * few**0.5
    return _best_apart(scores * np.outer(worth, worth), count)


def strongest_pairs(
    values: np.ndarray, rows: np.ndarray, columns: np.ndarray, count: int
) -> list[tuple[int, int]]:
    """Return the pairs of two different channels with the largest absolute values, the largest first.

    Args:
        values: A matrix or a block of one, (rows, columns).
        rows, columns: The channels of its rows and columns.
        count: How many pairs at most.

    Returns:
        Pairs (i, j). Of (i, j) and (j, i) only the larger one is listed, or the one further up.
    """
    sizes = np.abs(values)
    sizes = np.where(np.isnan(sizes) | (rows[:, None] == columns), -1, sizes)
    many = min(2 * count, sizes.size)  # each pair may occur twice
    places = np.argpartition(sizes, -many, axis=None)[-many:]
    pairs: dict[frozenset[int], tuple[int, int]] = {}
    for place in places[np.lexsort((places, -sizes.flat[places]))]:
        row, column = divmod(int(place), len(columns))
        if sizes[row, column] >= 0:
            pair = int(rows[row]), int(columns[column])
            pairs.setdefault(frozenset(pair), pair)
    return list(pairs.values())[:count]


def block_around(row: int, column: int, side: int, count: int) -> tuple[int, int, int, int]:
    """Return a block of `side` x `side` entries, with (row, column) as near its middle as possible.

    Args:
        row, column: An entry of the matrix.
        side: Of the block; a larger one than the matrix is cut to its size.
        count: The side of the matrix.

    Returns:
        (first row, first column, last row, last column); the last ones belong to the block.
    """
    side = min(side, count)
    top, left = (min(max(0, at - side // 2), count - side) for at in (row, column))
    return top, left, top + side - 1, left + side - 1


def square_block(block: tuple[int, int, int, int], count: int) -> tuple[int, int, int, int]:
    """Return a square block around a dragged one, at least 4 x 4, in a matrix of `count` channels."""
    top, left, bottom, right = block
    side = max(bottom - top + 1, right - left + 1, 4)
    return block_around((top + bottom + 1) // 2, (left + right + 1) // 2, side, count)


def _fields(maps: np.ndarray, number: int = 8) -> Iterator[np.ndarray]:
    """Cut maps (N, H, W) into up to 8 x 8 fields, each (N, positions)."""
    for band in np.array_split(maps, min(number, maps.shape[1]), axis=1):
        for field in np.array_split(band, min(number, maps.shape[2]), axis=2):
            yield field.reshape(len(maps), -1)


def _best_apart(scores: np.ndarray, count: int) -> list[tuple[int, int]]:
    scores = np.triu(scores, 1)
    pairs: list[tuple[int, int]] = []
    for place in np.argsort(-scores, axis=None, kind="stable"):
        pair = divmod(int(place), len(scores))
        if len(pairs) == count or scores[pair] <= 0:
            break
        if not {*pair} & {channel for other in pairs for channel in other}:
            pairs.append(pair)
    return pairs
