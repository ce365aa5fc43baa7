"""The painters' tools: noise, palettes, flow lines, strokes with bristles, raking light.

Lengths are in *units*: one unit is the side of a square with the picture's area, so a drawing
keeps its composition at every size. Points are (x, y), fields are arrays (H, W), colors are
RGB in [0, 1]. Every function draws its random numbers from the generator that it is given.
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
    """Return the pixels per unit of a picture of `height` x `width` pixels."""
    return math.sqrt(height * width)


def extent_of(height: int, width: int) -> tuple[float, float]:
    """Return (height, width) of the picture in units; their product is 1."""
    unit = unit_of(height, width)
    return height / unit, width / unit


def sketch_size(height: int, width: int, pixels: int = 224) -> tuple[int, int]:
    """Return (rows, columns) of a sketch of that shape, with `pixels` to the unit."""
    scale = pixels / unit_of(height, width)
    return max(2, round(height * scale)), max(2, round(width * scale))


def unit_grid(height: int, width: int) -> tuple[Array, Array]:
    """Return the coordinates x (1, W) and y (H, 1) of the pixel centers, in units."""
    unit = unit_of(height, width)
    x = (np.arange(width, dtype=np.float32) + 0.5) / unit
    y = (np.arange(height, dtype=np.float32) + 0.5) / unit
    return x[None, :], y[:, None]


def noise(
    rng: Generator, height: int, width: int, cells: float | tuple[float, float], octaves: int = 1
) -> Array:
    """Draw smooth noise.

    Args:
        rng: Where the random numbers come from.
        height, width: In pixels.
        cells: How many random values there are to the unit, or (down, across) for streaks.
        octaves: Each further one is twice as fine and half as strong.

    Returns:
        (H, W), float32, mean 0 and deviation about 1.
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
    """Return the colors (N, 3) of hex codes with spaces between, such as "f4ecd6 0b1d3f"."""
    return np.array([list(bytes.fromhex(code)) for code in text.split()], np.float32) / 255


def ramp(text: str, position: Array) -> Array:
    """Return the colors at `position` on a ramp through hex codes, blended in Lab.

    Args:
        text: Hex codes, as in `colors`.
        position: (...), 0 for the first color and 1 for the last; values beyond are clipped.

    Returns:
        (..., 3), float32 in [0, 1].
    """
    stops = rgb2lab(colors(text))
    at = np.linspace(0, len(stops) - 1, 1024)
    table = np.stack([np.interp(at, np.arange(len(stops)), stops[:, i]) for i in range(3)], 1)
    table = lab2rgb(table).astype(np.float32)
    return table[(np.clip(position, 0, 1) * 1023).astype(np.int32)]


def resampled(field: Array, height: int, width: int) -> Array:
    """Return a field (h, w) or a picture (h, w, 3) at another size, bicubic."""
    if field.ndim == 3:
        return np.stack([resampled(field[..., i], height, width) for i in range(3)], 2)
    return np.asarray(Image.fromarray(field.astype(np.float32)).resize((width, height), 3))


def sample(field: Array, points: Array) -> Array:
    """Return the values of a field (H, W) or picture (H, W, 3) at points (..., 2), linear in between."""
    if field.ndim == 3:
        return np.stack([sample(field[..., i], points) for i in range(3)], -1)
    unit = unit_of(*field.shape)
    where = [points[..., 1] * unit - 0.5, points[..., 0] * unit - 0.5]
    return map_coordinates(field, where, order=1, mode="nearest")


def scatter(rng: Generator, height: int, width: int, spacing: float, margin: float = 0.05) -> Array:
    """Draw points that are spread evenly but not regularly, in random order.

    Args:
        rng: Where the random numbers come from.
        height, width: Of the picture, in pixels.
        spacing: Between neighbors, in units.
        margin: How far beyond the picture there are points, too, in units.

    Returns:
        (N, 2).
    """
    bottom, right = extent_of(height, width)
    x = np.arange(-margin, right + margin, spacing)
    y = np.arange(-margin, bottom + margin, spacing)
    points = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
    points = points + rng.uniform(-0.6, 0.6, points.shape) * spacing
    return rng.permutation(points)


