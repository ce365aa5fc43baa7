"""The site: what it is made with, and (slow) the whole of it, built and opened in a browser."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from browser import hindrances, needs_chromium, until
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from teachers_material import KINDS, LINK, found_in, pieces
from test_notebooks import NO_NETWORK, NOTEBOOKS

import nstlib
from nstlib.atlas import bundled

pytest.importorskip("myst_nb", reason="no Sphinx here: pip install '.[test]'")
pytest.importorskip("ziamath", reason="no ziamath here: pip install '.[test]'")

ROOT = Path(__file__).parents[1]
SITE = ROOT / "notebooks/site"
CDN = "https://cdn.jsdelivr.net/npm/"
VOID = {"img", "br", "hr", "meta", "link", "input", "wbr", "source", "col"}


def part(name):
    """A module that stands beside conf.py."""
    spec = importlib.util.spec_from_file_location(name, SITE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Notebooks as the site reads them


def picture(alt):
    return new_output("display_data", {"image/jpeg": "AAAA"}, metadata={"image/jpeg": {"alt": alt}})


def read(*cells, states=None):
    notebook = new_notebook(cells=list(cells))
    if states is not None:
        kind = "application/vnd.jupyter.widget-state+json"
        notebook.metadata["widgets"] = {kind: {"state": states, "version_major": 2}}
    return part("saved_notebooks").read(nbformat.writes(notebook))


def view(name):
    return new_output(
        "display_data", {"application/vnd.jupyter.widget-view+json": {"model_id": name}}
    )


def test_every_picture_keeps_its_alt_text():
    text = new_output("stream", text="words")
    cell = new_code_cell("draw()", outputs=[text, picture("one cat"), text, picture("two cats")])
    cells = read(cell).cells
    alts = [cell.metadata["mystnb"]["image"]["alt"] for cell in cells]
    assert alts == ["one cat", "two cats"]
    assert [output for cell in cells for output in cell.outputs] == cell.outputs
    assert [cell.source for cell in cells] == ["draw()", ""]
    assert "tags" not in cells[0].metadata
    assert cells[1].metadata["tags"] == ["remove-input"]


def test_an_app_becomes_a_picture_and_a_sentence():
    cell = new_code_cell("x = 1\ngram_explorer(x)", outputs=[view("a")])
    notebook = read(cell, states={"a": {"model_name": "VBoxModel", "state": {}}})
    still, sentence = notebook.cells[0].outputs
    assert list(still.data) == ["image/jpeg"]
    assert "picture of the app" in sentence.data["text/html"]
    assert "widgets" not in notebook.metadata


def test_the_static_explorer_stays_with_its_parts_alone():
    states = {
        "a": {"model_name": "VBoxModel", "state": {"children": ["IPY_MODEL_b", "IPY_MODEL_c"]}},
        "b": {"model_name": "SliderModel", "state": {}},
        "c": {"model_name": "StackModel", "state": {}},
        "link": {"model_name": "LinkModel", "state": {"ends": ["IPY_MODEL_b", "IPY_MODEL_c"]}},
        "else": {"model_name": "VBoxModel", "state": {}},
        "link2": {"model_name": "LinkModel", "state": {"ends": ["IPY_MODEL_b", "IPY_MODEL_else"]}},
    }
    notebook = read(new_code_cell("static_gram_explorer(x)", outputs=[view("a")]), states=states)
    (kept,) = notebook.metadata.widgets.values()
    assert set(kept["state"]) == {"a", "b", "c", "link"}
    assert notebook.cells[0].outputs[0].data == view("a").data


def test_an_app_without_a_picture_is_refused():
    with pytest.raises(ValueError, match="new_app"):
        read(new_code_cell("new_app(3)", outputs=[view("a")]), states={})


def test_a_link_to_the_atlas_leads_to_the_folder_on_the_site():
    cell = new_markdown_cell("See [the atlas](../nstlib/atlas/pages/atlas/index.html#relu4_2/35).")
    assert read(cell).cells[0].source == (
        'See <a href="atlas/index.html#relu4_2/35">the atlas</a>.'
    )


# Formulas and docstrings


@pytest.mark.parametrize("block", [False, True])
def test_a_formula_is_a_drawing_in_the_color_of_the_text(block):
    svg = part("formulas").drawn(r"\frac{a}{b} = \Big\langle x^\top y \Big\rangle", block=block)
    assert r'aria-label="\frac{a}{b} = \Big\langle' in svg
    assert 'role="img"' in svg
    assert "currentColor" in svg
    assert "black" not in svg
    assert not re.search(r"\bid=|<text|font", svg)


@pytest.mark.parametrize("tex", [r"\nosuchcommand{x}", r"a + \alhpa"])
def test_a_formula_that_cannot_be_drawn_is_refused(tex):
    with pytest.raises(ValueError, match="cannot be drawn"):
        part("formulas").drawn(tex, block=False)


# References


def prose():
    """{file: text} of the notebooks' words, README and the docstrings."""
    found = {"README.md": (ROOT / "README.md").read_text("utf-8")}
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
        found[path.name] = "\n\n".join(texts)
    for path in (ROOT / "nstlib").rglob("*.py"):
        found[path.name] = path.read_text("utf-8")
    return found


