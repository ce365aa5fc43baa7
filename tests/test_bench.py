"""The benchmark measures what it says: torch's counts against a formula, losses against each other."""

import itertools
import json
import time
from dataclasses import replace
from functools import partial

import numpy as np
import psutil
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from nstlib import load_vgg19, progress
from nstlib.__main__ import main
from nstlib.bench import loss_curves, measure, steps, time_to_loss
from nstlib.bench.baseline import baseline, pictures
from nstlib.bench.meters import Peak, busy_job, ceiling, clock, held_bytes
from nstlib.bench.report import curve_lines, line, plot, ratios, report, spread
from nstlib.bench.steps import LOSS_WEIGHTS, METHODS, Row, closure_and_step, full_step, network
from nstlib.bench.time_to_loss import seconds_to, taking_turns, until
from nstlib.optimize import evaluate
from nstlib.optimizer import PixelLBFGS
from nstlib.style_transfer import STYLE_LAYERS, picture_losses
from nstlib.tiling import positions

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def vgg():
    return load_vgg19("random", width=1 / 8, device="cpu")


def row(**changes):
    values = {
        "weights": "compact", "width": 0.25, "size": 100, "device": "cpu", "method": "textbook",
        "closure": 1.0, "optimizer": 0.5, "peak": 10**6, "operations": 10**9, "ceiling": 4e9,
        "loss": 1.0, "times": 3,
    }  # fmt: skip
    return Row(**values | changes)


def test_the_textbook_and_transfer_have_the_same_loss_and_gradient(vgg):
    """Written down twice, by two ways, the same number: or the comparison would be of two tasks."""
    content, style = pictures(96, CPU)
    image, closure = baseline(vgg, content, style)
    loss = closure().item()
    losses = picture_losses(vgg, content, [(style, 1.0)], LOSS_WEIGHTS)
    values, gradient = evaluate(content, losses, LOSS_WEIGHTS)
    assert values["total"] == pytest.approx(loss, rel=1e-4)
    assert (gradient - image.grad).norm() < 1e-3 * gradient.norm()


@pytest.mark.parametrize("method", ["textbook", "float32", "bfloat16"])
def test_operations_are_those_of_the_formula(method):
    """A 3 x 3 convolution multiplies and adds 9 C_in C_out times a position, and as often on the way
    back to its input; a Gram matrix C² times, and its gradient twice as often, once for either factor.
    """
    vgg = network("random:0.125", method, "cpu")
    closure, _ = closure_and_step(vgg, *pictures(64, CPU), method=method)
    with FlopCounterMode(display=False) as counter:
        closure()
    expected, channels = 0, 3
    for name in vgg.layers[: vgg.layers.index(STYLE_LAYERS[-1]) + 1]:
        if name.startswith("conv"):
            fan_in, channels = channels, vgg.get_submodule(name).out_channels
            expected += 2 * 2 * 9 * fan_in * channels * positions(name, 64, 64)
        if name in STYLE_LAYERS:
            expected += 3 * 2 * channels**2 * positions(name, 64, 64)
    assert counter.get_total_flops() == expected


def test_tiles_take_more_operations_to_the_same_loss(vgg):
    found = {}
    for method in ("float32", "tiles"):
        closure, _ = closure_and_step(vgg, *pictures(600, CPU), method=method)
        with FlopCounterMode(display=False) as counter:
            found[method] = closure(), counter
    whole, tiled = found["float32"], found["tiles"]
    assert tiled[0] == pytest.approx(whole[0], rel=1e-3)
    assert tiled[1].get_total_flops() > 1.3 * whole[1].get_total_flops()


@pytest.mark.parametrize(("kind", "length"), [(PixelLBFGS, 20), (torch.optim.LBFGS, 100)])
def test_a_full_history_is_what_the_optimizer_has(kind, length):
    pixels = torch.rand(1, 3, 32, 32)
    optimizer = kind([pixels])
    full_step(optimizer, pixels)()
    (state,) = optimizer.state.values()
    assert len(state["old_dirs"]) == len(state["old_stps"]) == len(state["ro"]) == length


def test_the_peak_is_of_what_was_held_at_once():
    with Peak(CPU, before=held_bytes(CPU)) as peak:
        big, end = torch.ones(50_000_000), time.monotonic() + 120
        while peak.bytes < 0.9 * 200e6 and time.monotonic() < end:
            time.sleep(0.001)  # somebody looks from time to time
        del big
    assert 0.9 * 200e6 < peak.bytes < 1.5 * 200e6


def test_the_ceiling_is_taken_with_all_threads_and_leaves_them():
    before = torch.get_num_threads()
    assert ceiling(CPU, torch.float32, seconds=0.01) > 1e8
    assert torch.get_num_threads() == before
    assert clock(CPU) <= clock(CPU)


