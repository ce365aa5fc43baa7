"""Formulas as SVG drawings inside the page, by ziamath: no script, no font, no network."""

import html
import re
from xml.etree import ElementTree

import ziamath
from docutils import nodes
from sphinx.util import logging

SIZE = 16  # pixels in the drawing's units; the page scales them with its text
COLOR = "currentColor"  # dark pages have light text
MARGIN = 1.0  # so that nothing is cut off at the edges
# Names that ziamath's parser does not know behind a \big.
SPELLED = {r"\langle": "⟨", r"\rangle": "⟩"}
ziamath.config.precision = 2
ziamath.config.svg2 = False  # no ids, which would not be unique in a page
log = logging.getLogger(__name__)


def drawn(tex: str, *, block: bool) -> str:
    """An <svg> whose sizes are in em and whose color is that of the text.

    Raises ValueError for a formula with a command that ziamath does not know.
    """
    known = re.sub(r"(?<=[Bb]ig)\\[lr]angle", lambda name: SPELLED[name[0]], tex)
    formula = ziamath.Latex(known, size=SIZE, inline=not block, margin=MARGIN, color=COLOR)
    unknown = re.search(r"\\[A-Za-z]+", formula.mathmlstr())
    if unknown:
        raise ValueError(f"{unknown[0]} cannot be drawn, in {tex!r}")
    svg = formula.svgxml()
    width, height = (float(svg.get(side)) / SIZE for side in ("width", "height"))
    svg.set("width", f"{width:.3f}em")
    svg.set("height", f"{height:.3f}em")
    svg.set("style", f"vertical-align: {(formula.getyofst() - MARGIN) / SIZE:.3f}em")
    svg.set("role", "img")
    svg.set("aria-label", " ".join(tex.split()))
    return ElementTree.tostring(svg, encoding="unicode")


def inline(translator, node: nodes.math) -> None:
    """Sphinx's visitor of a formula in a line."""
    _write(translator, node, block=False)


def display(translator, node: nodes.math_block) -> None:
    """Sphinx's visitor of a formula on its own."""
    _write(translator, node, block=True)


def _write(translator, node, *, block: bool) -> None:
    tex = node.astext()
    try:
        drawing = drawn(tex, block=block)
    except Exception as error:
        log.warning("a formula: %s", error, location=node)
        drawing = f"<code>{html.escape(tex)}</code>"
    tag, more = ("div", ' tabindex="0"') if block else ("span", "")
    translator.body.append(f'<{tag} class="math"{more}>{drawing}</{tag}>')
    raise nodes.SkipNode
