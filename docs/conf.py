"""Sphinx configuration. Everything is made from the checkout: the build needs no network."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]

from gallery import sphinx_gallery_conf  # noqa: E402, F401  (needs the path set above)

import metaonc  # noqa: E402

project = "metaonc"
author = "metaonc contributors"
copyright = author  # without a year, so that a build does not depend on the date
version = release = metaonc.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.doctest",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "numpydoc",
    "docstring_examples",
    "drawn_figures",
    "formulas",
    "generated_pages",
    "metaonc.sphinx",
    "methods_map",
]
exclude_patterns = ["_build", "_checks", "_drawn", "_ext", "gallery/scripts", "generated/parts"]
nitpicky = True
# Words that numpydoc takes for types, and types of other packages: there is nothing to link to.
nitpick_ignore_regex = [("py:class", ".*"), ("py:obj", ".*")]
# The registry's review: a page for every trial and every analysis, below generated/.
metaonc_studies = "../studies"
metaonc_pages = True
metaonc_manual = "/"  # the manual is this project
smartquotes = False  # printed figures keep their characters
pygments_style = "default"

# The pages are about functions, not about the modules they live in.
add_module_names = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autosummary_generate = False
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
# The examples of the pages; those of docstrings are run by pytest.
doctest_global_setup = """
import numpy as np, pandas as pd
import metaonc as mo
"""
doctest_test_doctest_blocks = "default"

# Formulas are drawn while building (see _ext/formulas.py). MathJax, Sphinx's default, is fetched
# from a CDN by every page; imgmath needs LaTeX; MathML needs a mathematical font of the reader.
html_math_renderer = "drawn"

html_theme = "pydata_sphinx_theme"
html_title = "metaonc"
html_static_path = ["_static"]
html_css_files = ["metaonc.css"]
html_show_sourcelink = False
html_copy_source = False
html_last_updated_fmt = None
html_theme_options = {
    "logo": {"text": "metaonc"},
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button"],
    "header_links_before_dropdown": 7,
    "show_prev_next": False,
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
    "footer_start": ["copyright"],
    "footer_end": [],
    "navigation_depth": 2,
}
html_sidebars = {"index": []}
