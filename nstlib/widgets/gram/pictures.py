"""Gram matrices, feature maps, axes and color bars for a browser, as images and as HTML."""

import math
from functools import cache
from io import BytesIO

import numpy as np
import torch
from matplotlib import colormaps
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from nstlib.images import resize
from nstlib.widgets.drawing import jpeg
from nstlib.widgets.gram.matrices import DECADES, TINY, signed_log

# Zero is dark in both color maps, and both are perceptually uniform.
SEQUENTIAL, DIVERGING = "magma", "berlin"
SILENT = (120, 120, 120)
SHOWN = 192  # pixels of the longer side of a feature map; larger ones are reduced to it


def shade(values: np.ndarray, scale: str, limit: float) -> np.ndarray:
    """Return values from -limit to limit as shades from -1 to 1, in one of `matrices.SCALES`."""
    return signed_log(values, limit) if scale == "log" else values / max(limit, TINY)


def palette_png(shades: np.ndarray, *, signed: bool) -> bytes:
    """Return shades (H, W) from 0 to 1, or from -1 to 1 if `signed`, as a PNG; NaN is gray."""
    file = BytesIO()
    painted(shades, signed=signed).save(file, "PNG", compress_level=1)
    return file.getvalue()


def painted(shades: np.ndarray, *, signed: bool) -> Image.Image:
    """Return the picture of `palette_png` with a palette: one byte for each pixel, not three."""
    part = (shades + 1) / 2 if signed else shades
    index = np.where(np.isnan(part), 255, (np.nan_to_num(part).clip(0, 1) * 254).round())
    image = Image.fromarray(index.astype(np.uint8))
    image.putpalette([*_colors(255, signed=signed).ravel().tolist(), *SILENT])
    return image


def bright(values: np.ndarray) -> float:
    """Return the value of a feature map (H, W) that gets the brightest color.

    The largest 0.5 % of the values are cut off, so that a single position does not darken all others.
    """
    return max(float(np.quantile(np.abs(values), 0.995)), TINY)


def bright_products(i: np.ndarray, j: np.ndarray) -> tuple[float, float, float]:
    """Return `bright` of map i, of map j and of their product, each (H, W).

    The last is never very small, so that the product of maps that exclude each other stays dark.
    """
    limits = bright(i), bright(j)
    return *limits, max(bright(i * j), limits[0] * limits[1] / 20)


@cache
def _colors(count: int, *, signed: bool) -> np.ndarray:
    """A color map in `count` steps, (count, 3) of uint8."""
    colors = colormaps[DIVERGING if signed else SEQUENTIAL]
    return colors(np.linspace(0, 1, count), bytes=True)[:, :3]


def map_png(values: np.ndarray, limit: float, *, longest: int = SHOWN) -> bytes:
    """Return a feature map (H, W) as a PNG; `limit` and everything above it get the last color."""
    shades = shrunk(values, longest) / limit
    return palette_png(shades.clip(-1, 1), signed=bool(values.min() < 0))


def shrunk(values: np.ndarray, longest: int) -> np.ndarray:
    """Return a map (H, W) averaged down to a longer side of `longest`; smaller ones stay as they are."""
    height, width = values.shape
    if max(height, width) <= longest:
        return values
    size = [max(1, round(side * longest / max(height, width))) for side in (height, width)]
    return interpolate(torch.from_numpy(values)[None, None], size=size, mode="area")[0, 0].numpy()


def spotlight(image: Tensor, product: np.ndarray, limit: float, *, longest: int = 256) -> bytes:
    """Return the picture of `lit` as a JPEG, its longer side at most `longest` pixels."""
    if max(image.shape[2:]) > longest:
        image = resize(image, longest)
    return jpeg(lit(image, product, limit), longest=longest, quality=80)


