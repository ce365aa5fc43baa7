"""The painters' tools: noise, palettes, flow lines, strokes with bristles, raking light.

Lengths are in *units*: one unit is the side of a square with the picture's area, so a drawing
keeps its composition at every size. Points are (x, y), fields are arrays (H, W), colors are
RGB in [0, 1]. Every function draws its chances from the generator that it is given.
"""

import math
from collections.abc import Iterable

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter, map_coordinates
from skimage.color import lab2rgb, rgb2lab

Array = np.ndarray


def unit_of(height: int, width: int) -> float:
    """Pixels per unit."""
    return math.sqrt(height * width)


def extent_of(height: int, width: int) -> tuple[float, float]:
    """Height and width of the picture in units; their product is 1."""
    unit = unit_of(height, width)
    return height / unit, width / unit


def sketch_size(height: int, width: int, pixels: int = 224) -> tuple[int, int]:
    """Rows and columns of a sketch of that shape, `pixels` to the unit."""
    scale = pixels / unit_of(height, width)
    return max(2, round(height * scale)), max(2, round(width * scale))


def unit_grid(height: int, width: int) -> tuple[Array, Array]:
    """Coordinates x (1, W) and y (H, 1) of the pixel centers, in units."""
    unit = unit_of(height, width)
    x = (np.arange(width, dtype=np.float32) + 0.5) / unit
    y = (np.arange(height, dtype=np.float32) + 0.5) / unit
    return x[None, :], y[:, None]


def noise(
    rng: Generator, height: int, width: int, cells: float | tuple[float, float], octaves: int = 1
) -> Array:
    """Smooth noise (H, W), mean 0 and deviation about 1.

    cells: random values to the unit, or (down, across) for streaks. Each further octave is
    twice as fine and half as strong.
    """
    down, across = cells if isinstance(cells, tuple) else (cells, cells)
    tall, wide = extent_of(height, width)
    total, power = np.zeros((height, width), np.float32), 0.0
    for octave in range(octaves):
        bottom, right = down * 2**octave * tall, across * 2**octave * wide
        lattice = rng.standard_normal((math.ceil(bottom) + 4, math.ceil(right) + 4))
        box = (1.5, 1.5, 1.5 + right, 1.5 + bottom)
        layer = Image.fromarray(lattice.astype(np.float32)).resize((width, height), 3, box=box)
        total += np.asarray(layer) * 0.5**octave
        power += 0.25**octave
    return total / np.float32(0.7 * math.sqrt(power))


def colors(text: str) -> Array:
    """Colors (N, 3) from hex codes with spaces between."""
    return np.array([list(bytes.fromhex(code)) for code in text.split()], np.float32) / 255


def ramp(text: str, position: Array) -> Array:
    """Colors (..., 3) at `position` in [0, 1] on a ramp through hex codes, blended in Lab."""
    stops = rgb2lab(colors(text))
    at = np.linspace(0, len(stops) - 1, 1024)
    table = np.stack([np.interp(at, np.arange(len(stops)), stops[:, i]) for i in range(3)], 1)
    table = lab2rgb(table).astype(np.float32)
    return table[(np.clip(position, 0, 1) * 1023).astype(np.int32)]


def resize(field: Array, height: int, width: int) -> Array:
    """A field (h, w) or a picture (h, w, 3) at another size, bicubic."""
    if field.ndim == 3:
        return np.stack([resize(field[..., i], height, width) for i in range(3)], 2)
    return np.asarray(Image.fromarray(field.astype(np.float32)).resize((width, height), 3))


def sample(field: Array, points: Array) -> Array:
    """Values of a field (H, W) or picture (H, W, 3) at points (..., 2), linear in between."""
    if field.ndim == 3:
        return np.stack([sample(field[..., i], points) for i in range(3)], -1)
    unit = unit_of(*field.shape)
    where = [points[..., 1] * unit - 0.5, points[..., 0] * unit - 0.5]
    return map_coordinates(field, where, order=1, mode="nearest")


def scatter(rng: Generator, height: int, width: int, spacing: float, margin: float = 0.05) -> Array:
    """Points (N, 2) spread evenly but not regularly, in random order, a margin around."""
    bottom, right = extent_of(height, width)
    x = np.arange(-margin, right + margin, spacing)
    y = np.arange(-margin, bottom + margin, spacing)
    points = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
    points = points + rng.uniform(-0.6, 0.6, points.shape) * spacing
    return rng.permutation(points)


