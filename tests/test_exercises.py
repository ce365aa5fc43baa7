"""Every exercise of every notebook: its stub is open, its solution is right, its check is asked for.

The exercises are read from the notebooks, where a cell ends in `checks.CHECK(FUNCTION)`. That each
wrong answer gets its own hint is tested next to the answers, in `test_checks_TOPIC.py`.
"""

import ast
import importlib
import inspect
import re
import runpy
from pathlib import Path

import nbformat
import pytest
import torch

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("0[1-9]_*.ipynb"))


def code_of(path):
    cells = nbformat.read(path, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def exercises_of(path):
    """[(topic, check, function)] in the order of the notebook."""
    code = "\n".join(code_of(path))
    (topic,) = re.findall(r"^from nstlib\.checks import (\w+) as checks$", code, re.MULTILINE)
    asked = re.findall(r"^checks\.(\w+)\((\w+)\)$", code, re.MULTILINE)
    return [(topic, check, function) for check, function in asked]


EXERCISES = [(path, *exercise) for path in NOTEBOOKS for exercise in exercises_of(path)]
each = pytest.mark.parametrize(
    ("path", "topic", "check", "function"), EXERCISES, ids=[f"{e[1]}-{e[2]}" for e in EXERCISES]
)


def check_of(topic, check):
    return getattr(importlib.import_module(f"nstlib.checks.{topic}"), check)


@each
def test_the_stub_in_the_notebook_is_not_attempted_yet(path, topic, check, function):
    cells = [source for source in code_of(path) if f"def {function}(" in source]
    (cell,) = cells
    tree = [node for node in ast.parse(cell).body if isinstance(node, ast.FunctionDef)]
    names = {"torch": torch}
    exec(compile(ast.Module(tree, []), "stub", "exec"), names)
    assert repr(check_of(topic, check)(names[function])) == "not attempted yet"


@each
def test_the_solution_is_right_and_praised(path, topic, check, function):
    solutions = runpy.run_path(str(FOLDER / "solutions" / f"{path.stem}.py"))
    verdict = check_of(topic, check)(solutions[function])
    assert verdict.right
    assert verdict.message


@each
def test_an_empty_answer_is_not_attempted_and_a_broken_one_gets_a_sentence(
    path, topic, check, function
):
    assert repr(check_of(topic, check)(lambda *_: None)) == "not attempted yet"
    assert "ZeroDivisionError" in check_of(topic, check)(lambda *_: 1 / 0).message


def a_little_off(x, share):
    """The same kind of answer with all of its numbers larger by a share."""
    if isinstance(x, tuple):
        return tuple(a_little_off(one, share) for one in x)
    if isinstance(x, torch.Tensor) and not x.is_floating_point():
        return x
    return x * (1 + share)


@pytest.mark.parametrize("share", [2e-4, 0.01, 0.5])
@each
def test_no_hint_says_that_a_number_is_wrong_which_is_what_was_expected(
    path, topic, check, function, share
):
    """Right for the first input and a little off for the others: the hint is about the others."""
    solution = runpy.run_path(str(FOLDER / "solutions" / f"{path.stem}.py"))[function]
    calls = []

    def answer(*arguments):
        calls.append(arguments)
        made = solution(*arguments)
        return made if len(calls) == 1 else a_little_off(made, share)

    verdict = check_of(topic, check)(answer)
    said = re.search(
        r"(?:value is|this is) (.*?)(?: where|, and) (.*) is expected", verdict.message
    )
    assert said is None or said[1] != said[2]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_asks_two_to_four_things_and_leaves_no_check_out(path):
    exercises = exercises_of(path)
    assert 2 <= len(exercises) <= 4
    module = importlib.import_module(f"nstlib.checks.{exercises[0][0]}")
    checks = {
        name
        for name, one in inspect.getmembers(module, inspect.isfunction)
        if one.__module__ == module.__name__ and "answer" in inspect.signature(one).parameters
    }
    assert {check for _, check, _ in exercises} == {c for c in checks if not c.startswith("_")}


def test_every_notebook_has_exercises_and_every_solution_a_notebook():
    assert len(NOTEBOOKS) == 9
    solutions = {path.stem for path in (FOLDER / "solutions").glob("*.py")}
    assert solutions == {path.stem for path in NOTEBOOKS}
