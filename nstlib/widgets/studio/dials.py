"""The controls of a transfer: what you choose before it starts, and what you can change as it runs."""

from typing import Any

import ipywidgets as widgets
import torch

from nstlib.optimizer import OPTIMIZERS
from nstlib.style_transfer import CONTENT_LAYERS, STYLE_LAYERS
from nstlib.vgg import LAYERS
from nstlib.widgets.app import named
from nstlib.widgets.studio.code import DEFAULTS

SIZES = (128, 192, 256, 384, 512, 768, 1024)
SCALES = {
    "from 96 px": (),  # stands for None, the default of `transfer`: a dropdown shows no label for None
    "full": (1.0,),
    "½, full": (0.5, 1.0),
    "¼, ½, full": (0.25, 0.5, 1.0),
}
TV_WEIGHTS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
RELUS = tuple(layer for layer in LAYERS if layer.startswith("relu") and layer <= "relu5_1")


class Settings(widgets.HBox):
    """The controls that count when a run starts.

    Args:
        size: The longer side at first, in pixels.
    """

    def __init__(self, *, size: int):
        sizes = sorted({*SIZES, size})
        self.size = _dropdown(
            "size", [(f"{n} px", n) for n in sizes], size, "longer side, in pixels"
        )
        self.steps = widgets.BoundedIntText(DEFAULTS["steps"], min=3, max=5000, description="steps")
        self.content_layer = _dropdown(
            "content layer", list(RELUS), CONTENT_LAYERS[0], "the layer whose features are kept"
        )
        self.init = _dropdown(
            "start from", ["content", "noise"], DEFAULTS["init"],
            "the picture that the first step begins with",
        )  # fmt: skip
        self.optimizer = _dropdown(
            "optimizer",
            list(zip(("L-BFGS", "Adam"), OPTIMIZERS, strict=True)),
            DEFAULTS["optimizer"],
            "how the gradient becomes a step",
        )
        self.scales = _dropdown(
            "scales",
            list(SCALES.items()),
            DEFAULTS["scales"] or (),
            "which sizes to work at; starting small paints the large strokes first",
        )
        self.seed = widgets.BoundedIntText(0, min=0, max=2**31, description="seed")
        named(self.steps, "steps", "how many updates of the pixels")
        named(self.seed, "seed", "which noise; it matters only for a start from noise")
        super().__init__(
            [
                self.size,
                self.steps,
                self.content_layer,
                self.init,
                self.optimizer,
                self.scales,
                self.seed,
            ],
            layout={"flex_flow": "row wrap", "width": "404px"},
        )
        for control in self.children:
            control.layout.width = "196px"
            control.style.description_width = "90px"

    def arguments(self) -> dict[str, Any]:
        """Return the choices as arguments of `transfer`, plus the "seed" of the noise."""
        return {
            "content_layers": (self.content_layer.value,),
            "init": self.init.value,
            "optimizer": self.optimizer.value,
            "steps": self.steps.value,
            "scales": self.scales.value or None,
            "seed": self.seed.value,
        }


class Dials(widgets.VBox):
    """The weights of the losses and the colors, which may be changed at any time."""

    def __init__(self):
        self.style = widgets.FloatLogSlider(
            DEFAULTS["style_weight"], base=10, min=-2, max=4, step=0.1,
            description="style weight", readout_format=".3g",
        )  # fmt: skip
        named(self.style, "style-weight", "β / α: how much the style counts against the content")
        self.layers = {
            layer: named(
                widgets.FloatSlider(
                    1.0, min=0, max=3, step=0.1, description=layer, readout_format=".1f"
                ),
                f"weight-{layer}",
                f"how much {layer} counts among the style layers; 0 switches it off",
            )
            for layer in STYLE_LAYERS
        }
        self.tv = widgets.SelectionSlider(
            options=[(f"{weight:g}", weight) for weight in TV_WEIGHTS],
            value=DEFAULTS["tv_weight"],
            description="total variation",
        )
        named(self.tv, "tv-weight", "how much neighboring pixels must agree; more is smoother")
        self.keep_colors = widgets.Checkbox(
            False, description="keep the colors of the content", indent=False
        )
        named(self.keep_colors, "keep-colors", "brightness from the painting, color from the photo")
        super().__init__([self.style, *self.layers.values(), self.tv, self.keep_colors])
        for control in self.children:
            control.layout.width = "296px"
            control.style.description_width = "92px"

    def arguments(self) -> dict[str, Any]:
        """Return the weights as arguments of `transfer`."""
        shares = {layer: slider.value / len(STYLE_LAYERS) for layer, slider in self.layers.items()}
        alike = all(slider.value == 1 for slider in self.layers.values())
        return {
            "style_layers": STYLE_LAYERS if alike else shares,
            "style_weight": self.style.value,
            "tv_weight": self.tv.value,
        }

    def on_move(self, handler) -> None:
        """Call `handler(change)` whenever one of the weights changes."""
        for slider in (self.style, *self.layers.values(), self.tv):
            slider.observe(handler, "value")


def _dropdown(label: str, options: list, value: Any, tooltip: str) -> widgets.Dropdown:
    name = {"start from": "init"}.get(label, label.replace(" ", "-"))
    control = widgets.Dropdown(options=options, value=value, description=label)
    return named(control, name, tooltip)


def default_size() -> int:
    """Return the size for this machine: 512 pixels with a GPU, 256 without."""
    return 512 if torch.cuda.is_available() else 256
