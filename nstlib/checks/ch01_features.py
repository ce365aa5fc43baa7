"""Checks of notebook 01: how far a feature sees, how a hook keeps it, and a complex cell."""

import math
from collections.abc import Callable, Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nstlib.checks.verdict import Mistake, Verdict, judge
from nstlib.vgg import LAYERS

Keeper = Callable[[nn.Module, Tensor, str], Tensor]
"""(network, image, layer) -> the output of that layer, (1, C, H, W)."""


def receptive_field(answer: Callable[[Sequence[str]], tuple[int, int]]) -> Verdict:
    """answer(layers) -> (size, stride) for the last of the layers; they begin with conv1_1."""

    def walk(
        layers: Sequence[str],
        *,
        conv: Callable[[int, int], int] = lambda size, stride: size + 2 * stride,
        pool: Callable[[int, int], int] = lambda size, stride: size + stride,
        halves_first: bool = False,
        relu_too: bool = False,
    ) -> tuple[int, int]:
        size, stride = 1, 1
        for name in layers:
            if name.startswith("conv") or (relu_too and name.startswith("relu")):
                size = conv(size, stride)
            elif name.startswith("pool"):
                if halves_first:
                    size, stride = pool(size, 2 * stride), 2 * stride
                else:
                    size, stride = pool(size, stride), 2 * stride
        return size, stride

    mistakes = [
        Mistake(
            lambda names: walk(names, conv=lambda size, stride: size + 2),
            "every convolution adds 2 in your answer. It adds 2 steps of its *input*, and after a "
            "pooling one step is 2, 4, 8 … pixels: add 2 * stride.",
        ),
        Mistake(
            lambda names: walk(names, halves_first=True),
            "the pooling doubles the stride too early: its own window still lies on the finer "
            "grid. First size += stride, then stride *= 2.",
        ),
        Mistake(
            lambda names: walk(names, pool=lambda size, stride: size),
            "a pooling looks at 2 x 2 values, so it widens the field too, by one stride.",
        ),
        Mistake(
            lambda names: walk(names, pool=lambda size, stride: 2 * size),
            "a pooling does not double the field. Two neighboring windows overlap nearly "
            "everywhere: together they are wider by one stride only.",
        ),
        Mistake(
            lambda names: walk(names, conv=lambda size, stride: 3 * size),
            "3 x 3 does not mean three times as wide: the three windows of a row overlap. The "
            "field grows by one stride on each side.",
        ),
        Mistake(
            lambda names: walk(names, conv=lambda size, stride: size + 3 * stride),
            "a 3 x 3 filter reaches one step to each side of its center: the field grows by 2 "
            "strides and not by 3.",
        ),
        Mistake(
            lambda names: walk(names, relu_too=True),
            "a ReLU looks at one value and no neighbors: only convolutions and poolings widen.",
        ),
        Mistake(
            lambda names: walk(names)[::-1],
            "size and stride are exchanged: the field comes first.",
        ),
        Mistake(
            lambda names: walk(names)[0],
            "the size is right. Return the stride with it, as (size, stride).",
        ),
    ]
    ends = ("relu1_1", "relu1_2", "pool1", "conv2_1", "relu3_1", "relu4_2", "pool5")
    inputs = [(LAYERS[: LAYERS.index(end) + 1],) for end in ends]
    return judge(
        answer,
        walk,
        inputs,
        mistakes,
        praise="a feature of relu4_2 is computed from 84 x 84 pixels, one of pool5 from 268 x 268.",
    )


def keep_features(answer: Keeper) -> Verdict:
    """answer(network, image, layer) -> the layer's output, by a hook. Its ReLUs are out of place."""
    mistakes = [
        Mistake(
            lambda network, image, layer: network(image),
            "this is what the whole network returns, its last layer. Return what the hook kept.",
        ),
        Mistake(
            lambda network, image, layer: _run(network, image, before=layer),
            "this is what goes *into* the layer. A hook is called with (module, inputs, output): "
            "keep the third.",
        ),
        Mistake(
            lambda network, image, layer: (_run(network, image, before=layer),),
            "these are the layer's inputs, a tuple. A hook is called with (module, inputs, output): "
            "keep the third.",
        ),
        Mistake(
            lambda network, image, layer: _run(network, image, layer)[0],
            "the batch dimension is gone: keep (1, C, H, W), as `vgg(image, layers)` does.",
        ),
        Mistake(
            lambda network, image, layer: {layer: _run(network, image, layer)},
            "return the tensor itself, and not the dictionary that the hook fills.",
        ),
    ]
    return _judge_keeper(
        answer,
        mistakes,
        inplace=False,
        praise="kept, without a trace in the network, and with a way back to the pixels.",
    )


