"""Paintings on paper: waves, woodcut, marble, cutpaper.

Every painter takes the height and the width in pixels and a generator of random numbers, and returns RGB
(H, W, 3), about in [0, 1].
"""

import numpy as np
from numpy.random import Generator

from nstlib.paintings.brushes import (
    Array,
    colors,
    discs,
    extent_of,
    noise,
    ramp,
    resampled,
    scatter,
    sketch_size,
    stack,
    unit_grid,
    unit_of,
)


def waves(height: int, width: int, rng: Generator) -> Array:
    """Paint breaking waves in Prussian blue ink on cream paper, after Hokusai.

    Each wave is a crest line with stripes below it. Turning the paper around points on the crests curls
    the stripes into breakers; drops of foam fly there.
    """
    x, y = unit_grid(height, width)
    bottom, right = extent_of(height, width)
    skies = [
        "e3a184 efd3a4 f4ecd6 e9dcb8",
        "8fb0b8 cdd6c4 f4ecd6 efd9ae",
        "c9b48c e8d8b0 f4ecd6 e8b090",
    ]
    haze = 0.16 * noise(rng, height, width, (16, 1.6), 3)
    picture = ramp(skies[rng.integers(3)], 2.2 * y / bottom + haze)
    sun = np.hypot(x - rng.uniform(0.2, 0.8) * right, y - 0.16 * bottom) < 0.085
    picture[sun] = colors("d4492e")
    depths, foam = _breakers(rng, *sketch_size(height, width, 400))
    wobble = 0.004 * noise(rng, height, width, 12, 2)
    depth = np.full((height, width), -1, np.float32)
    wave = np.zeros((height, width), np.int32)
    for number, below in enumerate(depths):
        below = resampled(below, height, width) + wobble
        depth = np.where(below > 0, below, depth)
        wave = np.where(below > 0, number, wave)
    pitch = 1 / np.array([30, 44, 34, 52, 32, 46, 36], np.float32)
    stripe = np.abs(depth / pitch[wave] % 1 - 0.5) * 2
    wash = rng.uniform(0.15, 0.5, 7).astype(np.float32)
    tone = (
        wash[wave] + 0.12 * noise(rng, height, width, 4, 2) + 0.55 * stripe + 0.9 * (depth - 0.06)
    )
    sea = ramp("f4ecd6 dce2d4 9dbcc4 4f87a6 1f4f86 12305f 0b1d3f", np.where(depth < 0.014, 0, tone))
    ink = colors("0b1d3f")
    line = np.exp(-(((depth - 0.0145) / 0.0025) ** 2)) + np.exp(-((depth / 0.0022) ** 2))
    sea += np.clip(line, 0, 1)[..., None] * (ink - sea)
    picture = np.where((depth < 0)[..., None], picture, sea)
    picture *= 1 + 0.03 * noise(rng, height, width, (180, 90), 2)[..., None]
    size = rng.uniform(0.002, 0.0075, len(foam))
    twice = np.stack([1.35 * size, 0.9 * size], 1).ravel()  # every drop has an inked rim
    drop = discs(height, width, np.repeat(foam, 2, axis=0), twice)[..., None]
    return np.where(drop < 0, picture, np.where(drop % 2 == 0, ink, colors("f8f2e0")))


def _breakers(rng: Generator, rows: int, cols: int) -> tuple[list[Array], Array]:
    """Draw the depth below each of seven crests, fields (rows, cols), and drops of foam (N, 2)."""
    x, y = unit_grid(rows, cols)
    bottom, right = extent_of(rows, cols)
    level = (bottom * np.linspace(0.23, 1.02, 7)).tolist()
    swell = rng.uniform(0, 2 * np.pi, (7, 3)).tolist()

    def crest(number: int, x: Array) -> Array:
        a, b, c = swell[number]
        wave = 0.05 * np.sin(5 * x + a) + 0.025 * np.sin(11 * x + b) + 0.012 * np.sin(23 * x + c)
        return level[number] + wave

    turn = 1 if rng.random() < 0.5 else -1
    foam = []
    for number in range(7):
        for cx in ((rng.permutation(3)[:2] + rng.uniform(0.15, 0.85, 2)) * right / 3).tolist():
            cy, radius = float(crest(number, cx)) + 0.02, rng.uniform(0.08, 0.15)
            dx, dy = x - cx, y - cy
            angle = turn * rng.uniform(3.2, 4.6) * np.exp(-2 * (dx**2 + dy**2) / radius**2)
            x = cx + np.cos(angle) * dx - np.sin(angle) * dy
            y = cy + np.sin(angle) * dx + np.cos(angle) * dy
            lip = cx - 0.03 * turn, cy - 0.5 * radius
            foam.append(rng.normal(0, (0.5, 0.4), (28, 2)) * radius + lip)
    return [y - crest(number, x) for number in range(7)], np.concatenate(foam)


