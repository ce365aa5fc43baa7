"""The interactive Gram explorer: what it computes, and what its controls do."""

import re
import threading
from io import BytesIO
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from ipywidgets import Button, ValueWidget
from PIL import Image

from nstlib import gram_matrix, load_vgg19, painting, photo, style_loss
from nstlib.paintings import PAINTINGS
from nstlib.widgets.app import descendants
from nstlib.widgets.gram import matrices, pictures, words
from nstlib.widgets.gram.explorer import gram_explorer
from nstlib.widgets.gram.layout import GIVEN, NONE, Entry
from nstlib.widgets.gram.subject import (
    AS_IT_IS,
    QUICK,
    SHUFFLED,
    TESTS,
    TURNED,
    TURNED_MAPS,
    Album,
    Subject,
    look,
    matrix,
)
from nstlib.widgets.gram.view import APART, STRONGEST, TOGETHER, View
from nstlib.widgets.picture import Picture

WAIT = 120  # seconds until a test gives up; nothing here takes one

small_floats = st.floats(-10, 10, width=32).map(lambda x: 0.0 if abs(x) < 1e-3 else x)
some_maps = arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6)),
    elements=small_floats,
)


def gram_of(maps):
    flat = maps.reshape(len(maps), -1).astype(np.float64)
    return flat @ flat.T / flat.shape[1]


def blobs(*centers, side=16):
    """Maps that are bright in a disc around each center."""
    y, x = np.mgrid[:side, :side]
    return np.stack([(np.hypot(y - a, x - b) < 4) * 1.0 for a, b in centers]).astype(np.float32)


# Gram matrices as arrays


@given(some_maps)
@settings(deadline=None)
def test_correlation_is_the_cosine_of_two_maps(maps):
    found = matrices.correlation(gram_of(maps))
    for i, a in enumerate(maps):
        for j, b in enumerate(maps):
            a_, b_ = a.astype(np.float64).ravel(), b.astype(np.float64).ravel()
            lengths = np.linalg.norm(a_) * np.linalg.norm(b_)
            if lengths == 0:
                assert np.isnan(found[i, j])
            else:
                assert found[i, j] == pytest.approx(a_ @ b_ / lengths, abs=1e-6)


def test_correlation_of_tiny_and_of_huge_maps():
    maps = np.random.default_rng(0).random((3, 4, 4))
    expected = matrices.correlation(gram_of(maps))
    for size in (1e-18, 1e18):
        assert matrices.correlation((gram_of(maps) * size).astype(np.float32)) == pytest.approx(
            expected, abs=1e-5
        )


@given(arrays(np.float64, (3, 3), elements=st.floats(-5, 5)), st.floats(0.1, 100))
@settings(deadline=None)
def test_signed_log_keeps_the_order_and_the_sign(values, limit):
    values = values * limit / 5
    shades = matrices.signed_log(values, limit)
    assert (np.abs(shades) <= 1 + 1e-9).all()
    assert (np.sign(shades) == np.sign(values)).all()
    order = np.argsort(values, axis=None)
    assert (np.diff(shades.ravel()[order]) >= 0).all()
    assert matrices.signed_log(np.array([limit, 0, -limit]), limit) == pytest.approx([1, 0, -1])


def test_signed_log_shows_a_hundredth():
    assert 0.3 < matrices.signed_log(np.array(0.01), 1.0) < 0.4
    assert matrices.signed_log(np.array(0.0001), 1.0) < 0.02


def test_clustered_order_puts_equal_channels_side_by_side():
    groups = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2])
    centers = np.array([(3, 3), (3, 12), (12, 8)])
    maps = blobs(*centers[groups]) + np.random.default_rng(0).random((9, 16, 16)) / 50
    maps[4] = 0
    order = matrices.clustered_order(gram_of(maps))
    assert sorted(order) == list(range(9))
    assert order[-1] == 4  # silent, and so the last
    assert (np.diff(groups[order[:-1]]) != 0).sum() == 2  # three runs, one for each group


def test_clustered_order_has_near_neighbors():
    """Neighbors in the order have similar phases; in a random order they would be far apart."""
    phase = np.random.default_rng(1).permutation(12)
    waves = np.stack([np.cos(np.arange(64) / 64 * np.pi * (1 + k / 12)) for k in phase])
    order = matrices.clustered_order(gram_of(waves.reshape(12, 8, 8)))
    assert np.abs(np.diff(phase[order])).max() <= 2


@given(some_maps)
@settings(deadline=None)
def test_clustered_order_is_an_order(maps):
    assert sorted(matrices.clustered_order(gram_of(maps))) == list(range(len(maps)))


