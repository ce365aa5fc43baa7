"""LICENSE covers every file and every sample photo, and the paper cites what paper.bib has."""

import re
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from pybtex.database import parse_file

from nstlib.images import PHOTOS

ROOT = Path(__file__).parent.parent
LICENSES = {
    "MIT",
    "CC BY 4.0",
    "MIT (code cells), CC BY 4.0 (all else)",
    "Apache-2.0, BSD (see its licenses.txt)",
}


def table(first):
    """The rows of the table in LICENSE whose first column is called `first`."""
    text = (ROOT / "LICENSE").read_text("utf-8")
    block = re.search(rf"^{first} .*\n-[- ]*\n((?:.+\n)+)", text, re.M)[1]
    return [re.split(r" {2,}", row.strip()) for row in block.splitlines()]


def row_of(path, rows):
    """The number of the first row whose patterns fit the path; None if there is none."""
    fitting = (
        number
        for number, (patterns, _) in enumerate(rows)
        if any(fnmatchcase(path, pattern) for pattern in patterns.split(", "))
    )
    return next(fitting, None)


def tracked():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if listed.returncode:
        pytest.skip("not a clone of the repository")
    return listed.stdout.decode().strip("\0").split("\0")


def test_every_file_has_a_license_and_every_row_a_file():
    rows = table("files")
    assert {name for _, name in rows} == LICENSES
    places = {path: row_of(path, rows) for path in tracked()}
    assert [path for path, place in places.items() if place is None] == []
    assert set(places.values()) == set(range(len(rows)))


@pytest.mark.parametrize(
    ("path", "license"),
    [
        ("nstlib/losses.py", "MIT"),
        ("nstlib/data/compact.safetensors", "MIT"),
        ("nstlib/data/paintings.jpg", "CC BY 4.0"),
        ("notebooks/03_gram.ipynb", "MIT (code cells), CC BY 4.0 (all else)"),
        ("notebooks/solutions/03_gram.py", "MIT"),
        ("notebooks/TEACHING.md", "CC BY 4.0"),
        ("notebooks/course/notes/03_gram.md", "CC BY 4.0"),
        ("notebooks/course/README.md", "CC BY 4.0"),
        ("notebooks/course/question_bank/04_gram.toml", "CC BY 4.0"),
        ("notebooks/site/glossary.md", "CC BY 4.0"),
        ("notebooks/site/conf.py", "MIT"),
        (".github/workflows/ci.yml", "MIT"),
        (".ci/run", "MIT"),
        ("figures/hero.jpg", "CC BY 4.0"),
        ("nstlib/live/page/lib/tf.js", "Apache-2.0, BSD (see its licenses.txt)"),
        ("nstlib/live/page/engine/worker.js", "MIT"),
        ("some.xyz", None),
    ],
)
def test_a_file_has_the_license_that_the_table_says(path, license):
    rows = table("files")
    place = row_of(path, rows)
    assert (None if place is None else rows[place][1]) == license


def test_every_sample_photo_has_its_terms():
    assert [row[0] for row in table("photo")] == sorted(PHOTOS)


def test_the_paper_cites_what_its_bibliography_has():
    text = (ROOT / "paper.md").read_text("utf-8")
    cited = set(re.findall(r"(?<![\w.])@([\w:-]+)", text))
    assert len(cited) > 5
    assert cited == set(parse_file(str(ROOT / "paper.bib"), "bibtex").entries)