def lit(image: Tensor, product: np.ndarray, limit: float) -> Tensor:
    """Return a picture that is dark and gray except where a product of two maps is large.

    Args:
        image: The picture, (1, 3, H, W) in [0, 1].
        product: (H', W').
        limit: Where the absolute product is this large, the picture is as it was.

    Returns:
        (1, 3, max(H, H'), max(W, W')).
    """
    light = torch.from_numpy(np.abs(product).astype(np.float32))[None, None]
    size = tuple(max(a, b) for a, b in zip(image.shape[2:], light.shape[2:], strict=True))
    light = interpolate((light / limit).clamp(0, 1), size=size, mode="bilinear").sqrt()
    image = interpolate(image, size=size, mode="nearest")
    # Just visible, to show what the bright places are a part of. Gray, so that a dark place in a
    # picture of the night looks different from one that is left out.
    left_out = 0.08 + 0.2 * image.mean(1, keepdim=True)
    return left_out + light * (image - left_out)


def ticks(channels: np.ndarray) -> list[int]:
    """Return which rows of a matrix get a number: all, or every 2nd, 4th, … up to nine numbers."""
    count = len(channels)
    step = next(step for step in (1, 2, 4, 8, 16, 32, 64, 128) if count <= 9 * step or step == 128)
    return list(range(0, count, step))


def axis(channels: np.ndarray, word: str, *, upright: bool) -> str:
    """Return the axis of a matrix as HTML.

    Args:
        channels: Those of its rows or columns, in order; some of them get a number.
        word: What the axis is.
        upright: Whether it stands beside the rows, or lies under the columns.
    """
    count, marks = len(channels), []
    for place in ticks(channels):
        at = 100 * (place + 0.5) / count
        where = (
            f"top:{at:.2f}%;right:5px;transform:translateY(-50%)"
            if upright
            else f"left:{at:.2f}%;top:1px;transform:translateX(-50%)"
        )
        marks.append(f'<span style="position:absolute;{where}">{channels[place]}</span>')
    where = (
        "left:0;top:50%;transform:translateY(-50%) rotate(180deg);writing-mode:vertical-rl"
        if upright
        else "left:50%;top:15px;transform:translateX(-50%)"
    )
    marks.append(f'<b style="position:absolute;{where};white-space:nowrap">{word}</b>')
    return _beside("".join(marks))


def color_bar(scale: str, limit: float, *, signed: bool, ends: str = "") -> str:
    """Return the upright color bar of a matrix as HTML, with numbers beside it.

    Args:
        scale: One of `matrices.SCALES`.
        limit: The value of the last color.
        signed: Whether the colors go down to -limit, or only to 0.
        ends: A letter for the upper and one for the lower end, or "".
    """
    stops = ",".join("rgb({},{},{})".format(*rgb) for rgb in _colors(24, signed=signed).tolist())
    strip = (
        '<span style="position:absolute;left:4px;top:0;bottom:0;width:14px;border-radius:2px;'
        f'background:linear-gradient(to top,{stops})"></span>'
    )
    for letter, where in zip(ends, ("top:2px", "bottom:2px"), strict=False):
        strip += (
            f'<b style="position:absolute;left:4px;width:14px;{where};text-align:center;color:#000">'
            f"{letter}</b>"
        )
    for value in _marked(scale, limit, signed=signed):
        part = float(shade(np.float64(value), scale, limit))
        at = 100 * (1 - (part + 1) / 2 if signed else 1 - part)
        shift = 0 if at < 1 else -100 if at > 99 else -50
        strip += (
            f'<span style="position:absolute;left:22px;top:{at:.2f}%;white-space:nowrap;'
            f'transform:translateY({shift}%)">– {number(value)}</span>'
        )
    return _beside(strip)


def number(value: float) -> str:
    """Return a number as text with three digits and a proper minus sign."""
    text = f"{value:.3g}"
    if "e" in text:
        digits, _, power = text.partition("e")
        text = f"{digits}e{int(power)}"
    return text.replace("-", "−")


def _marked(scale: str, limit: float, *, signed: bool) -> list[float]:
    if scale == "log":
        top = math.ceil(math.log10(max(limit, TINY)) - 0.2)  # not too near the limit
        values = [limit, *(10.0 ** (top - power) for power in range(1, DECADES))]
    else:
        values = [limit, limit / 2]
    return [*values, 0.0, *(-value for value in values if signed)]


def _beside(marks: str) -> str:
    return (
        '<div aria-hidden="true" style="position:relative;width:100%;height:100%;font-size:11px;'
        f'line-height:13px;color:var(--jp-ui-font-color1,#333)">{marks}</div>'
    )
