import math
import runpy
from functools import partial
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from nstlib.backbone.wavelets import BLUR, build, gabors, wavelet_maps
from nstlib.checks import ch08_filters as checks
from nstlib.vgg import load_vgg19

FOLDER = Path(__file__).parents[1] / "notebooks"
NAME = "08_where_the_filters_come_from"
SOLUTION = runpy.run_path(str(FOLDER / "solutions" / f"{NAME}.py"))
CHECKS = {
    "my_gabor": checks.gabor,
    "my_halve": checks.halve,
    "my_carry": checks.carry,
    "my_teaching_loss": checks.teaching_loss,
}


# ---- wrong answers, as a student would write them --------------------------------------------


def parts(turn, size, indexing="ij"):
    ticks = torch.arange(size) - size // 2
    y, x = torch.meshgrid(ticks, ticks, indexing=indexing)
    u = x * math.cos(turn) + y * math.sin(turn)
    v = y * math.cos(turn) - x * math.sin(turn)
    return u, v, torch.exp(-(u**2 + v**2 / 2) / (2 * (size / 4) ** 2))


def gabor_with_mean(turn, phase, size=5):
    u, _, bell = parts(turn, size)
    wave = bell * torch.cos(math.pi / 2 * u + phase)
    return wave / wave.norm()


def gabor_constant_subtracted(turn, phase, size=5):
    u, _, bell = parts(turn, size)
    wave = bell * torch.cos(math.pi / 2 * u + phase)
    wave = wave - wave.mean()
    return wave / wave.norm()


def gabor_any_length(turn, phase, size=5):
    u, _, bell = parts(turn, size)
    wave = bell * torch.cos(math.pi / 2 * u + phase)
    return wave - bell * wave.sum() / bell.sum()


def gabor_normalized_too_early(turn, phase, size=5):
    u, _, bell = parts(turn, size)
    wave = bell * torch.cos(math.pi / 2 * u + phase)
    wave = wave / wave.norm()
    return wave - bell * wave.sum() / bell.sum()


def gabor_along(turn, phase, size=5):
    _, v, bell = parts(turn, size)
    wave = bell * torch.cos(math.pi / 2 * v + phase)
    wave = wave - bell * wave.sum() / bell.sum()
    return wave / wave.norm()


def gabor_x_first(turn, phase, size=5):
    u, _, bell = parts(turn, size, indexing="xy")
    wave = bell * torch.cos(math.pi / 2 * u + phase)
    wave = wave - bell * wave.sum() / bell.sum()
    return wave / wave.norm()


def gabor_in_degrees(turn, phase, size=5):
    return SOLUTION["my_gabor"](turn * math.pi / 180, phase, size)


def blur(x, kernel=BLUR, mode="replicate"):
    kernel = kernel.expand(x.shape[1], 1, 3, 3)
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode=mode), kernel, groups=x.shape[1])


def halve_mixed(x):
    kernel = BLUR.expand(x.shape[1], x.shape[1], 3, 3)
    return F.avg_pool2d(F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), kernel), 2)


def carry_two(there, back):
    def my_carry(channels):
        one = torch.eye(channels)
        return torch.cat([a * one for a in there]), torch.cat([b * one for b in back], dim=1)

    return my_carry


EACH = {"dim": (0, 2, 3), "keepdim": True}


def normal(maps, **over):
    over = EACH | over
    variances = maps.var(correction=0, **over)
    return (maps - maps.mean(**over)) / (variances + 1e-5).sqrt()


