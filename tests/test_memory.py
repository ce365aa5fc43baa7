"""How much memory a step is said to take, and what is done about it."""

import pytest
import torch

from nstlib import load_vgg19, memory, painting, transfer
from nstlib.bench.steps import TILE, measure
from nstlib.memory import (
    fitting_tile,
    floats_per_pixel,
    free_bytes,
    step_bytes,
)
from nstlib.style_transfer import CONTENT_LAYERS, STYLE_LAYERS, picture_losses, transfer_weights

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
    in_tiles = step_bytes(vgg, 2048, 2048, LAYERS, tile=512)
    assert in_tiles < step_bytes(vgg, 2048, 2048, LAYERS)
    # Only the pixels' own copies grow with the picture.
    taller, tallest = (step_bytes(vgg, h, 2048, LAYERS, tile=512) for h in (4096, 6144))
    assert tallest - taller == taller - in_tiles < step_bytes(vgg, 2048, 2048, LAYERS)


def test_masks_are_charged_what_they_keep(vgg):
    """Against autograd's own hook: the features once more for each mask."""
    picture = torch.rand(1, 3, 64, 96)
    half = torch.zeros(1, 1, 64, 96)
    half[..., :40] = 1

    def kept(masks):
        found = {}

        def keep(tensor):
            found[tensor.untyped_storage().data_ptr()] = tensor
            return tensor

        names = transfer_weights((), STYLE_LAYERS, areas=[1.0] * len(masks or [1]))
        styles = [(picture, 1.0)] * len(masks or [1])
        losses = picture_losses(vgg, None, styles, names, masks=masks)
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            made = losses(picture.clone().requires_grad_())  # noqa: F841, or nothing is kept
        return 4 * sum(t.numel() for t in found.values())

    two = kept([half, 1 - half]) - kept(None)
    charged = step_bytes(vgg, 64, 96, LAYERS, masked=STYLE_LAYERS * 2)
    assert charged - step_bytes(vgg, 64, 96, LAYERS) == pytest.approx(two, rel=0.4)


@pytest.mark.long
@pytest.mark.parametrize(("method", "tile"), [("float32", None), ("tiles", TILE)])
def test_the_estimate_is_near_the_truth(method, tile):
    """In a process of its own, at a size where the picture outweighs what torch needs anyway."""
    (row,) = measure(["compact"], [1024], methods=[method], device="cpu", seconds=0.1, busy=False)
    vgg = load_vgg19(device="cpu")
    estimate = step_bytes(vgg, 1024, 1024, LAYERS, tile=tile)
    assert 0.6 * row.peak < estimate < 1.7 * row.peak


def test_a_picture_that_fits_goes_in_one_piece(vgg, monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda device: 10**15)
    assert fitting_tile(vgg, [(4096, 4096), (512, 512)], LAYERS) is None
    assert fitting_tile(vgg, [(4096, 4096)], LAYERS, tile=640) == 640
    assert fitting_tile(vgg, [(512, 512)], LAYERS, tile=640) is None


@pytest.mark.parametrize("tile", [2048, 1024, 512, 256, 128])
def test_a_picture_that_does_not_fit_goes_in_the_largest_tiles_that_do(vgg, monkeypatch, tile):
    enough = step_bytes(vgg, 4096, 4096, LAYERS, tile=tile) / memory.SHARE + 1
    monkeypatch.setattr(memory, "free_bytes", lambda device: enough)
    assert fitting_tile(vgg, [(4096, 4096)], LAYERS) == tile


def test_a_large_style_counts_too(vgg, monkeypatch):
    enough = step_bytes(vgg, 256, 256, LAYERS) / memory.SHARE + 1
    monkeypatch.setattr(memory, "free_bytes", lambda device: enough)
    assert fitting_tile(vgg, [(256, 256)], LAYERS) is None
    tile = fitting_tile(vgg, [(256, 256), (512, 512)], LAYERS)
    assert tile is not None
    assert tile < 512


def test_adam_is_not_charged_the_memory_of_lbfgs(monkeypatch):
    """At 4096 pixels the history was nine tenths of what it was refused for."""
    vgg, picture = load_vgg19("random", width=1 / 64, device="cpu"), torch.rand(1, 3, 512, 512)
    options = {"vgg": vgg, "style_layers": ["relu1_1"], "content_layers": ["relu1_1"]}
    enough = step_bytes(vgg, 512, 512, ["relu1_1"], tile=128, history=1) / memory.SHARE + 1
    monkeypatch.setattr(memory, "free_bytes", lambda device: enough)
    transfer(picture, picture, optimizer="adam", **options)
    with pytest.raises(ValueError, match="would fit"):
        transfer(picture, picture, optimizer="lbfgs", **options)


def test_what_cannot_fit_is_said_before_the_run_with_the_largest_size_that_would(vgg, monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda device: 2 * 10**8)
    with pytest.raises(ValueError, match="the largest that would fit is") as caught:
        transfer(torch.rand(1, 3, 1024, 2048), painting("waves", size=64), vgg=vgg)
    words = str(caught.value)
    assert words.startswith("A picture of 2048 x 1024 pixels needs about ")
    width, height = map(int, words.rsplit("fit is ", 1)[1].split(" pixels")[0].split(" x "))
    assert width == pytest.approx(2 * height, abs=4)
    fitting_tile(vgg, [(height, width)], LAYERS)  # does not raise
    with pytest.raises(ValueError, match="would fit"):
        fitting_tile(vgg, [(int(height * 1.05), int(width * 1.05))], LAYERS)


def test_free_memory_is_a_number_of_bytes_that_is_there():
    free = free_bytes("cpu")
    assert 10**7 < free < 10**14
    assert free_bytes("meta") == float("inf")


@pytest.mark.parametrize(
    "names",
    [
        ("memory.max", "memory.current", "memory.stat", "inactive_file"),
        (
            "memory/memory.limit_in_bytes",
            "memory/memory.usage_in_bytes",
            "memory/memory.stat",
            "total_inactive_file",
        ),
    ],
    ids=["version 2", "version 1"],
)
def test_the_limit_of_a_container_counts_and_its_cache_does_not(tmp_path, monkeypatch, names):
    """A hub's container that had read large files was refused every picture."""
    limit, used, stat, cache = names
    (tmp_path / "memory").mkdir()
    (tmp_path / limit).write_text("3000000\n")
    (tmp_path / used).write_text("2900000\n")
    (tmp_path / stat).write_text(f"anon 100000\n{cache} 2500000\nactive_file 0\n")
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    assert free_bytes("cpu") == 2_600_000
    (tmp_path / limit).write_text("max\n")
    assert free_bytes("cpu") > 2_600_000
