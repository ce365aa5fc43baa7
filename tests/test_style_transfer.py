"""The three recipes on a small random network: what they promise, and their first step by hand."""

import io
import itertools

import pytest
import torch

from nstlib import memory, style_transfer
from nstlib.images import noise_like, photo, resize
from nstlib.losses import gram_matrix, style_loss, total_variation
from nstlib.optimize import RunFailed, evaluate, minimize
from nstlib.style_transfer import (
    halvings,
    picture_losses,
    reconstruct_content,
    reconstruct_style,
    transfer,
    transfer_weights,
)
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
    mixed = next(transfer(content, [(style, 1), (other, 0)], vgg=vgg, **FEW)).losses
    assert mixed == pytest.approx(alone)
    for styles, shares in (
        ([(style, 3), (other, 1)], (0.75, 0.25)),
        ([style, other], (0.5, 0.5)),
    ):
        losses = next(transfer(content, styles, vgg=vgg, **FEW)).losses
        a, b, x = (gram_matrix(vgg(i, ["relu1_1"])["relu1_1"]) for i in (style, other, content))
        target = shares[0] * a + shares[1] * b
        by_hand = ((x - target) ** 2).sum() / (target**2).sum()
        assert losses["style/relu1_1"] == pytest.approx(by_hand.item(), rel=1e-4)


# A style for each region


@pytest.fixture(scope="module")
def left():
    mask = torch.zeros(1, 1, 40, 48)
    mask[..., :19] = 1
    mask[..., 19] = 0.5
    return mask


