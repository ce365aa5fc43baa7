"""The screen of the studio: the newest picture, the photo to wipe over it, and the film of the run."""

import threading

import ipywidgets as widgets
from torch import Tensor

from nstlib.widgets.app import App, named
from nstlib.widgets.film import Film
from nstlib.widgets.live import Throttle
from nstlib.widgets.picture import Picture

WIDTH = "360px"
NOW = 100  # the right end of the film's slider, which is in percent of the film


class Screen(widgets.VBox):
    """The newest picture of a run, and a slider to go back to earlier ones.

    The chosen step stays on the screen until the slider is back at its right end, where the newest
    picture is shown.

    Args:
        app: Its status line shows the errors.

    Attributes:
        film: The pictures so far.
    """

    def __init__(self, app: App):
        self.film = Film()
        self._title = ""
        self._strips = Throttle(1)
        # Held while a frame is shown, by the worker (the newest one) or by a user who scrubs.
        self._lock = threading.RLock()
        self.preview = Picture(width=WIDTH).add_class("nst-preview")
        self.caption = widgets.HTML("&nbsp;").add_class("nst-caption")
        self.wipe = named(
            widgets.FloatSlider(0, min=0, max=1, step=0.01, description="before", readout=False),
            "wipe",
            "wipe the photo over the painting, from the left",
        )
        widgets.jslink((self.wipe, "value"), (self.preview, "wipe"))
        self.place = named(
            widgets.IntSlider(NOW, min=0, max=NOW, description="film", readout=False),
            "film",
            "go back to an earlier step; the right end shows the newest picture",
        )
        self.strip = named(
            Picture(alt="Film strip of the run.", width=WIDTH), "strip", "pictures of the run"
        )
        for slider in (self.wipe, self.place):
            slider.layout.width = WIDTH
            slider.style.description_width = "48px"
        self.place.observe(app.safely(self._scrub), "value")
        self.strip.observe(app.safely(self._pick), "cell")
        super().__init__([self.preview, self.caption, self.wipe, self.place, self.strip])

    def rest(self, picture: bytes, text: str) -> None:
        """Show a picture while nothing runs."""
        self.preview.image, self.preview.alt, self.caption.value = picture, f"{text}.", text

    def begin(self, title: str) -> Film:
        """Return an empty film for a new run, with a title such as "cat in the style of night"."""
        with self._lock:
            self.film, self._title = Film(), title
            self.preview.alt = f"{title}: being painted."
            self.place.value = NOW
        return self.film

    def add(self, film: Film, index: int, image: Tensor, *, last: bool = False) -> None:
        """Add the picture of a step, and show it if the slider is at its right end.

        Args:
            film: What `begin` returned. If a newer run has replaced it, nothing happens.
            index: Of the step.
            image: (1, 3, H, W) in [0, 1].
            last: Whether it is the last picture of the run.
        """
        with self._lock:
            if film is not self.film:
                return
            film.add(index, image)
            if last or self._strips.due():
                self.strip.image, places = film.strip()
                self.strip.rows, self.strip.columns = 1, len(places)
                self.strip.names = [f"step {film.frames[place][0]}" for place in places]
            if self.place.value == NOW:
                self._show(*film.frames[-1])

    def _scrub(self, change) -> None:
        with self._lock:
            frames = self.film.frames
            if frames:
                self._show(*frames[round(change["new"] / NOW * (len(frames) - 1))])

    def _pick(self, change) -> None:
        with self._lock:
            frames = self.film.frames
            if change["new"] and frames:
                column = min(change["new"][1], self.strip.columns - 1)
                self.place.value = round(column / max(self.strip.columns - 1, 1) * NOW)

    def _show(self, index: int, picture: bytes) -> None:
        self.preview.image = picture
        self.preview.alt = f"{self._title}, after step {index}."
        self.caption.value = f"step {index}"
