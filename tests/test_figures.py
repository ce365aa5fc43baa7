"""The committed figures are what the script makes. All of them take minutes: two are made here."""

import importlib.util
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import structural_similarity

FOLDER = Path(__file__).parents[1] / "figures"


def script(name):
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def make():
    return script("make")


def gray(file):
    return np.asarray(Image.open(file).convert("L"), dtype=float)


def test_every_committed_figure_has_a_maker_and_every_maker_its_figure(make):
    shots = script("screenshots")
    makers = [*make.FIGURES, *shots.APPS, *shots.PAGES]
    pictures = [*FOLDER.glob("*.jpg"), *(FOLDER.parent / "notebooks/stills").glob("*.jpg")]
    assert sorted(path.stem for path in pictures) == sorted(makers)


@pytest.mark.long
@pytest.mark.parametrize("name", ["gram_by_depth", "optimizers"])
def test_a_figure_made_again_looks_the_same(make, name):
    new = BytesIO()
    make.save(make.FIGURES[name](), new)
    committed, again = gray(FOLDER / f"{name}.jpg"), gray(new)
    assert committed.shape == again.shape
    assert structural_similarity(committed, again, data_range=255) > 0.95