def keep_before_relu(answer: Keeper) -> Verdict:
    """answer(network, image, layer) -> a convolution's output, though the next ReLU is in place."""

    def double_relu(network: nn.Module, image: Tensor, layer: str) -> Tensor:
        return -_run(network, -image, layer).relu()

    mistakes = [
        Mistake(
            lambda network, image, layer: _run(network, image, layer).relu(),
            "nothing in it is negative: this is the response *after* the ReLU, which wrote into the "
            "tensor that you kept. `detach()` shares the memory, and a copy made after the pass "
            "is too late: copy inside the hook.",
        ),
        Mistake(
            lambda network, image, layer: _run(network, image, before=layer),
            "this is what goes *into* the convolution. Nothing overwrites it, but it is not the "
            "convolution's response.",
        ),
        Mistake(
            lambda network, image, layer: network(image),
            "this is what the whole network returns, its last layer. Return what the hook kept.",
        ),
        Mistake(
            lambda network, image, layer: _run(network, image, layer).abs(),
            "these are magnitudes, the signs are gone. They cannot be guessed afterwards: copy "
            "inside the hook, before the ReLU writes.",
        ),
        Mistake(
            double_relu,
            "two signs do not undo a ReLU: what it set to zero is lost. Copy before it writes.",
        ),
    ]
    return _judge_keeper(
        answer,
        mistakes,
        inplace=True,
        praise="copied in time: the negative half is there, and the gradient too.",
    )


def energy(gray: Tensor, even: Tensor, odd: Tensor) -> Tensor:
    """Return how strongly a complex cell responds at every place: √(even² + odd²).

    The energy model of Adelson and Bergen 1985, with its root.

    Args:
        gray: (1, 1, H, W).
        even, odd: Two filters in quadrature, (1, 1, k, k).

    Returns:
        (1, 1, H - k + 1, W - k + 1).
    """
    return (F.conv2d(gray, even).square() + F.conv2d(gray, odd).square()).sqrt()


