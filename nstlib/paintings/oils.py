"""Paintings made of many small marks: night, sunset, lilies, facets, dots, mosaic.

Each draws a colored sketch first and then lays it out in strokes, dots or tiles. Every painter takes the
height and the width in pixels and a generator of random numbers, and returns RGB (H, W, 3), about in
[0, 1].
"""

import math

import numpy as np
from numpy.random import Generator
from scipy.ndimage import distance_transform_edt
from skimage.measure import find_contours

from nstlib.paintings.brushes import (
    Array,
    colors,
    discs,
    extent_of,
    light,
    noise,
    oil,
    ramp,
    resampled,
    ribbons,
    sample,
    scatter,
    sketch_size,
    smear,
    unit_grid,
    unit_of,
)


def night(height: int, width: int, rng: Generator) -> Array:
    """Paint a night sky of swirls and haloed stars over hills, after van Gogh.

    The flow is the sum of a breeze, swirls and stars. The sky's blues are noise smeared along it, and
    the halos are rings; then everything is repainted in strokes along the flow.
    """
    rows, cols = sketch_size(height, width)
    x, y = unit_grid(rows, cols)
    bottom, right = extent_of(rows, cols)
    flow = 0.9 + 0.3 * noise(rng, rows, cols, 3), 0.5 * noise(rng, rows, cols, 3)
    glow = np.zeros((rows, cols), np.float32)
    for number, (center, radius) in enumerate(_heavens(rng, bottom, right)):
        dx, dy = x - center[0], y - center[1]
        r = np.hypot(dx, dy) + 1e-6
        swirl = number < 2  # the first two are swirls that draw inward, the others stars
        turn, pull = (rng.choice([-4, 4]), 0.35) if swirl else (9, 0)
        force = turn * np.exp(-((r / radius) ** 3)) / r
        flow = flow[0] + force * (pull * dx - dy), flow[1] + force * (pull * dy + dx)
        if not swirl:
            rings = 1 - 0.62 * r / radius + 0.14 * np.cos(13 * r / radius)
            glow = np.maximum(glow, np.where(r < 1.35 * radius, rings, 0))
    streaks = smear(noise(rng, rows, cols, 14, 2), flow, 0.22, steps=12)
    streaks /= streaks.std()
    blues = [
        "081038 0d1c5c 15358a 2358b0 3f86c9 7db4d8 c4dccf f1e3a0",
        "0a0f33 141f6b 2536a0 3f5cc0 5f8fd0 8cc0d8 d6e6d2 f6e7a6",
        "04182e 08305a 0b5080 1d77a3 439fb8 86c5c4 cfe0bd f3e2a0",
    ]
    scene = ramp(blues[rng.integers(3)], 0.42 + 0.21 * streaks)
    halo = ramp("2358b0 6fa6cf c9d8b0 f2d766 f2c43a f9ecb0 ee9a28", glow)
    scene += np.clip(glow * 3 - 0.3, 0, 1)[..., None] * (halo - scene)
    ridge = bottom * 0.78 + 0.05 * noise(rng, rows, cols, (0.01, 2.5))
    for depth in range(3):
        ridge = ridge + 0.07 * depth + 0.025 * noise(rng, rows, cols, (0.01, 4))
        hill = y > ridge
        slope = np.gradient(ridge, axis=1) * unit_of(rows, cols)
        shade = 0.7 - 0.25 * depth - 2.2 * (y - ridge) + 0.16 * noise(rng, rows, cols, (30, 6))
        greens = ("0a1220 12242e 1c4048 3d6b63 86a583", "0b0f24 15204a 24407a 3f6d96 7fa7a8")
        scene = np.where(hill[..., None], ramp(greens[depth % 2], shade), scene)
        flow = np.where(hill, 1, flow[0]), np.where(hill, slope + 0.1 * streaks, flow[1])
    accents = colors("f1e3a0 c4dccf 050a28 0a1550 e0b040")
    return oil(rng, height, width, scene, flow, accents=accents)


def _heavens(rng: Generator, bottom: float, right: float) -> list[tuple[Array, float]]:
    """Draw centers and radii of two large swirls and up to nine stars that keep apart."""
    placed: list[tuple[Array, float]] = []
    for center in rng.uniform((0.1, 0.12), (0.9, 0.62), (60, 2)) * (right, bottom):
        radius = rng.uniform(0.13, 0.19) if len(placed) < 2 else rng.uniform(0.035, 0.085)
        if all(np.hypot(*(center - other)) > 1.15 * (radius + r) for other, r in placed):
            placed.append((center, radius))
    return placed[:11]


