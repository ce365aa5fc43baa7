"""A page printed to a PDF, by Chromium through Playwright."""

import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

NAMES = (os.environ.get("NST_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
MARGINS = {"top": "12mm", "bottom": "15mm", "left": "12mm", "right": "12mm"}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def browser_path() -> str:
    """Where Chromium is.

    Raises OSError, with a sentence that says what to install, if it or Playwright is missing.
    """
    found = next((path for name in NAMES if name and (path := shutil.which(name))), None)
    if found is None:
        raise OSError(
            "Printing needs the browser Chromium or Chrome, and none was found. Install one, or name "
            "its program in the environment variable NST_CHROMIUM."
        )
    if importlib.util.find_spec("playwright") is None:
        raise OSError("Printing needs the package Playwright: pip install playwright.")
    return found


def print_pdf(
    page: str, to: Path, *, paper: str = "a4", footer: str = "", margins: bool = True
) -> None:
    """Print a page that loads nothing, without running scripts.

    Args:
        page: HTML.
        to: The PDF.
        paper: "a4" or "letter".
        footer: A line at the bottom of each page, with its number; none if empty.
        margins: Whether to leave the edges free; without, the page has its own.
    """
    program = browser_path()
    from playwright.sync_api import sync_playwright

    small = "font: 8pt sans-serif; width: 100%; margin: 0 12mm; color: #555; display: flex"
    count = '<span class="pageNumber"></span> / <span class="totalPages"></span>'
    parts = f"<span>{footer}</span><span>{count}</span>"
    bottom = f'<div style="{small}; justify-content: space-between">{parts}</div>'
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        source = Path(folder) / "page.html"  # a file, because a page of several MB is slow to send
        source.write_text(page, encoding="utf-8")
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS)
        tab = chromium.new_context(java_script_enabled=False, offline=True).new_page()
        tab.emulate_media(media="screen")  # JupyterLab's style sheet has rules of its own for print
        tab.goto(source.as_uri())
        tab.pdf(
            path=to,
            format=paper.upper() if paper == "a4" else "Letter",
            print_background=True,
            tagged=True,
            outline=True,
            display_header_footer=bool(footer),
            header_template="<span></span>",
            footer_template=bottom,
            margin={side: width if margins else "0" for side, width in MARGINS.items()},
        )
        chromium.close()
