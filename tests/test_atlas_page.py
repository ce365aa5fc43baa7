"""The two pages of the atlas in a real browser, opened from the disk as the package has them."""

import itertools
import json
import re
from pathlib import Path

import pytest
from browser import hindrances, needs_chromium, until

from nstlib.atlas import bundled, styles
from nstlib.paintings import PAINTINGS

PAGES = Path(str(bundled.PAGES))
STYLES = json.loads((PAGES / "styles-data.js").read_text("utf-8").partition("=")[2].strip(" ;\n"))
pytestmark = [pytest.mark.slow, needs_chromium]


@pytest.fixture
def visit(browser):
    """Open a page: it and what went wrong on it. Whatever is not a file beside it is refused."""
    opened = []

    def open_page(address, width=1280, scheme="light"):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        opened.append(page)
        problems = []
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("requestfailed", lambda request: problems.append(request.url))

        def route(request):
            if not request.request.url.startswith(PAGES.as_uri()):
                problems.append(f"asked for {request.request.url}")
                request.abort()
            else:
                request.continue_()

        page.route("**/*", route)
        page.goto(f"{PAGES.as_uri()}/{address}")
        return page, problems

    yield open_page
    for page in opened:
        page.close()


def name(page):
    return page.locator("#channel-title").inner_text()


def test_an_address_leads_to_its_channel(visit):
    page, problems = visit("index.html#relu3_1/17")
    assert name(page) == "relu3_1, channel 17"
    assert page.locator('.tile[aria-checked="true"]').get_attribute("aria-label") == "channel 17"
    assert page.locator("#layers [aria-current]").inner_text() == "relu3_1"
    assert page.title().startswith("relu3_1, channel 17")
    say = bundled.data()["layers"]["relu3_1"]["channels"][17]["say"]
    assert page.locator("#say").inner_text() == say
    assert problems == []


@pytest.mark.parametrize(
    "address",
    ["", "#", "#relu3_1", "#relu3_1/999", "#nonsense/3", "#constructor/0", "#%3Cb%3E/1", "#%"],
)
def test_an_address_of_nothing_leads_to_a_channel_all_the_same(visit, address):
    page, problems = visit(f"index.html{address}")
    assert name(page) == "relu3_1, channel 0"
    assert problems == []


def test_every_link_leads_to_what_it_names(visit):
    page, problems = visit("index.html")
    layers = page.locator("#layers a")
    assert layers.count() == len(bundled.data()["layers"])
    for k in range(layers.count()):
        layers.nth(k).click()
        layer = layers.nth(k).inner_text()
        until(lambda layer=layer: name(page) == f"{layer}, channel 0")
        one = bundled.data()["layers"][layer]
        assert page.locator(".tile").count() == len(one["channels"])
        for link in page.locator("#partners a, #back, #on").all():
            target = re.fullmatch(r"#(relu\d_\d)/(\d+)", link.get_attribute("href"))
            assert target[1] == layer
            assert int(target[2]) < len(one["channels"])
    page.locator("#partners a").first.click()
    until(lambda: name(page) != f"{layer}, channel 0")
    page.go_back()
    until(lambda: name(page) == f"{layer}, channel 0")
    assert problems == []


def test_links_in_the_text_lead_to_channels(visit):
    page, _ = visit("index.html#relu1_1/0")
    links = page.locator("article a[href^='#relu']:not(#partners a):not(#layers a):not(.steps a)")
    assert links.count() >= 10
    for link in links.all():
        address = link.get_attribute("href")
        layer, _, channel = address.removeprefix("#").partition("/")
        assert int(channel) < len(bundled.data()["layers"][layer]["channels"])
    links.last.click()
    until(lambda: f"{layer}, channel {channel}" == name(page))
    page.wait_for_function(
        "document.getElementById('channel-title').getBoundingClientRect().top < innerHeight - 100"
    )
    assert page.evaluate("document.getElementById('picture').getBoundingClientRect().bottom > 100")


def test_the_package_has_no_site_to_link_to(visit):
    for address in ("index.html", "styles.html"):
        page, _ = visit(address)
        links = [link for link in page.locator("a").all() if link.is_visible()]
        assert links
        assert not any("../" in link.get_attribute("href") for link in links)


def test_the_keyboard_alone_is_enough(visit):
    page, problems = visit("index.html#relu4_1/35")
    page.locator('.tile[aria-checked="true"]').focus()
    page.keyboard.press("ArrowRight")
    assert name(page) == "relu4_1, channel 36"
    page.keyboard.press("ArrowDown")
    below = int(name(page).split()[-1])
    assert below > 40
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    assert name(page) == "relu4_1, channel 0"
    page.keyboard.press("ArrowLeft")
    assert name(page) == "relu4_1, channel 0"
    page.keyboard.press("End")
    assert name(page) == "relu4_1, channel 127"
    assert page.url.endswith("#relu4_1/127")
    assert page.evaluate("document.activeElement.dataset.channel") == "127"
    page.keyboard.press("Tab")  # out of the grid with one key
    assert page.evaluate("document.activeElement.className") != "tile"
    crop = page.locator("#crops button").first
    crop.focus()
    page.keyboard.press("Enter")
    assert page.locator("#whole").is_visible()
    page.keyboard.press("Enter")
    assert not page.locator("#whole").is_visible()
    assert problems == []