def turns(work, done):
    """A function for each method that computes as many seconds as `work` says, and logs its turn."""

    def turn(method):
        done.append(method)
        return 0.75 * work[method], 0.25 * work[method]

    return {method: partial(turn, method) for method in work}


def test_every_round_has_all_methods_in_an_order_that_alternates():
    work, done = {"a": 0.5, "b": 0.25, "c": 0.5}, []
    times = steps.rounds(turns(work, done), seconds=2.0)
    assert "".join(done) == "abccba" * 4  # b has computed 2 seconds after 8 rounds
    assert times == {method: [(0.75 * t, 0.25 * t)] * 8 for method, t in work.items()}


@pytest.mark.parametrize(
    ("work", "counts"),
    [
        ({"a": 1.0, "b": 1.0}, [5, 5]),  # at least 5 rounds
        ({"a": 4.0}, [3]),  # a slow one stops
        ({"a": 4.0, "b": 0.25}, [3, 8]),
        ({"a": 1.0, "b": 0.0625}, [10, 32]),
        ({}, []),
    ],
)
def test_a_slow_method_leaves_the_others_to_their_rounds(work, counts):
    times = steps.rounds(turns(work, []), seconds=2.0)
    assert [len(times[method]) for method in work] == counts


def test_beside_a_busy_job_a_turn_takes_the_cores_that_are_left(monkeypatch):
    before = torch.get_num_threads()
    monkeypatch.delenv("NSTLIB_THREADS", raising=False)
    monkeypatch.setattr(progress, "cpu_limit", lambda: 4)
    monkeypatch.setattr(progress, "idle_cores", lambda *_: 3)
    threads = ((torch.get_num_threads(), 0.0) for _ in itertools.count())
    monkeypatch.setattr(steps, "_turns", [threads])
    torch.set_num_threads(4)
    try:
        assert steps._turn() == (4, 0.0)
        assert steps._sharing_turn() == (3, 0.0)
        assert steps._turn() == (4, 0.0)
    finally:
        torch.set_num_threads(before)


def test_the_busy_job_is_gone_afterwards_whatever_happened():
    with busy_job() as job:
        assert psutil.Process(job.pid).is_running()
    assert not psutil.pid_exists(job.pid)
    with pytest.raises(RuntimeError, match="broken"), busy_job() as job:
        raise RuntimeError("broken")
    assert not psutil.pid_exists(job.pid)


@pytest.mark.slow
def test_nothing_is_left_of_a_measurement_that_broke_beside_the_busy_job(monkeypatch):
    """The rounds of the quiet machine go well; those beside the busy job fail."""
    found = []

    def rounds(turns, seconds):
        found.append({child.pid for child in psutil.Process().children(recursive=True)})
        if len(found) == 2:
            raise RuntimeError("broken")
        return {method: [turn()] * 3 for method, turn in turns.items()}

    monkeypatch.setattr(steps, "rounds", rounds)
    run = measure(["random:0.125"], [32], methods=["float32"], device="cpu")
    assert next(run).busy == 0
    with pytest.raises(RuntimeError, match="broken"):
        next(run)
    quiet, busy = found
    assert len(busy - quiet) == 1
    assert not any(psutil.pid_exists(pid) for pid in busy - quiet)


def test_a_row_is_compared_with_the_textbook_of_its_size_and_network():
    rows = [
        row(weights="random:1", closure=30.0, optimizer=2.0),
        row(size=50),
        row(),
        row(method="float32", closure=0.5, optimizer=0.0),
    ]
    words = line(rows[-1], rows).split()
    assert words[:3] == ["compact", "100", "float32"]
    assert words[3:6] == ["500.0", "500.0", "0.02"]
    assert words[-3:] == ["50%", "3.0x", "(64.0x)"]  # 1 GFLOP in half a second, of 4 GFLOP/s
    assert line(rows[0], rows).split()[-1] == "1.0x"
    beside = row(closure=99.0, busy=1)
    assert line(rows[-1], [beside, *rows]) == line(rows[-1], rows)


def test_ratios_are_taken_within_the_rounds_and_shown_with_their_quartiles():
    """A machine that becomes four times as slow on the way makes no spread."""
    rng, drift = np.random.default_rng(0), np.geomspace(1, 4, 11)
    book = row(rounds=tuple(2 * drift[:7]))
    ours = row(method="float32", rounds=tuple(drift))
    assert ratios(book, ours) == pytest.approx([2.0] * 7)
    assert line(ours, [book, ours]).endswith("  2.0x (2.0 to 2.0)")
    noisy = replace(ours, rounds=tuple(rng.uniform(0.1, 9, 20)))
    of_each = np.array(book.rounds) / noisy.rounds[:7]
    assert ratios(book, noisy) == pytest.approx(of_each)
    low, middle, high = np.percentile(of_each, [25, 50, 75])
    assert spread(ratios(book, noisy)) == f"{middle:.1f}x ({low:.1f} to {high:.1f})"
    assert line(noisy, [book, noisy]).endswith(spread(ratios(book, noisy)))
    assert line(book, [book, noisy]).endswith("  1.0x")


