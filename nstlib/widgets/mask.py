"""A photo in the browser with a region on it, which is painted with a brush, an eraser, and fills.

This is an anywidget, like `picture.py`. The browser draws by itself; it sends the region when a stroke
has ended, and so the kernel may be busy meanwhile.
"""

from importlib import resources

import anywidget
import traitlets


class MaskPainter(anywidget.AnyWidget):
    """A photo on which the user paints a region.

    Attributes:
        image: The photo, as the bytes of a JPEG or PNG. The mask gets its size.
        alt: What the photo shows, in a sentence.
        mask: The region, as the bytes of a PNG, white inside and black outside; empty if nothing is
            painted. `load_mask` reads it.
        pieces: Where fills end: {name: the labels of the pieces of the photo}, each the bytes of a PNG
            of the size of the photo with the label in red + 256 * green. Empty until they are known.
        inside, outside: What the region and the rest get, in the sentence under the photo.
        width: The largest width of the photo on the page, of CSS.
        photo: How many photos there have been.
    """

    _esm = (resources.files("nstlib.widgets") / "mask.js").read_text("utf-8")
    _css = (resources.files("nstlib.widgets") / "mask.css").read_text("utf-8")

    # The base class in the browser reads it when there is a tooltip.
    description = traitlets.Unicode("").tag(sync=True)
    image = traitlets.Bytes(b"").tag(sync=True)
    alt = traitlets.Unicode("").tag(sync=True)
    # What the browser has painted is not sent back to it: it may have painted more by now.
    mask = traitlets.Bytes(b"").tag(sync=True, echo_update=False)
    pieces = traitlets.Dict().tag(sync=True)
    inside = traitlets.Unicode("the second style").tag(sync=True)
    outside = traitlets.Unicode("the first style").tag(sync=True)
    width = traitlets.Unicode("460px").tag(sync=True)
    photo = traitlets.Int(0).tag(sync=True)

    def __init__(self, **traits):
        super().__init__(**traits)
        self.on_msg(self._take)

    def show(self, image: bytes, alt: str) -> None:
        """Show another photo, without a region; the strokes of the one before cannot come back.

        Args:
            image: The bytes of a JPEG or PNG; empty for none.
            alt: What it shows.
        """
        with self.hold_sync():
            self.photo += 1
            self.mask, self.pieces = b"", {}
            self.image, self.alt = image, alt

    def _take(self, _, content: dict, buffers: list) -> None:
        """Take a region from the browser, unless it was painted on the photo before this one."""
        if content["photo"] == self.photo:
            self.set_state({"mask": bytes(buffers[0])})
