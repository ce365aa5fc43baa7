"""The three recipes on a small random network: what they promise, and their first step by hand."""

import io

import pytest
import torch

from nstlib.images import photo, resize
from nstlib.losses import gram_matrix, total_variation
from nstlib.recipes import reconstruct_content, reconstruct_style, transfer, transfer_weights
from nstlib.scales import halvings
from nstlib.vgg import load_vgg19


@pytest.fixture(scope="module")
def vgg():
    return load_vgg19("random", width=1 / 16, device="cpu")


@pytest.fixture(scope="module")
def content():
    return resize(photo("astronaut"), (40, 48))


@pytest.fixture(scope="module")
def style():
    return resize(photo("coffee"), (56, 33))


def last(run):
    *_, step = run
    return step


FEW = {
    "content_layers": ["relu2_1"],
    "style_layers": ["relu1_1", "relu2_1"],
    "scales": (1.0,),
    "steps": 4,
}


def test_first_step_of_a_transfer_by_hand(vgg, content, style):
    layers = ["relu1_1", "relu3_1"]
    noise = torch.rand(1, 3, 40, 48, generator=torch.Generator().manual_seed(7))
    run = transfer(
        content,
        style,
        vgg=vgg,
        content_layers="relu2_2",
        style_layers=layers,
        style_weight=5.0,
        tv_weight=0.5,
        init=noise,
        scales=(1.0,),
        steps=1,
    )
    losses = next(run).losses
    f, p, a = vgg(noise, ["relu2_2", *layers]), vgg(content, ["relu2_2"]), vgg(style, layers)
    p = p["relu2_2"]
    expected = {
        "content/relu2_2": ((f["relu2_2"] - p) ** 2).sum() / (p**2).sum(),
        "tv": total_variation(noise),
    }
    for layer in layers:
        a_l = gram_matrix(a[layer])
        expected[f"style/{layer}"] = ((gram_matrix(f[layer]) - a_l) ** 2).sum() / (a_l**2).sum()
    expected["total"] = (
        expected["content/relu2_2"]
        + 5 * (expected["style/relu1_1"] + expected["style/relu3_1"]) / 2
        + 0.5 * expected["tv"]
    )
    assert losses.keys() == expected.keys()
    for name, value in expected.items():
        assert losses[name] == pytest.approx(value.item(), rel=1e-4), name


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_transfer_goes_downhill_and_keeps_the_size_of_the_content(vgg, content, style, optimizer):
    steps = list(transfer(content, style, vgg=vgg, optimizer=optimizer, steps=25))
    assert steps[-1].image.shape == content.shape
    assert steps[-1].losses["total"] < 0.5 * steps[0].losses["total"]


def test_style_weight_zero_leaves_the_content_alone(vgg, content, style):
    step = last(
        transfer(content, style, vgg=vgg, style_weight=0, tv_weight=0, scales=(1.0,), steps=3)
    )
    assert torch.equal(step.image, content)


def test_more_style_weight_brings_the_style_nearer(vgg, content, style):
    styles = []
    for weight in (1e-2, 1e0, 1e2):
        step = last(transfer(content, style, vgg=vgg, style_weight=weight, steps=25))
        styles.append(sum(v for name, v in step.losses.items() if name.startswith("style/")))
    assert styles[0] > styles[1] > styles[2]


def test_tv_weight_smooths(vgg, content, style):
    rough, smooth = (
        total_variation(last(transfer(content, style, vgg=vgg, tv_weight=w, steps=20)).image)
        for w in (0, 200)
    )
    assert smooth < 0.7 * rough


def test_names_alone_share_the_weight_evenly(vgg, content, style):
    given = {"relu1_1": 0.5, "relu2_1": 0.5}
    a = last(transfer(content, style, vgg=vgg, **FEW))
    b = last(transfer(content, style, vgg=vgg, **{**FEW, "style_layers": given}))
    assert torch.equal(a.image, b.image)
    c = last(transfer(content, style, vgg=vgg, **{**FEW, "style_layers": {"relu1_1": 1}}))
    assert not torch.equal(a.image, c.image)


