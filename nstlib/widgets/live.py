"""Watching a run: how often to draw, and how long it still takes."""

import html
import math
import time
from collections import deque
from collections.abc import Callable

import ipywidgets as widgets

from nstlib.optimize import Step

# Okabe and Ito's colors, which color-blind people can tell apart; without yellow, too light on white.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


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
