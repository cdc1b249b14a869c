"""Forest plots: what one says, as data; where everything goes; and the drawing of it."""

from metaonc.plots.forest_plot.describe import forest_table
from metaonc.plots.forest_plot.description import Block, Column, ForestTable, Row
from metaonc.plots.forest_plot.forest import forest
from metaonc.plots.forest_plot.presets import PRESETS, Preset

__all__ = [
    "PRESETS",
    "Block",
    "Column",
    "ForestTable",
    "Preset",
    "Row",
    "forest",
    "forest_table",
]