WRONG = [
    ("my_gabor", gabor_with_mean, "sky"),
    ("my_gabor", gabor_constant_subtracted, "same number from every pixel"),
    ("my_gabor", gabor_any_length, "divide by the norm"),
    ("my_gabor", gabor_normalized_too_early, "before its mean"),
    ("my_gabor", gabor_along, "along the bar"),
    ("my_gabor", gabor_x_first, "changed places"),
    ("my_gabor", gabor_in_degrees, "radians already"),
    ("my_halve", lambda x: F.avg_pool2d(x, 2), "without a blur"),
    ("my_halve", lambda x: F.avg_pool2d(blur(x, 16 * BLUR), 2), "sum to 1"),
    ("my_halve", lambda x: blur(F.avg_pool2d(x, 2)), "pooled first"),
    ("my_halve", lambda x: blur(x)[:, :, ::2, ::2], "every second pixel"),
    ("my_halve", lambda x: F.avg_pool2d(blur(x, mode="constant"), 2), "dark frame"),
    ("my_halve", halve_mixed, "mixed"),
    ("my_halve", lambda x: F.max_pool2d(blur(x), 2), "max pooling"),
    ("my_carry", carry_two([1], [1]), "below zero is lost"),
    ("my_carry", carry_two([1, -1], [1, 1]), "|x|"),
    ("my_carry", carry_two([1, 1], [1, -1]), "cancels"),
    ("my_carry", carry_two([1, -1], [0.5, -0.5]), "x / 2"),
    ("my_carry", carry_two([1, -1], [-1, 1]), "turned"),
    ("my_teaching_loss", lambda s, t: F.mse_loss(s, t), "rule the mean"),
    (
        "my_teaching_loss",
        lambda s, t: F.mse_loss(s, t / (t.var(correction=0, **EACH) + 1e-5).sqrt()),
        "mean is still in",
    ),
    ("my_teaching_loss", lambda s, t: F.mse_loss(s, t - t.mean(**EACH)), "divide by its root"),
    (
        "my_teaching_loss",
        lambda s, t: F.mse_loss(s, (t - t.mean(**EACH)) / (t.var(correction=0, **EACH) + 1e-5)),
        "not by its square root",
    ),
    (
        "my_teaching_loss",
        lambda s, t: F.mse_loss(s, (t - t.mean()) / (t.var(correction=0) + 1e-5).sqrt()),
        "channel by channel",
    ),
    ("my_teaching_loss", lambda s, t: F.mse_loss(s, normal(t, dim=(2, 3))), "picture by picture"),
    ("my_teaching_loss", lambda s, t: F.mse_loss(normal(s), normal(t)), "predictions too"),
    (
        "my_teaching_loss",
        lambda s, t: F.mse_loss(s, (t - t.mean(**EACH)) / t.std(correction=0, **EACH)),
        "epsilon",
    ),
    ("my_teaching_loss", lambda s, t: F.l1_loss(s, normal(t)), "absolute"),
]


@pytest.fixture(scope="module")
def verdicts():
    return [CHECKS[name](answer) for name, answer, _ in WRONG]


@pytest.mark.parametrize("index", range(len(WRONG)), ids=lambda i: f"{WRONG[i][0]}: {WRONG[i][2]}")
def test_every_mistake_gets_its_own_hint(verdicts, index):
    hint = WRONG[index][2]
    assert verdicts[index].right is False
    assert [hint in verdict.message for verdict in verdicts].index(True) == index
    assert sum(hint in verdict.message for verdict in verdicts) == 1


def test_other_right_answers_are_right_too():
    interleaved = torch.tensor([[1.0], [-1.0]])
    assert checks.carry(
        lambda c: (torch.kron(torch.eye(c), interleaved), torch.kron(torch.eye(c), interleaved.T))
    ).right
    batch_norm = partial(F.batch_norm, running_mean=None, running_var=None, training=True)
    assert checks.teaching_loss(lambda s, t: F.mse_loss(s, batch_norm(t))).right


def test_an_answer_that_cannot_be_computed_gets_a_sentence():
    swapped = carry_two([1, -1], [1, -1])
    assert checks.carry(lambda c: swapped(c)[::-1]).right is False
    assert "RuntimeError" in checks.teaching_loss(lambda s, t: F.mse_loss(s[:, 1:], t)).message


def test_the_solutions_agree_with_the_library():
    for size in (3, 5):
        bank = gabors(6, 4, size=size)
        for index in range(24):
            turn, phase = divmod(index, 4)
            mine = SOLUTION["my_gabor"](turn * math.pi / 6, math.pi / 2 * (1 + phase), size)
            torch.testing.assert_close(mine, bank[index, 0], rtol=1e-4, atol=1e-5)
    x = torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(0))
    maps = wavelet_maps(x)
    light = maps["relu1_1"][:, -8:]
    smaller = maps["relu2_1"][:, -8:]
    torch.testing.assert_close(SOLUTION["my_halve"](light), smaller)


def test_the_network_by_formula_carries_the_picture_as_the_solution_does():
    vgg = load_vgg19("random", device="cpu")
    build(vgg)
    x = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    features = vgg(x, ["relu1_1", "relu1_2"])
    _, back = SOLUTION["my_carry"](3)
    before, after = (torch.einsum("ij,njhw->nihw", back, f[:, :6]) for f in features.values())
    # The second convolution carries the picture on and blurs it for the pooling that follows.
    torch.testing.assert_close(after[..., 2:-2, 2:-2], blur(before)[..., 2:-2, 2:-2])
