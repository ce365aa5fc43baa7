"""The Gram explorer: pick an entry of a Gram matrix, and see which maps it comes from, and where."""

import threading
from collections.abc import Callable, Sequence
from functools import partial

from torch import Tensor

from nstlib.atlas import bundled
from nstlib.images import load_image
from nstlib.paintings import PAINTINGS
from nstlib.vgg import LAYERS, VGG19, load_vgg19, receptive_field
from nstlib.widgets.app import App
from nstlib.widgets.gram import words
from nstlib.widgets.gram.layout import GIVEN, NONE, add_controls, lay_out
from nstlib.widgets.gram.subject import Album
from nstlib.widgets.gram.view import View
from nstlib.widgets.job import Job

HINT = "Click an entry of the matrix or move with the arrow keys; drag over a block to zoom in."


def gram_explorer(
    image,
    other=None,
    *,
    vgg: VGG19 | None = None,
    layer: str = "relu3_1",
    size: int = 256,
) -> App:
    """Make an app to explore the Gram matrices of a picture, alone or beside those of another one.

    Args:
        image: A picture as `load_image` takes it, such as a tensor (1, 3, H, W), or a list of up to two.
        other: The second picture; bundled paintings can be chosen in the app.
        vgg: The network; None is `load_vgg19()`.
        layer: The first one to show. A slider leads to all other layers of its kind, before the ReLU
            ("conv…") or after it ("relu…").
        size: The longer side of the pictures in pixels, at most.

    Raises:
        ValueError: For more than two pictures, for anything that is no picture, and for a layer that the
            network does not have.
        OSError: For a picture that cannot be found or read.
    """
    if isinstance(image, list | tuple):
        if not 1 <= len(image) <= 2 or (len(image) == 2 and other is not None):
            raise ValueError("gram_explorer compares one picture with one other: give at most two.")
        image, other = (*image, other)[:2]
    vgg = load_vgg19() if vgg is None else vgg
    image = load_image(image, size=size)
    other = None if other is None else load_image(other, size=size)
    side = min(min(picture.shape[2:]) for picture in (image, other) if picture is not None)
    return GramExplorer(image, other, vgg, layers_like(layer, vgg, side), layer, size)


def layers_like(layer: str, vgg: VGG19, side: int) -> list[str]:
    """Return the layers of the same kind as `layer` that have features of a small picture.

    Args:
        layer: Its kind is "conv", "relu" or "pool".
        vgg: The network.
        side: The shorter side of the picture in pixels; deep layers need at least 16.

    Raises:
        ValueError: If `layer` itself is too deep for the network or the picture, or unknown.
    """
    fitting = [name for name in vgg.layers if receptive_field(name)[1] <= side]
    kind = [name for name in fitting if name[:4] == str(layer)[:4]]
    if layer in kind:
        return kind
    if layer in LAYERS:
        raise ValueError(
            f"{layer} is too deep for this network or picture: it ends at {fitting[-1]}."
        )
    raise ValueError(f"There is no layer {layer!r}: write one such as relu3_1.")