def test_a_row_beside_a_busy_job_is_compared_with_the_same_method_alone():
    alone = [row(closure=9.0), row(method="float32", closure=1.5, rounds=(2.0, 2.0))]
    busy = replace(alone[1], rounds=(3.0, 5.0, 4.0), busy=1)
    others = [row(method="float32", weights="random:1"), row(method="float32", size=50)]
    words = line(busy, [*others, *alone, busy])
    assert "float32 + busy" in words
    assert "2.0x (1.8 to 2.2)" in words
    assert words.count("x (") == 1
    assert line(busy, [busy])


def test_a_report_from_before_the_rounds_is_read_printed_and_drawn():
    old = json.loads(json.dumps(report([row(), row(method="float32", closure=0.25)])))
    for values in old["rows"]:
        del values["rounds"], values["busy"]
    rows = [Row(**values) for values in old["rows"]]
    assert [(r.rounds, r.busy) for r in rows] == [((), 0)] * 2
    assert line(rows[1], rows).endswith("  2.0x")
    assert len(plot(old).axes) == 2


def test_a_row_says_in_what_precision_its_ceiling_was_measured():
    precisions = {method: row(method=method).precision for method in METHODS}
    assert precisions.pop("tf32") == "tf32"
    assert precisions.pop("bfloat16") == "bfloat16"
    assert set(precisions.values()) == {"float32"}
    assert line(row(method="tf32"), []).split().count("tf32") == 2


def test_seconds_to_a_loss():
    curve = [(1.0, 5.0), (2.0, 3.0), (3.0, 4.0)]
    assert seconds_to(curve, 4.5) == seconds_to(curve, 3.0) == 2.0
    assert seconds_to(curve, 1.0) is None
    curves = {"textbook": [*curve, (4.0, 3.0)], "Adam": [(0.5, 3.0)], "none": [(0.1, 9.0)]}
    _, textbook, adam, none = curve_lines(curves)
    assert textbook.split() == ["textbook", "4", "steps", "2.0s", "1.0x", "2.0s", "1.0x"]
    assert adam.split()[-2:] == ["0.5s", "4.0x"]
    assert none.split()[-1] == "never"


@pytest.mark.slow
def test_the_command_measures_prints_and_keeps(capsys, tmp_path):
    out, figure = tmp_path / "bench.json", tmp_path / "bench.png"
    command = "bench --weights random:0.125 --sizes 48 32 --seconds 0.1 --race 32 --device cpu"
    command += " --methods float32 textbook"
    assert main([*command.split(), "--out", str(out), "--plot", str(figure)]) == 0
    printed = capsys.readouterr().out.splitlines()
    measured = json.loads(out.read_text())
    rows = [Row(**values) for values in measured["rows"]]
    expected = list(itertools.product((32, 48), (0, 1), ("textbook", "float32")))
    assert [(r.size, r.busy, r.method) for r in rows] == expected
    assert all(r.closure > 0 and r.operations > 0 and 0 < r.peak < 10**9 for r in rows)
    assert all(len(r.rounds) == r.times >= 3 and min(r.rounds) > 0 for r in rows)
    times = ("closure", "optimizer", "times", "rounds", "busy")
    for alone, beside in ((rows[0], rows[2]), (rows[1], rows[3])):
        assert replace(beside, **{name: getattr(alone, name) for name in times}) == alone
    assert rows[1].loss == pytest.approx(rows[0].loss, rel=0.01)
    assert [line(r, rows) for r in rows] == printed[1 : 1 + len(rows)]
    race = measured["race"]["textbook"]
    assert len(race) == 500
    assert race[-1][1] < race[0][1]
    assert measured["machine"]["torch"] == torch.__version__
    assert figure.stat().st_size > 10_000


def test_the_curves_end_at_the_textbooks_loss():
    curves = loss_curves("random:0.125", 32, device="cpu", closures=12, coarse=4)
    last = curves["textbook"][-1][1]
    assert len(curves["textbook"]) == 12
    assert 1 <= len(curves["coarse to fine"]) <= 12 - 4 - 1
    for curve in curves.values():
        assert all(loss > last for _, loss in curve[:-1]) or curve is curves["textbook"]
        assert all(a[0] <= b[0] for a, b in itertools.pairwise(curve))


