import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance

from nstlib.backbone import evaluate
from nstlib.backbone.sittings import export
from nstlib.images import photo, save_image
from nstlib.vgg import load_vgg19


def test_sliced_wasserstein_is_the_exact_distance_in_one_dimension():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((60, 1)), 2 * rng.standard_normal((60, 1)) + 1
    expected = wasserstein_distance(a[:, 0], b[:, 0])
    assert evaluate.sliced_wasserstein(a, b) == pytest.approx(expected)
    fewer = b[:35]  # 420 points each, when every point of one counts 7 and of the other 12 times
    expected = evaluate.sliced_wasserstein(a.repeat(7, axis=0), fewer.repeat(12, axis=0))
    assert evaluate.sliced_wasserstein(a, fewer) == pytest.approx(expected)


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
    pairs = [torch.rand(2, 1, 3, 32, 32, generator=rng).unbind() for _ in range(2)]
    vgg = load_vgg19("random", width=1 / 16)
    row, textures, transfers = evaluate.network_measures(vgg, pairs, steps=2)
    assert {"psnr 1_1", "ssim 5_1", "texture", "at quarter", "layout", "grain", "ms/step"} <= set(
        row
    )
    assert all(np.isfinite(value) for value in row.values())
    assert [tuple(one.shape) for one in [*textures, *transfers]] == [(1, 3, 32, 32)] * 4
    text = evaluate.table([("one", row), ("a longer name", row), ("one", row)])
    assert len(text.splitlines()) == 1 + len(row)
    assert len({len(line) for line in text.splitlines()}) == 1
    assert text.splitlines()[0].split() == ["one", "a", "longer", "name", "one"]


def test_layout_is_what_a_copy_keeps_and_a_turned_copy_reverses():
    rng = torch.Generator().manual_seed(0)
    picture = torch.rand(1, 3, 64, 48, generator=rng)
    picture[..., :32, :] *= 0.3
    assert evaluate.layout_correlation(picture, picture) > 1
    turned = picture.flip(2, 3)
    assert evaluate.layout_correlation(turned, picture) == pytest.approx(
        -evaluate.layout_correlation(picture, picture), abs=1e-5
    )
    chance = [
        evaluate.layout_correlation(torch.rand(1, 3, 64, 64, generator=rng), picture)
        for _ in range(40)
    ]
    assert abs(np.mean(chance)) < 0.1


def test_grain_is_that_of_the_colors_alone():
    rng = torch.Generator().manual_seed(0)
    style = torch.rand(1, 3, 32, 32, generator=rng)
    gray = 0.1 * torch.rand(1, 1, 32, 32, generator=rng)
    assert evaluate.color_grain(0.5 * style + gray, style) == pytest.approx(0.5, rel=1e-3)
    # By hand: one red pixel on black. The Laplacian is 4 there and 1 at its four neighbors.
    dot = torch.zeros(1, 3, 9, 9)
    dot[0, 0, 4, 4] = 1
    twice = torch.zeros(1, 3, 9, 9)
    twice[0, 0, 2, 2] = twice[0, 0, 6, 6] = 1
    assert evaluate.color_grain(twice, dot) == pytest.approx(2**0.5, rel=1e-4)


def test_a_style_of_one_color_is_refused(tmp_path):
    save_image(torch.full((1, 3, 32, 32), 0.4), tmp_path / "plain.png")
    with pytest.raises(ValueError, match=r"plain\.png has one color only"):
        evaluate.compare(["compact"], styles=[tmp_path / "plain.png"])


def test_every_network_has_a_column_of_its_own_whatever_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    judged = []
    monkeypatch.setattr(
        evaluate,
        "network_measures",
        lambda vgg, pairs, steps: ({"x": judged.append(vgg) or 0.0}, [], []),
    )
    for path in (tmp_path / "one/net.safetensors", tmp_path / "two/net.safetensors"):
        path.parent.mkdir()
        export(load_vgg19("random", width=1 / 16), path, {})
    torch.save(load_vgg19("random", width=1 / 16).state_dict(), "(random)")
    files = [*tmp_path.rglob("*.safetensors"), "random", "(random)", "random"]
    header, row = evaluate.compare(files, size=32).splitlines()
    assert header.split() == [*map(str, files), "(random)", "(formula)"]
    assert len(row.split()) == 1 + len(judged) == 1 + 7


class Elsewhere(torch.Tensor):
    """A picture on a stand-in for a GPU: it meets no other tensor, and NumPy cannot read it."""

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if function in (torch.Tensor.numpy, torch.Tensor.__array__):
            raise TypeError("can't convert a tensor on a GPU to numpy")
        if any(type(x) is torch.Tensor and x.ndim for x in args):
            raise RuntimeError("Expected all tensors to be on the same device")
        result = super().__torch_function__(function, types, args, kwargs or {})
        return result.as_subclass(torch.Tensor) if function is torch.Tensor.cpu else result


@pytest.mark.parametrize(
    "measure",
    [
        evaluate.psnr,
        evaluate.ssim,
        evaluate.color_distance,
        evaluate.color_grain,
        evaluate.layout_correlation,
        pytest.param(
            lambda image, style: evaluate.texture_distance(image, style, np.ones(529), side=64),
            id="texture_distance",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_every_measure_takes_pictures_from_any_device(measure):
    if measure.__name__ == "<lambda>":
        pytest.importorskip("plenoptic")
    image, style = torch.rand(2, 1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    there = image.as_subclass(Elsewhere)
    with pytest.raises((TypeError, RuntimeError)):  # so that the stand-in is worth something
        (there + style).numpy()
    assert measure(there, style) == measure(image, style)
    assert measure(image.requires_grad_(), style.as_subclass(Elsewhere)) == measure(image, style)


def test_a_sheet_keeps_proportions_and_pads_with_white():
    black = torch.zeros(1, 3, 20, 40)
    joined = evaluate.picture_table([[black, black.as_subclass(Elsewhere)]] * 2, side=16)
    assert type(joined) is torch.Tensor
    assert tuple(joined.shape) == (1, 3, 32, 32)
    assert joined[..., :8, :].max() == 0
    assert joined[..., 8:16, :].min() == 1
