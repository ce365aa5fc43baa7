"""The course kit: three versions of each notebook, and (long) nbgrader's own commands on three sheets.

That the solutions are right is tested in test_exercises.py; here, that they arrive where they should.
What the judge says of an answer is tested in test_marking.py.
"""

import ast
import csv
import os
import re
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import course_parts as parts
import course_versions as versions
import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.nbgraderformat import SCHEMA_VERSION, MetadataValidator
from nbgrader.plugins import FileNameCollectorPlugin
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions
from traitlets.config import Config

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
COURSE = NOTEBOOKS / "course"
NAMES = [path.stem for path in sorted(NOTEBOOKS.glob("0*.ipynb"))]
MARKED = NAMES[1:]
each = pytest.mark.parametrize("name", NAMES)
each_marked = pytest.mark.parametrize("name", MARKED)


def run_build(to, *more):
    command = [sys.executable, str(COURSE / "build.py"), "--to", str(to), *more]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    run = run_build(folder)
    assert run.returncode == 0, run.stderr
    return folder


def notebook_of(name):
    return nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)


def handed_out(name):
    """The notebook, without the links that lead out of its folder."""
    made = notebook_of(name)
    for cell in made.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\[([^]]+)\]\(\.\./[^)]+\)", r"\1", cell.source)
    return made


def notes_of(name):
    return parts.notes_of(COURSE / "notes" / f"{name}.md")


def solutions_of(name):
    return parts.solutions_of(NOTEBOOKS / "solutions" / f"{name}.py")


def sheet_of(name):
    return versions.sheet(notebook_of(name), name, solutions_of(name), notes_of(name))


def stubs_in(notebook):
    """Names of all functions in a notebook whose last statement is `...`, found by reading alone."""
    source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    source = re.sub(r"^( *)%.*$", r"\1pass", source, flags=re.MULTILINE)
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return [one.name for one in functions if ast.unparse(one.body[-1]) == "..."]


def code_of(cells):
    return "\n".join(
        re.sub(r"^( *)%.*$", r"\1pass", cell.source, flags=re.MULTILINE)
        for cell in cells
        if cell.cell_type == "code"
    )


# The sources fit together


@each
def test_every_stub_is_an_exercise_with_a_solution_and_points(name):
    notebook = notebook_of(name)
    exercises = parts.exercises_of(notebook)
    assert [one.function for one in exercises] == stubs_in(notebook)
    assert bool(exercises) == (name in MARKED)
    for one in exercises:
        assert one.function in solutions_of(name)
        assert notes_of(name)[one.cell].points > 0


@each
def test_every_note_belongs_to_a_cell(name):
    assert notes_of(name).keys() <= {cell.id for cell in notebook_of(name).cells}


@each
def test_every_exercise_has_a_note_that_says_what_goes_wrong(name):
    for one in parts.exercises_of(notebook_of(name)):
        assert "**They get wrong**" in notes_of(name)[one.cell].body


@each_marked
def test_every_question_has_an_answer(name):
    questions = parts.questions_of(notebook_of(name))
    assert sum(map(len, questions.values())) >= 2
    for cell, asked in questions.items():
        answers = re.split(r"^\d+\. ", notes_of(name)[cell].body, flags=re.MULTILINE)[1:]
        assert len(answers) == len(asked)
        assert all(len(answer.split()) > 40 for answer in answers)


@each
def test_questions_for_discussion_are_all_found(name):
    """Whatever the heading is called: numbered lists that hold question marks, after the sections."""
    notebook = notebook_of(name)
    found = set(parts.questions_of(notebook))
    text = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    assert found == {
        cell.id for cell in text if re.search(r"\bdiscuss\b.*\n+1\. ", cell.source, re.IGNORECASE)
    }


def test_the_readme_has_the_points_and_a_note_file_is_there_for_every_notebook():
    readme = (COURSE / "README.md").read_text()
    points = {
        name: int(n) for name, n in re.findall(r"^\| `sheet_(\w+)` \| (\d+) \|$", readme, re.M)
    }
    assert points == {
        name: sum(note.points or 0 for note in notes_of(name).values()) for name in MARKED
    }
    assert {path.stem for path in (COURSE / "notes").glob("*.md")} == set(NAMES)


# The three versions


