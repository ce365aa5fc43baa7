import runpy
from pathlib import Path

import pytest
import torch

from nstlib import gram_matrix
from nstlib.checks import ch06_experiments as checks

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SOLVED = runpy.run_path(str(NOTEBOOKS / "solutions" / "06_experiments.py"))
EXERCISES = {
    "my_with_colors_of": checks.luminance_only,
    "my_recolored": checks.color_match,
    "my_mixed_gram": checks.gram_mix,
    "my_masked_gram": checks.region,
}
REFERENCES = {
    "my_with_colors_of": checks.with_colors_of,
    "my_recolored": checks.recolored,
    "my_mixed_gram": checks.mixed_gram,
    "my_masked_gram": checks.masked_gram,
}
YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])


def to_yiq(image):
    return torch.einsum("ij,njhw->nihw", YIQ, image)


def to_rgb(yiq):
    return torch.einsum("ij,njhw->nihw", torch.linalg.inv(YIQ), yiq)


# Wrong answers as students write them, each with words of the hint that it should get.


def mean_of_rgb(painted, photo):
    return photo - photo.mean(dim=1, keepdim=True) + painted.mean(dim=1, keepdim=True)


def colors_of_the_painting(painted, photo):
    yiq = to_yiq(painted)
    yiq[:, 0] = to_yiq(photo)[:, 0]
    return to_rgb(yiq)


def blue_green_red(painted, photo):
    weights = torch.tensor([0.114, 0.587, 0.299]).view(1, 3, 1, 1)
    y_painted = (painted * weights).sum(1, keepdim=True)
    y_photo = (photo * weights).sum(1, keepdim=True)
    return photo + y_painted - y_photo


def only_gray(painted, photo):
    return to_yiq(painted)[:, :1].repeat(1, 3, 1, 1)


def brightness_by_ratio(painted, photo):
    return photo / to_yiq(photo)[:, :1] * to_yiq(painted)[:, :1]


def untouched(painted, photo):
    return painted


def still_yiq(painted, photo):
    yiq = to_yiq(photo)
    yiq[:, 0] = to_yiq(painted)[:, 0]
    return yiq


def root(matrix, exponent=0.5):
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values**exponent) @ vectors.T


def columns(image):
    return image.squeeze(0).reshape(3, -1)


def means(style, photo):
    return columns(style).mean(1, keepdim=True), columns(photo).mean(1, keepdim=True)


def matrix_a(style, photo):
    return root(columns(photo).cov()) @ root(columns(style).cov(), -0.5)


def spread_of_each_channel(style, photo):
    ratio = photo.std((2, 3), keepdim=True) / style.std((2, 3), keepdim=True)
    return (style - style.mean((2, 3), keepdim=True)) * ratio + photo.mean((2, 3), keepdim=True)


def no_mean_added(style, photo):
    mean, _ = means(style, photo)
    return (matrix_a(style, photo) @ (columns(style) - mean)).reshape(style.shape)


def mean_of_the_style(style, photo):
    mean, _ = means(style, photo)
    return (matrix_a(style, photo) @ (columns(style) - mean) + mean).reshape(style.shape)


def mean_not_subtracted(style, photo):
    _, mean = means(style, photo)
    return (matrix_a(style, photo) @ columns(style) + mean).reshape(style.shape)


def transposed(style, photo):
    mean_s, mean_p = means(style, photo)
    return (matrix_a(style, photo).T @ (columns(style) - mean_s) + mean_p).reshape(style.shape)


def without_roots(style, photo):
    mean_s, mean_p = means(style, photo)
    a = columns(photo).cov() @ columns(style).cov().inverse()
    return (a @ (columns(style) - mean_s) + mean_p).reshape(style.shape)


def products_for_covariances(style, photo):
    mean_s, mean_p = means(style, photo)
    s, p = columns(style), columns(photo)
    a = root(p @ p.T / p.shape[1]) @ root(s @ s.T / s.shape[1], -0.5)
    return (a @ (s - mean_s) + mean_p).reshape(style.shape)


def only_the_mean(style, photo):
    return style - style.mean((2, 3), keepdim=True) + photo.mean((2, 3), keepdim=True)


def photo_in_colors_of_style(style, photo):
    mean_s, mean_p = means(style, photo)
    return (matrix_a(photo, style) @ (columns(photo) - mean_p) + mean_s).reshape(photo.shape)


def mixed_features(one, other, share):
    flat = (share * one + (1 - share) * other).flatten(2)
    return flat @ flat.mT / flat.shape[2]


def swapped_shares(one, other, share):
    return (1 - share) * gram_matrix(one) + share * gram_matrix(other)


def plain_sum(one, other, share):
    return gram_matrix(one) + gram_matrix(other)


def one_share_for_both(one, other, share):
    return share * gram_matrix(one) + share * gram_matrix(other)


def one_plus_share(one, other, share):
    return gram_matrix(one) + share * gram_matrix(other)


def always_half(one, other, share):
    return 0.5 * gram_matrix(one) + 0.5 * gram_matrix(other)


def not_divided(one, other, share):
    a, b = one.flatten(2), other.flatten(2)
    return share * a @ a.mT + (1 - share) * b @ b.mT


def products(features, mask):
    """The products of all pairs of channels at each position, (C, C, H, W)."""
    return torch.einsum("ihw,khw->ikhw", features[0], features[0]) * mask


def mean_over_all_positions(features, mask):
    return products(features, mask).mean((2, 3))[None]


def features_masked_first(features, mask):
    return products(features * mask, 1).sum((2, 3))[None] / mask.sum()


def gram_of_masked_features(features, mask):
    return gram_matrix(features * mask)


