import runpy
from pathlib import Path

import pytest
import torch

from nstlib.backbone.evaluate import sliced_wasserstein
from nstlib.checks import ch07_statistics as checks
from nstlib.losses import gram_matrix

FOLDER = Path(__file__).parents[1] / "notebooks"
NAME = "07_the_leap_of_faith"
SOLUTION = runpy.run_path(str(FOLDER / "solutions" / f"{NAME}.py"))
CHECKS = {
    "my_mmd": checks.polynomial_mmd,
    "my_mean_std_loss": checks.mean_std_loss,
    "my_sliced_wasserstein": checks.sliced_wasserstein_loss,
    "my_shifted_gram": checks.shifted_gram,
}


# ---- wrong answers, as a student would write them --------------------------------------------


def mmd_linear(x, y):
    return (x.T @ x).mean() + (y.T @ y).mean() - 2 * (x.T @ y).mean()


def mmd_squares_inside(x, y):
    x, y = x**2, y**2
    return (x.T @ x).mean() + (y.T @ y).mean() - 2 * (x.T @ y).mean()


def mmd_of_channels(x, y):
    return ((x @ x.T) ** 2).mean() + ((y @ y.T) ** 2).mean() - 2 * ((x @ y.T) ** 2).mean()


def mmd_mixed_once(x, y):
    return ((x.T @ x) ** 2).mean() + ((y.T @ y) ** 2).mean() - ((x.T @ y) ** 2).mean()


def mmd_mixed_added(x, y):
    return ((x.T @ x) ** 2).mean() + ((y.T @ y) ** 2).mean() + 2 * ((x.T @ y) ** 2).mean()


def mmd_sums(x, y):
    return ((x.T @ x) ** 2).sum() + ((y.T @ y) ** 2).sum() - 2 * ((x.T @ y) ** 2).sum()


def mmd_without_self(x, y):
    def off_diagonal(a):
        kernel = (a.T @ a) ** 2
        return kernel[~torch.eye(len(kernel), dtype=torch.bool)].mean()

    return off_diagonal(x) + off_diagonal(y) - 2 * ((x.T @ y) ** 2).mean()


def mmd_root(x, y):
    return SOLUTION["my_mmd"](x, y) ** 0.5


def loss_of_two(mean, std):
    return (mean**2).mean() + (std**2).mean()


def moments_by_position(features, target):
    return ((features - target) ** 2).mean()


def moments_of_the_layer(features, target):
    return loss_of_two(
        features.mean() - target.mean(),
        features.std(unbiased=False) - target.std(unbiased=False),
    )


def moments_over_channels(features, target):
    return loss_of_two(
        features.mean(1) - target.mean(1),
        features.std(1, unbiased=False) - target.std(1, unbiased=False),
    )


def moments_variance(features, target):
    f, t = features.flatten(2), target.flatten(2)
    return loss_of_two(f.mean(2) - t.mean(2), f.var(2, correction=0) - t.var(2, correction=0))


def moments_of_a_sample(features, target):
    f, t = features.flatten(2), target.flatten(2)
    return loss_of_two(f.mean(2) - t.mean(2), f.std(2) - t.std(2))


def moments_mean_twice(features, target):
    f, t = features.flatten(2), target.flatten(2)
    return loss_of_two(f.mean(2) - t.mean(2), f.mean(2) - t.mean(2))


def moments_mean_only(features, target):
    f, t = features.flatten(2), target.flatten(2)
    return ((f.mean(2) - t.mean(2)) ** 2).mean()


def moments_summed(features, target):
    return features.shape[1] * SOLUTION["my_mean_std_loss"](features, target)


def sliced_unsorted(x, y, directions):
    return ((directions @ x - directions @ y) ** 2).mean()


def sliced_sorted_wrong_way(x, y, directions):
    a, b = (torch.sort(directions @ z, dim=0)[0] for z in (x, y))
    return ((a - b) ** 2).mean()


def sliced_sorted_too_early(x, y, directions):
    a, b = (directions @ torch.sort(z, dim=1)[0] for z in (x, y))
    return ((a - b) ** 2).mean()


def sliced_without_directions(x, y, directions):
    a, b = (torch.sort(z, dim=1)[0] for z in (x, y))
    return ((a - b) ** 2).mean()


def sliced_means(x, y, directions):
    return (((directions @ x).mean(1) - (directions @ y).mean(1)) ** 2).mean()


def sliced_absolute(x, y, directions):
    a, b = (torch.sort(directions @ z)[0] for z in (x, y))
    return (a - b).abs().mean()


def sliced_sum(x, y, directions):
    a, b = (torch.sort(directions @ z)[0] for z in (x, y))
    return ((a - b) ** 2).sum()


def shifted_rolled(features, down, right):
    there = torch.roll(features, shifts=(-down, -right), dims=(2, 3))
    return features.flatten(2) @ there.flatten(2).mT / there[0, 0].numel()


def shifted_rolled_backwards(features, down, right):
    there = torch.roll(features, shifts=(down, right), dims=(2, 3))
    return features.flatten(2) @ there.flatten(2).mT / there[0, 0].numel()


