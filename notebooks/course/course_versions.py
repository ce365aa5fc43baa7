"""Versions of one notebook. Each function takes the notebook and returns a new one.

The student's version is the notebook itself. The instructor's has solutions and notes. The sheet is
what nbgrader hands out, collects and marks: the exercises alone, so that marking takes seconds. The
version for Colab installs the course by itself.
"""

import ast
import posixpath
import re
from collections.abc import Collection, Mapping
from copy import deepcopy

from course_parts import (
    Exercise,
    Note,
    Solution,
    exercises_of,
    questions_of,
    sections_of,
    solved,
)
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

SCHEMA_VERSION = 3  # of nbgrader's cell metadata; a test compares it with the installed nbgrader
FOR_THE_INSTRUCTOR = "instructor"  # a tag: nbconvert can remove these cells again
CHECKS = re.compile(r"^from nstlib\.checks import (\w+) as checks$", re.MULTILINE)
OUTSIDE = re.compile(r"\[([^\]]*)\]\(\.\./[^)]*\)")  # a link to a file beside notebooks/
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!\w+:|#)([^)#\s]+)")  # in Markdown, to another file
INSTALL = """\
# @title Install the course where it is missing. The PyTorch that is there stays.
from importlib.metadata import requires
from importlib.util import find_spec
from pathlib import Path
from shlex import join

if find_spec("nstlib") is None:
    address = "git+https://github.com/{repository}@{branch}"
    source = ".." if Path("../nstlib").is_dir() else address
    %pip install --quiet --no-deps {{source}}
    # What it needs, apart from JupyterLab: something runs this notebook already.
    needed = join(n for n in requires("nstlib") if "extra" not in n and "jupyterlab" not in n)
    %pip install --quiet --no-warn-conflicts {{needed}}"""


def student(notebook: NotebookNode) -> NotebookNode:
    """The notebook as it is, outputs and all: the pictures are what the student should get.

    Only links to files beside `notebooks/` become plain words, because the edition has none of them.
    """
    made = deepcopy(notebook)
    for cell in made.cells:
        if cell.cell_type == "markdown":
            cell.source = OUTSIDE.sub(r"\1", cell.source)
    return made


def instructor(
    notebook: NotebookNode, solutions: Mapping[str, Solution], notes: Mapping[str, Note]
) -> NotebookNode:
    """With every stub solved, and after each cell that has a note, the note in a cell of its own.

    Raises ValueError where a note names a cell that the notebook does not have.
    """
    unknown = notes.keys() - {cell.id for cell in notebook.cells}
    if unknown:
        raise ValueError(f"No cell of the notebook has the id {', '.join(sorted(unknown))}.")
    made, cells = student(notebook), []
    exercises = {one.cell: one for one in exercises_of(notebook)}
    sections, questions = sections_of(notebook), questions_of(notebook)
    for number, cell in enumerate(made.cells):
        cells.append(cell)
        if cell.id in exercises:
            name = exercises[cell.id].function
            cell.source = solved(cell.source, name, _of(solutions, name))
            cell.outputs, cell.execution_count = [], None  # they were the stub's
        note = notes.get(cell.id, Note())
        parts = [_heading(note, cell.id in exercises, cell.id in questions)]
        parts += [_plan(notebook, notes)] if number == 0 and sections else []
        parts += [note.body] if note.body else []
        if cell.id in notes:
            cells.append(_aside(cell.id, "\n\n".join(parts)))
    made.cells = cells
    return made


def sheet(
    notebook: NotebookNode,
    name: str,
    solutions: Mapping[str, Solution],
    notes: Mapping[str, Note],
) -> NotebookNode:
    """The exercises of a notebook as a source for nbgrader; name: the notebook's, as "03_gram".

    It has the imports of the notebook, and for each exercise its text, its solution between
    nbgrader's marks, and a test with points. All but the solutions is locked. The folded hints stay
    out: some of them are nearly the solution, and students have them in the notebook.
    """
    made, exercises = new_notebook(), exercises_of(notebook)
    made.metadata.kernelspec = deepcopy(notebook.metadata.kernelspec)
    total = sum(_points(notes, one) for one in exercises)
    made.cells = [_locked("opening", _opening(notebook, name, total)), _imports(notebook)]
    for one in exercises:
        note = notes.get(one.cell, Note())
        for cell in _texts(notebook, one.cell, note.text):
            made.cells.append(_locked(f"text-{one.function}-{cell.id}", cell.source))
        source = {cell.id: cell.source for cell in notebook.cells}[one.cell]
        source = solved(source, one.function, _of(solutions, one.function), graded=True)
        source = re.sub(r"^checks\..*\n?", "", source, flags=re.MULTILINE).rstrip()
        made.cells.append(_graded(one.function, source, solution=True))
        made.cells.append(_test(one, _points(notes, one)))
        chapter = CHECKS.search(made.cells[1].source)[1]
        made.cells[-1].metadata.exercise = {  # for marking/
            "function": one.function,
            "chapter": chapter,
            "check": one.check,
            "withheld": list(note.withheld),
        }
    return made