def test_all_versions_are_built_and_valid(out):
    built = {str(path.relative_to(out)) for path in out.rglob("*.ipynb")}
    every = [path.name for path in NOTEBOOKS.glob("*.ipynb")]
    wanted = {f"{kind}/{name}" for kind in ("student", "instructor") for name in every}
    wanted |= {f"nbgrader/source/sheet_{name}/sheet_{name}.ipynb" for name in MARKED}
    assert built == wanted
    for path in built:
        notebook = nbformat.read(out / path, as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
        MetadataValidator().validate_nb(notebook)


@each
def test_the_student_gets_the_notebook_as_it_is_and_no_solution(out, name):
    made = nbformat.read(out / "student" / f"{name}.ipynb", as_version=4)
    assert made == handed_out(name)
    for one in parts.exercises_of(made):
        source = {cell.id: cell.source for cell in made.cells}[one.cell]
        assert parts.stub_of(source, one.function)
        body = solutions_of(name)[one.function].body
        assert body.splitlines()[-1].strip() not in source
    assert "instructor" not in str([cell.metadata for cell in made.cells])


@each
def test_the_instructors_version_adds_notes_and_changes_nothing_but_the_stubs(out, name):
    made = nbformat.read(out / "instructor" / f"{name}.ipynb", as_version=4)
    aside = [cell for cell in made.cells if "instructor" in cell.metadata.get("tags", [])]
    assert [cell.id for cell in aside] == [
        f"{cell.id}-instructor" for cell in notebook_of(name).cells if cell.id in notes_of(name)
    ]
    for cell in aside:
        assert cell.cell_type == "markdown"
        assert all(line.startswith(">") for line in cell.source.splitlines())
    exercises = {one.cell for one in parts.exercises_of(made)}
    rest = [cell for cell in made.cells if cell not in aside]
    for cell, original in zip(rest, handed_out(name).cells, strict=True):
        assert (cell == original) == (cell.id not in exercises)


@each_marked
def test_the_instructors_solutions_pass_the_checks(out, name):
    made = nbformat.read(out / "instructor" / f"{name}.ipynb", as_version=4)
    assert not stubs_in(made)
    exercises = parts.exercises_of(made)
    solved = {one.cell for one in exercises}
    imports = [cell for cell in made.cells if versions.CHECKS.search(cell.source)]
    names = {}
    exec(code_of([*imports, *(cell for cell in made.cells if cell.id in solved)]), names)
    for one in exercises:
        assert getattr(names["checks"], one.check)(names[one.function]).right


def test_the_schema_is_that_of_the_installed_nbgrader():
    assert versions.SCHEMA_VERSION == SCHEMA_VERSION


@each_marked
def test_a_sheet_has_for_each_exercise_a_text_a_solution_and_a_test_with_points(name):
    made, notes = sheet_of(name), notes_of(name)
    kinds = {cell.metadata.nbgrader.grade_id: cell for cell in made.cells}
    order = list(kinds)
    for one in parts.exercises_of(notebook_of(name)):
        answer, test = kinds[one.function], kinds[f"test-{one.function}"]
        assert answer.metadata.nbgrader.solution
        assert not answer.metadata.nbgrader.locked
        assert test.metadata.nbgrader.locked
        assert test.metadata.nbgrader.points == notes[one.cell].points
        before = kinds[order[order.index(one.function) - 1]]
        assert re.search(r"^### Exercise \d", before.source, re.MULTILINE)
    answers = {one.function for one in parts.exercises_of(notebook_of(name))}
    assert all(kinds[key].metadata.nbgrader.locked for key in order if key not in answers)
    assert not any("<details>" in cell.source for cell in made.cells)  # hints are near-solutions


@each_marked
def test_a_sheet_as_it_is_released_holds_no_solution_and_no_hidden_test(name):
    made = sheet_of(name)
    stub = {"python": "..."}
    for clear in (ClearSolutions(code_stub=stub), ClearHiddenTests()):
        made, _ = clear.preprocess(made, {})
    source = code_of(made.cells)
    assert sorted(stubs_in(made)) == sorted(stubs_in(notebook_of(name)))
    assert "assert" not in source
    assert "SOLUTION" not in source
    for one in parts.exercises_of(notebook_of(name)):
        assert solutions_of(name)[one.function].body.splitlines()[-1].strip() not in source


@each_marked
def test_a_sheet_passes_with_its_solutions_and_every_test_fails_without(name, capsys):
    exec(code_of(sheet_of(name).cells), {})
    assert capsys.readouterr().out.count("right: ") == len(parts.exercises_of(notebook_of(name)))
    empty, _ = ClearSolutions(code_stub={"python": "..."}).preprocess(sheet_of(name), {})
    names = {}
    for cell in empty.cells:
        if cell.metadata.nbgrader.grade:
            with pytest.raises(AssertionError, match="not attempted yet"):
                exec(cell.source, names)
        else:
            exec(code_of([cell]), names)


def test_cells_may_move_and_be_joined_by_others():
    name = "03_gram"
    edited = notebook_of(name)
    edited.cells.insert(1, nbformat.v4.new_markdown_cell("A remark.", id="remark"))
    edited.cells.append(nbformat.v4.new_code_cell("print('more')", id="more"))
    made = versions.instructor(edited, solutions_of(name), notes_of(name))
    plain = versions.instructor(notebook_of(name), solutions_of(name), notes_of(name))
    assert [cell for cell in made.cells if cell.id not in ("remark", "more")] == plain.cells
    assert versions.sheet(edited, name, solutions_of(name), notes_of(name)) == sheet_of(name)


# What is wrong in the sources is said in a sentence


def test_a_solution_with_other_arguments_is_refused():
    with pytest.raises(
        ValueError, match="my_gram has the arguments features in the notebook and x"
    ):
        parts.solved(
            'def my_gram(features):\n    """G"""\n    ...',
            "my_gram",
            parts.Solution(("x",), "return x"),
        )


def test_a_stub_that_was_filled_in_is_noticed():
    with pytest.raises(ValueError, match=r"should end in `\.\.\.`"):
        parts.stub_of("def f(x):\n    return x", "f")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("## code-01\nhours: 2\n", "no field hours, only minutes, points, text"),
        ("## code-01\npoints: many\n", "points should be a whole number, not 'many'"),
        ("## code-01\n\nA\n\n## code-01\n\nB\n", "two notes for the cell code-01"),
    ],
)
def test_a_note_that_cannot_be_read(tmp_path, text, said):
    (tmp_path / "notes.md").write_text(text)
    with pytest.raises(ValueError, match=said):
        parts.notes_of(tmp_path / "notes.md")


