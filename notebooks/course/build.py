"""One source, three notebooks: python notebooks/course/build.py --to course-out

Writes student/, instructor/ and nbgrader/ (source/ and nbgrader_config.py) into a folder, from the
notebooks, their solutions and the notes of this folder. What nbgrader has made there stays.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import nbformat
from course_parts import Note, Solution, exercises_of, notes_of, solutions_of
from course_versions import instructor, sheet, student

NOTEBOOKS = Path(__file__).parents[1]
NOTES = Path(__file__).parent / "notes"
CONFIG = '''\
"""Settings of nbgrader for this course. Yours to change: a later build leaves this file alone."""

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "nstlib"
c.ClearSolutions.code_stub = {"python": "..."}  # the stub of the notebooks: "not attempted yet"

# In seconds, for a slow or busy machine: a cell, the start of a kernel, the last word of a cell.
c.Execute.timeout = 300
c.Execute.startup_timeout = 300
c.Execute.iopub_timeout = 60
'''


def build(to: Path, *, notebooks: Path = NOTEBOOKS, notes: Path = NOTES) -> list[Path]:
    """Write the three versions of all notebooks into the folder `to`; return the files written."""
    written = []
    for path in sorted(notebooks.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        solutions, remarks = _beside(path, notes)
        made = {f"student/{path.name}": student(notebook)}
        try:
            made[f"instructor/{path.name}"] = instructor(notebook, solutions, remarks)
            if exercises_of(notebook):
                where = f"nbgrader/source/{path.stem}/{path.name}"
                made[where] = sheet(notebook, path.stem, solutions, remarks)
        except ValueError as error:
            raise ValueError(f"{path.name}: {error}") from error
        written += [_write(one, to / name) for name, one in made.items()]
    config = to / "nbgrader" / "nbgrader_config.py"
    if not config.exists():
        config.write_text(CONFIG, encoding="utf-8")
        written.append(config)
    return written


def _beside(path: Path, notes: Path) -> tuple[Mapping[str, Solution], Mapping[str, Note]]:
    """The solutions and the notes of a notebook; empty where it has none."""
    solutions = path.parent / "solutions" / f"{path.stem}.py"
    remarks = notes / f"{path.stem}.md"
    return (
        solutions_of(solutions) if solutions.exists() else {},
        notes_of(remarks) if remarks.exists() else {},
    )


def _write(notebook: nbformat.NotebookNode, path: Path) -> Path:
    nbformat.validate(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def main() -> int:
    """Build, and say where. Exit status 2 where something in the sources does not fit together."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, default=Path("course-out"), help="the folder to fill")
    to = parser.parse_args().to
    try:
        written = build(to)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{len(written)} files in {to}: student/, instructor/ and nbgrader/")
    print(f"next: cd {to / 'nbgrader'} && nbgrader generate_assignment 03_gram")
    return 0


if __name__ == "__main__":
    sys.exit(main())
