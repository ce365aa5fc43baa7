"""The files beside the library say the same as the library."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import nstlib
from nstlib.__main__ import _parser

ROOT = Path(__file__).parent.parent
CONDA_NAMES = {
    "torch": "pytorch",
    "matplotlib": "matplotlib-base",
    "playwright": "playwright-python",
}


def bounds(requirements):
    return dict(re.fullmatch(r"([\w-]+)(>=[\d.]+)", line).groups() for line in requirements)


def test_environment_yml_has_the_packages_and_bounds_of_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = bounds(project["dependencies"] + extras["test"])
    wanted = {CONDA_NAMES.get(name, name): bound for name, bound in wanted.items()}
    wanted["python"] = project["requires-python"]
    lines = re.findall(r"^ +- ([\w-]+>=.*)$", (ROOT / "environment.yml").read_text(), re.M)
    assert bounds(lines) == wanted


def test_versions_agree():
    assert f"version: {nstlib.__version__}\n" in (ROOT / "CITATION.cff").read_text()


def test_readme_has_two_commands_that_are_run_by_ci():
    readme = (ROOT / "README.md").read_text()
    install, test = re.findall(r"```sh\n(.*?)\n```", readme, re.S)
    assert install.endswith("-m nstlib transfer")
    assert test.endswith("-m pytest -n 2 --cov")
    assert "```sh" in (ROOT / ".ci/run").read_text()


def test_every_shell_line_of_the_readme_is_understood():
    readme = (ROOT / "README.md").read_text()
    lines = re.findall(r"^\$ python -m nstlib (.*?)(?:  +#.*)?$", readme, re.M)
    assert len(lines) >= 5
    for line in lines:
        _parser().parse_args(line.split())


def test_all_names_are_there():
    assert all(hasattr(nstlib, name) for name in nstlib.__all__)


@pytest.mark.slow
def test_the_library_does_not_need_what_only_notebooks_need():
    """matplotlib, ipywidgets and jupyterlab are installed, but to paint nobody has to wait for them."""
    blocked = ("matplotlib", "ipywidgets", "anywidget", "jupyterlab", "IPython", "torchvision")
    code = f"""
import sys
for name in {blocked}:
    sys.modules[name] = None  # an import of it fails
import nstlib, nstlib.__main__
content, style = nstlib.photo("cat", size=48), nstlib.painting("waves", size=48)
*_, step = nstlib.transfer(content, style, steps=2)
print(step.index)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "2", done.stderr
