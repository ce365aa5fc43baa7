"""One source, three editions: python notebooks/course/build.py --to ../course-out

Writes student/, instructor/ and nbgrader/ (source/ and nbgrader_config.py) into a folder, from the
notebooks, their solutions and the notes of this folder, and zips what students get. What nbgrader has
made there stays. With `--repository owner/name` it writes colab/ instead: the notebooks with links that
open them in Colab and Binder, and a first cell that installs the course from there.
"""

import argparse
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import nbformat
from bundle import instructor_part, student_bundle
from course_parts import Note, Solution, exercises_of, notes_of, solutions_of
from course_versions import colab, instructor, sheet, student

NOTEBOOKS = Path(__file__).parents[1]
NOTES = Path(__file__).parent / "notes"
CONFIG = """\
\"\"\"Settings of nbgrader for this course. Yours to change: a later build leaves this file alone.\"\"\"

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # for the folder marking/
import marking

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "nstlib"
c.ClearSolutions.code_stub = {"python": "..."}  # the stub of the notebooks: "not attempted yet"

# Files as Moodle and Canvas name them. The number that tells students apart is their id.
#   Moodle   Full Name_12345_assignsubmission_file_/sheet_03_gram.ipynb, or without the slash
#   Canvas   namefull_12345_67890_sheet_03_gram.ipynb, also with _LATE_, and -1 for a second attempt
c.FileNameCollectorPlugin.named_regexp = (
    r".*?[/\\\\][^/\\\\]*?_(?:LATE_)?(?P<student_id>\\d+)_(?:assignsubmission_file_?[/\\\\]?|\\d+_)"
    r"(?P<file_id>[^/\\\\]+?)(?:-\\d+)?\\.ipynb$"
)

# Submissions are not executed here: each exercise is marked in a process of its own (README.md).
c.Mark.seconds = 30
c.Mark.gigabytes = 4
c.Autograde.pre_convert_hook = marking.adopt
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    marking.Restore,
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    marking.Mark,
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
"""


def build(to: Path, *, notebooks: Path = NOTEBOOKS, notes: Path = NOTES) -> list[Path]:
    """Write the three versions of all notebooks into the folder `to`; return the files written."""
    written = []
    for path in sorted(notebooks.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        solutions, remarks = beside(path, notes)
        made = {f"student/{path.name}": student(notebook)}
        try:
            made[f"instructor/{path.name}"] = instructor(notebook, solutions, remarks)
            if exercises_of(notebook):
                where = f"nbgrader/source/sheet_{path.stem}/sheet_{path.name}"
                made[where] = sheet(notebook, path.stem, solutions, remarks)
        except ValueError as error:
            raise ValueError(f"{path.name}: {error}") from error
        written += [_write(one, to / name) for name, one in made.items()]
    # Pictures of the apps, which lessons show; the lecturer's guide has films of them as well.
    for edition, kind in (("student", "*.jpg"), ("instructor", "*.*")):
        for still in sorted((notebooks / "stills").glob(kind)):
            written.append(to / edition / "stills" / still.name)
            written[-1].parent.mkdir(exist_ok=True)
            shutil.copy(still, written[-1])
    for module in sorted((Path(__file__).parent / "marking").glob("*.py")):
        written.append(to / "nbgrader" / "marking" / module.name)
        written[-1].parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(module, written[-1])
    config = to / "nbgrader" / "nbgrader_config.py"
    if not config.exists():
        config.write_text(CONFIG, encoding="utf-8")
        written.append(config)
    return written


def build_for_colab(
    to: Path, repository: str, *, branch: str = "main", notebooks: Path = NOTEBOOKS
) -> list[Path]:
    """Write the edition for Colab into colab/ of the folder `to`; return the files written.

    repository: Where the course is on GitHub, owner/name. branch: where the edition will be there.
    """
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        raise ValueError(f"{repository!r} is no repository on GitHub; write owner/name.")
    written = []
    for path in sorted(notebooks.glob("*.ipynb")):
        made = colab(nbformat.read(path, as_version=4), path.stem, repository, branch)
        written.append(_write(made, to / "colab" / path.name))
    return written


def beside(path: Path, notes: Path) -> tuple[Mapping[str, Solution], Mapping[str, Note]]:
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
    parser.add_argument("--repository", help="owner/name on GitHub: write the edition for Colab")
    parser.add_argument("--branch", default="main", help="where that edition will be on GitHub")
    given = parser.parse_args()
    to = given.to
    try:
        if given.repository is not None:
            written = build_for_colab(to, given.repository, branch=given.branch)
            print(f"{len(written)} notebooks in {to / 'colab'}, to open from branch {given.branch}")
            return 0
        written = build(to)
        students = [path for path in written if path.is_relative_to(to / "student")]
        written += student_bundle(to / "student", students)
        written += instructor_part(to / "instructor")
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"in {to}: student/, instructor/ and nbgrader/")
    print(f"for students: {to / 'nstlib-student.zip'}")
    if "marking.Mark" not in (to / "nbgrader" / "nbgrader_config.py").read_text("utf-8"):
        print("nbgrader_config.py is older than marking/: rename it, and build again for a new one")
    print(f"next: cd {to / 'nbgrader'} && nbgrader generate_assignment sheet_03_gram")
    return 0


if __name__ == "__main__":
    sys.exit(main())
