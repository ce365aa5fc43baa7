"""The API pages: README's table says which modules there are, the docstrings what is in them."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import nstlib

README = Path(__file__).parents[2] / "README.md"
ROW = re.compile(r"^\| (`[\w/.]+`(?:, `[\w/.]+`)*) \| (.+) \|$", re.MULTILINE)


def fill(app, docname: str, source: list[str]) -> None:
    """Put the lists of names and of modules where the comments of a page ask for them."""
    text = source[0]
    if "<!-- names of nstlib -->" in text:
        text = text.replace("<!-- names of nstlib -->", "\n".join(_names()))
    rows = ROW.findall(README.read_text("utf-8"))
    second = next(number for number, row in enumerate(rows) if "`commands.py`" in row[0])
    for comment, some in (("before", rows[:second]), ("from", rows[second:])):
        comment = f"<!-- modules {comment} commands -->"
        if comment in text:
            text = text.replace(comment, "\n\n".join(_sections(some)))
    source[0] = text


def _names() -> Iterator[str]:
    yield "| name | what it is |"
    yield "| --- | --- |"
    homes = [module for row in ROW.findall(README.read_text("utf-8")) for module in _in_row(row)]
    places = [(homes.index(_home(name, homes)), name) for name in nstlib.__all__]
    for place, name in sorted(places, key=lambda pair: pair[0]):
        module = importlib.import_module(homes[place])
        thing = getattr(nstlib, name)
        text = inspect.getdoc(thing) if callable(thing) else _comment(module, name)
        first = text.partition("\n\n")[0].replace("\n", " ").replace("|", r"\|")
        yield f"| {{py:obj}}`{name} <{homes[place]}.{name}>` | {first} |"


def _home(name: str, modules: list[str]) -> str:
    """The module that a name of `nstlib` comes from."""
    home = getattr(getattr(nstlib, name), "__module__", None)
    if home in modules:
        return home
    return next(m for m in modules if name in vars(importlib.import_module(m)))


def _comment(module, name: str) -> str:
    """The string below a constant."""
    found = re.search(rf'^{name}\b.*?^"""(.*?)"""', inspect.getsource(module), re.S | re.M)
    return found[1] if found else ""


def _sections(rows: list[tuple[str, str]]) -> Iterator[str]:
    for row in rows:
        files = re.findall(r"[\w/.]+", row[0])
        yield "## " + ", ".join(file.removesuffix(".py").strip("/") for file in files)
        yield row[1][0].upper() + row[1][1:] + "."
        for module in _in_row(row):
            yield f"### {module}"
            members = "" if module == "nstlib.checks" else "   :members:\n"
            yield f"```{{eval-rst}}\n.. automodule:: {module}\n{members}```"


def _in_row(row: tuple[str, str]) -> list[str]:
    """The modules of a row: `vgg.py`; all of `checks/`, but of `widgets/` what one imports from it."""
    found = [f"nstlib.{file}" for file in re.findall(r"`(\w+)\.py`", " ".join(row))]
    for folder in re.findall(r"`(\w+)/`", row[0]):
        package = importlib.import_module(f"nstlib.{folder}")
        found.append(package.__name__)
        parts = [] if folder == "widgets" else pkgutil.iter_modules(package.__path__)
        found += [f"{package.__name__}.{part.name}" for part in parts]
    return found