def woodcut(height: int, width: int, rng: Generator) -> Array:
    """Print a sun over ranges of hills, cut in lines on warm paper.

    Each part has lines of its own: rays in the sky, rings on the sun, contours on the hills.
    A line is as wide as the tone there is dark.
    """
    x, y = unit_grid(height, width)
    bottom, right = extent_of(height, width)
    wobble = 0.012 * noise(rng, height, width, 5, 2)
    dx = x - rng.uniform(0.25, 0.75) * right + wobble
    dy = y - rng.uniform(0.2, 0.3) * bottom + wobble
    r = np.hypot(dx, dy)
    sun = r < 0.1
    tone = 0.2 + 0.55 * r + 0.12 * noise(rng, height, width, (8, 3), 2)
    tone = np.where(sun, 0.12 + 3 * np.maximum(0, r - 0.07), tone)
    phase = np.where(sun, 60 * r, np.arctan2(dy, dx) * 90 / (2 * np.pi))
    sketch = sketch_size(height, width, 400)
    block = np.where(sun, 3, 0)  # which color lies under the black
    for depth in range(5):
        jag = resampled(noise(rng, *sketch, (0.01, 2.5 + depth), 4), height, width)
        below = y - bottom * (0.535 + 0.115 * depth) + 0.07 + 0.06 * jag
        hill = below > 0
        relief = resampled(noise(rng, *sketch, 5, 2), height, width)
        shade = 0.72 + 0.27 * relief - 1.2 * below
        tone = np.where(hill, np.where(below < 0.006, 2, shade), tone)
        lines = (0.9 - 0.4 * (depth % 2)) * below + (-1) ** depth * 0.5 * x + 0.03 * relief
        phase = np.where(hill, 62 * lines, phase)
        block = np.where(hill, 1 + depth % 2, block)
    pitch = np.hypot(*np.gradient(phase))
    line = np.abs(phase % 1 - 0.5) * 2
    ink = np.clip((np.clip(tone, 0.1, 0.9) - line) / (2 * pitch + 1e-3) + 0.5, 0, 1)
    ink = np.where(tone > 1.5, 1, ink)
    ink *= np.clip(2.6 - noise(rng, height, width, 150, 2), 0.5, 1)  # specks where it did not take
    inks = [
        "f0e2c4 e9c07c d99a5a c8402a",
        "ecdcc4 d88f74 b9b08a e0a030",
        "efe6cf c2c79a 9db8b0 d9482b",
        "e9e2d0 9fc0cc d8c08c d8573a",
    ]
    paper = colors(inks[rng.integers(4)])[block]
    paper *= 1 + 0.035 * noise(rng, height, width, (160, 12), 2)[..., None]
    return paper + ink[..., None] * (colors("1a1512") - paper)


def marble(height: int, width: int, rng: Generator) -> Array:
    """Marble paper: stripes and rings of ink on water, through which combs are drawn.

    A new drop of radius r pushes every point p away from its center c, to c + (p - c) sqrt(1 + r² / d²)
    at the distance d; a comb drags points along its teeth, and the farther they are from a tooth, the
    less it does so.
    """
    bottom, right = extent_of(height, width)
    palettes = [
        "12355b d7263d f4e9cd f2b134 1b998b 0b132b f7f3e6",
        "3a0f2b a8324a f0d9b5 d98b3a 2a6d87 f7efe0 101820",
        "0e3b43 3f8a72 f2e8cf bc4749 f2a65a 1b1b3a a7c4bc",
    ]
    inks = colors(palettes[rng.integers(3)])
    angle = np.linspace(0, 2 * np.pi, 1200, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)
    there = np.linspace(-0.3, right + 0.3, 600)
    stripe = np.stack([np.r_[there, there[::-1]], np.repeat([-0.024, 0.024], 600)], 1)
    levels = np.arange(-0.4, bottom + 0.4, 0.045)
    centers = np.repeat(scatter(rng, height, width, 0.22), 4, axis=0).astype(np.float32)
    points = np.empty((len(levels) + len(centers), 1200, 2), np.float32)
    points[: len(levels)] = stripe + np.stack([0 * levels, levels], 1)[:, None]
    for number, center in enumerate(centers, len(levels)):
        radius = rng.uniform(0.02, 0.075)
        away = points[:number] - center
        square = away[..., 0] ** 2 + away[..., 1] ** 2
        points[:number] = center + away * np.sqrt(1 + radius**2 / square)[..., None]
        points[number] = center + radius * circle
    for axis, pitch, pull in ((0, 0.14, 0.16), (1, 0.06, 0.1)):
        place = points[..., 1 - axis] / pitch + rng.uniform()
        tooth = np.exp(-6 * np.abs(place % 1 - 0.5)) - np.exp(-3)
        back_and_forth = np.where(np.floor(place) % 2, 1, -1) if axis == 0 else 1
        points[..., axis] += back_and_forth * pull * (tooth - 0.2 * axis)
    points[..., 0] += 0.03 * np.sin(8 * points[..., 1] + rng.uniform(0, 6))
    ink = inks[rng.integers(len(inks), size=len(points))]
    picture = ink[stack(height, width, points)]
    return picture * (1 + 0.03 * noise(rng, height, width, 140, 2)[..., None])


