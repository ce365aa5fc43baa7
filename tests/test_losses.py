"""Losses against formulas written out in float64 loops, and the properties that make a Gram a Gram."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck

from nstlib.losses import (
    CONVENTIONS,
    content_loss,
    gram_matrix,
    style_loss,
    total_variation,
)


def random(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def gram_by_hand(features: np.ndarray) -> np.ndarray:
    """F Fᵀ, undivided, one entry at a time: the sum over positions of channel i times channel j."""
    channels, height, width = features.shape
    gram = np.zeros((channels, channels))
    for i, j in itertools.product(range(channels), repeat=2):
        for y, x in itertools.product(range(height), range(width)):
            gram[i, j] += features[i, y, x] * features[j, y, x]
    return gram


shapes = st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 7), st.integers(1, 7))


def test_gram_matrix_without_a_batch_is_that_of_the_batch():
    features = random(2, 3, 4, 5)
    torch.testing.assert_close(gram_matrix(features[0]), gram_matrix(features)[0])


def test_gram_matrix_entry_by_entry():
    features = random(2, 3, 4, 5)
    expected = [gram_by_hand(one) / 20 for one in features.numpy()]
    np.testing.assert_allclose(gram_matrix(features), expected, rtol=1e-12)


def test_gram_matrix_keeps_the_pictures_of_a_batch_apart():
    features = random(3, 4, 5, 5)
    alone = torch.cat([gram_matrix(one[None]) for one in features])
    torch.testing.assert_close(gram_matrix(features), alone)


@given(shapes, st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_gram_matrix_is_symmetric_and_positive_semidefinite(shape, seed):
    gram = gram_matrix(random(*shape, seed=seed))
    torch.testing.assert_close(gram, gram.mT, rtol=0, atol=1e-14)
    assert torch.linalg.eigvalsh(gram).min() >= -1e-10


@given(shapes, st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_gram_matrix_does_not_see_where_things_are(shape, seed):
    features = random(*shape, seed=seed)
    order = torch.randperm(shape[2] * shape[3], generator=torch.Generator().manual_seed(seed))
    shuffled = features.flatten(2)[..., order].reshape(features.shape)
    torch.testing.assert_close(gram_matrix(features), gram_matrix(shuffled))


def test_gram_matrix_does_see_which_channels_go_together():
    features = random(1, 3, 6, 6)
    apart = features.clone()
    apart[:, 0] = apart[:, 0].flatten(1).roll(1, 1).reshape(1, 6, 6)  # one channel moved alone
    assert not torch.allclose(gram_matrix(features), gram_matrix(apart))


def test_gram_matrix_of_a_tiled_picture_is_that_of_one_tile():
    features = random(1, 4, 3, 5)
    torch.testing.assert_close(gram_matrix(features), gram_matrix(features.tile(1, 1, 4, 2)))


def random_mask(*shape, seed=0):
    make = torch.Generator().manual_seed(seed)
    return torch.rand(1, 1, *shape, generator=make, dtype=torch.float64)


def test_masked_gram_matrix_entry_by_entry():
    features, mask = random(2, 3, 4, 5), random_mask(4, 5)
    weights, expected = mask[0, 0].numpy(), np.zeros((2, 3, 3))
    for b, i, j in itertools.product(range(2), range(3), range(3)):
        for y, x in itertools.product(range(4), range(5)):
            expected[b, i, j] += weights[y, x] * float(features[b, i, y, x] * features[b, j, y, x])
    np.testing.assert_allclose(gram_matrix(features, mask), expected / weights.sum(), rtol=1e-12)


@given(shapes, st.integers(0, 10**6), st.floats(0.01, 1))
@settings(max_examples=40, deadline=None)
def test_a_mask_weighs_positions(shape, seed, level):
    """A constant mask is none, and regions weighted by their areas add up to the picture."""
    features, mask = random(*shape, seed=seed), random_mask(*shape[2:], seed=seed)
    whole = gram_matrix(features)
    torch.testing.assert_close(gram_matrix(features, torch.full_like(mask, level)), whole)
    parts = [part.mean() * gram_matrix(features, part) for part in (mask, 1 - mask)]
    torch.testing.assert_close(sum(parts), whole)
    torch.testing.assert_close(gram_matrix(features, mask), gram_matrix(features, level * mask))


def test_a_mask_of_zeros_and_ones_cuts_a_region_out_whatever_its_size():
    features, mask = random(1, 3, 6, 8), torch.zeros(1, 1, 6, 8, dtype=torch.float64)
    mask[..., 1:3, 2:7] = 1
    region = features[..., 1:3, 2:7]
    torch.testing.assert_close(gram_matrix(features, mask), gram_matrix(region))
    torch.testing.assert_close(gram_matrix(region.tile(1, 1, 4, 4)), gram_matrix(region))


def test_the_guidance_channels_of_the_paper_are_the_roots_of_a_mask():
    """Gatys et al. 2017: features times T, with T² adding up to 1 over the positions."""
    features, mask = random(1, 3, 6, 8), random_mask(6, 8)
    guided = ((mask / mask.sum()).sqrt() * features).flatten(2)
    torch.testing.assert_close(guided @ guided.mT, gram_matrix(features, mask))


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_masked_style_loss_is_that_of_the_region_alone(convention):
    f, target = random(1, 3, 4, 6), gram_matrix(random(1, 3, 5, 5, seed=2))
    mask = torch.zeros(1, 1, 4, 6, dtype=torch.float64)
    mask[..., :2] = 1
    alone = style_loss(f[..., :2], target, convention=convention)
    torch.testing.assert_close(style_loss(f, target, mask=mask, convention=convention), alone)


def test_where_the_mask_is_zero_the_features_get_no_gradient():
    f, target = random(1, 2, 3, 4).requires_grad_(), gram_matrix(random(1, 2, 3, 3, seed=1))
    mask = random_mask(3, 4)
    mask[..., :2] = 0
    style_loss(f, target, mask=mask).backward()
    assert not f.grad[..., :2].any()
    assert f.grad[..., 2:].all()
    assert gradcheck(lambda x: style_loss(x, target, mask=mask), f.detach().requires_grad_())


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_content_loss_against_the_formula(convention):
    f, p = random(1, 3, 4, 5, seed=1), random(1, 3, 4, 5, seed=2)
    total = size = 0.0
    for index in itertools.product(range(3), range(4), range(5)):
        total += (f[0][index].item() - p[0][index].item()) ** 2
        size += p[0][index].item() ** 2
    expected = {
        "lecture": total,
        "paper": total / 2,
        "mean": total / 60,
        "relative": (total / 60) / (size / 60),
    }[convention]
    assert content_loss(f, p, convention=convention).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_style_loss_against_the_formula(convention):
    f, a = random(1, 3, 4, 5, seed=1), random(1, 3, 4, 5, seed=2)
    n, m = 3, 20
    gram, target = gram_by_hand(f[0].numpy()), gram_by_hand(a[0].numpy())
    total = sum((gram[i, j] - target[i, j]) ** 2 for i in range(n) for j in range(n))
    size = sum(target[i, j] ** 2 for i in range(n) for j in range(n))
    expected = {
        "lecture": total,
        "paper": total / (4 * n**2 * m**2),
        "mean": total / m**2 / n**2,
        "relative": total / size,
    }[convention]
    got = style_loss(f, gram_matrix(a), convention=convention).item()
    assert got == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_tiled_style_picture_is_the_same_style(convention):
    f, a = random(1, 3, 4, 6, seed=1), random(1, 3, 4, 6, seed=2)
    one = style_loss(f, gram_matrix(a), convention=convention)
    torch.testing.assert_close(
        style_loss(f, gram_matrix(a.tile(1, 1, 2, 3)), convention=convention), one
    )


@given(st.floats(0.01, 100), st.integers(1, 4), st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_relative_losses_have_no_unit(scale, tiles, seed):
    f, p = random(1, 3, 4, 4, seed=seed), random(1, 3, 4, 4, seed=seed + 1)
    big_f, big_p = (scale * t.tile(1, 1, tiles, tiles) for t in (f, p))
    torch.testing.assert_close(content_loss(big_f, big_p), content_loss(f, p))
    torch.testing.assert_close(style_loss(big_f, gram_matrix(big_p)), style_loss(f, gram_matrix(p)))
    torch.testing.assert_close(content_loss(0 * p, p), torch.ones((), dtype=p.dtype))
    torch.testing.assert_close(style_loss(0 * p, gram_matrix(p)), torch.ones((), dtype=p.dtype))


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_losses_are_zero_at_the_target_and_only_there(convention):
    f = random(1, 3, 4, 5)
    assert content_loss(f, f, convention=convention) == 0
    assert style_loss(f, gram_matrix(f), convention=convention) == 0
    assert content_loss(f + 0.1, f, convention=convention) > 0
    assert style_loss(f + 0.1, gram_matrix(f), convention=convention) > 0


def test_a_target_without_any_features_gives_a_finite_loss():
    f, nothing = random(1, 3, 4, 5, dtype=torch.float32), torch.zeros(1, 3, 4, 5)
    assert content_loss(f, nothing).isfinite()
    assert style_loss(f, gram_matrix(nothing)).isfinite()


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_gradients_of_the_losses(convention):
    f = random(1, 2, 3, 3, seed=1).requires_grad_()
    p = random(1, 2, 3, 3, seed=2)
    gram = gram_matrix(p)
    assert gradcheck(lambda x: content_loss(x, p, convention=convention), f)
    assert gradcheck(lambda x: style_loss(x, gram, convention=convention), f)


@pytest.mark.parametrize("beta", [1.0, 1.5, 2.0])
def test_gradient_of_total_variation(beta):
    assert gradcheck(lambda x: total_variation(x, beta=beta), random(1, 3, 4, 5).requires_grad_())


@pytest.mark.parametrize("beta", [1.0, 2.0])
def test_total_variation_against_the_formula(beta):
    image = random(1, 2, 4, 5)
    terms = []
    for c, y, x in itertools.product(range(2), range(4), range(5)):
        dx = image[0, c, y, x + 1] - image[0, c, y, x] if x < 4 else 0.0
        dy = image[0, c, y + 1, x] - image[0, c, y, x] if y < 3 else 0.0
        terms.append(float(dx**2 + dy**2) ** (beta / 2))
    assert total_variation(image, beta=beta).item() == pytest.approx(np.mean(terms), rel=1e-4)


def test_total_variation_reaches_every_pixel():
    """The border too: a last row without a gradient shows as stripes."""
    image = random(1, 3, 6, 7).requires_grad_()
    total_variation(image).backward()
    assert (image.grad != 0).all()
    stripes = torch.zeros(1, 3, 6, 6)
    stripes[:, :, -1, ::2] = 1
    assert total_variation(stripes) > 0.1 * total_variation(stripes.mT.flip(3)) > 0


def test_total_variation_of_a_flat_picture_is_zero_with_a_zero_gradient():
    for beta in (1.0, 2.0):
        flat = torch.full((1, 3, 5, 5), 0.3, requires_grad=True)
        value = total_variation(flat, beta=beta)
        value.backward()
        assert abs(value) < 1e-9  # rounding of the root that keeps the slope finite
        assert flat.grad.abs().max() == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: content_loss(torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 1, 1)), "two shapes"),
        (lambda: style_loss(torch.zeros(1, 3, 4, 4), torch.zeros(1, 1, 1)), "two shapes"),
        (lambda: content_loss(torch.zeros(1), torch.zeros(1), convention="sum"), "'sum'"),
        (lambda: gram_matrix(torch.zeros(1, 3, 4, 4), torch.ones(1, 1, 8, 8)), "layer_mask"),
        (lambda: gram_matrix(torch.zeros(2, 3, 4, 4), torch.ones(2, 1, 4, 4)), "layer_mask"),
        (lambda: gram_matrix(torch.zeros(1, 3, 4, 4), torch.ones(1, 1, 1, 1)), "(1, 1, 4, 4)"),
        (lambda: gram_matrix(torch.zeros(1, 3, 4, 4), torch.ones(4, 4)), "(1, 1, 4, 4)"),
        (
            lambda: style_loss(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 1), convention="sum"),
            "relative",
        ),
        (lambda: total_variation(torch.zeros(1, 3, 1, 9)), "2 x 2"),
        (lambda: total_variation(torch.zeros(1, 3, 9, 9), beta=0), "above 0"),
    ],
)
def test_bad_input_gets_one_sentence(call, words):
    with pytest.raises(ValueError) as error:
        call()
    assert words in str(error.value)
    assert "\n" not in str(error.value)
