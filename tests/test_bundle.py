"""What students and lecturers get: whole, installable, and for students without any answer.

That the bundle installs in an empty environment needs a network, so it is not tested here. pip says
whether it would install the wheel.
"""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import bundle
import nbformat
import pytest
from course_parts import solutions_of
from nbformat.v4 import new_markdown_cell, new_notebook
from teachers_material import GIVEN, KINDS, LINK, found_in, letters, pieces, read

from nstlib.__main__ import _parser

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
FOR_STUDENTS = (ROOT / "notebooks/course/for_students.md").read_text("utf-8")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder that build.py fills by its command."""
    pytest.importorskip("pip", reason="no pip in this environment, which builds the wheel")
    to = tmp_path_factory.mktemp("built")
    command = [sys.executable, ROOT / "notebooks/course/build.py", "--to", to]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert str(to / "nstlib-student.zip") in done.stdout
    return to


@pytest.fixture(scope="module")
def unzipped(built, tmp_path_factory):
    """What a student has after unzipping."""
    to = tmp_path_factory.mktemp("student")
    with ZipFile(built / "nstlib-student.zip") as archive:
        archive.extractall(to)
    return to / "nstlib-student"


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()
    }


def wheel_of(folder):
    (wheel,) = folder.glob("*.whl")
    return wheel


# What is in it


def test_students_get_notebooks_pictures_and_what_installs_them(built, unzipped):
    names = {path.name for path in NOTEBOOKS} | {"README.md", "LICENSE", "requirements.txt"}
    stills = {f"stills/{path.name}" for path in (ROOT / "notebooks/stills").glob("*.jpg")}
    assert files(unzipped).keys() == names | stills | {wheel_of(unzipped).name}
    for name, path in files(built / "student").items():
        assert (unzipped / name).read_bytes() == path.read_bytes()


def test_students_get_no_answer(built):
    assert found_in(built / "student") == {kind: set() for kind in KINDS}


def test_that_search_finds_the_answers_where_they_are(built):
    """Otherwise the test above could not fail."""
    wanted = {kind: {name for name in pieces() if name.startswith(kind)} for kind in KINDS}
    assert all(len(names) > 30 for names in wanted.values())
    bank = found_in(ROOT / "notebooks/course/question_bank")
    found = found_in(built / "instructor") | {"question": bank["question"]}
    assert found == wanted


def test_an_answer_in_a_wheel_is_found(tmp_path):
    answer = pieces()["solution my_gram"]
    with ZipFile(tmp_path / "nstlib-1.whl", "w") as archive:
        archive.writestr("nstlib/new.py", f"# {answer}")
    assert found_in(tmp_path)["solution"] == {"solution my_gram"}


def test_what_is_given_to_students_anyway_is_in_the_notebooks():
    cells = [cell for path in NOTEBOOKS for cell in nbformat.read(path, as_version=4).cells]
    text = letters("\n".join(cell.source for cell in cells))
    bodies = {
        f"solution {name}": solution.body
        for path in (ROOT / "notebooks/solutions").glob("*.py")
        for name, solution in solutions_of(path).items()
    }
    assert all(letters(bodies[name]) in text for name in GIVEN)


def test_no_link_of_the_bundle_leads_to_the_teacher_or_nowhere(built):
    for edition in ("student", "instructor"):
        folder = built / edition
        every = list(files(folder).values())
        assert list(bundle.dead_links(every, folder)) == []
    for name, path in files(built / "student").items():
        if path.suffix in (".ipynb", ".md"):
            links = re.findall(r"\]\(([^)\s]+)\)", read(name, path.read_bytes()))
            assert not [link for link in links if LINK.search(link)]


def test_lecturers_get_their_guides_with_links_that_work(built):
    folder = built / "instructor"
    for name in ("TEACHING.md", "course/README.md"):
        text = (folder / name).read_text("utf-8")
        for link in re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", text):
            assert (folder / name).parent.joinpath(link).exists(), link


def test_the_wheel_is_whole(unzipped):
    with ZipFile(wheel_of(unzipped)) as archive:
        packed = set(archive.namelist())
    built = ROOT / "nstlib/live/build"  # what makes the live page's library
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "nstlib").rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".md") and built not in path.parents
    }
    assert {name for name in packed if ".dist-info/" not in name} == sources


# Whether it installs


def test_requirements_are_the_wheel_and_the_dependencies(unzipped):
    lines = (unzipped / "requirements.txt").read_text().splitlines()
    lines = [line for line in lines if not line.startswith("#")]
    assert lines == [f"./{wheel_of(unzipped).name}", *PROJECT["dependencies"]]


def test_pip_finds_the_wheel_by_the_line_in_the_requirements(unzipped, tmp_path):
    """Of the other lines, which a network would have to answer, the test above says all."""
    (line,) = re.findall(r"^\./.*$", (unzipped / "requirements.txt").read_text(), re.MULTILINE)
    (tmp_path / "wheel.txt").write_text(line)
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--no-deps"]
    command += ["--ignore-installed", "-r", str(tmp_path / "wheel.txt")]
    done = subprocess.run(command, cwd=unzipped, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Would install nstlib-" in done.stdout


def test_the_notebooks_import_nothing_that_is_not_installed_with_them(unzipped):
    given = {re.split("[>=]", line)[0].lower() for line in PROJECT["dependencies"]} | {"ipython"}
    homes = packages_distributions()
    imported = set()
    for path in unzipped.glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                source = re.sub(r"^( *)[%!].*$", r"\1pass", cell.source, flags=re.MULTILINE)
                imported |= set(imports(source))
    assert {"nstlib", "torch", "matplotlib"} <= imported
    for name in imported - sys.stdlib_module_names - {"nstlib"}:
        assert {home.lower() for home in homes[name]} & given, name


def imports(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (one.name.split(".")[0] for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0]


@pytest.mark.slow
def test_the_first_command_of_the_readme_works_with_the_wheel_alone(unzipped, tmp_path):
    with ZipFile(wheel_of(unzipped)) as archive:
        archive.extractall(tmp_path / "site")
    (line,) = re.findall(r"^\$ \S*python -m nstlib (.+)$", FOR_STUDENTS, re.MULTILINE)
    _parser().parse_args(line.split())
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); import nstlib.__main__ as m"
    )
    program += "; print(m.__file__); sys.exit(m.main())"
    command = [sys.executable, "-c", program, *line.split(), "--size", "48", "--steps", "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "site") in done.stdout
    assert (tmp_path / "transfer.png").exists()


def test_the_students_readme_names_what_is_there(unzipped):
    assert f"Python {PROJECT['requires-python'].removeprefix('>=')} or later" in FOR_STUDENTS
    assert (unzipped / "README.md").read_text("utf-8") == FOR_STUDENTS
    for name in re.findall(r"`([\w.]+\.(?:ipynb|txt|md))`", FOR_STUDENTS):
        assert (unzipped / name).exists(), name
    lines = re.findall(r"pip install (-r \S+)", FOR_STUDENTS)
    assert set(lines) == {"-r requirements.txt"}


# What can go wrong


def test_what_was_put_into_the_folder_by_hand_is_not_given_out(tmp_path):
    pytest.importorskip("pip", reason="no pip in this environment, which builds the wheel")
    folder = tmp_path / "student"
    folder.mkdir()
    for name in ("solved.ipynb", "nstlib-0.0.1-py3-none-any.whl"):
        (folder / name).write_text("{}")
    notebook = folder / "a.ipynb"
    nbformat.write(new_notebook(), notebook)
    written = bundle.student_bundle(folder, [notebook])
    with ZipFile(written[-1]) as archive:
        names = {name.removeprefix("nstlib-student/") for name in archive.namelist()}
    assert names == {"a.ipynb", *(path.name for path in written[:-1])}
    assert (folder / "solved.ipynb").exists()
    wheel_of(folder)  # the old one is gone


@pytest.mark.parametrize(
    "text", ["[a](../figures/a.jpg)", '<img src="stills/gone.jpg">', "![x](TEACHING.md)"]
)
def test_a_link_to_what_students_do_not_get_ends_the_build(text, tmp_path):
    path = tmp_path / "a.ipynb"
    more = " [b](a.ipynb#part) [c](https://example.org) [d](#here)"
    nbformat.write(new_notebook(cells=[new_markdown_cell(text + more)]), path)
    target = re.search(r"[\w./]+\.(jpg|md)", text)[0]
    with pytest.raises(ValueError, match=re.escape(f"lead to: a.ipynb: {target}.")):
        bundle.student_bundle(tmp_path, [path])


def test_without_pip_there_is_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(bundle, "find_spec", lambda name: None)
    with pytest.raises(OSError, match="built by pip, which is not installed: python -m ensurepip"):
        bundle.build_wheel(tmp_path)


def test_what_pip_cannot_build_is_said(tmp_path):
    pytest.importorskip("pip", reason="no pip in this environment, which builds the wheel")
    (tmp_path / "nstlib").mkdir()
    for name in ("LICENSE", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8").replace("MIT AND", "?"))
    with pytest.raises(OSError, match="pip could not build the wheel of nstlib: "):
        bundle.build_wheel(tmp_path / "out", root=tmp_path)
