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
    "my_style_loss": checks.weighted_sum,
    "my_equal_shares": checks.equal_shares,
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


def mean_square(a, b):
    return ((a - b) ** 2).mean()


def weight_inside(grams, targets, weights):
    return sum(((weights[k] * (grams[k] - targets[k])) ** 2).mean() for k in targets)


def mean_over_layers(grams, targets, weights):
    terms = [weights[k] * mean_square(grams[k], targets[k]) for k in targets]
    return torch.stack(terms).mean()


def weighted_mean(grams, targets, weights):
    total = sum(weights[k] * mean_square(grams[k], targets[k]) for k in targets)
    return total / sum(weights.values())


def last_layer_only(grams, targets, weights):
    for k in targets:
        total = weights[k] * mean_square(grams[k], targets[k])
    return total


def no_weights(grams, targets, weights):
    return sum(mean_square(grams[k], targets[k]) for k in targets)


def even_weights(grams, targets, weights):
    return sum(mean_square(grams[k], targets[k]) for k in targets) / len(targets)


def paired_by_order(grams, targets, weights):
    pairs = zip(grams.values(), targets.values(), weights.values(), strict=True)
    return sum(w * mean_square(g, a) for g, a, w in pairs)


def all_entries_in_one(grams, targets, weights):
    entries = [weights[k] * (grams[k] - targets[k]).flatten() ** 2 for k in targets]
    return torch.cat(entries).mean()


def entries_added(grams, targets, weights):
    return sum(weights[k] * ((grams[k] - targets[k]) ** 2).sum() for k in targets)


def terms_by_name(grams, targets, weights):
    return {k: weights[k] * mean_square(grams[k], targets[k]) for k in targets}


def not_shared_out(errors):
    return {k: 1 / e for k, e in errors.items()}


def upside_down(errors):
    return {k: e / sum(errors.values()) for k, e in errors.items()}


def all_the_same(errors):
    return {k: 1 / len(errors) for k in errors}


def weights_add_to_one(errors):
    inverse = {k: 1 / e for k, e in errors.items()}
    return {k: w / sum(inverse.values()) for k, w in inverse.items()}


def shares_of_the_sum(errors):
    return {k: sum(errors.values()) / e for k, e in errors.items()}


def one_root_too_many(errors):
    return {k: 1 / (len(errors) * e**0.5) for k, e in errors.items()}


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
    ("my_style_loss", weight_inside, "inside the square"),
    ("my_style_loss", mean_over_layers, "mean over the layers"),
    ("my_style_loss", weighted_mean, "divided by the sum of the weights"),
    ("my_style_loss", last_layer_only, "only the last layer"),
    ("my_style_loss", no_weights, "every layer counts 1."),
    ("my_style_loss", even_weights, "every layer counts 1 / (number of layers)"),
    ("my_style_loss", paired_by_order, "paired by their order"),
    ("my_style_loss", all_entries_in_one, "outvotes"),
    ("my_style_loss", entries_added, "not their sum"),
    ("my_style_loss", terms_by_name, "add them up"),
    ("my_equal_shares", not_shared_out, "each is 1"),
    ("my_equal_shares", upside_down, "upside down"),
    ("my_equal_shares", all_the_same, "not equal shares"),
    ("my_equal_shares", weights_add_to_one, "The shares w_l E_l should"),
    ("my_equal_shares", shares_of_the_sum, "should add up to 1"),
    ("my_equal_shares", one_root_too_many, "square root"),
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
    new = {"relu1_1": torch.rand(1, 4, 6, 5), "relu2_1": torch.rand(1, 8, 3, 2)}
    style = {layer: torch.rand_like(f) for layer, f in new.items()}
    grams = {layer: gram_matrix(f) for layer, f in new.items()}
    targets = {layer: gram_matrix(f) for layer, f in style.items()}
    weights = {"relu2_1": 3.0, "relu1_1": 0.5}

    for layer in new:
        mine = SOLUTIONS["my_layer_error"](new[layer], style[layer])
        torch.testing.assert_close(mine, style_loss(new[layer], targets[layer], convention="paper"))
    mine = SOLUTIONS["my_style_loss"](grams, targets, weights)
    theirs = {k: style_loss(new[k], targets[k], convention="mean") for k in targets}
    torch.testing.assert_close(mine, sum(weights[k] * theirs[k] for k in targets))

    errors = {"relu1_1": 0.3, "relu2_1": 7.0, "relu3_1": 0.01}
    shares = [w * errors[layer] for layer, w in SOLUTIONS["my_equal_shares"](errors).items()]
    assert shares == pytest.approx([1 / 3] * 3)