def test_the_order_of_channels_that_are_alike(visit):
    page, _ = visit("index.html#relu2_1/4")
    page.locator("#order").select_option("alike")
    shown = [int(tile.get_attribute("data-channel")) for tile in page.locator(".tile").all()]
    order = bundled.data()["layers"]["relu2_1"]["order"]
    assert shown == order
    assert name(page) == "relu2_1, channel 4"
    page.locator("#on").click()
    following = order[(order.index(4) + 1) % len(order)]
    until(lambda: name(page) == f"relu2_1, channel {following}")


def test_a_crop_shows_the_pixels_that_the_data_name(visit):
    page, _ = visit("index.html#relu5_1/78")
    crop = page.locator("#crops svg").first
    number, left, top = bundled.data()["layers"]["relu5_1"]["channels"][78]["crops"][0]
    assert crop.get_attribute("viewBox") == f"{left} {top} 156 156"
    assert crop.locator("image").get_attribute("href") == bundled.data()["sources"][number][4]


def test_the_map_of_styles(visit):
    page, problems = visit("styles.html#relu1_1/waves:1")
    assert page.locator("#chosen-title").inner_text() == "waves:1"
    assert page.locator("#layers [aria-checked='true']").inner_text() == "relu1_1"
    places = page.locator(".place")
    before = places.first.get_attribute("style")
    page.locator("#layers [aria-checked='true']").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#layers [aria-checked='true']").inner_text() == "relu2_1"
    assert places.first.get_attribute("style") != before
    assert "relu2_1" in page.locator("#kept").inner_text()
    page.locator(".place[aria-checked='true']").focus()
    where = dict(zip(STYLES["paintings"], STYLES["maps"]["relu2_1"]["points"], strict=True))
    left = min(where, key=lambda one: where[one][0])
    for _ in where:
        page.keyboard.press("ArrowLeft")
    reached = page.locator("#chosen-title").inner_text()
    assert where[reached][0] < where["waves:1"][0]
    assert page.evaluate("document.activeElement.title") == reached
    page.locator(f".place[title='{left}']").focus()
    page.keyboard.press("ArrowLeft")  # nothing lies there
    assert page.locator("#chosen-title").inner_text() == reached
    assert page.locator("#layers button").count() == len(styles.STYLE_LAYERS) + 1
    near = page.locator("#near button").first
    neighbor = near.inner_text().rpartition(":")[0].strip()
    near.click()
    assert page.locator("#chosen-title").inner_text() == neighbor
    assert problems == []


def strip(page):
    """The pictures of the walk, once all of them are there."""
    page.wait_for_function(
        "[...document.querySelectorAll('#strip img')].every(i => i.complete && i.naturalWidth)"
    )
    return [image.get_attribute("src") for image in page.locator("#strip img").all()]


def test_there_is_a_walk_from_every_painter_to_every_other(visit):
    page, problems = visit("styles.html#all/night/dots-waves")
    assert strip(page) == [f"walks/{one}.webp" for one in (
        "dots", "waves-dots-75", "waves-dots-50", "waves-dots-25", "waves"
    )]  # fmt: skip
    assert "75 % dots, 25 % waves" in page.locator("#strip").inner_text()
    for first, second in itertools.permutations(PAINTINGS, 2):
        page.locator("#from").select_option(first)
        page.locator("#to").select_option(second)
        assert page.url.endswith(f"/{first}-{second}")
        there = strip(page)
        assert len(set(there)) == 5
        assert (there[0], there[-1]) == (f"walks/{first}.webp", f"walks/{second}.webp")
        ends = [page.locator(f"#{end}").input_value() for end in ("from", "to")]
        assert ends == [first, second]
        line = page.locator(".leg").get_attribute("points").split()
        assert len(line) == 5
    assert problems == []


def test_a_walk_begins_and_ends_where_one_says(visit):
    page, _ = visit("styles.html#all/mosaic:2/night-waves")
    page.locator("#walk-from").click()
    assert page.url.endswith("#all/mosaic:2/mosaic-waves")
    page.locator("#walk-to").click()  # swaps the two
    assert page.url.endswith("#all/mosaic:2/waves-mosaic")
    page.locator("#from").select_option("mosaic")
    assert page.url.endswith("#all/mosaic:2/mosaic-waves")
    for nonsense in ("night-night", "night", "x-night"):
        page.goto(page.url.rpartition("/")[0] + f"/{nonsense}")
        assert strip(page)[0] == "walks/mosaic.webp"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", ["index.html#relu4_1/35", "styles.html"])
def test_nothing_keeps_people_out(visit, node_modules, screenshots, address, scheme, width):
    page, problems = visit(address, width, scheme)
    page.wait_for_load_state("networkidle")
    stem = address.partition(".")[0]
    page.screenshot(path=screenshots / f"atlas_{stem}_{scheme}_{width}.png", full_page=True)
    assert problems == []  # axe itself asks for the style sheet again, which a file may not
    assert hindrances(page, node_modules) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    unnamed = page.locator("img:not([alt]), [role='img']:not([aria-label])").count()
    assert unnamed == 0


def test_the_theme_of_the_site_counts(visit):
    page, _ = visit("index.html", scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.evaluate("localStorage.setItem('theme', 'dark')")
    page.reload()
    assert page.evaluate(ground) != light
    page.evaluate("localStorage.removeItem('theme')")
