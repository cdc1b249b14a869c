"""A result -> a Figure. Nothing here computes a statistic."""

from metaonc.plots.figure import ForestFigure, save_figure, save_pages
from metaonc.plots.forest import forest
from metaonc.plots.table import ForestTable, forest_table

__all__ = ["ForestFigure", "ForestTable", "forest", "forest_table", "save_figure", "save_pages"]