def pooled(mask, side):
    """A mask at a layer, by its definition: the mean over each cell of side x side pixels."""
    height, width = (length // side * side for length in mask.shape[2:])
    return mask[..., :height, :width].unfold(2, side, side).unfold(3, side, side).mean((-1, -2))


def masked_gram_by_hand(features, mask):
    weights = mask.double() / mask.double().sum()
    return torch.einsum("bihw,bjhw,bchw->bij", features.double(), features.double(), weights)


def test_first_step_with_masks_by_hand(vgg, content, style, left):
    other, top = resize(photo("rocket"), (40, 40)), torch.zeros(1, 1, 40, 40)
    top[:, :, :20] = 1
    styles, options = [style, other], {**FEW, "style_weight": 5.0, "tv_weight": 0.5}
    step = next(
        transfer(content, styles, masks=[left, None], style_masks=[None, top], vgg=vgg, **options)
    )
    expected = {"content/relu2_1": 0.0, "tv": total_variation(content).item()}
    weights = {"content/relu2_1": 1.0, "tv": 0.5}
    everywhere = torch.ones(1, 1, *style.shape[2:])
    for number, (picture, part, mask) in enumerate(
        ((style, everywhere, left), (other, top, 1 - left)), 1
    ):
        for layer, side in (("relu1_1", 1), ("relu2_1", 2)):
            made, asked = (
                masked_gram_by_hand(vgg(image, [layer])[layer], pooled(where, side))
                for image, where in ((content, mask), (picture, part))
            )
            name = f"style/{layer}/{number}"
            expected[name] = ((made - asked).square().sum() / asked.square().sum()).item()
            weights[name] = 5 / 2 * mask.mean().item()
    expected["total"] = sum(weights[name] * value for name, value in expected.items())
    assert step.losses == pytest.approx(expected, rel=1e-4, abs=1e-8)
    assert step.weights == pytest.approx(weights)


def test_without_masks_nothing_has_changed(vgg, content, style):
    """A mask of ones, and None for one style, are the same run as no mask."""
    ones = torch.ones(1, 1, 40, 48)
    plain = list(transfer(content, style, vgg=vgg, **FEW))
    for masks in (ones, [None]):
        masked = list(transfer(content, style, masks=masks, vgg=vgg, **FEW))
        assert masked[0].losses == pytest.approx(plain[0].losses, rel=1e-4)
        assert masked[0].weights == plain[0].weights
        assert (masked[-1].image - plain[-1].image).abs().max() < 1e-2


def test_style_weight_means_the_same_in_a_region_as_in_the_picture(vgg, style):
    """Four copies of a photo, one of them in the mask: its gradient is a quarter of the photo's."""
    photo_, start = resize(photo("cat"), (32, 48)), resize(photo("rocket"), (32, 48))
    mask = torch.zeros(1, 1, 64, 96)
    mask[..., :32, :48] = 1
    gradients = []
    for copies, masks in ((1, None), (2, [mask])):
        image, pixels = (one.tile(1, 1, copies, copies) for one in (photo_, start))
        areas = [one.mean().item() for one in masks or [torch.ones(1)]]
        weights = transfer_weights("relu1_1", ["relu1_1"], tv_weight=0, areas=areas)
        losses = picture_losses(vgg, image, [(style, 1.0)], weights, masks=masks)
        gradients.append(evaluate(pixels, losses, weights)[1][..., 2:30, 2:46])
    alone, region = gradients  # the last columns of the region see the next copy, hence not exactly
    assert (4 * region - alone).norm() < 0.1 * alone.norm()


def test_a_region_is_nearer_to_its_own_style_than_to_the_other(vgg, content, style, left):
    other, options = resize(photo("rocket"), (40, 40)), {**FEW, "steps": 40, "style_weight": 1e3}
    step = last(transfer(content, [style, other], masks=[left, None], vgg=vgg, **options))
    features = vgg(step.image, ["relu1_1"])["relu1_1"]
    one, two = (gram_matrix(vgg(picture, ["relu1_1"])["relu1_1"]) for picture in (style, other))
    for mask, own, foreign in ((left, one, two), (1 - left, two, one)):
        near, far = (style_loss(features, gram, mask=mask) for gram in (own, foreign))
        assert far > 5 * near


def test_where_no_mask_is_only_the_content_counts(vgg, content, style, left):
    run = transfer(content, style, masks=left, vgg=vgg, **{**FEW, "tv_weight": 0})
    step = last(run)
    torch.testing.assert_close(step.image[..., 30:], content[..., 30:])
    assert (step.image[..., :19] - content[..., :19]).abs().mean() > 0.01
    assert set(step.losses) == {
        "content/relu2_1",
        "style/relu1_1",
        "style/relu2_1",
        "tv",
        "total",
    }


def test_a_mask_of_bools_will_do(vgg, content, style, left):
    runs = [
        next(transfer(content, style, masks=mask, vgg=vgg, **FEW)).losses
        for mask in (left > 0.7, (left > 0.7).double())
    ]
    assert runs[0] == runs[1]


def test_a_part_of_the_style_without_masks_on_the_content(vgg, content, style):
    part = torch.zeros(1, 1, *style.shape[2:])
    part[:, :, :32, :16] = 1
    losses, of_crop = (
        next(transfer(content, picture, style_masks=mask, vgg=vgg, **FEW)).losses
        for picture, mask in ((style, part), (style[:, :, :32, :16], None))
    )
    assert losses["style/relu1_1"] == pytest.approx(of_crop["style/relu1_1"], rel=0.05)


@pytest.mark.parametrize("stop", [0, 4, 5, 9])
def test_a_saved_transfer_with_masks_goes_on(vgg, content, style, left, stop):
    kwargs = {**FEW, "vgg": vgg, "scales": (0.5, 1.0), "steps": 10, "masks": [left, None]}
    styles = [style, resize(photo("rocket"), (40, 40))]
    whole = list(transfer(content, styles, **kwargs))
    for step in transfer(content, styles, **kwargs):
        if step.index == stop:
            break
    rest = list(transfer(content, styles, state=step.state(), **kwargs))
    for a, b in zip(rest, whole[stop + 1 :], strict=True):
        assert torch.equal(a.image, b.image)
    with pytest.raises(ValueError, match="other losses"):
        transfer(content, style, state=step.state(), **{**kwargs, "masks": None})


def test_masks_in_tiles_make_the_same_picture(vgg, content, style, left):
    options = {**FEW, "masks": [left, None]}
    styles = [style, resize(photo("rocket"), (40, 40))]
    whole = last(transfer(content, styles, vgg=vgg, **options))
    in_tiles = load_vgg19("random", width=1 / 16, device="cpu", tile=16)
    pieced = last(transfer(content, styles, vgg=in_tiles, **options))
    assert pieced.losses == pytest.approx(whole.losses, rel=1e-3)
    assert (pieced.image - whole.image).abs().mean() < 1e-4


def test_a_region_too_small_for_a_layer_is_asked_for_it_once_the_picture_is_large_enough(vgg):
    content, style = resize(photo("cat"), (64, 64)), resize(photo("coffee"), (64, 64))
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., :16, :16] = 1
    layers = {"style_layers": ["relu1_1", "relu5_1"], "scales": (0.5, 1.0), "steps": 4}
    run = list(transfer(content, [style, content], masks=[mask, None], vgg=vgg, **layers))
    small, large = run[0].losses, run[-1].losses
    assert small["style/relu5_1/1"] == 0 < small["style/relu5_1/2"]
    assert large["style/relu5_1/1"] > 0
    assert small["style/relu1_1/1"] > 0
    deep = {**layers, "style_layers": "relu5_1", "content_layers": (), "tv_weight": 0}
    assert last(transfer(content, style, masks=mask, vgg=vgg, **deep)).losses["style/relu5_1"] > 0
    mask[..., 15, :] = 0
    words = "covers 240 pixels, of which relu5_1 sees 240, .* stands for 256: make"
    with pytest.raises(ValueError, match=words):
        transfer(content, style, masks=mask, vgg=vgg, **layers)