def sunset(height: int, width: int, rng: Generator) -> Array:
    """Paint a burning sky in long wavy bands over a dark fjord and a pier, after Munch.

    The bands are level lines of a bent height, and the strokes run along them; on the pier they run
    along the planks.
    """
    rows, cols = sketch_size(height, width)
    x, y = unit_grid(rows, cols)
    bottom, right = extent_of(rows, cols)
    horizon = bottom * rng.uniform(0.4, 0.5)
    bend = 0.05 * noise(rng, rows, cols, (2, 2.2)) + 0.024 * noise(rng, rows, cols, (4, 5))
    bands = y + bend * np.clip(0.4 + 2.5 * np.abs(y - horizon), 0.4, 1.5)
    skies = [
        "7a1f1a b8321f d9542a ee8a2e f4b840 f0d070 e06a30 a83028",
        "5a1a3a a02a3a d8482f f07f30 f8b850 f4d888 d8703f 8a2838",
        "8a3a10 c85a18 e8882a f4b53a f6d868 e8e0a0 e08a3a b04a20",
    ]
    beat, phase = rng.uniform(42, 54), rng.uniform(0, 6)
    warmth = 0.75 * bands / horizon + 0.2 * np.sin(beat * bands) + 0.12 * np.sin(21 * bands + phase)
    scene = ramp(skies[rng.integers(3)], warmth)
    blue = 0.48 + 0.33 * np.sin(38 * bands + phase) + 0.2 * np.sin(16 * bands) - 0.4 * (y - horizon)
    fjord = ramp(
        "0c1430 162a50 24508a 3f80a0 7aa898 e0a858", blue + 0.07 * noise(rng, rows, cols, 8)
    )
    scene = np.where((y > horizon)[..., None], fjord, scene)
    side = x if rng.random() < 0.5 else right - x
    shore = horizon + 0.2 - 0.25 * np.tanh(4 * (side - 0.6 * right)) + 0.8 * bend
    earth = ramp("14101c 1c2c34 2f4a3a 5f6a38 a8783c", 0.42 + 0.3 * np.sin(52 * bands + 10 * side))
    scene = np.where((y > shore)[..., None], earth, scene)
    down, across = np.gradient(bands)
    plank = (y / bottom - 1.02) / (side / right + 0.35)  # planks meet beyond the edge
    pier = plank > -0.37
    lean = (1 if side is x else -1) * plank * bottom / right
    wood = 0.5 + 0.32 * np.sin(75 * plank) + 0.1 * noise(rng, rows, cols, (6, 20))
    wood = np.where(plank < -0.345, 0.05, wood)
    scene = np.where(
        pier[..., None], ramp("1c1420 5a2c20 9a5028 c88a48 6a7a80 e0b878", wood), scene
    )
    flow = np.where(pier, 1, down), np.where(pier, lean, -across)
    accents = colors("f8e090 c02818 182048 40607a")
    return oil(rng, height, width, scene, flow, 0.17, 0.012, contrast=0.12, accents=accents)