NAME = r"[A-Z][\w-]+"
YEAR = r"((?:19[5-9]|20[0-4])\d)"
# "Li and others (2017)", "Mahendran and Vedaldi 2015", "AdaIN, Huang and Belongie 2017"
IN_TEXT = re.compile(rf"({NAME})(?:,? and {NAME}| and others| et al\.)[\s,]+\(?{YEAR}\b")
IN_HISTORY = re.compile(rf"^- {YEAR}: ((?:{NAME} ?)+(?:and {NAME})?)", re.MULTILINE)
# "L. A. Gatys, A. S. Ecker, M. Bethge, [*Title*](https://…) (2015)", one after the other
IN_SOURCES = re.compile(rf"((?:[A-Z]\. )+({NAME})[^;()]*?(?:\(https?://[^)]*\)[^;()]*)?)\({YEAR}\)")


def named(text):
    """{(an author, year)} of the papers that a text names."""
    text = re.sub(r"[^\S\n]*\n[^\S\n]*(?=\S)(?!- )", " ", text)
    found = {(name, year) for name, year in IN_TEXT.findall(text)}
    found |= {
        (names.split(" and ")[0].split()[-1], year) for year, names in IN_HISTORY.findall(text)
    }
    return found | {(name, year) for _, name, year in IN_SOURCES.findall(text)}


def entries():
    from pybtex.database import parse_file

    return parse_file(str(SITE / "references.bib"), "bibtex").entries


def test_papers_are_found_in_a_text():
    text = (
        "**Sources**: K. Simonyan, A. Zisserman, [*Very Deep\nNetworks*](https://arxiv.org/abs/1)\n"
        "(2014), configuration E; J. Portilla, E. P. Simoncelli, *A Model* (2000); as Luo\nand others, "
        "2016, say.\n- 1962: Béla Julesz asks.\n- 1995: Heeger and Bergen pass. (Wang et al. 2004)"
    )
    assert named(text) == {
        ("Simonyan", "2014"),
        ("Portilla", "2000"),
        ("Luo", "2016"),
        ("Julesz", "1962"),
        ("Heeger", "1995"),
        ("Wang", "2004"),
    }


def test_every_paper_has_an_entry():
    known = {
        (" ".join(person.last_names), entry.fields.get("year"))
        for entry in entries().values()
        for person in entry.persons.get("author", [])
    }
    papers = {paper: name for name, text in prose().items() for paper in named(text)}
    assert len(papers) > 15
    missing = {paper: name for paper, name in papers.items() if paper not in known}
    assert not missing


def test_every_linked_paper_has_an_entry_with_its_number():
    numbers = {entry.fields.get("eprint") for entry in entries().values()}
    for name, text in prose().items():
        for number in re.findall(r"ar[Xx]iv(?:\.org/abs/|:)(\d{4}\.\d{4,5})", text):
            assert number in numbers, f"arXiv:{number}, in {name}"