def test_notes_on_cells_that_are_gone_and_exercises_without_points():
    notebook, solutions, notes = (f("03_gram") for f in (notebook_of, solutions_of, notes_of))
    with pytest.raises(ValueError, match="No cell of the notebook has the id gone"):
        versions.instructor(notebook, solutions, notes | {"gone": parts.Note("x")})
    with pytest.raises(ValueError, match=r"my_gram has no points: write `points: 2`"):
        versions.sheet(notebook, "03_gram", solutions, notes | {"code-14": parts.Note("x")})
    with pytest.raises(ValueError, match="my_gram has no solution"):
        versions.sheet(notebook, "03_gram", {}, notes)
    note = parts.Note("x", points=1, text=("gone",))
    with pytest.raises(ValueError, match=r"code-20 names cells that are not there: \['gone'\]"):
        versions.sheet(notebook, "03_gram", solutions, notes | {"code-20": note})


def test_a_second_build_keeps_what_is_not_its_own(out, tmp_path):
    build = runpy.run_path(str(COURSE / "build.py"))["build"]
    few, to = tmp_path / "notebooks", tmp_path / "out"
    for path in (Path("03_gram.ipynb"), Path("solutions/03_gram.py")):
        (few / path).parent.mkdir(exist_ok=True)
        shutil.copy(NOTEBOOKS / path, few / path)
    build(to, notebooks=few)
    config, book = to / "nbgrader/nbgrader_config.py", to / "nbgrader/gradebook.db"
    config.write_text("# mine\n")
    book.write_text("marks")
    marking = len(list((COURSE / "marking").glob("*.py")))
    assert len(build(to, notebooks=few)) == 3 + marking
    assert (config.read_text(), book.read_text()) == ("# mine\n", "marks")
    for path in to.rglob("*.ipynb"):
        assert path.read_bytes() == (out / path.relative_to(to)).read_bytes()