@given(arrays(np.float32, (5, 8), elements=st.floats(0, 1, width=32)), st.floats(0.05, 1))
@settings(deadline=None)
def test_share_of_largest(product, part):
    share = matrices.share_of_largest(product, part)
    if not product.any():
        assert share is None
        return
    count = int(np.ceil(part * 40))
    assert share == pytest.approx(
        sorted(product.ravel().tolist())[::-1][:count]
        @ np.ones(count)
        / product.sum(dtype=np.float64),
        rel=1e-5,
    )
    assert share >= part - 1e-6


def test_share_means_nothing_for_both_signs():
    assert matrices.share_of_largest(np.array([[1.0, -1.0]])) is None


@given(some_maps, st.integers(0, 9))
@settings(deadline=None)
def test_shuffling_and_turning_maps_keep_the_gram_matrix(maps, seed):
    for changed in (matrices.shuffled(maps, seed), matrices.turned(maps)):
        assert gram_of(changed) == pytest.approx(gram_of(maps), rel=1e-6, abs=1e-6)
        for before, after in zip(maps, changed, strict=True):
            assert sorted(before.ravel()) == sorted(after.ravel())
    assert (matrices.shuffled(maps, seed) == matrices.shuffled(maps, seed)).all()
    assert matrices.turned(maps).shape == (len(maps), maps.shape[2], maps.shape[1])


def test_all_maps_are_shuffled_alike():
    maps = np.stack([np.arange(30.0), 2 * np.arange(30.0)]).reshape(2, 5, 6)
    changed = matrices.shuffled(maps)
    assert (changed[1] == 2 * changed[0]).all()
    assert not (changed == maps).all()
    assert not (matrices.shuffled(maps, 1) == changed).all()


def test_telling_pairs_are_areas_that_go_together():
    rng = np.random.default_rng(0)
    together = blobs((8, 5), (8, 7))
    apart = blobs((3, 13), (13, 13))
    everywhere = np.ones((2, 16, 16), np.float32)
    noise = (rng.random((2, 16, 16)) > 0.9).astype(np.float32)
    maps = np.concatenate([everywhere, apart, noise, together, np.zeros((1, 16, 16), np.float32)])
    assert matrices.telling_pairs(maps, 1) == [(6, 7)]
    assert matrices.telling_pairs(1000 * maps, 1) == [(6, 7)]
    assert matrices.telling_pairs(1e-12 * maps, 1) == [(6, 7)]


def test_pairs_that_exclude_each_other():
    maps = np.concatenate([blobs((8, 5), (8, 7), (3, 13)), np.zeros((1, 16, 16), np.float32)])
    (pair,) = matrices.telling_pairs(maps, 1, apart=True)
    i, j = pair
    assert not (maps[i] * maps[j]).any()
    assert maps[i].any()
    assert maps[j].any()


@given(some_maps, st.integers(0, 4), st.booleans())
@settings(deadline=None)
def test_no_channel_is_in_two_telling_pairs(maps, count, apart):
    pairs = matrices.telling_pairs(maps, count, apart=apart)
    channels = [channel for pair in pairs for channel in pair]
    assert len(set(channels)) == len(channels)
    assert len(pairs) <= count
    assert all(0 <= i < j < len(maps) for i, j in pairs)


@given(arrays(np.float64, (6, 6), elements=st.integers(-20, 20).map(float)), st.integers(1, 30))
@settings(deadline=None)
def test_strongest_pairs_of_a_symmetric_matrix(values, count):
    values = values + values.T
    channels = np.random.default_rng(0).permutation(6)
    pairs = matrices.strongest_pairs(values, channels, channels, count)
    assert len({frozenset(pair) for pair in pairs}) == len(pairs) == min(count, 15)
    place = {int(channel): number for number, channel in enumerate(channels)}
    found = [abs(values[place[i], place[j]]) for i, j in pairs]
    assert found == sorted(np.abs(values[np.triu_indices(6, 1)]))[::-1][:count]


def test_strongest_pairs_of_a_block():
    values = np.array([[5.0, 1.0], [np.nan, -9.0]])
    pairs = matrices.strongest_pairs(values, np.array([3, 4]), np.array([3, 8]), 9)
    assert pairs == [(4, 8), (3, 8)]  # 5 is on the diagonal, NaN is a silent channel


@given(st.integers(0, 39), st.integers(0, 39), st.integers(1, 60))
def test_a_block_is_inside_and_has_the_entry(row, column, side):
    top, left, bottom, right = matrices.block_around(row, column, side, 40)
    assert 0 <= top <= row <= bottom < 40
    assert 0 <= left <= column <= right < 40
    assert bottom - top == right - left == min(side, 40) - 1


