"""Make the committed figures again: `python figures/make.py`, or with names, `… hero style_by_depth`.

Everything is seeded and made of bundled pictures. Prints a row for each figure with the time it took.
"""

import sys
import time
from pathlib import Path

from matplotlib.figure import Figure

import nstlib
from nstlib import plots, recipes

FOLDER = Path(__file__).parent


def hero() -> Figure:
    """Two transfers with the library's defaults, each beside what it was made of."""
    pictures, titles = [], []
    for photo, painting in (("astronaut", "night"), ("cat", "lilies")):
        content = nstlib.photo(photo, size=384)
        style = nstlib.painting(painting, size=384)
        result = nstlib.finish(nstlib.transfer(content, style), progress=False).image
        pictures += [content, style, result]
        titles += [f"content: {photo}", f"style: {painting}", "transfer"]
    return plots.panels(pictures, titles, columns=3, inches=3)


def content_by_depth() -> Figure:
    """The upper half of the paper's Figure 1, with a photo from the bundle."""
    image = nstlib.photo("coffee", size=256)
    pictures, titles = [image], ["original"]
    for layer in recipes.STYLE_LAYERS:
        run = nstlib.reconstruct_content(image, layer)
        pictures.append(nstlib.finish(run, progress=False).image)
        titles.append(layer)
    return plots.panels(pictures, titles)


def style_by_depth() -> Figure:
    """The lower half of the paper's Figure 1, with a painting from the bundle."""
    image = nstlib.painting("night", size=256)
    pictures, titles = [image], ["original"]
    for depth in range(1, 1 + len(recipes.STYLE_LAYERS)):
        run = nstlib.reconstruct_style(image, recipes.STYLE_LAYERS[:depth])
        pictures.append(nstlib.finish(run, progress=False).image)
        titles.append(f"up to {recipes.STYLE_LAYERS[depth - 1]}")
    return plots.panels(pictures, titles)


FIGURES = {f.__name__: f for f in (hero, content_by_depth, style_by_depth)}


def main(names: list[str]) -> None:
    """Make the named figures, or all."""
    for name in names or FIGURES:
        begin = time.perf_counter()
        path = FOLDER / f"{name}.jpg"
        FIGURES[name]().savefig(path, dpi=100, pil_kwargs={"quality": 88})
        seconds, kilobytes = time.perf_counter() - begin, path.stat().st_size / 1000
        print(f"{path.name:<24}{seconds:>6.0f} s {kilobytes:>6.0f} kB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
