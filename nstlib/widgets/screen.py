"""Where a run is watched: its newest picture, the photo to wipe over it, its film to scrub through."""

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
    """The picture of a run, and the steps before it.

    film: the pictures so far. Whoever scrubs sees the step that was chosen, until the slider is at its
    right end again; there the newest picture is shown.
    """

    def __init__(self, app: App):
        self.film = Film()
        self._title = ""
        self._strips = Throttle(1)
        # Whoever shows a frame holds it: the worker with the newest one, or the user who scrubs.
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
            "back to an earlier step; all the way to the right is now",
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
        """Empty the film for a new run, called "cat in the style of night" for example."""
        with self._lock:
            self.film, self._title = Film(), title
            self.preview.alt = f"{title}: being painted."
            self.place.value = NOW
        return self.film

    def add(self, film: Film, index: int, image: Tensor, *, last: bool = False) -> None:
        """Add the picture (1, 3, H, W) of a step; a film that is no longer shown stays as it is."""
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
