"""The curves of a run's losses, as the source of an SVG."""

import html
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nstlib.plots import curve_look

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
    right = width - (138 if legend else 12)
    decades = _decades([value for values in curves.values() for value in values])
    axes = _Axes(46, right, 8, height - 32, steps, *decades)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{html.escape(said)}." font-size="11" font-family="sans-serif" '
        f'fill="currentColor" style="width: {width}px; max-width: 100%; height: auto; '
        'display: block; color: var(--jp-content-font-color1, #222)">',
        _grid(axes),
    ]
    line = min(16.0, (axes.bottom - axes.top) / max(len(curves), 1))
    for place, (name, values) in enumerate(curves.items()):
        parts.append(
            _curve(axes, name, values, axes.top + (place + 0.5) * line if legend else None)
        )
    return "".join(parts) + "</svg>"


class _Axes(NamedTuple):
    """The box of the curves in pixels, and what it spans: steps, and powers of ten."""

    left: int
    right: int
    top: int
    bottom: int
    steps: int
    low: float
    high: float

    def x(self, step: float) -> float:
        return self.left + (self.right - self.left) * step / self.steps

    def y(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.bottom - (self.bottom - self.top) * share


def _grid(axes: _Axes) -> str:
    """Lines at round values, and the numbers at both axes."""
    left, right, _, bottom, steps, low, high = axes
    parts = []
    for value, label in _ticks(low, high):
        parts.append(
            f'<path d="M{left} {axes.y(value):.1f}H{right}" stroke="currentColor" '
            f'stroke-opacity="0.15"/><text x="{left - 5}" y="{axes.y(value) + 4:.1f}" '
            f'text-anchor="end">{label}</text>'
        )
    parts.append(f'<path d="M{left} {bottom}H{right}" stroke="currentColor" stroke-opacity="0.5"/>')
    for step in (0, steps // 2, steps) if steps > 1 else (0, 1):
        parts.append(
            f'<text x="{axes.x(step):.0f}" y="{bottom + 14}" text-anchor="middle">{step}</text>'
        )
    middle = (left + right) // 2
    parts.append(f'<text x="{middle}" y="{bottom + 28}" text-anchor="middle">step</text>')
    return "".join(parts)


def _curve(axes: _Axes, name: str, values: Sequence[float], beside: float | None) -> str:
    """The curve of a loss; its name and a piece of its line stand at the height `beside`, or nowhere."""
    curve = curve_look(name)
    color = "currentColor" if name == "total" else curve["color"]
    look = f'stroke="{color}" stroke-width="{curve["linewidth"]}"{DASHES[curve["linestyle"]]}'
    parts = [f'<path d="{_path(values, axes)}" fill="none" stroke-linejoin="round" {look}/>']
    marks = []
    if _can_be_shown(values[-1]):
        marks.append((axes.x(len(values) - 1), axes.y(values[-1])))
    if beside is not None:
        marks.append((axes.right + 18, beside))
    if mark := MARKERS.get(curve.get("marker"), ""):
        parts += [f'<path d="M{x:.1f} {y:.1f}{mark}" fill="{color}"/>' for x, y in marks]
    if beside is not None:
        parts.append(
            f'<path d="M{axes.right + 10} {beside:.1f}h16" {look}/>'
            f'<text x="{axes.right + 31}" y="{beside + 4:.1f}">{html.escape(_readable(name))}</text>'
        )
    return "".join(parts)


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


def _path(values: Sequence[float], axes: _Axes) -> str:
    """A line through at most POINTS of the values and the last one, interrupted at gaps."""
    stride = max(1, math.ceil(len(values) / POINTS))
    places = sorted({*range(0, len(values), stride), len(values) - 1})
    commands, pen_down = [], False
    for place in places:
        if _can_be_shown(values[place]):
            commands.append(
                f"{'L' if pen_down else 'M'}{axes.x(place):.1f} {axes.y(values[place]):.1f}"
            )
        pen_down = _can_be_shown(values[place])
    return "".join(commands)
