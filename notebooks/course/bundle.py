"""What build.py puts beside the notebooks, so that each edition can be handed out as it is.

Students get a wheel of nstlib, a requirements.txt, a README and a zip of it all; lecturers get their
guides beside the solved notebooks.
"""

import posixpath
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

import nbformat
from course_versions import LINK

ROOT = Path(__file__).parents[2]
FOR_STUDENTS = Path(__file__).parent / "for_students.md"
GUIDES = ("TEACHING.md", "course/README.md", "course/hub/jupyterhub_config.py")
ZIP = "nstlib-student"  # the name of the zip, and of the folder in it
HTML_LINK = re.compile(r'\b(?:src|href)="(?!\w+:|#)([^"#]+)"')


def student_bundle(folder: Path, notebooks: Iterable[Path], *, root: Path = ROOT) -> list[Path]:
    """Add to the student's notebooks what else they need, and zip all; return the files written.

    folder: Where the notebooks and their pictures are. notebooks: these files, pictures included;
    nothing else that lies in the folder goes into the zip, which is written beside the folder.

    Raises ValueError where a notebook links to a file that is not among them, OSError where the
    wheel cannot be built.
    """
    files = list(notebooks)
    dead = list(dead_links(files, folder))
    if dead:
        raise ValueError(f"Students do not get what these links lead to: {'; '.join(dead)}.")
    for old in folder.glob("nstlib-*.whl"):
        old.unlink()
    wheel = build_wheel(folder, root=root)
    needed = folder / "requirements.txt"
    needed.write_text(requirements(wheel.name, root=root), encoding="utf-8")
    readme = Path(shutil.copy(FOR_STUDENTS, folder / "README.md"))
    terms = Path(shutil.copy(root / "LICENSE", folder / "LICENSE"))
    added = [wheel, needed, readme, terms]
    return [*added, _zipped([*files, *added], folder)]


def instructor_part(folder: Path, *, notebooks: Path = ROOT / "notebooks") -> list[Path]:
    """Copy the lecturer's guides to the instructor's notebooks; return the files written."""
    written = [folder / name for name in GUIDES]
    for name, path in zip(GUIDES, written, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(notebooks / name, path)
    return written


def build_wheel(folder: Path, *, root: Path = ROOT) -> Path:
    """Build the wheel of nstlib into a folder; return its path.

    It is built from a copy: setuptools leaves files in the place where it builds, and would put old
    ones into the next wheel.

    Raises OSError where pip is missing or fails.
    """
    if find_spec("pip") is None:
        raise OSError("The wheel is built by pip, which is not installed: python -m ensurepip")
    with TemporaryDirectory() as temporary:
        source, made = Path(temporary, "source"), Path(temporary, "wheel")
        shutil.copytree(
            root / "nstlib", source / "nstlib", ignore=shutil.ignore_patterns("__pycache__")
        )
        for name in ("pyproject.toml", "LICENSE"):
            shutil.copy(root / name, source)
        # A wheel contains its README, and that of the repository speaks to lecturers as well.
        shutil.copy(FOR_STUDENTS, source / "README.md")
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
        command += ["--no-deps", "--wheel-dir", str(made), str(source)]
        # Otherwise pip downloads setuptools, even where a recent one is installed.
        command += ["--no-build-isolation"] if _setuptools_is_recent(root) else []
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            said = done.stderr.strip().splitlines() or ["no reason given"]
            raise OSError(f"pip could not build the wheel of nstlib: {said[-1]}")
        (wheel,) = made.glob("*.whl")
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(wheel, folder))


def requirements(wheel: str, *, root: Path = ROOT) -> str:
    """The text of requirements.txt: the wheel beside it, and what pyproject.toml asks for."""
    needed = _pyproject(root)["project"]["dependencies"]
    first = "# In this folder: python -m pip install -r requirements.txt. README.md has the rest."
    return "\n".join([first, f"./{wheel}", *needed, ""])


def dead_links(files: Iterable[Path], folder: Path) -> Iterator[str]:
    """Yield "notebook: link" for every link in a notebook to a file that is not among `files`."""
    files = list(files)
    there = {path.relative_to(folder).as_posix() for path in files}
    for path in files:
        if path.suffix != ".ipynb":
            continue
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                links = [found[3] for found in LINK.finditer(cell.source)]
                links += HTML_LINK.findall(cell.source)
                for link in links:
                    if posixpath.normpath(link) not in there:
                        yield f"{path.name}: {link}"


def _zipped(files: Iterable[Path], folder: Path) -> Path:
    made = folder.parent / f"{ZIP}.zip"
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for path in sorted(files):
            archive.write(path, f"{ZIP}/{path.relative_to(folder).as_posix()}")
    return made


def _setuptools_is_recent(root: Path) -> bool:
    """Whether the installed setuptools is the one that pyproject.toml asks for, or newer."""
    (needed,) = _pyproject(root)["build-system"]["requires"]
    try:
        return int(version("setuptools").split(".")[0]) >= int(needed.removeprefix("setuptools>="))
    except PackageNotFoundError:
        return False


def _pyproject(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
