"""The lecture of 45 minutes: cells of notebooks 02 to 05 as slides.

python notebooks/course/slides.py --out lecture.html makes one deck of all four, --pdf handout.pdf prints
it with the notes under each slide, and a single notebook is made into a deck by
jupyter nbconvert --to slides --config notebooks/course/slides_config.py FILE

What is on a slide stands in the metadata of its cells, beside the slide_type that nbconvert knows:

"slideshow": {"slide_type": "slide", "title": "Downhill", "show": ["## 4.", "$$"], "notes": ["Now"]}

slide_type: "slide" begins one of the lecture, "subslide" one below it, for questions or more time; "-"
    and "fragment" go on with it; "notes" are for the speaker (press S). Cells without one are left out.
title: a heading that only the slide has.
say: a text that only the slide has: under the title, or below the cell if there is no title.
wait: true shows what comes after the title, and after a `say` under it, only at the next key: an answer.
show, notes: the paragraphs of a text that are shown or spoken, by how they begin; if none is named, all.
code: true shows the code of a cell as well. Without it only what came out: pictures, if there are any.
beside: true puts the figure beside the text, for figures that are as high as they are wide.
"""

import argparse
import html
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from bs4 import BeautifulSoup
from nbconvert import SlidesExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_notebook, new_output
from slides_frame import closing, opening, text_cell
from traitlets import Unicode
from traitlets.config import Config

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "site"))

from formulas import drawn

