"""The lecture: what is on its slides, and (long, with npm) that each of them fits the screen."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from browser import hindrances, needs_chromium

FOLDER = Path(__file__).parents[1] / "notebooks"
sys.path.insert(0, str(FOLDER / "course"))

import slides  # noqa: E402

KINDS = {"slide", "subslide", "fragment", "notes", "skip", "-"}
KEYS = {"slide_type", "title", "say", "wait", "show", "notes", "code", "beside"}

LOADED = "window.Reveal?.isReady()"
TURN = "([h, v]) => Reveal.slide(h, v, 99)"
DRAWN = """() => [...Reveal.getCurrentSlide().querySelectorAll(".math svg")]
  .filter(svg => !svg.closest("aside") && svg.getBoundingClientRect().height > 5).length"""
# What sticks out of the slide or of the window, and what is cut off inside a box of its own.
OVERFLOW = """() => {
  const slide = Reveal.getCurrentSlide(), box = slide.getBoundingClientRect(), out = [];
  const right = Math.min(box.right, innerWidth), bottom = Math.min(box.bottom, innerHeight);
  for (const part of [slide, ...slide.querySelectorAll("*")]) {
    if (part.closest("aside, .math")) continue;
    const it = part.getBoundingClientRect();
    if (!it.width || !it.height) continue;
    const before = it.left < box.left - 2 || it.top < box.top - 2;
    const outside = before || it.right > right + 2 || it.bottom > bottom + 2;
    const cut = part.matches("pre, section, table") &&
      (part.scrollWidth > part.clientWidth + 2 || part.scrollHeight > part.clientHeight + 2);
    if (outside || cut) out.push(part.tagName + ": " + part.textContent.trim().slice(0, 40));
  }
  return out;
}"""
FIGURES = """() => [...Reveal.getCurrentSlide().querySelectorAll("img")].map(img => {
  const box = img.getBoundingClientRect();
  const scale = Math.min(box.width / img.naturalWidth, box.height / img.naturalHeight);
  const share = img.naturalWidth * scale * img.naturalHeight * scale / innerWidth / innerHeight;
  return [share, scale];
}).filter(([share]) => share > 0)"""
# The arrows' and the number's boxes, and those of all that is written on a slide.
CORNERS = """() => {
  const box = part => part.getBoundingClientRect();
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const arrows = [...document.querySelectorAll(".controls button")].map(box).filter(b => b.width);
  const number = box(document.querySelector(".slide-number"));
  return arrows.filter(arrow => meet(arrow, number)).length;
}"""


@pytest.fixture(scope="module")
def cells():
    """All cells of the lecture, notes included."""
    paths = [FOLDER / f"{name}.ipynb" for name in slides.NOTEBOOKS]
    return slides.Lecture().preprocess(slides.merge(paths), {})[0].cells


@pytest.fixture(scope="module")
def deck(cells):
    """The slides of the lecture: lists of cells, without the notes."""
    groups = []
    for cell in cells:
        if cell.metadata.slideshow.slide_type in slides.SLIDES:
            groups.append([])
        if cell.metadata.slideshow.slide_type != "notes":
            groups[-1].append(cell)
    return groups


def pictures(group):
    """The figures of a slide; a film is one."""
    outputs = [output for cell in group for output in cell.get("outputs", [])]
    return [o for o in outputs if "<img " in o.get("data", {}).get("text/html", "")]


def smallest_letters(group):
    """The size of the smallest title in a slide's figure, in its pixels; None if it has no letters."""
    sizes = []
    for cell in group:
        if cell.cell_type == "code" and "show(" in cell.source:
            named = re.findall(r"fontsize=([\d.]+)", cell.source)
            usual = (
                "9" if re.search(r"panels\(|contact_sheet\(|gram_matrices\(", cell.source) else "10"
            )
            sizes += [float(size) * 100 / 72 for size in named or [usual]]
    return min(sizes, default=None)


