"""Figures as pages for a browser: one file, nothing from outside."""

from metaonc.plots.html.forest import ForestPage, forest_html

__all__ = ["ForestPage", "forest_html"]