def colab(notebook: NotebookNode, name: str, repository: str, branch: str) -> NotebookNode:
    """With links that open it under the title, and first a cell that installs what is missing.

    The course is on GitHub in `repository`, written owner/name, with this notebook in
    notebooks/NAME.ipynb of `branch`. Colab gets the notebook alone, so links to other files of the
    course become addresses.
    """
    made = deepcopy(notebook)
    for cell in made.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(lambda link: _address(link, repository, branch), cell.source)
    title, rest = made.cells[0].source.split("\n", 1)
    path = f"notebooks/{name}.ipynb"
    links = {"Open in Colab": _in_colab(path, repository, branch)}
    binder = f"https://mybinder.org/v2/gh/{repository}/{branch}?urlpath="
    links["Open in Binder"] = f"{binder}lab/tree/{path}"
    if name == "playground":
        links["Open as a page of its own"] = f"{binder}voila/render/{path}"
    line = " · ".join(f"[{words}]({address})" for words, address in links.items())
    made.cells[0].source = f"{title}\n\n{line}\n{rest}"
    install = new_code_cell(INSTALL.format(repository=repository, branch=branch), id="install")
    # Folded away: in Colab, and in JupyterLab.
    install.metadata.update(cellView="form", jupyter={"source_hidden": True})
    made.cells.insert(1, install)
    return made


def _address(link: re.Match, repository: str, branch: str) -> str:
    """The same link, to the file's address. The match ends before what may follow the path."""
    picture, words, target = link.groups()
    path = posixpath.normpath(f"notebooks/{target}")
    if picture:
        return f"![{words}](https://raw.githubusercontent.com/{repository}/{branch}/{path}"
    if path.endswith(".ipynb"):
        return f"[{words}]({_in_colab(path, repository, branch)}"
    return f"[{words}](https://github.com/{repository}/blob/{branch}/{path}"


def _in_colab(path: str, repository: str, branch: str) -> str:
    return f"https://colab.research.google.com/github/{repository}/blob/{branch}/{path}"


def _of(solutions: Mapping[str, Solution], name: str) -> Solution:
    if name not in solutions:
        raise ValueError(f"{name} has no solution: write one into notebooks/solutions.")
    return solutions[name]


def _points(notes: Mapping[str, Note], exercise: Exercise) -> int:
    points = notes.get(exercise.cell, Note()).points
    if points is None:
        raise ValueError(
            f"{exercise.function} has no points: write `points: 2` into the note "
            f"on {exercise.cell} in notebooks/course/notes."
        )
    return points


def _heading(note: Note, is_exercise: bool, is_discussion: bool) -> str:
    words = ["For the instructor"]
    words += ["exercise"] if is_exercise else ["answers"] if is_discussion else []
    words += [f"{note.minutes} min"] if note.minutes else []
    words += [f"{note.points} points"] if note.points else []
    return f"**{' · '.join(words)}**"


def _plan(notebook: NotebookNode, notes: Mapping[str, Note]) -> str:
    """The sections of the notebook and their minutes. A list: not all viewers draw quoted tables."""
    sections, exercises = sections_of(notebook), {one.cell for one in exercises_of(notebook)}
    rows: list[tuple[str, int, int]] = []  # a section's title, its minutes, those of its exercises
    for cell in notebook.cells:
        minutes = notes.get(cell.id, Note()).minutes or 0
        if cell.id in sections:
            rows.append((sections[cell.id], minutes, 0))
        elif cell.id in exercises and rows:
            title, reading, solving = rows[-1]
            rows[-1] = (title, reading, solving + minutes)
    lines = [
        f"- {reading + solving} min: {title}" + (f" ({solving} for exercises)" if solving else "")
        for title, reading, solving in rows
    ]
    together = sum(reading + solving for _, reading, solving in rows)
    return "\n".join([*lines, f"- {together} min together"])