def text_and_formulas(group):
    """The text of a slide without its formulas and pictures, and the number of its formulas."""
    text = "\n".join(cell.source for cell in group if cell.cell_type == "markdown")
    text = re.sub(r"!\[.*?\]\(.*?\)", "", text)
    return re.subn(r"\$\$.+?\$\$|\$.+?\$", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("name", slides.NOTEBOOKS)
def test_metadata_say_of_every_cell_what_becomes_of_it(name):
    for cell in nbformat.read(FOLDER / f"{name}.ipynb", as_version=4).cells:
        wanted = cell.metadata.get("slideshow", {})
        assert wanted.get("slide_type") in KINDS, f"{cell.id} of {name}: give it a slide_type"
        assert set(wanted) <= KEYS
        assert not {"code"} & set(wanted) or cell.cell_type == "code"
        assert not {"show", "notes"} & set(wanted) or cell.cell_type == "markdown"


def test_every_slide_has_a_title_and_the_notebooks_are_in_order(deck):
    titles = [group[0].source.split("\n")[0] for group in deck]
    assert all(title.startswith("#") for title in titles), titles
    assert titles[-1] == "## Credits and license"
    assert [title[:5] for title in titles[1:] if re.match(r"# 0\d", title)] == [
        f"# {name[:2]} "[:5] for name in slides.NOTEBOOKS
    ]


def test_slides_have_little_text(deck):
    for group in deck[:-1]:  # the last are the credits
        text, _ = text_and_formulas(group)
        limit = 380 if pictures(group) else 550
        assert len(text) <= limit, f"{len(text)} characters: {text[:60]}"


def test_slides_speak_of_no_lecture_without_its_name_and_of_no_section(deck):
    for group in deck:
        shown = [cell.source for cell in group if cell.cell_type == "markdown"]
        text = re.sub(r"`.*?`|\$.*?\$", "", "\n".join(shown))
        assert not re.search(
            r"\bthe (?:lecture'?s?|lecturer|slide)\b(?! that)", text, re.IGNORECASE
        ), text
        assert not re.search(r"\(section|^## \d", text, re.MULTILINE), text


def test_a_question_is_asked_before_its_answer_is_shown(deck):
    """What asks in italics, or in a title, has its answer at a later key or on a later slide."""
    for group in deck:
        kinds = [cell.metadata.slideshow.slide_type for cell in group]
        for place, cell in enumerate(group):
            asks = cell.cell_type == "markdown" and re.search(
                r"\?\*$|^## .*\?", cell.source, re.MULTILINE
            )
            later = kinds[place + 1 :]
            if asks and later:
                assert "fragment" in later, cell.source


def test_a_slide_has_one_figure_at_most_and_no_app(deck):
    assert sum(len(pictures(group)) == 1 for group in deck) >= 20
    for group in deck:
        assert len(pictures(group)) <= 1, group[0].source[:60]
        for cell in group:
            for output in cell.get("outputs", []):
                assert not [kind for kind in output.get("data", {}) if "widget" in kind]


def test_paragraphs_are_picked_by_how_they_begin():
    text = "# One\n\nTwo is here.\n\n- three\n- four\n\nTwo again."
    assert slides.pick(text, ["- th", "# One"]) == "# One\n\n- three\n- four"
    assert slides.pick(text, ["Two"]) == "Two is here.\n\nTwo again."
    with pytest.raises(ValueError, match="No paragraph begins with 'Five'"):
        slides.pick(text, ["# One", "Five"])


def test_a_cell_on_slides_leaves_the_notebook_as_it_was():
    wanted = {"slide_type": "slide", "title": "T", "show": ["a"], "notes": ["b"]}
    cell = nbformat.v4.new_markdown_cell("a\n\nb\n\nc", metadata={"slideshow": wanted})
    shown = slides.on_slides(cell)
    assert [part.source for part in shown] == ["## T", "a", "b"]
    kinds = [part.metadata["slideshow"]["slide_type"] for part in shown]
    assert kinds == ["slide", "-", "notes"]
    assert cell.source == "a\n\nb\n\nc"
    assert slides.on_slides(nbformat.v4.new_markdown_cell("new, without a slide_type")) == []


def test_what_only_a_slide_says_and_what_waits_for_a_key():
    wanted = {"slide_type": "slide", "title": "T", "say": "Why?", "wait": True}
    cell = nbformat.v4.new_markdown_cell("Because.", metadata={"slideshow": wanted})
    shown = [(part.source, part.metadata.slideshow.slide_type) for part in slides.on_slides(cell)]
    assert shown == [("## T", "slide"), ("Why?", "-"), ("Because.", "fragment")]
    del cell.metadata.slideshow["title"]
    shown = [(part.source, part.metadata.slideshow.slide_type) for part in slides.on_slides(cell)]
    assert shown == [("Because.", "slide"), ("Why?", "fragment")]


def test_notes_of_a_slide_are_joined_at_its_end():
    kinds = [("A", "slide"), ("n", "notes"), ("B", "-"), ("m", "notes"), ("C", "slide")]
    cells = [slides.text_cell(source, kind) for source, kind in kinds]
    assert [cell.source for cell in slides.notes_last(cells)] == ["A", "B", "n\n\nm", "C"]


def test_formulas_are_drawn_and_code_is_left_alone():
    cell = nbformat.v4.new_markdown_cell("$x^2$ and `$HOME` and $$\\frac{a}{b}$$")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    made, resources = slides.Drawn().preprocess(notebook, {})
    assert made.cells[0].source.count("<svg") == 2
    assert "`$HOME`" in made.cells[0].source
    assert resources["deck"]["scripts"][0].startswith("https://")


def test_without_reveal_js_a_sentence_says_how_to_get_it(tmp_path, capsys):
    assert slides.main(["--out", str(tmp_path / "x.html"), "--assets", str(tmp_path)]) == 2
    assert "npm install" in capsys.readouterr().err


def test_a_notebook_without_slides_is_refused():
    empty = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("text")])
    with pytest.raises(ValueError, match="has no slides"):
        slides.Lecture().preprocess(empty, {})