@given(st.lists(st.integers(0, 39), min_size=4, max_size=4))
def test_a_dragged_block_is_in_the_square_one(ends):
    (top, bottom), (left, right) = sorted(ends[:2]), sorted(ends[2:])
    a, b, c, d = matrices.square_block((top, left, bottom, right), 40)
    assert (a <= top, b <= left, c >= bottom, d >= right) == (True, True, True, True)
    assert c - a == d - b >= 3
    assert (min(a, b) >= 0, max(c, d) < 40) == (True, True)


# Words


def flat(value):
    return np.full((4, 5), value)


@pytest.mark.parametrize(
    ("likeness", "expected"),
    [
        (0.71, "often bright in the same places (correlation 0.71)"),
        (0.9, "are bright in the same places"),
        (0.3, "share some of their places"),
        (0.05, "seldom"),
        (0.0, "exclude each other"),
    ],
)
def test_an_entry_in_words(likeness, expected):
    sentence = words.entry_words(12, 40, 0.031, likeness, flat(0.031))
    assert sentence.startswith("G[12, 40] = 0.031: channels 12 and 40 ")
    assert expected in sentence
    assert ("10%" in sentence) == (likeness > 0.02)


def test_other_entries_in_words():
    assert "strong" in words.entry_words(3, 3, 1.0, 1.0, flat(1.0))
    assert "silent" in words.entry_words(3, 4, 0.0, float("nan"), flat(0.0))
    one = flat(0.0)
    one[0, 0] = 1
    assert "nearly all" in words.entry_words(3, 4, 0.05, 0.5, one)
    both = np.array([[-1.0, 3.0, 2.0, 1.0]])
    sentence = words.entry_words(3, 4, 1.25, -0.9, both)
    assert "opposite sign" in sentence
    assert "above zero at 75% of the positions" in sentence
    assert "equal sign" in words.entry_words(3, 4, 1.25, 0.9, both)
    assert "little to do" in words.entry_words(3, 4, 1.25, -0.1, both)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (0.3, 0.1, "A has 3 times as much of it as B"),
        (0.1, 0.25, "B has 2.5 times as much of it as A"),
        (0.1, 0.1, "the same in both"),
        (0.1, 0.0, "A has it, B has hardly any"),
        (0.0, 0.1, "B has it, A has hardly any"),
    ],
)
def test_a_difference_in_words(a, b, expected):
    sentence = words.difference_words(1, 2, a, b)
    assert expected in sentence
    assert f"A − B = {pictures.number(a - b)}" in sentence


def test_numbers():
    found = [pictures.number(value) for value in (0, 0.5, -0.25, 1234567, 1.5e-7, -2e-5)]
    assert found == ["0", "0.5", "−0.25", "1.23e6", "1.5e−7", "−2e−5"]


# Pictures


def opened(data):
    return np.asarray(Image.open(BytesIO(data)).convert("RGB")).astype(int)


def test_zero_is_dark_and_silence_gray():
    shades = np.array([[-1.0, -0.5, 0.0, 0.5, 1.0, np.nan]])
    pixels = opened(pictures.palette_png(shades, signed=True))[0]
    light = pixels.sum(1)
    assert light[2] < min(light[1], light[3]) < max(light[1], light[3]) < min(light[0], light[4])
    assert pixels[0, 2] > pixels[0, 0]  # below zero blue,
    assert pixels[4, 0] > pixels[4, 2]  # above zero red
    assert (pixels[5] == pictures.SILENT).all()
    rising = opened(pictures.palette_png(np.linspace(0, 1, 9)[None], signed=False))[0]
    assert (np.diff(rising.sum(1)) > 0).all()


def test_a_map_is_no_larger_than_shown():
    values = np.random.default_rng(0).random((400, 300)).astype(np.float32)
    assert opened(pictures.map_png(values, 1.0)).shape == (192, 144, 3)
    assert opened(pictures.map_png(values[:40, :30], 1.0)).shape == (40, 30, 3)
    assert pictures.shrunk(values, 192).mean() == pytest.approx(values.mean(), abs=1e-3)


def test_the_spotlight_falls_on_the_product():
    image = torch.tensor([1.0, 0.2, 0.1]).view(1, 3, 1, 1).expand(1, 3, 64, 48)
    light = np.zeros((8, 6), np.float32)
    light[6, 4] = 2.0
    pixels = opened(pictures.spotlight(image, light, 2.0))
    assert pixels.shape == (64, 48, 3)
    assert pixels[52, 36] == pytest.approx([255, 51, 26], abs=20)
    left_out = pixels[5, 5]
    assert left_out.max() < 60
    assert np.ptp(left_out) < 12  # gray


def test_products_of_maps_that_exclude_each_other_are_dark():
    a, b = blobs((3, 3), (12, 12))
    assert pictures.bright_products(a, b) == (1, 1, 0.05)
    assert pictures.bright_products(a, a) == (1, 1, 1)