def lilies(height: int, width: int, rng: Generator) -> Array:
    """Paint a pond of water lilies under reflected trees, after Monet.

    The water is two stretched noises, one upright for the reflection of the trees and one level for the
    ripples. The pads are flat ovals that shrink toward the top, with flowers on some.
    """
    rows, cols = sketch_size(height, width)
    x, y = unit_grid(rows, cols)
    bottom, right = extent_of(rows, cols)
    trees = noise(rng, rows, cols, (1.5, 5), 3)
    ripple = noise(rng, rows, cols, (34, 5), 2)
    waters = [
        "0f2a3a 1b4a4f 2f6f5f 4f8f8a 7fa8c0 a8b8dc d8c8e0 f0d8c8",
        "1a1f4a 2f3f8a 4f5fa8 6f8fb8 8fb8b0 b8d0b0 e8d8b0 f4c8a8",
        "12303a 1f4f3f 3f6f3a 6f8f4a 8fa88f a8b8c8 c8b8d8 f0d0d8",
    ]
    scene = ramp(waters[rng.integers(3)], 0.5 - 0.17 * trees + 0.09 * ripple)
    flow_x, flow_y = np.ones((rows, cols)), 0.12 * noise(rng, rows, cols, 4)
    upright = np.clip(0.7 * trees - 0.2, 0, 1)
    flow_x, flow_y = flow_x - 0.9 * upright, flow_y + upright
    flowers = colors("f4a8b8 fbe4dc e86f8f f8d060 f4f0e0")
    for _ in range(rng.integers(11, 15)):
        cy = rng.uniform(0.06, 1.0) ** 0.8 * bottom
        cx, scale = rng.uniform(0, right), 0.4 + 0.8 * cy / bottom
        for _ in range(rng.integers(5, 10)):
            px, py = cx + rng.normal(0, 0.11) * scale, cy + rng.normal(0, 0.025) * scale
            dx, dy = (x - px) / (0.075 * scale), (y - py) / (0.028 * scale)
            r = np.hypot(dx, dy) * rng.uniform(0.8, 1.4)
            shade = 0.5 - 0.3 * dy + 0.15 * ripple + rng.normal(0, 0.12)
            pad = ramp("123a34 2f6f4a 6fa05a a8c878 d8e0a0", shade)
            scene = np.where((r < 1)[..., None], pad, scene)
            flow_x, flow_y = np.where(r < 1.1, -dy, flow_x), np.where(r < 1.1, 0.36 * dx, flow_y)
            if rng.random() < 0.3:
                bloom = np.hypot(x - px, 1.3 * (y - py + 0.012)) < 0.024 * scale
                scene = np.where(bloom[..., None], flowers[rng.integers(5)], scene)
    accents = colors("d8c8e8 f0d8d0 1a3a4a 8fb8a0 f4a8b8 4f5fa8")
    flow = flow_x, flow_y
    return oil(rng, height, width, scene, flow, 0.05, 0.0125, contrast=0.12, accents=accents)


def facets(height: int, width: int, rng: Generator) -> Array:
    """Paint broken planes between slate and ochre, after Braque and Feininger.

    Straight cuts and a few round ones cross the picture. Each shades one of its sides, strongest
    at the edge, in tone and in warmth; there the brush runs along the cut.
    """
    rows, cols = sketch_size(height, width, 320)
    x, y = unit_grid(rows, cols)
    tone = 0.12 * noise(rng, rows, cols, 3)
    warmth = 0.5 + 0.2 * noise(rng, rows, cols, 2)
    turn = np.full((rows, cols), rng.uniform(0, np.pi))
    slants = rng.uniform(0, np.pi) + np.array([0, 0.6, 1.5, 2.2])
    for number, (cx, cy) in enumerate(scatter(rng, rows, cols, 0.17, 0.02)):
        angle = rng.choice(slants) + rng.normal(0, 0.1)
        c, s = math.cos(angle), math.sin(angle)
        across, along = c * (x - cx) + s * (y - cy), c * (y - cy) - s * (x - cx)
        if number % 11 == 0:
            across = rng.uniform(0.1, 0.24) - np.hypot(x - cx, y - cy)
        lean, half = rng.uniform(-0.5, 0.5), rng.uniform(0.1, 0.4)
        inside = (across > 0) & (np.abs(along + lean * across) < half)
        shade = inside * np.exp(-across / rng.uniform(0.05, 0.16))
        tone += (0.42 if number % 2 else -0.42) * shade
        warmth += rng.uniform(-0.7, 0.7) * shade
        tone -= 0.5 * (inside & (across < 0.006))
        turn = np.where(inside & (across < 0.25), angle + 0.5 * np.pi, turn)
    cool, warm = [
        ("0c1018 20303c 46606c 7f959a c4cdc4 f4efdf", "140c10 4a241c 965428 cf9440 ecca84 faf0d8"),
        ("08142c 14386c 2c6ca0 70a8c0 b8d4d0 f4f2e4", "200c18 70203c c04a40 e88c50 f4cc88 fcf2dc"),
        ("0a1a18 1c4440 3f7868 86a890 c8d0b4 f4f0dc", "1c1010 5c2c1c b0602c dca048 f0d088 faf2dc"),
    ][rng.integers(3)]
    tone = 0.52 + 0.5 * np.tanh(1.5 * tone)
    mix = np.clip(warmth, 0, 1)[..., None]
    scene = (1 - mix) * ramp(cool, tone) + mix * ramp(warm, tone)
    flow = np.cos(turn), np.sin(turn)
    strokes = oil(rng, height, width, scene, flow, 0.04, 0.01, contrast=0.09)
    return 0.6 * strokes + 0.4 * resampled(scene, height, width)  # brush, yet sharp edges


