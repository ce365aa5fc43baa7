"""The feature explorer: its numbers against independent computations, and whether its controls agree."""

import re
from io import BytesIO
from itertools import pairwise
from xml.etree import ElementTree

import ipywidgets as widgets
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib import colormaps
from PIL import Image

from nstlib.images import photo
from nstlib.vgg import LAYERS, load_vgg19, receptive_field
from nstlib.widgets import maps
from nstlib.widgets.app import descendants
from nstlib.widgets.features.diagram import network_drawing
from nstlib.widgets.features.explorer import feature_explorer
from nstlib.widgets.picture import Picture


@pytest.fixture(scope="module")
def vgg():
    return load_vgg19("random", width=1 / 8, device="cpu", seed=1)


@pytest.fixture(scope="module")
def cat():
    return photo("cat", size=64)  # 64 x 43, which 16 does not divide


@pytest.fixture
def app(vgg, cat):
    app = feature_explorer(cat, vgg=vgg, layer="relu2_1", size=64)
    yield app
    app.close()


def pixels(data):
    return np.asarray(Image.open(BytesIO(data)).convert("RGB"))


# What it computes


@pytest.mark.parametrize(
    "layer", ["relu1_1", "relu1_2", "relu2_1", "conv2_2", "relu3_1", "conv4_1"]
)
@pytest.mark.parametrize("place", [(0, 0), (2, 3), (3, 4), (1, 0)])
def test_a_feature_depends_on_its_field_and_on_nothing_else(vgg, layer, place):
    """The gradient shows what a feature sees, independently of the formula for its field."""
    torch.manual_seed(3)
    image = torch.rand(1, 3, 64, 80, requires_grad=True)
    convolution = layer.replace("relu", "conv")  # a ReLU that is silent depends on nothing
    vgg(image, [convolution])[convolution][0, :, *place].square().sum().backward()
    seen = image.grad[0].abs().sum(0).numpy() > 0
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    found = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    assert found == maps.field(layer, *place, 64, 80)


@given(
    layer=st.sampled_from([name for name in LAYERS if name < "pool"]),
    row=st.integers(0, 15),
    column=st.integers(0, 15),
)
def test_a_field_in_the_middle_is_of_full_size_around_its_feature(layer, row, column):
    size, stride = receptive_field(layer)
    row, column = row + size // stride, column + size // stride
    left, top, right, bottom = maps.field(layer, row, column, 10**6, 10**6)
    assert right - left == bottom - top == size
    assert left + right == stride * (2 * column + 1)
    assert top + bottom == stride * (2 * row + 1)


FEATURES = arrays(np.float32, (5, 3, 4), elements=st.floats(-4, 4, width=32))


@given(FEATURES)
def test_the_order_is_by_the_mean(features):
    order = maps.by_strength(features)
    means = [sum(abs(float(v)) for v in channel.flat) / 12 for channel in features]
    assert sorted(order) == list(range(5))
    assert all(means[a] >= means[b] - 1e-5 for a, b in pairwise(order))


@given(FEATURES)
def test_silent_channels_are_counted(features):
    assert maps.silent(features) == sum(not channel.any() for channel in features)
    assert maps.silent(np.zeros((3, 2, 2))) == 3


@given(arrays(np.float32, (3, 4), elements=st.floats(-4, 4, width=32)))
def test_zero_has_the_same_color_in_every_map(values):
    shown = maps.map_pixels(values)
    neutral = colormaps["RdBu_r" if values.min() < 0 else "magma"](
        0.5 if values.min() < 0 else 0.0, bytes=True
    )[:3]
    assert (np.abs(shown[values == 0].astype(int) - neutral) <= 1).all()
    laid = maps.overlay(values)
    assert (laid[..., :3] == shown).all()
    assert (laid[..., 3][values == 0] == 0).all()
    if np.abs(values).max() > 1e-9:
        assert (laid[..., 3][np.abs(values) == np.abs(values).max()] == 255).all()


def test_a_mosaic_has_each_map_in_its_place():
    features = np.zeros((5, 8, 8), np.float32)
    for channel in range(5):
        features[channel, 4:, 4:] = (
            1 + channel
        )  # bright at the bottom right, each with its own maximum
    sheet = (maps.mosaic(features, [4, 0, 2], columns=2, side=40)[0] * 255).permute(1, 2, 0).numpy()
    assert sheet.shape == (80, 80, 3)
    for row, column in ((0, 0), (0, 1), (1, 0)):
        assert sheet[40 * row + 32, 40 * column + 32].sum() > 600
        assert sheet[40 * row + 32, 40 * column + 6].sum() < 60
    assert sheet[60, 60].sum() == 3 * 255  # there is no fourth


@pytest.mark.parametrize(("size", "shape"), [(64, (32, 64)), (50, (32, 48)), (400, (256, 400))])
def test_pictures_are_fitted_to_the_network(size, shape):
    fitted = maps.fitted(photo("cat"), size, multiple=16)
    assert fitted.shape == (1, 3, *shape)


