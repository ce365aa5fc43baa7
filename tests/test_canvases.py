import numpy as np
import pytest

from nstlib.paintings import brushes, fields
from nstlib.paintings.canvases import PROGRAMS, WEIGHTS, canvas


def test_the_same_seed_draws_the_same_pixels():
    np.testing.assert_array_equal(canvas(7, size=48), canvas(7, size=48))


def test_canvases_are_bytes_and_no_two_are_alike():
    drawn = np.stack([canvas(seed, size=48) for seed in range(12)])
    assert drawn.shape == (12, 48, 48, 3)
    assert drawn.dtype == np.uint8
    difference = np.abs(drawn[:, None].astype(int) - drawn[None]).mean((2, 3, 4))
    assert difference[~np.eye(12, dtype=bool)].min() > 1


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_every_program_fills_the_canvas_with_something(program):
    pictures = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        pictures.append(program(rng, fields.palette(rng), 64))
    pictures = np.stack(pictures)
    assert pictures.shape == (4, 64, 64, 3)
    assert np.isfinite(pictures).all()
    assert pictures.min() > -1  # Relief may leave [0, 1] a little; `canvas` clips it.
    assert pictures.max() < 2
    assert np.median(pictures.std((1, 2)).max(1)) > 0.02


def test_each_program_has_a_weight():
    assert len(WEIGHTS) == len(PROGRAMS)
    assert (WEIGHTS > 0).all()


def test_neighbors_in_fours_share_their_palette(monkeypatch):
    palettes = []
    original = fields.palette
    monkeypatch.setattr(
        "nstlib.paintings.canvases.palette",
        lambda rng: palettes.append(original(rng)) or palettes[-1],
    )
    for seed in (8, 11, 12):
        canvas(seed, size=16)
    np.testing.assert_array_equal(palettes[0], palettes[1])
    assert palettes[0].shape != palettes[2].shape or not np.allclose(palettes[0], palettes[2])


def test_a_canvas_too_small_is_refused():
    with pytest.raises(ValueError, match="at least 16"):
        canvas(0, size=8)


def test_noise_falls_with_frequency_as_asked():
    noise = fields.fractal_noise(np.random.default_rng(0), 256, 2.0)
    power = np.abs(np.fft.fft2(noise)) ** 2
    frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.fftfreq(256)[None])
    rings = [power[(frequency > f) & (frequency < 1.2 * f)].mean() for f in (0.05, 0.2)]
    slope = np.log(rings[1] / rings[0]) / np.log(4)
    assert slope == pytest.approx(-4, abs=0.3)
    assert noise.std() == pytest.approx(1)


def test_a_flow_follows_level_lines():
    y, x = fields.pixel_grid(64)
    dx, dy = fields.along_levels(np.hypot(y - 90, x - 20))
    np.testing.assert_allclose(dy * (y - 90) + dx * (x - 20), 0, atol=0.1 * 110)
    np.testing.assert_allclose(np.hypot(dx, dy), 1, atol=0.01)


def test_smearing_blurs_along_level_lines_and_keeps_what_runs_along_them():
    y, x = fields.pixel_grid(64)
    noise = np.random.default_rng(0).standard_normal((64, 64))
    flow = fields.along_levels(y)  # Level lines of y run along x.
    smeared = brushes.smear(noise, flow, 12 / 64)
    along = np.abs(np.diff(smeared, axis=1)).mean()
    across = np.abs(np.diff(smeared, axis=0)).mean()
    assert along < 0.3 * across
    np.testing.assert_allclose(brushes.smear(y, flow, 12 / 64), y, atol=1e-4)
    assert not np.allclose(brushes.smear(x, flow, 12 / 64)[:, :5], x[:, :5], atol=0.1)


def test_a_picture_is_smeared_channel_by_channel():
    picture = np.random.default_rng(0).random((48, 48, 3))
    flow = fields.along_levels(fields.potential(np.random.default_rng(0), 48))
    smeared = brushes.smear(picture, flow, 0.2)
    channels = [brushes.smear(picture[..., i], flow, 0.2) for i in range(3)]
    np.testing.assert_array_equal(smeared, np.stack(channels, -1))


def test_relief_lights_slopes_that_face_the_upper_left():
    y, x = fields.pixel_grid(32)
    hill = np.exp(-((y - 16) ** 2 + (x - 16) ** 2) / 50) / 32
    lit = brushes.light(np.full((32, 32, 3), 0.5), hill, 3.0)
    assert lit[11, 11].mean() > 0.55  # The slope there looks to the upper left.
    assert lit[21, 21].mean() < 0.45
    np.testing.assert_allclose(lit[1, 1], 0.5, atol=0.01)