def test_sources_without_a_year_have_an_entry():
    titles = " ".join(entry.fields["title"] for entry in entries().values())
    authors = " ".join(str(p) for e in entries().values() for p in e.persons.get("author", []))
    assert "Teaching Computers to Paint like Van Gogh" in titles
    assert "CS7015" in titles
    assert "Iskander" in authors


# The whole site


@dataclass
class Page(HTMLParser):
    """What a page has: ids, links, pictures, visible text outside of code."""

    html: str
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    images: list[dict] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    text: str = ""

    def __post_init__(self):
        super().__init__()
        self.open: list[str] = []
        self.feed(self.html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.ids |= {attrs[key] for key in ("id", "name") if key in attrs}
        kinds = {"a": "href", "link": "href", "script": "src", "img": "src", "source": "src"}
        if attrs.get(kinds.get(tag)):
            self.links.append(attrs[kinds[tag]])
        if tag == "img":
            self.images.append(attrs)
        if tag in ("pre", "code", "script", "style", "svg"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open and tag == self.open[-1]:
            self.open.pop()

    def handle_data(self, data):
        self.text += "" if self.open else data


def pages(folder):
    found = sorted(folder.rglob("*.html"))
    return {path.relative_to(folder).as_posix(): Page(path.read_text("utf-8")) for path in found}


def channels_of_the_atlas():
    """What may follow the # in an address of the atlas; a script draws it, so it is no id."""
    layers = bundled.data()["layers"].items()
    return {f"{layer}/{k}" for layer, one in layers for k in range(len(one["channels"]))}


def broken_links(folder):
    """["page: link"] for every link inside the site to a file or a place in it that is not there."""
    found, all_pages = [], pages(folder)
    if "atlas/index.html" in all_pages:
        all_pages["atlas/index.html"].ids |= channels_of_the_atlas()
    for name, page in all_pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            file = (folder / name).parent / unquote(parts.path) if parts.path else folder / name
            target = file.resolve()
            inside = target.relative_to(folder.resolve()).as_posix() if target.exists() else ""
            place = unquote(parts.fragment)
            there = target.is_file() and (
                not place or inside not in all_pages or place in all_pages[inside].ids
            )
            if not there:
                found.append(f"{name}: {link}")
    return found


def build(source, output, home, *more):
    """Sphinx, by the command in conf.py, without a network."""
    (home / "sitecustomize.py").write_text(NO_NETWORK)
    paths = os.pathsep.join([str(home), str(ROOT)])
    options = ["-W", "--keep-going", "-q", "-d", str(home / "doctrees"), "-c", str(SITE)]
    return subprocess.run(
        [sys.executable, "-m", "sphinx", *options, *more, str(source), str(output)],
        env=os.environ | {"PYTHONPATH": paths},
        cwd=home,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    output = tmp_path_factory.mktemp("site")
    before = {path: path.read_bytes() for path in NOTEBOOKS}
    run = build(ROOT / "notebooks", output, tmp_path_factory.mktemp("home"))
    assert run.returncode == 0, run.stderr
    assert {path: path.read_bytes() for path in NOTEBOOKS} == before
    return output


@pytest.fixture(scope="module")
def site_pages(site):
    return pages(site)


@pytest.fixture(scope="module")
def teachers_site(tmp_path_factory):
    output = tmp_path_factory.mktemp("teachers_site")
    run = build(ROOT / "notebooks", output, tmp_path_factory.mktemp("home"), "-t", "teacher")
    assert run.returncode == 0, run.stderr
    return output


def search_index(folder):
    """What the search box looks in."""
    text = (folder / "searchindex.js").read_text("utf-8")
    return json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))


def teachers_words(folder):
    """Where a site tells more than students may know: its pages, links, search index and files."""
    index = search_index(folder)
    places = [name for name in index["docnames"] if f"{name}.html" not in STUDENTS_PAGES]
    places += [name for name in pages(folder) if name not in STUDENTS_PAGES]
    places += [title for title in index["alltitles"] if title in TEACHERS_TITLES]
    for name, page in pages(folder).items():
        places += [f"{name}: {link}" for link in page.links if LINK.search(link)]
        places += [f"{name}: For the instructor"] if "For the instructor" in page.html else []
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    return places + [name for name in files if LINK.search(name)]


STUDENTS_PAGES = {f"{path.stem}.html" for path in NOTEBOOKS} | {"index.html", "genindex.html"}
STUDENTS_PAGES |= {"atlas/index.html", "atlas/styles.html", "live/index.html"}
STUDENTS_PAGES |= {"search.html"} | {f"site/{path.stem}.html" for path in SITE.glob("*.md")}
TEACHERS_TITLES = {
    title
    for name in ("TEACHING.md", "course/README.md")
    for title in re.findall(r"^#+ (.+)$", (ROOT / "notebooks" / name).read_text("utf-8"), re.M)
}


@pytest.mark.long
def test_students_find_no_page_no_answer_and_no_link_of_the_teachers(site):
    assert teachers_words(site) == []
    assert found_in(site) == {kind: set() for kind in KINDS}


@pytest.mark.long
def test_the_same_search_finds_them_in_the_teachers_site(teachers_site):
    """Otherwise the test above could not fail. (Questions are on no site.)"""
    places = teachers_words(teachers_site)
    assert {"TEACHING", "TEACHING.html", "course/README.html", "Exam questions"} <= set(places)
    assert "03_gram.html: For the instructor" in places
    assert any(place.startswith("site/index.html: ") for place in places)
    found = found_in(teachers_site)
    for kind in ("solution", "note", "guide"):
        wanted = {name for name in pieces() if name.startswith(kind)}
        assert found[kind] == wanted, kind
    assert found["question"] == set()


@pytest.mark.long
def test_the_teachers_site_is_whole(teachers_site):
    assert broken_links(teachers_site) == []
    every = pages(teachers_site)
    for path in NOTEBOOKS:
        assert "- nstlib for teachers</title>" in every[f"{path.stem}.html"].html
    for name, page in every.items():
        assert not re.search(r"\$|\\[a-z]+\{|\\(frac|sum|mathcal)\b", page.text), name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("there", "options", "said"),
    [
        (["TEACHING.html", "index.html"], [], "has the teacher's site. Delete it"),
        (["index.html"], ["-t", "teacher"], "has the students' site. Build the teacher's"),
    ],
)
def test_the_two_sites_are_not_built_into_one_folder(there, options, said, tmp_path):
    (tmp_path / "source/site").mkdir(parents=True)
    (tmp_path / "source/site/index.md").write_text("# A title\n")
    (tmp_path / "out").mkdir()
    for name in there:
        (tmp_path / "out" / name).write_text("there already")
    run = build(tmp_path / "source", tmp_path / "out", tmp_path, *options)
    assert run.returncode != 0
    assert said in run.stderr
    assert "Traceback" not in run.stderr
    assert {path.name for path in (tmp_path / "out").glob("*.html")} == set(there)


