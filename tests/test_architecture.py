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
    shown = {text.text for text in root.iter("{http://www.w3.org/2000/svg}text")}
    assert script.modules() <= shown
    curves = [p for p in root.iter("{http://www.w3.org/2000/svg}path") if p.get("marker-end")]
    assert len(curves) == len(script.arrows(script.imports()))


def test_the_core_is_small_and_needs_no_room(script):
    edges = script.imports()
    inside = script.core(edges)
    assert {"images", "vgg", "losses", "optimize", "style_transfer"} <= inside
    assert not any(b not in inside for a, b in edges if a in inside)
    assert len(list(script.PACKAGE.glob("*.py"))) <= 16


def test_every_import_is_an_arrow_or_follows_from_arrows_or_leads_to_the_core(script):
    edges, inside = script.imports(), script.core(script.imports())
    arrows = script.arrows(edges)

    def leads(a, b):
        return a == b or any(x == a and leads(y, b) for x, y in arrows)

    assert all(leads(a, b) for a, b in edges if a in inside or b not in inside)
    assert all(not any(leads(y, b) for x, y in arrows if x == a and y != b) for a, b in arrows), (
        "an arrow follows from two others"
    )


def test_modules_that_need_each_other_are_refused(script, tmp_path, monkeypatch):
    monkeypatch.setattr(script, "PACKAGE", tmp_path)
    (tmp_path / "room").mkdir()
    for name, text in {
        "__init__": "",
        "low": "",
        "high": "from nstlib import low",
        "room/__init__": "",
        "room/inside": "import nstlib.high",
    }.items():
        (tmp_path / f"{name}.py").write_text(text)
    edges = {("high", "low"), ("room/", "high")}
    assert script.imports() == edges
    assert script.levels(edges) == {"low": 0, "high": 1, "room/": 2}
    assert script.core(edges) == {"low", "high"}
    (tmp_path / "low.py").write_text("from nstlib.room.inside import name")
    with pytest.raises(ValueError, match="is imported by what it imports"):
        script.levels(script.imports())


def test_only_the_apps_import_ipywidgets(script):
    users = set()
    for path in script.PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] in {"ipywidgets", "anywidget"} for name in names):
                users.add(path.relative_to(script.PACKAGE).parts[0])
    assert users == {"widgets"}
