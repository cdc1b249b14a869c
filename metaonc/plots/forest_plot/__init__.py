"""Forest plots: what one says, as data; where everything goes; and the drawing of it."""

from metaonc.plots.forest_plot.description import ForestTable, forest_table
from metaonc.plots.forest_plot.forest import forest

__all__ = ["ForestTable", "forest", "forest_table"]