def follow(starts: Array, flow: tuple[Array, Array], length: Array, steps: int = 8) -> Array:
    """Return paths along a flow, each with its start in the middle.

    Args:
        starts: (N, 2).
        flow: The fields of the x and y components, (H, W) each; only their direction counts.
        length: Of each path, (N,), in units.
        steps: How many straight pieces a path has, an even number.

    Returns:
        (N, steps + 1, 2).
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
    """Average a field or a picture along a flow, as a dry brush would.

    This is line integral convolution (Cabral and Leedom 1993).

    Args:
        field: (H, W) or (H, W, 3).
        flow: As in `follow`.
        length: Of the path that each average is over, with the pixel in its middle, in units.
        steps: How many straight pieces a path has, an even number.

    Returns:
        The same shape, float32.
    """
    x, y = unit_grid(*field.shape[:2])
    points = np.stack(np.broadcast_arrays(x, y), -1).reshape(-1, 2)
    paths = follow(points, flow, np.full(len(points), length), steps)
    return sample(field, paths).mean(1).reshape(field.shape).astype(np.float32)


def stack(height: int, width: int, outlines: Iterable[Array]) -> Array:
    """Return the number of the topmost shape at each pixel, (H, W), -1 where there is none.

    Args:
        height, width: In pixels.
        outlines: Polygons (K, 2) in units, the lowest first.
    """
    unit = unit_of(height, width)
    canvas = Image.new("I", (width, height), -1)
    draw = ImageDraw.Draw(canvas)
    for number, outline in enumerate(outlines):
        draw.polygon((outline.ravel() * unit).tolist(), fill=number)
    return np.asarray(canvas)


def discs(height: int, width: int, centers: Array, radius: Array) -> Array:
    """Return the number of the topmost disc at each pixel, (H, W), -1 where there is none.

    Args:
        height, width: In pixels.
        centers: (N, 2), the lowest first.
        radius: (N,), in units.
    """
    angle = np.linspace(0, 2 * np.pi, 13)[:-1]
    ring = np.stack([np.cos(angle), np.sin(angle)], 1)
    return stack(height, width, centers[:, None] + radius[:, None, None] * ring)


def ribbons(
    height: int, width: int, paths: Array, breadth: Array, taper: float = 0.6
) -> tuple[Array, Array, Array]:
    """Lay strokes one over the other and return where in which stroke each pixel lies.

    Color, bristles and relief are then array arithmetic.

    Args:
        height, width: In pixels.
        paths: (N, K, 2), the lowest stroke first.
        breadth: (N,), in units.
        taper: How much a stroke narrows toward its ends; 0 is not at all.

    Returns:
        Three maps (H, W): the stroke's number (-1 for none), the place along it in [0, 1] and across it
        in [-1, 1].
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
    """Light a picture from the upper left as if it were paint of a certain relief.

    Args:
        picture: (H, W, 3) in [0, 1].
        relief: How thick the paint is, (H, W), in units, like the width of a stroke.
        strength: How much a slope counts; 0 changes nothing. The steepest slopes lose half of their
            light.
        blur: How much the relief is softened first, in units.

    Returns:
        (H, W, 3), in [0, 1] if the picture was.
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
    """Repaint a sketch in oil strokes along a flow.

    Args:
        rng: Where the random numbers come from.
        height, width: Of the painting, in pixels.
        scene: The colored sketch, (h, w, 3).
        flow: The directions of the strokes, two fields (h, w), as in `follow`.
        length, breadth: Of an average stroke, in units.
        contrast: How much the lightness varies from stroke to stroke.
        accents: Colors (M, 3) that are mixed into one stroke in twelve.

    Returns:
        (H, W, 3), about in [0, 1].
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
        picture[bare] = 0.7 * resampled(scene, height, width)[bare]
    ridge = 0.35 + 0.9 * np.abs(across) ** 3 - np.abs(across) ** 12  # paint pushed to the sides
    relief = breadth * 0.2 * (ridge + 0.25 * hair + rng.random(count).astype(np.float32)[stroke])
    relief *= np.minimum(1, 6 * (1 - along))
    return light(np.clip(picture, 0, 1), np.where(bare, 0, relief))
