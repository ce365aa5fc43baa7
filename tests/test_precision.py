"""The fast path makes the same picture."""

import pytest
import torch

from nstlib import finish, load_vgg19, painting, photo, precision, transfer
from nstlib.backbone.evaluate import ssim
from nstlib.cells import identity
from nstlib.precision import has_bfloat16, precision_for
from nstlib.recipes import STYLE_LAYERS
from nstlib.targets import grams_of, terms_of


def made(name, size=96, **options):
    vgg = load_vgg19(device="cpu", precision=name)
    content, style = photo("cat", size=size), painting("night", size=size)
    return finish(transfer(content, style, vgg=vgg, **options), progress=False)


@pytest.mark.slow
def test_bfloat16_ends_at_the_same_loss():
    """As `transfer` runs by default; imitated, slowly, where the processor has no bfloat16."""
    exact, fast = (made(name) for name in ("float32", "bfloat16"))
    assert fast.losses["total"] == pytest.approx(exact.losses["total"], rel=0.01)
    assert not torch.equal(fast.image, exact.image)


@pytest.mark.slow
@pytest.mark.parametrize(("optimizer", "steps"), [("adam", 12), ("lbfgs", 4)])
def test_bfloat16_paints_the_same_picture(optimizer, steps):
    """For as long as two runs of L-BFGS can be compared at all: see the next test."""
    options = {"optimizer": optimizer, "steps": steps, "scales": (1.0,)}
    exact, fast = (made(name, 128, **options) for name in ("float32", "bfloat16"))
    assert fast.losses["total"] == pytest.approx(exact.losses["total"], rel=0.01)
    assert ssim(fast.image, exact.image) > 0.95


@pytest.mark.slow
def test_a_long_run_of_lbfgs_magnifies_any_difference():
    """In float32 alone: a start moved by a millionth, the same loss in the end, another picture."""
    start = photo("cat", size=96)
    moved = start + 1e-6 * torch.randn(start.shape, generator=torch.Generator().manual_seed(1))
    options = {"steps": 100, "scales": (1.0,)}
    one, other = (made("float32", init=init.clamp(0, 1), **options) for init in (start, moved))
    assert other.losses["total"] == pytest.approx(one.losses["total"], rel=0.02)
    assert ssim(other.image, one.image) < 0.99


def test_the_gradient_points_the_same_way():
    content, style = photo("cat", size=96), painting("night", size=96)
    gradients = []
    for name in ("float32", "bfloat16"):
        vgg, image = load_vgg19(device="cpu", precision=name), content.clone().requires_grad_()
        grams = grams_of(vgg, [style], [1.0], STYLE_LAYERS, None)
        terms = terms_of(vgg, {}, grams, "relative", None)
        gradients.append(torch.autograd.grad(sum(terms(image).values()), image)[0].flatten())
    assert torch.cosine_similarity(*gradients, dim=0) > 0.97


def test_features_and_weights_stay_float32_and_the_layers_do_not():
    vgg = load_vgg19(device="cpu", precision="bfloat16")
    seen = []
    vgg.conv2_1.register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
    image = photo("cat", size=64).requires_grad_()
    features = vgg(image, ["relu2_1"])["relu2_1"]
    features.square().mean().backward()
    assert seen == [torch.bfloat16]
    assert features.dtype == image.grad.dtype == vgg.conv2_1.weight.dtype == torch.float32
    exact = load_vgg19(device="cpu")(image.detach(), ["relu2_1"])["relu2_1"]
    distance = (features - exact).norm() / exact.norm()
    assert 1e-5 < distance < 0.02  # three digits, and not four


def test_an_image_in_half_precision_is_still_refused():
    vgg = load_vgg19(device="cpu", precision="bfloat16")
    with pytest.raises(ValueError, match="bfloat16"):
        vgg(torch.rand(1, 3, 32, 32).bfloat16(), ["relu1_1"])


@pytest.mark.parametrize("fast", [True, False])
def test_auto_is_bfloat16_where_it_is_fast_alone(monkeypatch, fast):
    monkeypatch.setattr(precision, "has_bfloat16", lambda device: fast)
    expected = torch.bfloat16 if fast else torch.float32
    assert precision_for("auto", "cpu") == expected
    assert load_vgg19(device="cpu", precision="auto").precision == expected
    assert load_vgg19(device="cpu").precision == torch.float32


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({"avx512_f": True, "avx512_bf16": False, "amx_bf16": False}, False),
        ({"avx512_f": True, "avx512_bf16": True}, True),
        ({"amx_bf16": True}, True),
        ({}, False),
    ],
)
def test_a_processor_is_asked_whether_it_has_bfloat16(monkeypatch, capabilities, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert has_bfloat16("cpu") is expected


def test_a_torch_that_cannot_tell_says_no(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert has_bfloat16("cpu") is False
    assert has_bfloat16("meta") is False


@pytest.mark.parametrize(
    ("capability", "expected"), [((7, 5), False), ((8, 0), True), ((9, 0), True)]
)
def test_a_gpu_is_asked_for_its_generation(monkeypatch, capability, expected):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert has_bfloat16("cuda") is expected


def test_a_sweep_does_not_take_one_precision_for_the_other():
    """Or a folder of float32 pictures would be taken for those of bfloat16."""
    names = {identity(load_vgg19(device="cpu", precision=name)) for name in ("float32", "bfloat16")}
    assert len(names) == 2


def test_an_unknown_precision_gets_one_sentence():
    with pytest.raises(ValueError, match=r"float32, bfloat16, auto, not 'half'\.$"):
        load_vgg19(device="cpu", precision="half")
