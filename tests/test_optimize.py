"""The loop on sums whose minimum is known, and on everything that can stop it."""

import io
import itertools
from functools import partial

import pytest
import torch

from nstlib.images import photo
from nstlib.losses import gram_matrix, style_loss
from nstlib.optimize import RunFailed, Step, is_out_of_memory, minimize
from nstlib.optimizer import PixelAdam, PixelLBFGS
from nstlib.vgg import load_vgg19

TARGET = torch.rand(1, 3, 6, 7, generator=torch.Generator().manual_seed(1))
START = torch.full_like(TARGET, 0.5)


def to_target(x):
    return {"near": (x - TARGET).square().mean()}


def two_losses(x):
    """Curved enough that the way matters: a quartic valley and a pull to smoothness."""
    smooth = (x[..., 1:] - x[..., :-1]).square().mean()
    return {"near": ((x - TARGET).square() + (x - TARGET) ** 4).mean(), "smooth": smooth}


def run(losses=to_target, weights=None, start=START, **kwargs):
    return list(minimize(start, losses, weights or {"near": 1.0}, **kwargs))


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_finds_the_minimum(optimizer):
    steps = run(steps=150, optimizer=optimizer)
    torch.testing.assert_close(steps[-1].image, TARGET, atol=2e-3, rtol=0)


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12])
def test_the_unit_of_the_loss_does_not_matter(optimizer, unit):
    """torch's L-BFGS ignores curvature below 1e-10: unscaled, the small unit stalls at the start."""
    steps = run(weights={"near": unit}, steps=150, optimizer=optimizer)
    torch.testing.assert_close(steps[-1].image, TARGET, atol=2e-3, rtol=0)


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_each_step_has_the_losses_of_its_own_image(optimizer):
    weights = {"near": 2.0, "smooth": 0.3}
    for step in run(two_losses, weights, steps=8, optimizer=optimizer):
        terms = {name: loss.item() for name, loss in two_losses(step.image).items()}
        assert step.losses["near"] == pytest.approx(terms["near"], rel=1e-4)
        assert step.losses["smooth"] == pytest.approx(terms["smooth"], rel=1e-4)
        total = 2 * terms["near"] + 0.3 * terms["smooth"]
        assert step.losses["total"] == pytest.approx(total, rel=1e-4)


def test_counts_from_the_start_to_the_end():
    steps = run(steps=5)
    assert [step.index for step in steps] == [0, 1, 2, 3, 4, 5]
    assert {step.total for step in steps} == {5}
    torch.testing.assert_close(steps[0].image, START)
    assert all(isinstance(step, Step) for step in steps)


def test_images_are_copies_in_range():
    far = 3 * TARGET - 1  # the minimum lies outside [0, 1]
    steps = run(lambda x: {"near": (x - far).square().mean()}, steps=20)
    assert all(torch.equal(step.image, step.image.clamp(0, 1)) for step in steps)
    assert not torch.equal(steps[0].image, steps[1].image)
    torch.testing.assert_close(steps[-1].image, far.clamp(0, 1), atol=2e-3, rtol=0)


def test_the_start_is_not_changed():
    start = START.clone()
    run(start=start, steps=3)
    torch.testing.assert_close(start, START, rtol=0, atol=0)


def test_one_evaluation_a_step():
    calls = itertools.count()

    def counted(x):
        next(calls)
        return to_target(x)

    run(counted, steps=10)
    assert next(calls) == 11  # ten updates, and the losses of the end


def test_works_where_gradients_are_switched_off():
    with torch.no_grad():
        steps = run(steps=30)
    assert steps[-1].losses["total"] < 0.01 * steps[0].losses["total"]


def test_at_the_minimum_it_stays():
    steps = run(start=TARGET, steps=5)
    assert torch.equal(steps[-1].image, TARGET)


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_weights_may_change_while_it_runs(optimizer):
    other = 1 - TARGET
    weights = {"near": 1.0, "other": 0.0}

    def losses(x):
        return {**to_target(x), "other": (x - other).square().mean()}

    for step in minimize(START, losses, weights, steps=300, optimizer=optimizer):
        if step.index == 100:
            torch.testing.assert_close(step.image, TARGET, atol=5e-3, rtol=0)
            step.weights.update(near=0.0, other=1.0)
    torch.testing.assert_close(step.image, other, atol=5e-3, rtol=0)
    assert weights == {"near": 1.0, "other": 0.0}, "those of the caller stay as they are"


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
@pytest.mark.parametrize("stop", [0, 1, 2, 13, 29, 30])
def test_a_saved_run_goes_on_as_if_it_had_never_stopped(optimizer, stop):
    weights, kwargs = {"near": 1.0, "smooth": 0.5}, {"steps": 30, "optimizer": optimizer}
    whole = run(two_losses, weights, **kwargs)
    for step in minimize(START, two_losses, weights, **kwargs):
        if step.index == stop:
            break
    file = io.BytesIO()
    torch.save(step.state(), file)
    file.seek(0)
    state = torch.load(file, weights_only=True)
    rest = run(two_losses, weights, state=state, **kwargs)
    expected = whole[stop + 1 :] or whole[-1:]
    assert [s.index for s in rest] == [s.index for s in expected]
    for a, b in zip(rest, expected, strict=True):
        assert torch.equal(a.image, b.image)
        assert a.losses == b.losses