@pytest.mark.parametrize("count", [1, 4, 16, 128, 512])
def test_ticks_are_few_and_in_their_places(count):
    places = pictures.ticks(np.arange(count))
    assert 1 <= len(places) <= 9
    assert len(set(np.diff(places))) <= 1
    channels = np.arange(count)[::-1]
    text = pictures.axis(channels, "channel i", upright=True)
    marks = re.findall(r"top:([\d.]+)%[^>]*>(\d+)<", text)
    for at, channel in marks:
        assert float(at) == pytest.approx(100 * (count - int(channel) - 0.5) / count, abs=0.01)


@pytest.mark.parametrize("scale", matrices.SCALES)
@pytest.mark.parametrize("signed", [False, True])
def test_the_color_bar_tells_the_value_of_a_color(scale, signed):
    text = pictures.color_bar(scale, 2.54, signed=signed, ends="AB")
    marks = re.findall(r"top:(-?[\d.]+)%[^>]*>– ([^<]*)<", text)
    assert len(marks) >= 3
    low = -1 if signed else 0
    for at, number in marks:
        value = float(number.replace("−", "-"))
        shade = float(pictures.shade(np.float64(value), scale, 2.54))
        assert 100 - 100 * (shade - low) / (1 - low) == pytest.approx(float(at), abs=0.3)
    assert text.count("<b ") == 2


# A picture as a network sees it


@pytest.fixture(scope="module")
def vgg():
    return load_vgg19("random", width=1 / 8)


LAYERS = ["relu1_1", "relu2_1", "relu3_1"]


def test_a_subject(vgg):
    image = photo("cat", size=64)
    subject = look(image, vgg, LAYERS)
    for layer in LAYERS:
        features = vgg(image, [layer])[layer]
        assert (subject.maps(layer) == features[0].numpy()).all()
        assert subject.gram(layer) == pytest.approx(gram_matrix(features)[0].numpy(), rel=1e-6)
    assert (subject.picture("relu2_1") == image).all()
    style = look(painting("night", size=48), vgg, LAYERS)
    target = gram_matrix(vgg(painting("night", size=48), ["relu2_1"])["relu2_1"])
    for kind in ("relative", "paper"):
        expected = style_loss(vgg(image, ["relu2_1"])["relu2_1"], target, convention=kind).item()
        assert subject.distance(style, "relu2_1", kind) == pytest.approx(expected)


@pytest.mark.parametrize("test", [SHUFFLED, TURNED_MAPS])
def test_a_subject_whose_maps_were_changed(vgg, test):
    image = photo("cat", size=64)  # not square
    subject = look(image, vgg, LAYERS)
    changed = subject.tested(test)
    for layer in LAYERS:
        assert changed.gram(layer) == pytest.approx(subject.gram(layer), rel=1e-4, abs=1e-6)
        assert not np.array_equal(changed.maps(layer), subject.maps(layer))
        height, width = changed.maps(layer).shape[1:]
        shown = changed.picture(layer).shape[2:]
        assert height / width == pytest.approx(shown[0] / shown[1], rel=0.1)


def test_a_turned_picture_has_another_gram_matrix(vgg):
    image = photo("cat", size=64)
    subject, other = look(image, vgg, LAYERS), look(image, vgg, LAYERS, turn=True)
    assert (other.picture("relu2_1") == image.rot90(1, (2, 3))).all()
    expected = gram_matrix(vgg(image.rot90(1, (2, 3)), ["relu2_1"])["relu2_1"])[0].numpy()
    assert other.gram("relu2_1") == pytest.approx(expected, rel=1e-5)
    assert np.abs(other.gram("relu2_1") - subject.gram("relu2_1")).max() > 1e-3


def test_matrices_and_their_colors(vgg):
    a = look(photo("cat", size=64), vgg, LAYERS)
    b = look(painting("night", size=64), vgg, LAYERS)
    most = max(a.gram("relu2_1").max(), b.gram("relu2_1").max())
    for scale in ("log", "raw"):
        values, limit, signed = matrix([b], [a, b], "relu2_1", scale)
        assert (values == b.gram("relu2_1")).all()
        assert (limit, signed) == (pytest.approx(float(most)), False)
        values, limit, signed = matrix([a, b], [a, b], "relu2_1", scale)
        assert (values == a.gram("relu2_1") - b.gram("relu2_1")).all()
        assert signed
        assert 0 < limit <= np.abs(values).max()
    values, limit, signed = matrix([a], [a], "relu2_1", "correlation")
    assert (limit, signed) == (1, False)
    assert np.diag(values) == pytest.approx(1)