NOTEBOOKS = ["02_content", "03_gram", "04_style", "05_transfer"]
TITLE = "Deep art, taken apart"
REVEAL = "https://unpkg.com/reveal.js@4.6.1"
SLIDES = {"slide", "subslide"}
SECTION = re.compile(r"^(## )\d+\. |[☐] | \*\(section \d+\)\*", re.MULTILINE)
FORMULA = re.compile(r"(```.*?```|`[^`\n]*`)|\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)
# Arrows and the space bar move a film while it has the focus; a page key still turns the slide.
FILM_KEYS = (
    "if(/^(Arrow|Home|End|Enter| )/.test(event.key))event.stopPropagation();"
    "else if(/^Page/.test(event.key))document.activeElement.blur()"
)


def pick(text: str, beginnings: Sequence[str]) -> str:
    """The paragraphs of a text that begin so, in the order of the text.

    Raises ValueError if there is none for one of the beginnings.
    """
    paragraphs = [part for part in text.split("\n\n") if part.strip()]
    for beginning in beginnings:
        if not any(part.startswith(beginning) for part in paragraphs):
            raise ValueError(f"No paragraph begins with {beginning!r} in {text[:60]!r} …")
    return "\n\n".join(part for part in paragraphs if part.startswith(tuple(beginnings)))


def on_slides(cell: NotebookNode) -> list[NotebookNode]:
    """What a lecture shows of a cell: none, or the cell without its code or most of its text.

    A title and what only the slide says come first as cells of their own, notes come last.
    """
    wanted = cell.metadata.get("slideshow", {})
    kind = wanted.get("slide_type", "skip")
    if kind == "skip":
        return []
    kept = nbformat.from_dict(cell)
    made = [text_cell(f"## {wanted['title']}", kind)] if "title" in wanted else []
    later = "fragment" if wanted.get("wait") else "-"
    said = [text_cell(wanted["say"], "-" if made else later)] if "say" in wanted else []
    if made:
        kept.metadata["slideshow"] = {"slide_type": later}
        made += said
    if cell.cell_type == "markdown":
        shown = pick(cell.source, wanted["show"]) if "show" in wanted else cell.source
        kept.source = SECTION.sub(r"\1", shown)  # its numbers of sections are the notebook's
        made += [kept] if shown else []
        made += (
            [text_cell(pick(cell.source, wanted["notes"]), "notes")] if "notes" in wanted else []
        )
    else:
        kept.metadata["transient"] = {"remove_source": not wanted.get("code")}
        kept.outputs = [figure for o in cell.outputs if (figure := _figure(o))] or kept.outputs
        made.append(kept)
    if "title" not in wanted:
        made += said
    if wanted.get("beside"):
        made[0].metadata["tags"] = ["beside"]  # a class for slides.css
    return made


def _figure(output: NotebookNode) -> NotebookNode | None:
    """An output as HTML, because nbconvert drops the alt text of a picture; None if it is no figure."""
    data = output.get("data", {})
    if "image/jpeg" in data:
        text = html.escape(output.metadata.get("image/jpeg", {}).get("alt", ""))
        shown = f'<img alt="{text}" src="data:image/jpeg;base64,{data["image/jpeg"].strip()}">'
    elif "nst-moving" in data.get("text/html", ""):
        shown = _film(data["text/html"])
    else:
        return None
    return new_output("display_data", data={"text/html": shown})


def _film(scrubber: str) -> str:
    """A scrubber of `nstlib.lesson` that begins with its first picture; it is saved with the last."""
    tree = BeautifulSoup(scrubber, "html.parser")
    for slider in tree.select("input"):
        first = json.loads(slider["data-values"])[0]
        slider["value"], slider["aria-valuetext"] = "0", first
        slider.find_next("output").string = first
    for number, figure in enumerate(tree.select("figure")):
        del figure["hidden"]
        figure.attrs |= {"hidden": ""} if number else {}
    return f'<div class="film" onkeydown="{FILM_KEYS}">{tree}</div>'


def notes_last(cells: Sequence[NotebookNode]) -> list[NotebookNode]:
    """The cells with all notes of a slide in one, at its end: reveal.js shows a speaker one alone."""
    slides: list[list[NotebookNode]] = []
    for cell in cells:
        if cell.metadata.slideshow.slide_type in SLIDES or not slides:
            slides.append([])
        slides[-1].append(cell)
    ordered = []
    for slide in slides:
        notes = [cell.source for cell in slide if cell.metadata.slideshow.slide_type == "notes"]
        ordered += [cell for cell in slide if cell.metadata.slideshow.slide_type != "notes"]
        ordered += [text_cell("\n\n".join(notes), "notes")] if notes else []
    return ordered


class Lecture(Preprocessor):
    """Leaves in a notebook what its slides show."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Called by nbconvert before it tells the slides apart."""
        cells = notes_last([kept for cell in nb.cells for kept in on_slides(cell)])
        if not cells:
            raise ValueError("This notebook has no slides: none of its cells has a slide_type.")
        made = nbformat.from_dict(nb | {"cells": cells})
        made.metadata.pop("widgets", None)  # the apps are not on slides, their state is large
        return made, resources


class Drawn(Preprocessor):
    """Draws the formulas, and tells slides.html what the page needs."""

    assets = Unicode("", help="a node_modules folder with reveal.js").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Called by nbconvert after `Lecture`."""
        for cell in nb.cells:
            if cell.cell_type == "markdown":
                cell.source = FORMULA.sub(drawing, cell.source)
        style = (HERE / "slides.css").read_text(encoding="utf-8")
        resources["deck"] = _programs(self.assets)
        resources["deck"]["css"].append(style)
        return nb, resources


def drawing(found: re.Match) -> str:
    """What stands for a match of `FORMULA`: the drawing of a formula, or code as it is."""
    code, block, line = found.groups()
    if code:
        return code
    if block:
        return f'\n\n<div class="math">{drawn(block, block=True)}</div>\n\n'
    return f'<span class="math">{drawn(line, block=False)}</span>'


def _programs(assets: str) -> dict[str, list[str]]:
    """What the page loads (`links`, `scripts`) or holds (`css`, `js`) of reveal.js."""
    css, js = "dist/reveal.css", ["dist/reveal.js", "plugin/notes/notes.js"]
    if not assets:
        scripts = [f"{REVEAL}/{name}" for name in js]
        return {"links": [f"{REVEAL}/{css}"], "scripts": scripts, "css": [], "js": []}
    folder = Path(assets) / "reveal.js"
    if not (folder / css).is_file():
        raise OSError(
            f"There is no reveal.js in {assets}: `npm install --prefix . reveal.js@4` makes a folder "
            "node_modules that has it."
        )
    held = [(folder / name).read_text(encoding="utf-8") for name in (css, *js)]
    return {
        "links": [],
        "scripts": [],
        "css": held[:1],
        "js": [one.replace("</script", r"<\/script") for one in held[1:]],
    }


def settings(assets: str = "") -> Config:
    """What nbconvert is told.

    assets: A node_modules folder with reveal.js 4, which then goes into the page. Empty: the page takes
        reveal.js from a public server when it is opened.
    """
    exporter = Config(
        preprocessors=[Lecture, Drawn],
        template_file=str(HERE / "slides.html"),
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    return Config(SlidesExporter=exporter, Drawn=Config(assets=assets))


def merge(paths: Sequence[Path]) -> NotebookNode:
    """One notebook of several, with the first and the last slides. The cells' ids begin with a name."""
    cells: list[Any] = opening()
    for path in paths:
        for cell in nbformat.read(path, as_version=4).cells:
            cells.append(nbformat.from_dict(cell | {"id": f"{path.stem[:2]}-{cell.id}"}))
    cells += closing()
    language = {"name": "python", "pygments_lexer": "ipython3"}
    return new_notebook(cells=cells, metadata={"title": TITLE, "language_info": language})


def build(assets: str = "") -> str:
    """The whole lecture as a page."""
    lecture = merge([HERE.parent / f"{name}.ipynb" for name in NOTEBOOKS])
    page, _ = SlidesExporter(config=settings(assets)).from_notebook_node(lecture)
    return page


def handout(page: str) -> str:
    """A deck as a page to print: each slide with its notes below it.

    It has no scripts and loads nothing. A film becomes its pictures, side by side, and the source of a
    formula lies invisibly beside it, so that one can search for it.
    """
    tree = BeautifulSoup(page, "html.parser")
    for part in tree.select("script, link, .anchor-link"):
        part.decompose()
    for slide in tree.select(".slides section:not(:has(> section))"):
        sheet = slide.wrap(tree.new_tag("div", attrs={"class": "sheet"}))
        slide["class"] = "present"
        for notes in slide.select("aside.notes"):
            sheet.append(notes.extract())
    for stack in tree.select(".slides > section"):
        stack["class"] = "stack"
    for more in tree.select("details"):
        more["open"] = ""
    for figure in tree.select(".film figure"):
        del figure["hidden"]
        caption = tree.new_tag("figcaption")
        figure.append(caption)
        caption.string = figure.img["alt"].split(" (", 1)[-1].removesuffix(")")
    for formula in tree.select(".math svg"):
        source = tree.new_tag("span", attrs={"class": "tex"})
        source.string = formula["aria-label"]
        formula.insert_before(source)
    style = tree.new_tag("style")
    style.string = (HERE / "handout.css").read_text(encoding="utf-8")
    tree.head.append(style)
    return str(tree)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the lecture to a file. Exit status 2, and a sentence, if that cannot be done."""
    parser = argparse.ArgumentParser(description="Make one deck of slides from notebooks 02 to 05.")
    parser.add_argument("--out", type=Path, help="the page; lecture.html if there is no --pdf")
    parser.add_argument("--pdf", type=Path, help="print the slides and their notes to this file")
    parser.add_argument("--paper", choices=("a4", "letter"), default="a4", help="of the PDF")
    parser.add_argument(
        "--assets", default="", metavar="DIR", help="a node_modules folder: no network needed"
    )
    options = parser.parse_args(arguments)
    try:
        page = build(options.assets)
        if options.pdf:
            from printing import print_pdf  # not for those who only want a page

            print_pdf(handout(page), options.pdf, paper=options.paper, footer=TITLE)
            print(f"{options.pdf}: the slides with their notes, to print or to hand out.")
        if options.out or not options.pdf:
            out = options.out or Path("lecture.html")
            out.write_text(page, encoding="utf-8")
            print(f"{out}: open it in a browser; S shows the notes, O all slides.")
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
