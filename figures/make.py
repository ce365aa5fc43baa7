"""Make the committed figures again: `python figures/make.py`, or with names, `… hero style_by_depth`.

Everything is seeded and made of bundled pictures. Prints a row for each figure with the time it took.
"""

import sys
import time
from pathlib import Path
from typing import BinaryIO

import torch
from matplotlib.figure import Figure
from skimage.draw import polygon2mask
from torch import Tensor

import nstlib
from nstlib import plots, style_transfer
from nstlib.images import PHOTOS
from nstlib.paintings import PAINTINGS

FOLDER = Path(__file__).parent


def hero() -> Figure:
    """Transfers with the library's defaults, each beside what it was made of."""
    pictures, titles = [], []
    for photo, painting in (("astronaut", "night"), ("cat", "waves")):
        content = nstlib.photo(photo, size=512)
        style = nstlib.painting(painting, size=512)
        result = nstlib.finish(nstlib.transfer(content, style), progress=False).image
        pictures += [content, style, result]
        titles += [f"content: {photo}", f"style: {painting}", "transfer"]
    return plots.panels(pictures, titles, columns=3, inches=4)


def content_by_depth() -> Figure:
    """The upper half of the paper's Figure 1, with a photo from the bundle.

    The runs begin with plain gray. If they began with noise, whatever a deep layer cannot see of it
    would stay in the picture to the end, and look as if the layer had put it there.
    """
    image = nstlib.photo("coffee", size=256)
    gray = torch.full_like(image, 0.5)
    pictures, titles = [image], ["original"]
    for layer in style_transfer.STYLE_LAYERS:
        run = nstlib.reconstruct_content(image, layer, init=gray)
        pictures.append(nstlib.finish(run, progress=False).image)
        titles.append(layer)
    return plots.panels(pictures, titles)


def style_by_depth() -> Figure:
    """The lower half of the paper's Figure 1, with a painting from the bundle."""
    image = nstlib.painting("night", size=384)
    pictures, titles = [image], ["original"]
    for depth in range(1, 1 + len(style_transfer.STYLE_LAYERS)):
        run = nstlib.reconstruct_style(image, style_transfer.STYLE_LAYERS[:depth])
        pictures.append(nstlib.finish(run, progress=False).image)
        titles.append(f"up to {style_transfer.STYLE_LAYERS[depth - 1]}")
    return plots.panels(pictures, titles, columns=3, inches=3.84)


def gram_by_depth() -> Figure:
    """Gram matrices of a painting and a photo, layer by layer."""
    vgg = nstlib.load_vgg19()
    pictures = {
        "painting: night": nstlib.painting("night", size=256),
        "photo: coffee": nstlib.photo("coffee", size=256),
    }
    rows = {
        name: {
            layer: nstlib.gram_matrix(features)
            for layer, features in vgg(image.to(vgg.device), style_transfer.STYLE_LAYERS).items()
        }
        for name, image in pictures.items()
    }
    return plots.gram_matrices(rows)


def weights_and_layers() -> Figure:
    """The paper's Figure 3: more style from left to right, more layers from top to bottom."""
    content, style = nstlib.photo("astronaut", size=256), nstlib.painting("night", size=256)
    pictures, titles = [], []
    for depth in range(1, 6):
        for weight in (1, 10, 100, 1000):
            layers = style_transfer.STYLE_LAYERS[:depth]
            pictures.append(_painted(content, style, style_layers=layers, style_weight=weight))
            titles.append(f"up to {layers[-1]}, weight {weight:g}")
    return plots.panels(pictures, titles, columns=4, inches=2)


def experiments() -> Figure:
    """The five experiments of the slides on the paper, with pictures from the bundle."""
    content, style = nstlib.photo("rocket", size=384), nstlib.painting("waves", size=384)
    crop = nstlib.resize(style[..., :144, :144], (384, 384))
    shallow = style_transfer.STYLE_LAYERS[:3]
    return plots.panels(
        [
            content,
            style,
            _painted(content, crop),
            _painted(content, style),
            _painted(content, style, style_layers=shallow),
            _painted(content, nstlib.painting("facets", size=384)),
            _painted(content, style, init="noise"),
        ],
        [
            "content",
            "style",
            "a corner of the style, enlarged",
            "the whole style",
            "shallow layers alone",
            "another painting",
            "started from noise",
        ],
        columns=4,
        inches=3.2,
    )


