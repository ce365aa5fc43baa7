"""Tiles change the order of additions and nothing else."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nstlib import finish, gram_matrix, load_vgg19, painting, photo, transfer
from nstlib.losses import CONVENTIONS, content_loss, style_loss
from nstlib.masks import layer_mask
from nstlib.tiling import (
    layer_of,
    positions,
    tiled_features,
    tiled_grams,
    tiled_losses,
    tiles,
)
from nstlib.vgg import receptive_field

CONTENT, STYLE = ["relu4_2", "relu1_2"], ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
LAYERS = [*STYLE, *CONTENT]


@pytest.fixture(scope="module")
def vgg():
    """In float64, where an error in the halo cannot be taken for rounding."""
    return load_vgg19("random", width=1 / 16, device="cpu").double()


def noise(height, width, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 3, height, width, generator=generator, dtype=torch.float64)


def value_and_gradient(image, losses):
    image = image.clone().requires_grad_()
    named = losses(image)
    (gradient,) = torch.autograd.grad(sum(named.values()), image)
    return {name: loss.item() for name, loss in named.items()}, gradient


@given(st.integers(16, 500), st.integers(16, 500), st.integers(16, 300))
@settings(max_examples=25)
def test_every_position_of_every_layer_lies_in_one_tile(height, width, side):
    pieces = list(tiles(height, width, LAYERS, side=side))
    for tile in pieces:  # no tile is larger than asked for, the last included; 96 is the halo
        for length, crop in zip((height, width), tile.crop, strict=True):
            begin, end, _ = crop.indices(length)
            assert end - begin <= side + 2 * 96
    for layer in LAYERS:
        _, stride = receptive_field(layer)
        count = torch.zeros(height // stride, width // stride)
        for tile in pieces:
            count[tile.place[layer]] += 1
            features = torch.zeros(height, width)[tile.crop][::stride, ::stride]
            features = features[: height // stride, : width // stride]
            assert features[tile.inside[layer]].numel() >= count[tile.place[layer]].numel()
        assert (count == 1).all()
        assert count.numel() == positions(layer, height, width)


@pytest.mark.parametrize(
    ("height", "width", "side"), [(100, 333, 64), (130, 300, 96), (70, 230, 16), (60, 60, 512)]
)
def test_features_from_tiles_are_those_of_the_whole(vgg, height, width, side):
    image = noise(height, width)
    layers = ["conv1_2", "pool2", "relu3_4", "relu5_1"]
    whole, pieced = vgg(image, layers), tiled_features(vgg, image, layers, side=side)
    for layer in layers:
        torch.testing.assert_close(pieced[layer], whole[layer], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize(("height", "width", "side"), [(80, 333, 64), (130, 230, 96)])
def test_losses_and_gradient_are_those_of_the_whole(vgg, height, width, side, convention):
    image = noise(height, width)
    targets = vgg(noise(height, width, 1), CONTENT)
    grams = {name: gram_matrix(f) for name, f in vgg(noise(90, 120, 2), STYLE).items()}

    def whole(x):
        features = vgg(x, LAYERS)
        content = {
            f"content/{name}": content_loss(features[name], target, convention=convention)
            for name, target in targets.items()
        }
        return content | {
            f"style/{name}": style_loss(features[name], target, convention=convention)
            for name, target in grams.items()
        }

    def pieced(x):
        return tiled_losses(vgg, x, targets, grams, convention=convention, side=side)

    expected, gradient = value_and_gradient(image, whole)
    losses, gradient_of_tiles = value_and_gradient(image, pieced)
    assert losses == pytest.approx(expected, rel=1e-10)
    assert (gradient_of_tiles - gradient).norm() < 1e-10 * gradient.norm()


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_masked_losses_and_gradient_are_those_of_the_whole(vgg, convention):
    """Two soft regions whose border runs across the tiles, and sides that are no multiple of 16."""
    height, width, side = 83, 207, 64
    image, mask = noise(height, width), noise(height, width, 3)[:, :1]
    masks = {
        f"{layer}/{number}": layer_mask(one, layer)
        for number, one in enumerate((mask, 1 - mask), 1)
        for layer in STYLE
    }
    grams = {
        f"{layer}/{number}": gram_matrix(f)
        for number in (1, 2)
        for layer, f in vgg(noise(90, 120, number), STYLE).items()
    }

    def whole(x):
        features = vgg(x, STYLE)
        return {
            f"style/{key}": style_loss(
                features[layer_of(key)], target, mask=masks[key], convention=convention
            )
            for key, target in grams.items()
        }

    def pieced(x, masks=masks):
        return tiled_losses(vgg, x, {}, grams, masks=masks, convention=convention, side=side)

    expected, gradient = value_and_gradient(image, whole)
    losses, gradient_of_tiles = value_and_gradient(image, pieced)
    assert losses == pytest.approx(expected, rel=1e-10)
    assert (gradient_of_tiles - gradient).norm() < 1e-10 * gradient.norm()
    turned = {key: one.flip(3) for key, one in masks.items()}
    _, other = value_and_gradient(image, lambda x: pieced(x, turned))
    assert (other - gradient).norm() > 1e-3 * gradient.norm()


def test_gram_matrices_of_a_region_from_tiles(vgg):
    image, mask = noise(90, 150), noise(90, 150, 3)[:, :1]
    whole, pieced = (tiled_grams(vgg, image, STYLE, mask=mask, side=side) for side in (None, 48))
    for layer in STYLE:
        by_hand = gram_matrix(vgg(image, [layer])[layer], layer_mask(mask, layer))
        torch.testing.assert_close(whole[layer], by_hand, rtol=1e-12, atol=0)
        torch.testing.assert_close(pieced[layer], by_hand, rtol=1e-12, atol=1e-15)


def test_a_halo_that_is_too_small_would_be_noticed(vgg, monkeypatch):
    image, small = noise(200, 200), lambda layer: (60, receptive_field(layer)[1])
    whole = vgg(image, ["relu5_1"])["relu5_1"]
    monkeypatch.setattr("nstlib.tiling.receptive_field", small)
    pieced = tiled_features(vgg, image, ["relu5_1"], side=64)["relu5_1"]
    assert (pieced - whole).abs().max() > 1e-6


@pytest.mark.parametrize("length", [1023, 1024, 1025, 1039, 2047])
def test_the_last_tile_is_no_larger_than_the_others(length):
    """Once it took all that was left over, up to twice the side, and with it twice the memory."""
    pieces = list(tiles(length, 64, ["relu1_1"], side=512))
    heights = [len(range(length)[tile.place["relu1_1"][0]]) for tile in pieces]
    assert sum(heights) == length
    assert max(heights) <= 512
    assert max(heights) - min(heights) <= 1


def test_a_run_in_tiles_makes_the_same_picture():
    """In float32, as users run it: to 1e-4 in the gradient's terms, and to the eye in the picture's."""
    content, style = photo("cat", size=96), painting("waves", size=96)
    options = {"steps": 6, "scales": (1.0,)}
    whole = finish(transfer(content, style, **options), progress=False)
    pieced = finish(
        transfer(content, style, vgg=load_vgg19(device="cpu", tile=32), **options), progress=False
    )
    assert pieced.losses == pytest.approx(whole.losses, rel=1e-3)
    assert (pieced.image - whole.image).abs().mean() < 1e-3


def test_float32_gradient_to_four_digits():
    vgg, image = load_vgg19(device="cpu"), noise(100, 270).float()
    targets = vgg(noise(100, 270, 1).float(), ["relu4_2"])
    grams = {name: gram_matrix(f) for name, f in vgg(noise(90, 120, 2).float(), STYLE).items()}
    big, small = (
        value_and_gradient(
            image, lambda x, side=side: tiled_losses(vgg, x, targets, grams, side=side)
        )
        for side in (512, 64)
    )
    assert small[0] == pytest.approx(big[0], rel=1e-4)
    assert (small[1] - big[1]).norm() < 1e-4 * big[1].norm()


def test_tiles_smaller_than_a_stride_are_refused():
    with pytest.raises(ValueError, match="at least 16 pixels a side, not 8"):
        list(tiles(64, 64, ["relu5_1"], side=8))
    with pytest.raises(ValueError, match="tile must be at least 16 pixels, not 4"):
        load_vgg19(device="cpu", tile=4)
