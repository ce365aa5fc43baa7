"""Pictures to move on a page without a kernel: a scrubber, a wipe, and a question with a hidden answer.

All pictures are in the page, and each control carries its own line of JavaScript, so that a saved
notebook, a page of `nbconvert` or of the site keeps working. GitHub removes the controls and shows all
pictures.
"""

import base64
import html
import json
from collections.abc import Sequence
from io import BytesIO
from itertools import product
from math import prod
from typing import Any

from IPython.display import HTML
from matplotlib.figure import Figure
from torch import Tensor

from nstlib.images import to_pil

_SHOW_ONE = (
    "const box=this.closest('.nst-moving'),s=[...box.querySelectorAll('input')],"
    "n=s.reduce((k,r)=>k*(+r.max+1)+ +r.value,0);"
    "s.forEach(r=>{const v=JSON.parse(r.dataset.values)[+r.value];r.nextElementSibling.value=v;"
    "r.setAttribute('aria-valuetext',v)});"
    "box.querySelectorAll('figure').forEach((f,i)=>f.hidden=i!==n)"
)
_PLAY = (
    "const b=this,r=b.closest('.nst-moving').querySelector('input'),stop=()=>{"
    "clearInterval(b.timer);b.timer=0;b.textContent='Play'},"
    "to=n=>{r.value=n;r.dispatchEvent(new Event('input'))};"
    "if(b.timer){stop();return}"
    "if(+r.value>=+r.max)to(0);"
    "b.textContent='Pause';"
    "b.timer=setInterval(()=>{+r.value<+r.max?to(+r.value+1):stop()},700)"
)
_WIPE = (
    "this.closest('.nst-moving').querySelector('.nst-over').style.clipPath="
    "'inset(0 0 0 '+this.value+'%)'"
)
_REVEAL = (
    "const box=this.closest('.nst-moving');box.querySelector('.nst-answer').hidden=false;"
    "box.querySelector('[role=status]').textContent=this.dataset.says"
)


def scrubber(
    pictures: Sequence[Tensor], *, alt: str, width: int = 384, quality: int = 80, **values: Sequence
) -> HTML:
    """Show one of many pictures at a time, with a slider for each thing that was varied.

    With one slider the pictures are a film: a button plays it, slowly enough to stop at a picture.

    Args:
        pictures: (1, 3, H, W) in [0, 1], in the order of `itertools.product(*values.values())`.
        alt: What the pictures show; the sliders' values are added to it for each of them.
        width: Of the picture on the page, in pixels.
        quality: Of the JPEGs.
        values: What each slider stands for and its values, such as `step=[0, 10, 100]`. An underscore
            in a name is shown as a space. The last picture is shown first.

    Raises:
        ValueError: If there is no slider, or not one picture for each combination of values.
    """
    wanted = prod(len(v) for v in values.values()) if values else 0
    if not wanted or len(pictures) != wanted:
        raise ValueError(
            "scrubber needs one picture for each combination of values: "
            f"{wanted} of them, not {len(pictures)}."
        )
    shown = {name.replace("_", " "): [str(v) for v in value] for name, value in values.items()}
    sliders = "".join(
        f'<label style="display:flex;gap:8px;align-items:center">{html.escape(name)} '
        f'<input type="range" min="0" max="{len(texts) - 1}" value="{len(texts) - 1}" '
        f'style="flex:1;min-width:80px" aria-valuetext="{html.escape(texts[-1])}" '
        f'data-values="{html.escape(json.dumps(texts))}" oninput="{_SHOW_ONE}">'
        f"<output>{html.escape(texts[-1])}</output></label>"
        for name, texts in shown.items()
    )
    figures = []
    for picture, combination in zip(pictures, product(*shown.values()), strict=True):
        state = ", ".join(f"{name} {text}" for name, text in zip(shown, combination, strict=True))
        last = len(figures) == wanted - 1
        figures.append(
            f'<figure style="margin:0"{"" if last else " hidden"}>'
            f"{_image(picture, f'{alt} ({state})', quality)}</figure>"
        )
    play = f'<button type="button" onclick="{_PLAY}">Play</button>' if len(shown) == 1 else ""
    return _page(play + sliders + "".join(figures), width)


