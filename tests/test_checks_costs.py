"""The checks of notebook 09: right answers are praised, each wrong one gets the hint that is its own."""

import runpy
from pathlib import Path

import pytest
import torch

from nstlib import load_vgg19
from nstlib.checks import ch09_costs as checks

SOLUTION = runpy.run_path(
    str(Path(__file__).parents[1] / "notebooks" / "solutions" / "09_what_a_step_costs.py")
)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda i, o, h, w: 9 * i * o * h * w, "multiplications alone"),
        (lambda i, o, h, w: 2 * i * o * h * w, "1 x 1"),
        (lambda i, o, h, w: 18 * o * h * w, "all C_in"),
        (lambda i, o, h, w: 18 * i * h * w, "one output channel"),
        (lambda i, o, h, w: 18 * i * o, "one position"),
        (lambda i, o, h, w: 18 * i * o * (h - 2) * (w - 2), "pads"),
    ],
)
def test_wrong_counts_of_operations(answer, words):
    verdict = checks.operations(answer)
    assert verdict.right is False
    assert words in verdict.message


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda c, s, h, w: 4 * c * h * w // s, "counts twice"),
        (lambda c, s, h, w: c * (h // s) * (w // s), "four bytes"),
        (lambda c, s, h, w: 32 * c * (h // s) * (w // s), "32 bits"),
        (lambda c, s, h, w: 4 * c * h * w, "fewer positions"),
        (lambda c, s, h, w: 4 * (h // s) * (w // s), "one channel"),
    ],
)
def test_wrong_counts_of_bytes(answer, words):
    verdict = checks.kept(answer)
    assert verdict.right is False
    assert words in verdict.message


def test_the_solutions_agree_with_torch():
    vgg, image = load_vgg19(device="cpu"), torch.rand(1, 3, 48, 64)
    features = vgg(image, ["conv2_2", "relu3_1"])["relu3_1"]
    assert SOLUTION["my_bytes"](features.shape[1], 4, 48, 64) == features.nbytes
    layer = vgg.conv2_2
    weights = layer.weight.numel()
    count = SOLUTION["my_operations"](layer.in_channels, layer.out_channels, 24, 32)
    assert count == 2 * weights * 24 * 32