def test_a_part_too_small_for_a_layer_takes_nothing_from_the_other_styles(vgg, content, style):
    small = torch.zeros_like(style[:, :1])
    small[..., :8, :8] = 1
    layers = {**FEW, "style_layers": ["relu4_1"], "scales": (0.5, 1.0), "steps": 4}
    mixed = {"style": [style, style.flip(3)], "style_masks": [None, small]}
    losses = [
        next(transfer(content, vgg=vgg, **one, **layers)) for one in (mixed, {"style": style})
    ]
    assert losses[0].losses["style/relu4_1"] == pytest.approx(losses[1].losses["style/relu4_1"])


ONES = torch.ones(1, 1, 40, 48)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"masks": [ONES, None]}, r"masks \(2\) .* styles \(1\)"),
        ({"masks": []}, r"masks \(0\) .* styles \(1\)"),
        ({"masks": ONES[0]}, r"shape \(1, 1, 40, 48\), not \(1, 40, 48\); write mask\[None\]"),
        ({"masks": ["mask.png"]}, "not str; load_mask gives one"),
        ({"masks": ONES.tile(1, 3, 1, 1)}, r"not \(1, 3, 40, 48\)"),
        ({"masks": ONES[..., 1:]}, r"47 x 40 pixels and its picture 48 x 40; resize"),
        ({"masks": 0 * ONES}, "0 everywhere"),
        ({"masks": float("nan") * ONES}, "NaN"),
        ({"masks": 255 * ONES}, "from 255 to 255; scale"),
        ({"masks": -0.5 * ONES}, "from -0.5 to -0.5"),
        ({"style_masks": ONES}, r"48 x 40 pixels and its picture 33 x 56"),
        ({"style_masks": [None, None]}, r"style masks \(2\) .* styles \(1\)"),
        ({"style": 2, "masks": [ONES, ONES]}, "overlap in 1920 pixels"),
        ({"style": 2, "masks": [None, None]}, "Only one of the masks can be None"),
        ({"style": 2, "masks": [ONES, None]}, "leave nothing"),
        ({"style": 3, "masks": [ONES, None]}, r"masks \(2\) .* styles \(3\)"),
        ({"style": [(torch.zeros(1, 3, 32, 32), 1.0)], "masks": ONES}, "without shares"),
        (
            {"masks": ONES * (torch.arange(48) < 1), "style_layers": "relu4_1"},
            "of which relu4_1 sees 40, and one of its positions stands for 64",
        ),
    ],
)
def test_a_bad_mask_gets_one_sentence_at_the_call(vgg, content, style, change, words):
    if isinstance(change.get("style"), int):
        change = {**change, "style": [style] * change["style"]}
    with pytest.raises(ValueError, match=words) as error:
        transfer(**{"content": content, "style": style, "vgg": vgg, **FEW, **change})
    assert "\n" not in str(error.value)


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
        next(transfer(content, style, vgg=vgg, init=noise_like(content, seed=s), **FEW)).image
        for s in (1, 1, 2)
    )
    zero = next(transfer(content, style, vgg=vgg, init="noise", **FEW)).image
    assert torch.equal(zero, noise_like(content))
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
        ({"style": []}, "at least one"),
        ({"style": [(torch.zeros(1, 3, 32, 32), 0.0)]}, "share above 0"),
        ({"style": [(torch.zeros(1, 3, 32, 32), -1.0)]}, "share of a style"),
        ({"init": torch.zeros(3, 40, 40)}, r"to start from must be .* write image\[None\]"),
        ({"state": {}}, "not the state of a run"),
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
        ({"optimizer": "sgd"}, "'lbfgs' or 'adam'"),
    ],
)
def test_bad_input_gets_one_sentence_at_the_call(vgg, content, style, change, words):
    arguments = {"content": content, "style": style, "vgg": vgg, **FEW, **change}
    with pytest.raises(ValueError, match=words) as error:
        transfer(**arguments)
    assert "\n" not in str(error.value)


