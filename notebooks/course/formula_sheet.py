"""The formulas of the course on one sheet of paper.

python notebooks/course/formula_sheet.py --pdf formulas.pdf prints it (A4, or --paper letter), and --out
formulas.html writes the page alone. Formulas are drawings and the numbers of the table are computed, so
the page needs no network. `FORMULAS` has those that stand in the notebooks too; a test compares.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from nstlib.vgg import BLOCKS, LAYERS, receptive_field

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "site"))

from formulas import drawn

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
STYLE = """
@page { margin: 0 }
* { box-sizing: border-box }
body { margin: 0; padding: 11mm 12mm 8mm; color: #1a1a1a; font: 9.2pt/1.36 "Source Sans 3", "Source Sans Pro",
  "Segoe UI", "Helvetica Neue", "Noto Sans", sans-serif }
h1 { margin: 0; font-size: 17pt; line-height: 1.1 }
h1 + p { margin: 2px 0 9px; color: #555 }
main { columns: 2; column-gap: 7mm }
section { break-inside: avoid; margin: 0 0 8px; padding: 5px 9px 6px; border-left: 3px solid #3b6fc4;
  background: #f5f7fb }
section:nth-of-type(2n) { border-color: #1f8f8a }
h2 { margin: 0 0 3px; font-size: 10.5pt }
p { margin: 2px 0 }
ol { margin: 2px 0; padding-left: 17px }
.math { white-space: nowrap }
div.math { margin: 4px 0; text-align: center }
h2 small { float: right; color: #555; font-weight: normal; font-size: 8.4pt }
table { width: 100%; border-collapse: collapse; font-size: 8.2pt }
th, td { padding: 1.5px 2px; text-align: right; border-bottom: 1px solid #d5dbe6; font-variant-numeric: tabular-nums }
th:first-child, td:first-child { text-align: left }
table.wide :is(th, td) { text-align: left }
code { font: 8.3pt "DejaVu Sans Mono", Consolas, monospace }
footer { margin-top: 4px; color: #555; font-size: 7.6pt }
"""
PARTS = (
    (
        "Letters and shapes",
        r"""$\vec x$ the new picture, $\vec p$ the photo, $\vec a$ the artwork: $(3, H, W)$, values from 0 to 1. At
        layer $l$ there are $N_l$ channels and $M_l = H_l W_l$ positions. $F$, $P$: features of $\vec x$ and $\vec
        p$, $N_l \times M_l$; a row is a channel, a column is a position. $G$, $A$: Gram matrices of $\vec x$ and
        $\vec a$, $N_l \times N_l$. (In notebook 03 the matrix of features is $V$.)""",
    ),
    (
        "Content <small>eq. 1</small>",
        r"""$$\mathcal L_{content} = \tfrac12 \sum_{ij} \left(F^l_{ij} - P^l_{ij}\right)^2$$
        Position by position: *what is where*. One deep layer, `relu4_2`.""",
    ),
    (
        "Gram matrix <small>eq. 3</small>",
        r"""$$G^l_{ij} = \sum_k F^l_{ik} F^l_{jk}, \qquad G = F F^{\mathsf T}$$
        What goes with what; *where* is summed out. In `nstlib` it is divided by $M$. A permutation $P$ of the
        positions changes nothing: $<shuffle>$ (here $V$ is $F$). Without the strength of the channels: $<correlation>$.""",
    ),
    (
        "Style <small>eq. 4 and 5</small>",
        r"""$$<layer>$$ $$<style>$$
        Paper: $w_l = 1/5$ for `relu1_1`, `relu2_1`, … `relu5_1`.""",
    ),
    (
        "Both <small>eq. 7</small>",
        r"""$$<total>$$
        Only $\vec x$ moves. Only $\beta/\alpha$ shapes the result.""",
    ),
    (
        "Gradients <small>eq. 2 and 6</small>",
        r"""$$\frac{\partial \mathcal L_{content}}{\partial F} = F - P, \qquad \frac{\partial E}{\partial F} =
        \frac{1}{N^2 M^2}\, (G - A)\, F$$
        where $F > 0$, and 0 elsewhere (the ReLU). The network carries both back to the pixels. At a minimum of the total the
        two pulls are equal and opposite.""",
    ),
    (
        "Downhill",
        r"""$$x \leftarrow x - \eta\, \frac{\partial \mathcal L}{\partial x}, \qquad <rate>$$
        $\lambda_{max}$: the largest curvature. L-BFGS estimates curvature from its last $m$ steps and keeps
        $2 m$ copies of the picture, $2 m \cdot 3HW \cdot 4$ bytes.""",
    ),
    ("Four conventions", "<conventions>"),
    ("Layers of VGG-19 <small>a picture of 256 × 256</small>", "<layers>"),
    (
        "How far a feature sees",
        r"""Size $s = 1$ and step $t = 1$ at the pixels. A 3 × 3 convolution: $s \leftarrow s + 2t$. A 2 × 2 pooling:
        $s \leftarrow s + t$, then $t \leftarrow 2t$.""",
    ),
    (
        "What a step costs",
        r"""A 3 × 3 convolution: $2 \cdot 9 \cdot C_{in} C_{out} M$ operations. A Gram matrix: $2 N^2 M$. Back to
        the pixels: about as much again. Twice the side: 4 × the operations and the memory. Twice the
        channels: 4 × the operations, 2 × the memory.""",
    ),
    (
        "The algorithm",
        """<ol><li>Choose a photo and a painting.</li><li>Take a trained network, and freeze it.</li>
        <li>Targets: features of the photo, Gram matrices of the painting.</li><li>Start with the photo, or with noise.</li>
        <li>Compute the loss of the picture and its gradient for the pixels.</li>
        <li>Move the pixels a little downhill. Repeat from 5.</li></ol>""",
    ),
)
CONVENTIONS = (  # as in nstlib/losses.py
    ("lecture", r"\sum (F - P)^2", r"\sum (F F^{\mathsf T} - A)^2"),
    ("paper", r"\tfrac12 \sum (F - P)^2", r"\tfrac{1}{4 N^2 M^2} \sum (F F^{\mathsf T} - A)^2"),
    (
        "mean",
        r"\operatorname{mean}\,(F - P)^2",
        r"\operatorname{mean}\left(\tfrac1M F F^{\mathsf T} - \tfrac1M A\right)^2",
    ),
    ("relative", r"\ldots\, /\, \operatorname{mean} P^2", r"\ldots\, /\, \operatorname{mean}\left(\tfrac1M A\right)^2"),
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
    tables = {"<conventions>": _conventions(), "<layers>": _layers()}
    sections = []
    for title, text in PARTS:
        for name, (_, formula) in FORMULAS.items():
            text = text.replace(f"<{name}>", formula.removesuffix(" ."))
        body = tables.get(text) or _marked(text)
        sections.append(f"<section><h2>{title}</h2>{body}</section>")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Neural style transfer on one '
        f"page</title><style>{STYLE}</style></head><body><h1>Neural style transfer on one page</h1>"
        "<p>After Gatys, Ecker and Bethge (2015), arXiv:1508.06576. Numbers of equations are the paper's.</p>"
        f"<main>{''.join(sections)}</main><footer>From the course <em>Deep art, taken apart</em> "
        "(nstlib, the nstlib authors), CC BY 4.0. The conventions are those of <code>nstlib.losses</code>: "
        "a style weight means something only together with its convention.</footer></body></html>"
    )


def _conventions() -> str:
    rows = "".join(
        f"<tr><td><code>{name}</code></td><td>{_marked(f'${content}$')}</td><td>{_marked(f'${style}$')}</td></tr>"
        for name, content, style in CONVENTIONS
    )
    head = "<tr><th></th><th>content</th><th>style, one layer</th></tr>"
    note = "<p>… is the line above. <em>Relative</em> is the default of <code>nstlib</code>.</p>"
    return f'<table class="wide">{head}{rows}</table>{note}'


def _layers() -> str:
    rows = "".join(
        f"<tr><td><code>{name}</code></td><td>{channels}</td><td>{channels // WIDTH}</td><td>{side}²</td>"
        f"<td>{step}</td><td>{sees}</td><td>{operations:.1f}</td></tr>"
        for name, channels, side, step, sees, operations in layers()
    )
    head = "".join(
        f"<th>{one}</th>"
        for one in ("layer", "channels", "compact", "positions", "step", "sees", "ops")
    )
    note = (
        "<p>Compact: channels of the bundled network, which therefore needs about a sixteenth of the operations. Step "
        "and sees: in pixels. Ops: operations of one pass forward up to this layer, × 10⁹.</p>"
    )
    return f"<table><tr>{head}</tr>{rows}</table>{note}"


def _marked(text: str) -> str:
    """Formulas as drawings, `code` and *emphasis* as HTML."""
    text = re.sub(r"\$\$(.+?)\$\$", lambda f: f'<div class="math">{drawn(f[1], block=True)}</div>', text, flags=re.DOTALL)
    text = re.sub(r"\$(.+?)\$", lambda f: f'<span class="math">{drawn(f[1], block=False)}</span>', text, flags=re.DOTALL)
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
