"""What Sphinx needs to know; docs/site/__main__.py builds with it, once for each language."""

from typing import Any

from sphinx.application import Sphinx

import mnist_paddle
from docs.site.notebooks import text_in

project = "mnist-paddle"
author = "The mnist-paddle maintainers"
copyright = "2026, The mnist-paddle maintainers, Apache-2.0"
version = release = mnist_paddle.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "myst_nb",
    "docs.site.formulas",
    "docs.site.search",
]
myst_enable_extensions = ["dollarmath", "attrs_inline"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the notebooks hold their outputs; the tests run them
exclude_patterns = ["**/.ipynb_checkpoints"]

# Docstrings are written for readers of the code: `name` is code.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_type_aliases = {"Batch": "Batch", "Place": "Place"}

html_theme = "furo"
html_title = "mnist-paddle"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["rows.js"]
templates_path = ["templates"]
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/language.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
html_copy_source = False
html_show_sourcelink = False
html_show_search_summary = False  # it fetches pages, which a browser refuses without a server
html_search_language = "zh"  # docs/site/search.py: for both languages


def setup(app: Sphinx) -> None:
    """Show the header of a module in the language of the page, where it has it."""
    app.connect("autodoc-process-docstring", in_one_language)


def in_one_language(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    """Leave the paragraphs of the page's language in a docstring's lines."""
    language = "zh" if app.config.language.startswith("zh") else "en"
    if what == "module" and (kept := text_in("\n".join(lines), language)):
        lines[:] = [*kept.split("\n"), ""]