def test_a_finished_run_can_be_prolonged():
    whole = run(two_losses, {"near": 1.0, "smooth": 0.5}, steps=30)
    short = run(two_losses, {"near": 1.0, "smooth": 0.5}, steps=20)
    longer = run(two_losses, {"near": 1.0, "smooth": 0.5}, steps=30, state=short[-1].state())
    assert torch.equal(longer[-1].image, whole[-1].image)


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_keeps_the_last_good_picture(optimizer, bad):
    calls = itertools.count()

    def losses(x):
        return {**to_target(x), "odd": x.mean() * (bad if next(calls) == 4 else 1.0)}

    seen = []
    steps = minimize(START, losses, {"near": 1.0, "odd": 0.1}, optimizer=optimizer)
    with pytest.raises(RunFailed, match="'odd'") as failure:
        seen.extend(steps)
    assert [step.index for step in seen] == [0, 1, 2, 3]
    assert failure.value.step is seen[-1]
    assert failure.value.step.image.isfinite().all()
    assert "At step 3 of 200" in str(failure.value)


def test_a_gradient_that_is_not_finite_is_caught_before_it_moves_anything():
    with pytest.raises(RunFailed, match="the gradient") as failure:
        run(lambda x: {"near": (x - 0.5).abs().sqrt().sum()}, steps=3)
    assert torch.equal(failure.value.step.image, START)


@pytest.mark.parametrize(
    ("error", "short"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), True),
        (
            RuntimeError("[enforce fail at alloc_cpu.cpp:121] . DefaultCPUAllocator: can't alloc"),
            True,
        ),
        (
            RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes"),
            True,
        ),
        (RuntimeError("MPS backend out of memory (MPS allocated: 17.04 GB, max: 18.13 GB)"), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), True),
        (RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"), False),
        (ValueError("not enough memory of that day"), False),
        (KeyboardInterrupt(), False),
    ],
)
def test_the_faces_of_out_of_memory(error, short):
    assert is_out_of_memory(error) is short


def test_out_of_memory_keeps_the_last_good_picture():
    calls = itertools.count()

    def losses(x):
        if next(calls) == 3:
            raise MemoryError
        return to_target(x)

    with pytest.raises(RunFailed, match=r"not enough memory.*7 x 6 pixels.*smaller") as failure:
        run(losses, steps=9)
    assert failure.value.step.index == 2


def test_real_out_of_memory_on_the_cpu():
    def losses(x):
        return {"near": (torch.empty(1 << 60) * x.mean()).sum()}

    with pytest.raises(RunFailed, match="not enough memory"):
        run(losses)


def test_other_errors_pass_through():
    def losses(x):
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes do not match"):
        run(losses)


def test_an_interrupt_passes_through_and_the_last_step_is_whole():
    calls = itertools.count()

    def losses(x):
        if next(calls) == 3:
            raise KeyboardInterrupt
        return to_target(x)

    seen = []
    with pytest.raises(KeyboardInterrupt):
        seen.extend(minimize(START, losses, {"near": 1.0}))
    assert [step.index for step in seen] == [0, 1, 2]
    assert seen[-1].image.isfinite().all()


