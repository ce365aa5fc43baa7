"""Rectified wavelets: the edges, bars and colors of a picture at five scales.

The compact backbone begins as these and learns to compute them better. Why these: the second moments
of rectified wavelets, at one scale and from one scale to the next, describe a texture about as well
as those of a network trained on ImageNet (Brochard, Zhang and Mallat 2022, "Generalized Rectifier
Wavelet Covariance Models for Texture Synthesis"; before them Portilla and Simoncelli 2000). A Gram
matrix is just that, a table of second moments.

The maps of scale k have the size of relu{k}_1: 1, 1/2, 1/4, 1/8 and 1/16 of the picture. Their
channels, in order:

    color     6: brightness, red against blue, green against the rest, each as max(x, 0), max(-x, 0)
    fine      2: single bright and dark pixels (scales 1 and 2)
    light     orientations x phases of brightness: bright and dark lines, rising and falling edges
    hue       the same of the two colors (scales 3 to 5)
    smaller   the light maps of the scale before, blurred to this one's size (from scale 2)
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from nstlib.vgg import VGG19

COLOR_AXES = torch.tensor([[1.0, 1, 1], [1.2, 0, -1.2], [-0.7, 1.4, -0.7]]) / 3**0.5
"""Rows: brightness, red against blue, green against the rest. Not of length one: in pictures the
last two vary less than the first, and all three should count in a Gram matrix."""
PLAN = {
    "relu1_1": {"fine": 1, "light": (4, 2), "hue": None},
    "relu2_1": {"fine": 1, "light": (4, 4), "hue": None},
    "relu3_1": {"fine": 0, "light": (6, 4), "hue": (4, 2)},
    "relu4_1": {"fine": 0, "light": (8, 4), "hue": (4, 4)},
    "relu5_1": {"fine": 0, "light": (8, 4), "hue": (4, 4)},
}
"""For every layer: whether there are fine maps, and (orientations, phases) of the others."""
BLUR = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16
CENTER = torch.tensor([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]])
SPOT = torch.tensor([[1.0, -2, 1], [-2, 4, -2], [1, -2, 1]]) / 6
HALVES = torch.cat([torch.eye(3), -torch.eye(3)])
"""(6, 3): turns x into x and -x. Transposed it puts the two rectified halves together again."""
GAIN = {"color": 0.7, "fine": 6.0, "light": 1.0, "hue": 4.0}
"""Factors that bring the mean square of every kind of map to about 1 over pictures."""


def gabors(orientations: int, phases: int, *, size: int = 5) -> Tensor:
    """Return waves of four pixels under a bell curve, without mean and of length 1.

    Args:
        orientations: How many directions, evenly spaced over half a turn.
        phases: 4 for falling edge, dark line, rising edge and bright line; 2 for the edges alone.
        size: The side of the filters, 3 or 5 pixels.

    Returns:
        (orientations * phases, 1, size, size), the phases of the first orientation first.
    """
    along = torch.arange(size) - size // 2
    y, x = torch.meshgrid(along, along, indexing="ij")
    filters = []
    for turn in torch.arange(orientations) * math.pi / orientations:
        across = x * turn.cos() + y * turn.sin()
        length = y * turn.cos() - x * turn.sin()
        bell = torch.exp(-(across**2 + length**2 / 2) / (2 * (size / 4) ** 2))
        for phase in range(phases):
            wave = bell * torch.cos(
                math.pi / 2 * across + math.pi / 2 + phase * 2 * math.pi / phases
            )
            wave = wave - bell * wave.sum() / bell.sum()
            filters.append(wave / wave.norm())
    return torch.stack(filters)[:, None]


def wavelet_maps(x: Tensor, *, size: int = 5) -> dict[str, Tensor]:
    """Compute the rectified wavelets of pictures, as the compact backbone is to compute them.

    Args:
        x: (N, 3, H, W), normalized as at the network's entry.
        size: The side of the filters from scale 3 on (`build` can do 3); scales 1 and 2 have 3, since
            relu1_1 sees no more than 3 x 3 pixels.

    Returns:
        {layer: (N, C, H', W')} for relu1_1 to relu5_1.
    """
    maps, light = {}, None
    x = torch.einsum("ij,njhw->nihw", COLOR_AXES.to(x), x)
    for layer, plan in PLAN.items():
        if light is not None:
            x, light = _halve(x), _halve(light)
        kinds = [GAIN["color"] * torch.cat([x, -x], dim=1)]
        if plan["fine"]:
            spots = _filter(x[:, :1], SPOT[None, None])
            kinds.append(GAIN["fine"] * torch.cat([spots, -spots], dim=1))
        side = 3 if layer in ("relu1_1", "relu2_1") else size
        new = GAIN["light"] * _filter(x[:, :1], gabors(*plan["light"], size=side)).relu()
        kinds.append(new)
        if plan["hue"]:
            bank = gabors(*plan["hue"], size=side)
            kinds += [GAIN["hue"] * _filter(x[:, c : c + 1], bank) for c in (1, 2)]
        if light is not None:
            kinds.append(light)
        maps[layer], light = torch.cat(kinds, dim=1).relu(), new
    return maps


def build(vgg: VGG19) -> None:
    """Write filters into `vgg`, in place, with which it computes `wavelet_maps(size=3)` exactly.

    (Except at the border, where the padding of the network counts.) x is carried on as its two halves
    max(x, 0) and max(-x, 0), which a ReLU lets through; the convolution before each pooling blurs.
    Channels that are not needed keep the filters they have.

    Args:
        vgg: A network of at least a quarter of VGG-19's channels.

    Raises:
        ValueError: Where there are too few channels.
    """
    names = [name for name in vgg.layers if name.startswith("conv")]
    names = names[: names.index("conv5_1") + 1]
    kinds: dict[str, slice] = {}
    for name, following in zip(names, [*names[1:], names[-1]], strict=True):
        convolution, plan = vgg.get_submodule(name), PLAN.get(name.replace("conv", "relu"))
        channels, inputs = convolution.weight.shape[:2]
        # How x follows from what comes in: from red, green and blue, or from its halves.
        signed = (
            COLOR_AXES if name == "conv1_1" else F.pad(HALVES.T / GAIN["color"], (0, inputs - 6))
        )
        before, kinds = kinds, _places(plan, kinds) if plan else kinds
        used = max(place.stop for place in kinds.values())
        if used > channels:
            raise ValueError(f"{name} has {channels} channels and {used} are needed.")
        filters = torch.zeros(used, inputs, 3, 3)
        kernel = BLUR if following[4] != name[4] else CENTER
        filters[kinds["color"]] = _outer(GAIN["color"] * HALVES @ signed, kernel)
        if plan:
            _write_wavelets(filters, plan, kinds, before, signed)
        else:
            for kind in set(kinds) - {"color"}:
                same = torch.eye(kinds[kind].stop - kinds[kind].start)
                # Of the rest, only the light maps are needed at the next scale.
                blur = kernel if kind == "light" else CENTER
                filters[kinds[kind], kinds[kind]] = _outer(same, blur)
        with torch.no_grad():
            convolution.weight[:used] = filters
            convolution.bias[:used] = 0.0


def _write_wavelets(
    filters: Tensor,
    plan: dict,
    kinds: dict[str, slice],
    before: dict[str, slice],
    signed: Tensor,
) -> None:
    """Fill in, in place, the filters of all kinds of maps but the colors."""
    light = signed[:1, :, None, None]
    if "fine" in kinds:
        filters[kinds["fine"]] = GAIN["fine"] * torch.stack([SPOT, -SPOT])[:, None] * light
    filters[kinds["light"]] = GAIN["light"] * gabors(*plan["light"], size=3) * light
    if "hue" in kinds:
        bank = GAIN["hue"] * gabors(*plan["hue"], size=3)
        filters[kinds["hue"]] = torch.cat([bank * signed[c][None, :, None, None] for c in (1, 2)])
    if "smaller" in kinds:
        count = kinds["smaller"].stop - kinds["smaller"].start
        filters[kinds["smaller"], before["light"]] = _outer(torch.eye(count), CENTER)


def _places(plan: dict, before: dict[str, slice]) -> dict[str, slice]:
    """Which channels each kind of map has in a layer."""
    counts = {
        "color": 6,
        "fine": 2 * plan["fine"],
        "light": math.prod(plan["light"]),
        "hue": 2 * math.prod(plan["hue"] or (0,)),
        "smaller": before["light"].stop - before["light"].start if before else 0,
    }
    places, start = {}, 0
    for kind, count in counts.items():
        if count:
            places[kind] = slice(start, start + count)
        start += count
    return places


def _outer(matrix: Tensor, kernel: Tensor) -> Tensor:
    """Filters (out, in, 3, 3) that mix channels by `matrix` and positions by `kernel`."""
    return matrix[..., None, None] * kernel


def _filter(x: Tensor, bank: Tensor) -> Tensor:
    """Convolve one channel x (N, 1, H, W) with filters (C, 1, size, size)."""
    margin = bank.shape[-1] // 2
    return F.conv2d(F.pad(x, (margin,) * 4, mode="replicate"), bank.to(x))


def _halve(x: Tensor) -> Tensor:
    """Blur, then average 2 x 2 pixels: what a convolution before an average pooling can do."""
    channels = x.shape[1]
    kernel = BLUR.to(x).expand(channels, 1, 3, 3)
    return F.avg_pool2d(F.conv2d(F.pad(x, (1,) * 4, mode="replicate"), kernel, groups=channels), 2)
