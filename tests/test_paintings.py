"""The paintings: shapes, determinism, one composition at every size, texture everywhere."""

import hashlib
import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
import torch
from torch.nn.functional import avg_pool2d

from nstlib.paintings import PAINTINGS, painting

SIZE = 128
each_kind = pytest.mark.parametrize("name", PAINTINGS)
two_seeds = pytest.mark.parametrize("seed", [0, 1])


@pytest.fixture(scope="module")
def gallery():
    """Two seeds of every kind, painted once: tests only look at them."""
    return {
        (name, seed): painting(name, size=SIZE, seed=seed) for name in PAINTINGS for seed in (0, 1)
    }


def correlation(one, other):
    return np.corrcoef(one.flatten().numpy(), other.flatten().numpy())[0, 1]


@each_kind
@two_seeds
def test_is_an_image(gallery, name, seed):
    picture = gallery[name, seed]
    assert picture.shape == (1, 3, SIZE, SIZE)
    assert picture.dtype == torch.float32
    assert picture.is_contiguous()
    assert picture.min() >= 0
    assert picture.max() <= 1


@each_kind
def test_same_seed_same_bits_whatever_the_global_generators(gallery, name):
    np.random.seed(3)  # noqa: NPY002
    torch.manual_seed(3)
    before = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    assert torch.equal(painting(name, size=SIZE, seed=0), gallery[name, 0])
    assert np.array_equal(before[0], np.random.get_state()[1])  # noqa: NPY002
    assert torch.equal(before[1], torch.get_rng_state())


@pytest.mark.slow
def test_same_bits_in_a_fresh_process(gallery):
    code = (
        "import sys, hashlib; from nstlib.paintings import painting;"
        f"picture = painting('night', size={SIZE}, seed=1);"
        "sys.stdout.write(hashlib.sha256(picture.numpy().tobytes()).hexdigest())"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert there.stdout == hashlib.sha256(gallery["night", 1].numpy().tobytes()).hexdigest()


@each_kind
def test_seeds_differ(gallery, name):
    assert (gallery[name, 0] - gallery[name, 1]).abs().mean() > 0.05


def test_kinds_differ(gallery):
    for one, other in combinations(PAINTINGS, 2):
        assert (gallery[one, 0] - gallery[other, 0]).abs().mean() > 0.1, (one, other)


@each_kind
def test_same_composition_at_every_size(gallery, name):
    """A large painting, reduced, resembles the small one of its seed, and of no other seed."""
    large = avg_pool2d(painting(name, size=2 * SIZE, seed=0), 8)
    assert correlation(large, avg_pool2d(gallery[name, 0], 4)) > 0.95
    assert correlation(large, avg_pool2d(gallery[name, 1], 4)) < 0.85


@each_kind
@two_seeds
def test_has_a_wide_tonal_range(gallery, name, seed):
    gray = gallery[name, seed].mean(1)
    assert gray.std() > 0.1
    assert torch.quantile(gray, 0.95) - torch.quantile(gray, 0.05) > 0.35


@each_kind
@two_seeds
def test_has_texture_nearly_everywhere(gallery, name, seed):
    """Flat regions are bad style: nine in ten tiles of 8 x 8 pixels have contrast."""
    tiles = gallery[name, seed].mean((0, 1)).unfold(0, 8, 8).unfold(1, 8, 8).flatten(2)
    assert (tiles.std(2) > 0.02).float().mean() > 0.9


@each_kind
def test_takes_a_shape_that_is_not_square(name):
    picture = painting(name, size=(40, 72))
    assert picture.shape == (1, 3, 40, 72)
    assert picture.std() > 0.1


@pytest.mark.parametrize("size", [(16, 16), (96, 17)])
@pytest.mark.parametrize("name", ["mosaic", "sunset", "cutpaper"])
def test_takes_small_and_narrow_shapes(name, size):
    picture = painting(name, size=size)
    assert picture.shape == (1, 3, *size)
    assert picture.std() > 0.05


def test_unknown_name_lists_the_names():
    with pytest.raises(ValueError, match=r"no painting 'moonrise'.*night.*woodcut"):
        painting("moonrise")


@pytest.mark.parametrize("size", [15, 0, -4, (15, 64), (64, 8)])
def test_too_small_says_so(size):
    with pytest.raises(ValueError, match="at least 16 pixels"):
        painting("night", size=size)
