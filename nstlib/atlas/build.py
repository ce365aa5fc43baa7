"""Put the parts of the atlas together: sprites, pictures, and the data of the two pages."""

import contextlib
import json
import shutil
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_hex
from PIL import Image
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
from scipy.spatial.distance import squareform

from nstlib.atlas import parts, styles
from nstlib.atlas.digest import weights_digest
from nstlib.atlas.survey import (
    KINDS,
    Source,
    Survey,
    numbers_of,
    partners,
    sources,
    strongest,
    window,
)
from nstlib.atlas.tuning import COLORS, PERIODS, TURNS, in_words, selectivity
from nstlib.images import to_pil
from nstlib.paintings import PAINTINGS
from nstlib.vgg import receptive_field

PAGES = ("index.html", "styles.html", "atlas.css", "atlas.js", "styles.js", "shared.js")
COLUMNS = 16  # of a sprite
CROPS, PARTNERS, APART = 3, 6, 3  # crops of each kind; channels named as partners
LEVELS = "0123456789abcdefghijklmnopqrstuvwxyz"
"""A share from 0 to 1 is one of these 36 letters in the data."""
QUALITY = 60  # of WebP pictures


def build(to: str | Path, *, n_jobs: int = 1) -> Iterator[str]:
    """Build the atlas in a folder, which then stands alone: open its index.html.

    Args:
        to: The folder. The slow parts are kept in `to`/parts until all are done, so that the same call
            goes on after an interrupt.
        n_jobs: How many processes work side by side.

    Yields:
        The name of each part when it is done; at the end "index.html".

    Raises:
        OSError: For a folder that cannot be written.
    """
    to = Path(to)
    kept = to / "parts" / weights_digest(parts.network("trained"))
    yield from parts.make(kept, n_jobs=n_jobs)
    pages = Path(str(files("nstlib.atlas") / "pages" / "atlas"))
    if pages.resolve() != to.resolve():
        for page in PAGES:
            shutil.copyfile(pages / page, to / page)
    pictures = sources(canvases=parts.CANVASES)
    listed = _write_sources(to, pictures)
    _write_data(to / "data.js", "ATLAS", _atlas(to, kept, pictures, listed))
    _write_data(to / "styles-data.js", "STYLES", _styles(to, kept, pictures))
    shutil.rmtree(kept)
    with contextlib.suppress(OSError):  # where there are parts of other weights, too
        kept.parent.rmdir()
    yield "index.html"


def _write_data(path: Path, name: str, data: dict[str, Any]) -> None:
    # A script and not JSON, because a page that is opened from the disk may not fetch.
    lines = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    path.write_text(f"const {name} = {lines};\n", "utf-8")


def _write_sources(to: Path, pictures: Sequence[Source]) -> list[list[Any]]:
    """Save the pictures that crops are cut from; [kind, name, width, height, file] of each."""
    (to / "sources").mkdir(parents=True, exist_ok=True)
    listed = []
    for one in pictures:
        image = to_pil(one.image)
        file = f"sources/{one.kind}-{one.name.replace(':', '-')}.webp"
        image.save(to / file, "WEBP", quality=QUALITY, method=6)
        listed.append([one.kind, one.name, image.width, image.height, file])
    return listed


