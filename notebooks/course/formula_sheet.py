"""The formulas of the course on one sheet of paper.

python notebooks/course/formula_sheet.py --pdf formulas.pdf prints it (A4, or --paper letter), and --out
formulas.html writes the page alone. Formulas are drawings and the numbers of the table are computed, so
the page needs no network. The text is formula_sheet.md, the look formula_sheet.css. `FORMULAS` has the
formulas that stand in the notebooks too; a test compares.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from slides import FORMULA, drawing

from nstlib.vgg import BLOCKS, LAYERS, receptive_field

HERE = Path(__file__).parent
SIZE = 256  # the side of the picture of the table, in pixels
WIDTH = 4  # the compact network has a quarter of VGG-19's channels
SHOWN = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu4_2", "relu5_1")
FORMULAS = {  # name: (the notebook that has it, the formula)
    "layer": (
        "04",
        r"E_l = \frac{1}{4 N_l^2 M_l^2} \sum_{ij} \left(G^l_{ij} - A^l_{ij}\right)^2",
    ),
    "style": ("04", r"\mathcal L_{style} = \sum_l w_l E_l"),
    "total": (
        "05",
        r"\mathcal L_{total}(\vec p, \vec a, \vec x) = \alpha\, \mathcal L_{content}(\vec p, \vec x)"
        r" + \beta\, \mathcal L_{style}(\vec a, \vec x)",
    ),
    "gradient": ("04", r"\frac{\partial E}{\partial F} = \frac{1}{N^2 M^2}\, (G - A)\, F ."),
    "rate": ("02", r"\eta < 2 / \lambda_{max}"),
    "correlation": ("03", r"R_{ij} = \frac{G_{ij}}{\sqrt{G_{ii}\, G_{jj}}}"),
    "shuffle": (
        "03",
        r"(V P)(V P)^{\mathsf T} = V\, P P^{\mathsf T}\, V^{\mathsf T} = V V^{\mathsf T}",
    ),
}
TITLE = "Neural style transfer on one page"
FRAME = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>
{style}</style></head>
<body><h1>{title}</h1>
<p>After Gatys, Ecker and Bethge (2015), arXiv:1508.06576. The numbers of equations are the paper's.</p>
<main>{sections}</main>
<footer>From the course <em>Deep art, taken apart</em> (nstlib, the nstlib authors), CC BY 4.0. The
conventions are those of <code>nstlib.losses</code>: a style weight means something only together with
its convention.</footer>
</body></html>
"""
CONVENTIONS = (  # as in nstlib/losses.py
    ("lecture", r"\sum (F - P)^2", r"\sum (F F^{\mathsf T} - A)^2"),
    ("paper", r"\tfrac12 \sum (F - P)^2", r"\tfrac{1}{4 N^2 M^2} \sum (F F^{\mathsf T} - A)^2"),
    (
        "mean",
        r"\operatorname{mean}\,(F - P)^2",
        r"\operatorname{mean}\left(\tfrac1M F F^{\mathsf T} - \tfrac1M A\right)^2",
    ),
    (
        "relative",
        r"\ldots\, /\, \operatorname{mean} P^2",
        r"\ldots\, /\, \operatorname{mean}\left(\tfrac1M A\right)^2",
    ),
)


def layers() -> list[tuple[str, int, int, int, int, float]]:
    """(layer, channels, side of its maps, step, side of what it sees, operations so far) for `SHOWN`.

    The channels are VGG-19's; the operations are those of one pass forward up to there, in units of 10⁹.
    """
    found, operations, before = [], 0, 3
    for name in LAYERS:
        block = int(name[4])
        channels, side = BLOCKS[block - 1][1], SIZE // 2 ** (block - 1)
        if name.startswith("conv"):
            operations += 2 * 9 * before * channels * side**2
            before = channels
        if name in SHOWN:
            sees, step = receptive_field(name)
            found.append((name, channels, side, step, sees, operations / 1e9))
    return found


def page() -> str:
    """The sheet as HTML."""
    text = (HERE / "formula_sheet.md").read_text(encoding="utf-8")
    for name, (_, formula) in FORMULAS.items():
        text = text.replace(f"<{name}>", formula.removesuffix(" ."))
    sections = "".join(_section(part) for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:])
    sections = sections.replace("<conventions>", _conventions()).replace("<layers>", _layers())
    style = (HERE / "formula_sheet.css").read_text(encoding="utf-8")
    return FRAME.format(title=TITLE, style=style, sections=sections)


def _section(part: str) -> str:
    title, body = part.split("\n", 1)
    title = re.sub(r" \((.+)\)$", r" <small>\1</small>", title)
    blocks = []
    for block in body.strip().split("\n\n"):
        if items := re.findall(r"^\d\. (.+)$", block, re.MULTILINE):
            blocks.append(f"<ol>{''.join(f'<li>{item}</li>' for item in items)}</ol>")
        else:
            blocks.append(block if block.startswith(("$$", "<")) else f"<p>{block}</p>")
    return f"<section><h2>{title}</h2>{_marked(''.join(blocks))}</section>"


def _conventions() -> str:
    rows = "".join(
        f"<tr><td><code>{name}</code></td><td>{_marked(f'${content}$')}</td><td>{_marked(f'${style}$')}</td></tr>"
        for name, content, style in CONVENTIONS
    )
    head = "<tr><th></th><th>content</th><th>style, one layer</th></tr>"
    return f'<table class="wide">{head}{rows}</table>'


def _layers() -> str:
    rows = []
    for name, channels, side, step, sees, operations in layers():
        cells = (channels, channels // WIDTH, f"{side}²", step, sees, f"{operations:.1f}")
        rows.append(
            f"<tr><td><code>{name}</code></td>{''.join(f'<td>{it}</td>' for it in cells)}</tr>"
        )
    names = ("layer", "channels", "compact", "positions", "step", "sees", "ops")
    head = "".join(f"<th>{name}</th>" for name in names)
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


def _marked(text: str) -> str:
    """Formulas as drawings, `code` and *emphasis* as HTML."""
    text = FORMULA.sub(drawing, text)
    text = re.sub(r"`(.+?)`", r"<code>\1</code>", text)
    return re.sub(r"(?<![\w*])\*(\w[^*<]*)\*", r"<em>\1</em>", text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the sheet. Exit status 2, and a sentence, if that cannot be done."""
    parser = argparse.ArgumentParser(description="The formulas of the course on one sheet.")
    parser.add_argument("--pdf", type=Path, help="print it to this file; formulas.pdf if no --out")
    parser.add_argument("--out", type=Path, help="write the page, to be printed by a browser")
    parser.add_argument("--paper", choices=("a4", "letter"), default="a4", help="of the PDF")
    options = parser.parse_args(arguments)
    try:
        if options.out:
            options.out.write_text(page(), encoding="utf-8")
            print(f"{options.out}: open it in a browser and print it.")
        if options.pdf or not options.out:
            from printing import print_pdf

            to = options.pdf or Path("formulas.pdf")
            print_pdf(page(), to, paper=options.paper, margins=False)
            print(f"{to}: one page.")
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
