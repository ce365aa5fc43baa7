import pytest
import torch

from nstlib.backbone.wavelets import build, gabors, wavelet_maps
from nstlib.images import photo
from nstlib.vgg import VGG19


@pytest.fixture(scope="module")
def vgg():
    vgg = VGG19(width=0.25, mean=[0.45] * 3, std=[0.225] * 3, last_layer="relu5_1")
    rng = torch.Generator().manual_seed(0)
    for value in vgg.parameters():
        value.copy_(0.05 * torch.randn(value.shape, generator=rng))
    build(vgg)
    return vgg


@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("phases", [2, 4])
def test_a_wavelet_has_length_one_and_no_mean(size, phases):
    bank = gabors(6, phases, size=size)
    assert bank.shape == (6 * phases, 1, size, size)
    torch.testing.assert_close(bank.square().sum((1, 2, 3)), torch.ones(6 * phases))
    torch.testing.assert_close(bank.sum((1, 2, 3)), torch.zeros(6 * phases), atol=1e-6, rtol=0)


def test_half_a_period_on_is_the_negative():
    for phases in (2, 4):
        bank = gabors(4, phases).unflatten(0, (4, phases))
        half = phases // 2
        torch.testing.assert_close(bank[:, :half], -bank[:, half:], atol=1e-6, rtol=0)


def test_the_wavelets_of_a_grating_know_its_direction():
    x = torch.sin(torch.pi / 2 * torch.arange(64.0)).expand(1, 1, 64, 64)
    across = torch.nn.functional.conv2d(x, gabors(8, 4)).square().mean((0, 2, 3)).view(8, 4).sum(1)
    assert across.argmax() == 0
    assert across[0] > 20 * across[4]


def test_a_built_network_computes_the_wavelets_but_for_its_border(vgg):
    image = photo("astronaut", size=192)
    maps = wavelet_maps((image - 0.45) / 0.225, size=3)
    features = vgg(image, list(maps))
    for layer, wanted in maps.items():
        made = features[layer][:, : wanted.shape[1]]
        assert wanted.shape[2:] == made.shape[2:]
        inner = (slice(None), slice(None), slice(3, -3), slice(3, -3))
        torch.testing.assert_close(made[inner], wanted[inner], rtol=1e-4, atol=1e-4)


def test_large_scales_do_not_see_fine_stripes(vgg):
    stripes = 0.5 + 0.4 * torch.cos(2.0 * torch.arange(192.0)).expand(1, 3, 192, 192)
    edge = torch.full((1, 3, 192, 192), 0.1)
    edge[..., 96:] = 0.9
    maps = [wavelet_maps((image - 0.45) / 0.225)["relu5_1"] for image in (stripes, edge)]
    light = [one[:, 6:38].abs().max() for one in maps]
    assert light[0] < 0.05 * light[1]


def test_the_maps_of_a_gray_picture_are_its_brightness_alone():
    maps = wavelet_maps(torch.full((1, 3, 64, 64), 0.7))
    for layer, channels in maps.items():
        silent = torch.ones(channels.shape[1], dtype=torch.bool)
        silent[0] = False
        assert channels[:, 0].min() > 0.5, layer
        assert channels[:, silent].max() < 1e-5, layer


def test_a_network_too_narrow_is_refused():
    with pytest.raises(ValueError, match=r"conv1_1 has 8 channels and 16 are needed"):
        build(VGG19(width=0.125, last_layer="relu5_1"))
