"""Masks on their way to the layers; what a transfer does with them is in test_style_transfer.py."""

import itertools

import pytest
import torch

from nstlib.images import load_mask
from nstlib.masks import layer_mask, sharing
from nstlib.vgg import LAYERS, VGG19, receptive_field


@pytest.mark.parametrize("layer", ["relu1_1", "conv2_2", "pool2", "relu4_1", "relu5_1"])
def test_a_layer_mask_is_the_fraction_of_each_cell_that_lies_in_the_region(layer):
    mask = torch.rand(1, 1, 53, 70, generator=torch.Generator().manual_seed(0))
    made, (_, stride) = layer_mask(mask, layer), receptive_field(layer)
    assert made.shape == (1, 1, 53 // stride, 70 // stride)
    for y, x in itertools.product(*map(range, made.shape[2:])):
        cell = mask[0, 0, y * stride : (y + 1) * stride, x * stride : (x + 1) * stride]
        torch.testing.assert_close(made[0, 0, y, x], cell.double().mean().float())


@pytest.mark.parametrize("pooling", ["avg", "max"])
def test_a_layer_mask_has_the_size_of_the_features_and_goes_through_their_poolings(pooling):
    vgg = VGG19(width=1 / 64, pooling=pooling)
    mask = torch.rand(1, 1, 75, 98, generator=torch.Generator().manual_seed(0))
    step_by_step = mask
    for name, features in vgg(mask.expand(1, 3, -1, -1), LAYERS).items():
        if name.startswith("pool"):
            step_by_step = torch.nn.AvgPool2d(2)(step_by_step)
        made = layer_mask(mask, name)
        assert made.shape[2:] == features.shape[2:]
        torch.testing.assert_close(made, step_by_step)


def test_a_layer_mask_of_bools_is_that_of_zeros_and_ones():
    inside = torch.rand(1, 1, 20, 30, generator=torch.Generator().manual_seed(0)) > 0.5
    assert torch.equal(layer_mask(inside, "relu2_1"), layer_mask(inside.float(), "relu2_1"))


@pytest.mark.parametrize(
    ("layer", "words"),
    [("relu9_1", "no layer 'relu9_1'"), ("relu5_1", "30 x 12 pixels, .* least 16")],
)
def test_a_layer_without_a_mask_is_refused(layer, words):
    with pytest.raises(ValueError, match=words):
        layer_mask(torch.ones(1, 1, 12, 30), layer)


def test_masks_that_divide_the_picture_may_be_resized():
    columns = torch.arange(600)
    parts = [columns < 107, (columns >= 107) & (columns < 109), columns >= 109]
    masks = [load_mask(part.expand(60, -1).numpy(), size=(40, 384)) for part in parts]
    assert sum(masks).max() > 1.05
    shared = sharing(masks, torch.zeros(1, 3, 40, 384), 3)
    assert sum(shared).max() < 1 + 1e-5
    assert sum(shared).min() > 0.95
