r"""Covariances of contrasts that share a control arm, from the numbers of that arm.

Two contrasts against one control arm, :math:`g(A) - g(C)` and :math:`g(B) - g(C)`, have the
control arm's own variance as their covariance, whatever the measure: :math:`\text{var}\,g(C)`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from metaonc.effects.scales.measures import FloatArray, measure_named
from metaonc.errors import EffectsError


class _ControlVariance(NamedTuple):
    """The columns a variance is computed from, and how."""

    columns: tuple[str, ...]
    compute: Callable[..., FloatArray]


def _events(events: FloatArray) -> FloatArray:
    return np.asarray(1 / events)


def _log_odds(events: FloatArray, n: FloatArray) -> FloatArray:
    return np.asarray(1 / events + 1 / (n - events))


def _log_risk(events: FloatArray, n: FloatArray) -> FloatArray:
    return np.asarray(1 / events - 1 / n)


def _risk(events: FloatArray, n: FloatArray) -> FloatArray:
    return np.asarray(events * (n - events) / n**3)


def _arcsine(n: FloatArray) -> FloatArray:
    return np.asarray(1 / (4 * n))


def _rate(events: FloatArray, time: FloatArray) -> FloatArray:
    return np.asarray(events / time**2)


def _mean(sd: FloatArray, n: FloatArray) -> FloatArray:
    return np.asarray(sd**2 / n)


def _log_mean(mean: FloatArray, sd: FloatArray, n: FloatArray) -> FloatArray:
    return np.asarray(sd**2 / (n * mean**2))


_CONTROL_VARIANCES = {
    "HR": _ControlVariance(("events",), _events),
    "IRR": _ControlVariance(("events",), _events),
    "IRD": _ControlVariance(("events", "time"), _rate),
    "OR": _ControlVariance(("events", "n"), _log_odds),
    "RR": _ControlVariance(("events", "n"), _log_risk),
    "RD": _ControlVariance(("events", "n"), _risk),
    "AS": _ControlVariance(("n",), _arcsine),
    "MD": _ControlVariance(("sd", "n"), _mean),
    "ROM": _ControlVariance(("mean", "sd", "n"), _log_mean),
}


def control_variance(
    measure: str,
    *,
    events: ArrayLike | None = None,
    n: ArrayLike | None = None,
    time: ArrayLike | None = None,
    mean: ArrayLike | None = None,
    sd: ArrayLike | None = None,
) -> FloatArray:
    r"""Contribution of a control arm to the variance of its contrasts: their covariance.

    Parameters
    ----------
    measure : {"HR", "OR", "RR", "RD", "AS", "IRR", "IRD", "MD", "ROM"}
        Effect measure of the contrasts.
    events, n, time, mean, sd : array_like of float, shape (k,), optional
        The control arm: events, patients, person-time, mean and standard deviation. HR and IRR
        need `events`; IRD `events` and `time`; OR, RR and RD `events` and `n` (after any continuity
        correction); AS `n`; MD `sd` and `n`; ROM `mean`, `sd` and `n`.

    Returns
    -------
    ndarray of float, shape (k,)
        In squared units of the effect (logs for ratios).

    Raises
    ------
    EffectsError
        If a number is missing or leaves no variance > 0, or the measure is another one.

    Notes
    -----
    With c events among n: log OR :math:`1/c + 1/(n-c)`, log RR :math:`1/c - 1/n`, RD
    :math:`c(n-c)/n^3` [1]_ [2]_; mean difference :math:`s^2/n` [2]_. A log hazard ratio is taken as
    a difference of log hazards with variances 1 / events, so :math:`1/c` [3]_. The remaining
    measures follow in the same way from the variance of the arm's own summary: log ratio of means
    :math:`s^2/(n\bar x^2)`, arcsine :math:`1/(4n)`, rates :math:`1/c` (log) and :math:`c/t^2`.

    .. [1] Gleser LJ, Olkin I. Stochastically dependent effect sizes. In: Cooper H, Hedges LV,
       Valentine JC, eds. The Handbook of Research Synthesis and Meta-Analysis, 2nd ed. New York:
       Russell Sage Foundation, 2009:357-376.
    .. [2] Franchini AJ, Dias S, Ades AE, Jansen JP, Welton NJ. Accounting for correlation in
       network meta-analysis with multi-arm trials. Res Synth Methods 2012;3:142-160.
       doi:10.1002/jrsm.1049
    .. [3] Woods BS, Hawkins N, Scott DA. Network meta-analysis on the log-hazard scale, combining
       count and hazard ratio statistics accounting for multi-arm trials: a tutorial. BMC Med Res
       Methodol 2010;10:54. doi:10.1186/1471-2288-10-54

    Examples
    --------
    >>> control_variance("HR", events=[80, 50])
    array([0.0125, 0.02  ])
    """
    measure_named(measure)
    if measure not in _CONTROL_VARIANCES:
        raise EffectsError(
            f"covariances of {measure} do not follow from the control arm alone; give the matrix "
            f"to Effects(covariance=...), or use one of {', '.join(_CONTROL_VARIANCES)}."
        )
    given = {"events": events, "n": n, "time": time, "mean": mean, "sd": sd}
    names, compute = _CONTROL_VARIANCES[measure]
    missing = [name for name in names if given[name] is None]
    if missing:
        raise EffectsError(
            f"the covariance of {measure} contrasts needs the control arm's {' and '.join(names)}; "
            f"{' and '.join(missing)} not given."
        )
    arrays = [np.asarray(given[name], dtype=float) for name in names]
    with np.errstate(divide="ignore", invalid="ignore"):
        return compute(*arrays)


def shared_control_covariance(
    measure: str, vi: ArrayLike, trial: Sequence[Any], **control: ArrayLike
) -> FloatArray:
    """Sampling covariance of contrasts, those of one trial against the same control arm.

    Parameters
    ----------
    measure : str
        Effect measure of the contrasts; see :func:`control_variance`.
    vi : array_like of float, shape (k,)
        Their sampling variances.
    trial : sequence, length k
        The trial of each contrast. Contrasts of a trial that share no arm need names of their own.
    **control : array_like of float, shape (k,)
        Numbers of each contrast's control arm, the same within a trial: ``events``, ``n``,
        ``time``, ``mean``, ``sd`` as :func:`control_variance` needs them. May be missing (NaN)
        where a trial has one contrast.

    Returns
    -------
    ndarray of float, shape (k, k)
        For :class:`metaonc.Effects`: `vi` on the diagonal, the control arm's variance between
        contrasts of one trial, 0 elsewhere.

    Raises
    ------
    EffectsError
        If contrasts of one trial come with different control arms, or a control arm leaves no
        variance that both of its contrasts exceed.

    Examples
    --------
    >>> shared_control_covariance("HR", [0.04, 0.05, 0.03], ["A", "A", "B"], events=[50, 50, 70])
    array([[0.04, 0.02, 0.  ],
           [0.02, 0.05, 0.  ],
           [0.  , 0.  , 0.03]])
    """
    variances = np.asarray(vi, dtype=float)
    names = list(trial)
    shared = np.broadcast_to(control_variance(measure, **control), variances.shape)
    if len(names) != len(variances):
        raise EffectsError(
            f"trial has {len(names)} names for {len(variances)} contrasts; give one per contrast."
        )
    matrix = np.diag(variances)
    for i, name in enumerate(names):
        for j in range(i):
            if names[j] == name:
                matrix[i, j] = matrix[j, i] = _between(name, shared[[i, j]], variances[[i, j]])
    return matrix


def _between(trial: Any, shared: FloatArray, variances: FloatArray) -> float:
    """Covariance of two contrasts of a trial, checked."""
    first, second = map(float, shared)
    if not (np.isfinite(shared).all() and first > 0):
        raise EffectsError(
            f"{trial}: the numbers of the shared control arm leave no variance > 0; give its "
            "counts (with a continuity correction for an empty cell), or name the contrasts "
            "as different trials if they share no arm."
        )
    if abs(first - second) > 1e-9 * first:
        raise EffectsError(
            f"{trial}: the contrasts come with different control arms (variances {first:g} and "
            f"{second:g}); give the same numbers, or name them as different trials."
        )
    if first >= float(np.sqrt(variances.prod())):
        raise EffectsError(
            f"{trial}: the control arm's variance {first:g} is no less than that of its contrasts "
            f"({variances[0]:g} and {variances[1]:g}); look the numbers up again."
        )
    return first
