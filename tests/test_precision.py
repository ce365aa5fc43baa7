"""The fast path makes the same picture."""

import pytest
import torch

from nstlib import finish, load_vgg19, painting, photo, transfer, vgg
from nstlib.backbone.evaluate import ssim
from nstlib.style_transfer import picture_losses, transfer_weights
from nstlib.vgg import has_bfloat16


def made(name, size=96, **options):
    vgg = load_vgg19(device="cpu", precision=name)
    content, style = photo("cat", size=size), painting("night", size=size)
    return finish(transfer(content, style, vgg=vgg, **options), progress=False)


@pytest.mark.slow
def test_bfloat16_ends_at_the_same_loss():
    """As `transfer` runs by default; imitated, slowly, where the processor has no bfloat16."""
    exact, fast = (made(name) for name in ("float32", "bfloat16"))
    assert fast.losses["total"] == pytest.approx(exact.losses["total"], rel=0.05)
    assert not torch.equal(fast.image, exact.image)


@pytest.mark.slow
@pytest.mark.parametrize(("optimizer", "steps"), [("adam", 12), ("lbfgs", 4)])
def test_bfloat16_paints_the_same_picture(optimizer, steps):
    """For as long as two runs of L-BFGS can be compared at all: they magnify any difference."""
    options = {"optimizer": optimizer, "steps": steps, "scales": (1.0,)}
    exact, fast = (made(name, 128, **options) for name in ("float32", "bfloat16"))
    assert fast.losses["total"] == pytest.approx(exact.losses["total"], rel=0.01)
    assert ssim(fast.image, exact.image) > 0.95


@pytest.mark.parametrize("names", [("night",), ("night", "waves")])
def test_the_gradient_points_the_same_way(names):
    """Without masks, and with two styles in the two halves of the picture."""
    content, styles = photo("cat", size=96), [(painting(name, size=96), 1.0) for name in names]
    left = torch.zeros_like(content[:, :1])
    left[..., :48] = 1
    masks, areas = ([left, 1 - left], (0.5, 0.5)) if len(names) > 1 else (None, (1.0,))
    gradients = []
    for precision in ("float32", "bfloat16"):
        vgg, image = load_vgg19(device="cpu", precision=precision), content.clone().requires_grad_()
        losses = picture_losses(vgg, None, styles, transfer_weights((), areas=areas), masks=masks)
        gradients.append(torch.autograd.grad(sum(losses(image).values()), image)[0].flatten())
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
    monkeypatch.setattr(vgg, "has_bfloat16", lambda device: fast)
    expected = torch.bfloat16 if fast else torch.float32
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


@pytest.mark.gpu
def test_float32_means_float32_on_a_gpu_and_tf32_has_to_be_asked_for():
    """Against the same features in float64: TF32 keeps ten bits of the mantissa, float32 23."""
    image = photo("cat", size=128).cuda()
    distances = []
    for name in ("float32", "tf32"):
        network = load_vgg19(device="cuda", precision=name)
        features = network(image, ["relu4_1"])["relu4_1"]
        exact = load_vgg19(device="cpu").double()(image.cpu().double(), ["relu4_1"])["relu4_1"]
        distances.append(((features.cpu() - exact).norm() / exact.norm()).item())
    assert distances[0] < 1e-5
    if torch.cuda.get_device_capability() >= (8, 0):
        assert distances[1] > 1e-5


def test_loading_for_a_gpu_switches_tf32_off_unless_it_is_asked_for():
    """With a device that only says it is a GPU: the switches are read, nothing is computed."""
    switches = torch.backends.cudnn, torch.backends.cuda.matmul
    before = [switch.allow_tf32 for switch in switches]
    try:
        for name, expected in (("float32", False), ("tf32", True), ("float32", False)):
            assert vgg._dtype_of(name, torch.device("cuda")) == torch.float32
            assert [switch.allow_tf32 for switch in switches] == [expected] * 2
    finally:
        for switch, value in zip(switches, before, strict=True):
            switch.allow_tf32 = value


def test_bfloat16_on_a_gpu_without_it_is_refused_before_the_first_forward(monkeypatch):
    monkeypatch.setattr(vgg, "has_bfloat16", lambda device: False)
    with pytest.raises(ValueError, match="does not compute in bfloat16"):
        vgg._dtype_of("bfloat16", torch.device("cuda"))


def test_an_unknown_precision_gets_one_sentence():
    with pytest.raises(ValueError, match=r"float32, tf32, bfloat16, auto, not 'half'\.$"):
        load_vgg19(device="cpu", precision="half")
