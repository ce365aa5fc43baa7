import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance

from nstlib import evaluate
from nstlib.images import photo
from nstlib.vgg import load_vgg19


def test_sliced_wasserstein_is_the_exact_distance_in_one_dimension():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((60, 1)), 2 * rng.standard_normal((60, 1)) + 1
    expected = wasserstein_distance(a[:, 0], b[:, 0])
    assert evaluate.sliced_wasserstein(a, b) == pytest.approx(expected)
    fewer = b[:35]
    expected = wasserstein_distance(a[:, 0], fewer[:, 0])
    assert evaluate.sliced_wasserstein(a, fewer) == pytest.approx(expected, rel=0.01)


def test_colors_do_not_care_where_they_are():
    image = torch.rand(1, 3, 20, 30, generator=torch.Generator().manual_seed(0))
    shuffled = image.flatten(2)[..., torch.randperm(600)].view(1, 3, 30, 20)
    assert evaluate.color_distance(shuffled, image) == pytest.approx(0, abs=1e-4)
    assert evaluate.color_distance(0.5 * image, image) > 5


def test_quality_measures_against_their_definitions():
    image = torch.full((1, 3, 16, 16), 0.5)
    assert evaluate.psnr(image + 0.1, image) == pytest.approx(20, abs=1e-4)
    picture = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert evaluate.ssim(picture, picture) == pytest.approx(1)
    assert evaluate.ssim(1 - picture, picture) < 0


@pytest.mark.slow
def test_texture_distance_finds_the_same_texture_nearer_than_another():
    pytest.importorskip("plenoptic")
    gravel, brick = (photo(name, size=256) for name in ("gravel", "brick"))
    half = 128
    left, right, other = gravel[..., :half, :half], gravel[..., half:, half:], brick[..., :half]
    others = [photo(name, size=half) for name in ("cat", "coffee", "rocket")]
    statistics = [evaluate.texture_statistics(one, side=half) for one in [left, other, *others]]
    spread = np.stack(statistics).std(0)
    near = evaluate.texture_distance(left, right, spread, side=half)
    far = evaluate.texture_distance(left, other[..., :half, :], spread, side=half)
    assert evaluate.texture_distance(left, left, spread, side=half) == 0
    assert near < 0.8 * far
    flat = evaluate.texture_statistics(torch.full((1, 3, half, half), 0.5), side=half)
    assert np.isfinite(flat).all()


def test_measures_of_a_network_are_named_and_finite(monkeypatch):
    # The real statistics take seconds, and have their own test.
    monkeypatch.setattr(
        evaluate, "texture_statistics", lambda image, side=256: image.mean((0, 2, 3)).numpy()
    )
    rng = torch.Generator().manual_seed(0)
    styles = [torch.rand(1, 3, 32, 32, generator=rng) for _ in range(2)]
    row, textures = evaluate.measure(load_vgg19("random", width=1 / 16), styles, steps=2)
    assert {"psnr 1_1", "ssim 5_1", "texture", "color", "ms/step"} <= set(row)
    assert all(np.isfinite(value) for value in row.values())
    assert [tuple(one.shape) for one in textures] == [(1, 3, 32, 32)] * 2
    text = evaluate.table({"one": row, "a longer name": row})
    assert len(text.splitlines()) == 1 + len(row)
    assert len({len(line) for line in text.splitlines()}) == 1


def test_a_panel_keeps_proportions_and_pads_with_white():
    black = torch.zeros(1, 3, 20, 40)
    joined = evaluate.panel([[black, black], [black, black]], side=16)
    assert tuple(joined.shape) == (1, 3, 32, 32)
    assert joined[..., :8, :].max() == 0
    assert joined[..., 8:16, :].min() == 1
