"""Numbers over a square of pixels: noise, landscapes with lines to follow, and their colors.

The parts that the programs of `canvases.py` are put together from, along with the tools in `brushes.py`.
Fields are float arrays (size, size); pictures are (size, size, 3) in [0, 1]. Lengths are in pixels here,
because a training picture has one size.
"""

import numpy as np
from numpy.random import Generator
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage.color import hsv2rgb

from nstlib.paintings.brushes import Array


def palette(rng: Generator) -> Array:
    """Draw 3 to 9 colors around one hue, a third of the wheel or all of it; (n, 3) in [0, 1]."""
    spread = rng.choice([0.08, 0.35, 1.0])
    n = rng.integers(3, 10)
    hue = (rng.random() + spread * (rng.random(n) - 0.5)) % 1
    return hsv2rgb(np.stack([hue, rng.random(n) ** 0.7, rng.random(n) ** 0.6], axis=-1))


def unit(field: Array) -> Array:
    """Stretch a field to [0, 1]; a constant one becomes 0."""
    return (field - field.min()) / max(np.ptp(field), 1e-9)


def pixel_grid(size: int) -> tuple[Array, Array]:
    """Return the coordinates y and x of every pixel, (size, size) each."""
    y, x = np.mgrid[:size, :size].astype(float)
    return y, x


def fractal_noise(rng: Generator, size: int, power: float, *, stretched: bool = False) -> Array:
    """Draw noise whose amplitude falls as 1 / frequency**power.

    `brushes.noise` always falls in the same way, and its streaks run along the sides of the picture;
    training pictures need all kinds of noise, and streaks in every direction.

    Args:
        rng: Where the random numbers come from.
        size: Of the field, in pixels.
        power: 0 is white noise, 2 are smooth clouds.
        stretched: Whether the noise has streaks, in a random direction.

    Returns:
        (size, size), mean 0 and deviation 1.
    """
    fy, fx = np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None]
    if stretched:
        angle, ratio = rng.uniform(0, np.pi), rng.uniform(2, 8)
        c, s = np.cos(angle), np.sin(angle)
        fx, fy = ratio * (c * fx + s * fy), c * fy - s * fx
    frequency = np.hypot(fx, fy)
    frequency[0, 0] = np.inf
    spectrum = np.fft.fft2(rng.standard_normal((size, size))) / frequency**power
    noise = np.fft.ifft2(spectrum).real
    return noise / noise.std()


def warp(rng: Generator, picture: Array, pixels: float) -> Array:
    """Move every pixel of a picture or a field along a smooth random field, by about `pixels`."""
    size = picture.shape[0]
    y, x = pixel_grid(size)
    where = [axis + pixels * fractal_noise(rng, size, 2.0) for axis in (y, x)]
    channels = picture.reshape(size, size, -1)
    moved = [
        ndimage.map_coordinates(channels[..., i], where, order=1, mode="reflect")
        for i in range(channels.shape[-1])
    ]
    return np.stack(moved, axis=-1).reshape(picture.shape)


def tint(rng: Generator, colors: Array, field: Array) -> Array:
    """Color a field by walking through a palette, softly or in steps, once or several times.

    Args:
        rng: Decides how.
        colors: The palette, (n, 3).
        field: (size, size); its least value gets the first color.

    Returns:
        (size, size, 3).
    """
    position = unit(field)
    if rng.random() < 0.3:
        position = position * rng.uniform(2, 5) % 1
    position = position * (len(colors) - 1)
    lower = np.clip(position.astype(int), 0, len(colors) - 2)
    share = position - lower
    if rng.random() < 0.4:
        share = np.clip((share - 0.5) * rng.uniform(2, 10) + 0.5, 0, 1)
    return colors[lower] * (1 - share[..., None]) + colors[lower + 1] * share[..., None]


def potential(rng: Generator, size: int) -> Array:
    """Draw a smooth landscape, with a slope of about 1; strokes follow its level lines.

    Level lines are swirls, waves, rings, straight lines or free, with a size of 20 to 120 pixels.

    Returns:
        (size, size).
    """
    y, x = pixel_grid(size)
    angle = rng.uniform(0, np.pi)
    u, v = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    kind = rng.choice(["swirls", "waves", "rings", "straight", "free"], p=[0.3, 0.2, 0.2, 0.1, 0.2])
    if kind == "straight":
        return u
    if kind == "waves":
        length = rng.uniform(25, 120)
        wave = np.sin(2 * np.pi * v / length + rng.uniform(0, 1) * fractal_noise(rng, size, 2.5))
        return u + rng.uniform(0.1, 0.35) * length * wave
    if kind == "free":
        return rng.uniform(10, 40) * fractal_noise(rng, size, rng.uniform(2, 3))
    spacing = rng.uniform(35, 120)
    centers = rng.uniform(-20, size + 20, (max(2, int((size / spacing) ** 2)), 2))
    if kind == "rings":
        return cKDTree(centers).query(np.stack([y, x], axis=-1))[0]
    hills = rng.uniform(0, 0.6) * u
    for cy, cx in centers:
        width = spacing * rng.uniform(0.25, 0.6)
        hill = np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * width**2))
        hills = hills + rng.choice([-1.0, 1.0]) * 2 * width * hill
    return hills


def along_levels(landscape: Array) -> tuple[Array, Array]:
    """Return the x and y components of a flow along the level lines of a landscape.

    Args:
        landscape: (size, size).

    Returns:
        Two fields (size, size); only their direction counts, as in `brushes.follow`.
    """
    down, across = np.gradient(landscape)
    return -down, across
