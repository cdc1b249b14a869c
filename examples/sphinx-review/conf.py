"""A review as a Sphinx project: `sphinx-build -W . _build` makes its pages."""

project = "mTOR inhibitors in breast cancer"
author = copyright = "the review group"

extensions = ["metaonc.sphinx"]
exclude_patterns = ["_build"]

metaonc_studies = "studies"  # one TOML file per trial, and review.toml with the questions
metaonc_pages = True  # a page for every trial and every analysis, below generated/

html_theme = "alabaster"
html_theme_options = {"description": "An example of metaonc.sphinx"}
