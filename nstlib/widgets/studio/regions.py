"""Two styles in one picture: the fold of the studio with a second style and a brush for its region."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import ipywidgets as widgets
import numpy as np
from skimage.segmentation import felzenszwalb
from torch import Tensor

from nstlib.images import load_mask, resize, write_whole
from nstlib.optimize import Step
from nstlib.widgets.app import App, named
from nstlib.widgets.drawing import jpeg, png
from nstlib.widgets.film import free_path
from nstlib.widgets.job import Job
from nstlib.widgets.mask import MaskPainter
from nstlib.widgets.studio.chooser import Chooser, Source

SIDE = 512  # pixels of the photo that is painted on, and of the mask
# {name: (scale, smallest piece in pixels)}; "medium" comes first because fills begin with it.
PIECES = {"medium": (300, 400), "small": (100, 150), "large": (1000, 1000)}
HELP = """<p style="margin: 0 0 6px; line-height: 1.45">Paint on the photo. Inside the region the
picture gets the second style, and outside it the first. <i>Fill</i> takes a piece of the photo up to
its edges. If you change the region while a run goes on, the change counts from the next Start. The loss
curves call the outside region 1 and the inside region 2. Press <i>Two styles, by region</i>
again to go back to one style; your region is kept.</p>
<p style="margin: 0 0 10px; line-height: 1.45">Keys on the photo: the arrows move the brush, Space
paints, Shift + Space erases, + and − change the size, F fills, Z undoes, Y redoes. Hold Space and press
arrows to draw a line.</p>"""
ROOM = {"padding": "8px 0 12px 4px"}


@dataclass(frozen=True)
class Region:
    """What a run needs of the fold.

    Attributes:
        mask: Where the second style goes, as the bytes of a PNG.
        style: The second style.
        code: The Python expression that makes it.
    """

    mask: bytes
    style: Source
    code: str


class Regions(widgets.VBox):
    """A button that opens a fold with a second style and the photo to paint its region on.

    A run has two styles only if the fold is open when it starts. A region that is painted is kept while
    the fold is closed.

    Args:
        content, style: The choosers of the photo and of the style outside the region.
        second: The second style at first.
        app: Its status line shows messages and errors.

    Attributes:
        toggle: The button.
        second: The chooser of the second style.
        painter: The photo with the region.
        finder: The job that finds the edges of the photo.
    """

    def __init__(self, content: Chooser, style: Chooser, *, second: str, app: App):
        self._content, self._style, self._app = content, style, app
        self._shown = None  # the source of the photo that the painter shows
        self._kept: dict[bytes, Path] = {}  # the file of each mask that has been written
        self.finder = Job()
        self._photo = (
            threading.Lock()
        )  # held while the photo changes, and while its pieces are sent
        self.toggle = named(
            widgets.ToggleButton(description="Two styles, by region", icon="paint-brush"),
            "regions",
            "paint a part of the photo that gets a second style; press again for one style",
        )
        self.toggle.layout.width = "210px"
        self.second = Chooser("paintings", "second", chosen=second, label="Second style", app=app)
        self.painter = named(MaskPainter(), "mask-painter", "the region of the second style")
        help_text = widgets.HTML(HELP, layout={"max_width": "410px"})
        self._fold = widgets.HBox(
            [self.painter, widgets.VBox([help_text, self.second])],
            layout={"display": "none", "grid_gap": "6px 24px", "flex_flow": "row wrap"} | ROOM,
        )
        super().__init__([self.toggle, self._fold])
        self.toggle.observe(app.safely(lambda change: self._unfold()), "value")
        content.observe(app.safely(lambda change: self._follow()), "source")
        for chooser in (style, self.second):
            chooser.observe(lambda change: self._name(), "source")
        self.painter.observe(app.safely(lambda change: self._say_when()), "mask")
        self._name()

    def chosen(self, size: int) -> Region | None:
        """Return the region and its style; None if the fold is closed or nothing is painted.

        Args:
            size: Of the style picture in the code, its longer side in pixels.

        Raises:
            ValueError: If the region covers the whole photo.
        """
        mask = self.painter.mask
        if not mask or not self.toggle.value:
            return None
        if load_mask(mask).min() == 1:
            raise ValueError(
                f"The region covers the whole photo and leaves nothing for {self._style.name()}: erase "
                "a part of it, or clear it and choose one style."
            )
        source = self.second.source
        return Region(mask, source, self.second.code(size, source))

    def keep(self, region: Region, beside: Path) -> Path:
        """Write the mask of a region to a file, if it has not been written yet.

        Args:
            region: What `chosen` returned.
            beside: The path of the picture, from which the mask gets its name: "painted-mask.png".

        Returns:
            The path of the file.

        Raises:
            OSError: If it cannot be written.
        """
        path = self._kept.get(region.mask)
        if path is None or not path.exists():
            path = free_path(beside.with_name(f"{beside.stem}-mask.png"))
            write_whole(path, region.mask)
            self._kept[region.mask] = path
        return path

    def close(self) -> None:
        """Stop looking for edges, and close the widgets."""
        self.finder.stop()
        super().close()

    def _unfold(self) -> None:
        self._fold.layout.display = "" if self.toggle.value else "none"
        if self.toggle.value and self._shown != self._content.source:
            self._show_photo()

    def _follow(self) -> None:
        """Another photo has been chosen: its region begins empty."""
        had = bool(self.painter.mask)
        self._shown = None
        with self._photo:
            self.painter.show(b"", "")
        if self.toggle.value:
            self._show_photo()
        if had:
            self._app.say("The region was painted on the other photo, so it has been cleared.")

    def _show_photo(self) -> None:
        self._shown = self._content.source
        image = resize(self._content.image(SIDE), SIDE)  # a small upload is enlarged
        with self._photo:
            self.painter.show(jpeg(image), f"The photo: {self._content.name()}.")
            photo = self.painter.photo
        self.finder.start(lambda: self._find(image, photo), on_end=self._found)

    def _find(self, image: Tensor, photo: int) -> Iterator[Step]:
        """On the worker's thread: give the painter the pieces of the photo, as they come."""
        for name in PIECES:
            found = png(_as_colors(pieces(image, name)))
            with self._photo:
                if self.painter.photo != photo:
                    break
                self.painter.pieces = self.painter.pieces | {name: found}
        return iter(())  # a run without steps

    def _found(self, job: Job) -> None:
        if job.status == "failed":
            self._app.say_failed(job.error, job.traceback)

    def _name(self) -> None:
        self.painter.inside, self.painter.outside = self.second.name(), self._style.name()

    def _say_when(self) -> None:
        if self._app.job.status in ("running", "paused"):
            self._app.say("The region has changed; it counts from the next Start.")


def pieces(image: Tensor, name: str = "medium") -> np.ndarray:
    """Divide a picture along its edges (Felzenszwalb and Huttenlocher 2004).

    Args:
        image: (1, 3, H, W) in [0, 1].
        name: How large the pieces are, a key of `PIECES`.

    Returns:
        (H, W), the number of the piece of each pixel.
    """
    scale, smallest = PIECES[name]
    pixels = image[0].permute(1, 2, 0).double().cpu().numpy()
    return felzenszwalb(pixels, scale=scale, sigma=1.0, min_size=smallest)


def _as_colors(labels: np.ndarray) -> np.ndarray:
    """Numbers below 65536 as pixels (H, W, 3): red + 256 * green."""
    return np.stack([labels % 256, labels // 256, 0 * labels], -1).astype(np.uint8)