@pytest.mark.long
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_has_its_page(path, site_pages):
    notebook = nbformat.read(path, as_version=4)
    page = site_pages[f"{path.stem}.html"]
    title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
    assert f"<title>{title} - nstlib</title>" in page.html
    assert f"{path.stem}.html" in [
        link.removeprefix("../") for link in site_pages["site/index.html"].links
    ]
    shown = [o.get("data", {}) for cell in notebook.cells for o in cell.get("outputs", [])]
    kinds = [kind for data in shown for kind in data]
    moving = sum(data.get("text/html", "").count("<img ") for data in shown)
    apps = sum("widget-view" in kind for kind in kinds)
    kept = page.html.count('<script type="application/vnd.jupyter.widget-view+json">')
    still = sum(kind.startswith("image/") for kind in kinds)
    assert len(page.images) == still + moving + apps - kept
    assert kept == sum("static_gram_explorer(" in cell.source for cell in notebook.cells)
    prose = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert page.counts.get("details", 0) == prose.count("<details>")
    assert bool(re.search(r'<(span|div) class="math"', page.html)) == ("$" in prose)


@pytest.mark.long
def test_no_formula_is_left_as_it_was_written(site_pages):
    for path in NOTEBOOKS:
        text = site_pages[f"{path.stem}.html"].text
        assert not re.search(r"\$|\\[a-z]+\{|\\(frac|sum|mathcal)\b", text), path.name


