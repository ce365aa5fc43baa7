"""The lecture and the formula sheet on paper, printed by the browser, and the numbers on the sheet."""

import re
import shutil
import subprocess
from pathlib import Path

import formula_sheet
import nbformat
import numpy as np
import printing
import pytest
import slides
import torch
from browser import needs_chromium
from bs4 import Tag
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode

from nstlib import load_vgg19

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="no poppler-utils here: apt-get install poppler-utils"
)


def told(*command):
    return subprocess.run(
        list(map(str, command)), check=True, capture_output=True, text=True
    ).stdout


def pages_of(pdf):
    return int(re.search(r"Pages: +(\d+)", told("pdfinfo", pdf))[1])


def squeezed(text):
    """Without white space, which a PDF puts where its lines end."""
    return "".join(text.split())


@pytest.fixture(scope="module")
def handout():
    """The page that is printed."""
    return slides.handout(slides.build())


def test_a_handout_has_all_slides_with_their_notes_and_loads_nothing(handout):
    deck = slides.build()
    sections = len(re.findall(r"<section[ >]", deck))
    assert handout.count('class="present"') + handout.count('class="stack"') == sections
    assert handout.count("<aside") == deck.count("<aside")
    assert "<script" not in handout
    assert not re.search(r'<link|src="http', handout)
    assert "<details open" in handout
    assert "hidden" not in "".join(re.findall(r"<figure[^>]*>", handout))


def test_formulas_of_a_handout_can_be_searched_for(handout):
    drawings = re.findall(r'<svg[^>]*aria-label="([^"]*)"', handout)
    assert len(drawings) > 40
    assert handout.count('<span class="tex">') == len(drawings)


def test_a_film_is_a_row_of_pictures_with_captions_in_older_beautifulsoups_too(monkeypatch):
    """Before 4.13, `append` returned nothing."""
    append = Tag.append
    monkeypatch.setattr(Tag, "append", lambda tag, more: (append(tag, more), None)[1])
    picture = '<figure hidden><img alt="A cat (step 5)"></figure>'
    film = f'<div class="film">{picture * 2}</div>'
    page = f'<head></head><div class="slides"><section>{film}</section></div>'
    assert slides.handout(page).count("<figcaption>step 5</figcaption>") == 2


def test_a_missing_browser_is_a_sentence(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(printing, "NAMES", ("no-such-browser",))
    assert formula_sheet.main(["--pdf", str(tmp_path / "f.pdf")]) == 2
    said = capsys.readouterr().err
    assert "needs the browser Chromium" in said
    assert len(said.splitlines()) == 1


@pytest.mark.long
@needs_chromium
@needs_poppler
@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_the_handout_as_a_pdf(handout, tmp_path, paper):
    pdf = tmp_path / "handout.pdf"
    printing.print_pdf(handout, pdf, paper=paper, footer="Deep art")
    count, number = pages_of(pdf), handout.count('class="present"')
    assert number / 2 <= count <= number
    text = squeezed(told("pdftotext", pdf, "-"))
    for tex in re.findall(r'<svg[^>]*aria-label="([^"]*)"', handout):
        plain = tex.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        assert squeezed(plain) in text, tex
    for title in ("Credits and license", "The content loss", "What to remember"):
        assert squeezed(title) in text
    told("pdftoppm", "-r", "30", "-gray", pdf, tmp_path / "page")
    shots = sorted(tmp_path.glob("page*.pgm"))
    assert len(shots) == count
    for shot in shots:
        dark = (np.asarray(Image.open(shot)) < 200).mean()
        assert dark > 0.005, f"{shot.name} is blank"


@pytest.mark.slow
@needs_chromium
@needs_poppler
@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_the_formula_sheet_is_one_page(tmp_path, paper):
    pdf = tmp_path / "formulas.pdf"
    assert formula_sheet.main(["--pdf", str(pdf), "--paper", paper]) == 0
    assert pages_of(pdf) == 1
    text = told("pdftotext", "-layout", pdf, "-")
    for words in ("relative", "relu5_1", "156", "Downhill", "CC BY 4.0"):
        assert words in text


def test_formulas_of_the_sheet_stand_in_the_notebooks():
    for notebook, formula in formula_sheet.FORMULAS.values():
        [path] = NOTEBOOKS.glob(f"{notebook}_*.ipynb")
        cells = nbformat.read(path, as_version=4).cells
        text = squeezed("".join(cell.source for cell in cells if cell.cell_type == "markdown"))
        assert squeezed(formula) in text, formula


def test_no_formula_of_the_sheet_is_left_as_its_source():
    page = re.sub(
        r'aria-label="[^"]*"|<style>.*?</style>', "", formula_sheet.page(), flags=re.DOTALL
    )
    assert "$" not in page
    assert "\\" not in page
    assert not re.search(r"<(?:layers|conventions|" + "|".join(formula_sheet.FORMULAS) + ")>", page)


@pytest.mark.slow
def test_operations_are_those_that_torch_counts():
    vgg = load_vgg19("random", width=1, device="cpu")
    image = torch.rand(1, 3, formula_sheet.SIZE, formula_sheet.SIZE)
    for name, channels, side, _, _, operations in formula_sheet.layers()[:3]:
        with FlopCounterMode(display=False) as counter:
            features = vgg(image, [name])[name]
        assert features.shape == (1, channels, side, side)
        assert counter.get_total_flops() / 1e9 == pytest.approx(operations)


def test_the_way_back_to_the_pixels_takes_about_as_much_again():
    vgg = load_vgg19("random", width=1, device="cpu")
    image = torch.rand(1, 3, 64, 64, requires_grad=True)
    with FlopCounterMode(display=False) as counter:
        loss = vgg(image, ["relu5_1"])["relu5_1"].square().sum()
        forward = counter.get_total_flops()
        loss.backward()
    assert counter.get_total_flops() / forward == pytest.approx(2, abs=0.05)


def test_the_gradients_on_the_sheet_are_those_of_its_losses():
    """Equations 2 and 6 against autograd, in float64, where F > 0."""
    values = torch.randn(5, 12, dtype=torch.float64, requires_grad=True)
    F, P = values.relu(), torch.rand(5, 12, dtype=torch.float64)
    A, (N, M) = P @ P.T, P.shape
    (content,) = torch.autograd.grad(0.5 * (F - P).square().sum(), values, retain_graph=True)
    torch.testing.assert_close(content, (F - P) * (values > 0))
    E = (F @ F.T - A).square().sum() / (4 * N**2 * M**2)
    (style,) = torch.autograd.grad(E, values)
    torch.testing.assert_close(style, (F @ F.T - A) @ F / (N**2 * M**2) * (values > 0))
