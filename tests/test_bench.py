"""The benchmark measures what it says: torch's counts against a formula, losses against each other."""

import itertools
import json

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from nstlib import load_vgg19
from nstlib.__main__ import main
from nstlib.bench import loss_curves, measure, steps
from nstlib.bench.baseline import baseline, pictures
from nstlib.bench.meters import Peak, ceiling, held_bytes, timed
from nstlib.bench.report import curve_lines, line, plot, report
from nstlib.bench.steps import LOSS_WEIGHTS, METHODS, Row, closure_and_step, full_step, network
from nstlib.bench.time_to_loss import seconds_to
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
        big = torch.ones(50_000_000)
        timed(lambda: torch.ones(1_000_000).sum(), 0.05, CPU)
        del big
    assert 0.9 * 200e6 < peak.bytes < 1.5 * 200e6


def test_a_call_is_timed_with_all_threads_and_leaves_them():
    before, seen = torch.get_num_threads(), set()
    measured = timed(lambda: seen.add(torch.get_num_threads()), 0.01, CPU)
    assert seen == {before} == {torch.get_num_threads()}
    assert measured.median > 0
    assert ceiling(CPU, torch.float32, seconds=0.01) > 1e8


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
    assert main([*command.split(), "--out", str(out), "--plot", str(figure)]) == 0
    printed = capsys.readouterr().out.splitlines()
    measured = json.loads(out.read_text())
    rows = [Row(**values) for values in measured["rows"]]
    assert [(r.method, r.size) for r in rows[:2]] == [("textbook", 32), ("textbook", 48)]
    assert all(r.closure > 0 and r.operations > 0 and 0 < r.peak < 10**9 for r in rows)
    assert rows[2].loss == pytest.approx(rows[0].loss, rel=0.01)
    assert line(rows[0], rows) == printed[1]
    assert measured["race"]["textbook"][-1][1] < measured["race"]["textbook"][0][1]
    assert len(measured["race"]["textbook"]) == 500
    assert measured["machine"]["torch"] == torch.__version__
    assert figure.stat().st_size > 10_000


def test_the_curves_end_at_the_textbooks_loss():
    curves = loss_curves("random:0.125", 32, device="cpu", closures=12, coarse=4)
    last = curves["textbook"][-1][1]
    assert len(curves["textbook"]) == 12
    for curve in curves.values():
        assert all(loss > last for _, loss in curve[:-1]) or curve is curves["textbook"]
        assert all(a[0] <= b[0] for a, b in itertools.pairwise(curve))


def test_a_report_is_drawn():
    rows = [row(), row(method="float32"), row(size=200)]
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
        ({"sizes": [64, 99999]}, "textbook on compact needs .* GB are free"),
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


@pytest.mark.parametrize("option", ["--sizes", "--race"])
def test_the_command_refuses_a_size_before_it_measures_anything(option, capsys):
    sizes = {"--sizes": "64", "--race": "0"} | {option: "99999"}
    command = ["bench", "--weights", "compact", "--device", "cpu"]
    assert main([*command, *itertools.chain(*sizes.items())]) == 2
    said = capsys.readouterr()
    assert not said.out
    assert "99999" in said.err
