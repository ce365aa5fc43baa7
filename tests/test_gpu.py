"""On a CUDA GPU the same as on the CPU: skipped where there is none."""

import io

import pytest
import torch

from nstlib import finish, load_vgg19, painting, photo, transfer
from nstlib.backbone.evaluate import network_measures, ssim
from nstlib.memory import free_bytes
from nstlib.widgets import transfer_studio

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module")
def networks():
    return {device: load_vgg19(device=device) for device in ("cpu", "cuda")}


@pytest.fixture(scope="module")
def pictures():
    return photo("cat", size=192), painting("night", size=192)


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
@pytest.mark.parametrize("regions", [False, True])
def test_the_first_steps_are_those_of_the_cpu(networks, pictures, optimizer, regions):
    content, style = pictures
    options = {"optimizer": optimizer, "scales": (1.0,), "steps": 4}
    if regions:  # the masks are on the CPU, wherever the network is
        left = (torch.arange(content.shape[3]) < 96).float().expand_as(content[:, :1])
        style, options["masks"] = [style, content], [left, None]
    runs = [list(transfer(content, style, vgg=vgg, **options)) for vgg in networks.values()]
    for on_cpu, on_gpu in zip(*runs, strict=True):
        assert on_gpu.image.device.type == "cuda"
        assert on_gpu.losses == pytest.approx(on_cpu.losses, rel=1e-3)
        assert ssim(on_gpu.image, on_cpu.image) > 0.999


def test_a_run_on_the_gpu_ends_where_that_on_the_cpu_does(networks, pictures):
    on_cpu, on_gpu = (
        finish(transfer(*pictures, vgg=vgg), progress=False) for vgg in networks.values()
    )
    assert on_gpu.losses["total"] == pytest.approx(on_cpu.losses["total"], rel=0.05)


def test_a_run_goes_on_after_a_save_up_to_rounding(networks, pictures):
    options = {"vgg": networks["cuda"], "steps": 12, "optimizer": "adam"}
    whole = finish(transfer(*pictures, **options), progress=False)
    for step in transfer(*pictures, **options):
        if step.index == 7:
            break
    file = io.BytesIO()
    torch.save(step.state(), file)
    file.seek(0)
    state = torch.load(file, weights_only=True, map_location="cpu")
    rest = finish(transfer(*pictures, state=state, **options), progress=False)
    assert ssim(rest.image, whole.image) > 0.99


def test_memory_that_really_runs_out_is_answered_with_tiles(networks, monkeypatch):
    """Torch is allowed less than one pass in one piece takes; nothing predicts it."""
    vgg, size = networks["cuda"], 1536
    content, style = photo("astronaut", size=512), painting("night", size=256)
    content = torch.nn.functional.interpolate(content, (size, size))
    monkeypatch.setattr("nstlib.memory.free_bytes", lambda device: 10**15)
    options = {"vgg": vgg, "scales": (1.0,), "steps": 2, "optimizer": "adam"}
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    whole = finish(transfer(content, style, **options), progress=False)
    peak, total = torch.cuda.max_memory_allocated(), torch.cuda.mem_get_info()[1]
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(0.7 * peak / total)
    try:
        tiled = finish(transfer(content, style, **options), progress=False)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert tiled.index == 2
    assert tiled.losses == pytest.approx(whole.losses, rel=1e-2)


def test_bfloat16_ends_near_float32(pictures):
    if not torch.cuda.is_bf16_supported(including_emulation=False):
        pytest.skip("this GPU does not compute in bfloat16")
    exact, fast = (
        finish(transfer(*pictures, vgg=load_vgg19(device="cuda", precision=name)), progress=False)
        for name in ("float32", "bfloat16")
    )
    assert fast.losses["total"] == pytest.approx(exact.losses["total"], rel=0.05)


def test_free_memory_is_what_torch_does_not_hold():
    before = free_bytes("cuda")
    held = torch.empty(2**28, dtype=torch.uint8, device="cuda")
    assert before - free_bytes("cuda") == pytest.approx(2**28, rel=0.2)
    del held


def test_pictures_are_judged_wherever_they_are(networks, pictures):
    pair = tuple(picture.cuda() for picture in pictures)
    numbers, *_ = network_measures(networks["cuda"], [pair], steps=2)
    assert all(isinstance(number, float) for number in numbers.values())


def test_the_studio_runs_on_the_gpu():
    app = transfer_studio("cat", "waves", size=64, device="cuda")
    app.settings.steps.value = 6
    app.begin()
    assert app.job.join(120)
    assert app.job.status == "done"
    app.close()
