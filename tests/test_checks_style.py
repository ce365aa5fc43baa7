"""The checks of notebook 04: every wrong answer, written as a student would, gets its own hint."""

import runpy
from pathlib import Path

import pytest
import torch

from nstlib import gram_matrix, style_loss
from nstlib.checks import ch04_style as checks

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SOLUTIONS = runpy.run_path(str(NOTEBOOKS / "solutions" / "04_style.py"))
CHECKS = {
    "my_layer_error": checks.layer_error,
    "my_style_gradient": checks.style_gradient,
    "my_heights": checks.heights,
}


def grams_of(new, style):
    f, p = new.flatten(2), style.flatten(2)
    return f @ f.mT, p @ p.mT, f.shape[1], f.shape[2]


def plain_sum(new, style):
    gram, target, _, _ = grams_of(new, style)
    return ((gram - target) ** 2).sum()


def not_squared_below(new, style):
    gram, target, n, m = grams_of(new, style)
    return ((gram - target) ** 2).sum() / (4 * n * m)


def without_the_four(new, style):
    gram, target, n, m = grams_of(new, style)
    return ((gram - target) ** 2).sum() / (n**2 * m**2)


def plain_mean(new, style):
    gram, target, _, _ = grams_of(new, style)
    return torch.nn.functional.mse_loss(gram, target)


def divided_twice(new, style):
    _, _, n, m = grams_of(new, style)
    return ((gram_matrix(new) - gram_matrix(style)) ** 2).sum() / (4 * n**2 * m**2)


def features_compared(new, style):
    _, _, n, m = grams_of(new, style)
    return ((new - style) ** 2).sum() / (4 * n**2 * m**2)


def the_slides_order(new, style):
    _, _, n, m = grams_of(new, style)
    v, w = new[0].flatten(1), style[0].flatten(1)
    return ((v.T @ v - w.T @ w) ** 2).sum() / (4 * n**2 * m**2)


def squared_last(new, style):
    gram, target, n, m = grams_of(new, style)
    return (gram - target).sum() ** 2 / (4 * n**2 * m**2)


def absolute(new, style):
    gram, target, n, m = grams_of(new, style)
    return (gram - target).abs().sum() / (4 * n**2 * m**2)


def height_for_positions(new, style):
    gram, target, n, _ = grams_of(new, style)
    return ((gram - target) ** 2).sum() / (4 * n**2 * new.shape[2] ** 2)


def pieces(values, target):
    """F, G - A and N² M², as most students would begin."""
    f = values.clamp_min(0).flatten(2)
    return f, f @ f.mT - target, (f.shape[1] * f.shape[2]) ** 2


def gradient(values, target):
    return SOLUTIONS["my_style_gradient"](values, target)


def mask_forgotten(values, target):
    f, difference, scale = pieces(values, target)
    return (difference @ f / scale).view_as(values)


def relu_forgotten(values, target):
    f = values.flatten(2)
    return ((f @ f.mT - target) @ f).view_as(values) / (f.shape[1] * f.shape[2]) ** 2


def relu_forgotten_in_the_gram_matrix(values, target):
    return relu_forgotten(values, target) * (values > 0)


def one_of_two_factors(values, target):
    f, difference, scale = pieces(values, target)
    return (2 * difference @ f / (4 * scale)).view_as(values) * (values > 0)


def no_factor_at_all(values, target):
    f, difference, scale = pieces(values, target)
    return (difference @ f / (4 * scale)).view_as(values) * (values > 0)


def one_factor_too_many(values, target):
    return 2 * gradient(values, target)


def four_lost(values, target):
    f, difference, scale = pieces(values, target)
    return (4 * difference @ f / scale).view_as(values) * (values > 0)


def reshaped_not_transposed(values, target):
    f, difference, scale = pieces(values, target)
    return (f.mT @ difference / scale).reshape(values.shape) * (values > 0)


def reshaped_and_unmasked(values, target):
    f, difference, scale = pieces(values, target)
    return (f.mT @ difference / scale).reshape(values.shape)


def downhill(values, target):
    return -gradient(values, target)


def gram_of_the_library(values, target):
    f, _, scale = pieces(values, target)
    difference = gram_matrix(values.relu()) - target
    return (difference @ f / scale).view_as(values) * (values > 0)


def fraction_forgotten(values, target):
    f, difference, _ = pieces(values, target)
    return (difference @ f).view_as(values) * (values > 0)


def fraction_not_squared(values, target):
    f, difference, scale = pieces(values, target)
    return (difference @ f / scale**0.5).view_as(values) * (values > 0)


def height_for_positions_again(values, target):
    f, difference, _ = pieces(values, target)
    n, height = values.shape[1:3]
    return (difference @ f / (n * height) ** 2).view_as(values) * (values > 0)


