import copy
import pickle
import subprocess
import sys
import threading

import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

from nstlib.style_transfer import STYLE_LAYERS
from nstlib.vgg import LAYERS, VGG19, default_device, load_vgg19, receptive_field

CPU = "cpu"


@pytest.fixture(scope="module")
def torchvision_features():
    """torchvision's own VGG-19 at full width, without its classifier, with seeded weights."""
    with torch.device("meta"):  # spares the 400 MB classifier
        features = torchvision.models.vgg19(weights=None).features
    features = features.to_empty(device=CPU)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in features.parameters():
            fan_in = parameter[0].numel()
            parameter.normal_(std=(2 / fan_in) ** 0.5 if fan_in > 1 else 0.1, generator=generator)
    return features


@pytest.fixture(scope="module")
def weights_file(torchvision_features, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "full.safetensors"
    save_file({f"features.{k}": v for k, v in torchvision_features.state_dict().items()}, path)
    return path


@pytest.fixture(scope="module")
def vgg():
    return load_vgg19(device=CPU)


def picture(height=32, width=32, seed=0):
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


def oracle(features, image, pooling):
    """Every layer's output, by a plain loop over torchvision's modules, cloned on the way."""
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    std = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    x = (image - mean) / std
    outputs = []
    with torch.no_grad():
        for layer in features:
            if isinstance(layer, nn.ReLU):
                x = x.clamp(min=0)
            elif isinstance(layer, nn.MaxPool2d) and pooling == "avg":
                x = x.unfold(2, 2, 2).unfold(3, 2, 2).mean((4, 5))
            else:
                x = layer(x)
            outputs.append(x.clone())
    return outputs


def test_names_are_those_of_the_paper():
    assert LAYERS[:7] == (
        *("conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1"),
        *("conv2_1", "relu2_1"),
    )
    assert LAYERS[-3:] == ("conv5_4", "relu5_4", "pool5")
    assert len(LAYERS) == len(set(LAYERS)) == 2 * 16 + 5
    convolutions = [name for name in LAYERS if name.startswith("conv")]
    assert [sum(c.startswith(f"conv{b}") for c in convolutions) for b in range(1, 6)] == [
        *(2, 2, 4, 4, 4)
    ]


@pytest.mark.parametrize("pooling", ["avg", "max"])
def test_equals_torchvision_layer_by_layer(torchvision_features, weights_file, pooling):
    # In float64: in float32 the two differ by rounding, theirs being laid out in another order.
    vgg = load_vgg19(weights_file, pooling=pooling, device=CPU).double()
    image = picture(32, 48).double()
    ours = vgg(image, LAYERS)
    theirs = oracle(copy.deepcopy(torchvision_features).double(), image, pooling)
    assert len(theirs) == len(LAYERS)
    for name, expected in zip(LAYERS, theirs, strict=True):
        torch.testing.assert_close(ours[name], expected, msg=lambda m, name=name: f"{name}: {m}")
        assert expected.std() > 1e-3, "a dead layer would prove nothing"


def test_the_convolution_is_kept_from_before_the_relu(vgg):
    features = vgg(picture(), ["conv2_1", "relu2_1"])
    assert features["conv2_1"].min() < 0
    assert torch.equal(features["relu2_1"], features["conv2_1"].clamp(min=0))


def test_replicate_padding_repeats_the_border_of_every_layer():
    vgg = load_vgg19("random", padding="replicate", device=CPU).double()
    image = picture().double()
    features = vgg(image, LAYERS)
    x = (image - vgg.mean) / vgg.std
    for name in LAYERS:
        if name.startswith("conv"):
            rows = [0, *range(x.shape[2]), x.shape[2] - 1]
            columns = [0, *range(x.shape[3]), x.shape[3] - 1]
            layer = vgg.get_submodule(name)
            x = nn.functional.conv2d(x[:, :, rows][..., columns], layer.weight, layer.bias)
            torch.testing.assert_close(features[name], x)
        x = features[name]


@pytest.mark.parametrize(("padding", "has_frame"), [("replicate", False), ("zeros", True)])
def test_a_plain_picture_has_plain_features_only_without_the_frame(padding, has_frame):
    vgg = load_vgg19(padding=padding, device=CPU)
    features = vgg(torch.full((1, 3, 64, 64), 0.8), STYLE_LAYERS)
    for layer, maps in features.items():
        spread = (maps.amax((2, 3)) - maps.amin((2, 3))).max()
        assert (spread > 0.01) == has_frame, layer
        if not has_frame:
            assert spread < 1e-4, layer


def test_a_weights_file_says_how_its_network_pads(weights_file, tmp_path):
    assert load_vgg19(device=CPU).conv4_2.padding_mode == "replicate"  # ours
    assert load_vgg19(weights_file, device=CPU).conv4_2.padding_mode == "zeros"  # as published
    assert load_vgg19(weights_file, padding="replicate", device=CPU).conv1_1.padding_mode == (
        "replicate"
    )
    state = VGG19(width=1 / 16, last_layer="relu5_1").state_dict()
    for padding in ("replicate", "zeros"):
        save_file(state, tmp_path / "ours.safetensors", metadata={"padding": padding})
        assert load_vgg19(tmp_path / "ours.safetensors").conv3_2.padding_mode == padding
    save_file(state, tmp_path / "bad.safetensors", metadata={"padding": "mirror"})
    with pytest.raises(ValueError, match='"replicate" or "zeros"'):
        load_vgg19(tmp_path / "bad.safetensors")


def test_order_and_duplicates(vgg):
    asked = ["relu3_1", "conv1_1", "relu3_1", "pool2"]
    assert list(vgg(picture(), iter(asked))) == ["relu3_1", "conv1_1", "pool2"]


def test_shapes_and_batches(vgg):
    images = torch.cat([picture(48, 64), picture(48, 64, seed=1)])
    features = vgg(images, ["relu1_1", "relu5_1"])
    assert features["relu1_1"].shape == (2, 16, 48, 64)
    assert features["relu5_1"].shape == (2, 128, 3, 4)
    alone = vgg(images[1:], ["relu5_1"])["relu5_1"]
    torch.testing.assert_close(features["relu5_1"][1:], alone, rtol=1e-4, atol=1e-3)


def count_calls(vgg, image, layers):
    calls = []
    handles = [
        layer.register_forward_hook(lambda *_, name=name: calls.append(name))
        for name, layer in vgg.named_children()
    ]
    try:
        vgg(image, layers)
    finally:
        for handle in handles:
            handle.remove()
    return calls


def test_the_pass_stops_after_the_deepest_layer(vgg):
    calls = count_calls(vgg, picture(), ["conv3_2", "relu1_1"])
    assert calls == list(LAYERS[: LAYERS.index("conv3_2") + 1])


def hooks_of(vgg):
    return [hook for layer in vgg.modules() for hook in layer._forward_hooks]


def test_no_hook_is_left_behind(vgg, monkeypatch):
    vgg(picture(), LAYERS[:5])
    assert hooks_of(vgg) == []

    def fail(x):
        assert hooks_of(vgg)  # otherwise the last line proves nothing
        raise RuntimeError("out of memory")

    monkeypatch.setattr(vgg.conv2_1, "forward", fail)
    with pytest.raises(RuntimeError, match="out of memory"):
        vgg(picture(), ["relu1_1", "relu2_1"])
    assert hooks_of(vgg) == []


def test_frozen_and_in_evaluation_mode(vgg):
    assert not any(parameter.requires_grad for parameter in vgg.parameters())
    assert not any(layer.training for layer in vgg.modules())
    assert not vgg(picture(), ["relu5_1"])["relu5_1"].requires_grad


@pytest.mark.parametrize("pooling", ["avg", "max"])
def test_gradient_of_the_image_by_finite_differences(pooling):
    vgg = load_vgg19("random", width=1 / 16, pooling=pooling, device=CPU).double()
    image = picture(4, 4).double().requires_grad_()
    layers = ["relu1_1", "conv2_1", "pool2"]
    assert torch.autograd.gradcheck(lambda x: tuple(vgg(x, layers).values()), image)
    sum(f.sum() for f in vgg(image, layers).values()).backward()
    assert image.grad.abs().max() > 0
    assert all(parameter.grad is None for parameter in vgg.parameters())


def test_two_threads_in_one_network_do_not_mix(vgg):
    """Both passes are held inside conv1_1 until the other has arrived: a certain overlap."""
    images = [picture(seed=seed) for seed in (1, 2)]
    layers = ["conv1_1", "relu2_1", "relu3_1"]
    alone = [vgg(image, layers) for image in images]
    both_inside = threading.Barrier(2)
    after = threading.Barrier(2)
    together = [None, None]

    def run(index):
        together[index] = vgg(images[index], layers)

    def meet(barrier):
        def hook(*_):
            barrier.wait(10)

        return hook

    handles = [
        vgg.conv1_1.register_forward_pre_hook(meet(both_inside)),
        vgg.relu2_2.register_forward_pre_hook(meet(after)),
    ]
    try:
        threads = [threading.Thread(target=run, args=(index,)) for index in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    finally:
        for handle in handles:
            handle.remove()
    for mine, expected in zip(together, alone, strict=True):
        assert list(mine) == layers
        for name in layers:
            assert torch.equal(mine[name], expected[name]), name
    assert hooks_of(vgg) == []


def test_many_calls_from_many_threads(vgg):
    """Hooks come and go in other threads at every moment; the switch interval makes it dense."""
    images = [picture(16, 16, seed=seed) for seed in range(4)]
    layers = ["relu1_1", "relu2_1"]
    alone = [vgg(image, layers) for image in images]
    wrong = []

    def run(index):
        for _ in range(40):
            features = vgg(images[index], layers)
            if not all(torch.equal(features[name], alone[index][name]) for name in layers):
                wrong.append(index)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=run, args=(index,)) for index in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []
    assert hooks_of(vgg) == []


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        (["relu4-2"], "no layer 'relu4-2'; the nearest names are relu4_2"),
        (["conv6_1"], "no layer 'conv6_1'; the nearest names are conv5_1"),
        (["relu1_1", "relu5_4"], "ends at relu5_1 and has no relu5_4; the nearest are relu5_1"),
        ([4], "no layer 4"),
        ([], "at least one layer"),
        ("relu1_1", r'write \["relu1_1"\]'),
    ],
)
def test_bad_layers(vgg, layers, sentence):
    with pytest.raises(ValueError, match=sentence):
        vgg(picture(), layers)


