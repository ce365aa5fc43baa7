"""A lab: rebuild a picture from some layers, watch it grow, and keep the results side by side."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from nstlib.images import resize
from nstlib.optimize import Step
from nstlib.style_transfer import STYLE_LAYERS
from nstlib.widgets.curves import loss_plot
from nstlib.widgets.drawing import jpeg
from nstlib.widgets.job import Job
from nstlib.widgets.labs.page import WIDE, LabPage, scores, small
from nstlib.widgets.live import Throttle

Layers = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """What one lab does.

    Attributes:
        name: Of the app, as in "content-lab".
        layers: Those to choose from.
        ticked: Those that are ticked at first.
        starts: Pairs (label, init) of what a run may start from. An init is one that the recipe takes,
            "gray" or "blurred".
        series: The layers of each run of a series; its runs have the letters a, b, c, …
        about_series: What the series shows, in a sentence.
        recipe: Called as `recipe(layers, init=…, steps=…, seed=…)`, returns a run.
        measures: Returns {name: value} for a Step; the first of them goes into the tray.
        about_losses: What the losses measure, in a few words.
    """

    name: str
    layers: Layers
    ticked: Layers
    starts: tuple[tuple[str, str], ...]
    series: tuple[Layers, ...]
    about_series: str
    recipe: Callable[..., Iterator[Step]]
    measures: Callable[[Step], dict[str, str]]
    about_losses: str


@dataclass(eq=False)
class _Run:
    layers: Layers
    init: str
    history: list[dict[str, float]] = field(default_factory=list)


class Lab(LabPage):
    """The app for one experiment.

    Args:
        image: The picture to rebuild, (1, 3, H, W) in [0, 1].
        experiment: What the lab does.
    """

    def __init__(self, image: Tensor, experiment: Experiment):
        self._image, self._experiment = image, experiment
        self._run: _Run | None = None
        self._closed, self._lock = False, threading.RLock()
        self._frames, self._numbers = Throttle(12), Throttle(3)
        super().__init__(
            experiment.name,
            image,
            layers=experiment.layers,
            ticked=experiment.ticked,
            starts=experiment.starts,
        )
        self.series.description = f"Run a to {chr(ord('a') + len(experiment.series) - 1)}"
        self.series.tooltip = experiment.about_series
        self._listen()
        self._show_buttons()
        self.say("Tick the layers to make a picture from, and press Start.")

    def _listen(self) -> None:
        for box in self.boxes.values():
            box.observe(lambda change: self._say_ticked(), "value")
        self.init.observe(self.safely(lambda change: self._show_buttons()), "value")
        self.start.on_click(self.safely(lambda button: self.begin()))
        self.stop.on_click(self.safely(lambda button: self.end()))
        self.series.on_click(self.safely(lambda button: self.begin(self._experiment.series)))

    def begin(self, sets: Sequence[Layers] = ()) -> None:
        """Start a run.

        Args:
            sets: Makes one picture from each of these sets of layers, one after the other; an empty
                sequence means one picture from the ticked layers.
        """
        sets = sets or self._ticked()
        if not sets:
            return
        init, steps, seed = self.init.value, self.steps.value, self.seed.value
        self.say("Getting ready.")
        self.job.start(
            lambda: self._runs(sets, init, steps=steps, seed=seed),
            on_step=self._on_step,
            on_end=self.safely(self._on_end),
        )
        self._show_buttons()

    def end(self) -> None:
        """Stop after the current step; the picture goes to the tray."""
        self.say("Stopping after this step.")
        self.job.stop()
        self._show_buttons()

    def close(self) -> None:
        """Stop the job and remove the app."""
        self._closed = True
        super().close()

    def _ticked(self) -> list[Layers]:
        """A list of one set, the ticked layers; if there are none, tell the user and return []."""
        layers = tuple(layer for layer, box in self.boxes.items() if box.value)
        if not layers:
            self.say("No layer is ticked: tick at least one to make a picture from.")
        return [layers] if layers else []

    def _say_ticked(self) -> None:
        for layers in self._ticked():
            if self.job.status not in ("running", "stopping"):
                self.say(f"Press Start to make a picture from {in_few_words(layers)}.")

    def _show_buttons(self) -> None:
        # The worker calls this too; without the lock an older status could overwrite a newer one.
        with self._lock:
            self.stop.disabled = self.job.status not in ("running", "paused")
            self.seed.disabled = self.init.value != "noise"

    # Everything from here on runs on the worker's thread.

    def _runs(self, sets: Sequence[Layers], init: str, **settings) -> Iterator[Step]:
        """The runs one after the other, as if they were a single one."""
        for number, layers in enumerate(sets):
            self._run = _Run(layers, init)
            self.progress.begin()
            which = f", {number + 1} of {len(sets)}" if len(sets) > 1 else ""
            self.say(f"From {in_few_words(layers)}{which}. Finished pictures go to the tray.")
            first = start_picture(self._image, init)
            for step in self._experiment.recipe(layers, init=first, **settings):
                yield step
            self._keep(step)

    def _on_step(self, step: Step) -> None:
        self._run.history.append(step.losses)
        self.progress.tick(step)
        last = step.index == step.total
        if last or self._frames.due():
            self._show_picture(step)
        if last or self._numbers.due():
            self._show_numbers(step)

    def _on_end(self, job: Job) -> None:
        self._show_buttons()
        step = job.step
        if step is not None and step.losses:
            self._show_picture(step)
            self._show_numbers(step)
        self.progress.end(f"step {step.index} of {step.total}" if step else "no step yet")
        if job.status == "failed":
            self.say_failed(job.error, job.traceback)
        elif job.status == "done":
            self.say("Done. Change something and start again, and compare in the tray.")
        elif job.status == "stopped" and step is not None and step.index > 0:
            self._keep(step)
            self.say("Stopped; the picture is in the tray.")
        elif job.status == "stopped":
            self.say("Stopped.")

    def _keep(self, step: Step) -> None:
        if self._closed:
            return
        measure, value = next(iter(self._experiment.measures(step).items()))
        steps = f"{step.index} step" + ("s" if step.index > 1 else "")
        start = "" if self._run.init == "noise" else f" from {self._run.init}"
        caption = f"{in_few_words(self._run.layers)}\n{steps}{start}\n{measure} {value}"
        self.tray.add(step.image, caption)

    def _show_picture(self, step: Step) -> None:
        made = f"made from {in_few_words(self._run.layers)}"
        with self.preview.hold_sync():
            self.preview.image = jpeg(step.image)
            self.preview.alt = f"The picture {made}, after step {step.index}."
        self.made.value = small(made)

    def _show_numbers(self, step: Step) -> None:
        names = [name for name in step.losses if "/" in name]  # not "tv" and "total"
        losses = {name: step.losses[name] for name in names}
        measures = self._experiment.measures(step)
        self.scores.value = scores(measures, losses, self._experiment.about_losses)
        history = [{name: one[name] for name in names} for one in self._run.history]
        self.curves.value = loss_plot(
            history, total=step.total, width=WIDE, height=116, legend=False
        )


def start_picture(image: Tensor, init: str) -> str | Tensor:
    """Return what a recipe takes as its init.

    Args:
        image: The picture to rebuild, (1, 3, H, W).
        init: "gray" and "blurred" give a picture of this size; anything else is returned as it is.
    """
    if init == "gray":
        return torch.full_like(image, 0.5)
    if init == "blurred":
        height, width = image.shape[2:]
        spots = resize(image, (max(1, height // 16), max(1, width // 16)))
        return resize(spots, (height, width))
    return init


def in_few_words(layers: Sequence[str]) -> str:
    """Return names of layers as a short text: "relu1_1 to relu3_1" for the paper's first three."""
    places = [STYLE_LAYERS.index(layer) if layer in STYLE_LAYERS else -9 for layer in layers]
    if len(layers) > 2 and places == list(range(places[0], places[0] + len(layers))):
        return f"{layers[0]} to {layers[-1]}"
    return ", ".join(layers)