def test_a_folder_that_cannot_be_written_ends_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    run = run_build(tmp_path / "file")
    assert run.returncode == 2
    assert "file" in run.stderr
    assert "Traceback" not in run.stderr


# nbgrader itself

WRONG = "flat = features.flatten(2)\nreturn flat @ flat.mT / features[0].numel()"


def submission(released, solutions):
    """A released sheet with some of its stubs filled in, as a student would hand it in."""
    made = nbformat.from_dict(released)
    for cell in made.cells:
        if cell.metadata.nbgrader.solution and cell.metadata.nbgrader.grade_id in solutions:
            name = cell.metadata.nbgrader.grade_id
            cell.source = parts.solved(cell.source, name, solutions[name])
    return made


@pytest.mark.parametrize(
    ("file", "student", "notebook"),
    [
        (
            "Zoë Núñez-O'Brien_101_assignsubmission_file_/sheet_03_gram.ipynb",
            "101",
            "sheet_03_gram",
        ),
        ("Zoë Núñez-O'Brien_102_assignsubmission_file/sheet_03_gram.ipynb", "102", "sheet_03_gram"),
        ("Ann 2 Lee_103_assignsubmission_file_sheet_03_gram.ipynb", "103", "sheet_03_gram"),
        ("李 明_104_assignsubmission_file_/03_gram.ipynb", "104", "03_gram"),
        ("a_105_assignsubmission_file_/sheet_03_gram (1).ipynb", "105", "sheet_03_gram (1)"),
        ("nunezzoe_201_9001_sheet_03_gram.ipynb", "201", "sheet_03_gram"),
        ("nunezzoe_LATE_202_9002_sheet_03_gram.ipynb", "202", "sheet_03_gram"),
        ("nunezzoe_203_9003_sheet_03_gram-1.ipynb", "203", "sheet_03_gram"),
        ("nunezzoe_204_9004_03_gram.ipynb", "204", "03_gram"),
        ("notes.txt", None, None),
        ("sheet_03_gram.ipynb", None, None),
    ],
)
def test_names_of_downloads(out, monkeypatch, file, student, notebook):
    config, path = Config(), out / "nbgrader" / "nbgrader_config.py"
    monkeypatch.setattr(sys, "path", list(sys.path))
    exec(path.read_text(), {"get_config": lambda: config, "__file__": str(path)})
    pattern = config.FileNameCollectorPlugin.named_regexp
    found = FileNameCollectorPlugin(named_regexp=pattern).collect(f"/a_1_2_b/x_3_4_y/all/{file}")
    assert found == (student and {"student_id": student, "file_id": notebook})


def lesson_of(name, solutions):
    """The lesson with its stubs filled in: what a student has who works in the wrong file."""
    made = notebook_of(name)
    for one in parts.exercises_of(made):
        (cell,) = [cell for cell in made.cells if cell.id == one.cell]
        cell.source = parts.solved(cell.source, one.function, solutions[one.function])
    return made


PATCHED = """
from nstlib.checks import Verdict
for n in ("content_loss", "descent", "counterexample", "total_variation"):
    setattr(checks, n, lambda f: Verdict(True, "ok"))
"""
LIBRARY = """
import nstlib

def my_content_loss(features, target):
    return nstlib.content_loss(features, target, convention="lecture")
"""
HANDED_IN = """
from nstlib.checks import ch06_experiments
my_recolored = ch06_experiments.recolored
"""