def cutpaper(height: int, width: int, rng: Generator) -> Array:
    """Cut fronds from gouache-painted paper and lay them over a patchwork of sheets, after Matisse.

    A pixel lies in shadow when, toward the light, a later sheet is near.
    """
    bottom, right = extent_of(height, width)
    palettes = [
        "f2e8d5 1d3f8f d8402b f0b32e 2e8b57 e77fa3 14213d f6f1e4 f07f2e 5aa7c7",
        "f4ead6 0f6e6e e2583e f3c13a 283b8c d98cb3 1b1b2f f7f2e6 7fb069 ef8a4c",
        "efe4cf 5b3d9b f26b38 f9c846 1f7a8c bf2f5f 0e1b3d fbf5e9 5aa04c 3f88c5",
    ]
    paints = colors(palettes[rng.integers(3)])
    grid = max(2, round(3.4 * right)), max(2, round(3.4 * bottom))
    cell = np.array([right / grid[0], bottom / grid[1]])
    homes = [np.array(place) for place in np.ndindex(*grid)]
    square = np.array([(-0.03, -0.03), (1.03, -0.03), (1.03, 1.03), (-0.03, 1.03)])
    sheets = [(home + square + rng.normal(0, 0.04, (4, 2))) * cell for home in homes]
    paint = list(rng.integers(len(paints), size=len(homes)))
    for size, stray in ((0.33, 0.1), (0.2, 0.5), (0.12, 0.5)):
        for number, home in enumerate(homes):
            center = (home + 0.5 + rng.uniform(-stray, stray, 2)) * cell
            sheets.append(center + size * rng.uniform(0.85, 1.15) * _frond(rng))
            paint.append((paint[number] + rng.integers(1, len(paints))) % len(paints))
    top = stack(height, width, sheets)
    shadow = np.zeros((height, width), np.float32)
    for step in range(1, 9):
        shift = round(0.0014 * step * unit_of(height, width))
        shadow += np.roll(top, (shift, shift), (0, 1)) > top
    brushed = [noise(rng, height, width, cells, 2) for cells in ((6, 160), (160, 6), (50, 110))]
    brush = np.choose(rng.integers(3, size=len(sheets))[top], brushed)[..., None]
    patchy = noise(rng, height, width, 9, 4)[..., None]
    picture = paints[paint][top] * (1 + 0.045 * brush + 0.06 * patchy) + 0.018 * brush
    return np.clip(picture, 0, 1) * (1 - 0.42 * shadow / 8)[..., None]


def _frond(rng: Generator) -> Array:
    """Draw the outline (480, 2) of a frond of length 1: a bent spine with fingers on both sides."""
    t = np.linspace(0, 1, 240)
    angle = rng.uniform(0, 2 * np.pi) + rng.normal(0, 1) * (t - 0.5)
    ahead = np.stack([np.cos(angle), np.sin(angle)], 1)
    aside = np.stack([-np.sin(angle), np.cos(angle)], 1)
    spine = np.cumsum(ahead, 0) / len(t)
    spine -= spine.mean(0)
    fingers = 0.14 + 0.86 * np.abs(np.sin(np.pi * (rng.integers(3, 6) + 0.35) * t)) ** 0.9
    reach = rng.uniform(0.26, 0.36) * np.sin(np.pi * (0.06 + 0.88 * t)) ** 0.5 * fingers
    lean = rng.uniform(0.3, 0.7) * ahead
    left, right = spine + reach[:, None] * (lean + aside), spine + reach[:, None] * (lean - aside)
    return np.concatenate([left, right[::-1]])
