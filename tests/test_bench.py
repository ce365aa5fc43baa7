"""The benchmark measures what it says: counts against torch's counter, losses against each other."""

import itertools
import json

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from nstlib import bench, load_vgg19
from nstlib.__main__ import main
from nstlib.bench import Row, library_run, measure, textbook_run
from nstlib.bench_report import line, plot, race_lines, report
from nstlib.meters import Peak, ceiling, operations, process_bytes, timed
from nstlib.race import race, time_to
from nstlib.recipes import STYLE_LAYERS, transfer_weights
from nstlib.textbook import pictures, textbook_of

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


def test_the_textbook_and_the_recipes_have_the_same_loss_and_gradient(vgg):
    """Written down twice, by two ways, the same number: or the comparison would be of two tasks."""
    content, style = pictures(96, CPU)
    book = textbook_of(vgg, content, style)
    loss = book.closure().item()
    closure, _ = library_run(vgg, content, style)
    assert closure() == pytest.approx(loss, rel=1e-4)
    targets = bench.features_of(vgg, content, bench.CONTENT_LAYERS, None)
    grams = bench.grams_of(vgg, [style], [1.0], STYLE_LAYERS, None)
    terms = bench.terms_of(vgg, targets, grams, "relative", None)
    weights = transfer_weights(style_weight=bench.STYLE_WEIGHT, tv_weight=0.0)
    _, gradient = bench.evaluate(content, terms, weights)
    assert (gradient - book.image.grad).norm() < 1e-3 * gradient.norm()


def test_operations_are_those_that_torch_counts(vgg):
    content, style = pictures(64, CPU)
    book = textbook_of(vgg, content, style)
    with FlopCounterMode(display=False) as counter:
        book.closure()
    # Of the two products in the gradient of its Gram matrix the textbook's need ours takes one.
    extra = sum(
        2 * vgg.get_submodule(name.replace("relu", "conv")).out_channels ** 2 * 64**2 // 4**depth
        for depth, name in enumerate(STYLE_LAYERS)
    )
    assert operations(vgg, STYLE_LAYERS, 64, 64) == counter.get_total_flops() - extra


def test_operations_of_the_whole_network_are_those_of_the_literature():
    """18.1 GMAC to relu5_1 at 224 x 224: 379 GFLOP at 512 x 512, forward and backward, without Grams."""
    full = load_vgg19("random", width=1, device="cpu")
    count = operations(full, STYLE_LAYERS, 512, 512)
    grams = sum(4 * c**2 * (512 * 512 // 4**i) for i, c in enumerate((64, 128, 256, 512, 512)))
    assert (count - grams) / 1e9 == pytest.approx(379, rel=0.01)


def test_a_full_history_is_what_the_optimizers_have(vgg):
    content, style = pictures(32, CPU)
    for start, length in ((library_run, 20), (textbook_run, 100)):
        _, step = start(vgg, content, style)
        step()
        cells = [cell.cell_contents for cell in step.__closure__]
        optimizers = [getattr(cell, "torch_optimizer", cell) for cell in cells]
        (optimizer,) = [o for o in optimizers if isinstance(o, torch.optim.LBFGS)]
        (state,) = optimizer.state.values()
        assert len(state["old_dirs"]) == len(state["old_stps"]) == len(state["ro"]) == length


def test_the_peak_is_of_what_was_held_at_once():
    before = process_bytes()
    with Peak(CPU, before=before) as peak:
        big = torch.ones(50_000_000)
        timed(lambda: torch.ones(1_000_000).sum(), 0.05, CPU)
        del big
    assert 0.9 * 200e6 < peak.bytes < 1.5 * 200e6


def test_times_are_as_many_as_fit_and_one_at_least():
    assert len(timed(lambda: None, 0, CPU)) == 1
    assert len(timed(lambda: None, 0.01, CPU)) > 10
    assert ceiling(CPU, torch.float32) > 1e8


def test_a_row_is_compared_with_the_textbook_of_its_size_and_network():
    rows = [
        row(weights="random:1", closure=30.0, optimizer=2.0),
        row(size=50),
        row(),
        row(method="float32", closure=0.5, optimizer=0.0),
    ]
    assert line(rows[-1], rows).split()[-2:] == ["3.0x", "(64.0x)"]
    assert line(rows[0], rows).split()[-1] == "1.0x"
    words = line(rows[-1], rows).split()
    assert words[:3] == ["compact", "100", "float32"]
    assert words[3:6] == ["500.0", "500.0", "0.02"]
    assert words[-3] == "50%"  # 1 GFLOP in half a second, of 4 GFLOP/s


def test_time_to_a_loss():
    curve = [(1.0, 5.0), (2.0, 3.0), (3.0, 4.0)]
    assert time_to(curve, 4.5) == time_to(curve, 3.0) == 2.0
    assert time_to(curve, 1.0) is None
    lines = list(race_lines({"textbook": curve, "Adam": [(0.5, 3.9)], "none": [(0.1, 9.0)]}))
    assert lines[1].split() == ["textbook", "3", "steps", "2.0s", "1.0x", "2.0s", "1.0x"]
    assert lines[2].split()[-2:] == ["0.5s", "4.0x"]
    assert lines[3].split()[-1] == "never"


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


def test_the_race_ends_at_the_textbooks_loss():
    curves = race("random:0.125", 32, device="cpu", closures=12, coarse=4)
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
        ({"weights": ["random:x"]}, "random:x is not random:WIDTH"),
        ({"methods": ["fast"]}, "no method 'fast'"),
        ({"seconds": 0}, "some seconds"),
    ],
)
def test_bad_input_gets_one_sentence(arguments, words):
    with pytest.raises(ValueError, match=words):
        next(measure(**{"device": "cpu", **arguments}))