@pytest.mark.parametrize(
    ("image", "layers", "sentence"),
    [
        (torch.rand(1, 3, 32, 32).numpy(), ["relu1_1"], "is a tensor.*not ndarray"),
        (torch.rand(3, 32, 32), ["relu1_1"], r"\(1, 3, H, W\), not \(3, 32, 32\)"),
        (torch.rand(1, 1, 32, 32), ["relu1_1"], r"not \(1, 1, 32, 32\)"),
        (torch.rand(1, 32, 32, 3), ["relu1_1"], r"not \(1, 32, 32, 3\)"),
        (torch.zeros(1, 3, 32, 32, dtype=torch.uint8), ["relu1_1"], "torch.uint8.*255"),
        (torch.rand(1, 3, 32, 32).double(), ["relu1_1"], "torch.float64"),
        (torch.rand(1, 3, 32, 15), ["relu5_1"], "15 x 32 pixels, and relu5_1 needs at least 16"),
        (torch.rand(1, 3, 0, 32), ["relu1_1"], "at least 1"),
        (torch.rand(1, 3, 32, 32, device="meta"), ["relu1_1"], "image is on meta"),
    ],
)
def test_bad_images(vgg, image, layers, sentence):
    with pytest.raises(ValueError, match=sentence):
        vgg(image, layers)