def _aside(cell: str, text: str) -> NotebookNode:
    quoted = "\n".join(f"> {line}" if line else ">" for line in text.splitlines())
    made = new_markdown_cell(quoted, id=f"{cell}-instructor")
    made.metadata.tags = [FOR_THE_INSTRUCTOR]
    return made


def _opening(notebook: NotebookNode, name: str, points: int) -> str:
    title = notebook.cells[0].source.splitlines()[0]
    return (
        f"{title}: exercises\n\n{points} points. These are the exercises of the notebook `{name}`, "
        "with nothing but what they need. Where a text here speaks of a picture, the picture is in "
        "that notebook, and so are the hints. Solve them there or here; what you hand in is this "
        f"file, `sheet_{name}.ipynb`. Write into the functions and keep their names, leave the "
        "other cells alone, and run all before you hand in: below each exercise you see what its "
        "check says of your answer. Write every function yourself: where an exercise asks for "
        "something that `nstlib` has, calling it does not count as an answer."
    )


def _imports(notebook: NotebookNode) -> NotebookNode:
    """The imports of the cell that imports the checks: the names that an answer can count on."""
    (cell,) = [
        one for one in notebook.cells if one.cell_type == "code" and CHECKS.search(one.source)
    ]
    lines = [line for line in cell.source.splitlines() if not line.startswith("%")]
    tree = ast.parse("\n".join(lines)).body
    wanted = [ast.unparse(one) for one in tree if isinstance(one, ast.Import | ast.ImportFrom)]
    quiet = "warnings.simplefilter('ignore')  # nbgrader takes a warning in a test for a failure"
    return _locked("imports", "\n".join(["import warnings", *wanted, "", quiet]), code=True)


def _texts(notebook: NotebookNode, stub: str, named: Collection[str]) -> list[NotebookNode]:
    """The cells that say what is asked: those named in the note, then the one before the stub.

    Of that one, what comes before its section or its exercise begins is left out, unless it is named.
    """
    ids = [cell.id for cell in notebook.cells]
    before = deepcopy(notebook.cells[ids.index(stub) - 1])
    if before.cell_type != "markdown" or "### Exercise" not in before.source:
        raise ValueError(f"The cell before {stub} should be text with a heading `### Exercise …`.")
    if before.id not in named:
        begin = re.search(r"^## ", before.source, re.M) or re.search(
            "^### Exercise", before.source, re.M
        )
        before.source = before.source[begin.start() :]
    earlier = [cell for cell in notebook.cells if cell.id in named and cell.id != before.id]
    missing = set(named) - {cell.id for cell in [*earlier, before]}
    if missing:
        raise ValueError(f"The note on {stub} names cells that are not there: {sorted(missing)}.")
    return [*earlier, before]


def _test(exercise: Exercise, points: int) -> NotebookNode:
    source = f"""\
verdict = checks.{exercise.check}({exercise.function})
print(verdict)
### BEGIN HIDDEN TESTS
assert verdict.right, verdict.message or "not attempted yet"
### END HIDDEN TESTS"""
    return _graded(f"test-{exercise.function}", source, points=points)


def _locked(name: str, source: str, *, code: bool = False) -> NotebookNode:
    make = new_code_cell if code else new_markdown_cell
    return _with_metadata(make(source), name, locked=True, grade=False, solution=False)


def _graded(
    name: str, source: str, *, solution: bool = False, points: int | None = None
) -> NotebookNode:
    grade = points is not None
    cell = _with_metadata(new_code_cell(source), name, locked=grade, grade=grade, solution=solution)
    if grade:
        cell.metadata.nbgrader["points"] = points
    return cell


def _with_metadata(cell: NotebookNode, name: str, **kinds: bool) -> NotebookNode:
    cell.id = name
    cell.metadata.nbgrader = NotebookNode(
        grade_id=name, schema_version=SCHEMA_VERSION, task=False, **kinds
    )
    return cell
