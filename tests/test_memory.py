"""How much memory a step is said to take, and what is done about it."""

import pytest
import torch

from nstlib import load_vgg19, memory, painting, photo, transfer
from nstlib.bench import TILE, measure
from nstlib.memory import choose_side, floats_per_pixel, free_bytes, step_bytes
from nstlib.recipes import CONTENT_LAYERS, STYLE_LAYERS

LAYERS = [*CONTENT_LAYERS, *STYLE_LAYERS]


@pytest.fixture(scope="module")
def vgg():
    return load_vgg19("random", width=1 / 16, device="cpu")


@pytest.mark.parametrize(("padding", "rims"), [("replicate", 1.08), ("zeros", 1.0)])
def test_what_the_network_keeps_is_what_autograd_saves(padding, rims):
    """Against autograd's own hook, which sees every tensor that is kept for the way back."""
    vgg = load_vgg19("random", width=1 / 4, padding=padding, device="cpu")
    kept = {}
    weights = {p.untyped_storage().data_ptr() for p in vgg.parameters()}

    def keep(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    height, width = 256, 384
    image = torch.rand(1, 3, height, width).requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        features = vgg(image, ["relu5_1"])
    numbers = sum(t.numel() for pointer, t in kept.items() if pointer not in weights)
    expected = floats_per_pixel(vgg, ["relu5_1"]) * height * width
    # The normalized picture and its copy with a rim are in `numbers` too: 3 a pixel each.
    assert expected < numbers < rims * expected + 6 * height * width
    assert features["relu5_1"].requires_grad


def test_the_memory_grows_with_everything_that_makes_it_grow(vgg):
    whole = step_bytes(vgg, 256, 256, LAYERS)
    assert step_bytes(vgg, 512, 256, LAYERS) == pytest.approx(2 * whole, rel=1e-3)
    assert step_bytes(vgg, 256, 256, LAYERS, history=100) > whole
    assert step_bytes(vgg, 256, 256, ["relu1_1"]) < whole
    in_tiles = step_bytes(vgg, 2048, 2048, LAYERS, side=512)
    assert in_tiles < step_bytes(vgg, 2048, 2048, LAYERS)
    # Only the pixels' own copies grow with the picture.
    beyond = step_bytes(vgg, 4096, 2048, LAYERS, side=512) - in_tiles
    assert beyond == 4 * 3 * 2048 * 2048 * 48


@pytest.mark.slow
@pytest.mark.parametrize(("method", "side"), [("float32", None), ("tiles", TILE)])
def test_the_estimate_is_near_the_truth(method, side):
    """In a process of its own, at a size where the picture outweighs what torch needs anyway."""
    (row,) = measure(["compact"], [1024], methods=[method], device="cpu", seconds=0.1)
    vgg = load_vgg19(device="cpu")
    estimate = step_bytes(vgg, 1024, 1024, LAYERS, side=side)
    assert 0.6 * row.peak < estimate < 1.7 * row.peak


def test_a_picture_that_fits_goes_in_one_piece(vgg, monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda device: 10**15)
    assert choose_side(vgg, 4096, 4096, LAYERS) is None


def test_a_picture_that_does_not_fit_goes_in_the_largest_tiles_that_do(vgg, monkeypatch):
    sides = []
    for side in (2048, 1024, 512):
        enough = step_bytes(vgg, 4096, 4096, LAYERS, side=side) / memory.SHARE + 1
        monkeypatch.setattr(memory, "free_bytes", lambda device, enough=enough: enough)
        sides.append(choose_side(vgg, 4096, 4096, LAYERS))
    assert sides == [2048, 1024, 512]


def test_what_cannot_fit_is_said_before_the_run_with_the_largest_size_that_would(vgg, monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda device: 2 * 10**8)
    with pytest.raises(ValueError, match="the largest that would fit is") as caught:
        transfer(torch.rand(1, 3, 1024, 2048), painting("waves", size=64), vgg=vgg)
    words = str(caught.value)
    assert words.startswith("A picture of 2048 x 1024 pixels needs about ")
    assert words.count(".") == 3  # two decimal points and one full stop
    width, height = map(int, words.rsplit("fit is ", 1)[1].split(" pixels")[0].split(" x "))
    assert width == pytest.approx(2 * height, abs=4)
    choose_side(vgg, height, width, LAYERS)  # does not raise
    with pytest.raises(ValueError, match="would fit"):
        choose_side(vgg, int(height * 1.05), int(width * 1.05), LAYERS)


def test_a_run_takes_tiles_by_itself_where_memory_is_short(vgg, monkeypatch):
    sides = []

    def spy(vgg, image, *args, side, **kwargs):
        sides.append(side)
        raise InterruptedError

    monkeypatch.setattr("nstlib.targets.tiled_features", spy)
    shape = (600, 600)
    enough = step_bytes(vgg, *shape, LAYERS, side=512) / memory.SHARE + 1
    monkeypatch.setattr(memory, "SIDES", (512,))
    monkeypatch.setattr(memory, "free_bytes", lambda device: enough)
    monkeypatch.setattr(memory, "step_bytes", lambda *a, side=None, **k: 0 if side else 2 * enough)
    run = transfer(torch.rand(1, 3, *shape), photo("cat", size=64), vgg=vgg, scales=(1.0,))
    with pytest.raises(InterruptedError):
        next(run)
    assert sides == [512]


def test_free_memory_is_a_number_of_bytes_that_is_there():
    free = free_bytes("cpu")
    assert 10**7 < free < 10**14
    assert free_bytes("meta") is None


def test_the_limit_of_a_container_counts(tmp_path, monkeypatch):
    (tmp_path / "memory.max").write_text("3000000\n")
    (tmp_path / "memory.current").write_text("1000000\n")
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    assert free_bytes("cpu") == 2_000_000
    (tmp_path / "memory.max").write_text("max\n")
    assert free_bytes("cpu") > 2_000_000