def test_reconstructions_check_their_arguments_at_the_call(vgg, style):
    for change, words in (
        ({"convention": "sum"}, "convention"),
        ({"layers": "relu9_1"}, "relu9_1"),
        ({"optimizer": "sgd"}, "'lbfgs' or 'adam'"),
        ({"steps": 0}, "steps"),
    ):
        for recipe in (reconstruct_content, reconstruct_style):
            with pytest.raises(ValueError, match=words):
                recipe(style, vgg=vgg, **change)


def test_the_weights_of_a_step_are_those_of_the_arguments(vgg, content, style):
    chosen = {"content_layers": "relu3_1", "style_layers": {"relu1_1": 2.0}, "style_weight": 3.0}
    weights = transfer_weights(**chosen, tv_weight=0.5)
    assert weights == {"content/relu3_1": 1.0, "style/relu1_1": 6.0, "tv": 0.5}
    step = next(transfer(content, style, vgg=vgg, steps=4, **chosen, tv_weight=0.5))
    assert step.weights == weights


def test_a_weight_moved_while_it_runs_counts_from_the_next_step_at_every_scale(vgg, content, style):
    options = {"style_layers": "relu1_1", "style_weight": 1.0, "scales": (0.5, 1.0), "steps": 6}
    wanted = transfer_weights(style_layers="relu1_1", style_weight=1.0)
    for step in transfer(content, style, vgg=vgg, **options):
        assert step.weights == wanted
        expected = sum(
            wanted[name] * value for name, value in step.losses.items() if name != "total"
        )
        assert step.losses["total"] == pytest.approx(expected, rel=1e-5)
        step.weights["style/relu1_1"] *= 10
        wanted = dict(step.weights)