def test_several_styles_are_mixed(vgg, content, style):
    other = resize(photo("rocket"), (40, 40))
    alone = next(transfer(content, style, vgg=vgg, **FEW)).losses
    mixed = next(transfer(content, [style, other], style_mix=(1, 0), vgg=vgg, **FEW)).losses
    assert mixed == pytest.approx(alone)
    for mix, shares in (((3, 1), (0.75, 0.25)), (None, (0.5, 0.5))):
        losses = next(transfer(content, [style, other], style_mix=mix, vgg=vgg, **FEW)).losses
        a, b, x = (gram_matrix(vgg(i, ["relu1_1"])["relu1_1"]) for i in (style, other, content))
        target = shares[0] * a + shares[1] * b
        by_hand = ((x - target) ** 2).sum() / (target**2).sum()
        assert losses["style/relu1_1"] == pytest.approx(by_hand.item(), rel=1e-4)


def test_by_default_a_picture_is_halved_as_long_as_96_pixels_remain():
    assert halvings(384, 150) == (0.25, 0.5, 1.0)
    assert halvings(383, 150) == (0.5, 1.0)
    assert halvings(1024, 150) == (0.125, 0.25, 0.5, 1.0)
    assert halvings(100, 150) == (1.0,)
    assert halvings(1024, 2) == (0.5, 1.0)


def test_the_default_scales_are_those_of_the_longer_side(vgg):
    content, style = (torch.rand(1, 3, *shape) for shape in ((32, 192), (40, 40)))
    options = {**FEW, "vgg": vgg, "steps": 4}
    del options["scales"]
    run = transfer(content, style, **options)
    assert [tuple(step.image.shape[2:]) for step in run][::4] == [(16, 96), (32, 192)]


def test_scales_work_from_coarse_to_fine(vgg, content, style):
    steps = list(
        transfer(content, style, vgg=vgg, **{**FEW, "scales": (0.5, 0.75, 1.0), "steps": 10})
    )
    assert [step.index for step in steps] == list(range(11))
    assert {step.total for step in steps} == {10}
    sizes = [tuple(step.image.shape[2:]) for step in steps]
    assert sizes == [(20, 24)] * 3 + [(30, 36)] * 3 + [(40, 48)] * 5
    before, after = steps[5].image, steps[6].image
    assert (resize(before, (40, 48)) - after).abs().mean() < 0.1  # the next goes on from the last


