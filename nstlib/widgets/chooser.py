"""Choosing a picture: a thumbnail, an upload, or a path or URL."""

import html
from importlib import resources

import ipywidgets as widgets
import torch
import traitlets
from torch import Tensor

from nstlib.images import PHOTOS, load_image, photo, resize
from nstlib.paintings import PAINTINGS, painting
from nstlib.widgets.app import App, named
from nstlib.widgets.picture import Picture

SHEETS = {"photos": tuple(PHOTOS), "paintings": tuple(PAINTINGS)}
COLUMNS = 5
SIDE = 72  # pixels of a thumbnail


class Chooser(widgets.VBox):
    """Choose one picture: `source` says which.

    kind: "photos" or "paintings", whose thumbnails are shown. app: tells the user of a bad picture.
    An upload, a path or a URL is looked at at once; what cannot be read leaves the choice as it was.
    """

    source = traitlets.Any()  # the name of a thumbnail, a path or URL, or (file name, bytes)

    def __init__(self, kind: str, name: str, *, chosen: str, label: str, app: App):
        self._names = SHEETS[kind]
        self._painted = kind == "paintings"
        self.thumbnails = named(
            Picture(
                image=(resources.files("nstlib") / f"data/{kind}.jpg").read_bytes(),
                alt=f"{label}: {', '.join(self._names)}.",
                width="300px",
                rows=len(self._names) // COLUMNS,
                columns=COLUMNS,
                names=list(self._names),
            ),
            f"{name}-thumbnails",
            f"{label}: choose one of these",
        )
        self.upload = named(
            widgets.FileUpload(accept="image/*", description="Upload", multiple=False),
            f"{name}-upload",
            f"{label}: a picture from this computer",
        )
        self.path = named(
            widgets.Text(
                placeholder="path or URL, then Enter", description="or", continuous_update=False
            ),
            f"{name}-path",
            f"{label}: a file that the kernel can see, or an address; for pictures above 1 MB too",
        )
        self.upload.layout.width, self.path.layout.width = "96px", "200px"
        self.path.style.description_width = "20px"
        self.chosen = widgets.HTML().add_class(f"nst-{name}-chosen")
        super().__init__(
            [
                self.chosen,
                self.thumbnails,
                widgets.HBox([self.upload, self.path]),
            ]
        )
        self._label = label
        self.observe(lambda change: self._say(), "source")
        self.source = chosen
        if chosen not in self._names:
            self.image(64)  # an error now, not when a run begins
        self.thumbnails.observe(app.safely(self._pick), "cell")
        self.upload.observe(app.safely(self._take_upload), "value")
        self.path.observe(app.safely(self._take_path), "value")

    def image(self, size: int) -> Tensor:
        """The chosen picture, (1, 3, H, W), its longer side at most `size` pixels."""
        if isinstance(self.source, tuple):
            return load_image(self.source[1], size=size)
        if self.source not in self._names:
            return load_image(self.source, size=size)
        return painting(self.source, size=size) if self._painted else photo(self.source, size=size)

    def name(self) -> str:
        """What the chosen picture is called."""
        return self.source[0] if isinstance(self.source, tuple) else str(self.source)

    def code(self, size: int) -> str:
        """The call that gives `image(size)`."""
        if isinstance(self.source, tuple):
            return f"load_image({self.source[0]!r}, size={size})  # the file you uploaded"
        if self.source not in self._names:
            return f"load_image({self.source!r}, size={size})"
        return f"{'painting' if self._painted else 'photo'}({self.source!r}, size={size})"

    def _pick(self, change) -> None:
        if change["new"]:
            row, column = change["new"]
            self.source = self._names[row * COLUMNS + column]

    def _take_upload(self, change) -> None:
        for file in change["new"]:
            content = bytes(file["content"])
            load_image(content, size=64)  # an error now, not when the run begins
            self.source = (file["name"], content)

    def _take_path(self, change) -> None:
        if change["new"].strip():
            load_image(change["new"].strip(), size=64)
            self.source = change["new"].strip()

    def _say(self) -> None:
        in_sheet = not isinstance(self.source, tuple) and self.source in self._names
        place = divmod(self._names.index(self.source), COLUMNS) if in_sheet else ()
        self.thumbnails.cell = list(place)
        self.chosen.value = f"<b>{html.escape(self._label)}</b>: {html.escape(self.name())}"


def sheet(kind: str) -> Tensor:
    """The thumbnails of one kind, as they lie in `nstlib/data`: (1, 3, H, W)."""
    make = {"photos": photo, "paintings": painting}[kind]
    squares = [_square(make(name, size=128)) for name in SHEETS[kind]]
    rows = [torch.cat(squares[i : i + COLUMNS], 3) for i in range(0, len(squares), COLUMNS)]
    return torch.cat(rows, 2)


def _square(image: Tensor) -> Tensor:
    height, width = image.shape[2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return resize(image[:, :, top : top + side, left : left + side], (SIDE, SIDE))
