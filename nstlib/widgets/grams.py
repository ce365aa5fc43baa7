"""What can be said of a Gram matrix: scales, order, pairs worth a look, and where an entry comes from.

Arrays in, arrays out. `maps` are the features of one layer, (N, H, W); `gram` is (N, N), as from
`nstlib.gram_matrix`: entry (i, j) is the mean over all positions of map i times map j.
"""

from collections.abc import Iterator

import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

SCALES = ("log", "raw", "correlation")
TINY = 1e-30
DECADES = 3  # how far below the largest entry the logarithmic scale can tell entries from zero


def correlation(gram: np.ndarray) -> np.ndarray:
    """G_ij / sqrt(G_ii G_jj): the cosine of the angle between maps i and j, from -1 to 1.

    gram: (N, N). Returns (N, N), with NaN in the rows and columns of channels that are silent.
    """
    lengths = np.sqrt(np.diag(gram).astype(np.float64))
    lengths = np.where(lengths > 0, lengths, np.nan)
    # One root after the other: the product of two small squares can be 0 in floats.
    return (gram / lengths[:, None] / lengths).clip(-1, 1)


def signed_log(values: np.ndarray, limit: float) -> np.ndarray:
    """Values from -limit to limit, spread logarithmically over -1 to 1; 0 stays 0."""
    reach = 10.0**DECADES
    scaled = np.log1p(np.abs(values) * (reach / max(limit, TINY))) / np.log1p(reach)
    return np.sign(values) * scaled


def clustered_order(gram: np.ndarray) -> np.ndarray:
    """An order of the channels in which those that go together are neighbors: (N,) of indices.

    Ward's method on the maps as vectors of length 1, whose distance is sqrt(2 - 2 R), and then, of
    all orders of that tree, the one with the nearest neighbors. Silent channels come last.
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
    """How much of the sum of a product map the largest `part` of its positions makes up, 0 to 1.

    None where this means nothing: a product of both signs, or of zeros.
    """
    values = np.sort(np.abs(product), axis=None)[::-1].astype(np.float64)
    if values[0] == 0 or (product.min() < 0 < product.max()):
        return None
    count = int(np.ceil(part * values.size))
    return float(values[:count].sum() / values.sum())


def shuffled(maps: np.ndarray, seed: int = 0) -> np.ndarray:
    """The same maps with their positions in a random order, the same order for all of them."""
    order = np.random.default_rng(seed).permutation(maps[0].size)
    return maps.reshape(len(maps), -1)[:, order].reshape(maps.shape)


def turned(maps: np.ndarray) -> np.ndarray:
    """The same maps, each turned by a quarter to the left: (N, H, W) -> (N, W, H)."""
    return np.ascontiguousarray(np.rot90(maps, axes=(1, 2)))


def telling_pairs(maps: np.ndarray, count: int, *, apart: bool = False) -> list[tuple[int, int]]:
    """Pairs of channels (i < j) in which there is something to see, no channel in two of them.

    Together: two maps that are bright in the same few areas, and neither of them everywhere. With
    `apart`, two strong maps that are never bright at one place. The measure is a rule of thumb of
    ours: it was chosen by looking at what it finds.
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
    """The pairs of two channels with the largest |value|, largest first.

    values: what a matrix or a block of it shows, with the channels `rows` and `columns`. Of (i, j) and
    (j, i) the one is given that is larger, or further up.
    """
    sizes = np.abs(values)
    sizes = np.where(np.isnan(sizes) | (rows[:, None] == columns), -1, sizes)
    many = min(2 * count, sizes.size)  # each pair may be there twice
    places = np.argpartition(sizes, -many, axis=None)[-many:]
    pairs: dict[frozenset[int], tuple[int, int]] = {}
    for place in places[np.lexsort((places, -sizes.flat[places]))]:
        row, column = divmod(int(place), len(columns))
        if sizes[row, column] >= 0:
            pair = int(rows[row]), int(columns[column])
            pairs.setdefault(frozenset(pair), pair)
    return list(pairs.values())[:count]


def block_around(row: int, column: int, side: int, count: int) -> tuple[int, int, int, int]:
    """A block of `side` x `side` entries with (row, column) as near its middle as the matrix allows.

    Returns (first row, first column, last row, last column), all of them in it.
    """
    side = min(side, count)
    top, left = (min(max(0, at - side // 2), count - side) for at in (row, column))
    return top, left, top + side - 1, left + side - 1


def square_block(block: tuple[int, int, int, int], count: int) -> tuple[int, int, int, int]:
    """A square block about a dragged one, at least 4 x 4, inside a matrix of `count` channels."""
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
