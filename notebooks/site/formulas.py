"""Formulas as SVG drawings inside a page of the site or a slide: no script, no font, no network."""

import html
import re
from xml.etree import ElementTree

import ziamath
from ziamath.tex import tex2mml

SIZE = 16  # pixels in the drawing's units; the page scales them with its text
MARGIN = 1.0  # so that nothing is cut off at the edges
# Names that ziamath's parser does not know behind a \big.
SPELLED = {r"\langle": "⟨", r"\rangle": "⟩"}
# The hat of a \hat, which is drawn too wide otherwise, and a small one.
HATS = ("<mo>&#x00302;</mo>", '<mo stretchy="false">&#x002C6;</mo>')
ziamath.config.precision = 2
ziamath.config.svg2 = False  # no ids, which would not be unique in a page


def drawn(tex: str, *, block: bool) -> str:
    """An <svg> whose sizes are in em and whose color is that of the text.

    Raises ValueError for a formula with a command that ziamath does not know.
    """
    known = re.sub(r"(?<=[Bb]ig)\\[lr]angle", lambda name: SPELLED[name[0]], tex)
    mathml = tex2mml(known, inline=not block).replace(*HATS)
    formula = ziamath.Math(mathml, size=SIZE, margin=MARGIN)
    unknown = re.search(r"\\[A-Za-z]+", formula.mathmlstr())
    if unknown:
        raise ValueError(f"{unknown[0]} cannot be drawn, in {tex!r}")
    svg = formula.svgxml()
    for shape in svg.iter():  # dark pages have light text
        for ink in ("fill", "stroke"):
            if shape.get(ink) == "black":
                shape.set(ink, "currentColor")
    width, height = (float(svg.get(side)) / SIZE for side in ("width", "height"))
    svg.set("width", f"{width:.3f}em")
    svg.set("height", f"{height:.3f}em")
    svg.set("style", f"vertical-align: {(formula.getyofst() - MARGIN) / SIZE:.3f}em")
    svg.set("role", "img")
    svg.set("aria-label", " ".join(tex.split()))
    return ElementTree.tostring(svg, encoding="unicode")


def inline(translator, node) -> None:
    """Sphinx's visitor of a formula in a line."""
    _write(translator, node, block=False)


def display(translator, node) -> None:
    """Sphinx's visitor of a formula on its own."""
    _write(translator, node, block=True)


def _write(translator, node, *, block: bool) -> None:
    from docutils import nodes  # here, because the slides draw formulas without Sphinx
    from sphinx.util import logging

    tex = node.astext()
    try:
        drawing = drawn(tex, block=block)
    except Exception as error:
        logging.getLogger(__name__).warning("a formula: %s", error, location=node)
        drawing = f"<code>{html.escape(tex)}</code>"
    tag, more = ("div", ' tabindex="0"') if block else ("span", "")
    translator.body.append(f'<{tag} class="math"{more}>{drawing}</{tag}>')
    raise nodes.SkipNode
