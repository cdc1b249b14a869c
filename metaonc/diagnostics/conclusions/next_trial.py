"""What a next trial of a stated size would do for a pooled result."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from metaonc.diagnostics.arguments import fraction, positive, wanted_effect, whole
from metaonc.diagnostics.conclusions.next_trial_results import NextTrial
from metaonc.diagnostics.conclusions.study_information import (
    pooled_control_risk,
    risks,
    study_information,
)
from metaonc.diagnostics.deletion.members import pooled
from metaonc.effects import Effects
from metaonc.effects.tables.recipes import RECIPES
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.pooling import PooledResult

if TYPE_CHECKING:
    pass

Sizes = float | Iterable[float]


def next_trial(
    result: PooledResult,
    *,
    events: Sizes | None = None,
    patients: Sizes | None = None,
    variance: Sizes | None = None,
    effect: float | None = None,
    trials: int = 1,
    share: float = 0.5,
    control_risk: float | None = None,
    alpha: float | None = None,
) -> NextTrial:
    r"""Probability that a meta-analysis is significant after a next trial of a stated size.

    Parameters
    ----------
    result : PooledResult
        The meta-analysis.
    events : float or iterable of float, optional
        Size of the next trial in events, for hazard ratios.
    patients : float or iterable of float, optional
        In patients of both arms, for OR, RR and RD of counts.
    variance : float or iterable of float, optional
        Its sampling variance on the analysis scale, for any measure. One of the three.
    effect : float, optional
        Mean effect expected in the new trials, on the scale people read. Default: the pooled one.
    trials : int, default 1
        How many trials of that size.
    share : float, default 0.5
        Share of the patients in arm 1.
    control_risk : float, optional
        With `patients`: risk in the control arm. Default: that of all control arms together.
    alpha : float, optional
        Two-sided type I error. Default: one minus the result's level.

    Returns
    -------
    NextTrial

    Raises
    ------
    DiagnosticsError
        If not exactly one size is given, it is not one of the measure's, or an argument is out of
        its range.

    Notes
    -----
    The new trials' effects vary around their mean with variance :math:`v + \hat\tau^2`, v being
    :math:`1/\{d\,p(1-p)\}` for d events; the updated mean has weights :math:`1/(v_i+\hat\tau^2)`,
    and tau² is held: Roloff, Higgins & Sutton, Stat Med 2013;32:11-24.

    Examples
    --------
    >>> import metaonc as mo
    >>> found = mo.next_trial(mo.pool(mo.load_registry().effects("os")), events=[100, 400])
    >>> found.power.round(2)
    array([0.56, 0.75])
    """
    effects = pooled(result).effects
    alpha = 1 - result.choices.level if alpha is None else fraction("alpha", alpha)
    expected = result.estimate if effect is None else wanted_effect(effects, effect)
    if effect is None:
        wanted_effect(effects, float(effects.display([result.estimate])[0]))
    share = fraction("share", share)
    unit, sizes = _one_size(effects, events=events, patients=patients, variance=variance)
    if unit == "patients":
        control_risk = (
            pooled_control_risk(effects)
            if control_risk is None
            else fraction("control_risk", control_risk)
        )
        spread = _variance_of_patients(effects, sizes, expected, control_risk, share)
    elif control_risk is not None:
        raise DiagnosticsError(f"control_risk = {control_risk!r} goes with patients; leave it out.")
    else:
        spread = sizes if unit == "variance" else 1 / (sizes * share * (1 - share))
    return NextTrial(
        result=result,
        unit=unit,
        size=sizes,
        trials=whole("trials", trials),
        effect=expected,
        stated=effect is not None,
        alpha=alpha,
        control_risk=control_risk,
        variance=spread,
    )


def _one_size(effects: Effects, **sizes: Sizes | None) -> tuple[str, FloatArray]:
    given = {name: value for name, value in sizes.items() if value is not None}
    if len(given) != 1:
        raise DiagnosticsError(
            f"give the size of the next trial as one of events, patients or variance, not "
            f"{' and '.join(given) or 'none of them'}."
        )
    unit, value = next(iter(given.items()))
    counted = study_information(effects).unit
    if unit != "variance" and unit != counted:
        way = counted if counted in ("events", "patients") else "variance"
        raise DiagnosticsError(
            f"a trial of these {effects.scale.name}s is not sized in {unit}; give {way}."
        )
    values = list(value) if isinstance(value, Iterable) else [value]
    if not values:
        raise DiagnosticsError(f"{unit} holds no size; give at least one.")
    return unit, np.array([positive(unit, size) for size in values])


def _variance_of_patients(
    effects: Effects, patients: FloatArray, effect: float, control_risk: float, share: float
) -> FloatArray:
    """Variance of a trial in which the arms have exactly the expected events."""
    risk_1, risk_2 = risks(effects, effect, control_risk)
    n_1, n_2 = share * patients, (1 - share) * patients
    _, vi = RECIPES[effects.measure].compute(effects.measure, n_1 * risk_1, n_1, n_2 * risk_2, n_2)
    return np.asarray(vi)
