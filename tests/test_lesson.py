"""The map of the method, and pictures that move on a page without Python, moved by the keyboard."""

import base64
import re
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pytest
import torch
from browser import needs_chromium
from matplotlib.figure import Figure
from PIL import Image

from nstlib.lesson import PARTS, method_map, predict, scrubber, wipe


class Tags(HTMLParser):
    """All opening tags of a page, with their attributes."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page.data)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def __getitem__(self, name):
        return [attributes for tag, attributes in self.found if tag == name]


def gray(value, height=8, width=12):
    return torch.full((1, 3, height, width), value)


def brightness(image):
    data = base64.b64decode(image["src"].removeprefix("data:image/jpeg;base64,"))
    return Image.open(BytesIO(data)).resize((1, 1)).getpixel((0, 0))[0] / 255


def test_a_scrubber_holds_its_pictures_in_the_order_of_the_sliders():
    pictures = [gray(i / 10) for i in range(6)]
    page = Tags(scrubber(pictures, alt="A wall", style_weight=[1, 10], step=[0, 5, 50]))
    assert [s["max"] for s in page["input"]] == ["1", "2"]
    assert [brightness(i) for i in page["img"]] == pytest.approx(
        [i / 10 for i in range(6)], abs=0.01
    )
    assert page["img"][4]["alt"] == "A wall (style weight 10, step 5)"
    assert ["hidden" in figure for figure in page["figure"]] == [True] * 5 + [False]


def test_what_is_written_is_no_markup():
    page = Tags(scrubber([gray(0.5)], alt='a "b" <script>', **{"x<y": ["1 & 2"]}))
    assert page["img"][0]["alt"] == 'a "b" <script> (x<y 1 & 2)'
    assert not page["script"]
    page = Tags(predict("<b>?", ["<i>", '"'], right=0, because="<u>"))
    assert not page["b"] + page["i"] + page["u"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: scrubber([gray(0)], alt="x"), "0 of them, not 1"),
        (lambda: scrubber([gray(0)] * 3, alt="x", a=[1, 2], b=[1, 2]), "4 of them, not 3"),
        (lambda: wipe(gray(0), gray(0, 9), alt="x"), "one shape"),
        (lambda: predict("?", ["a"], right=0, because=""), "two choices"),
        (lambda: predict("?", ["a", "b"], right=2, because=""), "index"),
        (lambda: predict("?", ["a", "b"], right=0, because="", answer=gray(0)), "alt"),
        (lambda: method_map(["pixel"]), "no part 'pixel'"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()


def test_each_part_of_the_map_lights_something_of_its_own():
    def seen(lit):
        figure = method_map(lit)
        axes = figure.axes[0]
        inked = [(p.get_facecolor(), p.get_edgecolor(), p.get_linewidth()) for p in axes.patches]
        return inked + [line.get_color() for line in axes.lines]

    dark = seen([])
    drawn = [seen([part]) for part in PARTS]
    assert all(one != dark for one in drawn)
    assert len({str(one) for one in drawn}) == len(PARTS)


@pytest.fixture
def shown(browser):
    """`shown(page)` opens what a cell displays in a browser, without any script of ours."""
    tab = browser.new_page(viewport={"width": 600, "height": 700})

    def show(page):
        tab.set_content(f"<!doctype html><title>cell</title>{page.data}")
        return tab

    yield show
    tab.close()


@needs_chromium
def test_keys_move_the_sliders_of_a_scrubber(shown):
    pictures = [gray(i / 10) for i in range(6)]
    tab = shown(scrubber(pictures, alt="A wall", weight=["1|2", 10], step=[0, 5, 50]))

    def state():
        visible = [i.get_attribute("alt") for i in tab.locator("img").all() if i.is_visible()]
        return visible, tab.locator("output").all_inner_texts()

    assert state() == (["A wall (weight 10, step 50)"], ["10", "50"])
    tab.locator("input").nth(0).press("ArrowLeft")
    tab.locator("input").nth(1).press("Home")
    tab.locator("input").nth(1).press("ArrowRight")
    assert state() == (["A wall (weight 1|2, step 5)"], ["1|2", "5"])
    assert tab.locator("input").nth(1).get_attribute("aria-valuetext") == "5"


@needs_chromium
def test_one_slider_is_a_film_with_a_button_that_plays_and_stops_it(shown):
    tab = shown(scrubber([gray(i / 4) for i in range(4)], alt="A wall", step=[0, 1, 2, 3]))
    button, slider = tab.locator("button"), tab.locator("input")
    slider.press("Home")
    button.press(" ")
    assert button.inner_text() == "Pause"
    tab.wait_for_function("document.querySelector('output').value === '1'")
    button.press(" ")
    assert button.inner_text() == "Play"
    slider.press("End")
    button.press("Enter")
    assert slider.input_value() == "0", "it begins again at its end"
    tab.wait_for_function("document.querySelector('button').textContent === 'Play'")
    assert tab.locator("output").inner_text() == "3"
    two = scrubber([gray(0)] * 4, alt="A wall", step=[0, 1], weight=[1, 2])
    assert "<button" not in two.data


@needs_chromium
def test_a_wipe_uncovers_the_picture_below(shown):
    tab = shown(wipe(gray(0.0, 60, 60), gray(1.0, 60, 60), alt="A wall", width=200))

    def white():
        shot = Image.open(BytesIO(tab.locator(".nst-over").locator("..").screenshot())).convert("L")
        return (np.asarray(shot) > 127).mean()

    assert white() == pytest.approx(0.5, abs=0.03)
    tab.locator("input").press("Home")
    assert white() == pytest.approx(1.0, abs=0.03)
    tab.locator("input").press("End")
    assert white() == pytest.approx(0.0, abs=0.03)


@needs_chromium
def test_the_answer_comes_after_the_choice_and_says_which_was_right(shown):
    tab = shown(
        predict(
            "Which?",
            ["this", "that"],
            right=1,
            because="It is.",
            answer=Figure((2, 1)),
            alt="A line",
        )
    )
    assert not tab.get_by_text("It is.").is_visible()
    assert not tab.get_by_role("img").is_visible()
    tab.get_by_role("button", name="this").press("Enter")
    assert tab.get_by_text("It is.").is_visible()
    assert re.match("No: that", tab.get_by_role("status").inner_text())
    assert tab.get_by_role("img", name="A line").is_visible()
    tab.get_by_role("button", name="that").press("Enter")
    assert tab.get_by_role("status").inner_text() == "Yes."
