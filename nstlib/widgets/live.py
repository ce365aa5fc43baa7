"""Watching a run: how often to draw, how long it still takes, and the curves of its losses."""

import html
import math
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import ipywidgets as widgets

from nstlib.optimize import Step
from nstlib.plots import curve_look

# Okabe and Ito's colors, which color-blind people can tell apart; without yellow, too light on white.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
DASHES = {
    "-": "",
    "--": ' stroke-dasharray="5 3"',
    ":": ' stroke-dasharray="2 2"',
    "-.": ' stroke-dasharray="6 2 2 2"',
}
# The markers of `plots.layer_look` as paths about a point.
MARKERS = {
    "o": "m-3.2 0a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0 -6.4 0z",
    "s": "m-2.9 -2.9h5.8v5.8h-5.8z",
    "^": "m0 -3.6l3.6 6.4h-7.2z",
    "D": "m0 -3.8l3.8 3.8l-3.8 3.8l-3.8 -3.8z",
    "v": "m0 3.6l-3.6 -6.4h7.2z",
}
POINTS = 240  # of a curve: nobody would see more, and all of them are sent to the browser


class Throttle:
    """A limit on how often something is drawn, however fast the steps come.

    The last frame needs no permission: when a run ends, its `on_end` draws `job.step` in any case.

    Args:
        per_second: How many may be drawn in a second.
        clock: Returns the time in seconds.
    """

    def __init__(self, per_second: float = 12, *, clock: Callable[[], float] = time.monotonic):
        self._pause, self._clock, self._next = 1 / per_second, clock, -math.inf

    def due(self) -> bool:
        """Return whether it is time to draw again; if so, this counts as drawn."""
        now = self._clock()
        if now < self._next:
            return False
        self._next = now + self._pause
        return True