def test_the_page(deck, tmp_path, capsys):
    assert slides.main(["--out", str(tmp_path / "lecture.html")]) == 0
    assert "lecture.html" in capsys.readouterr().out
    page = (tmp_path / "lecture.html").read_text(encoding="utf-8")
    assert len(page) < 6_000_000
    horizontal = sum(group[0].metadata.slideshow.slide_type == "slide" for group in deck)
    assert len(re.findall(r"<section[ >]", page)) == horizontal + len(deck), (
        "a stack for each, and the slides in it"
    )
    assert "widget-state" not in page
    assert "No description has been provided" not in page, "a picture without an alt text"
    assert (slides.HERE / "slides.css").read_text(encoding="utf-8") in page
    assert "MathJax" not in page
    elsewhere = re.findall(r'(?:src|href)="(https?:[^"]*)"', page)
    assert [url for url in elsewhere if "reveal.js" in url] == elsewhere
    assert len(elsewhere) == 3


def test_numbers_of_slides_in_the_guide_exist(deck):
    guide = (FOLDER / "TEACHING.md").read_text(encoding="utf-8")
    guide = guide.split("## The lecture's own slips")[0]
    named = re.findall(r"\b[Ss]lides? (\d+)(?:(?: –|,| and) (\d+))?", guide)
    numbers = {int(number) for pair in named for number in pair if number}
    assert numbers
    assert max(numbers) <= len(deck)
    across, below = re.search(
        r"(\d+) slides for a lecture.*?and (\d+) more", guide, re.DOTALL
    ).groups()
    kinds = [group[0].metadata.slideshow.slide_type for group in deck]
    assert (kinds.count("slide"), kinds.count("subslide")) == (int(across), int(below))
    films = re.search(r"Slides (\d+) and (\d+) are films", guide).groups()
    moving = [n for n, group in enumerate(deck, 1) if 'class="film"' in str(group)]
    assert moving == [int(number) for number in films]


