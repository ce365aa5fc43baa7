"""The transfer studio: start, watch, steer, pause and keep a transfer."""

import html
import threading
from dataclasses import dataclass, field
from pathlib import Path

import ipywidgets as widgets
import torch
from torch import Tensor

from nstlib.images import load_mask, noise_like, resize, save_image, with_colors_of, write_whole
from nstlib.optimize import Step
from nstlib.style_transfer import transfer, transfer_weights
from nstlib.vgg import VGG19, load_vgg19
from nstlib.widgets.app import App, button, named
from nstlib.widgets.curves import loss_plot
from nstlib.widgets.drawing import jpeg
from nstlib.widgets.film import Film, free_path
from nstlib.widgets.live import Progress, Throttle
from nstlib.widgets.studio.chooser import Chooser
from nstlib.widgets.studio.code import transfer_code
from nstlib.widgets.studio.dials import Dials, Settings, default_size
from nstlib.widgets.studio.regions import Region, Regions
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
    region: Region | None
    wanted: dict  # where the dials are now, as arguments of `transfer`
    film: Film
    moved: dict[int, dict[str, float]] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    content: Tensor | None = None
    areas: tuple[float, ...] = (1.0,)  # of the regions
    note: str = ""  # what its user may have expected otherwise


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
        second = "night" if style == "waves" else "waves"
        self.regions = Regions(self.content, self.style, second=second, app=self)
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
            self.regions,
            keeping,
            self.listing,
        )

    # What the buttons do

    def begin(self) -> None:
        """Start a run with the current choices.

        Raises:
            ValueError: If there is a region that covers the whole photo.
        """
        size, dials = self.settings.size.value, self.dials.arguments()
        # What is chosen is read here and only once: it may change before the worker begins.
        photo, painting, region = self.content.source, self.style.source, self.regions.chosen(size)
        styles = f"style of {self.style.name()}"
        if region is not None:
            styles = f"styles of {self.style.name()} and {self.regions.second.name()}"
        run = self._run = _Run(
            arguments=self.settings.arguments() | dials,
            sources=(self.content.code(size, photo), self.style.code(size, painting)),
            region=region,
            wanted=dials,
            film=self.screen.begin(f"{self.content.name()} in the {styles}"),
        )
        if region is None and self.regions.toggle.value:
            run.note = (
                f"No region is painted: the whole photo gets the style of {self.style.name()}."
            )

        def make_run():
            run.content = self.content.image(size, photo)
            self.screen.preview.over = jpeg(run.content)
            chosen = dict(run.arguments)
            seed = chosen.pop("seed")
            if chosen["init"] == "noise":
                chosen["init"] = noise_like(run.content, seed=seed)
            style, vgg = self.style.image(size, painting), self._network()
            if region is not None:
                style = [style, self.regions.second.image(size, region.style)]
                chosen["masks"] = self._masks(run, region, vgg)
            if run is self._run:
                self._say_how(run, vgg)
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
        """Return Python code that makes this picture again.

        If there is a region, its mask is written beside the picture, and the code reads it from there.

        Raises:
            ValueError: If no run has been started, and the region covers the whole photo.
            OSError: If the mask cannot be written.
        """
        run, step = self._run, self.job.step
        size, beside = self.settings.size.value, Path(self.path.value.strip() or "painted")
        region = self.regions.chosen(size) if run is None else run.region
        shared = {
            "region": region and (region.code, str(self.regions.keep(region, beside))),
            "keep_colors": self.dials.keep_colors.value,
            "weights": self._weights,
        }
        if run is None:
            arguments = self.settings.arguments() | self.dials.arguments()
            return transfer_code(
                self.content.code(size), self.style.code(size), arguments, **shared
            )
        return transfer_code(
            *run.sources,
            run.arguments,
            moved=run.moved,
            stopped=step.index if step and step.index < step.total else None,
            **shared,
        )

    # On the worker's thread

    def _network(self) -> VGG19:
        if self._vgg is None:
            self._vgg = load_vgg19(self._weights, device=self._device)
        return self._vgg

    def _masks(self, run: _Run, region: Region, vgg: VGG19) -> list[Tensor | None]:
        """The masks of a run, and the areas, which `transfer` multiplies the weights by."""
        mask = load_mask(region.mask, size=tuple(run.content.shape[2:]))
        there = mask.to(vgg.device)
        run.areas = (1 - there).mean().item(), there.mean().item()
        return [None, mask]

    def _say_how(self, run: _Run, vgg: VGG19) -> None:
        said = f"The network {self._weights} computes in {vgg.where}. You can change the weights while "
        said += "it runs; they count from the next step."
        self.say(f"{said} {run.note}".strip())

    def _on_step(self, run: _Run, step: Step) -> None:
        if run is not self._run:
            return
        # Weights change only here, between two steps, so that the code shown repeats the run exactly.
        layers = run.arguments["content_layers"]
        wanted = transfer_weights(layers, **run.wanted, areas=run.areas)
        change = {name: weight for name, weight in wanted.items() if weight != step.weights[name]}
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
            said = {"done": "Done.", "stopped": "Stopped; the picture is kept."}[job.status]
            self.say(f"{said} {run.note}".strip())
        self._show_code()

    # What is seen

    def _show(self, run: _Run, step: Step, *, last: bool = False) -> None:
        self.screen.add(run.film, step.index, self._finished(run, step.image), last=last)
        if last or self._curves.due():
            height = 190 if run.region is None else 230  # for twice as many style losses
            self.curves.value = loss_plot(run.history, total=step.total, width=300, height=height)

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
            self._run.wanted = self.dials.arguments()

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
