"""The Gram explorer without a kernel: what is on the page, and whether it works in a browser alone."""

import base64
import html
import json
import re
from io import BytesIO

import nbformat
import numpy as np
import pytest
import torch
from browser import VIEWPORT, needs_chromium, until
from ipywidgets import HTML, SelectionSlider, Stack, Widget
from ipywidgets.widgets.widget_link import Link
from matplotlib import colormaps
from nbconvert import HTMLExporter
from nbconvert.preprocessors import ExecutePreprocessor
from PIL import Image

from nstlib import gram_matrix, load_vgg19, painting, photo
from nstlib.style_transfer import STYLE_LAYERS
from nstlib.widgets.app import descendants
from nstlib.widgets.gram.static import chosen_pairs, static_gram_explorer


@pytest.fixture(scope="module")
def vgg():
    return load_vgg19("random", width=1 / 8)


@pytest.fixture(scope="module")
def explorer(vgg):
    return static_gram_explorer(
        painting("night", size=64), ("relu1_1", "relu4_1", "relu2_2"), vgg=vgg, pairs=3
    )


def entries(explorer, layer):
    """The HTML of the matrix of a layer, and of its entries."""
    table, stack = explorer.panels.children[explorer.layer.options.index(layer)].children
    return table.value, [entry.value for entry in stack.children]


def pictures(text):
    """Alternative text and pixels of every picture in a piece of HTML."""
    found = re.findall(r'<img alt="([^"]*)"[^>]* src="data:image/webp;base64,([^"]*)"', text)
    assert len(found) == text.count("<img")
    return [(alt, Image.open(BytesIO(base64.b64decode(data)))) for alt, data in found]


def test_every_link_is_followed_by_the_browser(explorer):
    targets = {}
    for link in explorer.links:
        assert type(link) is Link  # a jslink; a `link` of traitlets would need Python
        (source, trait), (target, index) = link.source, link.target
        assert (trait, index) == ("index", "selected_index")
        assert type(target) is Stack
        targets.setdefault(source, []).append(target)
    assert targets[explorer.layer] == [explorer.panels]
    assert targets[explorer.pair] == [panel.children[1] for panel in explorer.panels.children]


def test_nothing_in_python_listens(explorer):
    for widget in descendants(explorer):
        kind = next(kind for kind in type(widget).__mro__ if kind.__module__.startswith("ipyw"))
        fresh = kind(options=["1"]) if kind is SelectionSlider else kind()
        assert listeners(widget) == listeners(fresh), widget
        fresh.close()


def listeners(widget):
    found = {
        name: sorted(getattr(function, "__qualname__", str(function)) for function in functions)
        for name, kinds in widget._trait_notifiers.items()
        for functions in kinds.values()
    }
    return found, len(widget._msg_callbacks.callbacks)


def test_only_standard_widgets(explorer):
    names = {widget.get_state()["_model_module"] for widget in descendants(explorer)}
    assert names == {"@jupyter-widgets/controls"}


def test_sliders_have_a_place_for_every_panel(explorer):
    layers = len(explorer.layer.options)
    assert explorer.layer.options == ("relu1_1", "relu4_1", "relu2_2")
    assert len(explorer.panels.children) == layers
    assert explorer.panels.selected_index == explorer.layer.index == 0
    for panel in explorer.panels.children:
        assert len(panel.children[1].children) == len(explorer.pair.options) == 3
    for slider in (explorer.layer, explorer.pair):
        assert type(slider) is SelectionSlider
        assert slider.description
        assert slider.tooltip
        assert any(name.startswith("nst-") for name in slider._dom_classes)


def test_begins_where_the_interactive_one_begins(vgg):
    explorer = static_gram_explorer(painting("night", size=32), vgg=vgg, pairs=1)
    assert explorer.layer.options == STYLE_LAYERS
    assert explorer.layer.value == "relu3_1"
    assert explorer.panels.selected_index == explorer.layer.index == 2


@pytest.mark.parametrize("layer", ["relu1_1", "relu4_1"])
def test_the_matrix_is_the_gram_matrix(explorer, vgg, layer):
    ((alt, picture),) = pictures(entries(explorer, layer)[0])
    gram = gram_matrix(vgg(painting("night", size=64), [layer])[layer])[0].numpy()
    assert layer in alt
    assert picture.size == gram.shape
    # The place of a color in the color map, 0 to 1, is the logarithmic size of the entry.
    colors = colormaps["magma"](np.linspace(0, 1, 255), bytes=True)[:, :3].astype(int)
    seen = np.asarray(picture.convert("RGB")).astype(int)
    place = np.abs(seen[:, :, None] - colors).sum(-1).argmin(-1) / 254
    assert place == pytest.approx(np.log1p(1000 * gram / gram.max()) / np.log(1001), abs=0.02)


def test_an_entry_shows_its_maps_and_their_product(explorer, vgg):
    maps = vgg(painting("night", size=64), ["relu4_1"])["relu4_1"][0].numpy()
    texts = entries(explorer, "relu4_1")[1]
    for text, (i, j) in zip(texts, chosen_pairs(maps, 3), strict=True):
        product = maps[i] * maps[j]
        shown = pictures(text)
        alts = [alt for alt, _ in shown]
        assert alts[:2] == [f"map {i}.", f"map {j}."]
        assert f"G[{i}, {j}] = " in html.unescape(text)
        for (_, picture), values in zip(shown, (maps[i], maps[j], product), strict=False):
            assert picture.size == values.shape[::-1]
            light = np.asarray(picture.convert("L")).ravel()
            order = np.argsort(values, axis=None)
            assert (np.diff(light[order].astype(int)) >= 0).all()  # brighter where it is larger


