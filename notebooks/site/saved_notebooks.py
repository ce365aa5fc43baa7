"""A saved notebook as the site shows it: pictures keep their alt texts, apps become pictures.

An app computes while it is used, and a page has no Python to compute with. So it is shown as it looks in
JupyterLab, with a sentence. The one that needs no Python, the static Gram explorer, stays as it is.
"""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

STILLS = Path(__file__).parents[1] / "stills"
VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
LINKS = ("LinkModel", "DirectionalLinkModel")
STATIC = "static_gram_explorer"
# In a notebook, for GitHub; here the app itself is replaced by it.
BELOW_THE_APP = re.compile(r"^!\[[^\]]*\]\(stills/[^)]*\)\n*", re.MULTILINE)
# The atlas comes with the package; on the site it has a folder of its own.
ATLAS = re.compile(r"\[([^\]]+)\]\(\.\./nstlib/atlas/pages/([^)]+)\)")
APPS = {
    "feature_explorer": (
        "app_features.jpg",
        "The feature explorer: a photo with a frame around the pixels that one feature sees, and the "
        "map of the chosen channel.",
    ),
    "gram_explorer": (
        "app_gram.jpg",
        "The Gram explorer: the difference of two Gram matrices as a heat map, and for each picture the "
        "two feature maps of the picked entry, their product, and where in the picture it is large.",
    ),
    "content_lab": (
        "app_content.jpg",
        "The content lab: a photo and its reconstructions from five layers, ever blurrier with depth.",
    ),
    "style_lab": (
        "app_style.jpg",
        "The style lab: a painting and the textures made from its Gram matrices, up to ever deeper "
        "layers.",
    ),
    "transfer_studio": (
        "app_studio.jpg",
        "The transfer studio: a half-painted portrait with the photo wiped over it, sliders for the "
        "weights, loss curves, thumbnails of photos and paintings.",
    ),
}
STILL = (
    '<p class="nst-note">A picture of the app. It computes while you use it, so it needs a notebook '
    "that runs: in JupyterLab this cell makes it.</p>"
)
NO_SCRIPT = (
    '<p class="nst-note nst-unless-widget">The two sliders need a script from a content delivery '
    "network. It has not come (yet); without a network this place stays empty.</p>"
)


def read(text: str) -> NotebookNode:
    """The notebook in a file's text, for MyST-NB's `nb_custom_formats`.

    Raises ValueError for an app that has no picture here.
    """
    notebook = nbformat.reads(text, as_version=4)
    states = notebook.metadata.get("widgets", {}).get(STATE, {})
    cells, kept = [], set()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [new for old in cell.outputs for new in _shown(old, cell.source, kept)]
            cells += _one_picture_each(cell)
        else:
            cell.source = BELOW_THE_APP.sub("", cell.source)
            cell.source = ATLAS.sub(r'<a href="\2">\1</a>', cell.source)
            cells += [cell] if cell.source.strip() else []
    notebook.cells = cells
    if kept:
        states["state"] = _with_parts(states["state"], kept)
    else:
        notebook.metadata.pop("widgets", None)
    return notebook


def _shown(output: NotebookNode, source: str, kept: set[str]) -> list[NotebookNode]:
    """What stands in the place of an output; `kept` takes the models of widgets that stay."""
    view = output.get("data", {}).get(VIEW)
    if view is None:
        return [output]
    app = source.rstrip().splitlines()[-1].partition("(")[0]
    if app == STATIC:
        kept.add(view["model_id"])
        return [output, new_output("display_data", {"text/html": NO_SCRIPT})]
    if app not in APPS:
        raise ValueError(f"The site has no picture of the app {app!r}: add one to APPS.")
    file, alt = APPS[app]
    data = {"image/jpeg": base64.b64encode((STILLS / file).read_bytes()).decode()}
    picture = new_output("display_data", data, metadata={"image/jpeg": {"alt": alt}})
    return [picture, new_output("display_data", {"text/html": STILL})]


def _one_picture_each(cell: NotebookNode) -> Iterator[NotebookNode]:
    """The cell, and one without code for every further picture: MyST-NB has one alt text a cell."""
    outputs, cell.outputs = cell.outputs, []
    for output in outputs:
        images = [kind for kind in output.get("data", {}) if kind.startswith("image/")]
        if images and "mystnb" in cell.metadata:
            yield cell
            cell = new_code_cell(metadata={"tags": ["remove-input"]})
        if images:
            alt = output.metadata.get(images[0], {}).get("alt", "")
            cell.metadata["mystnb"] = {"image": {"alt": alt}}
        cell.outputs.append(output)
    yield cell


def _with_parts(states: dict, roots: set[str]) -> dict:
    """The states of these models and of all that they are made of."""
    found, waiting = {}, list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = states[name]
            waiting += re.findall(r'"IPY_MODEL_(\w+)"', json.dumps(states[name]))
    # A link between two widgets is no part of either: it knows them.
    for name, state in states.items():
        ends = set(re.findall(r'"IPY_MODEL_(\w+)"', json.dumps(state)))
        if state["model_name"] in LINKS and ends <= set(found):
            found[name] = state
    return found
