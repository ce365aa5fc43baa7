"""The lecture of 45 minutes: cells of notebooks 02 to 05 as slides.

python notebooks/course/slides.py --out lecture.html makes one deck of all four, and
jupyter nbconvert --to slides --config notebooks/course/slides_config.py FILE one of a single notebook.

What is on a slide stands in the metadata of its cells, beside the slide_type that nbconvert knows:

"slideshow": {"slide_type": "slide", "title": "Downhill", "show": ["## 4.", "$$"], "notes": ["Now"]}

slide_type: "slide" begins one of the lecture, "subslide" one below it, for questions or more time; "-"
    and "fragment" go on with it; "notes" are for the speaker (press S). Cells without one are left out.
title: a heading that only the slide has.
show, notes: the paragraphs of a text that are shown or spoken, by how they begin; if none is named, all.
code: true shows the code of a cell as well. Without it only what came out: pictures, if there are any.
beside: true puts the figure beside the text, for figures that are as high as they are wide.
"""

import argparse
import base64
import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbconvert import SlidesExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook, new_output
from traitlets.config import Config

HERE = Path(__file__).parent
NOTEBOOKS = ["02_content", "03_gram", "04_style", "05_transfer"]
HERO = HERE.parents[1] / "figures" / "hero.jpg"
OPENING = """# Deep art, taken apart

![A portrait, a night sky, the portrait in its strokes; a cat, waves, and both.](attachment:hero.jpg)

A photo, a painting, and a network that stays as it is. **Only the pixels move.**"""
SLIDES = {"slide", "subslide"}


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

    A title comes first as a cell of its own, notes come last.
    """
    wanted = cell.metadata.get("slideshow", {})
    kind = wanted.get("slide_type", "skip")
    if kind == "skip":
        return []
    kept = nbformat.from_dict(cell)
    made = [kept]
    if "title" in wanted:
        made.insert(0, _text(f"## {wanted['title']}", kind))
        kept.metadata["slideshow"] = {"slide_type": "-"}
    if cell.cell_type == "markdown":
        if "notes" in wanted:
            made.append(_text(pick(cell.source, wanted["notes"]), "notes"))
        if "show" in wanted:
            kept.source = pick(cell.source, wanted["show"])
    else:
        kept.metadata["transient"] = {"remove_source": not wanted.get("code")}
        pictures = [_figure(o) for o in kept.outputs if "image/jpeg" in o.get("data", {})]
        kept.outputs = pictures or kept.outputs
    if wanted.get("beside"):
        made[0].metadata["tags"] = ["beside"]  # a class for slides.css
    return made


def _text(source: str, kind: str) -> NotebookNode:
    return new_markdown_cell(source, metadata={"slideshow": {"slide_type": kind}})


def _figure(output: NotebookNode) -> NotebookNode:
    """An output as HTML, because nbconvert drops the alt text of a picture."""
    text = html.escape(output.metadata.get("image/jpeg", {}).get("alt", ""))
    image = f'<img alt="{text}" src="data:image/jpeg;base64,{output.data["image/jpeg"].strip()}">'
    return new_output("display_data", data={"text/html": image})


class Lecture(Preprocessor):
    """Leaves in a notebook what its slides show, and puts slides.css into the page."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Called by nbconvert before it tells the slides apart."""
        cells = [kept for cell in nb.cells for kept in on_slides(cell)]
        if not cells:
            raise ValueError("This notebook has no slides: none of its cells has a slide_type.")
        made = nbformat.from_dict(nb | {"cells": cells})
        made.metadata.pop("widgets", None)  # the apps are not on slides, their state is large
        style = (HERE / "slides.css").read_text(encoding="utf-8")
        resources["inlining"] = {"css": [style]}  # instead of CSSHTMLHeaderPreprocessor's
        return made, resources


def settings(assets: str | None = None) -> Config:
    """What nbconvert is told.

    assets: URL or path, as seen from the page, of a node_modules with reveal.js 4, mathjax 2, jquery 3
        and requirejs 2. None: the page takes them from public servers when it is opened.
    """
    exporter = Config(
        preprocessors=[Lecture],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        reveal_theme="white",
        reveal_transition="none",
        reveal_number="c/t",
        reveal_width="1280",
        reveal_height="720",
    )
    if assets is not None:
        exporter.reveal_url_prefix = f"{assets}/reveal.js"
        exporter.mathjax_url = f"{assets}/mathjax/MathJax.js?config=TeX-AMS_CHTML-full,Safe"
        exporter.jquery_url = f"{assets}/jquery/dist/jquery.min.js"
        exporter.require_js_url = f"{assets}/requirejs/require.js"
    return Config(SlidesExporter=exporter, CSSHTMLHeaderPreprocessor=Config(enabled=False))


def merge(paths: Sequence[Path]) -> NotebookNode:
    """One notebook of several, with an opening slide. The ids of its cells begin with a name each."""
    opening = _text(OPENING, "slide")
    picture = base64.b64encode(HERO.read_bytes()).decode()
    opening.attachments = {"hero.jpg": {"image/jpeg": picture}}
    cells: list[Any] = [opening]
    for path in paths:
        for cell in nbformat.read(path, as_version=4).cells:
            cells.append(nbformat.from_dict(cell | {"id": f"{path.stem[:2]}-{cell.id}"}))
    language = {"name": "python", "pygments_lexer": "ipython3"}
    title = "Deep art, taken apart"
    return new_notebook(cells=cells, metadata={"title": title, "language_info": language})


def build(assets: str | None = None) -> str:
    """The whole lecture as a page."""
    lecture = merge([HERE.parent / f"{name}.ipynb" for name in NOTEBOOKS])
    page, _ = SlidesExporter(config=settings(assets)).from_notebook_node(lecture)
    return page


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the lecture to a file."""
    parser = argparse.ArgumentParser(description="Make one deck of slides from notebooks 02 to 05.")
    parser.add_argument("--out", type=Path, default=Path("lecture.html"), help="the page")
    parser.add_argument(
        "--assets",
        metavar="DIR",
        help="a node_modules folder, seen from the page: no network needed",
    )
    options = parser.parse_args(arguments)
    options.out.write_text(build(options.assets), encoding="utf-8")
    print(f"{options.out}: open it in a browser; S shows the notes, O all slides.")


if __name__ == "__main__":
    main()
