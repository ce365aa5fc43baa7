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

THUMBNAILS = {"photos": tuple(PHOTOS), "paintings": tuple(PAINTINGS)}
COLUMNS = 5
SIDE = 72  # pixels of a thumbnail

Source = str | tuple[str, bytes]  # a thumbnail's name, a path or URL; or (file name, its content)


class Chooser(widgets.VBox):
    """Controls to choose one picture.

    An upload, a path or a URL is read at once. If it cannot be read, the choice stays as it was.

    Args:
        kind: "photos" or "paintings", whose thumbnails are shown.
        name: The controls get classes that begin with `nst-NAME`.
        chosen: The first choice: the name of a thumbnail, a path or a URL.
        label: What the picture is for, as in "Content".
        app: Its status line shows the errors.

    Attributes:
        source: The choice: the name of a thumbnail, a path or URL, or (file name, bytes).
    """

    source = traitlets.Any()

    def __init__(self, kind: str, name: str, *, chosen: str, label: str, app: App):
        self._names = THUMBNAILS[kind]
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
            f"{label}: a file that the kernel can read, or a URL; also for pictures above 1 MB",
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
        self._opened: tuple[str, Tensor | None] = "", None
        if chosen in self._names:
            self.source = chosen
        else:
            self._open(chosen)
        self.thumbnails.observe(app.safely(self._pick), "cell")
        self.upload.observe(app.safely(self._take_upload), "value")
        self.path.observe(app.safely(self._take_path), "value")

    def image(self, size: int, source: Source | None = None) -> Tensor:
        """Return a picture, (1, 3, H, W) in [0, 1].

        Args:
            size: The longer side in pixels; smaller uploads and files keep their size.
            source: Which picture; None is the chosen one.
        """
        source = self.source if source is None else source
        if isinstance(source, tuple):
            return load_image(source[1], size=size)
        if source not in self._names:
            path, picture = self._opened
            return load_image(picture if path == source else source, size=size)
        return painting(source, size=size) if self._painted else photo(source, size=size)

    def name(self) -> str:
        """Return the name of the chosen picture."""
        return self.source[0] if isinstance(self.source, tuple) else str(self.source)

    def code(self, size: int, source: Source | None = None) -> str:
        """Return the Python expression that makes `image(size, source)`."""
        source = self.source if source is None else source
        if isinstance(source, tuple):
            return f"load_image({source[0]!r}, size={size})  # the file you uploaded"
        if source not in self._names:
            return f"load_image({source!r}, size={size})"
        return f"{'painting' if self._painted else 'photo'}({source!r}, size={size})"

    def _pick(self, change) -> None:
        if change["new"]:
            row, column = change["new"]
            self.source = self._names[row * COLUMNS + column]

    def _take_upload(self, change) -> None:
        for file in change["new"]:
            content = bytes(file["content"])
            load_image(content, size=64)  # raises an error now and not when the run starts
            self.source = (file["name"], content)

    def _take_path(self, change) -> None:
        if change["new"].strip():
            self._open(change["new"].strip())

    def _open(self, path: str) -> None:
        """Choose a path or a URL; it is read or downloaded here, and only once."""
        self._opened = path, load_image(path)
        self.source = path

    def _say(self) -> None:
        bundled = not isinstance(self.source, tuple) and self.source in self._names
        place = divmod(self._names.index(self.source), COLUMNS) if bundled else ()
        self.thumbnails.cell = list(place)
        self.chosen.value = f"<b>{html.escape(self._label)}</b>: {html.escape(self.name())}"


def thumbnail_sheet(kind: str) -> Tensor:
    """Return all thumbnails of "photos" or "paintings" in rows, as in `nstlib/data`: (1, 3, H, W)."""
    make = {"photos": photo, "paintings": painting}[kind]
    squares = [_square(make(name, size=128)) for name in THUMBNAILS[kind]]
    rows = [torch.cat(squares[i : i + COLUMNS], 3) for i in range(0, len(squares), COLUMNS)]
    return torch.cat(rows, 2)


def _square(image: Tensor) -> Tensor:
    height, width = image.shape[2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return resize(image[:, :, top : top + side, left : left + side], (SIDE, SIDE))