def submissions_of(name, released):
    """{file as a platform names it: notebook} for one sheet. Ids tell students of one name apart."""
    right, sheet = solutions_of(name), f"sheet_{name}"

    def with_cell(function, source, solutions=right):
        made = submission(released, solutions)
        for cell in made.cells:
            if cell.metadata.nbgrader.grade_id == function:
                cell.source = source
        return made

    if name == "03_gram":  # Moodle: in folders, in older versions with one more _, or flat
        wrong = right | {"my_gram": parts.Solution(("features",), WRONG)}
        less = submission(released, right)
        less.cells = [c for c in less.cells if "my_gram" not in c.metadata.nbgrader.grade_id]
        return {
            f"Zoë Núñez-O'Brien_101_assignsubmission_file/{sheet}.ipynb": submission(
                released, right
            ),
            f"Zoë Núñez-O'Brien_102_assignsubmission_file_{sheet}.ipynb": submission(
                released, wrong
            ),
            f"李 明_103_assignsubmission_file_/{sheet} (1).ipynb": submission(released, {}),
            f"Ann 2 Lee_104_assignsubmission_file_/{name}.ipynb": lesson_of(name, right),
            f"Bo-Li Å_105_assignsubmission_file_{sheet}.ipynb": less,
        }
    if name == "02_content":  # Canvas
        return {
            f"doejane_201_9001_{sheet}.ipynb": submission(released, right),
            f"ngvan_LATE_202_9002_{sheet}-1.ipynb": with_cell("my_content_loss", LIBRARY),
            f"doejane_203_9003_{sheet}.ipynb": lesson_of(name, right),
            f"odd_204_9004_{sheet}.ipynb": with_cell("my_content_loss", PATCHED, {}),
            f"odd_205_9005_{sheet}.ipynb": with_cell("my_content_loss", "def my_loss(a, b): ..."),
        }
    return {f"x_301_1_{sheet}.ipynb": with_cell("my_recolored", HANDED_IN)}


MARKS = {"03_gram": [9, 6, 0, 0, 6], "02_content": [9, 7, 0, 0, 4], "06_experiments": [5]}
SAID = {
    "102": "you divided by C·H·W",
    "103": "<pre> not attempted yet</pre>",
    "104": "This is the lesson <code>03_gram</code>, and not the sheet <code>sheet_03_gram</code>",
    "105": "the cell of my_gram is missing",
    "202": "it calls nstlib.losses.content_loss, and the exercise asks you to write that yourself",
    "203": "This is the lesson <code>02_content</code>, and not the sheet",
    "204": "<pre> not attempted yet</pre>",
    "205": "there is no function my_content_loss in the cell of this exercise",
    "301": "it calls nstlib.checks.ch06_experiments.recolored",
}


@pytest.mark.long
@pytest.mark.parametrize("name", MARKS)
def test_nbgrader_collects_marks_and_says_why(out, tmp_path, name):
    """The commands of the kit's README, in its order, on a download as platforms make it."""
    sheet, folder = f"sheet_{name}", tmp_path / "nbgrader"
    shutil.copytree(out / "nbgrader", folder)
    with open(folder / "nbgrader_config.py", "a") as config:
        config.write("c.Mark.seconds = 600\n")  # however busy the machine is
    alone = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")
    lines = re.findall(r"^\$ nbgrader (.+)$", (COURSE / "README.md").read_text(), re.MULTILINE)
    lines = [line.replace("sheet_03_gram", sheet) for line in lines]
    wanted = ["generate_assignment", "zip_collect", "autograde", "generate_feedback", "export"]
    assert [line.split()[0] for line in lines] == wanted

    def nbgrader(line):
        command = [sys.executable, "-m", "nbgrader", *line.split()]
        # nbgrader calls alembic by its name, so the folder of scripts has to be on the path.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = os.environ | dict.fromkeys(alone, str(tmp_path)) | {"PATH": path}
        run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        return run.stderr

    nbgrader(lines[0])
    released = nbformat.read(folder / "release" / sheet / f"{sheet}.ipynb", as_version=4)
    files = submissions_of(name, released)
    archive = folder / "downloaded" / sheet / "archive"
    archive.mkdir(parents=True)
    with zipfile.ZipFile(archive / "all of them.zip", "w") as download:
        for file, notebook in files.items():
            download.writestr(file, nbformat.writes(notebook))
    said = [nbgrader(line) for line in lines[1:]]
    assert f"{len(files)} files collected" in said[0]

    ids = [re.search(r"_(\d+)_", file)[1] for file in files]
    points = dict(zip(ids, MARKS[name], strict=True))
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        marks = {one.student.id: one.score for one in book.assignment_submissions(sheet)}
    assert marks == points
    with open(folder / "grades.csv", newline="") as file:
        exported = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert exported == points
    for student in ids:
        page = (folder / "feedback" / student / sheet / f"{sheet}.html").read_text()
        page = re.sub(r"\s+", " ", page)  # long sentences are wrapped
        assert SAID.get(student, "<pre>right: ") in page
        if "This is the lesson" in page:
            assert f"{student} is not marked. This is the lesson `{name}`" in said[1]
