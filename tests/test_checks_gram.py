"""Every wrong answer to an exercise of notebook 03 gets the hint that is meant for it."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

from nstlib import gram_matrix
from nstlib.checks import ch03_gram as checks

NOTEBOOK = Path(__file__).parents[1] / "notebooks/03_gram.ipynb"
SOLUTIONS = runpy.run_path(str(NOTEBOOK.parent / "solutions/03_gram.py"))


def test_the_gram_matrix_of_the_solution_is_that_of_the_library():
    features = torch.rand(2, 5, 4, 7)
    torch.testing.assert_close(SOLUTIONS["my_gram"](features), gram_matrix(features))


def test_the_solutions_do_what_the_notebook_says():
    features = torch.rand(1, 5, 6, 7)
    gram = gram_matrix(features)[0]
    shuffled = SOLUTIONS["my_shuffle"](features)
    assert not torch.equal(shuffled, features)
    torch.testing.assert_close(gram_matrix(shuffled)[0], gram)
    cosines = torch.nn.functional.normalize(features[0].flatten(1), dim=1)
    torch.testing.assert_close(SOLUTIONS["my_correlation"](gram), cosines @ cosines.T)
    other = gram_matrix(torch.rand(1, 5, 3, 3))[0]
    unit = torch.stack([g.flatten() / g.norm() for g in (gram, other)])
    torch.testing.assert_close(SOLUTIONS["my_distance"](gram, other), torch.cdist(unit, unit)[0, 1])


# The wrong answers, as students write them, and a word from the hint.


def divided_by_chw(features):
    b, c, h, w = features.size()
    v = features.view(b, c, h * w)
    return torch.bmm(v, v.transpose(1, 2)) / (c * h * w)


def forgot_the_division(features):
    v = features.flatten(2)
    return v @ v.transpose(1, 2)


def divided_by_channels(features):
    v = features.flatten(2)
    return v @ v.mT / v.shape[1]


def the_slide(features):
    v = features.flatten(2)
    return v.mT @ v


def the_slide_divided(features):
    v = features.flatten(2)
    return v.mT @ v / v.shape[2]


def pytorch_tutorial(features):
    a, b, c, d = features.size()
    v = features.view(a * b, c * d)
    return torch.mm(v, v.t()).div(a * b * c * d)


def batch_summed(features):
    _, c, h, w = features.shape
    v = features.transpose(0, 1).reshape(c, -1)
    return v @ v.T / (h * w)


def batch_summed_by_einsum(features):
    _, _, h, w = features.shape
    return torch.einsum("bihw,bjhw->ij", features, features)[None] / (h * w)


def batch_dropped(features):
    v = features[0].flatten(1)
    return v @ v.T / v.shape[1]


def not_flattened(features):
    return features @ features.mT


def not_flattened_but_divided(features):
    return torch.matmul(features, features.transpose(2, 3)) / features[0, 0].numel()


def reshaped_to_transpose(features):
    b, c, h, w = features.shape
    v = features.reshape(b, h * w, c)
    return v.mT @ v / (h * w)


def reshaped_second_factor(features):
    b, c, h, w = features.shape
    v = features.view(b, c, h * w)
    return torch.bmm(v, v.reshape(b, h * w, c))


def reshaped_first_factor(features):
    b, c, h, w = features.shape
    v = features.reshape(b, h * w, c)
    return torch.bmm(v.transpose(1, 2), features.flatten(2).transpose(1, 2)) / (c * h * w)


def reshaped_and_positions(features):
    b, c, h, w = features.shape
    v = features.reshape(b, h * w, c)
    return v @ v.mT / c


def permuted(features):
    v = features.permute(0, 2, 3, 1).flatten(1, 2)
    return v.mT @ v / v.shape[1]


def in_numpy(features):
    v = features.flatten(2).numpy()
    return v @ v.transpose(0, 2, 1) / v.shape[2]


def covariance(features):
    v = features.flatten(2)
    v = v - v.mean(dim=2, keepdim=True)
    return v @ v.mT / v.shape[2]


def torch_cov(features):
    return torch.stack([torch.cov(v.flatten(1)) for v in features])


def no_root(gram):
    d = torch.diag(gram)
    return gram / torch.outer(d, d)


def by_row(gram):
    return gram / gram.diag()[:, None]


def by_column(gram):
    return gram / gram.diag()


def root_of_row(gram):
    return gram / gram.diag().sqrt()[:, None]


def root_of_column(gram):
    return gram / gram.diag().sqrt()


def by_the_largest(gram):
    return gram / gram.max()


def by_the_trace(gram):
    return gram / gram.trace()


def correlated_again(gram):
    return torch.corrcoef(gram)


def an_order_for_each_channel(features):
    shuffled = features.clone()
    for channel in range(features.shape[1]):
        values = features[0, channel].flatten()
        order = torch.randperm(len(values))
        shuffled[0, channel] = values[order].reshape(features.shape[2:])
    return shuffled


def channels_shuffled(features):
    return features[:, torch.arange(features.shape[1]).roll(1)]


def rows_shuffled(features):
    return features[:, :, torch.arange(features.shape[2]).roll(2)]


def columns_shuffled(features):
    return features[..., torch.arange(features.shape[3]).roll(1)]


def rows_and_columns_shuffled(features):
    rows, columns = (torch.randperm(n) for n in features.shape[2:])
    return features[:, :, rows][..., columns]


def all_numbers_shuffled(features):
    order = torch.randperm(features.numel())
    return features.flatten()[order].reshape(features.shape)


def result_not_used(features):
    flat = features.flatten(2)
    flat[:, :, torch.randperm(flat.shape[2])]
    return features


def left_flat(features):
    flat = features.flatten(2)
    return flat[:, :, torch.randperm(flat.shape[2])]


def squared(gram, other):
    return ((gram / gram.norm() - other / other.norm()) ** 2).sum()


def as_they_are(gram, other):
    return torch.linalg.norm(gram - other)


def style_loss_of_the_lecture(gram, other):
    return ((gram - other) ** 2).sum()


def mean_squared_error(gram, other):
    return torch.nn.functional.mse_loss(gram, other)


def relative_to_one(gram, other):
    return (gram - other).norm() / other.norm()


def relative_to_both(gram, other):
    return (gram - other).norm() / (gram.norm() + other.norm())


def signs_cancel(gram, other):
    return (gram / gram.norm() - other / other.norm()).sum()


def absolute(gram, other):
    return (gram / gram.norm() - other / other.norm()).abs().sum()


def mean_not_sum(gram, other):
    return (gram / gram.norm() - other / other.norm()).square().mean().sqrt()


def diagonals(gram, other):
    a, b = gram.diag(), other.diag()
    return (a / a.norm() - b / b.norm()).norm()


def cosine(gram, other):
    return torch.cosine_similarity(gram.flatten(), other.flatten(), dim=0)


def one_minus_cosine(gram, other):
    return 1 - cosine(gram, other)


def largest_singular_value(gram, other):
    difference = gram / gram.norm() - other / other.norm()
    return torch.linalg.norm(difference, 2)


WRONG = [
    ("gram_matrix", divided_by_chw, "divided by C·H·W"),
    ("gram_matrix", forgot_the_division, "forgot the division"),
    ("gram_matrix", divided_by_channels, "number of channels C"),
    ("gram_matrix", the_slide, "Vᵀ V"),
    ("gram_matrix", the_slide_divided, "Vᵀ V"),
    ("gram_matrix", pytorch_tutorial, "mixed the pictures"),
    ("gram_matrix", batch_summed, "mixed the pictures"),
    ("gram_matrix", batch_summed_by_einsum, "mixed the pictures"),
    ("gram_matrix", batch_dropped, "first picture alone"),
    ("gram_matrix", not_flattened, "Flatten H and W"),
    ("gram_matrix", not_flattened_but_divided, "Flatten H and W"),
    ("gram_matrix", reshaped_to_transpose, "where a transpose is needed"),
    ("gram_matrix", reshaped_second_factor, "where a transpose is needed"),
    ("gram_matrix", reshaped_first_factor, "where a transpose is needed"),
    ("gram_matrix", reshaped_and_positions, "where a transpose is needed"),
    ("gram_matrix", in_numpy, "numpy"),
    ("gram_matrix", covariance, "the covariance"),
    ("gram_matrix", torch_cov, "torch.cov"),
    ("correlation_matrix", no_root, "without the root"),
    ("correlation_matrix", by_row, "no longer symmetric"),
    ("correlation_matrix", by_column, "no longer symmetric"),
    ("correlation_matrix", root_of_row, "same for the columns"),
    ("correlation_matrix", root_of_column, "same for the rows"),
    ("correlation_matrix", by_the_largest, "by one number"),
    ("correlation_matrix", by_the_trace, "by one number"),
    ("correlation_matrix", correlated_again, "corrcoef"),
    ("shuffle_positions", an_order_for_each_channel, "an order of its own"),
    ("shuffle_positions", channels_shuffled, "channels changed places"),
    ("shuffle_positions", rows_shuffled, "whole rows or whole columns"),
    ("shuffle_positions", columns_shuffled, "whole rows or whole columns"),
    ("shuffle_positions", rows_and_columns_shuffled, "whole rows or whole columns"),
    ("shuffle_positions", all_numbers_shuffled, "from one channel into another"),
    ("shuffle_positions", result_not_used, "nothing moved"),
    ("shuffle_positions", left_flat, "shape you were given"),
    ("gram_distance", squared, "the root is missing"),
    ("gram_distance", as_they_are, "compared them as they are"),
    ("gram_distance", style_loss_of_the_lecture, "compared them as they are"),
    ("gram_distance", mean_squared_error, "compared them as they are"),
    ("gram_distance", relative_to_one, "norm of one of them"),
    ("gram_distance", relative_to_both, "norm of one of them"),
    ("gram_distance", signs_cancel, "plus cancels minus"),
    ("gram_distance", absolute, "absolute differences"),
    ("gram_distance", mean_not_sum, "mean of the squares"),
    ("gram_distance", diagonals, "diagonals alone"),
    ("gram_distance", cosine, "similarity"),
    ("gram_distance", one_minus_cosine, "similarity"),
    ("gram_distance", largest_singular_value, "singular value"),
]


@pytest.mark.parametrize(
    ("check", "answer", "words"), WRONG, ids=lambda x: getattr(x, "__name__", "")
)
def test_every_wrong_answer_gets_its_own_hint(check, answer, words):
    verdict = getattr(checks, check)(answer)
    assert verdict.right is False
    assert words in verdict.message


def test_an_answer_that_is_wrong_in_no_known_way_is_told_what_differs():
    assert "shape" in checks.gram_matrix(lambda features: features).message
    assert "expected" in checks.correlation_matrix(lambda gram: gram).message
    assert "expected" in checks.gram_distance(lambda gram, other: 0.0).message
    assert "shape you were given" in checks.shuffle_positions(lambda x: np.asarray(x)).message
    assert "ZeroDivisionError" in checks.shuffle_positions(lambda x: 1 / 0).message


def test_a_shuffle_draws_its_own_order_and_any_order_is_right():
    for seed in range(5):
        torch.manual_seed(seed)
        assert checks.shuffle_positions(SOLUTIONS["my_shuffle"]).right


def test_a_permuted_volume_is_as_right_as_a_flattened_one():
    assert checks.gram_matrix(permuted).right


@pytest.mark.parametrize("divisor", ["none", "HW", "C", "CHW", "BHW"])
@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True)])
def test_reshape_for_transpose_is_noticed_in_either_factor(first, second, divisor):
    def answer(features):
        b, c, h, w = features.shape
        rows, cut = features.flatten(2), features.reshape(b, h * w, c)
        sizes = {"HW": h * w, "C": c, "CHW": c * h * w, "BHW": b * h * w}
        product = (cut.mT if first else rows) @ (cut if second else rows.mT)
        return product / sizes.get(divisor, 1)

    assert "where a transpose is needed" in checks.gram_matrix(answer).message