def test_every_curve_has_a_clock_of_its_own(monkeypatch):
    """On a clock that only their work moves: a takes 1 second each time, and b takes 10."""
    now, done = 0, []
    monkeypatch.setattr(time_to_loss.time, "perf_counter", lambda: now)

    def method(name, seconds, losses):
        nonlocal now
        for loss in losses:
            now += seconds
            done.append(name)
            yield loss

    methods = {"a": method("a", 1, [9.0, 8.0, 7.0]), "b": method("b", 10, [6.0, None, 5.0])}
    curves = taking_turns(methods, 3)
    assert "".join(done) == "abbaab"
    assert curves["a"] == [(1, 9.0), (2, 8.0), (3, 7.0)]
    assert curves["b"] == [(10, 6.0), (30, 5.0)]  # the time of the loss left out counts


def test_the_textbook_goes_closure_by_closure_as_torch_does_in_steps_of_twenty(vgg):
    content, style = pictures(32, CPU)
    image, closure = baseline(vgg, content, style)
    whole = []

    def watched():
        loss = closure()
        whole.append(loss.item())
        return loss

    optimizer = torch.optim.LBFGS([image])
    for _ in range(2):
        optimizer.step(watched)
    assert len(whole) == 40
    run = time_to_loss._textbook(vgg, content, style)
    assert list(itertools.islice(run, 40)) == pytest.approx(whole, rel=1e-4)


def test_a_curve_is_cut_at_a_loss():
    curve = [(1.0, 5.0), (2.0, 3.0), (3.0, 4.0), (4.0, 2.0)]
    assert until(curve, 3.5) == curve[:2]
    assert until(curve, 2.0) == until(curve, 1.0) == curve


@pytest.mark.parametrize(("closures", "coarse"), [(0, 1), (5, 0), (5, 4)])
def test_curves_need_closures_after_the_coarse_ones(closures, coarse):
    with pytest.raises(ValueError, match="at least 2 more"):
        loss_curves("compact", 32, device="cpu", closures=closures, coarse=coarse)


def test_a_report_is_drawn():
    rows = [row(), row(method="float32"), row(size=200), row(method="tiles", busy=1)]
    figure = plot(report(rows))
    assert len(figure.axes) == 2
    assert {text.get_text() for text in figure.axes[0].get_legend().get_texts()} == {
        "compact, textbook",
        "compact, float32",
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"sizes": [8]}, "at least 32 pixels"),
        ({"sizes": [64, 99999]}, "textbook.* on compact need .* GB are free"),
        ({"sizes": [64], "methods": ["tiles"]}, "larger size"),
        ({"weights": []}, "needs weights"),
        ({"weights": ["random:x"]}, "random:x is not random:WIDTH"),
        ({"methods": ["fast"]}, "no method 'fast'"),
        ({"methods": ["tf32"]}, "no method 'tf32' on cpu"),
        ({"device": "warp"}, "'warp' cannot be used here"),
        ({"seconds": 0}, "some seconds"),
    ],
)
def test_bad_input_gets_one_sentence_at_the_call(arguments, words):
    with pytest.raises(ValueError, match=words):
        measure(**{"weights": ["compact"], "sizes": [64], "device": "cpu", **arguments})


def test_a_size_is_refused_for_the_methods_that_do_not_fit(monkeypatch):
    """The textbook remembers 100 steps and not 20, and tiles need less than the whole picture."""
    free = []
    monkeypatch.setattr(steps, "free_bytes", lambda device: free[0])

    def fits(method, gigabytes):
        free[:] = [gigabytes * 1e9]
        try:
            measure(["compact"], [1024], methods=[method], device="cpu")
        except ValueError:
            return False
        return True

    least = {
        m: next(g for g in range(1, 9) if fits(m, g)) for m in ("textbook", "float32", "tiles")
    }
    assert least["textbook"] > least["float32"] >= least["tiles"]
    free[:] = [1e9 * least["textbook"]]
    with pytest.raises(ValueError, match="textbook and float32 and tiles on compact need"):
        measure(["compact"], [1024], methods=["tiles", "float32", "textbook"] * 2, device="cpu")


@pytest.mark.parametrize("option", ["--sizes", "--race"])
def test_the_command_refuses_a_size_before_it_measures_anything(option, capsys):
    sizes = {"--sizes": "64", "--race": "0"} | {option: "99999"}
    command = ["bench", "--weights", "compact", "--device", "cpu"]
    assert main([*command, *itertools.chain(*sizes.items())]) == 2
    said = capsys.readouterr()
    assert not said.out
    assert "99999" in said.err
