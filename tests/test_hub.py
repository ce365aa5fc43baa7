"""The configuration for JupyterHub, without a hub: what it starts, and what a student then has."""

import os
import runpy
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

needs_sh = pytest.mark.skipif(shutil.which("sh") is None, reason="a hub needs Linux")
CONFIG = Path(__file__).parents[1] / "notebooks/course/hub/jupyterhub_config.py"


@pytest.fixture
def course(tmp_path, monkeypatch):
    folder = tmp_path / "course"
    (folder / "stills").mkdir(parents=True)
    (folder / "00_start_here.ipynb").write_text("start")
    (folder / "05_transfer.ipynb").write_text("transfer")
    (folder / "stills/app.jpg").write_text("picture")
    monkeypatch.setenv("NSTLIB_COURSE", str(folder))
    return folder


def settings():
    """What the file sets."""
    c = SimpleNamespace(
        JupyterHub=SimpleNamespace(), Spawner=SimpleNamespace(), Authenticator=SimpleNamespace()
    )
    runpy.run_path(str(CONFIG), {"get_config": lambda: c})
    return c


def start(home, *words, largest=None):
    """Run the command of a student's server with a program in the server's place that says its words.

    largest: bytes that a file can have, as if the disk were full; without it, no limit.
    """
    command = settings().Spawner.cmd
    assert command[-1].endswith("jupyterhub-singleuser")
    command = [*command[:-1], sys.executable, "-c", "import sys; print(sys.argv[1:])", *words]
    if largest is not None:
        limited = "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}));"
        limited += "os.execv(sys.argv[1], sys.argv[1:])"
        command = [sys.executable, "-c", limited.format(largest), *command]
    return subprocess.run(
        command, env=os.environ | {"HOME": str(home)}, capture_output=True, text=True, check=True
    )


@needs_sh
def test_a_student_gets_a_copy_that_is_kept(course, tmp_path):
    home = tmp_path / "home of anna"
    home.mkdir()
    (course / "05_transfer.ipynb").chmod(0o444)
    started = start(home, "--port=1", "two words")
    assert started.stdout.strip() == "['--port=1', 'two words']"
    assert started.stderr == ""
    copy = home / "nstlib"
    assert (copy / "stills/app.jpg").read_text() == "picture"
    assert settings().Spawner.default_url == "/lab/tree/nstlib/00_start_here.ipynb"
    assert (copy / "05_transfer.ipynb").stat().st_mode & stat.S_IWUSR
    (copy / "05_transfer.ipynb").write_text("my work")
    (course / "06_new.ipynb").write_text("new")
    start(home)
    assert (copy / "05_transfer.ipynb").read_text() == "my work"
    assert (copy / "06_new.ipynb").read_text() == "new"
    assert (course / "05_transfer.ipynb").read_text() == "transfer"


@needs_sh
def test_after_a_full_disk_the_next_start_copies_the_rest(course, tmp_path):
    home, large = tmp_path / "home", "picture " * 1000
    home.mkdir()
    (course / "stills/app.jpg").write_text(large)
    started = start(home, "--port=1", largest=1000)
    assert started.stdout.strip() == "['--port=1']"
    assert "stills/app.jpg was not copied" in started.stderr
    assert (home / "nstlib/05_transfer.ipynb").read_text() == "transfer"
    assert list((home / "nstlib/stills").iterdir()) == []
    assert start(home).stderr == ""
    assert (home / "nstlib/stills/app.jpg").read_text() == large


def test_a_kernel_takes_one_thread(course):
    assert settings().Spawner.environment["OMP_NUM_THREADS"] == "1"


def test_a_hub_without_a_course_says_so(course, tmp_path, monkeypatch):
    monkeypatch.setenv("NSTLIB_COURSE", str(tmp_path / "nowhere"))
    with pytest.raises(SystemExit, match="Set NSTLIB_COURSE"):
        settings()
