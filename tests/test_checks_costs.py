"""The checks of notebook 09: right answers are praised, each wrong one gets the hint that is its own."""

import runpy
from pathlib import Path

import pytest
import torch

from nstlib import load_vgg19, receptive_field
from nstlib.checks import ch09_costs as checks

SOLUTION = runpy.run_path(
    str(Path(__file__).parents[1] / "notebooks" / "solutions" / "09_what_a_step_costs.py")
)


def each(of_layer):
    """A student's loop over the layers, with a wrong line in it."""

    def count(layers, height, width):
        total = 0
        for c_in, c_out, stride in layers:
            total += of_layer(c_in, c_out, height // stride, width // stride)
        return total

    return count


def last_layer_alone(layers, height, width):
    for c_in, c_out, stride in layers:
        count = 18 * c_in * c_out * (height // stride) * (width // stride)
    return count


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (each(lambda i, o, h, w: 9 * i * o * h * w), "multiplications alone"),
        (lambda n, h, w: sum(18 * i * o * h * w // s for i, o, s in n), "divide twice"),
        (lambda n, h, w: sum(18 * i * o * h * w for i, o, s in n), "fewer positions"),
        (each(lambda i, o, h, w: 2 * i * o * h * w), "1 x 1"),
        (each(lambda i, o, h, w: 18 * o * h * w), "all C_in"),
        (each(lambda i, o, h, w: 18 * i * h * w), "one output channel"),
        (each(lambda i, o, h, w: 18 * i * o), "one position"),
        (each(lambda i, o, h, w: 18 * i * o * (h - 2) * (w - 2)), "pads"),
        (last_layer_alone, "last layer alone"),
        (each(lambda i, o, h, w: 36 * i * o * h * w), "pass forward"),
    ],
)
def test_wrong_counts_of_operations(answer, words):
    verdict = checks.operations(answer)
    assert verdict.right is False
    assert words in verdict.message


def convolutions(names):
    return len([name for name in names if "conv" in name])


def both_sides(names):
    size, stride = receptive_field(names[-1])
    return size - stride


def pooling_counted(names):
    halo, stride = 0, 1
    for name in names:
        if name.startswith("conv"):
            halo += stride
        elif name.startswith("pool"):
            halo += stride
            stride *= 2
    return halo


def rounded_up(names):
    size, stride = receptive_field(names[-1])
    return -(-((size - stride) // 2) // stride) * stride


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (convolutions, "first block only"),
        (both_sides, "twice too much"),
        (lambda names: receptive_field(names[-1])[0], "whole receptive field"),
        (lambda names: receptive_field(names[-1])[0] // 2, "half of the receptive field"),
        (pooling_counted, "pooling adds nothing"),
        (rounded_up, "rounded up"),
    ],
)
def test_wrong_halos(answer, words):
    verdict = checks.halo(answer)
    assert verdict.right is False
    assert words in verdict.message


def test_the_solution_counts_what_torch_counts():
    from torch.utils.flop_counter import FlopCounterMode

    vgg, image = load_vgg19(device="cpu"), torch.rand(1, 3, 48, 64)
    convs = [name for name in checks.up_to("relu3_1") if name.startswith("conv")]
    modules = [vgg.get_submodule(name) for name in convs]
    layers = [
        (conv.in_channels, conv.out_channels, receptive_field(name)[1])
        for name, conv in zip(convs, modules, strict=True)
    ]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        vgg(image, ["relu3_1"])
    assert SOLUTION["my_operations"](layers, 48, 64) == counter.get_total_flops()


@pytest.mark.parametrize("layer", ["relu1_2", "relu2_1", "relu3_4"])
def test_a_tile_with_the_halo_of_the_solution_has_the_features_of_the_picture(layer):
    vgg, image = load_vgg19(device="cpu"), torch.rand(1, 3, 96, 96)
    _, stride = receptive_field(layer)
    halo = SOLUTION["my_halo"](checks.up_to(layer))
    wanted = vgg(image, [layer])[layer][
        ..., 40 // stride : 56 // stride, 40 // stride : 56 // stride
    ]

    def error(rim):
        """rim: in pixels, a multiple of the stride."""
        crop = image[..., 40 - rim : 56 + rim, 40 - rim : 56 + rim]
        inside = slice(rim // stride, (rim + 16) // stride)
        return (vgg(crop, [layer])[layer][..., inside, inside] - wanted).abs().max()

    enough = -(-halo // stride) * stride
    assert error(enough) < 1e-5
    assert error(enough - stride) > 1e-3
