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
KEYS = {"slide_type", "title", "show", "notes", "code", "beside"}

LOADED = """() => {
  const name = Object.keys(require.s.contexts._.defined).find(id => id.endsWith("dist/reveal.js"));
  if (!name) return false;
  window.Reveal = require(name);
  return Reveal.isReady();
}"""
TURN = "([h, v]) => Reveal.slide(h, v, 99)"
# MathJax leaves the source of a formula behind it, and draws all anew when a slide is turned to.
TYPESET = """wanted => {
  const sources = [...Reveal.getCurrentSlide().querySelectorAll("script[type^='math/tex']")];
  const drawn = sources.filter(it => !it.closest("aside") && it.previousElementSibling?.offsetHeight);
  return drawn.length === wanted && !MathJax.Hub.queue.pending && !MathJax.Hub.queue.running;
}"""
# What sticks out of the slide or of the window, and what is cut off inside a box of its own.
OVERFLOW = """() => {
  const slide = Reveal.getCurrentSlide(), box = slide.getBoundingClientRect(), out = [];
  const right = Math.min(box.right, innerWidth), bottom = Math.min(box.bottom, innerHeight);
  for (const part of [slide, ...slide.querySelectorAll("*")]) {
    if (part.closest("aside, .MJX_Assistive_MathML")) continue;
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
  return img.naturalWidth * scale * img.naturalHeight * scale / innerWidth / innerHeight;
})"""


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
    outputs = [output for cell in group for output in cell.get("outputs", [])]
    attached = [name for cell in group for name in cell.get("attachments", {})]
    return attached + [o for o in outputs if "<img " in o.get("data", {}).get("text/html", "")]


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
    assert [title[:5] for title in titles[1:] if re.match(r"# 0\d", title)] == [
        f"# {name[:2]} "[:5] for name in slides.NOTEBOOKS
    ]


def test_slides_have_little_text(deck):
    for group in deck:
        text, _ = text_and_formulas(group)
        limit = 380 if pictures(group) else 550
        assert len(text) <= limit, f"{len(text)} characters: {text[:60]}"


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


def test_a_notebook_without_slides_is_refused():
    empty = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("text")])
    with pytest.raises(ValueError, match="has no slides"):
        slides.Lecture().preprocess(empty, {})


def test_the_page(deck, tmp_path, capsys):
    slides.main(["--out", str(tmp_path / "lecture.html"), "--assets", "programs"])
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
    for name in ("reveal.js/dist/reveal.js", "mathjax/MathJax.js", "jquery.min.js", "require.js"):
        assert re.search(rf'"programs/\S*{name}', page), name


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
    mine = os.environ | {"NSTLIB_SLIDES_ASSETS": "programs"}
    subprocess.run([sys.executable, *command, notebook], check=True, capture_output=True, env=mine)
    page = (tmp_path / "04_style.slides.html").read_text(encoding="utf-8")
    assert "One slide fills" in page
    assert "programs/reveal.js" in page
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
    page = show(slides.build(node_modules.as_uri()), size)
    places = page.evaluate(
        "Reveal.getSlides().map(slide => Object.values(Reveal.getIndices(slide)))"
    )
    assert len(places) == len(deck)
    small = []
    for number, (place, group) in enumerate(zip(places, deck, strict=True), start=1):
        page.evaluate(TURN, place[:2])
        page.wait_for_function(TYPESET, arg=text_and_formulas(group)[1])
        page.screenshot(path=screenshots / f"slide_{size[0]}_{number:02}.png")
        assert not page.evaluate(OVERFLOW), f"slide {number}: {group[0].source[:60]}"
        if size == (1280, 720):
            assert not hindrances(page, node_modules), f"slide {number}"
        shares = page.evaluate(FIGURES)
        assert len(shares) == len(pictures(group))
        small += [(number, share) for share in shares if share < 0.25]
    if size[0] * 9 == size[1] * 16:
        assert not small, "figures on less than a quarter of the screen"


@pytest.mark.long
@needs_chromium
def test_a_slide_that_is_too_full_is_noticed(show, node_modules):
    html = slides.build(node_modules.as_uri()).replace(
        "Only the pixels move.", "Only the pixels move. " * 80
    )
    page = show(html, (1280, 720))
    page.evaluate(TURN, [0, 0])
    assert page.evaluate(OVERFLOW)
