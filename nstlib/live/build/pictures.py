"""Make the sample pictures of the live page: `python nstlib/live/build/pictures.py`.

The photos come with scikit-image, the paintings are drawn by `nstlib.painting`; LICENSE has their terms.
All are small: the page paints at 128 to 512 pixels, and phones have to load them.
"""

from pathlib import Path

from nstlib import painting, photo, to_pil
from nstlib.paintings import PAINTINGS

FOLDER = Path(__file__).parents[1] / "page/pictures"
PHOTOS = ("astronaut", "cat", "coffee", "rocket", "camera", "retina")
SIDE, QUALITY = {"photo": 384, "painting": 336}, {"photo": 76, "painting": 60}


def main() -> None:
    """Write PHOTO.webp and PAINTING.webp for every sample."""
    FOLDER.mkdir(exist_ok=True)
    for kind, names, make in (("photo", PHOTOS, photo), ("painting", PAINTINGS, painting)):
        for name in names:
            to_pil(make(name, size=SIDE[kind])).save(
                FOLDER / f"{name}.webp", quality=QUALITY[kind], method=6
            )


if __name__ == "__main__":
    main()