def heights_not_divided(gram):
    return gram[1][2:]


def heights_of_all(gram):
    return gram[1] / gram[0]


def heights_upside_down(gram):
    return gram[0, 2:] / gram[1, 2:]


def sums_only(gram):
    return gram[0, 2:]


def divided_by_squares(gram):
    return gram[1, 2:] / torch.diag(gram)[2:]


def divided_by_squared_heights(gram):
    return gram[1, 2:] / gram[1, 1]


def divided_by_heights(gram):
    return gram[1, 2:] / gram[0, 1]


def divided_by_positions(gram):
    return gram[1, 2:] / gram[0, 0]


def cosines(gram):
    size = torch.diag(gram).sqrt()
    return (gram / size / size[:, None])[1, 2:]


WRONG = [
    ("my_layer_error", plain_sum, "the lecture's E_l"),
    ("my_layer_error", not_squared_below, "4 N M"),
    ("my_layer_error", without_the_four, "the 4 under the fraction bar"),
    ("my_layer_error", plain_mean, "The M² is missing"),
    ("my_layer_error", divided_twice, "M² twice"),
    ("my_layer_error", features_compared, "content loss"),
    ("my_layer_error", the_slides_order, "FᵀF"),
    ("my_layer_error", squared_last, "square the sum"),
    ("my_layer_error", absolute, "absolute"),
    ("my_layer_error", height_for_positions, "the height alone"),
    ("my_style_gradient", mask_forgotten, "multiply by (values > 0)"),
    ("my_style_gradient", relu_forgotten, "negative ones included"),
    ("my_style_gradient", relu_forgotten_in_the_gram_matrix, "the mask is there"),
    ("my_style_gradient", one_of_two_factors, "half of it"),
    ("my_style_gradient", no_factor_at_all, "a quarter of it"),
    ("my_style_gradient", one_factor_too_many, "twice too much"),
    ("my_style_gradient", four_lost, "four times too much"),
    ("my_style_gradient", reshaped_not_transposed, "Transpose it"),
    ("my_style_gradient", reshaped_and_unmasked, "should be transposed"),
    ("my_style_gradient", downhill, "points uphill"),
    ("my_style_gradient", gram_of_the_library, "is divided by M"),
    ("my_style_gradient", fraction_forgotten, "is missing"),
    ("my_style_gradient", fraction_not_squared, "divided by N M"),
    ("my_style_gradient", height_for_positions_again, "the height alone"),
    ("my_heights", heights_not_divided, "seem to lie twice as high"),
    ("my_heights", heights_of_all, "Leave them out"),
    ("my_heights", heights_upside_down, "upside down"),
    ("my_heights", sums_only, "not yet where"),
    ("my_heights", divided_by_squares, "sums of the squares"),
    ("my_heights", divided_by_squared_heights, "the sum of the squared heights"),
    ("my_heights", divided_by_heights, "divided by the sum of the heights"),
    ("my_heights", divided_by_positions, "the number of positions"),
    ("my_heights", cosines, "the cosine"),
]


@pytest.mark.parametrize(
    ("exercise", "answer", "hint"), WRONG, ids=lambda x: getattr(x, "__name__", "")
)
def test_a_wrong_answer_gets_its_own_hint(exercise, answer, hint):
    verdict = CHECKS[exercise](answer)
    assert verdict.right is False
    assert hint in verdict.message


def test_no_two_mistakes_share_a_hint():
    messages = [CHECKS[exercise](answer).message for exercise, answer, _ in WRONG]
    assert len(set(messages)) == len(messages)


def test_the_solutions_agree_with_the_library():
    torch.manual_seed(0)
    new, style = torch.rand(2, 1, 4, 6, 5)
    mine = SOLUTIONS["my_layer_error"](new, style)
    torch.testing.assert_close(mine, style_loss(new, gram_matrix(style), convention="paper"))

    values, painting = (torch.randn(2, 1, 4, 6, 5, dtype=torch.double) * 3).requires_grad_()
    target = gram_matrix(painting.detach().relu()) * 30  # 30 positions: the plain sum
    loss = style_loss(values.relu(), target / 30, convention="paper")
    (wanted,) = torch.autograd.grad(loss, values)
    torch.testing.assert_close(SOLUTIONS["my_style_gradient"](values.detach(), target), wanted)


def test_heights_are_those_of_bars():
    height = torch.linspace(1, 0, 5).view(1, 5, 1).expand(1, 5, 3)
    bars = 7 * torch.eye(5)[1:3, :, None].expand(2, 5, 3)  # in the second and the third row
    gram = gram_matrix(torch.cat([torch.ones(1, 5, 3), height, bars])[None])[0]
    torch.testing.assert_close(SOLUTIONS["my_heights"](gram), torch.tensor([0.75, 0.5]))
