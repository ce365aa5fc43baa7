"""The teacher's build: notebooks with solutions and notes, and the pages about teaching."""

from pathlib import Path

import nbformat
from build import NOTES, beside
from course_versions import instructor

PAGES = ["TEACHING.md", "course/README.md"]
PLACE = "% pages for teachers"  # a comment in index.md
INDEX = """\
## To teach it

This is the teacher's build. Its notebooks have the solutions, and notes for the lesson in quoted
blocks. Do not publish it: without `-t teacher`, the same command builds the site for students.

```{toctree}
:caption: To teach it
/TEACHING
/course/README
```"""


def fill(app, docname: str, source: list[str]) -> None:
    """Solve a notebook and add its notes; add the teacher's pages to the index."""
    path = Path(app.env.doc2path(docname))
    if path.suffix == ".ipynb":
        notebook = nbformat.reads(source[0], as_version=4)
        source[0] = nbformat.writes(instructor(notebook, *beside(path, NOTES)))
    else:
        source[0] = source[0].replace(PLACE, INDEX)


def refuse_students_folder(app) -> None:
    """Stop a build for teachers in a folder that has the students' site, which may be published."""
    folder = Path(app.outdir)
    if (folder / "index.html").exists() and not (folder / "TEACHING.html").exists():
        raise SystemExit(f"{folder} has the students' site. Build the teacher's somewhere else.")


def refuse_their_folder(app) -> None:
    """Stop a build for students in a folder that has the teacher's pages: Sphinx would keep them."""
    if (Path(app.outdir) / "TEACHING.html").exists():
        # Sphinx would print two screens about itself below the sentence of an error of its own.
        raise SystemExit(
            f"{app.outdir} has the teacher's site. Delete it, or build the students' somewhere else."
        )
