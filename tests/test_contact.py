"""Contact sheets: every picture in its place, every value on its margin."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nstlib.images import photo, resize
from nstlib.style_transfer import STYLE_LAYERS
from nstlib.sweep.runs import Result, grid
from nstlib.sweep.sheet import contact_sheet


def result(image=0.5, error="", **arguments):
    image = None if error else torch.full((1, 3, 8, 12), image)
    return Result(arguments, image, {}, error)


def shown(axis):
    return np.asarray(axis.images[0].get_array()) if axis.images else None


@given(st.permutations([(a, b) for a in (10, 1.5) for b in ("x", "y", "z")]))
@settings(max_examples=5, deadline=None)
def test_every_picture_stands_under_its_labels(order):
    values = {(a, b): i / 10 for i, (a, b) in enumerate((a, b) for a in (10, 1.5) for b in "xyz")}
    results = [result(values[a, b], weight=a, layer=b) for a, b in order]
    figure = contact_sheet(results, "weight", "layer")
    axes = np.array(figure.axes).reshape(2, 3)
    rows = [axis.get_ylabel().removeprefix("weight = ") for axis in axes[:, 0]]
    columns = [axis.get_title().removeprefix("layer = ") for axis in axes[0]]
    assert rows == [f"{a:g}" for a in dict.fromkeys(a for a, _ in order)]
    assert columns == list(dict.fromkeys(b for _, b in order))
    for i, a in enumerate(rows):
        for j, b in enumerate(columns):
            assert (shown(axes[i, j]) == round(255 * values[float(a), b])).all()


def test_failed_and_missing_cells_have_their_places():
    sentence = (
        "At step 3 the loss 'style/relu1_1' is no longer a finite number; try a smaller weight."
    )
    results = [result(0.2, a=0, b=0), result(error=sentence, a=0, b=1), result(0.4, a=1, b=1)]
    axes = np.array(contact_sheet(results, "a", "b").axes).reshape(2, 2)
    (text,) = axes[0, 1].texts
    assert text.get_text().replace("\n", " ") == sentence
    assert text.get_text().count("\n") >= 1
    assert shown(axes[0, 1]).shape == (8, 12, 3)
    assert shown(axes[1, 0]) is None
    assert not axes[1, 0].texts


def test_pictures_label_their_margin():
    one, other = resize(photo("astronaut"), (32, 40)), resize(photo("coffee"), (36, 33))
    contents, styles = [one, one.flip(3)], [other, other.flip(2)]
    cells = grid(content=contents, style=styles)
    results = [Result(cell, torch.full((1, 3, 8, 8), i / 4), {}) for i, cell in enumerate(cells)]
    figure = contact_sheet(results, "content", "style")
    axes = np.array(figure.axes).reshape(2, 2)
    assert [shown(axis).flat[0] for axis in axes.flat] == [0, 64, 128, 191]
    above = [axis.child_axes[0] for axis in axes[0]]
    beside = [axis.child_axes[-1] for axis in axes[:, 0]]
    assert sum(len(axis.child_axes) for axis in axes.flat) == 4
    for axis, picture in zip(above + beside, styles + contents, strict=True):
        np.testing.assert_allclose(shown(axis), 255 * picture[0].permute(1, 2, 0), atol=0.51)
    assert [axis.get_title() for axis in above] == ["style", "style"]
    assert [axis.get_ylabel() for axis in beside] == ["content", "content"]


def test_nothing_overlaps_and_all_is_on_the_sheet():
    pictures = [torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 6, 12)]
    results = [Result(cell, cell["a"], {}) for cell in grid(a=pictures, b=pictures[::-1])]
    figure = contact_sheet(results, "a", "b")
    figure.draw_without_rendering()
    thumbnails = [small for axis in figure.axes for small in axis.child_axes]
    boxes = [axis.get_window_extent() for axis in figure.axes]
    boxes += [small.get_tightbbox() for small in thumbnails]  # with their labels
    for i, box in enumerate(boxes):
        assert all(figure.bbox.padded(1).contains(*corner) for corner in box.corners())
        assert not any(box.padded(-1).overlaps(other) for other in boxes[:i])
    for axis in figure.axes + thumbnails:  # whole, whatever their shape
        left, right, bottom, top = axis.images[0].get_extent()
        assert min(axis.get_xlim()) <= left < right <= max(axis.get_xlim())
        assert min(axis.get_ylim()) <= top < bottom <= max(axis.get_ylim())


def labels(figure, across):
    texts = (axis.get_title() if across else axis.get_ylabel() for axis in figure.axes)
    return [" ".join(text.split()) for text in texts]


@pytest.mark.parametrize("across", [True, False])
def test_layers_from_the_first_to_the_last(across):
    sets = [STYLE_LAYERS[:depth] for depth in (1, 2, 3, 5)]
    results = [result(style_layers=layers) for layers in sets]
    figure = contact_sheet(results, **{"columns" if across else "rows": "style_layers"})
    names = ["relu1_1", "relu1_1, relu2_1", "relu1_1 to relu3_1", "relu1_1 to relu5_1"]
    assert labels(figure, across) == [f"style_layers = {name}" for name in names]


def test_layers_one_by_one_where_the_ends_are_not_enough():
    sets = [list(STYLE_LAYERS), list(STYLE_LAYERS[::2]), ["relu1_1"]]
    texts = labels(contact_sheet([result(layers=one) for one in sets], "layers"), across=False)
    assert texts == [f"layers = {', '.join(one)}" for one in sets]


def test_a_list_of_other_words_is_written_out():
    figure = contact_sheet([result(mood=["dark", "warm", "calm"])], "mood")
    assert labels(figure, across=False) == ["mood = dark, warm, calm"]


@given(st.text("abc ", min_size=1, max_size=80), st.floats(1, 4))
@settings(max_examples=10, deadline=None)
def test_no_label_is_wider_than_its_picture(value, inches):
    figure = contact_sheet([result(value=value)], columns="value", inches=inches)
    assert max(map(len, figure.axes[0].get_title().split("\n"))) <= max(7, 14.5 * inches)


def test_what_is_not_varied_has_no_label():
    assert labels(contact_sheet([result()]), across=True) == [""]
    results = [result(scales=scales) for scales in (None, (0.5, 1.0))]
    assert labels(contact_sheet(results, None, "scales"), across=False) == ["", ""]
    names = ["scales = None", "scales = 0.5, 1"]
    assert labels(contact_sheet(results, None, "scales"), across=True) == names


def test_a_sheet_of_failures_alone(tmp_path):
    figure = contact_sheet([result(error="No.", a=0)], "a")
    assert [text.get_text() for text in figure.axes[0].texts] == ["No."]
    figure.savefig(tmp_path / "sheet.png")


def test_a_sheet_that_cannot_be_made():
    with pytest.raises(ValueError, match="at least one"):
        contact_sheet([], "a", "b")
    with pytest.raises(ValueError, match="has a 'layers'; the names are a, b"):
        contact_sheet([result(a=0, b=1)], "layers", "b")
    with pytest.raises(ValueError, match="one place"):
        contact_sheet([result(a=0, b=0), result(a=0, b=1)], "a")
