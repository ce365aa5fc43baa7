"""Cells: the same file for the same picture, and another file for another picture."""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from nstlib.optimize import Step
from nstlib.optimizer import PixelAdam
from nstlib.sweep import cells, sweep
from nstlib.vgg import load_vgg19

TINY = {"weights": "random", "width": 1 / 16, "device": "cpu"}
PIXELS = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def shade(value=1, *, other=None):
    yield Step(0, 0, torch.zeros(1, 3, 2, 2), {})


def tint(value=1, *, other=None):
    yield Step(0, 0, torch.zeros(1, 3, 2, 2), {})


def of_picture(picture, *, vgg=None):
    yield Step(0, 0, torch.zeros(1, 3, 2, 2), {})


def key(recipe, **cell):
    """The name of the file in which a sweep keeps this cell."""
    with TemporaryDirectory() as folder:
        (result,) = sweep(recipe, [cell], folder=folder, progress=False)
        assert result.error == ""
        (path,) = Path(folder).iterdir()
        return path.name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"value": 10}, {"value": 10.0}),
        ({"value": 10}, {"value": np.float32(10)}),
        ({"value": 0.1}, {"value": np.float64(0.1)}),
        ({"value": [1, "a"]}, {"value": (1, "a")}),
        ({"value": {"a": 1, "b": 2}}, {"value": {"b": 2, "a": 1}}),
        ({"value": 2}, {"value": 2, "other": None}),
        ({"value": PIXELS}, {"value": PIXELS.clone()}),
        ({"value": PIXELS}, {"value": PIXELS.to(memory_format=torch.channels_last)}),
        ({"value": PIXELS}, {"value": PIXELS.numpy()}),
        ({"value": [PIXELS, PIXELS]}, {"value": [PIXELS, PIXELS.clone()]}),
        ({"value": partial(PixelAdam, lr=0.1)}, {"value": partial(PixelAdam, lr=0.1)}),
    ],
)
def test_what_makes_the_same_picture_is_the_same_cell(one, other):
    assert key(shade, **one) == key(shade, **other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"value": 10}, {"value": "10"}),
        ({"value": 1}, {"value": True}),
        ({"value": 0.1}, {"value": float(np.nextafter(0.1, 1))}),
        ({"value": [1, 2]}, {"value": [2, 1]}),
        ({"value": [1, 2]}, {"value": [[1], 2]}),
        ({"value": 1, "other": 2}, {"value": 2, "other": 1}),
        ({"value": {"a": 1}}, {"value": {"a": 2}}),
        ({"value": PIXELS}, {"value": PIXELS.nextafter(torch.ones(()))}),
        ({"value": PIXELS}, {"value": PIXELS.flip(3)}),
        ({"value": PIXELS}, {"value": PIXELS.flatten(2)}),
        ({"value": [PIXELS, PIXELS.mT]}, {"value": [PIXELS.mT, PIXELS]}),
        ({"value": partial(PixelAdam, lr=0.1)}, {"value": partial(PixelAdam, lr=0.2)}),
        ({"value": nn.MaxPool2d(2)}, {"value": nn.AvgPool2d(2)}),
        ({"value": nn.AvgPool2d(2)}, {"value": nn.AvgPool2d(2, stride=1)}),
    ],
)
def test_what_makes_another_picture_is_another_cell(one, other):
    assert key(shade, **one) != key(shade, **other)


@given(st.lists(st.floats() | st.integers() | st.text(max_size=3) | st.none(), max_size=4))
def test_an_identity_knows_its_values(value):
    others = [value, list(value), [*value, 0], [value], {"a": value}, (value, value)]
    first, again, *rest = map(cells.identity, others)
    assert first == again
    assert len({first, *rest}) == 5


def test_one_pixel_of_the_shared_picture_is_another_cell():
    other = PIXELS.clone()
    other[0, 1, 7, 3] += 1 / 255
    recipe = partial(of_picture, vgg=TINY)
    assert key(partial(recipe, PIXELS)) == key(partial(recipe, picture=PIXELS))
    assert key(partial(recipe, PIXELS)) != key(partial(recipe, other))


def test_another_network_is_another_cell_however_it_is_named():
    recipe = partial(of_picture, PIXELS)
    changes = [{}, {"seed": 1}, {"pooling": "max"}, {"padding": "zeros"}, {"width": 1 / 32}]
    choices = [TINY | change for change in [*changes, {"precision": "bfloat16"}]] + ["compact"]
    by_name = [key(recipe, vgg=choice) for choice in choices]
    assert len(set(by_name)) == len(choices)
    objects = [load_vgg19(**({"weights": c} if c == "compact" else c)) for c in choices]
    assert [key(recipe, vgg=vgg) for vgg in objects] == by_name
    assert key(recipe) == by_name[-1]  # None is the compact one
    assert key(recipe, vgg=TINY | {"tile": 32}) == by_name[0]  # only saves memory
    objects[0].mean += 0.01
    assert key(recipe, vgg=objects[0]) not in by_name


def test_a_weights_file_with_other_weights_is_another_cell(tmp_path):
    path = tmp_path / "weights.pth"
    found = []
    for seed in (0, 1, 0):
        torch.save(load_vgg19(**TINY, seed=seed).state_dict(), path)
        found.append(key(partial(of_picture, PIXELS), vgg=path))
    assert found[0] == found[2] != found[1]


def test_an_edited_recipe_is_another_cell(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    source = "from test_cells import shade\n\n\ndef recipe():\n    yield from shade({})\n"
    found = []
    for number in (1, 2):
        (tmp_path / f"recipe_{number}.py").write_text(source.format(number))
        edited = __import__(f"recipe_{number}").recipe
        monkeypatch.setattr(edited, "__module__", "same")
        found.append(key(edited))
    assert found[0] != found[1]
    assert key(shade) != key(tint)


@given(st.binary(max_size=200))
def test_what_is_not_a_cell_is_not_read(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("cells") / "cell"
    assert cells.read(path) is None
    path.write_bytes(data)
    assert cells.read(path) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10.0, "10"),
        (1e-3, "0.001"),
        (["relu1_1", 2.5], "relu1_1, 2.5"),
        ({"relu1_1": 1.0}, "relu1_1: 1"),
        ([torch.zeros(1, 3, 4, 6)], "picture of 6 x 4"),
        (torch.zeros(3), "Tensor"),
        (nn.ReLU(), "ReLU"),
        (partial(PixelAdam, lr=0.05), "PixelAdam, lr: 0.05"),
        (None, "None"),
    ],
)
def test_values_in_words(value, text):
    assert cells.words(value) == text
