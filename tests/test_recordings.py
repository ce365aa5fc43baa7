"""The films of the apps: those that are there, and the camera that makes them."""

import importlib.util
import itertools
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from browser import needs_chromium
from PIL import Image

ROOT = Path(__file__).parents[1]
STILLS = ROOT / "notebooks/stills"


@pytest.fixture(scope="module")
def recordings():
    spec = importlib.util.spec_from_file_location("recordings", ROOT / "figures/recordings.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def ffmpeg():
    if shutil.which("ffmpeg") is None:
        pytest.skip("no ffmpeg here: apt-get install ffmpeg")


def gap(one, other):
    """The mean difference of two pictures, from 0 to 255."""
    return np.abs(np.subtract(one, other, dtype=float)).mean()


def frames_of(path, size):
    """The pictures of a film as ffmpeg reads them: (number, height, width, 3)."""
    command = [
        "ffmpeg",
        "-loglevel",
        "error",
        "-i",
        path,
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-",
    ]
    pixels = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(pixels, np.uint8).reshape(-1, size[1], size[0], 3)


def test_every_app_has_its_film_and_none_is_too_large(recordings):
    films = sorted(STILLS.glob("*.webm"))
    assert [path.stem for path in films] == sorted(recordings.FILMS)
    assert [path.stem for path in sorted(STILLS.glob("app_*.jpg"))] == sorted(recordings.FILMS)
    assert max(path.stat().st_size for path in films) <= recordings.LIMIT
    assert sum(path.stat().st_size for path in films) <= 8_000_000
    with Image.open(ROOT / "figures/studio.webp") as moving:
        assert moving.n_frames > 20
    assert (ROOT / "figures/studio.webp").stat().st_size <= 1_500_000


def test_films_keep_pictures_and_their_order(recordings, ffmpeg, tmp_path):
    levels = [0, 80, 160, 240]
    frames = [Image.new("RGB", (64, 48), (level,) * 3) for level in levels]
    recordings.write_webm(frames, tmp_path / "film.webm")
    found = frames_of(tmp_path / "film.webm", (64, 48)).mean((1, 2, 3))
    assert np.abs(found - levels).max() < 6
    recordings.write_webp(frames, tmp_path / "film.webp", width=32)
    with Image.open(tmp_path / "film.webp") as film:
        assert (film.n_frames, film.size) == (2, (32, 24))  # every second one
        film.seek(1)
        assert abs(np.asarray(film.convert("L")).mean() - 160) < 6


def test_a_film_without_ffmpeg_says_what_to_install(recordings, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OSError, match="apt-get install ffmpeg"):
        recordings.write_webm([Image.new("RGB", (64, 48))], tmp_path / "film.webm")


@pytest.mark.long
@needs_chromium
def test_the_camera_films_an_app_that_is_used(recordings, ffmpeg, browser, tmp_path):
    places = {}

    def play(camera):
        camera.take(2)
        places["before"] = len(camera.frames)
        camera.click(".nst-start")
        camera.run(30, every=5)
        places["run"] = len(camera.frames)
        camera.drag(".nst-style-weight", 0.2, 3)
        box = camera.find(".nst-preview").bounding_box()
        left, top = (box[side] - camera.app.bounding_box()[side] for side in ("x", "y"))
        places["picture"] = left, top, left + box["width"], top + box["height"]
        places["weight"] = camera.find(".nst-style-weight .widget-readout").inner_text()

    app = 'transfer_studio("cat", "waves", size=128, device="cpu")'
    frames = recordings.record(browser, recordings.Film(app, ".nst-studio", play))
    assert len({frame.size for frame in frames}) == 1
    shown = [np.asarray(frame.crop(tuple(map(int, places["picture"])))) for frame in frames]
    assert gap(shown[0], shown[1]) < 0.1, "it moves before Start"
    run = shown[places["before"] : places["run"]]
    assert gap(run[0], run[-1]) > 5, "the picture does not change"
    assert float(places["weight"]) < 5, "the slider was not moved"
    pointers = [gap(one, other) for one, other in itertools.pairwise(frames)]
    # The frames before it has reached the button; one of them may be taken while it rests there.
    assert np.median(pointers[2:8]) > 0, "the pointer cannot be seen on its way to Start"
    path = tmp_path / "film.webm"
    recordings.write_webm(frames, path)
    assert path.stat().st_size < recordings.LIMIT
    read = frames_of(path, frames[0].size)
    assert len(read) == len(frames)
    assert max(gap(one, other) for one, other in zip(read, frames, strict=True)) < 5