def test_silent_pictures_have_matrices_too():
    features = {"relu2_1": torch.zeros(1, 5, 4, 4)}
    subject = Subject(torch.zeros(1, 3, 16, 16), features)
    for scale in matrices.SCALES:
        for shown in ([subject], [subject, subject]):
            values, limit, _ = matrix(shown, [subject], "relu2_1", scale)
            assert np.isfinite(limit)
            pictures.palette_png(pictures.shade(values, scale, limit), signed=True)
    assert list(subject.order("relu2_1")) == [0, 1, 2, 3, 4]
    assert subject.pairs("relu2_1") == subject.pairs("relu2_1", apart=True) == []


def test_an_album_looks_once(vgg, monkeypatch):
    seen = []
    real = vgg.forward
    monkeypatch.setattr(vgg, "forward", lambda *args: seen.append(args) or real(*args))
    album = Album({"A": photo("cat", size=64)}, vgg, LAYERS, 64)
    assert not album.has("A")
    with pytest.raises(KeyError):
        album["A", AS_IT_IS]
    for _ in range(2):
        album.prepare("A")
    assert len(seen) == 1
    assert album["A", AS_IT_IS] is album["A", AS_IT_IS]
    assert album["A", SHUFFLED].test == SHUFFLED
    album.prepare("A", turn=True)
    assert len(seen) == 2
    assert album["A", TURNED].test == TURNED
    album.prepare("waves")
    assert len(seen) == 3
    assert album["waves", AS_IT_IS].image.shape == (1, 3, 64, 64)
    assert set(album.distances("waves")) == set(LAYERS)
    album.distances("waves")
    assert len(seen) == 3


# A view


@pytest.fixture
def view(vgg):
    album = Album({"A": photo("cat", size=64)}, vgg, LAYERS, 64)
    album.prepare("A")
    album.prepare("night", turn=True)
    view = View(album, "relu2_1")
    view.begin()
    return view


def test_what_is_picked_is_what_was_clicked(view):
    for view.clustered in (False, True):
        for view.block in (None, (2, 5, 6, 9)):
            rows, columns = view.channels()
            values = view.values()[0]
            view.pick(3, 1)
            assert view.pair == (rows[3], columns[1])
            assert view.cell() == [3, 1]
            assert values[3, 1] == view.first.gram("relu2_1")[view.pair]
    view.block = None
    assert sorted(view.channels()[0]) == list(range(16))


def test_a_click_that_comes_too_late(view):
    before = view.pair
    view.pick(16, 0)
    assert view.pair == before


def test_zooming(view):
    view.pair = (15, 3)
    view.zoom()
    assert len(view.channels()[0]) == len(view.channels()[1]) == 8
    assert view.values()[0].shape == (8, 8)
    assert view.values()[0][tuple(view.cell())] == view.first.gram("relu2_1")[15, 3]
    assert "8 of 16 channels" in view.title()
    view.zoom()
    view.zoom()
    assert len(view.channels()[0]) == 4
    view.pair = (0, 0)
    assert view.cell() == []
    view.block = (4, 2, 11, 9)
    view.zoom_to((1, 1, 4, 4))
    assert view.block == (5, 3, 8, 6)


@pytest.mark.parametrize("route", [TOGETHER, STRONGEST, APART])
def test_walking_from_pair_to_pair(view, route):
    view.route = route
    said = view.step(None)
    first, seen = view.pair, [view.pair]
    count = int(re.search(r"1 of (\d+)", said)[1])
    for _ in range(count - 1):
        view.step(1)
        seen.append(view.pair)
    assert len(set(seen)) == count > 1
    view.step(1)
    assert view.pair == first
    view.step(-1)
    assert view.pair == seen[-1]
    view.pair = view.pair[::-1]  # the same entry, below the diagonal
    view.step(1)
    assert view.pair == first
    if route == STRONGEST:
        found = [view.first.gram("relu2_1")[pair] for pair in seen]
        assert found == sorted(found)[::-1]


def test_two_pictures(view):
    view.other, view.letters = "night", ("A", "B")
    values, _, signed = view.values()
    a, b = (view.album[name, AS_IT_IS].gram("relu2_1") for name in ("A", "night"))
    assert (values == a - b).all()
    assert signed
    assert "A − B" in view.title()
    assert "A − B = " in view.sentence()
    table = view.more()
    for layer in LAYERS:
        assert layer in table
        for value in view.album.distances("night")[layer]:
            assert pictures.number(value) in table
    view.letters = ("B",)
    assert (view.values()[0] == b).all()
    assert view.leading is view.album["night", AS_IT_IS]
    assert list(view.shown()) == ["B"]


@pytest.mark.parametrize("test", TESTS)
def test_what_is_said_of_a_test(view, test):
    view.test, view.other, view.letters = test, "night", ("B",)
    b = view.album["night", AS_IT_IS].gram("relu2_1")
    turned = view.album["night", TURNED].gram("relu2_1")
    more = view.more()
    percent = f"{np.linalg.norm(turned - b) / np.linalg.norm(b):.0%} of its length"
    assert (percent in more) == (test in (TURNED_MAPS, TURNED))
    if test in (SHUFFLED, TURNED_MAPS):
        change = float(re.search(r"more than ([\d.e−]+) of the", more)[1].replace("−", "-"))
        assert change < 1e-5


