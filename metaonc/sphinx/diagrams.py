"""Figures other than forest plots: of a pooled result, of the harms, of the search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from docutils.parsers.rst import directives

import metaonc
from metaonc.errors import PlotError
from metaonc.pooling import SubgroupResult
from metaonc.registry.filters import nearest_first
from metaonc.reports.harms import harms_table
from metaonc.sphinx.drawing import Drawing, FigureDirective
from metaonc.sphinx.figures import fingerprint
from metaonc.sphinx.options import POOLED, Options
from metaonc.sphinx.pooling import PooledDirective

if TYPE_CHECKING:
    from metaonc.plots import ForestFigure
    from metaonc.pooling import PooledResult
    from metaonc.sphinx.reviews import Review

# Name of a plot -> its title, what it shows of a result, and who draws that.
PLOTS: Mapping[str, tuple[str, str, str]] = {
    "baujat": ("Baujat plot", "baujat", "baujat_plot"),
    "doi": ("Doi plot", "lfk_index", "doi_plot"),
    "drapery": ("drapery plot", "drapery", "drapery_plot"),
    "funnel": ("funnel plot", "funnel", "funnel_plot"),
    "gosh": ("GOSH plot", "gosh", "gosh_plot"),
    "influence": ("influence of each study", "influence", "influence_plot"),
    "labbe": ("L'Abbé plot", "labbe", "labbe_plot"),
    "likelihood": ("likelihood of each study", "study_likelihoods", "likelihood_plot"),
    "profile": ("likelihood of tau²", "tau2_profile", "profile_plot"),
    "qq": ("normal quantile plot", "normal_qq", "qq_plot"),
    "radial": ("radial plot", "radial", "radial_plot"),
}


class _OneFigure(FigureDirective):
    """A figure that says in words what it shows, once it is drawn."""

    def drawn(self, name: str, caption: str, figure: ForestFigure) -> Drawing:
        """A drawing of a figure that is there."""
        return Drawing(f"figures/{name}", caption, figure.description.short, lambda: figure)


class _ResultFigure(_OneFigure, PooledDirective):
    """A figure of one pooled result."""

    def pooled(self, review: Review) -> PooledResult:
        """All studies pooled; groups are for forest plots."""
        result = self.result(review)
        return result.overall if isinstance(result, SubgroupResult) else result

    def title(self, review: Review) -> str:
        """Title of the question."""
        return self.answer(review).question.title


class PlotDirective(_ResultFigure):
    """``.. metaonc-plot:: funnel pfs``: a diagnostic plot of a pooled result."""

    required_arguments = 2
    option_spec: ClassVar[Options] = {**FigureDirective.option_spec, **POOLED}

    @property
    def key(self) -> str:
        """The question or outcome."""
        return str(self.arguments[1])

    def drawing(self, review: Review) -> Drawing:
        """The plot that the first argument names."""
        kind = self.arguments[0]
        if kind not in PLOTS:
            known = ", ".join(nearest_first(kind, PLOTS))
            raise PlotError(f"there is no plot {kind!r} to draw; there are: {known}.")
        title, finds, draws = PLOTS[kind]
        find: Callable[[PooledResult], Any] = getattr(metaonc, finds)
        draw: Callable[[Any], ForestFigure] = getattr(metaonc, draws)
        name = f"{self.key}-{kind}-{fingerprint(sorted(self.asked.items()))}"
        figure = draw(find(self.pooled(review)))
        return self.drawn(name, f"{self.title(review)}: {title}", figure)


class RiskOfBiasDirective(_ResultFigure):
    """``.. metaonc-risk-of-bias:: pfs``: judgements of the studies, each or summed up."""

    required_arguments = 1
    option_spec: ClassVar[Options] = {
        **FigureDirective.option_spec,
        **POOLED,
        "kind": lambda text: directives.choice(text, ("traffic-light", "summary")),
    }

    def drawing(self, review: Review) -> Drawing:
        """The table of lights, or the bars."""
        kind = self.options.get("kind", "traffic-light")
        figure = metaonc.risk_of_bias_plot(self.pooled(review), kind=kind)
        name = f"{self.key}-bias-{kind}-{fingerprint(sorted(self.asked.items()))}"
        return self.drawn(name, f"{self.title(review)}: risk of bias", figure)


class HarmsDirective(_OneFigure):
    """``.. metaonc-harms::``: harms beside benefits."""

    def drawing(self, review: Review) -> Drawing:
        """The plot of every harm that the plan names."""
        table = harms_table(review.registry, confirmed_only=review.place.confirmed_only)
        if table is None:
            raise PlotError(
                f"{review.registry.folder}: the plan names no harm that the records count; mark "
                "outcomes of review.toml with `harm = true`."
            )
        return self.drawn("harms", "Harms beside benefits", metaonc.harms_plot(table))


class FlowDirective(_OneFigure):
    """``.. metaonc-prisma::``: the PRISMA 2020 flow diagram."""

    def drawing(self, review: Review) -> Drawing:
        """The diagram, from the counts in the plan."""
        figure = metaonc.prisma_diagram(review.registry)
        return self.drawn("prisma", "PRISMA 2020 flow diagram", figure)