def dots(height: int, width: int, rng: Generator) -> Array:
    """Paint a bay at sunset in dots of pure color, after Seurat and Signac.

    Three layers of dots lie over each other. Each dot takes the scene's color, pushed toward a pure one,
    and now and then the complementary color instead.
    """
    rows, cols = sketch_size(height, width)
    scene = _bay(rows, cols, rng)
    points = np.concatenate([scatter(rng, height, width, s) for s in (0.011, 0.008, 0.008)])
    count = len(points)
    dot = discs(height, width, points, rng.uniform(0.0045, 0.0075, count))
    tint = sample(scene, points)
    gray = tint.mean(1, keepdims=True)
    pure = colors("f7d13d e8552e d83f7f 3a5fc8 2f9f8f 8f5fc0 f4f0d8")
    push = pure[rng.integers(len(pure), size=count)] - 0.55
    tint = gray + 1.4 * (tint - gray) + rng.uniform(0, 0.4, (count, 1)) * push
    other = rng.random(count) < 0.07
    tint[other] = (gray + 1.3 * (gray - tint))[other] * 0.8 + 0.16
    thick = rng.uniform(0, 0.004, count).astype(np.float32)
    return light(np.clip(tint, 0, 1).astype(np.float32)[dot], thick[dot], 0.8)


def _bay(rows: int, cols: int, rng: Generator) -> Array:
    """Draw a sketch (rows, cols, 3) of a low sun, its glitter on the water, and wooded shores."""
    x, y = unit_grid(rows, cols)
    bottom, right = extent_of(rows, cols)
    skies, seas = [
        ("5b6fc0 7fa3d8 b9d0d8 f4dfa0 f7b75a e8743f", "e8743f c98a9a 5f86b8 2f5fa0 233f80"),
        ("3f4f9e 7a6bb8 c58ab8 f2a98a f9d27a fbe9a8", "f9d27a b98ab0 5f6fb8 3a4590 232a66"),
        ("2f7fa8 6fb8c8 b8dcc8 f6efb8 f8c48a ee8f8f", "f8c48a 8fc0b8 3f9aa8 20708f 1a4a6e"),
    ][rng.integers(3)]
    horizon = bottom * rng.uniform(0.45, 0.6)
    sun_x, sun_y = rng.uniform(0.2, 0.8) * right, horizon - rng.uniform(0.14, 0.24)
    r = np.hypot(x - sun_x, y - sun_y)
    cloud = 0.13 * noise(rng, rows, cols, (9, 3), 2)
    scene = ramp(skies, 0.75 * y / horizon + cloud + 0.3 * np.exp(-5 * r))
    scene = np.where((r < 0.055)[..., None], colors("fff3b8"), scene)
    sea = ramp(seas, (y - horizon) / (bottom - horizon) + cloud + 0.08)
    path = np.exp(-(((x - sun_x) / (0.05 + 0.25 * np.abs(y - horizon))) ** 2))
    glitter = np.clip(path * (0.5 + 0.5 * noise(rng, rows, cols, (40, 6))), 0, 1)
    sea += glitter[..., None] * (colors("fbe08a") - sea)
    scene = np.where((y > horizon)[..., None], sea, scene)
    for inks, rise, rough in (("8f8fc8 6f7fb8", 0.09, 0.035), ("3f4f98 3f7f8f", 0.05, 0.03)):
        shore = horizon - rise - rough * noise(rng, rows, cols, (0.01, 3.5), 2)
        shade = 0.5 + 0.4 * noise(rng, rows, cols, 12, 2)
        scene = np.where(((y > shore) & (y < horizon))[..., None], ramp(inks, shade), scene)
    wood = y > bottom * 0.87 - 0.09 * noise(rng, rows, cols, (0.01, 3.5), 3)
    shade = 0.5 + 0.3 * noise(rng, rows, cols, 11, 3)
    leaves = ramp("16244f 1f4f5f 2f6f4f 7f9f3f e0c860", shade)
    return np.where(wood[..., None], leaves, scene)


