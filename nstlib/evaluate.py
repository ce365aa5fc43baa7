"""How good are weights for style transfer? Measures that no network of ours has a say in.

Inversion: a picture is made anew from one layer's features; PSNR and SSIM to the original. Texture: a
picture is made from a style's Gram matrices alone, and its Portilla-Simoncelli statistics (Portilla
and Simoncelli 2000, as computed by the optional library plenoptic) and its colors in Lab are compared
with the style's. And a panel of transfers, because in the end it is looking that counts.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from skimage.color import rgb2lab
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from nstlib.images import load_image, photo, resize, save_image
from nstlib.optimize import Step
from nstlib.paintings import painting
from nstlib.progress import finish
from nstlib.recipes import STYLE_LAYERS, reconstruct_content, reconstruct_style, transfer
from nstlib.vgg import VGG19, load_vgg19

HELD_OUT = {"night": 900, "waves": 901, "dots": 902}
"""Paintings, and seeds of theirs that training never draws."""


def psnr(image: Tensor, original: Tensor) -> float:
    """Peak signal-to-noise ratio in decibels of images (1, 3, H, W) in [0, 1]; higher is closer."""
    return float(peak_signal_noise_ratio(_pixels(original), _pixels(image), data_range=1.0))


def ssim(image: Tensor, original: Tensor) -> float:
    """Structural similarity of two images (1, 3, H, W), 1 for equal ones (Wang et al. 2004)."""
    pair = _pixels(original), _pixels(image)
    return float(structural_similarity(*pair, data_range=1.0, channel_axis=2))


def color_distance(image: Tensor, style: Tensor, *, directions: int = 64, seed: int = 0) -> float:
    """Sliced Wasserstein distance of the colors of two images, in units of Lab; 0 for equal colors.

    The mean over random directions of the 1-D earth mover's distance. The images (1, 3, H, W) in
    [0, 1] may differ in size.
    """
    axes = np.random.default_rng(seed).standard_normal((3, directions))
    axes /= np.linalg.norm(axes, axis=0)
    clouds = [rgb2lab(_pixels(one)).reshape(-1, 3) @ axes for one in (image, style)]
    return sliced_wasserstein(*clouds)


def sliced_wasserstein(a: np.ndarray, b: np.ndarray) -> float:
    """Mean over columns of the Wasserstein-1 distance between samples a (n, k) and b (m, k)."""
    if len(a) != len(b):
        # Both quantile functions are steps; they are compared on a grid finer than either.
        levels = (np.arange(4 * max(len(a), len(b))) + 0.5) / (4 * max(len(a), len(b)))
        a, b = (np.quantile(one, levels, axis=0, method="inverted_cdf") for one in (a, b))
    return float(np.abs(np.sort(a, axis=0) - np.sort(b, axis=0)).mean())


def texture_statistics(image: Tensor, *, side: int = 256) -> np.ndarray:
    """Portilla-Simoncelli statistics of the gray picture at `side` x `side` pixels; shape (710,).

    Needs plenoptic (`pip install nstlib[pretrain]`); ImportError says so where it is missing.
    """
    try:
        from plenoptic.models import PortillaSimoncelli
    except ImportError as error:
        raise ImportError(
            "Texture statistics need plenoptic: pip install 'nstlib[pretrain]'."
        ) from error
    gray = resize(image, (side, side)).mean(1, keepdim=True)
    with torch.no_grad():
        statistics = PortillaSimoncelli((side, side))(gray)[0, 0].numpy()
    # A correlation with something that does not vary is undefined: none is as good a word as any.
    return np.nan_to_num(statistics, nan=0.0, posinf=0.0, neginf=0.0)


def texture_distance(image: Tensor, style: Tensor, spread: np.ndarray, *, side: int = 256) -> float:
    """Root mean square difference of texture statistics, each in units of its `spread` (710,).

    The statistics differ by orders of magnitude; their deviation over some unlike pictures makes
    them comparable. 0 is the same texture, about 1.4 two textures picked at random.
    """
    one, other = (texture_statistics(picture, side=side) for picture in (image, style))
    difference = (one - other) / (spread + 1e-6)
    # Kurtosis and its like have long tails: one number must not decide for 700.
    return float(np.sqrt(np.mean(np.clip(difference, -3, 3) ** 2)))


def measure(
    vgg: VGG19, styles: Sequence[Tensor], *, steps: int = 200
) -> tuple[dict[str, float], list[Tensor]]:
    """Every number for one network, and the textures it made of the styles.

    styles: (1, 3, H, W) in [0, 1]. Each number is the mean over the pictures; those of the inversion
    are of the first two, which is a matter of time alone.
    """
    row: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        row.setdefault(name, []).append(value)

    for image in styles[:2]:
        for layer in STYLE_LAYERS:
            made = _last(reconstruct_content(image, layer, vgg=vgg, steps=steps))
            note(f"psnr {layer[4:]}", psnr(made, image))
            note(f"ssim {layer[4:]}", ssim(made, image))
    spread_over = [*styles, *(photo(name) for name in ("cat", "coffee", "rocket", "gravel"))]
    spread = np.stack([texture_statistics(one) for one in spread_over]).std(0)
    textures = []
    for style in styles:
        start = time.perf_counter()
        made = _last(reconstruct_style(style, vgg=vgg, steps=steps))
        note("ms/step", 1000 * (time.perf_counter() - start) / steps)
        note("texture", texture_distance(made, style, spread))
        note("color", color_distance(made, style))
        textures.append(made)
    return {name: float(np.mean(values)) for name, values in row.items()}, textures


def table(rows: Mapping[str, Mapping[str, float]]) -> str:
    """Lay out {network: {measure: value}} as text, a network a column and a measure a line."""
    widths = [max(len(name), 8) for name in rows]
    lines = [" " * 10 + "".join(f"  {n:>{w}}" for n, w in zip(rows, widths, strict=True))]
    for key in next(iter(rows.values())):
        values = (f"  {row[key]:>{w}.3f}" for row, w in zip(rows.values(), widths, strict=True))
        lines.append(f"{key:<10}" + "".join(values))
    return "\n".join(lines)


def panel(rows: Sequence[Sequence[Tensor]], *, side: int = 256) -> Tensor:
    """Join rows of images to one, each image fitted into a white square of `side` pixels."""
    strips = []
    for row in rows:
        cells = []
        for image in row:
            scale = side / max(image.shape[2:])
            size = [max(1, round(scale * length)) for length in image.shape[2:]]
            cell = torch.ones(1, 3, side, side)
            cell[..., : size[0], : size[1]] = resize(image, (size[0], size[1])).clamp(0, 1)
            cells.append(cell)
        strips.append(torch.cat(cells, dim=3))
    return torch.cat(strips, dim=2)


def compare(
    files: Sequence[str | Path],
    *,
    styles: Sequence[str | Path] = (),
    panel_path: str | Path | None = None,
    size: int = 256,
    steps: int = 200,
) -> str:
    """Measure weights files, and random weights of the first one's width; return the table.

    styles: paths of pictures; without any, paintings with seeds that training never saw. The panel,
    a PNG, has a row of styles, then for each network its textures and its transfers.
    """
    if styles:
        paintings = [load_image(path, size=size) for path in styles]
    else:
        paintings = [painting(name, size=size, seed=seed) for name, seed in HELD_OUT.items()]
    networks = {Path(file).stem: load_vgg19(file) for file in files}
    width = next(iter(networks.values())).conv1_1.out_channels / 64
    networks["random"] = load_vgg19("random", width=width)
    content = photo("astronaut", size=size)
    rows, pictures = {}, [[content, *paintings]]
    for name, vgg in networks.items():
        rows[name], textures = measure(vgg, paintings, steps=steps)
        transfers = [_last(transfer(content, style, vgg=vgg, steps=steps)) for style in paintings]
        pictures += [[content, *textures], [content, *transfers]]
    if panel_path is not None:
        save_image(panel(pictures, side=size), panel_path)
    return table(rows)


def _last(run: Iterator[Step]) -> Tensor:
    return finish(run, progress=False).image


def _pixels(image: Tensor) -> np.ndarray:
    return image[0].permute(1, 2, 0).clamp(0, 1).cpu().numpy().astype(float)
