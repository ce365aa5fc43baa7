"""The course as a site. From the folder of README.md, with `pip install '.[test]'`:

    python -m sphinx -W --keep-going -c notebooks/site notebooks build/site
    python -m http.server --directory build/site

and open http://localhost:8000. (Without a server the pages can be read, but the live page does not run.)
This is the site for students, which can be published. With `-t teacher` (and another folder) it also
has the solutions, the notes, and the pages about teaching.

No notebook is run: the site shows the saved outputs. Nothing is fetched: formulas become drawings in
the page, and a warning, such as a link that leads nowhere, is an error. One thing in the finished pages
needs a network: the sliders of the last app of the playground, whose script is the widget library of
Jupyter on a content delivery network.

Plain Sphinx with MyST-NB, and not Jupyter Book 2 or the MyST command line: those need Node, and
fetch their themes when they build. nbsphinx would need pandoc.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1]), str(HERE.parent / "course")]

import api_pages
import formulas
import teachers
from sphinx.writers.html5 import HTML5Translator

import nstlib
from nstlib.live import copy_page

project = "nstlib"
author = "The nstlib authors"
project_copyright = "The nstlib authors. Texts and figures CC BY 4.0, code MIT"
version = release = nstlib.__version__
language = "en"

# The source folder is notebooks/, where there is more than pages.
root_doc = "site/index"
FOR_TEACHERS = tags.has("teacher")  # noqa: F821  Sphinx defines it
include_patterns = ["*.ipynb", "site/*.md", *(teachers.PAGES if FOR_TEACHERS else [])]
exclude_patterns = ["**.ipynb_checkpoints"]

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinxcontrib.bibtex"]

myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "off"
nb_custom_formats = {".ipynb": "saved_notebooks.read"}
nb_merge_streams = True
CDN = "https://cdn.jsdelivr.net/npm/"
nb_ipywidgets_js = {  # the widget library that knows a Stack is younger than MyST-NB's default
    f"{CDN}requirejs@2.3.4/require.js": {"crossorigin": "anonymous"},
    f"{CDN}@jupyter-widgets/html-manager@1.0.15/dist/embed-amd.js": {
        "data-jupyter-widgets-cdn": CDN,
        "crossorigin": "anonymous",
    },
}

napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
add_module_names = False
default_role = "py:obj"  # the docstrings write `name`; what is no name of ours stays code
python_display_short_literal_types = True
toc_object_entries_show_parents = "hide"

bibtex_bibfiles = [str(HERE / "references.bib")]
bibtex_default_style = "alpha"
bibtex_reference_style = "author_year"

html_theme = "furo"
html_title = "nstlib for teachers" if FOR_TEACHERS else "nstlib"
html_static_path = ["static"]
html_extra_path = [
    "top",  # index.html, which leads to site/index.html
    "../../nstlib/atlas/pages",  # atlas/, which comes with the package
]
html_css_files = ["site.css"]
templates_path = ["templates"]
html_sidebars = {  # those of Furo, and links to the pages that Sphinx does not make
    "**": [
        "sidebar/brand.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/pages.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
html_copy_source = False
html_domain_indices = False
html_show_sphinx = False
html_math_renderer = "drawn"
pygments_style = "a11y-high-contrast-light"  # with furo, from accessible-pygments
pygments_dark_style = "a11y-high-contrast-dark"


class Translator(HTML5Translator):
    """Says of which level the captions of the sidebar are, which Sphinx marks as headings."""

    def starttag(self, node, tagname, suffix="\n", empty=False, **attributes):
        """Add the level where there is the role."""
        if attributes.get("ROLE") == "heading":
            attributes["ARIA-LEVEL"] = "2"
        return super().starttag(node, tagname, suffix, empty, **attributes)


def finish_pages(app, failure):
    """Copy the page that paints in the browser into the finished site, and link the atlas to it."""
    if failure is None and app.builder.format == "html":
        copy_page(Path(app.outdir) / "live")
        for page in (Path(app.outdir) / "atlas").glob("*.html"):
            link = '<a class="home" href="../site/index.html"'
            text = page.read_text("utf-8")
            page.write_text(text.replace(f"{link} hidden>", f"{link}>"), "utf-8")


def setup(app):
    """Formulas as drawings; the API pages from README and docstrings; the other pages; two editions."""
    app.connect("build-finished", finish_pages)
    app.set_translator("html", Translator)
    app.add_html_math_renderer("drawn", (formulas.inline, None), (formulas.display, None))
    app.connect("source-read", api_pages.fill)
    if FOR_TEACHERS:
        app.connect("source-read", teachers.fill)
        app.connect("builder-inited", teachers.refuse_students_folder)
    else:
        app.connect("builder-inited", teachers.refuse_their_folder)
