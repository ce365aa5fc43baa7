"""A tray that keeps finished pictures side by side, and writes them to one file."""

import html
from collections.abc import Sequence
from pathlib import Path

import ipywidgets as widgets
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from nstlib.images import load_image, save_image, to_pil
from nstlib.widgets.app import App, button, descendants, named
from nstlib.widgets.drawing import jpeg
from nstlib.widgets.film import free_path
from nstlib.widgets.picture import Picture

SIDE = 130  # pixels of a picture in the tray
GAP, FONT = 10, 13  # pixels in a saved sheet


class Tray(widgets.VBox):
    """Pictures with captions and the letters a, b, c, …, the newest last.

    Args:
        original: The first picture of a saved sheet, (1, 3, H, W) in [0, 1].
        path: Where Save writes; can be changed in the app.
        app: Its status line says where the file is, or shows the error.

    Attributes:
        runs: [(picture, caption)].
    """

    def __init__(self, original: Tensor, path: str, app: App):
        self._original, self._app = original, app
        self.runs: list[tuple[Tensor, str]] = []
        self.pictures = widgets.HBox(layout={"flex_flow": "row wrap", "grid_gap": "4px 8px"})
        self.pictures.add_class("nst-tray")
        self.path = named(
            widgets.Text(path, description="save as", layout={"width": "230px"}),
            "tray-path",
            "The file to write, a .png or another kind of picture; nothing is overwritten",
        )
        self.path.style.description_width = "55px"
        write = "Write the original and all pictures of the tray, with their captions, to one file"
        self.save = button("Save", "tray-save", write, icon="save", width="90px")
        self.clear = button("Clear", "tray-clear", "Empty the tray", icon="trash", width="90px")
        self.save.on_click(app.safely(lambda pressed: self.write()))
        self.clear.on_click(app.safely(lambda pressed: self.empty()))
        self._title = widgets.HTML("<b>Tray</b>")
        bar = [self._title, self.path, self.save, self.clear]
        super().__init__(
            [
                widgets.HBox(bar, layout={"flex_flow": "row wrap", "grid_gap": "0 6px"}),
                self.pictures,
            ]
        )
        self._show_buttons()

    def add(self, image: Tensor, caption: str) -> None:
        """Keep a picture (1, 3, H, W) in [0, 1]; the caption may have several lines."""
        number = len(self.runs)
        letter = chr(ord("a") + number) if number < 26 else str(number + 1)
        caption = f"{letter}: {caption}"
        self.runs = [*self.runs, (image.detach().cpu(), caption)]
        words = "<br>".join(html.escape(line) for line in caption.splitlines())
        card = widgets.VBox(
            [
                Picture(
                    image=jpeg(image, longest=SIDE + SIDE // 4),
                    alt=" ".join(caption.splitlines()) + ".",
                    width=f"{SIDE}px",
                ),
                widgets.HTML(f'<div style="line-height: 1.25; font-size: 90%">{words}</div>'),
            ],
            layout={"width": f"{SIDE + 8}px"},
        )
        self.pictures.children = (*self.pictures.children, card)
        self._show_buttons()

    def empty(self) -> None:
        """Remove all pictures."""
        cards, self.pictures.children, self.runs = self.pictures.children, (), []
        for card in cards:
            for widget in list(descendants(card))[::-1]:
                # The layout and the style of a widget are models of their own; left open, they would be
                # saved with the notebook.
                for model in (widget, widget.layout, getattr(widget, "style", None)):
                    if model is not None:
                        model.close()
        self._show_buttons()

    def write(self) -> Path:
        """Write all pictures to one file: to the path in the field, or beside it if that file exists.

        Returns:
            The path of the file.

        Raises:
            ValueError: For an empty tray, and for a kind of file that cannot be written.
            OSError: If the file cannot be written there.
        """
        if not self.runs:
            raise ValueError("The tray is empty: finish or stop a run first.")
        path = Path(self.path.value.strip() or "tray").expanduser()
        path = free_path(path if path.suffix else path.with_suffix(".png"))
        images, captions = zip(*self.runs, strict=True)
        save_image(captioned_sheet([self._original, *images], ["original", *captions]), path)
        self._app.say(f"Saved {path.resolve()}")
        return path

    def _show_buttons(self) -> None:
        self.save.disabled = self.clear.disabled = not self.runs
        many = f", {len(self.runs)} runs" if len(self.runs) > 1 else ""
        self._title.value = f"<b>Tray</b>{many}"


def captioned_sheet(images: Sequence[Tensor], captions: Sequence[str]) -> Tensor:
    """Draw pictures side by side on white, with a caption under each; no pixel is changed.

    Args:
        images: (1, 3, H, W) in [0, 1], of any sizes.
        captions: One for each; may have several lines, and lines that are too wide are broken.

    Returns:
        (1, 3, H', W') in [0, 1].
    """
    pictures = [to_pil(image) for image in images]
    font = ImageFont.load_default(FONT)
    width = max(150, *(picture.width for picture in pictures))
    height = max(picture.height for picture in pictures)
    texts = [_wrapped(caption, width, font) for caption in captions]
    line = round(1.4 * FONT)
    words = line * max(len(text) for text in texts)
    sheet = Image.new(
        "RGB", (GAP + len(pictures) * (width + GAP), GAP + height + GAP // 2 + words + GAP), "white"
    )
    pen = ImageDraw.Draw(sheet)
    for place, (picture, text) in enumerate(zip(pictures, texts, strict=True)):
        left = GAP + place * (width + GAP)
        sheet.paste(picture, (left, GAP + height - picture.height))
        for number, words in enumerate(text):
            pen.text((left, GAP + height + GAP // 2 + number * line), words, "black", font)
    return load_image(sheet)


def _wrapped(caption: str, width: int, font) -> list[str]:
    lines: list[str] = []
    for line in caption.splitlines():
        lines.append("")
        for word in line.split():
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and font.getlength(longer) > width:
                lines.append(word)
            else:
                lines[-1] = longer
    return lines