def test_a_transfer_in_another_convention_takes_two_lines(vgg, content, style):
    weights = transfer_weights(["relu2_1"], ["relu1_1"], style_weight=10.0)
    losses = picture_losses(vgg, content, [(style, 1.0)], weights, convention="paper")
    first = next(minimize(content, losses, weights, steps=2)).losses
    f, p = (vgg(image, ["relu1_1"])["relu1_1"].flatten(2) for image in (content, style))
    (n, m), (_, s) = f.shape[1:], p.shape[1:]
    gram, target = f @ f.mT, p @ p.mT * m / s
    by_hand = (gram - target).square().sum() / (4 * n**2 * m**2)
    assert first["style/relu1_1"] == pytest.approx(by_hand.item(), rel=1e-4)
    assert first["content/relu2_1"] == 0


# What goes wrong in the second of two scales

TWO = {**FEW, "scales": (0.5, 1.0), "steps": 8}


def broken(monkeypatch, call, error):
    """`vgg` fails at this of its calls, counted from 0, and before and after it does not."""
    calls, forward = itertools.count(), style_transfer.VGG19.forward

    def failing(self, image, layers):
        if next(calls) in call:
            raise error
        return forward(self, image, layers)

    monkeypatch.setattr(style_transfer.VGG19, "forward", failing)


def calls_until(step):
    """Calls of the network before this step of TWO is evaluated: two for the targets of each scale, and
    one more at the end of the first scale than it has updates.
    """
    return 2 + step if step < 4 else 2 + 5 + 2 + (step - 4)


def test_a_failure_in_the_second_scale_has_the_numbers_of_the_whole_run(
    vgg, content, style, monkeypatch
):
    whole = list(transfer(content, style, vgg=vgg, **TWO))
    seen = []
    with monkeypatch.context() as patch:
        broken(patch, {calls_until(6)}, MemoryError())
        patch.setattr(memory, "TILES", ())
        with pytest.raises(RunFailed, match="At step 5 of 8") as failure:
            seen.extend(transfer(content, style, vgg=vgg, **TWO))
    assert failure.value.out_of_memory
    assert [step.index for step in seen] == [0, 1, 2, 3, 4, 5]
    step = failure.value.step
    assert (step.index, step.total) == (5, 8)
    assert torch.equal(step.image, seen[-1].image)
    rest = list(transfer(content, style, vgg=vgg, state=step.state(), **TWO))
    assert [s.index for s in rest] == [6, 7, 8]
    assert torch.equal(rest[-1].image, whole[-1].image)


@pytest.mark.parametrize("target", [0, 1])
def test_memory_that_fails_between_two_scales_leaves_the_last_picture(
    vgg, content, style, monkeypatch, target
):
    whole = list(transfer(content, style, vgg=vgg, **TWO))
    seen = []
    with monkeypatch.context() as patch:
        broken(patch, {2 + 5 + target}, torch.OutOfMemoryError("CUDA out of memory"))
        patch.setattr(memory, "TILES", ())
        with pytest.raises(RunFailed, match="At step 4 of 8") as failure:
            seen.extend(transfer(content, style, vgg=vgg, **TWO))
    step = failure.value.step
    assert (step.index, step.total, seen[-1].index) == (4, 8, 3)
    assert step.image.shape == content.shape
    rest = list(transfer(content, style, vgg=vgg, state=step.state(), **TWO))
    assert [s.index for s in rest] == [4, 5, 6, 7, 8]
    assert torch.equal(rest[-1].image, whole[-1].image)


