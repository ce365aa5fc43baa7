"""TEACHING.md: what it points at exists, and the answers of its exam are right."""

import math
import re
from pathlib import Path

import nbformat
import pytest
import torch

from nstlib import receptive_field

FOLDER = Path(__file__).parents[1] / "notebooks"
GUIDE = (FOLDER / "TEACHING.md").read_text(encoding="utf-8")
QUESTIONS = GUIDE.split("## Exam questions")[1].split("\n## ")[0]


def question(number):
    """A question and its answer, without the thin space in numbers."""
    found = re.search(rf"\*\*{number}\. .*?</details>", QUESTIONS, re.DOTALL)
    return re.sub(r"(?<=\d)(\\,|[ \u00a0])(?=\d{3})", "", found[0])


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


def test_points_add_up():
    points = [
        int(n) for n in re.findall(r"^\*\*\d+\. [^*]*\((\d+)\)\.\*\*", QUESTIONS, re.MULTILINE)
    ]
    assert len(points) == 14
    assert sum(points) == int(re.search(r"\n(\d+) points", QUESTIONS)[1])


def test_a_gram_matrix_by_hand():
    V = torch.tensor([[1.0, 0, 2, 1], [0, 3, 1, 0]])
    gram = V @ V.T
    assert gram.tolist() == [[6, 2], [2, 10]]
    assert (gram / 4).tolist() == [[1.5, 0.5], [0.5, 2.5]]
    assert (V.T @ V).shape == (4, 4)
    assert (V.T @ V).trace() == gram.trace() == 16
    assert gram[0, 1] / (gram[0, 0] * gram[1, 1]).sqrt() == pytest.approx(2 / math.sqrt(60))
    answer = question(2)
    for part in (r"6&2\\2&10", r"1.5&0.5\\0.5&2.5", r"\approx 0.26", "4 × 4; 16"):
        assert part in answer


def test_the_derivative_of_the_style_loss():
    F = torch.randn(3, 5, dtype=torch.double, generator=torch.Generator().manual_seed(0))
    A = F.flip(1) @ F.T + F @ F.flip(1).T
    F.requires_grad_()
    loss = (F @ F.T - A).square().sum() / (4 * 3**2 * 5**2)
    (gradient,) = torch.autograd.grad(loss, F)
    torch.testing.assert_close(gradient, (F @ F.T - A) @ F / (3**2 * 5**2))
    assert r"\frac{1}{N^2 M^2} (G - A) F" in question(5)


def test_steps_down_a_bowl():
    flat, steps = 1.0, 0
    while abs(flat) > 0.01:
        flat, steps = flat * (1 - 0.076), steps + 1
    assert f"so {steps}" in question(7)
    assert f"{math.log(0.01) / math.log(0.924):.1f}" in question(7)


def test_sizes_and_counts():
    n = 3 * 512**2
    assert f"{n}" in question(8)
    assert f"{40 * n * 4 / 2**20:.0f} MiB" in question(8)
    assert f"{n**2 * 4 / 2**40:.2f} TiB" in question(8)
    assert f"{64 * 512 * 512 * 4 / 2**20:.0f} MiB" in question(8)
    assert f"{65536**2 * 4 / 2**30:.0f} GiB" in question(3)
    assert str(128 * 24 * 24) in question(12)
    assert str(sum(c * (c + 1) // 2 for c in (64, 128, 256, 512, 512))) in question(14)
    assert str(3 * 256**2) in question(14)
    assert str(receptive_field("relu2_1")[0]) in question(11).split("conv2_1:")[1]


def test_shares_are_equal():
    weights = [1 / 6, 1 / 3, 1 / 12]
    shares = [w * e for w, e in zip(weights, (2, 1, 4), strict=True)]
    assert shares == pytest.approx([1 / 3] * 3)
    assert "1/6, 1/3, 1/12" in question(13)