def glass_mosaic(height: int, width: int, rng: Generator) -> Array:
    """Paint glass tesserae in rows along the outlines of flowers and waves, with grout between.

    The rows are the level lines of the distance to the nearest outline; each is cut into tiles,
    and every tile gets its own tint and its own tilt toward the light.
    """
    rows, cols = sketch_size(height, width, 256)
    unit = unit_of(rows, cols)
    region = _garden(rows, cols, rng)
    edges = np.zeros((rows, cols), bool)
    edges[1:] |= region[1:] != region[:-1]
    edges[:, 1:] |= region[:, 1:] != region[:, :-1]
    distance = distance_transform_edt(~edges) / unit
    size = 0.021
    tiles = []
    for level in np.arange(size * 0.55, distance.max(), size):
        for line in find_contours(distance, level):
            line = (line[:, ::-1] + 0.5) / unit
            run = np.r_[0, np.cumsum(np.hypot(*np.diff(line, axis=0).T))]
            at = np.linspace(0, run[-1], max(2, round(run[-1] / (size * 1.1)) + 1))
            points = np.stack([np.interp(at, run, line[:, i]) for i in range(2)], 1)
            tiles.append(np.stack([points[:-1], points[1:]], 1))
    paths = rng.permutation(np.concatenate(tiles))
    count = len(paths)
    middle, half = paths.mean(1, keepdims=True), np.diff(paths, axis=1) / 2
    half = half * rng.uniform(0.78, 0.9, (count, 1, 1))
    paths = middle + np.concatenate([-half, half], 1) + rng.normal(0, size * 0.04, paths.shape)
    breadth = size * rng.uniform(0.78, 0.92, count)
    tile, along, across = ribbons(height, width, paths, breadth, taper=0)
    palettes = [
        "c9972f f3e3b0 17407a 2b74a8 0e2a55 b5452b e8b84a",
        "e9dcc0 d9a441 0f5a5e 3a9a92 123a4a a8322d f0c86a",
        "2a2f6b f4e6c2 a23b2c d9793a 5c1f24 e9c25a 2f7f86",
    ]
    base = colors(palettes[rng.integers(3)])
    column, row = (middle[:, 0] * unit).astype(int).clip(0, (cols - 1, rows - 1)).T
    stray = rng.random(count) < 0.08
    choice = np.where(stray, rng.integers(len(base), size=count), region[row, column])
    tint = base[choice] * (1 + 0.2 * rng.standard_normal((count, 1)))
    tint = (tint + rng.normal(0, 0.03, tint.shape)).astype(np.float32)
    tilt = rng.normal(0, 0.11, (2, count)).astype(np.float32)
    shine = 1 + tilt[0][tile] * across + tilt[1][tile] * (2 * along - 1)
    grout = 0.16 + 0.03 * noise(rng, height, width, 120)[..., None]
    picture = np.where((tile < 0)[..., None], grout, tint[tile] * shine[..., None])
    return light(np.clip(picture, 0, 1), np.where(tile < 0, 0, 0.002), 1.2)


def _garden(rows: int, cols: int, rng: Generator) -> Array:
    """Draw a map (rows, cols) of what lies where: 0 and 1 sky, 2 to 4 waves, 5, 6, 1 flowers."""
    x, y = unit_grid(rows, cols)
    bottom, right = extent_of(rows, cols)
    region = np.zeros((rows, cols), np.int32)
    for number in range(6):
        crest = bottom * (0.2 + 0.14 * number) + 0.05 * noise(rng, rows, cols, (0.01, 3))
        region = np.where(y > crest, (1, 0, 2, 3, 4, 2)[number], region)
    flowers: list[tuple[Array, float]] = []
    for center in rng.uniform(0, 1, (40, 2)) * (right, bottom):
        radius = rng.uniform(0.13, 0.2) if len(flowers) < 3 else rng.uniform(0.075, 0.1)
        if all(np.hypot(*(center - other)) > 1.15 * (radius + r) for other, r in flowers):
            flowers.append((center, radius))
    for center, radius in flowers[:7]:
        dx, dy = x - center[0], y - center[1]
        r, petals = np.hypot(dx, dy) / radius, rng.integers(5, 11)
        region = np.where(r < 1 + 0.12 * np.cos(petals * np.arctan2(dy, dx)), 5, region)
        region = np.where(r < 0.62, 6, region)
        if radius > 0.1:  # a ring must be wide enough for a row of tiles
            region = np.where(r < 0.28, 1, region)
    return region
