"""A picture in the browser that can be picked at, marked and wiped across, and that has an alt text.

ipywidgets' own Image has neither alt text nor clicks. This is an anywidget: one file of JavaScript that
JupyterLab, VS Code, Colab and Voilà all take as it is.
"""

from importlib import resources

import anywidget
import traitlets


class Picture(anywidget.AnyWidget):
    """A picture, `width` wide at the most.

    image: the bytes of a JPEG or PNG. alt: what it shows, in a sentence.
    rows, columns: into how many cells it is divided for picking; 0 for none.
    cell: (row, column) of the picked one, or (). names: what each cell is called, row by row.
    row_names, column_names: for a cell without a name of its own, what its row and column are called.
    cross: whether lines lead to the picked cell; hint: what a screen reader says about the keys.
    blocks: whether dragging picks a `block`, (first row, first column, last row, last column).
    boxes: frames to draw, each (left, top, right, bottom) as fractions of the picture.
    over: a second picture over the first, from the left up to the fraction `wipe` of the width;
        opacity is from 0, not to be seen, to 1.
    pixelated: whether enlarged pixels stay squares.
    """

    _esm = (resources.files("nstlib.widgets") / "picture.js").read_text("utf-8")
    _css = (resources.files("nstlib.widgets") / "picture.css").read_text("utf-8")

    # ipywidgets' base class looks at it when it sets a tooltip.
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
