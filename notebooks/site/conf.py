"""The course as a site. From the folder of README.md, with `pip install '.[test]'`:

    python -m sphinx -W --keep-going -c notebooks/site notebooks build/site

and open build/site/index.html. No notebook is run: the site shows the saved outputs. Nothing is
fetched: formulas become drawings in the page, and a warning, such as a link that leads nowhere, is
an error. One thing in the finished pages needs a network: the sliders of the last app of the
playground, whose script is the widget library of Jupyter on a content delivery network.

Plain Sphinx with MyST-NB, and not Jupyter Book 2 or the MyST command line: those need Node, and
fetch their themes when they build. nbsphinx would need pandoc.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import api_pages
import formulas
from sphinx.writers.html5 import HTML5Translator

import nstlib

project = "nstlib"
author = "The nstlib authors"
project_copyright = "The nstlib authors. Texts and figures CC BY 4.0, code MIT"
version = release = nstlib.__version__
language = "en"

# The source folder is notebooks/, where there is more than pages.
root_doc = "site/index"
include_patterns = ["*.ipynb", "TEACHING.md", "course/README.md", "site/*.md"]
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
html_title = "nstlib"
html_static_path = ["static"]
html_extra_path = [
    "top",  # index.html, which leads to site/index.html
    "../../nstlib/atlas/pages",  # atlas/, which comes with the package
]
html_css_files = ["site.css"]
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


def setup(app):
    """Formulas as drawings; the API pages from README's table and the docstrings."""
    app.set_translator("html", Translator)
    app.add_html_math_renderer("drawn", (formulas.inline, None), (formulas.display, None))
    app.connect("source-read", api_pages.fill)
