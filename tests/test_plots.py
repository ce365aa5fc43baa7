"""Figures hold what they were given, in the order given."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb

from nstlib import plots


def flat(value, height=8, width=8):
    return torch.full((1, 3, height, width), value)


def test_panels_draws_every_picture_under_its_title():
    figure = plots.panels([flat(0.0), flat(0.2, 4, 9), flat(1.0)], ["a", "b", "c"], columns=2)
    shown = [axis for axis in figure.axes if axis.images]
    assert [axis.get_title() for axis in shown] == ["a", "b", "c"]
    assert [axis.images[0].get_array().max() for axis in shown] == [0, 51, 255]
    assert len(figure.axes) == 4  # two rows of two, the last one empty
    assert not any(axis.axison for axis in figure.axes)


def test_panels_needs_a_title_each():
    with pytest.raises(ValueError, match="one title a picture"):
        plots.panels([flat(0.0)], ["a", "b"])
    with pytest.raises(ValueError, match="one title a picture"):
        plots.panels([], [])


def test_panels_have_titles_of_the_size_asked_for_and_room_for_them():
    small, large = (plots.panels([flat(0.0)], ["a\nb"], fontsize=size) for size in (9, 18))
    assert [figure.axes[0].title.get_fontsize() for figure in (small, large)] == [9, 18]
    assert large.get_figheight() - small.get_figheight() == pytest.approx(0.34)


def test_gram_matrices_share_one_scale_a_column():
    one, two = torch.rand(1, 4, 4), 10 * torch.rand(1, 4, 4)
    figure = plots.gram_matrices({"x": {"relu1_1": one}, "y": {"relu1_1": two}})
    drawn = [axis.images[0] for axis in figure.axes if axis.images]
    np.testing.assert_allclose(drawn[0].get_array(), one[0])
    assert drawn[0].norm.vmax == drawn[1].norm.vmax == pytest.approx(two.max().item())


def test_gram_matrices_with_negative_entries_are_centered_on_zero():
    gram = torch.randn(1, 4, 4, generator=torch.Generator().manual_seed(0))
    figure = plots.gram_matrices({"x": {"conv1_1": gram}})
    norm = figure.axes[0].images[0].norm
    assert norm.vmin == -norm.vmax
    assert norm(0) == pytest.approx(0.5)


def test_a_gram_matrix_of_zeros_can_be_drawn(tmp_path):
    plots.gram_matrices({"x": {"relu1_1": torch.zeros(1, 4, 4)}}).savefig(tmp_path / "zeros.png")


def test_loss_curves_has_a_line_for_each_term_that_is_ever_above_zero():
    history = [{"style/relu1_1": 1 / n, "tv": 0.0, "total": 2 / n} for n in range(1, 5)]
    (axis,) = plots.loss_curves(history).axes
    lines = {line.get_label(): line.get_ydata() for line in axis.lines}
    assert set(lines) == {"style/relu1_1", "total"}
    np.testing.assert_allclose(lines["total"], [2, 1, 2 / 3, 0.5])
    with pytest.raises(ValueError, match="at least one step"):
        plots.loss_curves([])


def test_layers_of_a_block_look_alike_and_blocks_differ_in_color_and_in_marker():
    looks = [plots.layer_look(f"relu{block}_1") for block in range(1, 6)]
    assert len({look["color"] for look in looks}) == len({look["marker"] for look in looks}) == 5
    assert plots.layer_look("conv4_2") == plots.layer_look("relu4_1")
    for wrong in ("relu6_1", "pool1", "relu", ""):
        with pytest.raises(ValueError, match="not a layer"):
            plots.layer_look(wrong)


def contrast(color, other):
    """WCAG 2.1: the ratio of two luminances."""

    def luminance(rgb):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
        return np.dot(linear, [0.2126, 0.7152, 0.0722])

    dark, light = sorted((luminance(to_rgb(color)), luminance(to_rgb(other))))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("page", ["#ffffff", "#111111"])
def test_every_layer_can_be_seen_on_white_and_on_black(page):
    for block in range(1, 6):
        assert contrast(plots.layer_look(f"relu{block}_1")["color"], page) >= 3


def test_the_content_curve_differs_from_the_style_curve_of_the_same_layer():
    content, style = plots.curve_look("content/relu4_1"), plots.curve_look("style/relu4_1")
    assert content["linestyle"] != style["linestyle"]
    assert content["color"] == style["color"]
    first, second = (plots.curve_look(f"style/relu4_1/{region}") for region in (1, 2))
    assert first == style
    assert second["linestyle"] not in (content["linestyle"], style["linestyle"])
    assert second["color"] == style["color"]
    assert plots.curve_look("total")["color"] == "#000000"
    assert plots.curve_look("edges")["color"] == plots.curve_look("edges/left")["color"]