@pytest.mark.long
def test_links_lead_somewhere(site):
    assert broken_links(site) == []


@pytest.mark.long
def test_the_live_page_and_the_atlas_are_in_the_site_and_in_every_sidebar(site, site_pages):
    assert (site / "live/weights/compact.safetensors").is_file()
    for page in ("live/index.html", "atlas/index.html", "atlas/styles.html"):
        assert f"../{page}" in site_pages["site/glossary.html"].links
        assert page in site_pages["04_style.html"].links


@pytest.mark.long
def test_a_broken_link_is_found(site, tmp_path):
    folder = tmp_path / "site"
    shutil.copytree(site, folder)
    page = folder / "04_style.html"
    text = page.read_text("utf-8")
    for old, new in {"05_transfer.html": "05_gone.html", 'href="#exercise': 'href="#gone'}.items():
        assert old in text
        page.write_text(text.replace(old, new), "utf-8")
        assert any(line.startswith("04_style.html: ") for line in broken_links(folder)), new
    (folder / "03_gram.html").unlink()
    assert any(line.endswith("03_gram.html") for line in broken_links(folder))


@pytest.mark.slow
def test_a_broken_link_or_formula_ends_the_build(tmp_path):
    (tmp_path / "source/site").mkdir(parents=True)
    page = tmp_path / "source/site/index.md"
    page.write_text("# A title\n\n[a link](gone.ipynb), $\\nosuchcommand{x}$\n")
    run = build(tmp_path / "source", tmp_path / "out", tmp_path)
    assert run.returncode != 0
    assert "gone.ipynb" in run.stderr
    assert "nosuchcommand" in run.stderr


@pytest.mark.long
def test_pictures_have_alt_texts(site_pages):
    for name, page in site_pages.items():
        for image in page.images:
            assert len(image.get("alt", "").split()) >= 4, f"{name}: {image.get('src')}"


@pytest.mark.long
def test_nothing_comes_from_elsewhere_but_the_widget_library(site_pages):
    for name, page in site_pages.items():
        scripts = re.findall(r'<(?:script|link)[^>]* (?:src|href)="(https?:[^"]*)"', page.html)
        wanted = name == "playground.html"
        assert bool(scripts) == wanted, name
        assert all(url.startswith(CDN) for url in scripts), name


@pytest.mark.long
def test_api_has_every_name(site_pages):
    api = site_pages["site/api.html"]
    for name in nstlib.__all__:
        places = [link for link in api.links if re.fullmatch(rf"#nstlib\.\w+\.{name}", link)]
        assert places, name
        assert places[0].removeprefix("#") in api.ids


@pytest.mark.long
def test_api_has_every_module_of_readme(site_pages):
    ids = site_pages["site/api.html"].ids | site_pages["site/library.html"].ids
    table = re.findall(r"^\| (`.*) \|$", (ROOT / "README.md").read_text("utf-8"), re.M)
    modules = re.findall(r"`(\w+)\.py`", "\n".join(table))
    assert len(modules) > 10
    for module in modules:
        assert f"module-nstlib.{module}" in ids, module
    assert {"module-nstlib.widgets", "module-nstlib.checks.ch03_gram"} <= ids
    assert "nstlib.widgets.static_gram_explorer" in ids


@pytest.mark.long
def test_glossary_terms_are_linked(site_pages):
    page = site_pages["site/glossary.html"]
    entries = re.findall(r'<dt id="(term-[^"]+)">(.*?)</dt><dd>(.*?)</dd>', page.html, re.S)
    assert len(entries) > 40
    assert len(entries) == page.html.count('<dt id="term-')
    for _, term, text in entries:
        assert re.search(r'href="\.\./(0\d_\w+|playground)\.html"', text), term
    used = {link for page in site_pages.values() for link in page.links if "#term-" in link}
    assert len(used) > 10


