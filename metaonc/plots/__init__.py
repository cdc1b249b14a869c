"""A result -> a Figure. Nothing here computes a statistic."""

from metaonc.plots.figure import ForestFigure, save_figure, save_pages
from metaonc.plots.forest_plot import ForestTable, forest, forest_table
from metaonc.plots.harms import harms_plot
from metaonc.plots.sequential import sequential_plot
from metaonc.plots.specifications import specification_plot

__all__ = [
    "ForestFigure",
    "ForestTable",
    "forest",
    "forest_table",
    "harms_plot",
    "save_figure",
    "save_pages",
    "sequential_plot",
    "specification_plot",
]
