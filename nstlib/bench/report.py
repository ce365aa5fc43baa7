"""What `bench` measured, as lines of text, as JSON, and as a figure."""

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import quantiles
from typing import Any

import torch
from matplotlib.figure import Figure

from nstlib import __version__
from nstlib.bench.steps import METHODS, Row
from nstlib.bench.time_to_loss import Curve, seconds_to

Curves = Mapping[str, Curve]

# Okabe and Ito's, which everybody can tell apart.
COLORS = dict(zip(METHODS, ("#7f7f7f", "#0072b2", "#e69f00", "#d55e00", "#009e73"), strict=True))
CURVE_COLORS = ("#7f7f7f", "#0072b2", "#cc79a7", "#009e73")
LINES = ("-", "--", ":", "-.")


def machine(device: str) -> dict[str, Any]:
    """Return where it was measured: processor or GPU, cores, threads, versions."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    cpu = [*names, platform.processor() or platform.machine()][0]
    return {
        "device": torch.cuda.get_device_name(device) if device.startswith("cuda") else cpu,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "nstlib": __version__,
    }


def heading() -> str:
    """Return the names of the columns of `line`."""
    return (
        f"{'weights':<12}{'size':>5} {'method':<15}{'ms/closure':>11}{'ms/step':>9}{'Mpx/s':>7}"
        f"{'MB/Mpx':>8}{'GFLOP':>7}{'GFLOP/s':>9}{'ceiling':>8} in{'share':>12}  faster"
    )


def line(row: Row, rows: Sequence[Row]) -> str:
    """Return one Row as text.

    "ceiling in" names the precision in which both the row and its ceiling were measured; "float32" is
    without TF32. "faster" compares the row's step with the textbook's of the same size, on the same
    network: the median over the rounds, and the quartiles. In brackets it is the textbook's on the first
    network measured. A row beside a busy job is compared with the same method alone.
    """
    speed = row.operations / row.closure
    method = row.method + (" + busy" if row.busy else "")
    return (
        f"{row.weights:<12}{row.size:>5} {method:<15}{1e3 * row.closure:>11.1f}"
        f"{1e3 * row.step:>9.1f}{row.size**2 / 1e6 / row.step:>7.2f}"
        f"{row.peak / row.size**2:>8.0f}{row.operations / 1e9:>7.1f}{speed / 1e9:>9.1f}"
        f"{row.ceiling / 1e9:>8.0f} {row.precision:<9}{speed / row.ceiling:>5.0%}  {_faster(row, rows)}"
    )


def _faster(row: Row, rows: Sequence[Row]) -> str:
    alike = [r for r in rows if r.size == row.size and not r.busy]
    if row.busy:
        alone = [r for r in alike if (r.weights, r.method) == (row.weights, row.method)]
        return "".join(
            f"takes {spread([seconds / r.step for seconds in row.rounds])} as long as alone"
            for r in alone
        )
    books = [r for r in alike if r.method == "textbook"]
    own = [spread(ratios(r, row)) for r in books if r.weights == row.weights]
    first = [f"({r.step / row.step:.1f}x)" for r in books[:1] if r.weights != row.weights]
    return " ".join(own + first)


def ratios(one: Row, other: Row) -> list[float]:
    """Return how much longer `one` took than `other`, in each of the rounds that they share.

    Rows without rounds, as in an old report, have one ratio.
    """
    if one == other or not (one.rounds and other.rounds):
        return [one.step / other.step]
    return [a / b for a, b in zip(one.rounds, other.rounds, strict=False)]


def spread(values: Sequence[float]) -> str:
    """Return the median and the quartiles of ratios as text, "1.4x (1.3 to 1.5)"."""
    if len(values) == 1:
        return f"{values[0]:.1f}x"
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return f"{middle:.1f}x ({low:.1f} to {high:.1f})"


def curve_lines(curves: Curves) -> Iterator[str]:
    """Yield lines on when each curve is at the textbook's last loss, and at one that is 1 % above it."""
    textbook = curves["textbook"]
    last = textbook[-1][1]
    yield f"To the textbook's loss after {len(textbook)} closures, {last:.4g}, and to 1 % above it:"
    for name, curve in curves.items():
        cells = []
        for loss in (last, 1.01 * last):
            seconds = seconds_to(curve, loss)
            faster = seconds and seconds_to(textbook, loss) / seconds
            cells.append(f"{seconds:>7.1f}s{faster:>7.1f}x" if seconds else f"{'never':>8}{'':8}")
        yield f"  {name:<15}{len(curve):>5} steps {' '.join(cells)}".rstrip()


def report(rows: Sequence[Row], curves: Curves | None = None) -> dict[str, Any]:
    """Return all of it, ready for `json.dump`."""
    measured = {"machine": machine(rows[0].device), "rows": [asdict(row) for row in rows]}
    return measured | ({"race": curves} if curves else {})


def plot(measured: Mapping[str, Any]) -> Figure:
    """Return a figure of a report: time and memory by size, alone, and the curves of the loss."""
    rows = [row for row in (Row(**row) for row in measured["rows"]) if not row.busy]
    curves = measured.get("race")
    figure = Figure(figsize=(13 if curves else 9, 4), layout="constrained")
    axes = figure.subplots(1, 3 if curves else 2)
    figure.suptitle(f"A step on {measured['machine']['device']}", fontsize=10)
    _by_size(axes[0], rows, lambda row: row.step, "seconds a step")
    _by_size(axes[1], rows, lambda row: row.peak / 1e6, "peak memory, MB")
    axes[0].legend(fontsize=8)
    if curves:
        last = curves["textbook"][-1][1]
        for color, (name, curve) in zip(CURVE_COLORS, curves.items(), strict=True):
            points = [(t, loss / last - 1) for t, loss in curve if loss > last]
            axes[2].plot(*zip(*points, strict=True), color=color, label=name)
        axes[2].set(xlabel="seconds", xscale="log", yscale="log", ylim=(1e-4, None))
        axes[2].set_title("loss above the textbook's last, in parts of it")
        axes[2].legend(fontsize=8)
        axes[2].grid(alpha=0.3)
    return figure


def _by_size(axis, rows: Sequence[Row], value: Callable[[Row], float], title: str) -> None:
    weights, sizes = dict.fromkeys(row.weights for row in rows), sorted({row.size for row in rows})
    for style, name in zip(LINES, weights, strict=False):
        for method, color in COLORS.items():
            own = [row for row in rows if (row.weights, row.method) == (name, method)]
            if own:
                points = [row.size for row in own], [value(row) for row in own]
                axis.plot(*points, style, marker="o", color=color, label=f"{name}, {method}")
    axis.set(xscale="log", yscale="log", xlabel="side of the picture, pixels", title=title)
    axis.set_xticks(sizes, sizes)
    axis.minorticks_off()
    axis.grid(alpha=0.3)
