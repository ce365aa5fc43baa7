"""A picture in the browser with an alt text, cells to pick, marks, and a second picture to wipe over it.

The Image of ipywidgets has no alt text and reports no clicks. This is an anywidget: one JavaScript file
that works in JupyterLab, VS Code, Colab and Voilà.
"""

from importlib import resources

import anywidget
import traitlets


class Picture(anywidget.AnyWidget):
    """A picture, optionally divided into cells that the user can pick.

    Attributes:
        image: The bytes of a JPEG or PNG.
        alt: What it shows, in a sentence.
        width: The largest width on the page, of CSS.
        pixelated: Whether enlarged pixels stay squares.
        rows, columns: Into how many cells it is divided; 0 for none.
        cell: [row, column] of the picked cell, or [].
        names: What each cell is called, row by row.
        row_names, column_names: What its row and its column are called, for a cell without a name.
        cross: Whether the row and the column of the picked cell are marked too.
        hint: What a screen reader says about the keys.
        blocks: Whether dragging picks a block of cells.
        block: That block, [first row, first column, last row, last column], or [].
        boxes: Frames to draw, each [left, top, right, bottom] as fractions of the picture.
        over: A second picture on top of the first, as the bytes of a JPEG or PNG.
        wipe: How much of the width the second picture covers, from the left, 0 to 1.
        opacity: Of the second picture, 0 to 1.
    """

    _esm = (resources.files("nstlib.widgets") / "picture.js").read_text("utf-8")
    _css = (resources.files("nstlib.widgets") / "picture.css").read_text("utf-8")

    # The base class in the browser reads it when there is a tooltip.
    description = traitlets.Unicode("").tag(sync=True)
    image = traitlets.Bytes(b"").tag(sync=True)
    alt = traitlets.Unicode("").tag(sync=True)
    width = traitlets.Unicode("320px").tag(sync=True)
    pixelated = traitlets.Bool(False).tag(sync=True)
    rows = traitlets.Int(0).tag(sync=True)
    columns = traitlets.Int(0).tag(sync=True)
    cell = traitlets.List(traitlets.Int(), default_value=[]).tag(sync=True)
    names = traitlets.List(traitlets.Unicode(), default_value=[]).tag(sync=True)
    row_names = traitlets.List(traitlets.Unicode(), default_value=[]).tag(sync=True)
    column_names = traitlets.List(traitlets.Unicode(), default_value=[]).tag(sync=True)
    cross = traitlets.Bool(False).tag(sync=True)
    hint = traitlets.Unicode("Pick with the arrow keys, faster with Shift.").tag(sync=True)
    blocks = traitlets.Bool(False).tag(sync=True)
    block = traitlets.List(traitlets.Int(), default_value=[]).tag(sync=True)
    boxes = traitlets.List(default_value=[]).tag(sync=True)
    over = traitlets.Bytes(b"").tag(sync=True)
    wipe = traitlets.Float(0.0).tag(sync=True)
    opacity = traitlets.Float(1.0).tag(sync=True)
