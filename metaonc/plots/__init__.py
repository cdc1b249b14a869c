"""A result -> a Figure. Nothing here computes a statistic."""

from metaonc.plots.baujat import baujat_plot
from metaonc.plots.bubble import bubble_plot
from metaonc.plots.copas_plot import copas_plot
from metaonc.plots.doi import doi_plot
from metaonc.plots.drapery import drapery_plot
from metaonc.plots.figure import ForestFigure, save_figure, save_pages
from metaonc.plots.forest_plot import ForestTable, forest, forest_table
from metaonc.plots.funnel import funnel_plot
from metaonc.plots.gosh import gosh_plot
from metaonc.plots.harms import harms_plot
from metaonc.plots.html import forest_html
from metaonc.plots.influence import influence_plot
from metaonc.plots.labbe import labbe_plot
from metaonc.plots.likelihoods import likelihood_plot, profile_plot
from metaonc.plots.limit import limit_plot
from metaonc.plots.prisma import prisma_diagram
from metaonc.plots.qq import qq_plot
from metaonc.plots.radial import radial_plot
from metaonc.plots.risk_of_bias import risk_of_bias_plot
from metaonc.plots.selection import selection_plot
from metaonc.plots.sequential import sequential_plot
from metaonc.plots.specifications import specification_plot
from metaonc.plots.survival import survival_plot

__all__ = [
    "ForestFigure",
    "ForestTable",
    "baujat_plot",
    "bubble_plot",
    "copas_plot",
    "doi_plot",
    "drapery_plot",
    "forest",
    "forest_html",
    "forest_table",
    "funnel_plot",
    "gosh_plot",
    "harms_plot",
    "influence_plot",
    "labbe_plot",
    "likelihood_plot",
    "limit_plot",
    "prisma_diagram",
    "profile_plot",
    "qq_plot",
    "radial_plot",
    "risk_of_bias_plot",
    "save_figure",
    "save_pages",
    "selection_plot",
    "sequential_plot",
    "specification_plot",
    "survival_plot",
]