def two_windows(features, down, right):
    height, width = features.shape[2:]
    here = features[..., : height - down, : width - right]
    return here.flatten(2), features[..., down:, right:].flatten(2)


def shifted_all_positions(features, down, right):
    here, there = two_windows(features, down, right)
    return here @ there.mT / (features.shape[2] * features.shape[3])


def shifted_undivided(features, down, right):
    here, there = two_windows(features, down, right)
    return here @ there.mT


def shifted_exchanged(features, down, right):
    here, there = two_windows(features, right, down)
    return here @ there.mT / here.shape[2]


def shifted_transposed(features, down, right):
    here, there = two_windows(features, down, right)
    return there @ here.mT / here.shape[2]


def shifted_both(features, down, right):
    crop = features[..., down:, right:]
    return gram_matrix(crop)


def shifted_minus_zero(features, down, right):
    here, there = features[..., :-down, :-right], features[..., down:, right:]
    return here.flatten(2) @ there.flatten(2).mT / here[0, 0].numel()


WRONG = [
    ("my_mmd", mmd_linear, "nothing but the means"),
    ("my_mmd", mmd_squares_inside, "before the inner product"),
    ("my_mmd", mmd_of_channels, "inner products of channels"),
    ("my_mmd", mmd_mixed_once, "counts twice"),
    ("my_mmd", mmd_mixed_added, "mixed term is subtracted"),
    ("my_mmd", mmd_sums, "an expectation is their mean"),
    ("my_mmd", mmd_without_self, "pairs of a vector with itself"),
    ("my_mmd", mmd_root, "leave out the root"),
    ("my_mean_std_loss", moments_by_position, "which is the content loss"),
    ("my_mean_std_loss", moments_of_the_layer, "for the whole layer"),
    ("my_mean_std_loss", moments_over_channels, "averages over the channels"),
    ("my_mean_std_loss", moments_variance, "is the variance"),
    ("my_mean_std_loss", moments_of_a_sample, "correction=0"),
    ("my_mean_std_loss", moments_mean_twice, "counted twice"),
    ("my_mean_std_loss", moments_mean_only, "standard deviations are missing"),
    ("my_mean_std_loss", moments_summed, "divides by C"),
    ("my_sliced_wasserstein", sliced_unsorted, "nothing is sorted"),
    ("my_sliced_wasserstein", sliced_sorted_wrong_way, "sorts the directions"),
    ("my_sliced_wasserstein", sliced_sorted_too_early, "project first, then sort"),
    ("my_sliced_wasserstein", sliced_without_directions, "directions are not used"),
    ("my_sliced_wasserstein", sliced_means, "only the means"),
    ("my_sliced_wasserstein", sliced_absolute, "Wasserstein-1"),
    ("my_sliced_wasserstein", sliced_sum, "this is a sum"),
    ("my_shifted_gram", shifted_rolled, "the right border meets the left"),
    ("my_shifted_gram", shifted_rolled_backwards, "moves things to the right"),
    ("my_shifted_gram", shifted_all_positions, "leaves fewer pairs"),
    ("my_shifted_gram", shifted_undivided, "divide it by the number of pairs"),
    ("my_shifted_gram", shifted_exchanged, "are exchanged"),
    ("my_shifted_gram", shifted_transposed, "is the transpose"),
    ("my_shifted_gram", shifted_both, "Gram matrix of a crop"),
    ("my_shifted_gram", shifted_minus_zero, "[:-0] is empty"),
]


@pytest.mark.parametrize(
    ("name", "answer", "words"), WRONG, ids=[answer.__name__ for _, answer, _ in WRONG]
)
def test_every_named_mistake_gets_its_own_hint(name, answer, words):
    verdict = CHECKS[name](answer)
    assert verdict.right is False
    assert words in verdict.message


def test_no_hint_answers_for_two_mistakes():
    hints = [CHECKS[name](answer).message for name, answer, _ in WRONG]
    assert len(set(hints)) == len(hints)


# ---- the solutions ----------------------------------------------------------------------------


def test_the_solutions_agree_with_the_library():
    x, y = torch.randn(2, 1, 5, 6, 7, generator=torch.Generator().manual_seed(0))
    a, b = x[0].flatten(1), y[0].flatten(1)
    between_grams = (gram_matrix(x) - gram_matrix(y)).square().sum()
    torch.testing.assert_close(SOLUTION["my_mmd"](a, b), between_grams)
    torch.testing.assert_close(SOLUTION["my_shifted_gram"](x, 0, 0), gram_matrix(x))
    # The library's is Wasserstein-1; for two sets that differ by a step of 0.5 both are powers of it.
    one = torch.ones(1, 5)
    loss = SOLUTION["my_sliced_wasserstein"](a[:1], a[:1] + 0.5, one[:, :1]).item()
    distance = sliced_wasserstein(a[:1].T.numpy(), a[:1].T.numpy() + 0.5)
    assert loss == pytest.approx(distance**2, rel=1e-5)
