"""The transfer studio: start, watch, steer, pause and keep a transfer."""

import html
import threading
from dataclasses import dataclass, field
from pathlib import Path

import ipywidgets as widgets
import torch
from torch import Tensor

from nstlib.images import noise_like, resize, save_image, with_colors_of, write_whole
from nstlib.optimize import Step
from nstlib.style_transfer import transfer
from nstlib.vgg import VGG19, load_vgg19
from nstlib.widgets.app import App, button, named
from nstlib.widgets.drawing import jpeg
from nstlib.widgets.film import Film, free_path
from nstlib.widgets.live import Progress, Throttle, loss_plot
from nstlib.widgets.studio.chooser import Chooser
from nstlib.widgets.studio.code import transfer_code
from nstlib.widgets.studio.dials import Dials, Settings, default_size
from nstlib.widgets.studio.screen import Screen

KINDS = {"picture (PNG)": ".png", "film (GIF)": ".gif", "film (WebP)": ".webp"}


def transfer_studio(
    content: str = "astronaut",
    style: str = "night",
    *,
    weights: str = "compact",
    size: int | None = None,
    device: str | torch.device | None = None,
) -> "Studio":
    """Make an app that paints a photo in the style of a painting, and that you can steer meanwhile.

    Args:
        content: The name of a sample photo, a path or a URL; can be changed in the app.
        style: The name of a painting, a path or a URL; can be changed in the app.
        weights, device: As in `load_vgg19`.
        size: The longer side in pixels, which can be changed too; None is 512 with a GPU, 256 without.

    Raises:
        ValueError, OSError: For a picture that cannot be found or read.
    """
    return Studio(content, style, weights=weights, size=size or default_size(), device=device)


@dataclass(eq=False)
class _Run:
    """One run: what it was started with, and what happened since."""

    arguments: dict
    sources: tuple[str, str]  # the code of the two pictures
    wanted: dict[str, float]  # where the dials are now
    film: Film
    moved: dict[int, dict[str, float]] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    content: Tensor | None = None


