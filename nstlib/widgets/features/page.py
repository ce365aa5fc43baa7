"""The controls and pictures of the feature explorer, and their layout; `explorer.py` uses them."""

import ipywidgets as widgets
from torch import Tensor

from nstlib.widgets.app import App, button, named
from nstlib.widgets.drawing import jpeg
from nstlib.widgets.picture import Picture

GRID = 4  # the most active channels are shown in as many rows and columns
TILE = 96  # pixels of each
SIDE = 310  # pixels of the other pictures; with larger ones the app would not fit on a projector


class FeaturePage(App):
    """The page of the feature explorer, with all widgets as attributes.

    Args:
        image: The picture to show, (1, 3, H, W) in [0, 1].
        layers: Those to choose from.
        layer: The first one to show.
        before: Whether to show it before its ReLU.
    """

    def __init__(self, image: Tensor, layers: list[str], *, layer: str, before: bool):
        super().__init__("feature-explorer")
        self._make_controls(layers, layer, before=before)
        self._make_pictures(image)
        self._arrange(image)

    def _make_controls(self, layers: list[str], layer: str, *, before: bool) -> None:
        full = {"width": "98%"}
        self.layer = named(
            widgets.Dropdown(options=layers, value=layer, description="Layer"),
            "feature-layer",
            "Which layer of the network to look at; arrow keys go through them",
        )
        self.layer.layout.width = "170px"
        self.layer.style.description_width = "45px"
        self.before = named(
            widgets.Checkbox(before, description="before the ReLU", indent=False),
            "feature-before",
            "Show the output of the convolution, with the negative values that the ReLU cuts off",
        )
        self.before.layout.width = "140px"
        self.network = widgets.HTML(layout={"flex": "1 1 0"}).add_class("nst-feature-network")
        self.channel = named(
            widgets.IntSlider(description="Channel", layout=full),
            "feature-channel",
            "Which channel of the layer to look at; arrow keys go through them",
        )
        self.channel.style.description_width = "55px"
        place = "The channel {} this one in the order of their means"
        before, after = place.format("before"), place.format("after")
        self.more = button("previous", "feature-more", before, icon="arrow-left")
        self.less = button("next most active", "feature-less", after, icon="arrow-right")
        self.smooth = named(
            widgets.Checkbox(False, description="smooth", indent=False),
            "feature-smooth",
            "Show the map smooth, or each position as a square",
        )
        self.smooth.layout.width = "85px"
        self.opacity = named(
            widgets.FloatSlider(
                0.0, max=1, step=0.05, description="Map over it", readout_format=".0%", layout=full
            ),
            "feature-opacity",
            "Lay the map over the picture, which shows through where the channel is silent",
        )
        self.opacity.style.description_width = "80px"
        number = {"width": "78px"}
        self.x = named(
            widgets.BoundedIntText(description="x", layout=number),
            "feature-x",
            "Column of the position in the map, from 0 at the left",
        )
        self.y = named(
            widgets.BoundedIntText(description="y", layout=number),
            "feature-y",
            "Row of the position in the map, from 0 at the top",
        )
        for field in (self.x, self.y):
            field.style.description_width = "15px"
        self.strongest = button(
            "to its peak", "feature-strongest", "Go to the largest value of this channel"
        )

    def _make_pictures(self, image: Tensor) -> None:
        self.picture = named(
            Picture(image=jpeg(image), wipe=1.0),
            "feature-picture",
            "Pick a place to see what the network sees there",
        )
        self.map = named(Picture(), "feature-map", "Pick a place in the map of the channel")
        self.grid = named(Picture(columns=GRID), "feature-grid", "Pick one of the channels")
        # Linked in the browser, so that it follows the mouse without the kernel.
        self._link = widgets.jslink((self.opacity, "value"), (self.picture, "opacity"))
        self.picture.opacity = self.opacity.value
        self.about_place = widgets.HTML().add_class("nst-feature-about-place")
        self.about_channel = widgets.HTML().add_class("nst-feature-about-channel")
        self.about_layer = widgets.HTML().add_class("nst-feature-about-layer")
        self.atlas = widgets.HTML().add_class("nst-feature-atlas")

    def _arrange(self, image: Tensor) -> None:
        height, width = image.shape[2:]
        wide = round(SIDE * min(1, width / height))
        for picture in (self.picture, self.map, self.grid):
            picture.width = f"{wide}px"
        column = {"flex": "1 1 0", "max_width": f"{max(wide, 250)}px", "min_width": "220px"}
        wrap = {"flex_flow": "row wrap", "align_items": "center"}
        self.fill(
            widgets.HBox(
                [
                    widgets.VBox([self.layer, widgets.HBox([self.before, self.smooth])]),
                    self.network,
                ],
                layout={"align_items": "center", "grid_gap": "0 10px"},
            ),
            widgets.HBox(
                [
                    widgets.VBox(
                        [
                            self.picture,
                            self.opacity,
                            widgets.HBox([self.x, self.y, self.strongest], layout=wrap),
                            self.about_place,
                        ],
                        layout=column,
                    ),
                    widgets.VBox(
                        [
                            self.map,
                            self.channel,
                            widgets.HBox([self.more, self.less]),
                            self.about_channel,
                        ],
                        layout=column,
                    ),
                    widgets.VBox([self.grid, self.about_layer, self.atlas], layout=column),
                ],
                layout={"flex_flow": "row wrap", "grid_gap": "8px 14px"},
            ),
        )

    def close(self) -> None:
        """Remove the app."""
        self._link.close()
        super().close()