def test_where_the_loss_is_almost_flat_a_step_does_not_leave_the_picture():
    """Without a limit one step here throws the pixels far out, and the run does not recover."""
    noise = 0.5 + 0.1 * torch.randn(1, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    vgg = load_vgg19("random", width=1 / 16, padding="zeros", device="cpu")
    target = gram_matrix(vgg(photo("cat", size=64), ["relu2_1"])["relu2_1"])

    def losses(x):
        return {"style": style_loss(vgg(x, ["relu2_1"])["relu2_1"], target)}

    steps = list(minimize(noise, losses, {"style": 1.0}, steps=40))
    moves = [(b.image - a.image).square().mean().sqrt() for a, b in itertools.pairwise(steps)]
    assert max(moves) < 1.01 * 0.05
    assert max(step.losses["total"] for step in steps) < 2 * steps[0].losses["total"]
    assert steps[-1].losses["total"] < 1e-2 * steps[0].losses["total"]


def test_standing_still_does_not_last():
    """Where the remembered curvature points uphill torch's L-BFGS stops moving; we start over."""

    def bumpy(x):
        return {"near": ((x - TARGET).square() + 0.05 * torch.sin(40 * x)).mean()}

    steps = run(bumpy, steps=120)
    best = min(step.losses["total"] for step in steps)
    moved = [not torch.equal(a.image, b.image) for a, b in itertools.pairwise(steps)]
    assert best < 0.7 * steps[0].losses["total"]
    assert all(moved[i] or moved[i + 1] for i in range(len(moved) - 1))


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"steps": 0}, "steps must be at least 1, not 0"),
        ({"optimizer": "sgd"}, "choose 'lbfgs' or 'adam'"),
        ({"optimizer": partial(PixelLBFGS, lr=-1.0)}, "learning rate must be above 0"),
        ({"optimizer": partial(PixelAdam, lr=0.0)}, "learning rate must be above 0"),
        ({"optimizer": partial(PixelAdam, lr=float("nan"))}, "learning rate must be above 0"),
        ({"optimizer": partial(PixelLBFGS, history_size=0)}, "history_size must be at least 1"),
        ({"start": torch.zeros(3, 6, 7)}, r"not \(3, 6, 7\)"),
        ({"start": torch.zeros(1, 3, 6, 7, dtype=torch.uint8)}, "finite floats"),
        ({"start": START * float("nan")}, "finite floats"),
        ({"state": {"index": 3}}, "not the state of a run"),
    ],
)
def test_bad_input_gets_one_sentence_at_the_call(kwargs, words):
    options = {"start": START, **kwargs}
    with pytest.raises(ValueError, match=words):
        minimize(options.pop("start"), to_target, {"near": 1.0}, **options)


def test_losses_and_weights_must_have_the_same_names():
    with pytest.raises(ValueError, match="do not agree on 'near'"):
        run(weights={"nearer": 1.0})


def test_any_optimizer_of_torch_will_do():
    steps = run(steps=200, optimizer=partial(torch.optim.SGD, lr=20.0))
    torch.testing.assert_close(steps[-1].image, TARGET, atol=2e-3, rtol=0)


def test_a_state_of_another_run_is_refused():
    state = run(steps=2)[-1].state()
    with pytest.raises(ValueError, match="another optimizer"):
        run(steps=2, state=state, optimizer="adam")
    with pytest.raises(ValueError, match=r"picture of shape \(1, 3, 6, 7\)"):
        run(steps=2, state=state, start=torch.zeros(1, 3, 9, 9))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (partial(PixelLBFGS, lr=0.5), "lbfgs", "lr = 0.5, not 1.0"),
        (partial(PixelLBFGS, history_size=3), "lbfgs", "history_size = 3, not 20"),
        (partial(PixelAdam, lr=0.1), "adam", "lr = 0.1, not 0.02"),
    ],
)
def test_settings_of_another_optimizer_are_not_replaced_in_silence(before, after, words):
    state = run(steps=3, optimizer=before)[-1].state()
    with pytest.raises(ValueError, match=words):
        run(steps=3, optimizer=after, state=state)


def test_a_state_beyond_the_last_step_is_refused():
    state = run(steps=5)[-1].state()
    with pytest.raises(ValueError, match="5 steps already, more than 4"):
        run(steps=4, state=state)


def test_the_first_step_moves_every_picture_by_a_hundredth_in_the_mean():
    """torch's own first step is lr / |g|₁ of the gradient: next to nothing on many pixels."""
    pixels = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    for unit in (1e-9, 1.0, 1e9):
        moved, plain = pixels.clone(), pixels.clone()
        moved.grad = plain.grad = unit * (pixels - 0.3)
        PixelLBFGS([moved]).step()
        torch.optim.LBFGS([plain], max_iter=1).step(lambda: 0.0)
        assert (moved - pixels).abs().mean() == pytest.approx(0.01, rel=1e-3)
        assert (plain - pixels).abs().mean() < 1e-3


def test_the_optimizers_take_a_closure_as_those_of_torch_do():
    for optimizer in (PixelLBFGS, PixelAdam):
        pixels = START.clone().requires_grad_()
        mover = optimizer([pixels])

        def closure(pixels=pixels, mover=mover):
            mover.zero_grad()
            loss = to_target(pixels)["near"]
            loss.backward()
            return loss

        first = closure().item()
        for _ in range(20):
            mover.step(closure)
        assert closure().item() < 0.5 * first