def complex_cell(answer: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Verdict:
    """answer(gray, even, odd) -> what `energy` returns, from a gray picture and two filters."""
    rng = torch.Generator().manual_seed(5)
    inputs = []
    for size, height, width in ((5, 12, 14), (7, 16, 11)):
        ticks = torch.arange(size) - size // 2
        y, x = torch.meshgrid(ticks, ticks, indexing="ij")
        bell = torch.exp(-(x**2 + y**2) / (2 * (size / 4) ** 2))
        even, odd = (
            (bell * wave(2 * math.pi * (x + 0.5 * y) / 5))[None, None]
            for wave in (torch.cos, torch.sin)
        )
        inputs.append((torch.rand(1, 1, height, width, generator=rng), even, odd))

    def of_responses(combine: Callable[[Tensor, Tensor], Tensor]) -> Callable:
        return lambda gray, even, odd: combine(F.conv2d(gray, even), F.conv2d(gray, odd))

    mistakes = [
        Mistake(
            of_responses(lambda e, o: e.square() + o.square()),
            "the root is missing: a grating of twice the contrast would now count four times.",
        ),
        Mistake(
            of_responses(lambda e, o: e + o),
            "the sum of two filters is a third linear filter, and its response goes up and down with "
            "the phase. Square each response first.",
        ),
        Mistake(
            of_responses(lambda e, o: (e + o).abs()),
            "you squared the sum. Square each response first, and then add: "
            "cos² + sin² is 1, and (cos + sin)² is not.",
        ),
        Mistake(
            of_responses(lambda e, o: e.abs() + o.abs()),
            "absolute values do not add up to a constant: |cos| + |sin| goes from 1 to 1.41 while "
            "the phase turns. Squares do.",
        ),
        Mistake(
            of_responses(lambda e, o: e.relu() + o.relu()),
            "two simple cells added up are silent for a quarter of all phases, where both responses "
            "are negative. Take squares, which count both signs.",
        ),
        Mistake(
            of_responses(lambda e, o: (e.relu().square() + o.relu().square()).sqrt()),
            "the ReLU has thrown the negative responses away before the squares could count them. "
            "Square the responses as they are.",
        ),
        Mistake(
            of_responses(lambda e, o: e.abs()),
            "this uses the even filter alone. It is silent where the grating shows it an edge: you "
            "need the odd filter there.",
        ),
        Mistake(
            of_responses(lambda e, o: ((e.square() + o.square()) / 2).sqrt()),
            "this is the root of the mean of the two squares. Take the root of their sum: "
            "cos² + sin² is already 1.",
        ),
        Mistake(
            lambda gray, even, odd: F.conv2d(gray, even.square() + odd.square()),
            "you squared the filters. A filter without negative values is a blur: square the "
            "responses instead.",
        ),
        Mistake(
            lambda gray, even, odd: energy(F.pad(gray, (even.shape[-1] // 2,) * 4), even, odd),
            "the values are right, but you padded the picture. Leave it as it is, so that the result "
            "is a little smaller and no response at the border sees invented pixels.",
        ),
    ]
    return judge(
        answer,
        energy,
        inputs,
        mistakes,
        praise="it answers to a direction and a width of stripes, wherever exactly they lie.",
    )


def _judge_keeper(
    answer: Keeper, mistakes: Sequence[Mistake], *, inplace: bool, praise: str
) -> Verdict:
    """First the values, then what is left behind in the network, then the gradient."""
    generator = torch.Generator().manual_seed(3)
    inputs = [
        (seed, torch.rand(1, 3, 8, width, generator=generator), layer)
        for seed, width, layer in ((0, 8, "conv1_1"), (1, 10, "conv2_1"))
    ]

    def values(keeper: Keeper) -> Callable:
        return lambda seed, image, layer: keeper(_network(seed, inplace), image, layer)

    def hooks_left(seed: int, image: Tensor, layer: str) -> int:
        network = _network(seed, inplace)
        answer(network, image, layer)
        return sum(len(hooks) for module in network.modules() for hooks in _hooks(module))

    def change(seed: int, image: Tensor, layer: str) -> float:
        network, same = _network(seed, inplace), _network(seed, inplace)
        answer(network, image, layer)
        return float((network(image) - same(image)).abs().max())

    def gradient(keeper: Keeper) -> Callable:
        def of_the_image(seed: int, image: Tensor, layer: str) -> Tensor:
            image.requires_grad_()
            with torch.enable_grad():
                features = keeper(_network(seed, inplace), image, layer)
                if not features.requires_grad:
                    return torch.zeros_like(image)
                return torch.autograd.grad(features.square().sum(), image)[0]

        return of_the_image

    named = [Mistake(values(mistake.wrong), mistake.hint) for mistake in mistakes]
    verdict = judge(values(answer), values(_run), inputs, named, praise=praise)
    if not verdict.right:
        return verdict
    stays = Mistake(
        lambda seed, image, layer: 1,
        "the features are right, but your hook is still in the network: it will run, and hold its "
        "memory, at every later pass. Keep the handle and call handle.remove().",
    )
    left = judge(hooks_left, lambda *_: 0, inputs, [stays])
    if not left.right:
        return left
    if any(change(*arguments) > 1e-6 for arguments in inputs):
        return Verdict(
            False,
            "the features are right, but the network is no longer the same: the same image now "
            "gives another last layer. Copy in the hook, and leave the network as it is.",
        )
    cut = Mistake(
        lambda seed, image, layer: torch.zeros_like(image),
        "the features are right, but no gradient goes from them to the image: `detach`, `.data` and "
        "`no_grad` cut the graph. Without it the pixels cannot learn.",
    )
    back = judge(gradient(answer), gradient(_run), inputs, [cut])
    return verdict if back.right else back


def _network(seed: int, inplace: bool) -> nn.Sequential:
    """A small network with VGG's kind of names, the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    network = nn.Sequential()
    for index, (channels_in, channels_out) in enumerate(((3, 4), (4, 6), (6, 5)), start=1):
        convolution = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        with torch.no_grad():
            for parameter in convolution.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) / 3)
        network.add_module(f"conv{index}_1", convolution)
        network.add_module(f"relu{index}_1", nn.ReLU(inplace=inplace))
        if index < 3:
            network.add_module(f"pool{index}", nn.MaxPool2d(2))
    return network.requires_grad_(False).eval()


def _run(
    network: nn.Sequential, image: Tensor, layer: str | None = None, *, before: str | None = None
) -> Tensor:
    """The output of `layer`, or the input of `before`, without any hook."""
    x = image
    for name, module in network.named_children():
        if name == before:
            return x
        x = module(x)
        if name == layer:
            return x
    return x


def _hooks(module: nn.Module) -> Iterator[dict]:
    yield from (module._forward_hooks, module._forward_pre_hooks)
