"""Trial sequential analysis: the cumulative test against boundaries that allow for its looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from metaonc.diagnostics.conclusions.information_size import required_information_size
from metaonc.diagnostics.conclusions.sequential_results import SequentialAnalysis
from metaonc.diagnostics.refits import refit
from metaonc.kernels import FloatArray
from metaonc.kernels.group_sequential import obrien_fleming_spending, two_sided_boundaries
from metaonc.pooling import PooledResult

if TYPE_CHECKING:
    pass


def trial_sequential_analysis(
    result: PooledResult,
    *,
    effect: float,
    alpha: float = 0.05,
    power: float = 0.8,
    share: float = 0.5,
    diversity: float | None = None,
    control_risk: float | None = None,
    order: str | None = None,
) -> SequentialAnalysis:
    r"""Cumulative meta-analysis held against group-sequential boundaries.

    Parameters
    ----------
    result : PooledResult
        The meta-analysis; its model and interval are those of every look.
    effect, alpha, power, share, diversity, control_risk
        As in :func:`metaonc.required_information_size`.
    order : str, optional
        Column of the effects by which the studies came. Default: ``"year"`` where there is one,
        else the order of the effects, which also decides between equals.

    Returns
    -------
    SequentialAnalysis
        Draw it with :func:`metaonc.sequential_plot`.

    Raises
    ------
    DiagnosticsError
        If an argument is out of its range.
    EffectsError
        If there is no column of that name.

    Notes
    -----
    Boundaries spend :math:`4 - 4\Phi(z_{1-\alpha/4}/\sqrt t)` of the error by the information
    fraction t (Lan & DeMets, Biometrika 1983;70:659-663), found by the recursion of Armitage,
    McPherson & Rowe (J R Stat Soc A 1969;132:235-244); the use for meta-analyses: Wetterslev,
    Thorlund, Brok & Gluud, J Clin Epidemiol 2008;61:64-75. Once the required information is there
    all is spent; looks after that keep the boundary of the first.

    Examples
    --------
    >>> import metaonc as mo
    >>> result = mo.pool(mo.load_registry().effects("pfs"), model="fixed")
    >>> mo.trial_sequential_analysis(result, effect=0.75).conclusion
    'crossed'
    """
    size = required_information_size(
        result,
        effect=effect,
        alpha=alpha,
        power=power,
        share=share,
        diversity=diversity,
        control_risk=control_risk,
    )
    places, said = _places(result, order)
    information = np.cumsum(size.information.amounts[places])
    cumulative = np.zeros((result.k, result.k), dtype=bool)
    for look in range(result.k):
        cumulative[look, places[: look + 1]] = True
    found = refit(result, cumulative)
    boundary, final = _boundaries(information / size.required, size.alpha)
    return SequentialAnalysis(
        result=result,
        size=size,
        order=tuple(map(int, places)),
        ordered_by=said,
        information=information,
        estimate=found.estimate,
        z=_deviates(found.statistic, found.p_value),
        boundary=boundary,
        final_boundary=final,
    )


def _places(result: PooledResult, order: str | None) -> tuple[np.ndarray, str]:
    effects = result.effects
    if order is None and "year" not in effects.columns:
        return np.arange(effects.k), "studies in the order of the effects"
    name = order or "year"
    values = effects.column(name)
    places = sorted(range(effects.k), key=lambda i: (values[i] is None, values[i] or 0, i))
    return np.asarray(places), f"studies in the order of {name}"


def _deviates(statistic: FloatArray, p: FloatArray) -> FloatArray:
    """Normal deviates with the same two-sided p values; the statistic where p underflows."""
    usable = np.where((p > 0) & (p <= 1), p, 1.0)
    size = np.where(p > 0, -ndtri(usable / 2), np.abs(statistic))
    return np.where(np.isfinite(statistic), np.sign(statistic) * size, 0.0)


def _boundaries(fraction: FloatArray, alpha: float) -> tuple[FloatArray, float]:
    """Limits at the looks, and at the required size where that is still ahead."""
    looks = int(np.argmax(fraction >= 1)) + 1 if (fraction >= 1).any() else len(fraction)
    ahead = fraction[-1] < 1
    times = np.append(fraction[:looks], 1.0) if ahead else fraction[:looks]
    limits = two_sided_boundaries(times, obrien_fleming_spending(times, alpha))
    final = float(limits[-1])
    kept = limits[:-1] if ahead else limits
    return np.append(kept, np.full(len(fraction) - looks, final)), final