# The app


def settled(app):
    assert app.job.join(WAIT)
    assert 'role="alert"' not in app.status.value, app.status.value
    return app


@pytest.fixture
def app(vgg):
    app = gram_explorer(photo("cat", size=64), vgg=vgg, layer="relu2_1", size=64)
    yield settled(app)
    app.close()


def texts(app):
    return app.entry.sentence.value, app.entry.more.value


def test_it_opens_on_a_telling_entry():
    app = settled(gram_explorer(photo("astronaut")))
    assert app.layer.value == "relu3_1"
    i, j = app.view.pair
    assert 0 <= i < j < 64
    assert (app.i.value, app.j.value) == (i, j)
    assert app.matrix.picture.cell == [i, j]
    assert (app.matrix.picture.rows, app.matrix.picture.columns) == (64, 64)
    assert f"G[{i}, {j}] = " in app.entry.sentence.value
    assert opened(app.matrix.picture.image).shape == (64, 64, 3)
    app.close()


def test_every_control_is_named(app):
    controls = [w for w in descendants(app) if isinstance(w, Button | ValueWidget)]
    controls = [w for w in controls if type(w).__name__ != "HTML"]
    assert len(controls) >= 12
    for control in controls:
        assert control.description, control
        assert control.tooltip, control
        assert any(name.startswith("nst-gram-") for name in control._dom_classes), control
    shown = [w for w in descendants(app) if isinstance(w, Picture)]
    assert len(shown) == 5
    assert all(picture.alt.endswith(".") for picture in shown)


def test_no_name_hides_one_of_the_toolkit(app):
    """`_compare` once did: ipywidgets has a method with that name."""
    for kind in (type(app), type(app.matrix), type(app.entry)):
        own = {name for name in vars(kind) if not name.startswith("__")}
        above = {name for base in kind.__mro__[1:] for name in vars(base)}
        assert not {name for name in own & above if callable(getattr(kind, name, None))}


@pytest.mark.parametrize("order", ["original", "clustered"])
def test_click_type_and_walk_pick_the_same_entry(app, order):
    app.order.value = order
    channels = app.view.order().tolist()
    row, column = channels.index(2), channels.index(5)
    app.matrix.picture.cell = [row, column]
    assert (app.i.value, app.j.value) == (2, 5)
    assert app.view.pair == (2, 5)
    by_click = texts(app), app.entry.rows[0].pictures[2].image
    app.i.value = 0
    assert app.matrix.picture.cell == [channels.index(0), column]
    app.i.value = 2
    assert (texts(app), app.entry.rows[0].pictures[2].image) == by_click
    maps = app.view.first.maps("relu2_1")
    assert f"G[2, 5] = {pictures.number(float((maps[2] * maps[5]).mean()))}" in texts(app)[0]


def test_the_product_is_what_is_drawn(app):
    i, j = app.view.pair
    maps = app.view.first.maps("relu2_1")
    tiles = app.entry.rows[0]
    for picture, values in zip(tiles.pictures, (maps[i], maps[j], maps[i] * maps[j]), strict=False):
        light = opened(picture.image).sum(-1).ravel()
        assert light.shape == values.ravel().shape
        order = np.argsort(values, axis=None)
        assert (np.diff(light[order]) >= 0).all()
    captions = [caption.value for caption in tiles.captions]
    assert f"map {i}" in captions[0]
    assert f"map {j}" in captions[1]
    assert pictures.number(float((maps[i] * maps[j]).mean())) in captions[2]


def test_scales_and_orders_change_the_matrix_and_nothing_else(app):
    seen, entry = set(), texts(app)
    for scale, order in product(matrices.SCALES, app.order.options):
        app.scale.value, app.order.value = scale, order
        seen.add(app.matrix.picture.image)
        assert texts(app) == entry
    assert len(seen) == 6


def test_layers(app):
    assert app.layer.options[0] == "relu1_1"
    assert all(name.startswith("relu") for name in app.layer.options)
    app.layer.value = "relu3_1"
    settled(app)
    assert (app.matrix.picture.rows, app.i.max) == (32, 31)
    assert app.view.pair == app.view.first.pairs("relu3_1")[0]
    app.i.value = 31
    app.layer.value = "relu1_1"
    settled(app)
    assert app.matrix.picture.rows == 8
    assert max(app.view.pair) < 8