def sprite(pictures: np.ndarray) -> Image.Image:
    """Lay pictures (n, side, side, 3) of uint8 side by side, row by row, `COLUMNS` in a row."""
    rows = -(-len(pictures) // COLUMNS)
    side = pictures.shape[1]
    sheet = np.zeros((rows * COLUMNS, side, side, 3), np.uint8)
    sheet[: len(pictures)] = pictures
    sheet = sheet.reshape(rows, COLUMNS, side, side, 3).swapaxes(1, 2)
    return Image.fromarray(sheet.reshape(rows * side, COLUMNS * side, 3))


def _save_sprite(path: Path, pictures: np.ndarray) -> None:
    # The small pictures of the first block are enlarged until one sees their pixels: those stay exact.
    exact = pictures.shape[1] <= parts.SIDES["1"]
    sprite(pictures).save(path, "WEBP", lossless=exact, quality=100 if exact else QUALITY, method=6)


def _atlas(to: Path, kept: Path, pictures: Sequence[Source], listed: list) -> dict[str, Any]:
    """The data of index.html; its sprites are saved on the way."""
    seen = parts.survey_of(parts.load(kept, "survey"))
    tuned = {name: parts.load(kept, f"tuning-{name}") for name in parts.NETWORKS}
    found = {}
    for layer in parts.layers():
        count = parts.channels_of(layer)
        chunks = [f"{layer}-{start:03}" for start in range(0, count, parts.CHUNK)]
        tiles = np.concatenate([parts.load(kept, name)["pictures"] for name in chunks])
        _save_sprite(to / f"{layer}.webp", tiles)
        for name in parts.NETWORKS[1:] if parts.compared(layer) else ():
            _save_sprite(
                to / f"{layer}-{name}.webp", parts.load(kept, f"{layer}-{name}")["pictures"]
            )
        both = {
            name: (part[f"{layer}/stripes"], part[f"{layer}/colors"])
            for name, part in tuned.items()
        }
        field, stride = receptive_field(layer)
        found[layer] = {
            "field": field,
            "stride": stride,
            "side": tiles.shape[1],
            "formula": parts.by_formula(layer),
            "compared": parts.compared(layer),
            "selectivity": {name: _median(stripes) for name, (stripes, _) in both.items()},
            "order": alike_order(seen[layer].gram),
            "channels": [_channel(layer, k, seen[layer], pictures, both) for k in range(count)],
        }
    return {
        "weights": weights_digest(parts.network("trained")),
        "columns": COLUMNS,
        "levels": LEVELS,
        "ramp": [to_hex(color) for color in colormaps["magma"](np.linspace(0, 1, len(LEVELS)))],
        "turns": TURNS,
        "periods": PERIODS,
        "colors": {name: to_hex(color) for name, color in COLORS.items()},
        "sources": listed,
        "layers": found,
    }


def _median(stripes: np.ndarray) -> float | None:
    values = selectivity(stripes)
    values = values[~np.isnan(values)]
    return round(float(np.median(values)), 2) if len(values) else None


def _channel(
    layer: str, channel: int, seen: Survey, pictures: Sequence[Source], tuned: dict
) -> dict[str, Any]:
    """What the page shows of a channel besides its picture."""
    groups = numbers_of(pictures)
    best = [k for kind in KINDS for k in strongest(seen, channel, groups[kind], CROPS)]
    together, apart = partners(seen, channel, PARTNERS)
    stripes, colors = tuned["trained"]
    return {
        "say": in_words(stripes[channel], colors[channel]),
        "crops": [[k, *window(layer, seen.places[k, channel])[:2]] for k in best],
        "with": [[k, round(value, 2)] for k, value in together],
        "apart": [[k, round(value, 2)] for k, value in apart[:APART]],
        "tuning": [letters(s[channel], c[channel]) for s, c in tuned.values()],
    }


def letters(stripes: np.ndarray, colors: np.ndarray) -> str:
    """Return the tuning of a channel as letters: its stripes row by row, then its colors.

    The largest response is the last letter; a channel that never responds has zeros.
    """
    values = np.concatenate([stripes.ravel(), colors]).clip(0)
    scaled = values / max(float(values.max()), 1e-12) * (len(LEVELS) - 1)
    return "".join(LEVELS[round(float(value))] for value in scaled)


def alike_order(gram: np.ndarray) -> list[int]:
    """Return the channels of a layer so that those which are active together are neighbors."""
    strength = np.sqrt(np.diag(gram)).clip(1e-12)
    apart = np.sqrt((2 - 2 * gram / np.outer(strength, strength)).clip(0))
    flat = squareform((apart + apart.T) / 2 * (1 - np.eye(len(apart))), checks=False)
    return [int(k) for k in leaves_list(optimal_leaf_ordering(linkage(flat, "average"), flat))]


# The map of styles


def _styles(to: Path, kept: Path, pictures: Sequence[Source]) -> dict[str, Any]:
    """The data of styles.html; the pictures of the walks are saved on the way."""
    names = [
        f"{name}:{seed}" if seed else name for name in PAINTINGS for seed in range(parts.SEEDS)
    ]
    listed = {one.name for one in pictures}
    assert listed.issuperset(names)
    grams = parts.load(kept, "styles")
    tables = {layer: styles.squared_distances(g, g) for layer, g in grams.items()}
    maps = {layer: styles.scaled(table) for layer, table in styles.layers_and_all(tables).items()}
    return {
        "paintings": names,
        "content": parts.CONTENT,
        "shares": [0, *parts.WALK, 1],
        "maps": {
            layer: {
                "points": _rounded(points),
                "kept": round(float(values[:2].sum() / values[values > 0].sum()), 3),
            }
            for layer, (points, values) in maps.items()
        },
        "distances": {
            layer: [[round(float(value), 2) for value in row] for row in np.sqrt(table)]
            for layer, table in styles.layers_and_all(tables).items()
        },
        "walks": _walks(to, kept, grams, tables, maps),
    }


def _walks(to: Path, kept: Path, grams, tables, maps) -> list[dict[str, Any]]:
    """Save the pictures of all walks; where the stops of each are on every map."""
    (to / "walks").mkdir(exist_ok=True)

    def stop(name: str) -> dict[str, np.ndarray]:
        found = parts.load(kept, f"mix-{name}")
        picture = Image.fromarray(found["picture"])
        picture.save(to / "walks" / f"{name}.webp", "WEBP", quality=70, method=6)
        return found

    alone = {name: stop(parts.stop_name(name)) for name in PAINTINGS}
    of_painter = {
        name: {layer: g[number * parts.SEEDS] for layer, g in grams.items()}
        for number, name in enumerate(PAINTINGS)
    }
    walks = []
    for first, second in parts.pairs():
        ways = [stop(parts.stop_name(first, second, share)) for share in parts.WALK]
        ends = of_painter[first], of_painter[second]
        mixes = [styles.mixed(*ends, share) for share in parts.WALK]
        results = [alone[first], *ways, alone[second]]
        walks.append(
            {
                "from": first,
                "to": second,
                "mixtures": _on_maps(mixes, grams, tables, maps),
                "results": _on_maps(results, grams, tables, maps),
            }
        )
    return walks


def _on_maps(some, grams, tables, maps) -> dict[str, list[list[float]]]:
    """Where further Gram matrices lie on the map of each layer."""
    new = {
        layer: styles.squared_distances([one[layer] for one in some], g)
        for layer, g in grams.items()
    }
    new, known = styles.layers_and_all(new), styles.layers_and_all(tables)
    return {
        layer: _rounded(styles.placed(known[layer], new[layer], points, values))
        for layer, (points, values) in maps.items()
    }


def _rounded(points: np.ndarray) -> list[list[float]]:
    return [[round(float(value), 4) for value in point] for point in points]
