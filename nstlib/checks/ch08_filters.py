"""Checks of notebook 08: oriented filters, halving, passing a ReLU, learning from a teacher."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from nstlib.backbone.training import teaching_loss as reference
from nstlib.backbone.wavelets import BLUR
from nstlib.checks.verdict import Mistake, Verdict, judge


def gabor(answer: Callable[[float, float, int], Tensor]) -> Verdict:
    """Check a function (direction, phase, size) -> filter (size, size), no mean and of length 1."""
    inputs = [(0.5, 0.7, 5), (0.0, 0.0, 5), (2.0, math.pi / 2, 3), (math.pi / 2, 3.0, 7)]
    mistakes = [
        Mistake(
            lambda *a: _unit(_wave(*a)),
            "your filter has a mean: it answers to plain brightness, so a bright, empty sky looks "
            "like an edge to it. Subtract the bell, times the sum of the wave over that of the bell.",
        ),
        Mistake(
            lambda *a: _unit(_wave(*a) - _wave(*a).mean()),
            "the mean is gone, but you took the same number from every pixel, also where the bell "
            "has ended. Subtract a multiple of the bell, so that the filter still fades out.",
        ),
        Mistake(
            lambda *a: _without_mean(*a),
            "the shape is right, the length is not: divide by the norm. Otherwise some directions "
            "are louder than others for no reason in the picture.",
        ),
        Mistake(
            lambda *a: _without_mean(*a) / _wave(*a).norm(),
            "you divided by the norm that the wave had before its mean was taken out: "
            "take the mean out first, then divide.",
        ),
        Mistake(
            lambda turn, phase, size: _gabor(turn, phase, size, along=True),
            "the wave runs along the bar, not across it: the cosine is of u, and v only has its "
            "place in the bell.",
        ),
        Mistake(
            lambda turn, phase, size: _gabor(turn, phase, size, indexing="xy"),
            "x and y have changed places. The first index of an array is the row, and that is y: "
            'y, x = torch.meshgrid(…, indexing="ij").',
        ),
        Mistake(
            lambda turn, phase, size: _gabor(math.radians(turn), phase, size),
            "turn is in radians already: do not convert it.",
        ),
    ]
    praise = "it is silent where nothing changes, and as loud as every other filter."
    return judge(answer, _gabor, inputs, mistakes, praise=praise)


def halve(answer: Callable[[Tensor], Tensor]) -> Verdict:
    """Check a function (N, C, H, W) -> (N, C, H / 2, W / 2) that blurs, then pools."""
    rng = torch.Generator().manual_seed(0)
    shapes = [(1, 3, 12, 16), (2, 1, 8, 8)]
    inputs = [(1 + torch.randn(shape, generator=rng),) for shape in shapes]
    mistakes = [
        Mistake(
            lambda x: F.avg_pool2d(x, 2),
            "you pooled without a blur. Stripes finer than the new pixels come back as coarse "
            "ones that were never there (aliasing).",
        ),
        Mistake(
            lambda x: F.avg_pool2d(16 * _blurred(x), 2),
            "the picture is 16 times too bright: the nine weights must sum to 1.",
        ),
        Mistake(
            lambda x: _blurred(F.avg_pool2d(x, 2)),
            "you pooled first and blurred then. What pooling has folded over, no blur can unfold.",
        ),
        Mistake(
            lambda x: _blurred(x)[..., ::2, ::2],
            "you kept every second pixel. Average pooling takes the mean of 2 x 2, and that is "
            "all that a network with pooling layers can do.",
        ),
        Mistake(
            lambda x: F.avg_pool2d(_blurred(x, mode="constant"), 2),
            "beyond the border there are zeros in yours, which makes a dark frame. Repeat the "
            'outermost pixels: F.pad(x, (1, 1, 1, 1), mode="replicate").',
        ),
        Mistake(
            lambda x: F.avg_pool2d(_blurred(x).sum(1, keepdim=True).expand_as(x), 2),
            "the channels are mixed: every output channel is a sum over all. Give conv2d one "
            "kernel a channel, (C, 1, 3, 3), and groups=C.",
        ),
        Mistake(
            lambda x: F.max_pool2d(_blurred(x), 2),
            "that is max pooling: it keeps the brightest of four pixels, and the picture becomes "
            "lighter from scale to scale.",
        ),
    ]
    praise = "what is too fine for the smaller picture fades to gray, as it should."
    return judge(answer, half, inputs, mistakes, praise=praise)


def half(x: Tensor) -> Tensor:
    """Blur a picture and halve it: (N, C, H, W) -> (N, C, H / 2, W / 2)."""
    return F.avg_pool2d(_blurred(x), 2)


def carry(answer: Callable[[int], tuple[Tensor, Tensor]]) -> Verdict:
    """Check a function C -> (there, back) for which back @ relu(there @ x) is x.

    There are many such pairs, so it is judged by what it does to x (C, M), not by its numbers.
    """
    rng = torch.Generator().manual_seed(0)
    inputs = [(c, torch.randn(c, 40, generator=rng)) for c in (3, 5)]
    mistakes = [
        Mistake(
            lambda c, x: x.relu(),
            "what is below zero is lost: this carries max(x, 0) alone. The other half needs "
            "channels of its own, in which -x goes in.",
        ),
        Mistake(
            lambda c, x: x.abs(),
            "this gives |x|: you added the two halves. max(x, 0) - max(-x, 0) is x.",
        ),
        Mistake(
            lambda c, x: torch.zeros_like(x),
            "everything cancels: both halves went in with the same sign. Send x into one and -x "
            "into the other.",
        ),
        Mistake(
            lambda c, x: x / 2,
            "this is x / 2. The halves are not two copies to be averaged: at each place one of "
            "them is zero, and the other is all there is.",
        ),
        Mistake(
            lambda c, x: -x,
            "the sign is turned: the half that got -x must be subtracted at the end.",
        ),
    ]
    praise = "the ReLU let all of it through. The price: twice the channels."
    return judge(_passed(answer), lambda c, x: x, inputs, mistakes, praise=praise)


def teaching_loss(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Check a function of predictions and a teacher's maps, both (N, C, H, W) -> loss ()."""
    rng = torch.Generator().manual_seed(0)
    inputs = []
    for n, c, silent in ((4, 3, False), (2, 4, True)):
        size = torch.logspace(-0.5, 1, c).view(-1, 1, 1)
        level = 3 * torch.rand(n, 1, 1, 1, generator=rng)
        told = size * (torch.randn(n, c, 32, 32, generator=rng) + level)
        if silent:
            told[:, 0] = 0.0
        inputs.append((2 * torch.randn(n, c, 32, 32, generator=rng), told))
    mistakes = [
        Mistake(
            lambda s, t: (s - t).square().mean(),
            "you compare with the maps as they are, so channels with large values rule the mean and "
            "faint ones are never learned. Bring each channel to mean 0 and variance 1 first.",
        ),
        Mistake(
            lambda s, t: (s - t / _deviation(t)).square().mean(),
            "the variance is right, but the mean is still in: subtract it before you divide.",
        ),
        Mistake(
            lambda s, t: (s - (t - t.mean(_EACH, keepdim=True))).square().mean(),
            "the mean is gone, but the variance is still that of the channel: divide by its root.",
        ),
        Mistake(
            lambda s, t: (
                (s - (t - t.mean(_EACH, keepdim=True)) / _deviation(t) ** 2).square().mean()
            ),
            "you divided by the variance, not by its square root: a channel ten times as large would "
            "now be ten times too small.",
        ),
        Mistake(
            lambda s, t: (s - (t - t.mean()) / (t.var(correction=0) + 1e-5).sqrt()).square().mean(),
            "one mean and one variance for all channels leave them as unequal as they were. Take "
            "them channel by channel, over (0, 2, 3).",
        ),
        Mistake(
            lambda s, t: (s - _standardized(t, (2, 3))).square().mean(),
            "you took mean and variance picture by picture. Then the student never learns that one "
            "picture has more of something than another; the batch belongs into the mean.",
        ),
        Mistake(
            lambda s, t: (_standardized(s, _EACH) - _standardized(t, _EACH)).square().mean(),
            "you normalized the predictions too. Then a student that says everything a hundred times "
            "too faintly is not corrected: only the teacher's maps are normalized.",
        ),
        Mistake(
            lambda s, t: (
                (s - (t - t.mean(_EACH, keepdim=True)) / t.std(_EACH, correction=0, keepdim=True))
                .square()
                .mean()
            ),
            "epsilon is missing: a channel that is silent in a batch is divided by zero.",
        ),
        Mistake(
            lambda s, t: (s - _standardized(t, _EACH)).abs().mean(),
            "that is the absolute difference: the loss is the mean of its square.",
        ),
    ]
    praise = "a faint channel of the teacher now counts as much as a strong one."
    return judge(answer, reference, inputs, mistakes, praise=praise, rtol=1e-3)


