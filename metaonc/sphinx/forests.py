"""``.. metaonc-forest:: pfs``: the forest plot of a question, pooled and drawn as asked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from metaonc.sphinx.drawing import Drawing, FigureDirective
from metaonc.sphinx.figures import fingerprint
from metaonc.sphinx.options import LOOKS, POOLED, Options, given
from metaonc.sphinx.pooling import PooledDirective

if TYPE_CHECKING:
    from metaonc.sphinx.reviews import Review


class ForestDirective(FigureDirective, PooledDirective):
    """The forest plot of a question."""

    required_arguments = 1
    forms = ("pdf", "html")
    option_spec: ClassVar[Options] = {**FigureDirective.option_spec, **POOLED, **LOOKS}

    def drawing(self, review: Review) -> Drawing:
        """The plot, and its name: that of the analysis' own where nothing is asked for."""
        from metaonc.plots import forest
        from metaonc.reports.sections import alt_text

        analysis, result, looks = self.answer(review), self.result(review), self.looks()
        asked = fingerprint(sorted(self.asked.items()), sorted(looks.items()))
        return Drawing(
            f"figures/{analysis.key}-forest-{asked}",
            f"{analysis.question.title}: forest plot",
            alt_text(analysis),
            partial(forest, result, **looks),
        )

    def looks(self) -> dict[str, Any]:
        """Arguments of `forest` that the options give."""
        found = {"preset": self.config.metaonc_preset, **given(self.options, LOOKS)}
        if found.pop("no_studies", False):
            found["studies"] = False
        return found