def test_the_mark_lies_on_the_entry(explorer, vgg):
    maps = vgg(painting("night", size=64), ["relu4_1"])["relu4_1"][0].numpy()
    for text, (i, j) in zip(entries(explorer, "relu4_1")[1], chosen_pairs(maps, 3), strict=True):
        place = re.search(r'<b style="top:([\d.]+)%;height:([\d.]+)%;left:([\d.]+)%', text)
        top, height, left = map(float, place.groups())
        assert (top / height, left / height) == pytest.approx((i, j), abs=0.001)


def test_every_picture_says_what_it_shows(explorer):
    for widget in descendants(explorer):
        if isinstance(widget, HTML):
            assert all(alt for alt, _ in pictures(widget.value))


def test_fewer_pairs_than_asked_for(vgg):
    """A layer of 8 channels has 4 pairs at most: the slider is as long as the longest list."""
    explorer = static_gram_explorer(
        painting("waves", size=32), ["relu1_1", "relu3_1"], vgg=vgg, pairs=9
    )
    assert 4 < len(explorer.pair.options) <= 9
    texts = entries(explorer, "relu1_1")[1]
    assert len(texts) == len(explorer.pair.options)
    assert len(set(texts)) <= 5
    flat = static_gram_explorer(torch.zeros(1, 3, 32, 32), ["relu1_1"], vgg=vgg, pairs=2)
    assert len(flat.pair.options) >= 1


def test_signed_layers(vgg):
    explorer = static_gram_explorer(painting("night", size=32), ["conv2_1"], vgg=vgg, pairs=2)
    assert "−" in entries(explorer, "conv2_1")[0]  # the colors go below zero


def test_it_fits_into_a_page():
    Widget.close_all()
    explorer = static_gram_explorer(photo("astronaut"))
    state = Widget.get_manager_state()["state"]
    assert len(json.dumps(state)) < 250_000
    assert len(explorer.pair.options) == 6
    explorer.close()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pairs": 0}, "at least one"),
        ({"layers": []}, "at least one layer"),
        ({"layers": "relu1_1"}, "list"),
        ({"layers": ["relu9_1"]}, "relu9_1"),
        ({"image": 3}, "picture"),
        ({"size": 3}, "size"),
    ],
)
def test_bad_arguments(vgg, arguments, message):
    with pytest.raises(ValueError, match=message):
        static_gram_explorer(**({"image": painting("night", size=32), "vgg": vgg} | arguments))


# In a real browser


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """An executed notebook as `jupyter nbconvert --to html` writes it."""
    code = (
        "from nstlib import painting\n"
        "from nstlib.widgets.gram.static import static_gram_explorer\n"
        "static_gram_explorer(painting('night'), ['relu1_1', 'relu3_1', 'relu4_1'], pairs=3)"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    notebook, _ = ExecutePreprocessor(kernel_name="python3", timeout=120).preprocess(notebook)
    file = tmp_path_factory.mktemp("page") / "page.html"
    file.write_text(HTMLExporter().from_notebook_node(notebook)[0], "utf-8")
    return file


@pytest.mark.long
@needs_chromium
def test_a_page_without_a_kernel(node_modules, page_file, browser, screenshots):
    asked, problems = [], []

    def answer(route):
        url = route.request.url
        asked.append(url)
        if "/require.js/" in url:
            route.fulfill(path=node_modules / "requirejs/require.js")
        elif match := re.search(r"html-manager@[^/]*/(dist/[\w.-]+)$", url):
            route.fulfill(path=node_modules / "@jupyter-widgets/html-manager" / match[1])
        else:
            route.abort()

    page = browser.new_page(viewport={"width": VIEWPORT[0], "height": VIEWPORT[1]})
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.route(re.compile("^https?://"), answer)
    page.goto(page_file.as_uri())
    explorer = page.locator(".nst-static-gram")
    panels, sliders = explorer.locator(".nst-static-panels"), {}
    for name in ("layer", "pair"):
        sliders[name] = explorer.locator(f".nst-static-{name} .noUi-handle")
        sliders[name].wait_for()

    def pixels():
        picture = panels.screenshot(animations="disabled")
        return np.asarray(Image.open(BytesIO(picture)).convert("RGB")).astype(int)

    def changed(before):
        def different():
            now = pixels()
            return now.shape != before.shape or np.abs(now - before).mean() > 0.5

        until(different, failure="the page did not change")

    def shown():
        return [image.get_attribute("alt") for image in panels.locator("img:visible").all()]

    until(lambda: len(shown()) == 5)
    assert shown()[0].startswith("Gram matrix of relu3_1")
    assert all(page.evaluate("[...document.images].map(image => image.naturalWidth > 0)"))
    page.screenshot(path=screenshots / "static_gram.png")
    before, alts = pixels(), shown()
    sliders["pair"].press("ArrowRight")
    changed(before)
    assert shown()[0] == alts[0]  # the same matrix
    assert shown()[1:4] != alts[1:4]  # other maps
    before = pixels()
    sliders["layer"].press("ArrowRight")
    changed(before)
    assert shown()[0].startswith("Gram matrix of relu4_1")
    sliders["layer"].press("Home")
    until(lambda: shown()[0].startswith("Gram matrix of relu1_1"))
    assert problems == []
    assert not [url for url in asked if "localhost" in url or "127.0.0.1" in url]
    page.close()