class Studio(App):
    """The app of `transfer_studio`, with its controls as attributes."""

    def __init__(self, content: str, style: str, *, weights: str, size: int, device=None):
        super().__init__("studio")
        self._weights, self._device, self._vgg = weights, device, None
        self._run: _Run | None = None
        self._buttons = threading.Lock()
        self._frames, self._curves = Throttle(12), Throttle(3)
        self.content = Chooser("photos", "content", chosen=content, label="Content", app=self)
        self.style = Chooser("paintings", "style", chosen=style, label="Style", app=self)
        self.settings, self.dials = Settings(size=size), Dials()
        self._make_transport()
        self.screen = Screen(self)
        self.curves = widgets.HTML().add_class("nst-curves")
        self._make_keeping()
        self._lay_out()
        self._show_buttons()
        self.content.observe(self.safely(lambda change: self._show_content()), "source")
        self._show_content()
        self.say("Choose two pictures and press Start.")

    # The widgets

    def _make_transport(self) -> None:
        begin, look = "start a transfer; it replaces one that is running", {"width": "92px"}
        self.start = button("Start", "start", begin, icon="play", style="primary", **look)
        self.pause = button("Pause", "pause", "pause the run, or resume it", icon="pause", **look)
        self.stop = button("Stop", "stop", "end the run and keep the picture", icon="stop", **look)
        self.progress = Progress()
        self.start.on_click(self.safely(lambda pressed: self.begin()))
        self.pause.on_click(self.safely(lambda pressed: self.pause_or_resume()))
        self.stop.on_click(self.safely(lambda pressed: self.end()))
        self.dials.on_move(self.safely(self._steer))
        self.dials.keep_colors.observe(self.safely(lambda change: self._show_last()), "value")

    def _make_keeping(self) -> None:
        self.path = named(
            widgets.Text("painted", description="save as"),
            "save-path",
            "name of the file, without its ending",
        )
        self.kind = named(
            widgets.Dropdown(options=KINDS, description="what"),
            "save-kind",
            "the last picture, or the film of the run",
        )
        self.save = button("Save", "save", "write the file", icon="save", width="84px")
        self.show_code = named(
            widgets.ToggleButton(description="Show the code", icon="code"),
            "show-code",
            "the lines of Python that make this picture again",
        )
        self.path.layout.width = self.kind.layout.width = "210px"
        self.path.style.description_width = self.kind.style.description_width = "56px"
        self.show_code.layout.width = "168px"
        self.listing = widgets.HTML().add_class("nst-code")
        self.save.on_click(self.safely(lambda pressed: self.keep()))
        self.show_code.observe(self.safely(lambda change: self._show_code()), "value")

    def _lay_out(self) -> None:
        gap = {"grid_gap": "6px 18px", "flex_flow": "row wrap", "align_items": "flex-start"}
        transport = widgets.HBox([self.start, self.pause, self.stop, self.progress])
        transport.layout.flex_flow = "row wrap"
        steering = widgets.VBox([self.dials, self.curves])
        choice = widgets.HBox(
            [self.content, self.style, self.settings], layout=gap | {"flex": "1 1 404px"}
        )
        keeping = widgets.HBox([self.path, self.kind, self.save, self.show_code])
        keeping.layout.flex_flow = "row wrap"
        self.fill(
            transport,
            widgets.HBox([self.screen, steering, choice], layout=gap),
            keeping,
            self.listing,
        )

    # What the buttons do

    def begin(self) -> None:
        """Start a run with the current choices."""
        size = self.settings.size.value
        arguments = self.settings.arguments() | self.dials.arguments()
        # Both sources are read here and only once, because the user may choose other pictures before the
        # worker begins.
        photo, painting = self.content.source, self.style.source
        run = self._run = _Run(
            arguments=arguments,
            sources=(self.content.code(size, photo), self.style.code(size, painting)),
            wanted=self.dials.loss_weights(arguments["content_layers"]),
            film=self.screen.begin(f"{self.content.name()} in the style of {self.style.name()}"),
        )

        def make_run():
            run.content = self.content.image(size, photo)
            self.screen.preview.over = jpeg(run.content)
            chosen = dict(arguments)
            seed = chosen.pop("seed")
            if chosen["init"] == "noise":
                chosen["init"] = noise_like(run.content, seed=seed)
            style, vgg = self.style.image(size, painting), self._network()
            if run is self._run:
                can = "You can change the weights while it runs; they count from the next step."
                self.say(f"The network {self._weights} computes in {vgg.where}. {can}")
            return transfer(run.content, style, vgg=vgg, **chosen)

        self.progress.begin()
        self.say("Getting ready.")
        self.job.start(
            make_run,
            on_step=lambda step: self._on_step(run, step),
            on_end=self.safely(lambda job: self._on_end(run)),
        )
        self._show_buttons()

    def pause_or_resume(self) -> None:
        """Pause the run, or resume it."""
        if self.job.status == "running":
            self.job.pause()
            self.progress.pause()
        else:
            self.job.resume()
        self._show_buttons()

    def end(self) -> None:
        """Stop the run; its last picture stays."""
        self.job.stop()
        self._show_buttons()

    def keep(self) -> Path:
        """Write the last picture, or the film of the run, to a new file.

        Returns:
            The path of the file.

        Raises:
            ValueError: If there is no picture yet.
            OSError: If the file cannot be written.
        """
        run, step = self._run, self.job.step
        if run is None or step is None:
            raise ValueError("There is no picture yet: press Start first.")
        path = free_path(Path(self.path.value.strip() or "painted").with_suffix(self.kind.value))
        image = self._finished(run, step.image)
        if self.kind.value == ".png":
            save_image(image, path)
        else:
            kind = self.kind.value[1:].upper()
            write_whole(path, run.film.animation(kind, last=image))
        self.say(f"Saved {path.resolve()}")
        return path

    def code(self) -> str:
        """Return Python code that makes this picture again."""
        run, step = self._run, self.job.step
        size = self.settings.size.value
        if run is None:
            return transfer_code(
                self.content.code(size),
                self.style.code(size),
                self.settings.arguments() | self.dials.arguments(),
                keep_colors=self.dials.keep_colors.value,
                weights=self._weights,
            )
        return transfer_code(
            *run.sources,
            run.arguments,
            moved=run.moved,
            stopped=step.index if step and step.index < step.total else None,
            keep_colors=self.dials.keep_colors.value,
            weights=self._weights,
        )

    # On the worker's thread

    def _network(self) -> VGG19:
        if self._vgg is None:
            self._vgg = load_vgg19(self._weights, device=self._device)
        return self._vgg

    def _on_step(self, run: _Run, step: Step) -> None:
        if run is not self._run:
            return
        # Weights change only here, between two steps, so that the code shown repeats the run exactly.
        change = {name: w for name, w in run.wanted.items() if w != step.weights[name]}
        if change:
            step.weights.update(change)
            run.moved[step.index] = change
        run.history.append(step.losses)
        self.progress.tick(step)
        if self._frames.due():
            self._show(run, step)

    def _on_end(self, run: _Run) -> None:
        job = self.job
        self._show_last()
        self._show_buttons()
        where = f"step {job.step.index} of {job.step.total}" if job.step else "no step"
        self.progress.end(where)
        if job.status == "failed":
            self.say_failed(job.error, job.traceback)
        else:
            self.say({"done": "Done.", "stopped": "Stopped; the picture is kept."}[job.status])
        self._show_code()

    # What is seen

    def _show(self, run: _Run, step: Step, *, last: bool = False) -> None:
        self.screen.add(run.film, step.index, self._finished(run, step.image), last=last)
        if last or self._curves.due():
            self.curves.value = loss_plot(run.history, total=step.total, width=300, height=190)

    def _show_content(self) -> None:
        """Show the photo until the first run starts."""
        if self._run is None:
            picture = jpeg(self.content.image(self.settings.size.value))
            self.screen.rest(picture, f"The content picture: {self.content.name()}")

    def _show_last(self) -> None:
        if self._run is not None and self.job.step is not None:
            self._show(self._run, self.job.step, last=True)

    def _finished(self, run: _Run, image: Tensor) -> Tensor:
        """A picture of the run as it is shown: in the colors of the content, if the user wants them."""
        if not self.dials.keep_colors.value:
            return image
        content = resize(run.content, tuple(image.shape[2:]))
        return with_colors_of(image.cpu(), content).clamp(0, 1)

    def _steer(self, change) -> None:
        if self._run is not None:
            self._run.wanted = self.dials.loss_weights(self._run.arguments["content_layers"])

    def _show_buttons(self) -> None:
        # The worker calls this too; without the lock an older status could overwrite a newer one.
        with self._buttons:
            active = self.job.status in ("running", "paused")
            self.pause.disabled = self.stop.disabled = not active
            paused = self.job.status == "paused"
            self.pause.icon = "play" if paused else "pause"
            self.pause.description = "Resume" if paused else "Pause"
            self.save.disabled = self._run is None

    def _show_code(self) -> None:
        text = html.escape(self.code()) if self.show_code.value else ""
        self.listing.value = f"<pre>{text}</pre>" if text else ""