def wipe(
    before: Tensor,
    after: Tensor,
    *,
    names: tuple[str, str] = ("before", "after"),
    alt: str,
    width: int = 384,
    quality: int = 85,
) -> HTML:
    """Lay one picture over another, with a slider that wipes between them.

    Args:
        before: (1, 3, H, W) in [0, 1]; on the left.
        after: The same shape; on the right.
        names: What to call the two.
        alt: What they show.
        width: Of the picture on the page, in pixels.
        quality: Of the JPEGs.

    Raises:
        ValueError: For two pictures of different shapes.
    """
    if before.shape != after.shape:
        raise ValueError(
            "wipe needs two pictures of one shape, not "
            f"{tuple(before.shape)} and {tuple(after.shape)}."
        )
    left, right = (html.escape(name) for name in names)
    over = "position:absolute;inset:0;clip-path:inset(0 0 0 50%)"
    return _page(
        f'<label style="display:flex;gap:8px;align-items:center">{left} '
        f'<input type="range" min="0" max="100" value="50" style="flex:1" '
        f'aria-label="wipe from {left} to {right}" oninput="{_WIPE}"> {right}</label>'
        f'<div style="position:relative">{_image(before, f"{alt} ({names[0]})", quality)}'
        f'<div class="nst-over" style="{over}">{_image(after, f"{alt} ({names[1]})", quality)}</div>'
        "</div>",
        width,
    )


def predict(
    question: str,
    choices: Sequence[str],
    *,
    right: int,
    because: str,
    answer: Tensor | Figure | None = None,
    alt: str = "",
    width: int = 520,
) -> HTML:
    """Ask before showing: the answer appears when one of the choices is taken.

    Args:
        question: One sentence.
        choices: What one may answer.
        right: The index of the right choice, from 0.
        because: The reason, shown with the answer.
        answer: A picture (1, 3, H, W) or a figure, revealed with the reason.
        alt: What the answer's picture shows; required with an answer.
        width: Of the picture on the page, in pixels.

    Raises:
        ValueError: For fewer than two choices, a right one that is not among them, or an answer without
            an alternative text.
    """
    if len(choices) < 2 or not 0 <= right < len(choices):
        raise ValueError(
            "predict needs two choices or more, and `right` is the index of one of them."
        )
    if answer is not None and not alt:
        raise ValueError("predict needs an `alt` that says what the answer's picture shows.")
    # Buttons need no group name, which two questions on one page would have to share out.
    buttons = "".join(
        f'<button type="button" style="margin:2px 6px 2px 0;padding:3px 10px" onclick="{_REVEAL}" '
        f'data-says="{"Yes." if number == right else f"No: {html.escape(choices[right])}."}">'
        f"{html.escape(choice)}</button>"
        for number, choice in enumerate(choices)
    )
    picture = "" if answer is None else _image(answer, alt, 85)
    return _page(
        f"<p style='margin:0 0 4px'><strong>Predict, then click:</strong> {html.escape(question)}</p>"
        f'<p style="margin:0">{buttons}</p><p role="status" style="margin:4px 0"></p>'
        f'<div class="nst-answer" hidden><p style="margin:0 0 4px">{html.escape(because)}</p>'
        f"{picture}</div>",
        width,
    )


def _page(inside: str, width: int) -> HTML:
    return HTML(f'<div class="nst-moving" style="max-width:{width}px">{inside}</div>')


def _image(picture: Tensor | Figure, alt: str, quality: int) -> str:
    buffer = BytesIO()
    options: dict[str, Any] = {"quality": quality, "optimize": True}
    if isinstance(picture, Figure):
        picture.savefig(buffer, format="jpeg", dpi=110, pil_kwargs=options)
    else:
        to_pil(picture).save(buffer, "jpeg", **options)
    data = base64.b64encode(buffer.getvalue()).decode()
    return (
        f'<img src="data:image/jpeg;base64,{data}" alt="{html.escape(alt)}" '
        'style="width:100%;display:block;margin:0">'
    )
