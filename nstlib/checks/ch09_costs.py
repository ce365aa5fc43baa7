"""Checks of notebook 09: the operations of a network, and the halo that a tile needs.

The reference functions are public: the notebook counts with them until the student's are right.
"""

from collections.abc import Callable, Sequence

from nstlib.checks.verdict import Mistake, Verdict, judge
from nstlib.vgg import LAYERS, receptive_field

Layer = tuple[int, int, int]  # channels in, channels out, stride


def forward_operations(layers: Sequence[Layer], height: int, width: int) -> int:
    """Return the operations of 3 x 3 layers in one pass forward.

    layers: (C_in, C_out, stride) of each; height, width: of the picture in pixels.
    """
    return _counted(lambda i, o, h, w: 2 * 9 * i * o * h * w)(layers, height, width)


def needed_halo(names: Sequence[str]) -> int:
    """Return how many pixels beyond its own square a feature of the last layer sees, on each side.

    names: of the layers, in order.
    """
    return sum(_stride(names[:n]) for n, name in enumerate(names) if name.startswith("conv"))


def operations(answer: Callable[[Sequence[Layer], int, int], int]) -> Verdict:
    """Check a function (layers, height, width) -> operations of one pass forward.

    layers: (C_in, C_out, stride) of each 3 x 3 convolution; height, width: of the picture in pixels.
    """
    inputs = [
        ([(3, 64, 1)], 8, 10),
        ([(16, 32, 2)], 6, 8),
        ([(3, 8, 1), (8, 16, 2), (16, 16, 4)], 16, 24),
    ]
    mistakes = [
        Mistake(
            _counted(lambda i, o, h, w: 9 * i * o * h * w),
            "you counted multiplications alone. Each product is also added to a sum, so it makes two "
            "operations. (Papers that count multiply-adds, MAC, report half of the FLOP.)",
        ),
        Mistake(
            lambda layers, h, w: sum(18 * i * o * h * w // s for i, o, s in layers),
            "the stride divides the height and the width, so it has to divide twice.",
        ),
        Mistake(
            lambda layers, h, w: sum(18 * i * o * h * w for i, o, _ in layers),
            "after a pooling there are fewer positions: height // stride times width // stride.",
        ),
        Mistake(
            _counted(lambda i, o, h, w: 2 * i * o * h * w),
            "one weight for each pair of channels is a 1 x 1 layer. A 3 x 3 layer looks at nine "
            "places.",
        ),
        Mistake(
            _counted(lambda i, o, h, w: 18 * o * h * w),
            "every output channel looks at all C_in input channels, not at one.",
        ),
        Mistake(
            _counted(lambda i, o, h, w: 18 * i * h * w),
            "that is one output channel; there are C_out of them.",
        ),
        Mistake(
            lambda layers, h, w: sum(18 * i * o for i, o, _ in layers),
            "that is one position. A convolution does the same at each of its positions.",
        ),
        Mistake(
            _counted(lambda i, o, h, w: 18 * i * o * (h - 2) * (w - 2)),
            "VGG pads each layer by one pixel, so a 3 x 3 layer has as many positions after it as "
            "before it.",
        ),
        Mistake(
            lambda layers, h, w: forward_operations(layers[-1:], h, w),
            "that is the last layer alone: add up all of them.",
        ),
        Mistake(
            lambda layers, h, w: 2 * forward_operations(layers, h, w),
            "twice too much. If you counted the way back as well: the question is about the pass "
            "forward.",
        ),
    ]
    praise = "positions times the product of the two numbers of channels, summed over the layers."
    return judge(answer, forward_operations, inputs, mistakes, praise=praise)


def halo(answer: Callable[[Sequence[str]], int]) -> Verdict:
    """Check a function (names of the layers, in order) -> pixels that a tile needs around it.

    The last name is the layer whose features are wanted: half of what one of its features sees beyond
    its own square of stride x stride pixels.
    """
    inputs = [(up_to(layer),) for layer in ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")]
    mistakes = [
        Mistake(
            lambda names: sum(name.startswith("conv") for name in names),
            "one pixel for each convolution is right in the first block only. After a pooling two "
            "neighbors are 2 pixels apart, after two of them 4 pixels.",
        ),
        Mistake(
            lambda names: 2 * needed_halo(names),
            "twice too much. A 3 x 3 layer looks one position beyond the tile on each side, and the "
            "halo is the width on one side. A ReLU looks at a single position and needs none.",
        ),
        Mistake(
            lambda names: receptive_field(names[-1])[0],
            "this is the whole receptive field. Only what lies outside the tile has to be added, and "
            "that is less than half of it on each side.",
        ),
        Mistake(
            lambda names: receptive_field(names[-1])[0] // 2,
            "this is half of the receptive field. Its middle, one square of stride x stride pixels, "
            "lies inside the tile: take it off before you halve.",
        ),
        Mistake(
            lambda names: sum(
                _stride(names[:n])
                for n, name in enumerate(names)
                if name.startswith(("conv", "pool"))
            ),
            "a pooling adds nothing, because the tiles are cut between its windows: all four of its "
            "inputs lie in the same tile.",
        ),
        Mistake(
            _rounded,
            "this is rounded up to a whole number of features. The library does that before it cuts; "
            "the question is how many pixels the layer sees.",
        ),
    ]
    praise = "each convolution adds its own stride, so the deep ones decide."
    return judge(answer, needed_halo, inputs, mistakes, praise=praise)


def up_to(layer: str) -> list[str]:
    """Return the names of the layers of VGG-19 in order, up to and with `layer`."""
    return list(LAYERS[: LAYERS.index(layer) + 1])


def _counted(of_layer: Callable[[int, int, int, int], int]) -> Callable[..., int]:
    """A sum over layers of a function of (C_in, C_out, rows, columns)."""
    return lambda layers, h, w: sum(of_layer(i, o, h // s, w // s) for i, o, s in layers)


def _stride(names: Sequence[str]) -> int:
    return 2 ** sum(name.startswith("pool") for name in names)


def _rounded(names: Sequence[str]) -> int:
    stride = _stride(names)
    return -(-needed_halo(names) // stride) * stride
