"""Checks of notebook 09: the operations of a convolution, the bytes of a layer."""

from collections.abc import Callable

from nstlib.checks.verdict import Mistake, Verdict, judge


def operations(answer: Callable[[int, int, int, int], int]) -> Verdict:
    """Check a function (C_in, C_out, height, width) -> floating-point operations of a 3 x 3 layer."""
    inputs = [(3, 64, 8, 10), (16, 32, 5, 7), (512, 512, 1, 1)]
    mistakes = [
        Mistake(
            lambda i, o, h, w: 9 * i * o * h * w,
            "you counted multiplications alone. Each of them is followed by an addition, so it is "
            "two operations. (Papers that count multiply-adds, MAC, are below those that count "
            "FLOP by this factor.)",
        ),
        Mistake(
            lambda i, o, h, w: 2 * i * o * h * w,
            "one weight for each pair of channels: that is a 1 x 1 layer. A 3 x 3 one looks at nine "
            "places.",
        ),
        Mistake(
            lambda i, o, h, w: 2 * 9 * o * h * w,
            "every output channel looks at all C_in input channels, not at one.",
        ),
        Mistake(
            lambda i, o, h, w: 2 * 9 * i * h * w,
            "that is one output channel; there are C_out of them.",
        ),
        Mistake(
            lambda i, o, h, w: 2 * 9 * i * o,
            "that is one position. A convolution does the same at each of the height x width.",
        ),
        Mistake(
            lambda i, o, h, w: 2 * 9 * i * o * (h - 2) * (w - 2),
            "VGG pads each layer by one pixel, so that there are as many positions as before.",
        ),
    ]
    praise = "it grows with the positions, and with the product of the two numbers of channels."
    return judge(answer, _operations, inputs, mistakes, praise=praise)


def kept(answer: Callable[[int, int, int, int], int]) -> Verdict:
    """Check a function (channels, stride, height, width) -> bytes of a layer's output in float32."""
    inputs = [(64, 1, 32, 48), (128, 2, 32, 48), (512, 16, 64, 32)]
    mistakes = [
        Mistake(
            lambda c, s, h, w: 4 * c * h * w // s,
            "the stride halves the height and the width: it counts twice.",
        ),
        Mistake(
            lambda c, s, h, w: c * (h // s) * (w // s),
            "that many numbers; a float32 has four bytes.",
        ),
        Mistake(
            lambda c, s, h, w: 32 * c * (h // s) * (w // s),
            "a float32 has 32 bits, and eight bits are a byte.",
        ),
        Mistake(
            lambda c, s, h, w: 4 * c * h * w,
            "after a pooling the layer has fewer positions: height / stride times width / stride.",
        ),
        Mistake(
            lambda c, s, h, w: 4 * (h // s) * (w // s),
            "that is one channel of them.",
        ),
    ]
    praise = "a pooling takes three quarters of it away, twice the channels give half of that back."
    return judge(answer, _kept, inputs, mistakes, praise=praise)


def _operations(c_in: int, c_out: int, height: int, width: int) -> int:
    return 2 * 9 * c_in * c_out * height * width


def _kept(channels: int, stride: int, height: int, width: int) -> int:
    return 4 * channels * (height // stride) * (width // stride)
