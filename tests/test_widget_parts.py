"""What the apps are made of: app, film, code, thumbnails, drawing."""

import sys
import threading
from io import BytesIO
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.testing.globalipapp import start_ipython
from PIL import Image
from skimage.metrics import structural_similarity

from nstlib.images import load_image, noise_like, photo
from nstlib.widgets import app as app_module
from nstlib.widgets.app import App, descendants, named
from nstlib.widgets.drawing import colored, heat_map, jpeg, png
from nstlib.widgets.film import Film, free_path
from nstlib.widgets.picture import Picture
from nstlib.widgets.studio.chooser import THUMBNAILS, thumbnail_sheet
from nstlib.widgets.studio.code import DEFAULTS, transfer_code

# App


@pytest.fixture(scope="module")
def shell():
    return start_ipython()


def is_closed(app):
    return app.comm is None


def run_cell(shell, code):
    result = shell.run_cell(code, store_history=True)
    result.raise_error()


def test_a_cell_that_is_run_again_ends_its_app_and_thread(shell):
    code = """
import itertools, time
from nstlib.optimize import Step
from nstlib.widgets.app import App
made = App("test")
def steps():
    for i in itertools.count():
        time.sleep(0.001)
        yield Step(i, 10, None, {})
made.job.start(steps)
"""
    run_cell(shell, code)
    first = shell.user_ns["made"]
    run_cell(shell, "x = 1")
    assert not is_closed(first)
    run_cell(shell, code)
    second = shell.user_ns["made"]
    first.job.join(30)
    assert is_closed(first)
    assert not is_closed(second)
    assert sum(t.name == "nstlib job" for t in threading.enumerate()) == 1
    second.close()
    second.job.join(30)
    assert not [t for t in threading.enumerate() if t.name == "nstlib job"]


def test_two_apps_of_one_cell_live_side_by_side(shell):
    code = "from nstlib.widgets.app import App\nboth = [App('a'), App('b')]"
    run_cell(shell, code)
    first = shell.user_ns["both"]
    assert not any(map(is_closed, first))
    run_cell(shell, code)
    assert all(map(is_closed, first))
    assert not any(map(is_closed, shell.user_ns["both"]))


def test_a_cell_is_known_by_its_id_where_the_front_end_sends_one(shell, monkeypatch):
    parent = {"metadata": {"cellId": "abc"}}
    monkeypatch.setattr(shell, "get_parent", lambda: parent, raising=False)
    assert app_module._cell_at_work(shell) == "abc"
    parent["metadata"] = {}
    assert app_module._cell_at_work(shell) == shell.user_ns["In"][-1]


def test_closing_closes_all_that_is_in_it():
    import ipywidgets as widgets

    app = App("test")
    inner = widgets.Button()
    app.fill(widgets.HBox([inner]))
    assert inner in list(descendants(app))
    app.close()
    assert is_closed(app)
    assert is_closed(inner)


def test_an_error_in_a_handler_is_one_escaped_sentence_with_details():
    app = App("test")

    def handler(change):
        raise ValueError("<b>no</b>\nway")

    app.safely(handler)(None)
    assert "&lt;b&gt;no&lt;/b&gt; way" in app.status.value
    assert "Traceback" in app.status.value
    assert 'role="alert"' in app.status.value

    def bug(change):
        return {}["x"]

    app.safely(bug)(None)
    assert "KeyError" in app.status.value
    app.say("All <well>.")
    assert "All &lt;well&gt;." in app.status.value
    assert 'role="status"' in app.status.value


def test_named():
    picture = named(Picture(), "thing", "does things")
    assert "nst-thing" in picture._dom_classes
    assert picture.tooltip == "does things"
    # The base class in the browser reads it when there is a tooltip.
    assert picture.description == ""


# Film


@given(st.integers(0, 200), st.integers(2, 20), st.integers(1, 7))
@settings(max_examples=30)
def test_a_film_keeps_first_and_last_in_order_and_evenly(count, most, stride):
    film = Film(most)
    picture = torch.zeros(1, 3, 2, 2)
    for index in range(0, count * stride, stride):
        film.add(index, picture)
        steps = [step for step, _ in film.frames]
        assert steps[0] == 0
        assert steps[-1] == index
        assert steps == sorted(set(steps))
        assert len(steps) <= most
    gaps = np.diff([step for step, _ in film.frames[:-1]])
    if len(gaps):
        assert gaps.max() < 2 * gaps.min() + stride


