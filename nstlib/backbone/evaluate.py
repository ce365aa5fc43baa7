"""How good are weights for style transfer? Measures in which no network of ours takes part.

Inversion: a picture is made anew from one layer's features; PSNR and SSIM to the original.
Texture: a picture is made from a style's Gram matrices alone. Its Portilla-Simoncelli statistics
(Portilla and Simoncelli 2000, as computed by the optional library plenoptic) at full, half and quarter
size, its colors in Lab and its layout are compared with the style's.
Transfer: the colored grain of the result. And a sheet of pictures, because no number replaces looking.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from scipy.stats import wasserstein_distance
from skimage.color import rgb2lab, rgb2yiq
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor
from torchvision.utils import make_grid

from nstlib.backbone.wavelets import build
from nstlib.images import load_image, photo, resize, save_image
from nstlib.optimize import Step
from nstlib.paintings import painting
from nstlib.progress import finish
from nstlib.style_transfer import STYLE_LAYERS, reconstruct_content, reconstruct_style, transfer
from nstlib.vgg import VGG19, load_vgg19

HELD_OUT = {"night": 900, "waves": 901, "dots": 902, "lilies": 900}
"""Paintings, and seeds of theirs that training never draws; it never sees lilies at all."""


def psnr(image: Tensor, original: Tensor) -> float:
    """Return the peak signal-to-noise ratio of two images in decibels; higher is closer.

    Args:
        image, original: (1, 3, H, W) in [0, 1].
    """
    return float(peak_signal_noise_ratio(_pixels(original), _pixels(image), data_range=1.0))


def ssim(image: Tensor, original: Tensor) -> float:
    """Return the structural similarity of two images, 1 for equal ones (Wang et al. 2004).

    Args:
        image, original: (1, 3, H, W) in [0, 1].
    """
    pair = _pixels(original), _pixels(image)
    return float(structural_similarity(*pair, data_range=1.0, channel_axis=2))


def color_distance(image: Tensor, style: Tensor, *, directions: int = 64, seed: int = 0) -> float:
    """Return how far the colors of two images are apart, wherever they are in the picture.

    This is the sliced Wasserstein distance: the mean over random directions of the earth mover's
    distance in one dimension.

    Args:
        image, style: (1, 3, H, W) in [0, 1]; they may differ in size.
        directions: How many.
        seed: Of the directions.

    Returns:
        The distance in units of Lab, 0 for equal colors.
    """
    axes = np.random.default_rng(seed).standard_normal((3, directions))
    axes /= np.linalg.norm(axes, axis=0)
    clouds = [rgb2lab(_pixels(one)).reshape(-1, 3) @ axes for one in (image, style)]
    return sliced_wasserstein(*clouds)


def sliced_wasserstein(a: np.ndarray, b: np.ndarray) -> float:
    """Return the mean over columns of the Wasserstein-1 distance between two samples.

    Args:
        a: (n, k).
        b: (m, k).
    """
    if len(a) != len(b):
        columns = zip(a.T, b.T, strict=True)
        return float(np.mean([wasserstein_distance(one, other) for one, other in columns]))
    # For samples of one size this is the same number, several times as fast.
    return float(np.abs(np.sort(a, axis=0) - np.sort(b, axis=0)).mean())


def color_grain(image: Tensor, style: Tensor) -> float:
    """Return how much color changes from pixel to pixel, compared with the style.

    This is the root mean square of the Laplacian of the color channels I and Q, divided by that of the
    style.

    Args:
        image, style: (1, 3, H, W) in [0, 1].

    Returns:
        1 for the style itself, several for the colored noise of a bad network.
    """
    kernel = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]).expand(2, 1, 3, 3)

    def grain(one: Tensor) -> float:
        colors = torch.from_numpy(rgb2yiq(_pixels(one))[..., 1:]).permute(2, 0, 1).float()[None]
        return float(F.conv2d(colors, kernel, groups=2).square().mean().sqrt())

    return grain(image) / max(grain(style), 1e-6)


def layout_correlation(image: Tensor, original: Tensor) -> float:
    """Return how much of the original's layout a texture has: about 0 if it has none of it.

    This is the correlation of the gray pictures, shrunk to 8 x 8, minus that with the original turned by
    half a circle. Chance favors neither, so the difference is 0 on average for a texture without the
    layout; it is 1 or more for a copy of a picture with a bright and a dark half.

    Args:
        image, original: (1, 3, H, W) in [0, 1], not of one color.
    """
    one, other = (_pixels(resize(x, (8, 8))).mean(2).flatten() for x in (image, original))
    upright, turned = np.corrcoef([one, other, other[::-1]])[0, 1:]
    return float(upright - turned)


def texture_statistics(image: Tensor, *, side: int = 256) -> np.ndarray:
    """Return the Portilla-Simoncelli statistics of the gray picture.

    Args:
        image: (1, 3, H, W) in [0, 1].
        side: The picture is resized to `side` x `side` pixels.

    Returns:
        (710,) for four scales, as from 128 pixels up, and (529,) for three below.

    Raises:
        ImportError: Without plenoptic (`pip install 'nstlib[pretrain]'`).
    """
    try:
        from plenoptic.models import PortillaSimoncelli
    except ImportError as error:
        raise ImportError(
            "Texture statistics need plenoptic: pip install 'nstlib[pretrain]'."
        ) from error
    # On the CPU, wherever the picture is, because the model is made there.
    gray = resize(image.cpu(), (side, side)).mean(1, keepdim=True)
    model = PortillaSimoncelli((side, side), n_scales=4 if side >= 128 else 3)
    with torch.no_grad():
        statistics = model(gray)[0, 0].numpy()
    # A correlation with something that does not vary is undefined; we call it 0.
    return np.nan_to_num(statistics, nan=0.0, posinf=0.0, neginf=0.0)


def texture_distance(image: Tensor, style: Tensor, spread: np.ndarray, *, side: int = 256) -> float:
    """Return the root mean square difference of texture statistics, each in units of its `spread`.

    Args:
        image, style: (1, 3, H, W) in [0, 1].
        spread: The deviation of each statistic over some unlike pictures, (710,) or (529,). It makes the
            statistics comparable, which differ by orders of magnitude.
        side: As in `texture_statistics`.

    Returns:
        0 for the same texture, about 1.4 for two textures picked at random.
    """
    one, other = (texture_statistics(picture, side=side) for picture in (image, style))
    difference = (one - other) / (spread + 1e-6)
    # Kurtosis and its like have long tails, and one number must not outweigh 700.
    return float(np.sqrt(np.mean(np.clip(difference, -3, 3) ** 2)))


def network_measures(
    vgg: VGG19, pairs: Sequence[tuple[Tensor, Tensor]], *, steps: int = 200
) -> tuple[dict[str, float], list[Tensor], list[Tensor]]:
    """Measure one network.

    Args:
        vgg: The network.
        pairs: Photo and style, each (1, 3, H, W) in [0, 1], on any device.
        steps: Of each run.

    Returns:
        {measure: mean over the pairs}, the textures of the styles, and the transfers. Only the first two
        styles are inverted, to save time.
    """
    styles = [style for _, style in pairs]
    row: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        row.setdefault(name, []).append(value)

    for image in styles[:2]:
        for layer in STYLE_LAYERS:
            made = _last(reconstruct_content(image, layer, vgg=vgg, steps=steps))
            note(f"psnr {layer[4:]}", psnr(made, image))
            note(f"ssim {layer[4:]}", ssim(made, image))
    others = [photo(name) for name in ("cat", "coffee", "rocket", "gravel")]
    sides = {"texture": 256, "at half": 128, "at quarter": 64}
    spread = {
        side: np.stack([texture_statistics(one, side=side) for one in [*styles, *others]]).std(0)
        for side in sides.values()
    }
    textures, transfers = [], []
    for content, style in pairs:
        start = time.perf_counter()
        made = _last(reconstruct_style(style, vgg=vgg, steps=steps))
        note("ms/step", 1000 * (time.perf_counter() - start) / steps)
        for name, side in sides.items():
            note(name, texture_distance(made, style, spread[side], side=side))
        note("color", color_distance(made, style))
        note("layout", layout_correlation(made, style))
        textures.append(made)
        transfers.append(_last(transfer(content, style, vgg=vgg, steps=steps)))
        note("grain", color_grain(transfers[-1], style))
    return {name: float(np.mean(values)) for name, values in row.items()}, textures, transfers


def table(measures: Sequence[tuple[str, Mapping[str, float]]]) -> str:
    """Return a table as text: a column for each network, a line for each measure.

    Args:
        measures: Pairs (network, {measure: value}); two networks may have the same name.
    """
    widths = [max(len(name), 8) for name, _ in measures]
    columns = list(zip(measures, widths, strict=True))
    lines = [" " * 10 + "".join(f"  {name:>{width}}" for (name, _), width in columns)]
    for key in measures[0][1]:
        cells = (f"  {values[key]:>{width}.3f}" for (_, values), width in columns)
        lines.append(f"{key:<10}" + "".join(cells))
    return "\n".join(lines)


def picture_table(rows: Sequence[Sequence[Tensor]], *, side: int = 256) -> Tensor:
    """Join rows of images to one, each image in a white square.

    Args:
        rows: Images (1, 3, H, W) in [0, 1], on any device; as many in each row.
        side: Of the squares, in pixels; the longer side of each image.

    Returns:
        (1, 3, rows * side, columns * side), on the CPU.
    """
    fitted = [resize(image, side)[0].cpu() for row in rows for image in row]
    squares = [F.pad(x, (0, side - x.shape[2], 0, side - x.shape[1]), value=1.0) for x in fitted]
    return make_grid(squares, nrow=len(rows[0]), padding=0)[None]


def compare(
    files: Sequence[str | Path],
    *,
    styles: Sequence[str | Path] = (),
    photos: Sequence[str | Path] = (),
    size: int = 256,
    steps: int = 200,
    sheet_path: str | Path | None = None,
) -> str:
    """Measure weights beside two networks that were never trained.

    These two are random weights and the wavelets that `wavelets.build` writes by formula, both of a
    quarter of the width.

    Args:
        files: Weights as in `load_vgg19`. Each gets a column of its own, also if it is named twice.
        styles: Paths of paintings; without any, paintings with seeds that training never saw.
        photos: Paths of photos; without any, sample photos.
        size: The longer side of the pictures, in pixels.
        steps: Of each run.
        sheet_path: Where to write a picture of it all: a row of photos, one of styles, and for each
            network one of its textures and one of its transfers.

    Returns:
        The table, as text.

    Raises:
        ValueError: For a picture of one color, which has no style to measure, and as in `load_vgg19`.
        OSError: For a file that cannot be read or written.
    """
    paintings = [_not_plain(path, size) for path in styles]
    if not paintings:
        paintings = [painting(name, size=size, seed=seed) for name, seed in HELD_OUT.items()]
    contents = [_not_plain(path, size) for path in photos or ("astronaut", "cat")]
    pairs = list(zip(cycle(contents), paintings, strict=False))
    formula = load_vgg19("random")
    build(formula)
    # Pairs, because one name may come twice, and a file may be called "(random)".
    networks = [(str(file), load_vgg19(file)) for file in files]
    networks += [("(random)", load_vgg19("random")), ("(formula)", formula)]
    measures, pictures = [], [list(column) for column in zip(*pairs, strict=True)]
    for name, vgg in networks:
        values, textures, transfers = network_measures(vgg, pairs, steps=steps)
        measures.append((name, values))
        pictures += [textures, transfers]
    if sheet_path is not None:
        save_image(picture_table(pictures, side=size), sheet_path)
    return table(measures)


def _not_plain(path: str | Path, size: int) -> Tensor:
    image = load_image(path, size=size)
    if image.amax((2, 3)).equal(image.amin((2, 3))):
        raise ValueError(f"{path} has one color only: there is no style or layout to measure.")
    return image


def _last(run: Iterator[Step]) -> Tensor:
    return finish(run, progress=False).image


def _pixels(image: Tensor) -> np.ndarray:
    """The pixels (H, W, 3) of an image on any device, for libraries that know arrays alone."""
    return image[0].detach().permute(1, 2, 0).clamp(0, 1).cpu().numpy().astype(float)
