"""Ways to open the course elsewhere, and files for those who carry on: they name what is there.

Colab, Binder, GitHub and containers cannot be run here. What can: the install cell of the edition
for Colab, in an environment that lacks nothing but the course, and the agreement of the files with
each other.
"""

import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import course_versions as versions
import nbformat
import pytest
import yaml  # comes with JupyterLab
from IPython.core.inputtransformer2 import TransformerManager
from nbformat.v4 import new_markdown_cell, new_notebook
from teachers_material import KINDS, found_in
from test_licenses import tracked

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
BUILD = ROOT / "notebooks/course/build.py"
REPOSITORY, BRANCH = "somebody/course.of-2", "colab"
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def edition(path):
    """The cells of a notebook in the edition for Colab."""
    notebook = nbformat.read(path, as_version=4)
    return versions.colab(notebook, path.stem, REPOSITORY, BRANCH).cells


def install_cell():
    return edition(NOTEBOOKS[0])[1].source


def run_build(to, *more):
    command = [sys.executable, BUILD, "--to", to, *more]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_command_builds_the_edition_into_a_folder(tmp_path):
    done = run_build(tmp_path, "--repository", REPOSITORY, "--branch", BRANCH)
    assert done.returncode == 0, done.stderr
    assert "colab" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["colab"]
    built = sorted((tmp_path / "colab").iterdir())
    assert [path.name for path in built] == [path.name for path in NOTEBOOKS]
    for path, made in zip(NOTEBOOKS, built, strict=True):
        notebook = nbformat.read(made, as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
        assert notebook.cells == edition(path)


@pytest.mark.parametrize("repository", ["nstlib", "https://github.com/somebody/nstlib", "a b/c"])
def test_what_is_no_repository_is_refused(repository, tmp_path):
    with pytest.raises(ValueError, match="owner/name"):
        runpy.run_path(str(BUILD))["build_for_colab"](tmp_path, repository)
    assert not list(tmp_path.iterdir())


def test_the_command_says_so_in_a_sentence(tmp_path):
    done = run_build(tmp_path, "--repository", "nstlib")
    assert done.returncode == 2
    assert done.stderr == "'nstlib' is no repository on GitHub; write owner/name.\n"


@each
def test_the_notebooks_themselves_have_no_such_cell_and_no_address_that_is_none(path):
    text = path.read_text()
    for word in ("colab.research", "mybinder", "%pip", "OWNER"):
        assert word not in text


@each
def test_the_edition_has_the_same_cells_and_two_things_more(path):
    original, (title, install, *rest) = nbformat.read(path, as_version=4).cells, edition(path)
    assert (install.id, install.cell_type, install.outputs) == ("install", "code", [])
    lines = title.source.splitlines()
    title.source = "\n".join([lines[0], *lines[3:]])
    for cell, before in zip([title, *rest], original, strict=True):
        if cell.cell_type == "markdown":  # only the targets of its links may change
            for one in (cell, before):
                one.source = re.sub(r"\]\([^)]*\)", "]", one.source)
        assert cell == before


@each
def test_the_links_under_the_title_open_this_notebook(path):
    line = edition(path)[0].source.splitlines()[2]
    links = dict(re.findall(r"\[([^\]]+)\]\((\S+)\)", line))
    name = f"notebooks/{path.name}"
    colab = f"https://colab.research.google.com/github/{REPOSITORY}/blob/{BRANCH}/{name}"
    binder = f"https://mybinder.org/v2/gh/{REPOSITORY}/{BRANCH}?urlpath="
    wanted = {"Open in Colab": colab, "Open in Binder": f"{binder}lab/tree/{name}"}
    if path.stem == "playground":
        wanted["Open as a page of its own"] = f"{binder}voila/render/{name}"
    assert links == wanted


def test_links_to_files_of_the_course_become_addresses():
    text = """# 00 A title

[the next](01_b.ipynb#part), [a file](../README.md), [far](https://example.org/a.ipynb), [here](#1)
![a picture](../figures/a.jpg)"""
    made = versions.colab(new_notebook(cells=[new_markdown_cell(text)]), "00_a", "me/it", "main")
    links = re.findall(r"\]\((\S+)\)", made.cells[0].source.split("\n", 4)[4])
    assert links == [
        "https://colab.research.google.com/github/me/it/blob/main/notebooks/01_b.ipynb#part",
        "https://github.com/me/it/blob/main/README.md",
        "https://example.org/a.ipynb",
        "#1",
        "https://raw.githubusercontent.com/me/it/main/figures/a.jpg",
    ]


def test_the_addresses_of_the_paintings_are_of_a_kind_that_lasts():
    """Special:FilePath finds a file by its name; only some widths are served (w.wiki/GHai)."""
    text = "\n".join(cell.source for cell in nbformat.read(NOTEBOOKS[0], as_version=4).cells)
    addresses = re.findall(r"\]\((https://commons\.[^)]+)\)", text)
    assert len(addresses) >= 8
    for address in addresses:
        name = r"[\w.%-]+\.jpg"
        pattern = rf"https://commons\.wikimedia\.org/wiki/Special:FilePath/{name}\?width=(\d+)"
        (width,) = re.fullmatch(pattern, address).groups()
        assert int(width) in (500, 960, 1280)
        assert address == quote(address, safe=":/?=%")  # `load_image` asks for just this


def run_cell(monkeypatch, missing):
    """The lines that the cell would give to %pip."""
    asked = []

    class Shell:
        def run_line_magic(self, magic, line):
            assert magic == "pip"
            asked.append(shlex.split(line.format_map(names)))

    names = {"get_ipython": Shell}
    if missing:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    exec(TransformerManager().transform_cell(install_cell()), names)
    return asked


def test_the_cell_does_nothing_where_the_course_is(monkeypatch):
    assert run_cell(monkeypatch, missing=False) == []


def test_the_cell_asks_for_the_course_and_for_what_it_needs_but_jupyterlab(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    extra = [f'{line}; extra == "{name}"' for name, lines in EXTRAS.items() for line in lines]
    monkeypatch.setattr("importlib.metadata.requires", lambda _: PROJECT["dependencies"] + extra)
    course, rest = run_cell(monkeypatch, missing=True)
    address = f"git+https://github.com/{REPOSITORY}@{BRANCH}"
    assert course == ["install", "--quiet", "--no-deps", address]
    wanted = [line for line in PROJECT["dependencies"] if not line.startswith("jupyterlab")]
    assert len(wanted) == len(PROJECT["dependencies"]) - 1
    assert rest == ["install", "--quiet", "--no-warn-conflicts", *wanted]


def test_in_a_clone_the_cell_installs_the_clone(monkeypatch):
    monkeypatch.chdir(ROOT / "notebooks")
    assert run_cell(monkeypatch, missing=True)[0][-1] == ".."


def snapshot(folder):
    return {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.long
def test_the_cell_in_an_environment_that_lacks_only_the_course(tmp_path):
    pytest.importorskip("pip", reason="no pip in this environment")
    # An environment of its own, where all packages of this one are lent, apart from nstlib.
    venv, lent, clone = tmp_path / "venv", tmp_path / "lent", tmp_path / "clone"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    scripts = venv / ("Scripts" if os.name == "nt" else "bin")
    own = Path(sysconfig.get_path("purelib", vars={"base": str(venv)}))
    lent.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not re.match(r"nstlib|__editable__|.*\.(pth|egg-link)$", entry.name):
            (lent / entry.name).symlink_to(entry)
    (own / "lent.pth").write_text(str(lent))
    shutil.copytree(ROOT / "nstlib", clone / "nstlib")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, clone)
    (clone / "notebooks").mkdir()
    (clone / "notebooks" / "cell.ipy").write_text(install_cell())

    def run(*command):
        env = os.environ | {"PYTHONPATH": "", "IPYTHONDIR": str(tmp_path)}
        env.pop("VIRTUAL_ENV", None)  # IPython would take the packages of one that is active
        if int(version("setuptools").split(".")[0]) >= 77:  # else pip fetches one to build with
            env |= {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}  # 0: it is off
        done = subprocess.run(
            [scripts / "python", *command],
            cwd=clone / "notebooks",
            env=env,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def others():
        return {p: t for p, t in snapshot(own).items() if p.relative_to(own).parts[0][:3] != "nst"}

    before = others()
    said = run("-m", "IPython", "cell.ipy")
    assert "ERROR" not in said
    assert "Traceback" not in said
    assert {p.name for p in others().keys() - before.keys()} <= {"__pycache__"}
    program = "import nstlib as n; print(n.__file__); a = n.photo('cat', size=48)"
    program += "; print(n.finish(n.transfer(a, a, steps=2), progress=False).index)"
    file, index = run("-c", program).split()[:2]
    assert Path(file).is_relative_to(own)
    assert index == "2"
    installed = snapshot(own)
    assert run("-m", "IPython", "cell.ipy").strip() in {"", "\x1b[22;0t"}
    assert snapshot(own) == installed


def packages(path):
    """Name -> bound, of a conda environment; pip's own part left out."""
    environment = yaml.safe_load(path.read_text())
    lines = [line for line in environment["dependencies"] if isinstance(line, str)]
    return dict(re.fullmatch(r"([\w-]+)(.*)", line).groups() for line in lines)


def test_binder_gets_the_packages_of_the_course_and_the_cpu_build():
    wanted = packages(ROOT / "environment.yml")
    tests = {line.split(">")[0] for line in EXTRAS["test"]} - {"voila"} | {"playwright-python"}
    wanted = {name: bound for name, bound in wanted.items() if name not in tests}
    wanted["pytorch-cpu"] = wanted.pop("pytorch")
    assert packages(ROOT / ".binder/environment.yml") == wanted
    script = ROOT / ".binder/postBuild"
    assert script.read_text().startswith("#!/usr/bin/env bash\n")
    assert os.name == "nt" or os.access(script, os.X_OK)


def test_bounds_in_other_files_are_those_of_pyproject():
    known = {*PROJECT["dependencies"], *EXTRAS["test"]}
    for name in ("Dockerfile", ".devcontainer/devcontainer.json", ".github/workflows/ci.yml"):
        bounds = re.findall(r"[\"']([\w-]+>=[\d.]+)[\"']", (ROOT / name).read_text())
        assert bounds, name
        assert set(bounds) <= known, name


def stages():
    """The stages of the Dockerfile, each a list of (instruction, the rest of its line)."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    steps = [line.split(maxsplit=1) for line in text.splitlines() if re.match(r"[A-Z]", line)]
    known = {"FROM", "ARG", "RUN", "USER", "WORKDIR", "ENV", "COPY", "EXPOSE", "CMD"}
    assert {word for word, _ in steps} <= known
    starts = [number for number, (word, _) in enumerate(steps) if word == "FROM"]
    return [steps[i:j] for i, j in pairwise([*starts, None])]


def test_the_image_starts_jupyterlab_as_a_user_without_rights():
    steps = stages()[-1]
    words = [word for word, _ in steps]
    assert words.index("USER") < words.index("COPY")
    installs = [rest for word, rest in steps[: words.index("USER")] if word == "RUN"]
    assert not any("pip" in rest for rest in installs)
    assert json.loads(dict(steps)["CMD"])[:2] == ["jupyter", "lab"]


def test_the_image_has_nothing_of_the_repository_but_the_students_edition():
    first, last = stages()
    name = first[0][1].split(" AS ")[1]
    copies = [rest for word, rest in last if word == "COPY"]
    assert copies == [f"--chown=student --from={name} /editions/student ."]
    assert not any("--mount" in rest for _, rest in last)


@pytest.mark.slow
def test_the_images_first_stage_builds_the_students_edition(clone, tmp_path):
    first, _ = stages()
    runs = [rest for word, rest in first if word == "RUN"]
    install, build = runs
    assert install == "pip install --no-cache-dir nbformat"
    folder = tmp_path / "editions"
    words = build.replace("/course/notebooks", f"{clone}/notebooks").replace(
        "/editions", str(folder)
    )
    command = shlex.split(words)
    assert command[0] == "python"
    subprocess.run([sys.executable, *command[1:]], cwd="/", check=True, capture_output=True)
    names = {path.name for path in (folder / "student").iterdir()}
    assert {path.name for path in NOTEBOOKS} | {"requirements.txt"} <= names
    for name in re.findall(r"[\w.]+\.ipynb", (ROOT / "Dockerfile").read_text()):
        assert name in names
    assert found_in(folder / "student") == {kind: set() for kind in KINDS}


@pytest.fixture
def clone(tmp_path):
    """A copy of the repository's files, as Docker and Binder get them."""
    for name in tracked():
        if (ROOT / name).exists():
            (tmp_path / "clone" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / "clone" / name)
    return tmp_path / "clone"


def post_build(clone, tmp_path, **variables):
    """Binder's script, with a python that builds the editions but installs nothing."""
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin/python"
    python.write_text(
        f"""#!/bin/sh
echo "$@" >> {shlex.quote(str(tmp_path / "asked"))}
case "$1" in *build.py) exec {shlex.quote(sys.executable)} "$@";; esac
"""
    )
    python.chmod(0o755)
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    return subprocess.run(
        ["bash", ".binder/postBuild"],
        cwd=clone,
        env=os.environ | {"PATH": path, "TMPDIR": str(tmp_path), "REPO_DIR": ""} | variables,
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Binder has bash")
def test_binder_opens_the_students_edition_and_keeps_nothing_else(clone, tmp_path):
    (clone / ".bashrc").write_text("of the home folder")
    (clone / ".git").mkdir()
    assert found_in(clone)["solution"]
    done = post_build(clone, tmp_path, REPO_DIR=str(clone))
    assert done.returncode == 0, done.stderr
    assert {path.name for path in clone.iterdir()} == {".bashrc", "LICENSE", "notebooks"}
    assert found_in(clone) == {kind: set() for kind in KINDS}
    link = urlsplit(edition(NOTEBOOKS[0])[0].source.split("](")[2].split(")")[0])
    (opened,) = parse_qs(link.query)["urlpath"]
    assert (clone / opened.removeprefix("lab/tree/")).exists()
    asked = (tmp_path / "asked").read_text()
    assert re.search(r"^-m pip install --no-deps .*/student/nstlib-[\w.-]+\.whl$", asked, re.M)


@pytest.mark.skipif(os.name == "nt", reason="Binder has bash")
def test_binders_script_deletes_nothing_elsewhere(clone, tmp_path):
    before = set(clone.rglob("*"))
    done = post_build(clone, tmp_path, REPO_DIR=str(tmp_path))
    assert done.returncode == 2
    assert "It is for Binder, which sets REPO_DIR." in done.stderr
    assert set(clone.rglob("*")) == before


def test_the_workflow_runs_what_ci_runs():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    runs = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert any(f"bash {name}" in runs for name in [".ci/run"] if (ROOT / name).exists())
    versions = jobs["fast"]["strategy"]["matrix"]["python"]
    assert f">={versions[0]}" == PROJECT["requires-python"]
    assert "secrets" not in (ROOT / ".github/workflows/ci.yml").read_text()


def test_hooks_and_forms_can_be_read():
    (repo,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repo["repo"] == "local"
    for hook in repo["hooks"]:
        assert all((ROOT / name).exists() for name in re.findall(r"tests/\S+", hook["entry"]))
    forms = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
    assert forms
    for form in forms:
        assert {"name", "description", "body"} <= yaml.safe_load(form.read_text()).keys()
    assert json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())["image"]


def test_contributing_names_files_that_are_there():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    names = re.findall(r"\b(?:nstlib|tests|notebooks|figures)/[\w./]+\w", text)
    assert len(names) > 10
    for name in names:
        assert "TOPIC" in name or (ROOT / name).exists(), name