@pytest.mark.slow
def test_nbconvert_makes_one_of_a_single_notebook(tmp_path):
    config = slides.HERE / "slides_config.py"
    command = [
        "-m",
        "nbconvert",
        "--to",
        "slides",
        f"--config={config}",
        f"--output-dir={tmp_path}",
    ]
    notebook = str(FOLDER / "04_style.ipynb")
    for name in ("dist/reveal.css", "dist/reveal.js", "plugin/notes/notes.js"):
        (tmp_path / "programs/reveal.js" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "programs/reveal.js" / name).write_text(f"/* {name} is in the page */")
    mine = os.environ | {"NSTLIB_SLIDES_ASSETS": str(tmp_path / "programs")}
    subprocess.run([sys.executable, *command, notebook], check=True, capture_output=True, env=mine)
    page = (tmp_path / "04_style.slides.html").read_text(encoding="utf-8")
    assert "One slide fills" in page
    assert page.count("is in the page") == 3
    assert "my_layer_error" not in page, "an exercise is no slide"


@pytest.fixture
def show(browser, node_modules, tmp_path):
    """`show(page, size)` opens a deck in a window; its page in the browser."""
    opened = []

    def open_deck(html, size):
        path = tmp_path / "lecture.html"
        path.write_text(html, encoding="utf-8")
        opened.append(
            page := browser.new_page(viewport=dict(zip(("width", "height"), size, strict=True)))
        )
        page.goto(path.as_uri())
        page.wait_for_function(LOADED)
        return page

    yield open_deck
    for page in opened:
        page.close()


@pytest.mark.long
@needs_chromium
@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (1024, 768)])
def test_every_slide_fits_the_screen(show, node_modules, deck, screenshots, size):
    page = show(slides.build(str(node_modules)), size)
    places = page.evaluate(
        "Reveal.getSlides().map(slide => Object.values(Reveal.getIndices(slide)))"
    )
    assert len(places) == len(deck)
    small, faint = [], []
    for number, (place, group) in enumerate(zip(places, deck, strict=True), start=1):
        page.evaluate(TURN, place[:2])
        assert page.evaluate(DRAWN) == text_and_formulas(group)[1], f"slide {number}"
        assert not page.evaluate(CORNERS), f"slide {number}: an arrow covers the number"
        page.screenshot(path=screenshots / f"slide_{size[0]}_{number:02}.png")
        assert not page.evaluate(OVERFLOW), f"slide {number}: {group[0].source[:60]}"
        if size == (1280, 720):
            assert not hindrances(page, node_modules), f"slide {number}"
        figures = page.evaluate(FIGURES)
        assert len(figures) == len(pictures(group))
        for share, scale in figures:
            letters = smallest_letters(group)
            small += [(number, share)] if share < 0.25 else []
            faint += [(number, letters * scale)] if letters and letters * scale < 15.9 else []
    if size[0] * 9 == size[1] * 16:
        assert not small, "figures on less than a quarter of the screen"
        assert not faint, "titles in figures of less than 16 pixels"


@pytest.mark.long
@needs_chromium
def test_a_film_is_played_and_moved_by_keys(show, node_modules, deck):
    page = show(slides.build(str(node_modules)), (1280, 720))
    number = next(n for n, group in enumerate(deck) if 'class="film"' in str(group))
    where = page.evaluate("n => Object.values(Reveal.getIndices(Reveal.getSlides()[n]))", number)
    page.evaluate(TURN, where[:2])
    film = page.locator("section.present:not(.stack) .film")
    slider, button, place = (
        film.locator("input"),
        film.locator("button"),
        "Reveal.getSlidePastCount()",
    )
    before = page.evaluate(place)
    slider.press("Home")
    assert film.locator("output").inner_text().startswith("1")
    slider.press("ArrowRight")
    assert slider.input_value() == "1"
    slider.press("Home")
    button.press(" ")
    assert button.inner_text() == "Pause"
    page.wait_for_function("slider => +slider.value >= 2", arg=slider.element_handle())
    button.press(" ")
    assert button.inner_text() == "Play"
    assert page.evaluate(place) == before, "the keys of a film turn no slide"
    slider.press("PageDown")
    assert page.evaluate(place) > before


@pytest.mark.long
@needs_chromium
def test_a_slide_that_is_too_full_is_noticed(show, node_modules):
    html = slides.build(str(node_modules)).replace(
        "The network stayed as it was.", "The network stayed as it was. " * 80
    )
    page = show(html, (1280, 720))
    page.evaluate(TURN, [0, 0])
    assert page.evaluate(OVERFLOW)
