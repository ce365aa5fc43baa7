"""The picture of the modules is that of the modules, and nothing leans on what stands above it."""

import ast
import importlib.util
from pathlib import Path
from xml.etree import ElementTree

import pytest

FOLDER = Path(__file__).parents[1] / "figures"


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("architecture", FOLDER / "architecture.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_picture_is_that_of_today(script):
    committed = (FOLDER / "architecture.svg").read_text(encoding="utf-8")
    assert committed == script.svg(), "make it again: python figures/architecture.py"


def test_the_picture_shows_every_module_and_every_arrow(script):
    root = ElementTree.fromstring(script.svg())
    shown = " ".join(text.text for text in root.iter("{http://www.w3.org/2000/svg}text"))
    assert all(module in shown.replace(",", " ").split() for module in script.modules())
    curves = [path for path in root.iter("{http://www.w3.org/2000/svg}path") if path.get("stroke")]
    assert len(curves) == len(script.arrows())


def test_no_two_modules_need_each_other(script):
    edges = script.imports()
    assert ("recipes", "vgg") in edges  # so it does read
    while leaves := {b for _, b in edges} - {a for a, _ in edges}:
        edges = {(a, b) for a, b in edges if b not in leaves}
    assert not edges


def test_every_import_is_an_arrow_or_follows_from_arrows(script):
    room = {module: name for name, (inside, _, _) in script.ROOMS.items() for module in inside}
    arrows = script.arrows()

    def leads(a, b):
        return a == b or any(x == a and leads(y, b) for x, y in arrows)

    assert all(leads(room[user], room[used]) for user, used in script.imports())
    assert all(not any(leads(y, b) for x, y in arrows if x == a and y != b) for a, b in arrows), (
        "an arrow follows from two others"
    )


def write(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    (folder / "__init__.py").write_text("")


def test_a_module_without_a_room_and_an_import_upward_are_refused(script, tmp_path, monkeypatch):
    monkeypatch.setattr(script, "PACKAGE", tmp_path)
    below, above = (("low",), "#fff", (0, 100)), (("high",), "#fff", (0, 0))
    monkeypatch.setattr(script, "ROOMS", {"cellar": below, "attic": above})
    write(tmp_path, low="", high="from nstlib import low")
    assert script.arrows() == {("attic", "cellar")}
    write(tmp_path, low="import nstlib.high", high="")
    with pytest.raises(ValueError, match="do not go down"):
        script.arrows()
    write(tmp_path, low="", high="from nstlib.low import name", new="")
    with pytest.raises(ValueError, match=r"\['new'\]: give each module a room"):
        script.arrows()


def test_only_the_apps_import_ipywidgets(script):
    users = set()
    for path in script.PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] in {"ipywidgets", "anywidget"} for name in names):
                users.add(path.relative_to(script.PACKAGE).parts[0])
    assert users == {"widgets"}
