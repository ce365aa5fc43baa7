"""TEACHING.md: what it points at exists, and it tells no answers of the exam."""

import re
from pathlib import Path

import nbformat
import pytest
import questions

FOLDER = Path(__file__).parents[1] / "notebooks"
GUIDE = (FOLDER / "TEACHING.md").read_text(encoding="utf-8")


def test_links_lead_somewhere():
    headings = re.findall(r"^#+ (.*)", GUIDE, re.MULTILINE)
    places = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    links = re.findall(r"\]\(#([^)]+)\)", GUIDE)
    assert links
    assert set(links) <= places


@pytest.mark.parametrize("number", ["01", "02", "03", "04", "05"])
def test_sections_of_notebooks_exist(number):
    [path] = FOLDER.glob(f"{number}_*.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    named = re.findall(rf"\b{number}, sections? (\d)(?: and (\d))?", GUIDE)
    sections = {section for pair in named for section in pair if section}
    assert sections, "the guide does not mention this notebook"
    for section in sections:
        assert re.search(rf"^## {section}\. ", text, re.MULTILINE), (
            f"{path.name} has no section {section}"
        )


def test_the_guide_has_no_answers_of_the_exam():
    for raw in questions.load():
        if raw["kind"] == "open":
            assert raw["answer"].split("(1)")[0].split("(2)")[0] not in GUIDE
    assert "<summary>Answer" not in GUIDE