# In a browser

LOOKED_AT = ["site/index", "03_gram", "playground", "site/api", "atlas/index", "atlas/styles"]
TOO_WIDE = """() => {
    const wide = document.documentElement.scrollWidth > window.innerWidth;
    const inside = e => { for (; e; e = e.parentElement) {
        if (getComputedStyle(e).overflowX != "visible") return true } };
    const out = [...document.querySelectorAll("article *")].filter(e =>
        e.getBoundingClientRect().right > window.innerWidth + 1 && !inside(e.parentElement));
    return [wide, out.map(e => e.outerHTML.slice(0, 200))];
}"""


def open_page(browser, site, name, width, answer):
    """A page, the console's errors other than of what could not be fetched, and the URLs asked for."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    problems, asked = [], []

    def listen(message):
        if message.type == "error" and "Failed to load resource" not in message.text:
            problems.append(message.text)

    def route(request):
        asked.append(request.request.url)
        answer(request)

    page.on("console", listen)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.route(re.compile("^https?://"), route)
    page.goto((site / f"{name}.html").as_uri())
    return page, problems, asked


@pytest.mark.long
@needs_chromium
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", LOOKED_AT)
def test_a_page_in_the_browser(name, width, site, browser, screenshots):
    page, problems, asked = open_page(browser, site, name, width, lambda route: route.abort())
    page.screenshot(path=screenshots / f"site_{name.replace('/', '_')}_{width}.png")
    assert page.evaluate(TOO_WIDE) == [False, []]
    assert page.evaluate(
        "async () => { const all = [...document.images];"
        "for (const i of all) { i.loading = 'eager'; await i.decode() }"
        "return all.every(i => i.naturalWidth > 0) }"
    )
    if name == "playground":  # no network: no sliders, but a sentence
        assert asked
        assert page.locator(".nst-unless-widget").is_visible()
    else:
        assert asked == []
    hints = page.locator("details")
    if name == "03_gram":
        assert hints.count() > 0
        assert not hints.first.locator("p").first.is_visible()
        hints.first.locator("summary").click()
        assert hints.first.locator("p").first.is_visible()
    assert problems == []
    page.close()


@pytest.mark.long
@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [*LOOKED_AT, "00_start_here", "site/glossary"])
def test_nothing_on_a_page_keeps_people_out(name, scheme, site, browser, node_modules):
    page, _, _ = open_page(browser, site, name, 1280, lambda route: route.abort())
    page.emulate_media(color_scheme=scheme)
    page.wait_for_load_state()
    assert hindrances(page, node_modules) == []
    page.close()


@pytest.mark.long
@needs_chromium
@pytest.mark.parametrize("width", [1280, 390])
def test_the_static_explorer_slides(width, site, browser, node_modules, screenshots):
    def answer(route):
        name, _, path = route.request.url.removeprefix(CDN).rpartition("@")
        route.fulfill(path=node_modules / name / path.partition("/")[2])

    page, problems, _ = open_page(browser, site, "playground", width, answer)
    panels = page.locator(".nst-static-panels")
    handle = page.locator(".nst-static-layer .noUi-handle")
    handle.wait_for()

    def shown():
        return [image.get_attribute("alt") for image in panels.locator("img:visible").all()]

    until(lambda: len(shown()) == 5)
    assert shown()[0].startswith("Gram matrix of relu3_1")
    maps = shown()[1:4]
    page.locator(".nst-static-pair .noUi-handle").press("ArrowRight")
    until(lambda: shown()[1:4] != maps)
    handle.press("ArrowRight")
    until(lambda: shown()[0].startswith("Gram matrix of relu4_1"))
    page.locator(".nst-static-gram").screenshot(path=screenshots / f"site_explorer_{width}.png")
    assert not page.locator(".nst-unless-widget").is_visible()
    assert page.evaluate(TOO_WIDE) == [False, []]
    assert problems == []
    page.close()
