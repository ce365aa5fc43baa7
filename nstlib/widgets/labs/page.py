"""The controls and pictures of a lab, and their layout; `lab.py` uses them."""

import html
import math
from collections.abc import Mapping, Sequence

import ipywidgets as widgets
import torch
from torch import Tensor

from nstlib.widgets.app import App, button, named
from nstlib.widgets.drawing import jpeg
from nstlib.widgets.labs.tray import Tray
from nstlib.widgets.live import COLORS, Progress
from nstlib.widgets.picture import Picture

SIDE = 230  # pixels of a picture on the page
WIDE = 350  # pixels of the numbers beside them


class LabPage(App):
    """The page of a lab, with all widgets as attributes.

    Args:
        name: Of the app, as in "content-lab".
        image: The original, (1, 3, H, W) in [0, 1].
        layers: Those to choose from.
        ticked: Those that are ticked at first.
        starts: Pairs (label, init) of what a run may start from.
    """

    def __init__(
        self,
        name: str,
        image: Tensor,
        *,
        layers: Sequence[str],
        ticked: Sequence[str],
        starts: Sequence[tuple[str, str]],
    ):
        super().__init__(name)
        self._make_choice(layers, ticked, starts)
        self._make_transport()
        self._make_screen(image)
        self.tray = Tray(image, f"{name.replace('-', '_')}.png", self)
        self._arrange()

    def _make_choice(self, layers, ticked, starts) -> None:
        self.boxes = {
            layer: named(
                widgets.Checkbox(
                    layer in ticked, description=layer, indent=False, layout={"width": "90px"}
                ),
                f"lab-{layer}",
                f"Use {layer} to make the picture",
            )
            for layer in layers
        }
        self.init = named(
            widgets.Dropdown(options=starts, description="start from"),
            "lab-init",
            "The picture that the run starts from",
        )
        self.steps = named(
            widgets.BoundedIntText(100, min=1, max=2000, description="steps"),
            "lab-steps",
            "How many updates of the pixels",
        )
        self.seed = named(
            widgets.BoundedIntText(0, min=0, max=2**31 - 1, description="seed"),
            "lab-seed",
            "Which noise to start from",
        )
        for control, label, width in (
            (self.init, 65, 205),
            (self.steps, 38, 115),
            (self.seed, 35, 115),
        ):
            control.style.description_width = f"{label}px"
            control.layout.width = f"{width}px"

    def _make_transport(self) -> None:
        make = "Make a picture from all ticked layers; this replaces a run that is going on"
        end = "End the run here; its picture goes to the tray"
        look = {"width": "110px"}
        self.start = button("Start", "lab-start", make, icon="play", style="primary", **look)
        self.stop = button("Stop", "lab-stop", end, icon="stop", **look)
        self.series = button(
            "", "lab-series", "Several runs, one after the other", icon="forward", **look
        )
        self.progress = Progress()
        self.progress.bar.layout.width = "110px"

    def _make_screen(self, image: Tensor) -> None:
        height, width = image.shape[2:]
        shown = f"{round(SIDE * min(1, width / height))}px"
        self.original = Picture(image=jpeg(image), alt="The original picture.", width=shown)
        self.preview = Picture(
            image=jpeg(torch.full_like(image, 0.5)), alt="There is no picture yet.", width=shown
        )
        self.preview.add_class("nst-lab-preview")
        self.made = widgets.HTML(small("to be made")).add_class("nst-lab-made")
        self.scores = widgets.HTML(layout={"width": f"{WIDE}px"}).add_class("nst-lab-scores")
        self.curves = widgets.HTML(layout={"width": f"{WIDE}px"}).add_class("nst-lab-curves")

    def _arrange(self) -> None:
        wrap = {"flex_flow": "row wrap", "align_items": "center", "grid_gap": "0 4px"}
        how = [self.init, self.steps, self.seed, self.start, self.stop, self.series]
        self.fill(
            widgets.HBox([widgets.HTML("Layers"), *self.boxes.values()], layout=wrap),
            widgets.HBox(how, layout=wrap),
            widgets.HBox(
                [
                    widgets.VBox([self.original, widgets.HTML(small("original"))]),
                    widgets.VBox([self.preview, self.made]),
                    widgets.VBox([self.progress, self.scores, self.curves]),
                ],
                layout={"flex_flow": "row wrap", "grid_gap": "6px 12px"},
            ),
            self.tray,
        )


def scores(measures: Mapping[str, str], losses: Mapping[str, float], about: str) -> str:
    """Return the numbers of a picture as HTML: measures in a line, and losses in a table with bars.

    Args:
        measures: {name: text}.
        losses: {"kind/layer": value}. The bars are logarithmic: full at 1, empty at 1e-5.
        about: What the losses measure.
    """
    cells = []
    for number, (name, value) in enumerate(losses.items()):
        full = min(max(1 + math.log10(value) / 5, 0), 1) if value > 0 else 0
        color = COLORS[number % len(COLORS)]
        cells.append(
            f"<div>{html.escape(name.partition('/')[2])}</div>"
            f'<div style="text-align: right">{value:.2g}</div>'
            f'<div style="height: 9px; width: {100 * full:.0f}%; background: {color}"></div>'
        )
    line = ", ".join(f"{html.escape(n)} <b>{html.escape(v)}</b>" for n, v in measures.items())
    grid = "display: grid; grid-template-columns: auto auto 190px; gap: 0 10px; align-items: center"
    return (
        f'<div style="line-height: 1.25">{line}{small(about)}'
        f'<div style="{grid}; justify-content: start; font-size: 12px">{"".join(cells)}</div></div>'
    )


def small(words: str) -> str:
    """Return a line of small text, as HTML."""
    return f'<div style="font-size: 12px; line-height: 1.25">{html.escape(words)}</div>'