def test_zoom_in_and_out(app):
    app.matrix.picture.block = [2, 3, 8, 9]
    assert app.view.block == (2, 3, 8, 9)
    assert app.matrix.picture.rows == 7
    assert app.matrix.picture.block == []  # the same drag can be made again
    assert not app.whole.disabled
    app.i.value = 15  # outside of the block, which moves along
    assert app.matrix.picture.rows == 7
    assert len(app.matrix.picture.cell) == 2
    app.order.value = "clustered"
    assert app.matrix.picture.rows == 7
    assert app.view.cell() == app.matrix.picture.cell != []
    app._show_all()
    assert app.matrix.picture.rows == 16
    assert app.whole.disabled
    app._zoom()
    assert app.matrix.picture.rows == 8
    app._zoom()
    assert app.zoom.disabled
    app.layer.value = "relu3_1"
    assert app.matrix.picture.rows == 32


def test_routes(app):
    app.route.value = APART
    assert app.view.pair == app.view.first.pairs("relu2_1", apart=True)[0]
    assert "1 of" in app.status.value
    app._go(1)
    assert "2 of" in app.status.value
    assert (app.i.value, app.j.value) == app.view.pair
    app.route.value = STRONGEST
    first = app.view.pair
    app._go(-1)
    app._go(1)
    assert app.view.pair == first


def test_comparing(app):
    assert app.letters.layout.display == "none"
    assert app.other.options == (NONE, *PAINTINGS)
    alone = len(app.entry.children)
    app.other.value = "night"
    settled(app)
    assert app.letters.value == "A − B"
    assert app.letters.layout.display == ""
    assert len(app.entry.children) > alone
    assert "E<sub>l</sub>" in app.entry.more.value
    assert app.entry.rows[1].captions[0].value.count("B: map") == 1
    app.letters.value = "B"
    gram = app.view.album["night", AS_IT_IS].gram("relu2_1")
    i, j = app.view.pair
    assert f"G[{i}, {j}] = {pictures.number(float(gram[i, j]))}" in texts(app)[0]
    assert len(app.entry.children) == alone
    app.other.value = NONE
    assert app.letters.layout.display == "none"
    assert app.view.letters == ("A",)
    assert "E<sub>l</sub>" not in app.entry.more.value


def test_maps_of_two_pictures_have_one_brightness():
    image, maps = painting("night", size=32), blobs((8, 5), (8, 7))
    entry = Entry()
    entry.show([("A", image, maps, 0, 1), ("B", image, maps / 2, 0, 1)])
    a, b = ([opened(picture.image).sum() for picture in row.pictures] for row in entry.rows)
    assert all(less < 0.95 * more for less, more in zip(b, a, strict=True))
    entry.show([("A", image, maps, 0, 1)])
    assert [opened(picture.image).sum() for picture in entry.rows[0].pictures] == a
    entry.show([("A", image, maps / 2, 0, 1)])  # alone, it has its full brightness
    assert [opened(picture.image).sum() for picture in entry.rows[0].pictures] == a


@pytest.mark.parametrize("two", [False, True])
def test_tests(app, two):
    if two:
        app.other.value = "night"
        settled(app)
    plain = app.matrix.picture.image
    before = opened(app.entry.rows[0].pictures[0].image)
    for app.test.value in (SHUFFLED, TURNED_MAPS, TURNED):
        settled(app)
        assert "matrix" in app.entry.more.value
        after = opened(app.entry.rows[0].pictures[0].image)
        if app.test.value == SHUFFLED:
            assert (np.sort(after.sum(-1), None) == np.sort(before.sum(-1), None)).all()
        if app.test.value == TURNED_MAPS:
            assert (after == np.rot90(before)).all()
        same = np.abs(opened(app.matrix.picture.image) - opened(plain)).max()
        assert (same <= 3) == (app.test.value != TURNED)
    app.test.value = AS_IT_IS
    assert app.matrix.picture.image == plain


def test_slow_work_is_done_elsewhere(vgg, monkeypatch):
    """With more than QUICK channels, sorting runs on the worker thread; the network always does."""
    monkeypatch.setattr("nstlib.widgets.gram.subject.QUICK", 10)
    where = []
    for name in ("clustered_order", "telling_pairs"):
        real = getattr(matrices, name)
        monkeypatch.setattr(
            matrices,
            name,
            lambda *args, real=real, **more: (
                where.append(threading.current_thread()) or real(*args, **more)
            ),
        )
    app = settled(gram_explorer(photo("cat", size=64), vgg=vgg, layer="relu2_1", size=64))
    app.order.value = "clustered"
    settled(app)
    app.layer.value = "relu3_1"
    settled(app)
    app.route.value = APART
    settled(app)
    real = vgg.forward
    monkeypatch.setattr(
        vgg, "forward", lambda *args: where.append(threading.current_thread()) or real(*args)
    )
    app.other.value = "waves"
    settled(app)
    app.test.value = TURNED
    settled(app)
    assert len(where) >= 8
    assert threading.main_thread() not in where
    assert app.matrix.picture.rows == 32
    assert app.view.pair in app.view.first.pairs("relu3_1", apart=True)
    assert QUICK >= 64
    app.close()