def regions() -> Figure:
    """Two paintings in two regions of a photo; the one in the middle shows what is asked for where."""
    pictures, titles = [], []
    for name, mask, paintings in (
        ("coffee", _table(), ("mosaic", "waves")),
        ("astronaut", _polygon(ASTRONAUT), ("night", "sunset")),
        ("camera", _polygon(CAMERAMAN), ("woodcut", "lilies")),
    ):
        content = nstlib.photo(name, size=384)
        one, other = (nstlib.painting(painting, size=384) for painting in paintings)
        result = _painted(content, [one, other], masks=[mask, None], steps=150)
        (height, width), asked = content.shape[2:], [one, other]
        one, other = (painting[..., :height, :width] for painting in asked)
        pictures += [content, mask * one + (1 - mask) * other, result]
        titles += [f"photo: {name}", " and ".join(paintings), "a style for each region"]
    return plots.panels(pictures, titles, columns=3, inches=3.84)


# Outlines in the photos at 384 px, as SVG writes them: x,y x,y …
ASTRONAUT = (
    "25,383 28,300 18,250 40,205 88,172 86,142 97,120 128,113 132,98 118,85 113,60 128,30 "
    "152,14 185,16 211,35 215,65 206,88 192,108 212,140 227,168 226,195 256,212 266,255 "
    "290,258 345,258 378,300 383,330 383,383"
)
CAMERAMAN = (
    "0,383 0,255 20,190 60,118 120,84 128,66 150,50 178,54 194,78 194,100 242,104 242,150 "
    "215,182 165,182 138,218 122,262 112,383"
)


def _polygon(outline: str, height: int = 384, width: int = 384) -> Tensor:
    """(1, 1, H, W), 1 inside."""
    corners = [[float(number) for number in corner.split(",")] for corner in outline.split()]
    inside = polygon2mask((height, width), [(y, x) for x, y in corners])
    return torch.from_numpy(inside)[None, None].float()


def _table() -> Tensor:
    """The table in `coffee` at 384 px: what lies outside of saucer and cup, two ellipses."""
    y, x = torch.meshgrid(torch.linspace(0, 1, 256), torch.linspace(0, 1.5, 384), indexing="ij")
    outside = torch.ones_like(x, dtype=torch.bool)
    for center_y, center_x, half_height, half_width, degrees in (
        (0.572, 0.696, 0.40, 0.502, 9.0),
        (0.29, 0.733, 0.25, 0.30, 0.0),
    ):
        turn, u, v = torch.tensor(degrees).deg2rad(), x - center_x, y - center_y
        along, across = u * turn.cos() + v * turn.sin(), v * turn.cos() - u * turn.sin()
        outside &= (along / half_width).square() + (across / half_height).square() > 1
    return outside[None, None].float()


def optimizers() -> Figure:
    """Total loss over steps: L-BFGS against Adam, one scale, from the content picture."""
    content, style = nstlib.photo("cat", size=192), nstlib.painting("lilies", size=192)
    options = {"steps": 150, "scales": (1.0,)}
    runs = {
        name: [
            step.losses["total"]
            for step in nstlib.transfer(content, style, optimizer=name, **options)
        ]
        for name in ("lbfgs", "adam")
    }
    pairs = zip(*runs.values(), strict=True)
    return plots.loss_curves([dict(zip(runs, pair, strict=True)) for pair in pairs])


def contact_sheet() -> Figure:
    """Every sample photo in the style of every painting, with the library's defaults."""
    styles = {name: nstlib.painting(name, size=256) for name in PAINTINGS}
    blank = torch.ones(1, 3, 256, 256)
    pictures, titles = [blank, *styles.values()], ["", *styles]
    for name in PHOTOS:
        content = nstlib.photo(name, size=256)
        pictures += [content, *(_painted(content, style) for style in styles.values())]
        titles += [name, *("" for _ in styles)]
    return plots.panels(pictures, titles, columns=1 + len(styles), inches=1.6)


def _painted(content: Tensor, style: Tensor, **options) -> Tensor:
    run = nstlib.transfer(content, style, **{"steps": 100, **options})
    return nstlib.finish(run, progress=False).image


MAKERS = (
    hero,
    content_by_depth,
    style_by_depth,
    gram_by_depth,
    weights_and_layers,
    experiments,
    regions,
    optimizers,
    contact_sheet,
)
FIGURES = {f.__name__: f for f in MAKERS}


def save(figure: Figure, file: Path | BinaryIO) -> None:
    """Write a figure as the JPEG that is committed."""
    figure.savefig(file, format="jpg", dpi=100, pil_kwargs={"quality": 88})


def main(names: list[str]) -> None:
    """Make the named figures, or all."""
    for name in names or FIGURES:
        begin = time.perf_counter()
        path = FOLDER / f"{name}.jpg"
        save(FIGURES[name](), path)
        seconds, kilobytes = time.perf_counter() - begin, path.stat().st_size / 1000
        print(f"{path.name:<24}{seconds:>6.0f} s {kilobytes:>6.0f} kB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