def test_a_crop_is_from_the_middle():
    image = torch.rand(1, 3, 20, 34)
    assert torch.equal(maps.fitted(image, 34, multiple=16), image[:, :, 2:18, 1:33])


@pytest.mark.parametrize(
    ("image", "size", "words"),
    [
        (torch.rand(3, 32, 32), 64, "1, 3, H, W"),
        (torch.full((1, 3, 32, 32), torch.nan), 64, "NaN"),
        (torch.rand(1, 3, 32, 32), 8, "at least 16 pixels"),
        (torch.rand(1, 3, 200, 20), 64, "too narrow"),
    ],
)
def test_pictures_that_do_not_fit(vgg, image, size, words):
    with pytest.raises(ValueError, match=words):
        feature_explorer(image, vgg=vgg, size=size)


@pytest.mark.parametrize("layer", ["pool1", "relu9_9", "", "conv"])
def test_layers_that_are_not_there(vgg, cat, layer):
    with pytest.raises(ValueError, match="layer is one of relu1_1, "):
        feature_explorer(cat, vgg=vgg, layer=layer, size=64)


def test_the_network_is_drawn_with_the_layer_lit():
    shapes = {"relu1_1": (4, 32, 48), "relu1_2": (4, 32, 48), "relu2_1": (8, 16, 24)}
    root = ElementTree.fromstring(network_drawing("relu1_2", shapes))
    bars = [bar for bar in root if bar.tag == "rect"]
    heights = [float(bar.get("height")) for bar in bars]
    assert heights[0] == heights[1] > heights[2]
    assert len({bar.get("fill") for bar in bars}) == 3
    assert len({float(bar.get("y")) + float(bar.get("height")) for bar in bars}) == 1
    assert root.get("role") == "img"
    assert "relu1_2 is layer 2 of 3, 4 channels of 48 x 32" in root.get("aria-label")
    edges = [(float(b.get("x")), float(b.get("x")) + float(b.get("width"))) for b in bars]
    assert all(a[1] < b[0] for a, b in pairwise(edges))
    words = [text.text for text in root if text.tag == "text"]
    assert words.count("relu1_2") == 1
    assert "8 of 24 x 16" in words


# The app


def test_it_begins_with_the_most_active_channel_at_its_peak(app, vgg, cat):
    features = vgg(cat[:, :, 5:37], ["relu2_1"])["relu2_1"][0]
    channel = int(features.mean((1, 2)).argmax())
    assert app.channel.value == channel
    row, column = divmod(int(features[channel].argmax()), 32)
    assert (app.y.value, app.x.value) == (row, column)
    assert app.picture.cell == app.map.cell == [row, column]
    assert (app.picture.rows, app.picture.columns) == (16, 32)
    assert app.more.disabled
    assert f"{float(features[channel].max()):.2f}" in app.about_place.value


def test_the_map_is_the_channel(app):
    for channel in (3, 0):
        app.channel.value = channel
        assert (pixels(app.map.image) == maps.map_pixels(app._maps[channel])).all()
        assert f"channel {channel} of relu2_1" in app.map.alt


def test_squares_over_the_picture_lie_where_the_positions_are(app):
    app.channel.value = 5
    with Image.open(BytesIO(app.picture.over)) as over:
        assert over.size == (64, 32)  # the size of the picture, so that edges stay sharp
        assert (np.asarray(over)[::2, ::2] == maps.overlay(app._maps[5])).all()
    assert app.map.pixelated
    app.smooth.value = True
    assert not app.map.pixelated
    with Image.open(BytesIO(app.picture.over)) as over:
        assert over.size == (32, 16)


def test_next_most_active_goes_through_all_and_back(app):
    means = app._maps.mean((1, 2))
    seen = [app.channel.value]
    while not app.less.disabled:
        app._move_in_order(1)
        seen.append(app.channel.value)
    assert sorted(seen) == list(range(16))
    assert [means[c] for c in seen] == sorted(means, reverse=True)
    app._move_in_order(1)
    assert app.channel.value == seen[-1]
    app._move_in_order(-1)
    assert app.channel.value == seen[-2]
    assert "is the 15th most active of 16" in app.about_channel.value


def test_picking_in_the_grid_chooses_the_channel(app):
    app.grid.cell = [1, 2]
    assert app.channel.value == app._order[6]
    assert app.grid.names[6].startswith(f"channel {app.channel.value}, mean ")
    app.channel.value = app._order[11]
    assert app.grid.cell == [2, 3]


def test_a_channel_outside_the_grid_has_no_frame_there(app):
    app.layer.value = "relu4_1"
    app.channel.value = app._order[20]
    assert app.grid.cell == []
    app.grid.cell = [0, 0]
    assert app.channel.value == app._order[0]


def test_a_place_is_the_same_in_all_controls(app):
    for change in (
        lambda: setattr(app.picture, "cell", [7, 20]),
        lambda: setattr(app.map, "cell", [7, 20]),
        lambda: (setattr(app.x, "value", 20), setattr(app.y, "value", 7)),
    ):
        app._pick_place(0, 0)
        change()
        assert app.picture.cell == app.map.cell == [app.y.value, app.x.value] == [7, 20]
        left, top, right, bottom = maps.field("relu2_1", 7, 20, 32, 64)
        assert app.picture.boxes == [[left / 64, top / 32, right / 64, bottom / 32]]
        assert "x 20, y 7" in app.picture.alt