def test_the_last_wish_counts(vgg, monkeypatch):
    """After two changes in a row, only the second picture is shown."""
    app = settled(gram_explorer(photo("cat", size=64), vgg=vgg, layer="relu2_1", size=64))
    app.other.value = "waves"
    app.other.value = "night"
    app.layer.value = "relu3_1"
    settled(app)
    assert app.view.other == "night"
    gram = app.view.first.gram("relu3_1") - app.view.album["night", AS_IT_IS].gram("relu3_1")
    assert (app.view.values()[0] == gram).all()
    assert app.matrix.picture.rows == 32
    assert "A − B, relu3_1" in app.matrix.caption.value
    app.close()


def test_a_failure_is_told_and_the_app_lives_on(app, vgg, monkeypatch):
    def broken(*_):
        raise OSError("The network is on holiday.")

    with monkeypatch.context() as patch:
        patch.setattr(vgg, "forward", broken)
        app.other.value = "night"
        assert app.job.join(WAIT)
        assert "on holiday" in app.status.value
    app.other.value = NONE
    app.matrix.picture.cell = [0, 3]
    assert app.view.pair == (0, 3)
    assert 'role="alert"' in app.status.value or "Click" in app.status.value
    app.other.value = "night"
    settled(app)
    assert app.view.other == "night"


def test_pictures_of_two_sizes_and_layers_before_the_relu(vgg):
    app = settled(gram_explorer(photo("rocket"), photo("cat"), vgg=vgg, layer="conv2_1", size=64))
    assert set(app.layer.options) >= {"conv1_1", "conv4_4"}
    assert app.other.value == GIVEN
    for letters, test in product(app.letters.options, TESTS):
        app.letters.value, app.test.value = letters, test
        settled(app)
    app.letters.value, app.test.value = "A", AS_IT_IS
    assert "sign" in texts(app)[0] or "little to do" in texts(app)[0]
    pixels = opened(app.matrix.picture.image).astype(int)
    assert (pixels[..., 2] > pixels[..., 0] + 20).any()  # something below zero, in blue
    app.close()


def test_a_network_of_one_channel():
    tiny = load_vgg19("random", width=1 / 64)
    app = settled(gram_explorer(painting("night", size=32), vgg=tiny, layer="relu1_1", size=32))
    assert app.matrix.picture.rows == 1
    app._go(1)
    assert "no such pair" in app.status.value
    app.close()


def test_a_small_picture_has_fewer_layers(vgg):
    app = settled(gram_explorer(torch.rand(1, 3, 16, 16), vgg=vgg, layer="relu1_1"))
    assert app.layer.options[-1] == "relu5_4"
    app.layer.value = "relu5_4"
    settled(app)
    assert app.view.first.maps("relu5_4").shape[1:] == (1, 1)
    app.close()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image": 3}, "picture"),
        ({"image": []}, "at most two"),
        ({"image": [torch.rand(1, 3, 32, 32)] * 3}, "at most two"),
        ({"image": [torch.rand(1, 3, 32, 32)] * 2, "other": torch.rand(1, 3, 32, 32)}, "two"),
        ({"layer": "relu9_1"}, "no layer 'relu9_1'"),
        ({"layer": 3}, "no layer"),
        ({"size": 3}, "size"),
    ],
)
def test_bad_arguments(vgg, arguments, message):
    with pytest.raises(ValueError, match=message):
        gram_explorer(**({"image": painting("night", size=32), "vgg": vgg} | arguments))


def test_a_layer_that_the_network_does_not_have():
    with pytest.raises(ValueError, match="ends at relu5_1"):
        gram_explorer(painting("night", size=32), layer="relu5_4")


def test_closing_leaves_nothing_behind(vgg):
    app = gram_explorer(painting("night", size=32), vgg=vgg, layer="relu1_1", size=32)
    app.other.value = "waves"
    app.close()
    assert app.job.join(WAIT)
    assert all(widget.comm is None for widget in descendants(app))


def test_the_cards_of_both_channels_are_those_of_the_bundled_network(app):
    assert app.atlas.value == ""  # the network here is another one
    bundled = settled(gram_explorer(painting("waves", size=64), layer="relu2_1", size=64))
    try:
        bundled.i.value, bundled.j.value = 3, 7
        settled(bundled)
        assert "Channel 3 in the atlas" in bundled.atlas.value
        assert "Channel 7 in the atlas" in bundled.atlas.value
        bundled.j.value = 3
        assert settled(bundled).atlas.value.count("in the atlas") == 1
    finally:
        bundled.close()