@pytest.mark.parametrize("layer", ["relu1_1", "pool3", "relu5_1", "pool5"])
def test_the_smallest_image_for_a_layer(layer):
    vgg = load_vgg19("random", width=1 / 64, device=CPU)
    _, stride = receptive_field(layer)
    assert vgg(torch.rand(1, 3, stride, stride), [layer])[layer].shape[2:] == (1, 1)
    if stride > 1:
        with pytest.raises(ValueError, match=f"at least {stride}"):
            vgg(torch.rand(1, 3, stride - 1, stride), [layer])


@pytest.mark.parametrize("layer", ["conv1_1", "relu1_2", "pool1", "conv3_1", "relu4_1", "conv5_1"])
def test_receptive_field_against_the_gradient(layer):
    """One feature in the middle: the pixels with a gradient are those it sees."""
    size, stride = receptive_field(layer)
    vgg = VGG19(width=1 / 64)
    with torch.no_grad():  # positive weights: no ReLU cuts a path, no two paths cancel
        for parameter in vgg.parameters():
            parameter.fill_(0.1)
    vgg.double()  # the outermost pixel's weight is too small for float32
    side = 3 * (size // stride + 1) * stride

    def seen(step):
        image = torch.ones(1, 3, side, side, dtype=torch.float64, requires_grad=True)
        features = vgg(image, [layer])[layer]
        middle = features.shape[2] // 2
        features[0, 0, middle + step, middle].backward()
        rows = image.grad[0].abs().sum((0, 2)).nonzero().flatten()
        return rows[0].item(), rows[-1].item()

    first, last = seen(0)
    assert last - first + 1 == size
    assert first > 0
    assert last < side - 1, "the probe has to lie inside the picture"
    assert seen(1)[0] - first == stride


def test_receptive_field_known_from_the_literature():
    assert receptive_field("conv1_1") == (3, 1)
    assert receptive_field("pool5") == (268, 32)
    with pytest.raises(ValueError, match="nearest names"):
        receptive_field("fc6")


def test_deepcopy_and_pickle(vgg):
    image = picture()
    expected = vgg(image, ["relu4_1"])["relu4_1"]
    for twin in (copy.deepcopy(vgg), pickle.loads(pickle.dumps(vgg))):
        assert torch.equal(twin(image, ["relu4_1"])["relu4_1"], expected)
        assert twin.conv1_1.weight.data_ptr() != vgg.conv1_1.weight.data_ptr()


def test_normalization_is_not_in_the_weights(vgg):
    assert set(vgg.state_dict()) == {
        f"{name}.{kind}"
        for name in vgg.layers
        if name.startswith("conv")
        for kind in ("weight", "bias")
    }


def test_the_layers_and_the_device_of_a_network(vgg):
    assert vgg.layers == LAYERS[: LAYERS.index("relu5_1") + 1]
    assert VGG19(width=1 / 64).layers == LAYERS
    assert vgg.device == torch.device(CPU)
    assert load_vgg19().device.type == default_device().type


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"pooling": "average"}, '"avg" or "max"'),
        ({"padding": "reflect"}, '"replicate" or "zeros"'),
        ({"width": 0}, "width is a fraction"),
        ({"last_layer": "relu5_5"}, "nearest names are relu5_4"),
    ],
)
def test_bad_arguments(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        VGG19(**arguments)


def test_random_weights_are_seeded_and_scaled():
    before = torch.get_rng_state()
    a, b, c = (load_vgg19("random", seed=seed, device=CPU).state_dict() for seed in (5, 5, 6))
    load_vgg19(device=CPU)
    assert torch.equal(torch.get_rng_state(), before), "the global random numbers were touched"
    assert all(torch.equal(a[key], b[key]) for key in a)
    assert not torch.equal(a["conv1_1.weight"], c["conv1_1.weight"])
    assert all(not value.any() for key, value in a.items() if key.endswith("bias"))
    deep = a["conv4_2.weight"]
    assert deep.shape == (128, 128, 3, 3)
    assert deep.std().item() == pytest.approx((2 / (128 * 9)) ** 0.5, rel=0.02)


@pytest.mark.parametrize("weights", ["compact", "random"])
def test_loads_under_another_default_device(weights):
    with torch.device("meta"):
        vgg = load_vgg19(weights, device=CPU)
    assert torch.isfinite(vgg(picture(), ["relu5_1"])["relu5_1"]).all()


def test_width_is_for_random_alone():
    assert load_vgg19("random", width=0.5, device=CPU).conv5_4.weight.shape == (256, 256, 3, 3)
    with pytest.raises(ValueError, match='width is for weights="random"'):
        load_vgg19("compact", width=1.0)


def test_compact_normalizes_as_it_was_trained(vgg):
    assert vgg.mean.flatten().tolist() == pytest.approx([0.45] * 3)
    assert vgg.std.flatten().tolist() == pytest.approx([0.225] * 3)
    assert vgg.conv1_1.weight.dtype == torch.float32


@pytest.mark.slow
def test_import_fetches_nothing_and_leaves_the_widgets_alone():
    code = (
        "import socket, sys\n"
        "def refuse(*_): raise AssertionError('a connection')\n"
        "socket.socket.connect = refuse\n"
        "import nstlib.vgg\n"
        "nstlib.vgg.load_vgg19(device='cpu')\n"
        "assert 'ipywidgets' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("device", ["warp", "cuda:99", "cpu:x"])
def test_a_device_that_is_not_here_is_refused(device):
    with pytest.raises(ValueError, match=f"device '{device}' cannot be used here"):
        load_vgg19(device=device)
