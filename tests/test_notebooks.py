"""The notebooks as they are saved, and (slow) as they run.

To make the saved outputs again, without time stamps:
jupyter nbconvert --to notebook --execute --inplace --ExecutePreprocessor.record_timing=False FILE
"""

import base64
import os
import re
import shutil
from io import BytesIO
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
PLAYGROUND = FOLDER / "playground.ipynb"  # apps alone

MAX_LINES = 15  # of a code cell, blank ones not counted
WHOLE, MAX_LINES_OF_ALL = "whole-algorithm", 25  # the one cell that holds all of the method
MAX_BYTES = 1_500_000  # of a file
TEXT = {"text/plain", "text/markdown", "text/latex", "text/html"}
WIDGET = "application/vnd.jupyter.widget-view+json"
# After a letter or a dot it is part of a URL or of a relative path.
ABSOLUTE_PATH = re.compile(r"(?<![\w.])/(home|root|tmp|work|opt|usr|mnt|Users)/|\b[A-Z]:\\")

# Runs in the kernel before anything else. An audit hook also sees what C code and urllib do with
# Python's sockets; the kernel's own connections are made by ZeroMQ, which it does not concern.
NO_NETWORK = """
import sys

def refuse(event, args):
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event == "socket.connect" and isinstance(args[1], tuple):
        host = args[1][0]
    else:
        return
    if host not in (None, "", "localhost", "127.0.0.1", "::1"):
        raise OSError(f"a notebook must not need the network, and this one asks for {host}")

sys.addaudithook(refuse)
"""


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def data(cell_or_notebook):
    """(output, MIME type, content) of all that is shown, apart from printed text."""
    found = cell_or_notebook.get("outputs")
    for output in outputs(cell_or_notebook) if found is None else found:
        for kind, content in output.get("data", {}).items():
            yield output, kind, content


def count_images(cell_or_notebook):
    return sum(kind.startswith("image/") for _, kind, _ in data(cell_or_notebook))


def test_there_are_notebooks_to_test():
    assert NOTEBOOKS


def test_format_and_kernel(path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    kernel = notebook.metadata.kernelspec
    assert (kernel.name, kernel.display_name) == ("python3", "Python 3")
    assert path.stat().st_size < MAX_BYTES


def test_opening_cell(path, notebook):
    opening = notebook.cells[0]
    assert opening.cell_type == "markdown"
    title = path.stem.capitalize() if path == PLAYGROUND else path.name[:2]
    assert re.match(rf"# {title}:? \w", opening.source), "the title is '# NN …'"
    parts = [
        r"^\*\*What you will be able to do\*\*\n+- ",
        r"^\*\*Time\*\*: [^*]*\d+ minutes[^*]*\bCPU\b",
        r"^\*\*Before you start\*\*: \w",
        r"^\*\*Sources\*\*: \w",
    ]
    missing = [part for part in parts if not re.search(part, opening.source, re.MULTILINE)]
    assert not missing


def test_cells_are_short_and_not_empty(notebook):
    for cell in notebook.cells:
        assert cell.source.strip(), f"cell {cell.id} is empty"
    for cell in code_cells(notebook):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        longest = MAX_LINES_OF_ALL if WHOLE in cell.metadata.get("tags", []) else MAX_LINES
        assert len(lines) <= longest, f"{len(lines)} lines in {lines[0]!r}"


def test_outputs_are_of_one_run_from_top_to_bottom(path, notebook):
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    if path == PLAYGROUND:
        assert sum(kind == WIDGET for _, kind, _ in data(notebook)) == 6
    else:
        assert count_images(notebook) > 0
    for cell in cells:
        if re.search(r"^(show|display)\(", cell.source, re.MULTILINE):
            assert count_images(cell) > 0, f"no picture under {cell.source!r}"


def test_no_errors_and_no_warnings(notebook):
    for output in outputs(notebook):
        assert output.output_type != "error", output.evalue
        assert output.get("name") != "stderr", output.text


def test_only_text_and_jpeg(notebook):
    for _, kind, content in data(notebook):
        if kind == "image/jpeg":
            assert Image.open(BytesIO(base64.b64decode(content))).format == "JPEG"
        elif kind == WIDGET:  # without its saved state a widget is an empty box
            states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"].state
            assert content["model_id"] in states
        else:
            assert kind in TEXT


def test_pictures_have_alt_texts(notebook):
    for output, kind, content in data(notebook):
        if kind.startswith("image/"):
            assert len(output.metadata.get(kind, {}).get("alt", "").split()) >= 4
        elif kind == "text/html":  # pictures that move
            for tag in re.findall(r"<img[^>]*>", content):
                assert len(re.search(r'alt="([^"]*)"', tag)[1].split()) >= 4
                assert 'src="data:image/jpeg;base64,' in tag
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    for text in prose:
        assert "![](" not in text
        for tag in re.findall(r"<img[^>]*>", text):
            assert re.search(r"alt=.\w", tag)


def test_no_paths_of_one_machine(notebook):
    texts = [cell.source for cell in notebook.cells]
    for output in outputs(notebook):
        texts += [output.get("text", "")]
        texts += [content for kind, content in output.get("data", {}).items() if kind in TEXT]
    for text in texts:
        assert not ABSOLUTE_PATH.search(text), text


def test_links_between_files_lead_somewhere(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\(([^)#\s]+)", cell.source):
                assert "://" in target or (FOLDER / target).exists(), target


@pytest.mark.long
def test_runs_as_it_stands(path, notebook, tmp_path):
    folder = tmp_path / "notebooks"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK)
    # Nobody's profile, and nothing fetched earlier.
    mine = {name: str(tmp_path) for name in ("PYTHONPATH", "IPYTHONDIR", "NSTLIB_CACHE")}
    run = nbformat.read(folder / path.name, as_version=4)
    client = NotebookClient(
        run, timeout=1800, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env=os.environ | mine)
    assert count_images(run) == count_images(notebook)
    test_no_errors_and_no_warnings(run)
    test_only_text_and_jpeg(run)
    test_no_paths_of_one_machine(run)
