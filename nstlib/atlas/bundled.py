"""The bundled atlas, for apps: the card of a channel as HTML with its pictures in it."""

import base64
import html
import json
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, metadata
from importlib.resources import files
from io import BytesIO
from typing import Any

from PIL import Image

from nstlib.atlas.digest import weights_digest
from nstlib.vgg import VGG19

PAGES = files("nstlib.atlas") / "pages" / "atlas"
HEIGHT = 56  # pixels of the pictures on a card
PIXELS = 2  # of the file for one on the page
SMALLEST = 24  # pixels; the crop of a smaller field shows its surroundings too


@lru_cache(maxsize=1)
def data() -> dict[str, Any]:
    """Return the data of the bundled atlas, as `build` wrote them."""
    text = (PAGES / "data.js").read_text("utf-8")
    return json.loads(text.partition("=")[2].strip().removesuffix(";"))


@lru_cache(maxsize=64)
def _opened(file: str) -> Image.Image:
    return Image.open(BytesIO((PAGES / file).read_bytes())).convert("RGB")


def is_of(vgg: VGG19) -> bool:
    """Return whether the bundled atlas is that of a network: whether it has the same weights."""
    return weights_digest(vgg) == data()["weights"]


def painted(layer: str, channel: int) -> Image.Image:
    """Return the picture that was painted for a channel.

    Args:
        layer: A ReLU of the bundled network.
        channel: Counted from 0.
    """
    side, columns = data()["layers"][layer]["side"], data()["columns"]
    left, top = channel % columns * side, channel // columns * side
    return _opened(f"{layer}.webp").crop((left, top, left + side, top + side))


def crops(layer: str, channel: int) -> list[tuple[str, Image.Image]]:
    """Return where a channel responds most strongly, (name of the picture, what its feature sees there).

    A field of less than 24 pixels is cut out with its surroundings. The best places in photos come
    first, then those in paintings and canvases.
    """
    one, field = data()["layers"][layer]["channels"][channel], data()["layers"][layer]["field"]
    found = []
    for number, left, top in one["crops"]:
        kind, name, *_, file = data()["sources"][number]
        edge = max(0, (SMALLEST - field) // 2)
        box = (left - edge, top - edge, left + field + edge, top + field + edge)
        found.append((f"{kind} {name}", _opened(file).crop(box)))
    return found


def card_html(layer: str, channel: int, *, shown: int = 5, words: bool = True) -> str:
    """Return the card of a channel in a few lines of HTML, with its pictures in it.

    Args:
        layer: A ReLU of the bundled network.
        channel: Counted from 0.
        shown: How many crops, at most.
        words: Whether to say which stripes and colors it responds to.

    Returns:
        The painted picture and the strongest crops of photos and paintings, each with an alt text. Where
        the address of the course's site is known (`project.urls` of the package, "Documentation"), the
        title is a link to the page of the atlas.
    """
    name = f"channel {channel} of {layer}"
    pictures = [(f"The picture painted for {name}.", painted(layer, channel))]
    pictures += [
        (f"A crop of the {source} that {name} responds to.", crop)
        for source, crop in crops(layer, channel)[:shown]
    ]
    images = "".join(_img(picture, alt) for alt, picture in pictures)
    say = html.escape(data()["layers"][layer]["channels"][channel]["say"]) if words else ""
    title, site = f"Channel {channel} in the atlas", _site()
    if site:
        title = f'<a href="{html.escape(site)}/atlas/index.html#{layer}/{channel}">{title}</a>'
    return (
        f'<div style="line-height:1.35"><b>{title}</b>: painted for it, and crops that it responds to.'
        f'<div style="display:flex;gap:3px;flex-wrap:wrap;margin:3px 0">{images}</div>{say}</div>'
    )


def _site() -> str:
    """The address of the course's site, or "" as long as it is published nowhere."""
    try:
        urls = metadata("nstlib").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    found = dict(line.split(", ", 1) for line in urls)
    return found.get("Documentation", "").rstrip("/")


def _img(picture: Image.Image, alt: str) -> str:
    side = HEIGHT * PIXELS
    method = Image.Resampling.NEAREST if picture.width < HEIGHT else Image.Resampling.LANCZOS
    file = BytesIO()
    picture.resize((side, side), method).save(file, "WEBP", quality=75)
    source = base64.b64encode(file.getvalue()).decode()
    return (
        f'<img src="data:image/webp;base64,{source}" alt="{html.escape(alt)}" '
        f'width="{HEIGHT}" height="{HEIGHT}" style="border-radius:2px">'
    )