def sum_over_the_region(features, mask):
    return products(features, mask).sum((2, 3))[None]


def the_other_region(features, mask):
    return products(features, 1 - mask).sum((2, 3))[None] / (1 - mask).sum()


def mask_not_used(features, mask):
    return gram_matrix(features)


def matrix_scaled(features, mask):
    return gram_matrix(features) * mask.mean()


def mask_rounded(features, mask):
    hard = (mask > 0.5).float()
    return products(features, hard).sum((2, 3))[None] / hard.sum()


WRONG = {
    "my_with_colors_of": {
        mean_of_rgb: "does not weigh them alike",
        colors_of_the_painting: "brightness of the photo in the colors of the painting",
        blue_green_red: "blue, green, red",
        only_gray: "without any color",
        brightness_by_ratio: "multiplies the photo",
        untouched: "as it came",
        still_yiq: "come back from YIQ",
    },
    "my_recolored": {
        spread_of_each_channel: "whole 3 x 3 covariance",
        no_mean_added: "lie around 0",
        mean_of_the_style: "around the mean of the style",
        mean_not_subtracted: "Subtract it first",
        transposed: "A transposed",
        without_roots: "square roots are missing",
        products_for_covariances: "mean products",
        only_the_mean: "A is missing",
        photo_in_colors_of_style: "swapped",
    },
    "my_mixed_gram": {
        mixed_features: "mixes the features",
        swapped_shares: "shares are swapped",
        plain_sum: "add up to 2",
        one_share_for_both: "both have the weight",
        one_plus_share: "1 and share",
        always_half: "half and half",
        not_divided: "not divided",
    },
    "my_masked_gram": {
        mean_over_all_positions: "divided by all H * W positions. Divide",
        features_masked_first: "counts twice",
        gram_of_masked_features: "counts squared",
        sum_over_the_region: "a sum, not a mean",
        the_other_region: "turned around",
        mask_not_used: "mask is not used",
        matrix_scaled: "whole matrix smaller",
        mask_rounded: "rounded to 0 and 1",
    },
}
CASES = [(name, wrong, hint) for name, table in WRONG.items() for wrong, hint in table.items()]


@pytest.mark.parametrize(("name", "wrong", "hint"), CASES, ids=lambda x: getattr(x, "__name__", ""))
def test_a_wrong_answer_gets_its_own_hint(name, wrong, hint):
    verdict = EXERCISES[name](wrong)
    assert verdict.right is False
    assert hint in verdict.message


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_agrees_with_the_reference(name):
    if name == "my_mixed_gram":
        given = torch.rand(1, 5, 6, 7), torch.rand(1, 5, 4, 3), 0.3
    elif name == "my_masked_gram":
        given = torch.rand(1, 5, 6, 7), torch.rand(1, 1, 6, 7)
    else:
        given = torch.rand(1, 3, 20, 30), torch.rand(1, 3, 20, 30)
    torch.testing.assert_close(SOLVED[name](*given), REFERENCES[name](*given), rtol=1e-4, atol=1e-5)


def test_with_colors_of_changes_y_alone():
    painted, photo = torch.rand(2, 1, 3, 8, 9)
    made = to_yiq(checks.with_colors_of(painted, photo))
    torch.testing.assert_close(made[:, :1], to_yiq(painted)[:, :1])
    torch.testing.assert_close(made[:, 1:], to_yiq(photo)[:, 1:])


def test_recolored_has_mean_and_covariance_of_the_photo():
    style, photo = torch.rand(1, 3, 20, 30), 0.3 + 0.5 * torch.rand(1, 3, 10, 15)
    made = checks.recolored(style, photo)
    torch.testing.assert_close(columns(made).mean(1), columns(photo).mean(1))
    torch.testing.assert_close(columns(made).cov(), columns(photo).cov(), rtol=1e-3, atol=1e-5)


def test_recolored_bears_gray_pictures():
    color, gray = torch.rand(1, 3, 8, 8), torch.rand(1, 1, 8, 8).repeat(1, 3, 1, 1)
    assert checks.recolored(color, gray).isfinite().all()
    assert checks.recolored(gray, color).isfinite().all()


def test_cholesky_factors_will_do():
    def with_cholesky(style, photo):
        mean_s, mean_p = means(style, photo)
        roots = [torch.linalg.cholesky(columns(image).cov()) for image in (photo, style)]
        moved = roots[0] @ roots[1].inverse() @ (columns(style) - mean_s) + mean_p
        return moved.reshape(style.shape)

    verdict = checks.color_match(with_cholesky)
    assert verdict.right
    assert "Cholesky" in verdict.message


def test_mixed_target_has_the_minimum_of_the_mixed_losses():
    """What the notebook says: the two differ by a constant, so their gradients are equal."""
    one, other = torch.rand(2, 1, 4, 6, 6)
    gram = gram_matrix(torch.rand(1, 4, 6, 6)).requires_grad_()
    both = sum(s * (gram - gram_matrix(f)).square().sum() for s, f in ((0.3, one), (0.7, other)))
    target = (gram - checks.mixed_gram(one, other, 0.3)).square().sum()
    gradients = [torch.autograd.grad(loss, gram)[0] for loss in (both, target)]
    torch.testing.assert_close(*gradients)


def test_a_mask_of_ones_is_the_gram_matrix_and_a_hard_one_that_of_the_region():
    features = torch.rand(1, 5, 6, 8)
    mask = torch.zeros(1, 1, 6, 8)
    mask[..., :3] = 1
    torch.testing.assert_close(
        checks.masked_gram(features, torch.ones(1, 1, 6, 8)), gram_matrix(features)
    )
    torch.testing.assert_close(checks.masked_gram(features, mask), gram_matrix(features[..., :3]))
