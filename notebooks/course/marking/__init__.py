"""Marking with nbgrader: what nbgrader_config.py puts in the place of running the notebook.

nbgrader would run a submission from top to bottom in one kernel and believe what the tests in it say,
so one line of a student's could change the tests. Here no cell of a submission runs in nbgrader.
`Restore` puts the student's cells into the sheet as it was handed out, and `Mark` has each exercise
judged by judge.py.
"""

import re
import shutil
import sys
import textwrap
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float

if TYPE_CHECKING:
    from marking.judge import Nursery

COURSE = Path(__file__).resolve().parents[1]
LESSON = re.compile(r"^checks\.\w+\(\w+\)$", re.MULTILINE)  # how the exercise of a lesson ends


def sheet_of(assignment: str, notebook: str) -> NotebookNode:
    """The sheet with its solutions and tests, as build.py wrote it."""
    return nbformat.read(COURSE / "source" / assignment / f"{notebook}.ipynb", as_version=4)


def adopt(assignment: str, student: str, notebooks: list[str]) -> None:
    """Where no file has the sheet's name, mark the one that was handed in: a hook of nbgrader.

    Browsers save a second download as `sheet_03_gram (1).ipynb`, and students hand in the wrong file.
    It is copied under the name that nbgrader looks for, and the feedback says what is wrong with it.
    """
    files = [Path(one) for one in notebooks]
    wanted = files[0].parent / f"{assignment}.ipynb"
    if wanted in files:
        return
    theirs = [one for one in files if _answers(nbformat.read(one, as_version=4), assignment)]
    chosen = (theirs or files)[-1]
    shutil.copy(chosen, wanted)
    notebooks[:] = [str(wanted)]
    whose = wanted.parents[1].name  # nbgrader passes a pattern, such as * for all students
    print(f"{whose}: {chosen.name} is marked as {wanted.name}", file=sys.stderr)


def _answers(notebook: NotebookNode, assignment: str) -> bool:
    return why_refused(notebook, sheet_of(assignment, assignment), assignment) is None


def why_refused(notebook: NotebookNode, sheet: NotebookNode, name: str) -> str | None:
    """Why a submission cannot be marked as this sheet, in a sentence; None where it can."""
    ids = {_id(cell) for cell in notebook.cells}
    if ids & {_id(cell) for cell in sheet.cells if _is(cell, "solution")}:
        return None
    if any(cell.cell_type == "code" and LESSON.search(cell.source) for cell in notebook.cells):
        lesson = f"the lesson `{name.removeprefix('sheet_')}`"
        if notebook.cells[0].source.splitlines()[:1] != [_title(sheet)]:
            lesson = "a lesson of the course"
        what = f"This is {lesson}, and not the sheet `{name}`."
    elif ids - {""}:
        what = "This is another sheet, or the cells of its exercises were deleted. "
        what += f"The sheet `{name}` was expected."
    else:
        what = f"This notebook has none of the sheet's cells. The sheet `{name}` was expected."
    return (
        f"{what} Nothing in it was marked. "
        f"Copy your functions into `{name}.ipynb` and hand in that file."
    )


def restored(notebook: NotebookNode, sheet: NotebookNode) -> NotebookNode:
    """The sheet with the student's answers in it, and with the cells that the student has added.

    So it does not matter whether cells were moved, deleted or unlocked. An exercise whose cell is
    missing has a comment in its place.
    """
    known = {_id(cell): cell for cell in sheet.cells}
    theirs, added, after = {}, {"": []}, ""
    for cell in notebook.cells:
        if _id(cell) in known:
            after = _id(cell)
            theirs[after] = cell
        elif cell.source.strip():
            extra = deepcopy(cell)
            extra.metadata.pop("nbgrader", None)
            added.setdefault(after, []).append(extra)
    made = deepcopy(notebook)
    made.cells = list(added[""])
    for name, cell in known.items():
        own = deepcopy(cell)
        if _is(cell, "solution"):
            missing = f"# The cell of {name} is missing in this submission."
            own.source = theirs[name].source if name in theirs else missing
            own.metadata.missing = name not in theirs
        made.cells += [own, *added.get(name, [])]
    return made


class Restore(NbGraderPreprocessor):
    """The first step of autograde: see `restored`. A notebook that is no such sheet is refused."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Return the sheet with the student's answers, or with the reason why it is not marked."""
        about = resources["nbgrader"]
        sheet = sheet_of(about["assignment"], about["notebook"])
        refused = why_refused(nb, sheet, about["notebook"])
        if refused:
            nb.cells = []  # they would stand in the feedback, all of a lesson
        made = restored(nb, sheet)
        made.metadata.pop("refused", None)
        if refused:
            made.metadata.refused = refused
            made.cells.insert(0, new_markdown_cell(f"## Not marked\n\n{refused}"))
            self.log.error("%s is not marked. %s", about["student"], refused)
        return made, resources


class Mark(NbGraderPreprocessor):
    """Stands where nbgrader executes a notebook: gives each test the outcome that the judge finds."""

    seconds = Float(30, help="What one exercise may take.").tag(config=True)
    gigabytes = Float(4, help="The memory that one exercise may use, on Linux.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Return the notebook with an output under each test. nbgrader reads the points off it."""
        from marking.judge import mark  # PyTorch: not for nbgrader's other commands

        about = resources["nbgrader"]
        sheet = sheet_of(about["assignment"], about["notebook"])
        (imports,) = [cell.source for cell in sheet.cells if _id(cell) == "imports"]
        limits = {"seconds": self.seconds, "gigabytes": self.gigabytes}
        for test in [cell for cell in sheet.cells if _is(cell, "grade")]:
            exercise = test.metadata.exercise
            refused = nb.metadata.get("refused") or _missing(nb, exercise["function"])
            right, said = False, f"not yet: {refused}"
            if not refused:
                right, said = mark(exercise, cells_before(nb, test), _nursery(imports), **limits)
            self.log.info("%s, %s: %s", about["student"], exercise["function"], said)
            for cell in nb.cells:
                if _id(cell) == _id(test):
                    cell.outputs = [_output(right, said)]
        return nb, resources


@cache
def _nursery(imports: str) -> "Nursery":
    """One process for all submissions of a sheet. It ends when nbgrader does, whose line it reads."""
    from marking.judge import Nursery

    return Nursery(imports)


def cells_before(nb: NotebookNode, test: NotebookNode) -> list[tuple[str, bool]]:
    """The student's code up to a test, each cell with whether it is the one of this exercise."""
    found = []
    for cell in nb.cells:
        if _id(cell) == _id(test):
            break
        if cell.cell_type == "code" and (_is(cell, "solution") or not _id(cell)):
            found.append((cell.source, _id(cell) == test.metadata.exercise["function"]))
    return found


def _missing(nb: NotebookNode, function: str) -> str | None:
    (cell,) = [cell for cell in nb.cells if _id(cell) == function]
    return f"the cell of {function} is missing." if cell.metadata.get("missing") else None


def _output(right: bool, said: str) -> NotebookNode:
    """nbgrader gives all points for a test that printed something, and none for an error."""
    said = "\n".join(textwrap.fill(line, 90) for line in said.splitlines())
    if right:
        return new_output("stream", name="stdout", text=said)
    name, _, sentence = said.partition(": ")
    return new_output("error", ename=name, evalue=sentence, traceback=[said])


def _id(cell: NotebookNode) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id") or ""


def _is(cell: NotebookNode, what: str) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get(what))


def _title(sheet: NotebookNode) -> str:
    return sheet.cells[0].source.splitlines()[0].removesuffix(": exercises")
