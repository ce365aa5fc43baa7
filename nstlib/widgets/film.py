"""The film of a run: its pictures as JPEGs, to scrub through and to save as an animation."""

from io import BytesIO
from pathlib import Path

from PIL import Image
from torch import Tensor

from nstlib.images import to_pil
from nstlib.widgets.drawing import jpeg

STRIP = 8  # pictures in a strip
SIDE = 64  # pixels of their longer sides


class Film:
    """The pictures of a run in order; when there are too many, every second one is dropped.

    Args:
        most: How many pictures are kept at most.

    Attributes:
        frames: [(index of the step, JPEG)]. The first and the newest picture are always among them.
        apart: How many steps at least lie between two of them; the newest may come sooner.
    """

    def __init__(self, most: int = 100):
        self.most, self.apart = most, 1
        self.frames: list[tuple[int, bytes]] = []

    def add(self, index: int, image: Tensor) -> None:
        """Keep the picture (1, 3, H, W) of a step as the newest."""
        frames = _spaced(self.frames, self.apart)
        while len(frames) >= self.most:
            self.apart *= 2
            frames = _spaced(frames, self.apart)
        # In one assignment: another thread may be reading.
        self.frames = [*frames, (index, jpeg(image))]

    def strip(self) -> tuple[bytes, list[int]]:
        """Return up to `STRIP` pictures side by side as a JPEG, and the place of each in `frames`."""
        frames = self.frames
        count = min(STRIP, len(frames))
        if count == 0:
            return b"", []
        places = [round(i * (len(frames) - 1) / max(count - 1, 1)) for i in range(count)]
        tiles = [Image.open(BytesIO(frames[place][1])) for place in places]
        width, height = _fitted(tiles[-1].size, SIDE)
        sheet = Image.new("RGB", (width * count, height))
        for i, tile in enumerate(tiles):
            tile.draft("RGB", (2 * width, 2 * height))  # decodes only as much as is needed
            sheet.paste(tile.resize((width, height)), (i * width, 0))
        file = BytesIO()
        sheet.save(file, "JPEG", quality=85)
        return file.getvalue(), places

    def animation(self, kind: str, *, last: Tensor, seconds: float = 6.0) -> bytes:
        """Return the film as an animation that repeats; the final picture stands still for a while.

        Args:
            kind: "GIF" or "WEBP".
            last: The final picture, (1, 3, H, W). All others get its size; early ones may be smaller.
            seconds: How long it plays before the final picture stands still.
        """
        end = to_pil(last)
        tiles = [Image.open(BytesIO(frame)).convert("RGB") for _, frame in self.frames]
        tiles = [tile.resize(end.size, Image.Resampling.BICUBIC) for tile in tiles] + [end]
        each = max(20, round(1000 * seconds / len(tiles)))
        durations = [each] * (len(tiles) - 1) + [1500]
        if kind == "GIF":
            # All frames share one palette, made from the first, a middle and the last picture. With a
            # palette for each frame the colors flicker; that of the last lacks the colors of the first.
            three = (tiles[0], tiles[len(tiles) // 2], end)
            sheet = Image.new("RGB", (3 * end.width, end.height))
            for i, tile in enumerate(three):
                sheet.paste(tile, (i * end.width, 0))
            palette = sheet.quantize(255)
            tiles = [tile.quantize(palette=palette) for tile in tiles]
        file = BytesIO()
        tiles[0].save(
            file, kind, save_all=True, append_images=tiles[1:], duration=durations, loop=0
        )
        return file.getvalue()


def free_path(path: Path) -> Path:
    """Return `path`, or the first of path-2, path-3, … that does not exist; nothing is overwritten."""
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_stem(f"{path.stem}-{number}")
    return candidate


def _spaced(frames: list[tuple[int, bytes]], apart: int) -> list[tuple[int, bytes]]:
    """Those of the frames that are at least `apart` steps after the one kept before."""
    kept: list[tuple[int, bytes]] = []
    for frame in frames:
        if not kept or frame[0] - kept[-1][0] >= apart:
            kept.append(frame)
    return kept


def _fitted(size: tuple[int, int], longest: int) -> tuple[int, int]:
    return tuple(max(1, round(side * longest / max(size))) for side in size)