def test_each_scale_sees_the_style_at_its_own_size(vgg, content, style):
    run = transfer(content, style, vgg=vgg, **{**FEW, "scales": (0.5, 1.0)})
    small = (resize(t, tuple(s // 2 for s in t.shape[2:])) for t in (content, style))
    alone = transfer(*small, vgg=vgg, **FEW)
    assert next(run).losses["style/relu1_1"] == pytest.approx(
        next(alone).losses["style/relu1_1"], rel=1e-3
    )


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
@pytest.mark.parametrize("stop", [0, 3, 4, 5, 9])
def test_a_saved_transfer_goes_on_as_if_it_had_never_stopped(vgg, content, style, optimizer, stop):
    kwargs = {**FEW, "vgg": vgg, "scales": (0.5, 1.0), "steps": 10, "optimizer": optimizer}
    whole = list(transfer(content, style, **kwargs))
    for step in transfer(content, style, **kwargs):
        if step.index == stop:
            break
    file = io.BytesIO()
    torch.save(step.state(), file)
    file.seek(0)
    rest = list(transfer(content, style, state=torch.load(file, weights_only=True), **kwargs))
    assert [s.index for s in rest] == list(range(stop + 1, 11))
    for a, b in zip(rest, whole[stop + 1 :], strict=True):
        assert torch.equal(a.image, b.image)
        assert a.losses == b.losses


def test_noise_is_that_of_its_seed(vgg, content, style):
    a, b, c = (
        next(transfer(content, style, vgg=vgg, init="noise", seed=seed, **FEW)).image
        for seed in (1, 1, 2)
    )
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


def test_the_whole_run_repeats_bit_for_bit(vgg, content, style):
    a, b = (last(transfer(content, style, vgg=vgg, **FEW)).image for _ in range(2))
    assert torch.equal(a, b)


def test_start_from_a_picture_of_another_size(vgg, content, style):
    start = next(transfer(content, style, vgg=vgg, init=style, **FEW)).image
    torch.testing.assert_close(start, resize(style, (40, 48)))


def test_shallow_content_comes_back_and_deep_content_does_not():
    image = photo("cat", size=64)
    vgg = load_vgg19(device="cpu")
    shallow, deep = (
        (last(reconstruct_content(image, layer, vgg=vgg, steps=120)).image - image).square().mean()
        for layer in ("relu1_1", "relu5_1")
    )
    assert shallow < 1e-3  # PSNR above 30 dB
    assert deep > 5 * shallow


def test_style_reconstruction_has_the_grams_but_not_the_order():
    image = photo("coffee", size=64)
    vgg = load_vgg19(device="cpu")
    step = last(reconstruct_style(image, ["relu1_1", "relu2_1"], vgg=vgg, steps=80))
    assert max(v for name, v in step.losses.items() if name.startswith("style/")) < 1e-2
    assert (step.image - image).square().mean() > 0.01


def test_style_reconstruction_at_another_size(vgg, style):
    step = last(reconstruct_style(style, "relu1_1", vgg=vgg, size=(64, 80), steps=2))
    assert step.image.shape == (1, 3, 64, 80)
    assert set(step.losses) == {"style/relu1_1", "tv", "total"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"content": torch.zeros(3, 40, 40)}, r"\(3, 40, 40\)"),
        ({"content": "me.jpg"}, "load_image"),
        ({"style": []}, "style_mix"),
        ({"style_mix": [1, 2]}, "2 shares for 1"),
        ({"style_mix": [0.0]}, "share above 0"),
        ({"style_weight": -1}, "style_weight"),
        ({"style_weight": float("nan")}, "style_weight"),
        ({"tv_weight": float("inf")}, "tv_weight"),
        ({"style_layers": {"relu1_1": -1}}, "relu1_1"),
        ({"style_layers": ["relu9_1"]}, "relu9_1"),
        ({"content_layers": [], "style_layers": []}, "at least one layer"),
        ({"init": "zeros"}, "'content', 'noise'"),
        ({"scales": ()}, "scales"),
        ({"scales": (0.0, 1.0)}, "scales"),
        ({"scales": (0.5, 1.0), "steps": 1}, "steps must be at least 2"),
        ({"convention": "sum"}, "convention"),
        ({"optimizer": "sgd"}, "'lbfgs' or 'adam'"),
    ],
)
def test_bad_input_gets_one_sentence(vgg, content, style, change, words):
    arguments = {"content": content, "style": style, "vgg": vgg, **FEW, **change}
    with pytest.raises(ValueError, match=words) as error:
        list(transfer(**arguments))
    assert "\n" not in str(error.value)


def test_weights_of_a_mapping_are_those_of_the_arguments(vgg, content, style):
    chosen = {"content_layers": "relu3_1", "style_layers": {"relu1_1": 2.0}, "style_weight": 3.0}
    weights = transfer_weights(**chosen, tv_weight=0.5)
    assert weights == {"content/relu3_1": 1.0, "style/relu1_1": 6.0, "tv": 0.5}
    *_, one = transfer(content, style, vgg=vgg, steps=4, **chosen, tv_weight=0.5)
    *_, two = transfer(content, style, vgg=vgg, steps=4, loss_weights=weights)
    assert one.losses == two.losses
    assert torch.equal(one.image, two.image)


def test_a_weight_moved_while_it_runs_counts_from_the_next_step(vgg, content, style):
    weights = transfer_weights(style_layers="relu1_1", style_weight=1.0)
    for step in transfer(content, style, vgg=vgg, steps=6, loss_weights=weights):
        expected = sum(
            weights[name] * value for name, value in step.losses.items() if name != "total"
        )
        assert step.losses["total"] == pytest.approx(expected, rel=1e-5)
        weights["style/relu1_1"] *= 10


@pytest.mark.parametrize(
    ("weights", "word"),
    [
        ({"contents/relu1_1": 1.0, "tv": 0.0}, "contents/relu1_1"),
        ({"content/relu1_1": 1.0}, "tv"),
        ({"content/relu1_1": -1.0, "tv": 0.0}, "content/relu1_1"),
    ],
)
def test_weights_that_name_no_loss_are_refused(vgg, content, style, weights, word):
    with pytest.raises(ValueError, match=word):
        transfer(content, style, vgg=vgg, loss_weights=weights)
