"""What `bench` measured, as lines of text, as JSON, and as a figure."""

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure

from nstlib import __version__
from nstlib.bench import Row
from nstlib.race import time_to

Curves = Mapping[str, Sequence[tuple[float, float]]]

COLORS = {"textbook": "#7f7f7f", "float32": "#0072b2", "bfloat16": "#d55e00", "tiles": "#009e73"}
CURVE_COLORS = ("#7f7f7f", "#0072b2", "#cc79a7", "#009e73")  # Okabe and Ito's, told apart by all
LINES = ("-", "--", ":", "-.")


def machine(device: str) -> dict[str, Any]:
    """Where it was measured: processor or GPU, cores, threads, versions."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        name = names[0] if names else name
    return {
        "device": torch.cuda.get_device_name(device) if device.startswith("cuda") else name,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "nstlib": __version__,
    }


def heading() -> str:
    """The names of the columns of `line`."""
    return (
        f"{'weights':<12}{'size':>5} {'method':<9}{'ms/closure':>11}{'ms/step':>9}{'Mpx/s':>7}"
        f"{'MB/Mpx':>8}{'GFLOP':>7}{'GFLOP/s':>9}{'ceiling':>8}{'share':>7}  faster"
    )


def line(row: Row, rows: Sequence[Row]) -> str:
    """One Row; "faster" compares its step with the textbook's of the same size on the same network and,
    in brackets, on the first network measured.
    """
    speed = row.operations / row.closure
    ratios = [f"{book.step / row.step:.1f}x" for book in _textbooks(row, rows)]
    faster = " ".join(ratios[:1] + [f"({ratio})" for ratio in ratios[1:]])
    return (
        f"{row.weights:<12}{row.size:>5} {row.method:<9}{1e3 * row.closure:>11.1f}"
        f"{1e3 * row.step:>9.1f}{row.size**2 / 1e6 / row.step:>7.2f}"
        f"{row.peak / row.size**2:>8.0f}{row.operations / 1e9:>7.1f}{speed / 1e9:>9.1f}"
        f"{row.ceiling / 1e9:>8.0f}{speed / row.ceiling:>7.0%}  {faster}"
    )


def _textbooks(row: Row, rows: Sequence[Row]) -> list[Row]:
    """The textbook's row on the same network, and on the first network if that is another one."""
    books = [r for r in rows if r.method == "textbook" and r.size == row.size]
    same = [r for r in books if r.weights == row.weights]
    return same[:1] + [r for r in books[:1] if r.weights != row.weights]


def race_lines(curves: Curves) -> Iterator[str]:
    """Who is when at the textbook's last loss, and at one that is 1 % above it."""
    last = curves["textbook"][-1][1]
    count = len(curves["textbook"])
    yield f"To the textbook's loss after {count} closures, {last:.4g}, and to 1 % above it:"
    for name, curve in curves.items():
        times = [
            (time_to(curve, loss), time_to(curves["textbook"], loss))
            for loss in (last, 1.01 * last)
        ]
        cells = [
            f"{'never':>8}{'':8}" if took is None else f"{took:>7.1f}s{book / took:>7.1f}x"
            for took, book in times
        ]
        yield f"  {name:<15}{len(curve):>5} steps {' '.join(cells)}".rstrip()


def report(rows: Sequence[Row], curves: Curves | None = None) -> dict[str, Any]:
    """All of it, ready for `json.dump`."""
    measured = {"machine": machine(rows[0].device), "rows": [asdict(row) for row in rows]}
    return measured | ({"race": curves} if curves else {})


def plot(measured: Mapping[str, Any]) -> Figure:
    """A figure of a report: time and memory by size, and the race."""
    rows = [Row(**row) for row in measured["rows"]]
    curves = measured.get("race")
    figure = Figure(figsize=(13 if curves else 9, 4), layout="constrained")
    axes = figure.subplots(1, 3 if curves else 2)
    figure.suptitle(f"A step on {measured['machine']['device']}", fontsize=10)
    _by_size(axes[0], rows, [row.step for row in rows], "seconds a step")
    _by_size(axes[1], rows, [row.peak / 1e6 for row in rows], "peak memory, MB")
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


def _by_size(axis, rows: Sequence[Row], values: Sequence[float], title: str) -> None:
    weights = list(dict.fromkeys(row.weights for row in rows))
    sizes = sorted({row.size for row in rows})
    for style, name in zip(LINES, weights, strict=False):
        for method, color in COLORS.items():
            points = [
                (row.size, value)
                for row, value in zip(rows, values, strict=True)
                if (row.weights, row.method) == (name, method)
            ]
            if points:
                label = f"{name}, {method}"
                axis.plot(*zip(*points, strict=True), style, marker="o", color=color, label=label)
    axis.set(xscale="log", yscale="log", xlabel="side of the picture, pixels", title=title)
    axis.set_xticks(sizes, sizes)
    axis.minorticks_off()
    axis.grid(alpha=0.3)