class Progress(widgets.HBox):
    """A bar with a text such as "step 34 of 150, 12 s left".

    Call `tick` with every Step; the bar is redrawn at most 4 times a second. The time left is estimated
    from the last steps only, because later steps may be of a larger picture and slower. Call `pause`
    when the run pauses, so that the pause is not counted.

    Args:
        clock: Returns the time in seconds.

    Attributes:
        bar: The bar, from 0 to 1.
        label: The text beside it.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic):
        self._clock, self._throttle = clock, Throttle(4, clock=clock)
        self.bar = widgets.FloatProgress(max=1, layout={"width": "180px"})
        self.bar.style.bar_color = COLORS[0]
        self.bar.add_class("nst-progress-bar")
        self.label = widgets.HTML("ready").add_class("nst-progress")
        super().__init__([self.bar, self.label])
        self.layout.align_items = "center"
        self.begin("")

    def begin(self, text: str = "getting ready") -> None:
        """Empty the bar for a new run, and show `text` beside it."""
        self._seconds: deque[float] = deque(maxlen=20)
        self._before: tuple[float, int] | None = None
        self.bar.value = 0
        self._say(text)

    def tick(self, step: Step) -> None:
        """Show a Step that has just been made."""
        now = self._clock()
        if self._before and step.index > self._before[1]:
            seconds, steps = now - self._before[0], step.index - self._before[1]
            self._seconds.append(seconds / steps)
        self._before = now, step.index
        if self._throttle.due() or step.index == step.total:
            self.bar.value = step.index / step.total
            self._say(self._where(step))

    def pause(self) -> None:
        """Leave the time until the next Step out of the estimate."""
        self._before = None

    def end(self, text: str) -> None:
        """Show `text` beside the bar for good, because the run has ended."""
        self._before = None
        self._say(text)

    def _where(self, step: Step) -> str:
        where = f"step {step.index} of {step.total}"
        if not self._seconds or step.index == step.total:
            return where
        pace = sum(self._seconds) / len(self._seconds)
        return f"{where}, {duration(pace * (step.total - step.index))} left"

    def _say(self, text: str) -> None:
        self.label.value = html.escape(text)


def duration(seconds: float) -> str:
    """Return seconds in words, rounded up: "12 s", "3 min 20 s", "2 h 5 min"."""
    whole = math.ceil(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def loss_plot(
    history: Sequence[Mapping[str, float]],
    *,
    total: int | None = None,
    width: int = 460,
    height: int = 200,
    legend: bool = True,
) -> str:
    """Return the curves of `plots.loss_curves` as the source of an SVG, for a `widgets.HTML`.

    This is a hundred times faster than a Figure and sharp at every zoom. Lines and letters have the text
    color of the page. Values without a logarithm (0, nan) leave a gap.

    Args:
        history: `[step.losses for step in run]`.
        total: How many steps the axis spans; None is as many as there are.
        width, height: In pixels.
        legend: Whether the names of the losses stand beside the curves.
    """
    names = list(history[0]) if history else []
    curves = {name: [losses.get(name, math.nan) for losses in history] for name in names}
    curves = {name: values for name, values in curves.items() if any(map(_can_be_shown, values))}
    steps = max(total or 0, len(history) - 1, 1)
    said = f"Loss curves on a logarithmic scale after {max(len(history) - 1, 0)} of {steps} steps"
    said += "".join(f"; {_readable(name)} {values[-1]:.2g}" for name, values in curves.items())
    low, high = _decades([value for values in curves.values() for value in values])

    left, right, top, bottom = 46, width - (138 if legend else 12), 8, height - 32

    def x(step: float) -> float:
        return left + (right - left) * step / steps

    def y(value: float) -> float:
        return bottom - (bottom - top) * (math.log10(value) - low) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{html.escape(said)}." font-size="11" font-family="sans-serif" '
        f'fill="currentColor" style="width: {width}px; max-width: 100%; height: auto; '
        'display: block; color: var(--jp-content-font-color1, #222)">'
    ]
    for value, label in _ticks(low, high):
        parts.append(
            f'<path d="M{left} {y(value):.1f}H{right}" stroke="currentColor" stroke-opacity="0.15"/>'
            f'<text x="{left - 5}" y="{y(value) + 4:.1f}" text-anchor="end">{label}</text>'
        )
    parts.append(f'<path d="M{left} {bottom}H{right}" stroke="currentColor" stroke-opacity="0.5"/>')
    for step in (0, steps // 2, steps) if steps > 1 else (0, 1):
        parts.append(
            f'<text x="{x(step):.0f}" y="{bottom + 14}" text-anchor="middle">{step}</text>'
        )
    middle = (left + right) // 2
    parts.append(f'<text x="{middle}" y="{height - 4}" text-anchor="middle">step</text>')

    line = min(16.0, (bottom - top) / max(len(curves), 1))
    for place, (name, values) in enumerate(curves.items()):
        curve = curve_look(name)
        color = "currentColor" if name == "total" else curve["color"]
        look = f'stroke="{color}" stroke-width="{curve["linewidth"]}"{DASHES[curve["linestyle"]]}'
        here = top + (place + 0.5) * line
        parts.append(
            f'<path d="{_path(values, x, y)}" fill="none" stroke-linejoin="round" {look}/>'
        )
        mark = MARKERS.get(curve.get("marker"), "")
        ends = [(x(len(values) - 1), y(values[-1]))] if _can_be_shown(values[-1]) else []
        for across, down in [*ends, (right + 18, here)] if legend else ends:
            parts.append(
                f'<path d="M{across:.1f} {down:.1f}{mark}" fill="{color}"/>' if mark else ""
            )
        if legend:
            parts.append(
                f'<path d="M{right + 10} {here:.1f}h16" {look}/>'
                f'<text x="{right + 31}" y="{here + 4:.1f}">{html.escape(_readable(name))}</text>'
            )
    return "".join(parts) + "</svg>"


def _readable(name: str) -> str:
    """The name of a loss for a legend: "style/relu1_1/2" is "relu1_1, region 2"."""
    kind, _, rest = name.partition("/")
    if "/" in rest:
        return rest.replace("/", ", region ")
    return {"tv": "total variation"}.get(name, f"{kind} {rest}".rstrip())


def _can_be_shown(value: float) -> bool:
    return 1e-99 < value < 1e99


def _decades(values: Sequence[float]) -> tuple[float, float]:
    """The ends of the axis as logarithms: the range of the values, but at least half a decade."""
    logs = [math.log10(value) for value in values if _can_be_shown(value)] or [0.0]
    low, high = min(logs), max(logs)
    slack = max(0.5 - (high - low), 0.04 * (high - low)) / 2
    return low - slack, high + slack


def _ticks(low: float, high: float) -> list[tuple[float, str]]:
    """At most seven round values between 10^low and 10^high, each with its text."""
    powers = range(math.floor(low), math.ceil(high) + 1)
    factors = (1, 2, 5) if high - low < 1.7 else (1,)
    apart = max(1, math.ceil((high - low) / 6))
    ticks = [f * 10.0**p for p in powers for f in factors if p % apart == 0]
    return [(tick, _tick(tick)) for tick in ticks if low <= math.log10(tick) <= high]


def _tick(value: float) -> str:
    if 1e-3 <= value < 1e4:
        return f"{value:g}"
    mantissa, power = f"{value:.0e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised}" if mantissa == "1" else f"{mantissa}·10{raised}"


def _path(values: Sequence[float], x: Callable, y: Callable) -> str:
    """A line through at most POINTS of the values and the last one, interrupted at gaps."""
    stride = max(1, math.ceil(len(values) / POINTS))
    places = sorted({*range(0, len(values), stride), len(values) - 1})
    commands, pen_down = [], False
    for place in places:
        if _can_be_shown(values[place]):
            commands.append(f"{'L' if pen_down else 'M'}{x(place):.1f} {y(values[place]):.1f}")
        pen_down = _can_be_shown(values[place])
    return "".join(commands)