def test_the_place_in_the_picture_stays_when_the_layer_changes(app):
    app.picture.cell = [9, 21]
    for layer in ("relu5_1", "relu3_2", "relu1_1", "relu2_1"):
        app.layer.value = layer
        stride = receptive_field(layer)[1]
        middle = (np.array(app.picture.cell) + 0.5) * stride
        assert (np.abs(middle - [19, 43]) <= stride / 2).all()
    assert app.picture.cell == [9, 21]


def test_what_is_said_of_a_place(app):
    app.layer.value = "relu3_1"
    app.picture.cell = [0, 5]
    values = app._maps[app.channel.value]
    share = sum(float(v) < float(values[0, 5]) for v in values.flat) / values.size
    words = re.sub("<[^>]*>", "", app.about_place.value)
    assert words.startswith("relu3_1 sees 24 x 24 pixels (24 x 14 of them in the picture); here")
    if values[0, 5] > 0:
        assert f"more than at {int(100 * share)} % of the positions." in words
    values[:2, 3] = 0
    app.picture.cell = [1, 3]
    silent = int(100 * (values == 0).mean())
    assert f"is silent, as at {silent} % of the positions." in app.about_place.value


def test_before_the_relu_there_are_negative_answers(app):
    after, channel = app._maps, app.channel.value
    app.before.value = True
    assert app.channel.value == channel
    assert app._maps.min() < 0
    assert (np.maximum(app._maps, 0) == after).all()
    assert "conv2_1" in app.about_place.value
    assert "blue negative" in app.about_channel.value
    app.before.value = False
    assert (app._maps == after).all()


def test_it_can_begin_before_the_relu(vgg, cat):
    app = feature_explorer(cat, vgg=vgg, layer="conv3_2", size=64)
    assert (app.layer.value, app.before.value) == ("relu3_2", True)
    app.close()


def test_a_black_picture_and_a_network_of_few_channels():
    vgg = load_vgg19("random", width=1 / 64, device="cpu")
    app = feature_explorer(torch.zeros(1, 3, 32, 32), vgg=vgg, layer="relu1_1", size=32)
    assert app.grid.rows == 1
    assert app.channel.max == 0
    assert app.more.disabled
    assert app.less.disabled
    app.grid.cell = [0, 3]  # an empty place
    assert app.channel.value == 0
    assert app.grid.cell == [0, 0]
    app.layer.value = "relu5_1"
    assert (app.x.max, app.y.max) == (1, 1)
    assert "alert" not in app.status.value
    app.close()


def test_silence_is_said_in_words(app):
    app._features["relu2_1"][:] = 1
    app._features["relu2_1"][:3] = -1
    app._show_layer()
    assert "3 of them are silent for this picture" in app.about_layer.value


def test_an_error_is_said_and_the_app_lives_on(app, monkeypatch):
    def broken(*arguments):
        raise ValueError("The picture is of cheese.")

    monkeypatch.setattr(maps, "overlay", broken)
    app.channel.value = 2
    assert "The picture is of cheese." in app.status.value
    monkeypatch.undo()
    app.channel.value = 3
    assert "channel 3 of" in app.map.alt


def test_every_control_has_a_label_a_tooltip_and_a_name(app):
    shown = (widgets.HTML, widgets.Box)
    controls = [w for w in descendants(app) if not isinstance(w, shown)]
    assert len(controls) == 13
    for control in controls:
        assert control.description or control.alt
        assert control.tooltip
        assert any(name.startswith("nst-feature-") for name in control._dom_classes)
    pictures = [w for w in descendants(app) if isinstance(w, Picture)]
    assert len(pictures) == 3
    assert all(picture.alt and picture.rows > 0 and picture.columns > 0 for picture in pictures)


def test_it_holds_no_more_pixels_than_are_shown():
    app = feature_explorer(photo("astronaut"), layer="relu1_1")
    state = sum(
        len(value)
        for widget in descendants(app)
        for value in widget.get_state().values()
        if isinstance(value, bytes)
    )
    assert state < 600_000
    app.close()


def test_closing_lets_go_of_the_features(vgg, cat):
    app = feature_explorer(cat, vgg=vgg, size=64)
    app.close()
    assert app._features == {}
    assert all(widget.comm is None for widget in descendants(app))


def test_the_card_of_the_channel_is_that_of_the_bundled_network(app, cat):
    assert app.atlas.value == ""  # the network here is another one
    bundled = feature_explorer(cat, layer="relu2_1", size=64)
    try:
        channel = bundled.channel.value
        assert f"Channel {channel} in the atlas" in bundled.atlas.value
        bundled.channel.value = other = (channel + 1) % 32
        assert f"Channel {other} in the atlas" in bundled.atlas.value
        bundled.before.value = True  # the channel of the convolution is the same one
        assert f"channel {other} of relu2_1" in bundled.atlas.value
    finally:
        bundled.close()
