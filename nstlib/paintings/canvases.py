"""Thousands of small abstract pictures, drawn by programs: what the compact backbone learns from.

They need not be beautiful (`nstlib.paintings` is for that), only unlike each other, from single
pixels up to shapes of 100 pixels. Four seeds in a row share their palette, two in a row also share
the program and differ in its parameters.

Every program takes a generator of random numbers, a palette (n, 3) and the side of the canvas in pixels,
and returns RGB (size, size, 3), about in [0, 1].
"""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage
from scipy.spatial import cKDTree

from nstlib.paintings.brushes import Array, light, smear
from nstlib.paintings.fields import (
    along_levels,
    fractal_noise,
    palette,
    pixel_grid,
    potential,
    tint,
    unit,
    warp,
)

Program = Callable[[Generator, Array, int], Array]


def canvas(seed: int, *, size: int = 256) -> Array:
    """Draw a training picture.

    Structures are measured in pixels, so a larger canvas shows more of them, not larger ones.

    Args:
        seed: The number of the canvas; the same seed gives the same pixels.
        size: The side of the square, in pixels, at least 16.

    Returns:
        (size, size, 3), uint8.

    Raises:
        ValueError: For a size below 16.
    """
    if size < 16:
        raise ValueError(f"A canvas needs at least 16 pixels a side, not {size}.")
    colors = palette(np.random.default_rng([seed // 4, 1]))
    chooser = np.random.default_rng([seed // 2, 2])
    first, second = chooser.choice(len(PROGRAMS), 2, p=WEIGHTS / WEIGHTS.sum())
    rng = np.random.default_rng([seed, 3])
    picture = PROGRAMS[first](rng, colors, size)
    fate = rng.random()
    if fate < 0.2:
        mask = fractal_noise(rng, size, 1.8) > rng.uniform(-0.5, 0.5)
        picture = np.where(mask[..., None], picture, PROGRAMS[second](rng, colors, size))
    elif fate < 0.3:
        picture = warp(rng, picture, rng.uniform(2, 12))
    if rng.random() < 0.3:
        picture = picture * (0.6 + 0.8 * unit(fractal_noise(rng, size, 2.0))[..., None])
    return np.round(255 * np.clip(picture, 0, 1)).astype(np.uint8)


# ---- the programs --------------------------------------------------------------------------


def blank(colors: Array, size: int) -> tuple[Image.Image, ImageDraw.ImageDraw, list[tuple]]:
    """Return an image of the first color, a pen for it, and the palette as PIL wants it."""
    inks = [tuple(round(255 * c) for c in color) for color in colors]
    image = Image.new("RGB", (size, size), inks[0])
    return image, ImageDraw.Draw(image), inks


def pixels_of(image: Image.Image) -> Array:
    """Return the pixels of a PIL image as an array in [0, 1]."""
    return np.asarray(image) / 255.0


def random_network(rng: Generator, colors: Array, size: int) -> Array:
    """Feed the coordinates through a small random network; its own colors, not the palette's."""
    y, x = (pixel_grid(size) - np.float64(size / 2)) / 128 * rng.uniform(1, 6)
    layer = np.stack([x, y, np.hypot(x, y), np.arctan2(y, x) / 3], axis=-1)
    bends = [np.sin, np.tanh, np.abs, lambda t: np.exp(-t * t)]
    for _ in range(rng.integers(2, 5)):
        inputs = layer.shape[-1]
        weight = rng.standard_normal((inputs, 24)) * rng.uniform(1.2, 3.0) / np.sqrt(inputs)
        layer = layer @ weight + rng.standard_normal(24)
        which = rng.integers(4, size=24)
        for i, bend in enumerate(bends):
            layer[..., which == i] = bend(layer[..., which == i])
    mixed = layer @ rng.standard_normal((24, 3)) * rng.uniform(0.3, 1.2)
    return 1 / (1 + np.exp(-mixed))


def clouds(rng: Generator, colors: Array, size: int) -> Array:
    """Draw fractal noise, plain, folded or rippled."""
    field = fractal_noise(rng, size, rng.uniform(0.8, 2.5), stretched=rng.random() < 0.5)
    if rng.random() < 0.4:
        field = np.abs(field)
    if rng.random() < 0.3:
        field = np.sin(field * rng.uniform(2, 12))
    return tint(rng, colors, field)


def weave(rng: Generator, colors: Array, size: int) -> Array:
    """Draw stripes, plaid, checkers or dots, mostly warped."""
    y, x = pixel_grid(size)
    angle, width = rng.uniform(0, np.pi), rng.uniform(4, 60)
    u = (np.cos(angle) * x + np.sin(angle) * y) / width
    v = (np.cos(angle) * y - np.sin(angle) * x) / width * rng.uniform(0.3, 1.5)
    wave = np.sin(2 * np.pi * u)
    checkers = ((u % 1 > 0.5) ^ (v % 1 > 0.5)).astype(float)
    dots = np.hypot(u % 1 - 0.5, v % 1 - 0.5)
    field = [wave, wave * np.sin(2 * np.pi * v), checkers, dots][rng.integers(4)]
    if rng.random() < 0.7:
        field = warp(rng, field, rng.uniform(1, 14))
    return tint(rng, colors[: rng.integers(2, len(colors))], field)


def leaves(rng: Generator, colors: Array, size: int) -> Array:
    """Draw overlapping discs, boxes and polygons of many sizes ("dead leaves")."""
    image, pen, inks = blank(colors, size)
    kinds = rng.choice(["disc", "box", "polygon", "splinter"], size=rng.integers(1, 3))
    small, large = rng.uniform(2, 8), rng.uniform(12, 60)
    for _ in range(int(rng.uniform(1.6, 5) * size**2 / (small * large))):
        u = rng.random()
        radius = 1 / np.sqrt(u / small**2 + (1 - u) / large**2)
        x, y = rng.uniform(-20, size + 20, 2)
        ink = inks[rng.integers(len(inks))]
        outline = inks[rng.integers(len(inks))] if rng.random() < 0.3 else None
        kind = rng.choice(kinds)
        if kind in ("disc", "box"):
            h = radius * (rng.uniform(0.3, 1) if kind == "box" else 1)
            draw = pen.rectangle if kind == "box" else pen.ellipse
            draw([x - radius, y - h, x + radius, y + h], fill=ink, outline=outline)
        else:
            corners = rng.integers(3, 8)
            angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
            reach = radius * (rng.uniform(0.4, 1, corners) if kind == "splinter" else 1)
            points = np.stack([x + reach * np.cos(angle), y + reach * np.sin(angle)], axis=-1)
            pen.polygon([tuple(p) for p in points], fill=ink, outline=outline)
    return pixels_of(image)


def bands(rng: Generator, colors: Array, size: int) -> Array:
    """Draw broad bands between the level lines of a landscape: waves, halos, whorls."""
    width = rng.uniform(4, 45)
    level = potential(rng, size) / width + rng.uniform(0, 0.3) * fractal_noise(rng, size, 1.5)
    if rng.random() < 0.5:
        step = rng.permutation(len(colors))[level.astype(int) % len(colors)]
        return colors[step]
    return tint(rng, colors, np.sin(2 * np.pi * level) + rng.uniform(0, 0.3) * level)


def brushwork(rng: Generator, colors: Array, size: int) -> Array:
    """Draw bristle marks along the level lines of a landscape, over bands or clouds, in relief."""
    landscape = potential(rng, size)
    ground = (clouds if rng.random() < 0.5 else bands)(rng, colors, size)
    if rng.random() < 0.5:
        width = rng.uniform(6, 40)
        ground = tint(rng, colors, np.sin(2 * np.pi * landscape / width) + unit(landscape))
    grain = ndimage.gaussian_filter(rng.standard_normal((size, size)), rng.uniform(0.5, 2.5))
    flow = along_levels(landscape)
    bristles = smear(grain, flow, 2 * rng.integers(4, 20) / size)
    bristles = bristles / bristles.std()
    ground = smear(ground, flow, 8 / size, steps=8)
    ground = ground + rng.uniform(0.03, 0.2) * bristles[..., None] * (colors.std(0) + 0.3)
    return light(ground, bristles / size, rng.uniform(0, 0.6))


def strokes(rng: Generator, colors: Array, size: int) -> Array:
    """Draw separate strokes, short dabs to long ribbons, along a landscape's level lines."""
    image, pen, inks = blank(colors, size)
    thickness = Image.new("L", (size, size))
    ridge = ImageDraw.Draw(thickness)
    landscape = potential(rng, size)
    dx, dy = along_levels(landscape)
    by_place = rng.random() < 0.6
    field = fractal_noise(rng, size, rng.uniform(1, 2)) if by_place else np.sin(landscape / 12)
    chosen = unit(field) * len(inks)
    length, width = np.exp(rng.uniform(np.log(6), np.log(90))), int(rng.integers(1, 10))
    length = max(length, 1.5 * width)
    jitter, wander = rng.uniform(0, 0.35), rng.uniform(0, 30)
    steps = max(1, int(length / 6))
    for _ in range(int(2 * size**2 / (length * width))):
        x, y = rng.uniform(0, size, 2)
        place = chosen[int(y), int(x)] + 0.7 * rng.standard_normal()
        ink = np.array(inks[int(np.clip(place, 0, len(inks) - 1))]) + rng.uniform(-wander, wander)
        turn = jitter * rng.standard_normal()
        points = [(x, y)]
        for _ in range(steps):
            row, column = int(np.clip(y, 0, size - 1)), int(np.clip(x, 0, size - 1))
            angle = np.arctan2(dy[row, column], dx[row, column]) + turn
            x, y = x + length / steps * np.cos(angle), y + length / steps * np.sin(angle)
            points.append((x, y))
        pen.line(
            points, fill=tuple(int(c) for c in np.clip(ink, 0, 255)), width=width, joint="curve"
        )
        ridge.line(points, fill=int(rng.integers(40, 256)), width=max(1, width - 2), joint="curve")
    height = pixels_of(thickness) / size
    strength = rng.choice([0, rng.uniform(1, 5)])
    return light(pixels_of(image), height, strength, blur=(0.3 + width / 6) / size)


def voronoi(rng: Generator, colors: Array, size: int) -> Array:
    """Draw Voronoi cells: leaded panes, or the distances themselves."""
    n = int(np.exp(rng.uniform(np.log(20), np.log(600))) * (size / 256) ** 2) + 4
    points = rng.uniform(0, size, (n, 2))
    if rng.random() < 0.3:
        ticks = np.linspace(0, size, int(np.sqrt(n)) + 1)
        points = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
        points = points + rng.uniform(0, 6) * rng.standard_normal(points.shape)
    distance, index = cKDTree(points).query(np.stack(pixel_grid(size), axis=-1), k=2)
    gap = distance[..., 1] - distance[..., 0]
    if rng.random() < 0.5:
        panes = colors[rng.integers(1, len(colors), len(points))][index[..., 0]]
        return np.where((gap < rng.uniform(0.5, 5))[..., None], colors[0], panes)
    return tint(rng, colors, gap if rng.random() < 0.5 else distance[..., 0])


def attractor(rng: Generator, colors: Array, size: int) -> Array:
    """Draw where an iterated function system of a few random contractions ends up."""
    n = rng.integers(2, 6)
    u, s, v = np.linalg.svd(rng.uniform(-1, 1, (n, 2, 2)))
    maps = u * np.clip(s, 0.2, 0.85)[:, None] @ v
    shifts = rng.uniform(-1, 1, (n, 2))
    points, visited = np.zeros((2000, 2)), []
    for turn in range(60):
        which = rng.integers(n, size=len(points))
        points = np.einsum("nij,nj->ni", maps[which], points) + shifts[which]
        if turn > 10:
            visited.append(points)
    visited = np.concatenate(visited)
    low, high = np.percentile(visited, [1, 99], axis=0)
    visited = (visited - low) / (high - low + 1e-6)
    count, _, _ = np.histogram2d(*visited.T, bins=size, range=[[0, 1], [0, 1]])
    return tint(rng, colors, np.log1p(ndimage.gaussian_filter(count, rng.uniform(0.3, 1))))


def scribbles(rng: Generator, colors: Array, size: int) -> Array:
    """Draw wandering pen lines, some of them curling up."""
    image, pen, inks = blank(colors, size)
    width, jitter, step = int(rng.integers(1, 8)), rng.uniform(0.05, 0.8), rng.uniform(3, 12)
    for _ in range(int(rng.integers(20, 120) * (size / 256) ** 2)):
        bends = 0.2 * rng.standard_normal() + jitter * rng.standard_normal(rng.integers(5, 60))
        angle = rng.uniform(0, 2 * np.pi) + np.cumsum(bends)
        x = rng.uniform(0, size) + step * np.cumsum(np.cos(angle))
        y = rng.uniform(0, size) + step * np.cumsum(np.sin(angle))
        ink = inks[rng.integers(1, len(inks))]
        pen.line(list(zip(x, y, strict=True)), fill=ink, width=width, joint="curve")
    return pixels_of(image)


def letters(rng: Generator, colors: Array, size: int) -> Array:
    """Draw a few characters of one size, strewn densely."""
    image, pen, inks = blank(colors, size)
    height = int(rng.integers(8, 48))
    font = ImageFont.load_default(height)
    characters = [chr(code) for code in rng.integers(33, 127, rng.integers(1, 8))]
    for _ in range(int(3 * size**2 / height**2)):
        place = tuple(rng.uniform(-height, size, 2))
        pen.text(place, rng.choice(characters), fill=inks[rng.integers(1, len(inks))], font=font)
    return pixels_of(image)


PROGRAMS: list[Program] = [
    random_network, clouds, weave, leaves, bands, brushwork,
    strokes, voronoi, attractor, scribbles, letters,
]  # fmt: skip
WEIGHTS = np.array([2, 2, 2, 3, 3, 4, 5, 2, 1, 1.5, 1])