class GramExplorer(App):
    """The app of `gram_explorer`, with its controls as attributes.

    Args:
        image: Picture A, (1, 3, H, W) in [0, 1].
        other: Picture B, or None.
        vgg: The network.
        layers: Those to choose from.
        layer: The first one to show.
        size: The longer side in pixels of the paintings that can be chosen.

    Attributes:
        view: What the app shows: layer, scale, entry and so on.
    """

    def __init__(
        self,
        image: Tensor,
        other: Tensor | None,
        vgg: VGG19,
        layers: Sequence[str],
        layer: str,
        size: int,
    ):
        super().__init__("gram-explorer")
        images = {"A": image} if other is None else {"A": image, GIVEN: other}
        self.view = View(Album(images, vgg, layers, size), layer)
        # The worker thread draws what it has computed, and meanwhile no handler may run.
        self._lock = threading.RLock()
        self._setting = False  # whether the app itself is setting a control, and not the user
        self._stale = True  # whether the matrix on the page has to be drawn anew
        self._drawn: tuple = ()  # the entry on the page
        self._in_atlas = bundled.is_of(vgg)
        given = [name for name in images if name != "A"]
        add_controls(self, layers, layer, [NONE, *given, *PAINTINGS])
        for name in images:
            self.view.album.prepare(name)
        if given:
            self.other.value, self.letters.value = GIVEN, "A − B"
        self._listen()
        lay_out(self)
        self.say(HINT)
        self._draw()

    def _listen(self) -> None:
        actions = {
            self.scale: self._draw,
            self.letters: self._draw,
            self.test: self._draw,
            self.other: self._compare_to,
            self.order: self._sort,
            self.layer: self._new_layer,
            self.route: partial(self._go, None),
            self.i: self._type,
            self.j: self._type,
        }
        for control, action in actions.items():
            control.observe(self._handler(action), "value")
        self.matrix.picture.observe(self._handler(self._pick), "cell")
        self.matrix.picture.observe(self._handler(self._drag), "block")
        self.zoom.on_click(self._handler(self._zoom))
        self.whole.on_click(self._handler(self._show_all))
        self.back.on_click(self._handler(partial(self._go, -1)))
        self.next.on_click(self._handler(partial(self._go, 1)))

    def _handler(self, action: Callable[[], None]) -> Callable:
        """A handler that calls `action` when the user, and not the app itself, sets a control."""

        def handle(_) -> None:
            with self._lock:
                if not self._setting:
                    self._read()
                    action()

        return self.safely(handle)

    def _read(self) -> None:
        """Set the view to what the controls say."""
        view, other = self.view, self.other.value
        view.layer, view.scale = self.layer.value, self.scale.value
        view.clustered = self.order.value == "clustered"
        view.test, view.route = self.test.value, self.route.value
        view.other = None if other == NONE else other
        view.letters = ("A",) if other == NONE else tuple(self.letters.value.split(" − "))

    # What the user does

    def _compare_to(self) -> None:
        self._setting = True
        self.letters.value = "A" if self.other.value == NONE else "A − B"
        self._setting = False
        self._draw()

    def _new_layer(self) -> None:
        self.view.pair = self.view.block = None  # channel 12 of another layer is another channel
        self._draw()

    def _sort(self) -> None:
        block, self._stale = self.view.block, True
        self._when_ready(partial(self._zoom, block[2] - block[0] + 1) if block else self._show)

    def _type(self) -> None:
        self.view.pair = self.i.value, self.j.value
        self._show_pair()

    def _pick(self) -> None:
        if self.matrix.picture.cell:
            self.view.pick(*self.matrix.picture.cell)
            self._show_pair()

    def _go(self, step: int | None) -> None:
        self._when_ready(partial(self._go_on, step))

    def _go_on(self, step: int | None) -> None:
        self.say(self.view.step(step))
        self._show_pair()

    def _show_pair(self) -> None:
        """Draw the picked entry; if it is outside the block shown, move the block there."""
        if self.view.cell():
            self._when_ready(self._show)
        else:
            self._zoom(len(self.view.channels()[0]))

    def _zoom(self, side: int | None = None) -> None:
        self.view.zoom(side)
        self._draw()

    def _drag(self) -> None:
        if self.matrix.picture.block:
            self.view.zoom_to(tuple(self.matrix.picture.block))
            self._draw()

    def _show_all(self) -> None:
        self.view.block = None
        self._draw()

    # Computing

    def _when_ready(self, then: Callable[[], None]) -> None:
        """Call `then`, either at once or when a worker thread has computed what is missing."""
        work = self.view.missing()
        if not work:
            then()
            return
        self.say("Computing …")

        def compute():
            for part in work:
                part()
            return iter(())

        self.job.start(compute, on_end=partial(self._computed, then))

    def _computed(self, then: Callable[[], None], job: Job) -> None:
        if job.status == "failed":
            self.say_failed(job.error, job.traceback)
        elif job.status == "done":
            self.say(HINT)
            self._handler(partial(self._when_ready, then))(None)

    # Drawing

    def _draw(self) -> None:
        """Draw everything."""
        self._stale = True
        self._read()
        self._when_ready(self._show)

    def _show(self) -> None:
        if self.view.pair is None:
            self.view.begin()
        self._setting = True
        try:
            if self._stale:
                self._show_matrix()
            self._show_entry()
            self._stale = False
        finally:
            self._setting = False

    def _show_matrix(self) -> None:
        view = self.view
        values, limit, signed = view.values()
        rows, columns = view.channels()
        self.matrix.show(
            values,
            scale=view.scale,
            limit=limit,
            signed=signed,
            rows=rows,
            columns=columns,
            title=view.title(),
            alt=f"{view.title()}: a heat map, {self.order.value} order, {view.scale} scale.",
            ends="AB" if len(view.letters) == 2 else "",
        )
        self.whole.disabled = view.block is None
        self.zoom.disabled = len(rows) <= 4
        self.letters.layout.display = "none" if view.other is None else ""
        for field in (self.i, self.j):
            field.max = view.count() - 1
        self.entry.more.value = view.more()

    def _show_entry(self) -> None:
        view, shown = self.view, self.view.shown()
        self.i.value, self.j.value = view.pair
        self.matrix.picture.cell = view.cell()
        wanted = (view.layer, *view.pair, *shown.values())
        if wanted == self._drawn:
            return  # another scale or order, but the same entry
        self._drawn = wanted
        self.entry.show(
            [
                (letter, subject.picture(view.layer), subject.maps(view.layer), *view.pair)
                for letter, subject in shown.items()
            ]
        )
        self.entry.sentence.value = words.paragraph(view.sentence())
        self.atlas.value = self._cards()

    def _cards(self) -> str:
        """What the atlas of the network has about the two channels of the entry, as HTML."""
        layer = self.view.layer.replace("conv", "relu")
        if not self._in_atlas or not layer.startswith("relu"):
            return ""
        channels = dict.fromkeys(self.view.pair)
        return "".join(bundled.card_html(layer, k, words=False) for k in channels)