def follow(starts: Array, flow: tuple[Array, Array], length: Array, steps: int = 8) -> Array:
    """Paths (N, steps + 1, 2) along a flow, each with its start in the middle.

    flow: fields of the x and y components; only their direction counts.
    length: of each path, (N,).
    """
    halves = []
    for sign in (-1, 1):
        points, half = starts, []
        for _ in range(steps // 2):
            step = np.stack([sample(flow[0], points), sample(flow[1], points)], -1)
            step /= np.linalg.norm(step, axis=-1, keepdims=True) + 1e-6
            points = points + sign * step * (length / steps)[:, None]
            half.append(points)
        halves.append(half)
    return np.stack([*halves[0][::-1], starts, *halves[1]], 1)


def smear(field: Array, flow: tuple[Array, Array], length: float, steps: int = 16) -> Array:
    """The field averaged along the flow, as a dry brush would: line integral convolution."""
    x, y = unit_grid(*field.shape)
    points = np.stack(np.broadcast_arrays(x, y), -1).reshape(-1, 2)
    paths = follow(points, flow, np.full(len(points), length), steps)
    return sample(field, paths).mean(1).reshape(field.shape).astype(np.float32)


def stack(height: int, width: int, outlines: Iterable[Array]) -> Array:
    """Number of the topmost shape at each pixel (H, W), -1 where there is none.

    outlines: polygons (K, 2) in units, the lowest first.
    """
    unit = unit_of(height, width)
    canvas = Image.new("I", (width, height), -1)
    draw = ImageDraw.Draw(canvas)
    for number, outline in enumerate(outlines):
        draw.polygon((outline.ravel() * unit).tolist(), fill=number)
    return np.asarray(canvas)


def discs(height: int, width: int, centers: Array, radius: Array) -> Array:
    """Number of the topmost disc at each pixel (H, W), -1 for none; lengths in units."""
    angle = np.linspace(0, 2 * np.pi, 13)[:-1]
    ring = np.stack([np.cos(angle), np.sin(angle)], 1)
    return stack(height, width, centers[:, None] + radius[:, None, None] * ring)


def ribbons(
    height: int, width: int, paths: Array, breadth: Array, taper: float = 0.6
) -> tuple[Array, Array, Array]:
    """Draw strokes one over the other and tell each pixel where in which stroke it lies.

    paths: (N, K, 2); breadth: (N,); taper: how much a stroke narrows toward its ends.
    Returns three maps (H, W): the stroke's number (-1 for none), the place along it in [0, 1]
    and across it in [-1, 1]. Color, bristles and relief are then array arithmetic.
    """
    pieces = paths.shape[1] - 1
    tangent = np.gradient(paths, axis=1)
    tangent /= np.linalg.norm(tangent, axis=-1, keepdims=True) + 1e-9
    normal = np.stack([-tangent[..., 1], tangent[..., 0]], -1)
    swell = 1 - taper * np.abs(np.linspace(-1, 1, pieces + 1)) ** 3
    half = breadth[:, None] * swell / 2
    left, right = paths + normal * half[..., None], paths - normal * half[..., None]
    quads = np.stack([left[:, :-1], left[:, 1:], right[:, 1:], right[:, :-1]], 2)
    index = stack(height, width, quads.reshape(-1, 4, 2))

    def between(ends: Array) -> Array:  # of each piece's two ends, their mean at each pixel
        return ((ends[:, :-1] + ends[:, 1:]) / 2).astype(np.float32).ravel()[index]

    x, y = unit_grid(height, width)
    dx, dy = x - between(paths[..., 0]), y - between(paths[..., 1])
    nx, ny, wide = between(normal[..., 0]), between(normal[..., 1]), between(half)
    across = np.clip((dx * nx + dy * ny) / wide, -1, 1)
    step = np.linalg.norm(np.diff(paths, axis=1), axis=-1).astype(np.float32).ravel()[index]
    piece = (index % pieces).astype(np.float32)
    along = (piece + 0.5 + (dx * ny - dy * nx) / (step + 1e-9)) / pieces
    return np.where(index < 0, -1, index // pieces), np.clip(along, 0, 1), across


def light(picture: Array, relief: Array, strength: float = 1.0, blur: float = 0.0015) -> Array:
    """The picture (H, W, 3) as paint of that relief (H, W), lit from the upper left.

    relief: in units, like the width of a stroke. blur: softening of the relief, in units.
    """
    unit = unit_of(*relief.shape)
    down, across = np.gradient(gaussian_filter(relief, blur * unit))
    slope = np.tanh(strength * unit * (down + across))[..., None]
    dark, bright = np.maximum(-slope, 0), np.maximum(slope, 0)
    return picture * (1 - 0.5 * dark) + (1 - picture) * bright * 0.28


def oil(
    rng: Generator,
    height: int,
    width: int,
    scene: Array,
    flow: tuple[Array, Array],
    length: float = 0.1,
    breadth: float = 0.014,
    contrast: float = 0.1,
    accents: Array | None = None,
) -> Array:
    """A sketch repainted (H, W, 3) in oil strokes along a flow.

    scene: the colored sketch (h, w, 3); flow: its stroke directions, two fields (h, w).
    length, breadth: of a middling stroke, in units. contrast: how far the strokes' lightness
    strays. accents: colors (M, 3) that one stroke in twelve takes.
    """
    starts = scatter(rng, height, width, math.sqrt(length * breadth / 5))
    count = len(starts)
    lengths = length * rng.uniform(0.5, 1.4, count)
    breadths = breadth * rng.uniform(0.5, 1.3, count)
    paths = follow(starts, flow, lengths, steps=8 if length > 0.08 else 4)
    stroke, along, across = ribbons(height, width, paths, breadths)
    tint = sample(scene, starts)
    if accents is not None:
        chosen = rng.random(count) < 1 / 12
        mixed = accents[rng.integers(len(accents), size=count)]
        tint = np.where(chosen[:, None], 0.35 * tint + 0.65 * mixed, tint)
    tint = tint * (1 + contrast * rng.standard_normal((count, 1))) + rng.normal(0, 0.02, (count, 3))
    bristles = rng.standard_normal((count, 12))
    hair = bristles.astype(np.float32)[stroke, ((across + 1) * 5.99).astype(np.int32)]
    picture = tint.astype(np.float32)[stroke] * (1 + 0.09 * hair[..., None])
    bare = stroke < 0
    if bare.any():
        picture[bare] = 0.7 * resize(scene, height, width)[bare]
    ridge = 0.35 + 0.9 * np.abs(across) ** 3 - np.abs(across) ** 12  # paint pushed to the sides
    relief = breadth * 0.2 * (ridge + 0.25 * hair + rng.random(count).astype(np.float32)[stroke])
    relief *= np.minimum(1, 6 * (1 - along))
    return light(np.clip(picture, 0, 1), np.where(bare, 0, relief))