def test_a_loss_that_is_not_finite_in_the_second_scale_can_be_resumed(
    vgg, content, style, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(
            style_transfer,
            "total_variation",
            lambda x: x.mean() * (float("nan") if x.shape[2] == content.shape[2] else 1),
        )
        with pytest.raises(RunFailed, match=r"At step 4 of 8 .*'tv'") as failure:
            list(transfer(content, style, vgg=vgg, **TWO))
    assert not failure.value.out_of_memory
    rest = list(transfer(content, style, vgg=vgg, state=failure.value.step.state(), **TWO))
    assert [s.index for s in rest] == [4, 5, 6, 7, 8]


@pytest.mark.parametrize("first", [0, 2, 5, 7, 9, 11])
def test_where_memory_runs_out_the_run_goes_on_in_tiles(vgg, monkeypatch, first):
    """The same picture up to rounding, and every step once, whenever it happens."""
    content, style = photo("cat", size=150), photo("coffee", size=150)
    smooth = {**TWO, "init": noise_like(content), "optimizer": "adam"}
    whole = list(transfer(content, style, vgg=vgg, **smooth))
    with monkeypatch.context() as patch:
        broken(patch, {first}, RuntimeError("MPS backend out of memory (MPS allocated: 3 GB)"))
        patch.setattr(memory, "TILES", (64, 48))
        tiled = list(transfer(content, style, vgg=vgg, **smooth))
    assert [step.index for step in tiled] == list(range(9))
    for a, b in zip(whole, tiled, strict=True):
        assert (a.image - b.image).abs().mean() < 1e-3
        assert a.losses["total"] == pytest.approx(b.losses["total"], rel=1e-2)


def test_a_run_that_fails_in_the_smallest_tiles_too_says_so(vgg, content, style, monkeypatch):
    broken(monkeypatch, set(range(4, 10_000)), MemoryError())
    monkeypatch.setattr(memory, "TILES", (32, 16))
    with pytest.raises(RunFailed, match="not enough memory") as failure:
        list(transfer(content, style, vgg=vgg, **TWO))
    assert failure.value.step.index == 1


def test_a_large_style_goes_through_in_tiles_as_well(vgg, content, monkeypatch):
    """The network may see no more than a tile and its halo of any picture."""
    largest, forward = [], style_transfer.VGG19.forward

    def watched(self, image, layers):
        largest.append(max(image.shape[2:]))
        return forward(self, image, layers)

    style = photo("coffee", size=400)
    whole = next(transfer(content, style, vgg=vgg, **FEW)).losses
    monkeypatch.setattr(style_transfer.VGG19, "forward", watched)
    monkeypatch.setattr(vgg, "tile", 64)
    tiled = next(transfer(content, style, vgg=vgg, **FEW)).losses
    assert max(largest) <= 64 + 2 * 16
    assert tiled == pytest.approx(whole, rel=1e-4)


# Resuming with other arguments than the run began with


@pytest.fixture(scope="module")
def saved(vgg, content, style):
    for step in transfer(content, style, vgg=vgg, **TWO):
        if step.index == 2:
            return step.state()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": 6}, "has 8 steps; resume it with as many or more"),
        ({"scales": (1.0,)}, "other scales"),
        ({"scales": (0.25, 1.0)}, "other scales"),
        ({"content_layers": ["relu1_2"]}, "other losses"),
        ({"content_layers": []}, "other losses"),
    ],
)
def test_a_run_is_not_resumed_as_another_one(vgg, content, style, saved, change, words):
    with pytest.raises(ValueError, match=words):
        transfer(content, style, vgg=vgg, state=saved, **{**TWO, **change})


def test_the_state_of_another_recipe_is_refused(vgg, style, saved):
    with pytest.raises(ValueError, match=r"other scales|other losses"):
        reconstruct_style(style, vgg=vgg, state=saved)


def test_further_steps_go_to_the_last_scale(vgg, content, style, saved):
    more = {**TWO, "steps": 12}
    del more["scales"]
    steps = list(transfer(content, style, vgg=vgg, state=saved, **more))
    assert [step.index for step in steps] == list(range(3, 13))
    sizes = [tuple(step.image.shape[2:]) for step in steps]
    assert sizes == [(20, 24)] * 1 + [(40, 48)] * 9


def test_a_style_reconstruction_may_start_from_its_picture_at_another_size(vgg, style):
    """It began black once: the canvas of the new size was taken for the picture."""
    start = next(reconstruct_style(style, "relu1_1", vgg=vgg, init="content", size=(64, 80))).image
    torch.testing.assert_close(start, resize(style, (64, 80)))
    assert next(reconstruct_style(style, "relu1_1", vgg=vgg, size=28)).image.shape[2] == 28