_EACH = (0, 2, 3)


def _deviation(maps: Tensor, over: tuple[int, ...] = _EACH) -> Tensor:
    return (maps.var(over, correction=0, keepdim=True) + 1e-5).sqrt()


def _standardized(maps: Tensor, over: tuple[int, ...]) -> Tensor:
    return (maps - maps.mean(over, keepdim=True)) / _deviation(maps, over)


def _coordinates(
    turn: float, size: int, *, along: bool = False, indexing: str = "ij"
) -> tuple[Tensor, Tensor]:
    """The bell and the coordinate that the wave runs in, each (size, size)."""
    ticks = torch.arange(size) - size // 2
    y, x = torch.meshgrid(ticks, ticks, indexing=indexing)
    u = x * math.cos(turn) + y * math.sin(turn)
    v = y * math.cos(turn) - x * math.sin(turn)
    bell = torch.exp(-(u**2 + v**2 / 2) / (2 * (size / 4) ** 2))
    return bell, v if along else u


def _wave(turn: float, phase: float, size: int) -> Tensor:
    bell, u = _coordinates(turn, size)
    return bell * torch.cos(math.pi / 2 * u + phase)


def _without_mean(turn: float, phase: float, size: int, **options) -> Tensor:
    bell, u = _coordinates(turn, size, **options)
    wave = bell * torch.cos(math.pi / 2 * u + phase)
    return wave - bell * wave.sum() / bell.sum()


def _gabor(turn: float, phase: float, size: int = 5, **options) -> Tensor:
    return _unit(_without_mean(turn, phase, size, **options))


def _unit(x: Tensor) -> Tensor:
    return x / x.norm()


def _blurred(x: Tensor, mode: str = "replicate") -> Tensor:
    channels = x.shape[1]
    kernel = BLUR.expand(channels, 1, 3, 3)
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode=mode), kernel, groups=channels)


def _passed(answer: Callable) -> Callable:
    """What becomes of x on the way there, through the ReLU and back."""

    def through(channels: int, x: Tensor) -> Tensor | None:
        made = answer(channels)
        if made is None or made is ...:
            return None
        there, back = made
        return back @ (there @ x).relu()

    return through
