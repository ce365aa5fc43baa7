"""Watching a run: throttle, progress and curves. The test itself sets the clock."""

import math
import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nstlib.optimize import Step
from nstlib.widgets.curves import POINTS, loss_plot
from nstlib.widgets.live import Progress, Throttle, duration

NAMES = ("content/relu4_2", "style/relu1_1", "tv", "total")
FLOATS = st.floats() | st.sampled_from([5e-324, 1e308])
SVG = "{http://www.w3.org/2000/svg}"


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def step(index, total=100):
    return Step(index, total, torch.zeros(1, 3, 2, 2), {})


@given(gaps=st.lists(st.floats(0.001, 0.5), min_size=1, max_size=60))
def test_a_throttle_keeps_its_pace(gaps):
    clock, sent = Clock(), []
    throttle = Throttle(10, clock=clock)
    for gap in gaps:
        if throttle.due():
            sent.append(clock.now)
        clock.now += gap
    assert sent[0] == 100
    assert all(later - earlier >= 0.1 - 1e-9 for earlier, later in pairwise(sent))
    # Nothing waits longer than necessary: the first step after the pause is let through.
    longest = max(gaps)
    assert all(later - earlier <= 0.1 + longest + 1e-9 for earlier, later in pairwise(sent))


def test_progress_says_where_the_run_is_and_how_long_it_takes():
    clock = Clock()
    progress = Progress(clock=clock)
    progress.begin()
    assert (progress.bar.value, progress.label.value) == (0, "getting ready")
    for index in range(35):
        progress.tick(step(index))
        clock.now += 0.5
    assert progress.label.value == "step 34 of 100, 33 s left"
    assert progress.bar.value == pytest.approx(0.34)


def test_a_pause_is_no_work():
    clock = Clock()
    progress = Progress(clock=clock)
    for index in range(10):
        progress.tick(step(index))
        clock.now += 1
    progress.pause()
    clock.now += 1000
    progress.tick(step(10))
    assert progress.label.value == "step 10 of 100, 1 min 30 s left"


def test_the_time_left_follows_the_last_steps():
    """The second half of a transfer has twice the size, so the time of the first half says little."""
    clock = Clock()
    progress = Progress(clock=clock)
    for index in range(71):
        progress.tick(step(index))
        clock.now += 0.01 if index < 50 else 4.0
    assert progress.label.value == "step 70 of 100, 2 min left"


def test_progress_is_drawn_four_times_a_second_and_at_the_end():
    clock = Clock()
    progress, seen = Progress(clock=clock), []
    progress.begin()
    progress.label.observe(lambda change: seen.append(change["new"]), "value")
    for index in range(101):
        progress.tick(step(index))
        clock.now += 0.01
    assert 4 <= len(seen) <= 6
    assert seen[-1] == "step 100 of 100"
    assert progress.bar.value == 1
    progress.end("done <in> time")
    assert progress.label.value == "done &lt;in&gt; time"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"),
        (12, "12 s"),
        (59.5, "1 min"),
        (200, "3 min 20 s"),
        (3600, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations(seconds, words):
    assert duration(seconds) == words


def lines(svg):
    """The points (x, y) of each curve, in the picture."""
    paths = [path.get("d") for path in ElementTree.fromstring(svg).iter(f"{SVG}path")]
    numbers = [re.findall(r"[ML]([\d.]+) ([\d.]+)", path) for path in paths]
    return [
        [(float(x), float(y)) for x, y in points]
        for path, points in zip(paths, numbers, strict=True)
        if "H" not in path and "h" not in path
    ]


def test_a_straight_line_in_logarithms_is_a_straight_line():
    history = [{"a": 10.0 ** (-i / 10), "b": 1.0} for i in range(41)]
    falling, flat = lines(loss_plot(history, total=80))
    assert len({y for _, y in flat}) == 1
    assert flat[0][1] == falling[0][1]
    slopes = [(d - b) / (c - a) for (a, b), (c, d) in pairwise(falling)]
    assert slopes == pytest.approx(
        [slopes[0]] * 40, abs=0.1
    )  # they are written to a tenth of a pixel
    assert slopes[0] > 0
    # After half of the steps the curve is half as long as the axis.
    ends = [float(end) for end in re.findall(r"H([\d.]+)", loss_plot(history, total=80))]
    assert falling[-1][0] - falling[0][0] == pytest.approx((ends[0] - falling[0][0]) / 2, abs=0.2)


def test_ticks_are_where_their_numbers_are():
    svg = loss_plot([{"a": 500.0}, {"a": 0.02}])
    ((_, top), (_, bottom)) = lines(svg)[0]
    root = ElementTree.fromstring(svg)
    labels = [t for t in root.iter(f"{SVG}text") if t.get("text-anchor") == "end"]
    assert {label.text for label in labels} >= {"100", "10", "1", "0.1"}
    for label in labels:
        share = (math.log(500) - math.log(float(label.text))) / (math.log(500) - math.log(0.02))
        assert float(label.get("y")) - 4 == pytest.approx(top + share * (bottom - top), abs=0.2)


def test_it_can_be_read_without_eyes_and_without_colors():
    history = [dict.fromkeys(NAMES, 2.0), dict.fromkeys(NAMES, 0.5)]
    svg = loss_plot(history, total=9)
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert "after 1 of 9 steps" in root.get("aria-label")
    assert "style relu1_1 0.5" in root.get("aria-label")
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert words[-4:] == ["content relu4_2", "style relu1_1", "total variation", "total"]
    strokes = {
        (path.get("stroke"), path.get("stroke-dasharray"), path.get("stroke-width"))
        for path in root.iter(f"{SVG}path")
        if path.get("fill") == "none"
    }
    assert len(strokes) == 4
    for color, *_ in strokes:  # a browser does not know matplotlib's "0.5", and draws nothing
        assert color == "currentColor" or re.fullmatch("#[0-9a-f]{6}", color)


@given(
    history=st.lists(
        st.fixed_dictionaries(
            {"a": st.floats() | st.just(5e-324) | st.just(1e308), "b": st.floats()}
        ),
        max_size=12,
    ),
    total=st.none() | st.integers(1, 1000),
)
def test_any_numbers_make_a_drawing_within_its_frame(history, total):
    svg = loss_plot(history, total=total, width=400, height=160)
    ElementTree.fromstring(svg)
    assert "nan" not in re.sub(r'aria-label="[^"]*"', "", svg)
    for points in lines(svg):
        assert all(0 <= x <= 400 and 0 <= y <= 160 for x, y in points)


def test_what_is_not_positive_leaves_a_gap():
    svg = loss_plot([{"a": v} for v in (1.0, 2.0, 0.0, 4.0, math.nan, math.inf, 5.0)] + [{}])
    curve = next(p for p in ElementTree.fromstring(svg).iter(f"{SVG}path") if p.get("fill"))
    assert re.sub(r"[^ML]", "", curve.get("d")) == "MLMM"
    assert len(lines(loss_plot([{"a": 1.0, "off": 0.0}] * 3))) == 1


def test_a_long_run_is_thinned_and_keeps_its_end():
    history = [{"a": 1.0 + i} for i in range(5000)]
    (points,) = lines(loss_plot(history))
    assert len(points) <= POINTS + 1
    (short,) = lines(loss_plot([history[0], history[-1]]))
    assert points[-1] == short[-1]


def test_no_step_yet():
    assert "after 0 of 150 steps" in loss_plot([], total=150)