def test_strip_shows_the_pictures_in_order():
    film = Film()
    assert film.strip() == (b"", [])
    for index in range(20):
        film.add(index, torch.full((1, 3, 32, 64), index / 20))
    strip, places = film.strip()
    assert places[0] == 0
    assert places[-1] == 19
    tiles = np.asarray(Image.open(BytesIO(strip))).mean((0, 2)).reshape(len(places), -1).mean(1)
    np.testing.assert_allclose(tiles, [255 * place / 20 for place in places], atol=3)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_an_animation_plays_the_film_and_ends_with_the_picture(kind):
    film = Film()
    for index in range(5):  # at first half the size, as coarse-to-fine makes them
        side = 16 if index < 3 else 32
        film.add(index, torch.full((1, 3, side, side), index / 5))
    last = photo("cat", size=32)
    with Image.open(BytesIO(film.animation(kind, last=last))) as animation:
        assert animation.is_animated
        assert animation.info.get("loop") == 0
        assert animation.size == (32, 21)
        grays = []
        for number in range(animation.n_frames):
            animation.seek(number)
            grays.append(np.asarray(animation.convert("RGB"), dtype=float))
        assert abs(grays[0].mean() - 0) < 12
        assert grays[0].mean() < grays[1].mean() < grays[2].mean()
        expected = 255 * last[0].permute(1, 2, 0).numpy()
        assert np.abs(grays[-1] - expected).mean() < 12


def test_free_path_takes_no_file_that_is_there(tmp_path):
    path = tmp_path / "a.b.png"
    assert free_path(path) == path
    path.touch()
    assert free_path(path).name == "a.b-2.png"
    free_path(path).touch()
    assert free_path(path).name == "a.b-3.png"


# Code


def names_of(code):
    names = {}
    exec(compile(code, "code", "exec"), names)
    return names


def test_code_says_only_what_is_not_the_default():
    pictures = "photo('cat', size=32)", "painting('dots', size=32)"
    code = transfer_code(*pictures, DEFAULTS | {"seed": 3})  # without noise no seed matters
    assert "finish(transfer(content, style))" in code
    assert (
        code.splitlines()[0] == "from nstlib import finish, painting, photo, save_image, transfer"
    )
    noise = {"init": "noise", "seed": 3, "steps": 1}
    names = names_of(transfer_code(*pictures, DEFAULTS | noise, stopped=0, out="start.png"))
    assert torch.equal(names["step"].image, noise_like(names["content"], seed=3))


@pytest.mark.parametrize("keep_colors", [False, True])
@pytest.mark.parametrize("stopped", [None, 2])
@pytest.mark.parametrize("moved", [{}, {1: {"style/relu1_1": 4.0, "tv": 1.0}}])
def test_all_kinds_of_code_run(tmp_path, monkeypatch, moved, stopped, keep_colors):
    monkeypatch.chdir(tmp_path)
    code = transfer_code(
        "photo('cat', size=48)",
        "photo('coffee', size=48)",
        {"steps": 4, "scales": (0.5, 1.0), "style_layers": {"relu1_1": 0.2}, "tv_weight": 0.0},
        moved=moved,
        stopped=stopped,
        keep_colors=keep_colors,
    )
    step = names_of(code)["step"]
    assert step.index == (4 if stopped is None else 2)
    assert load_image("painted.png").shape[2:] == step.image.shape[2:]


# Thumbnails and drawing


@pytest.mark.parametrize("kind", THUMBNAILS)
def test_the_bundled_thumbnails_are_those_of_the_pictures(kind):
    """To make them again: save_image(thumbnail_sheet(kind), f"nstlib/data/{kind}.jpg", quality=90)."""
    from importlib import resources

    bundled = load_image((resources.files("nstlib") / f"data/{kind}.jpg").read_bytes())
    again = thumbnail_sheet(kind)
    assert bundled.shape == again.shape
    similar = structural_similarity(
        bundled[0].numpy(), again[0].numpy(), channel_axis=0, data_range=1
    )
    assert similar > 0.95


def test_jpeg_and_png_and_their_sizes():
    image = photo("cat", size=64)
    assert Image.open(BytesIO(jpeg(image, longest=32))).size == (32, 22)
    back = np.asarray(Image.open(BytesIO(jpeg(image))), dtype=float) / 255
    assert np.abs(back - image[0].permute(1, 2, 0).numpy()).mean() < 0.03
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(BytesIO(png(pixels)))), pixels)


def test_colors_of_values():
    from matplotlib import colormaps

    values = np.array([[0.0, 1.0], [2.0, np.nan]])
    expected = colormaps["magma"](np.array([[0.0, 0.5], [1.0, 0.0]]), bytes=True)[..., :3]
    np.testing.assert_array_equal(heat_map(np.nan_to_num(values)), expected)
    np.testing.assert_array_equal(colored(values, colors="magma", low=0, high=2), expected)
    assert len(np.unique(heat_map(np.zeros((3, 3))).reshape(-1, 3), axis=0)) == 1


def test_an_app_where_no_widget_can_be_shown_says_what_it_is():
    app = App("gram-explorer")
    assert app._repr_mimebundle_()["text/plain"] == "<gram explorer: run this cell to use it>"


def test_an_app_tells_colab_that_it_needs_a_widget_manager(monkeypatch):
    """Colab itself is not available here, so a stand-in has what anywidget asks it for."""
    widgets_of_colab = SimpleNamespace(_installed_url="https://colab.example/manager.js")
    colab = SimpleNamespace(enable_custom_widget_manager=list, _widgets=widgets_of_colab)
    app = App("test")
    app.fill(Picture())
    data, metadata = app._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert metadata == {}
    monkeypatch.setitem(sys.modules, "google.colab.output", colab)
    _, metadata = app._repr_mimebundle_()
    assert "colab.example" in str(metadata)
