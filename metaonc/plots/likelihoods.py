"""Likelihoods as curves: of tau², and of each study's effect."""

from __future__ import annotations

import numpy as np

from metaonc.diagnostics.pictures.likelihood_curves import StudyLikelihoods, Tau2Profile
from metaonc.plots.figure import ForestFigure
from metaonc.plots.style import (
    ACCENT,
    FILL,
    GREY,
    INK,
    LINE,
    SKY,
    THIN,
    canvas,
    effect_name,
    name_axes,
    name_points,
    show_effects,
)

_DEPTH = 3.0  # how far below the cut the curve is shown, in units of the drop
_NAMED = 15  # up to here every curve is named
_DASHES: tuple[object, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1, 1, 1)))


def profile_plot(finding: Tau2Profile, *, title: str | None = None) -> ForestFigure:
    """Draw the likelihood of tau².

    Parameters
    ----------
    finding : Tau2Profile
        Made by :func:`metaonc.tau2_profile`.
    title : str, optional
        Heading. Default: that of the effects.

    Returns
    -------
    matplotlib.figure.Figure
        The curve, its highest point, and the interval that the dashed line cuts; `savefig` writes
        the same bytes every time.

    Examples
    --------
    >>> import metaonc as mo
    >>> figure = mo.profile_plot(mo.tau2_profile(mo.pool(mo.load_registry().effects("pfs"))))
    >>> len(figure.axes)
    1
    """
    heading = finding.result.effects.title if title is None else title
    notes = [f"{finding.title}.", *finding.sentences]
    with canvas(
        heading, notes=notes, kind="Profile likelihood of tau²", table=finding.to_frame
    ) as (figure, (axes,)):
        low = max(float(finding.log_likelihood.min()), -_DEPTH * finding.drop)
        axes.set_xlim(0, float(finding.tau2[-1]))
        axes.set_ylim(1.08 * low, -0.08 * low)
        axes.axvspan(finding.low, min(finding.high, finding.tau2[-1]), color=FILL, zorder=0)
        axes.axhline(-finding.drop, color=GREY, lw=THIN, ls=(0, (4, 3)))
        axes.axvline(finding.highest, color=ACCENT, lw=LINE)
        axes.plot(finding.tau2, finding.log_likelihood, color=INK, lw=LINE)
        name_axes(axes, "tau²", "Log-likelihood below its maximum")
        return figure


def likelihood_plot(finding: StudyLikelihoods, *, title: str | None = None) -> ForestFigure:
    """Draw the likelihood of each study's effect.

    Parameters
    ----------
    finding : StudyLikelihoods
        Made by :func:`metaonc.study_likelihoods`.
    title : str, optional
        Heading. Default: that of the effects.

    Returns
    -------
    matplotlib.figure.Figure
        A curve of area 1 per study, named at its top where there are few, and the pooled effect;
        `savefig` writes the same bytes every time.

    Examples
    --------
    >>> import metaonc as mo
    >>> fit = mo.pool(mo.load_registry().effects("pfs"))
    >>> figure = mo.likelihood_plot(mo.study_likelihoods(fit))
    >>> len(figure.axes)
    1
    """
    effects = finding.result.effects
    heading = effects.title if title is None else title
    notes = [*finding.sentences, "Vertical line: the pooled effect."]
    colours = (INK, ACCENT, SKY)
    with canvas(
        heading, notes=notes, kind="Likelihoods of the studies", table=finding.to_frame
    ) as (figure, (axes,)):
        axes.axvline(finding.result.estimate, color=GREY, lw=THIN)
        for i, curve in enumerate(finding.density):
            dashes = _DASHES[i // len(colours) % len(_DASHES)]
            axes.plot(finding.effect, curve, color=colours[i % len(colours)], ls=dashes, lw=LINE)
        axes.set_xlim(float(finding.effect[0]), float(finding.effect[-1]))
        axes.set_ylim(0, 1.06 * float(np.max(finding.density)))
        named = list(effects.labels) if effects.k <= _NAMED else []
        tops = finding.density.max(axis=1)[: len(named)]
        at = finding.effect[finding.density.argmax(axis=1)][: len(named)]
        name_points(axes, at, tops, named, over_lines=True)
        show_effects(axes.xaxis, effects)
        name_axes(axes, effect_name(effects), "Likelihood")
        return figure
