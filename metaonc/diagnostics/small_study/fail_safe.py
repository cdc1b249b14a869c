"""`fail_safe_n`: how many studies without an effect it would take to overturn a result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.special import ndtr, ndtri

from metaonc.diagnostics.small_study.guards import checked_alpha, pooled
from metaonc.diagnostics.small_study.precision import chosen
from metaonc.diagnostics.small_study.repooled import mean_fit
from metaonc.diagnostics.words import p_cell
from metaonc.effects import Effects
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.pooling import PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd

_SOURCES = {
    "rosenthal": (
        "Stouffer's combination of the studies' z values, one-sided (Rosenthal, Psychol Bull "
        "1979;86:638-641)"
    ),
    "orwin": ("The mean effect, diluted to the target (Orwin, J Educ Stat 1983;8:157-159)"),
    "rosenberg": "The common effect, two-sided (Rosenberg, Evolution 2005;59:464-468)",
    "general": (
        "The result's model, two-sided: the added studies have true effects around 0 with the same "
        "between-study variance, and the harmonic mean of the sampling variances"
    ),
}
METHODS = tuple(_SOURCES)
_MOST = 2**40  # more missing studies than this is infinitely many


@dataclass(frozen=True, eq=False, repr=False)
class FailSafeN(Finding):
    """How many studies averaging no effect would overturn a result. Made by `fail_safe_n`.

    Attributes
    ----------
    result : PooledResult
        What would be overturned.
    method : str
        As in :func:`metaonc.fail_safe_n`.
    n : float
        The smallest such number; 0 if there is nothing to overturn, infinite if none is enough.
    alpha : float
        The level the p value would have to pass; NaN for a target.
    target : float
        The mean effect that would have to be reached, on the analysis scale; NaN for a level.
    estimate : float
        The mean effect of the method.
    p_value : float
        Its p value; NaN for a target.
    """

    result: PooledResult
    method: str
    n: float
    alpha: float
    target: float
    estimate: float
    p_value: float
    kind: ClassVar[str] = "fail-safe number"

    def to_frame(self) -> pd.DataFrame:
        """One row: ``method n alpha target estimate p_value``."""
        import pandas as pd

        return pd.DataFrame([self.numbers()])

    def numbers(self) -> dict[str, Any]:
        """The row of the table."""
        names = ("method", "n", "alpha", "target", "estimate", "p_value")
        return {name: getattr(self, name) for name in names}

    @property
    def title(self) -> str:
        """The number."""
        return f"Fail-safe number of studies, {self.method}: {self.n:.0f}"

    def cells(self) -> list[list[str]]:
        """One number needs no table."""
        return []

    @property
    def sentences(self) -> Sequence[str]:
        """What the number means, and what it does not."""
        scale = self.result.effects.scale
        if math.isnan(self.target):
            goal = f"to bring p, now {p_cell(self.p_value)}, above {self.alpha:g}"
        else:
            shown = float(self.result.effects.display(self.target))
            goal = f"to bring the mean to {scale.name} {scale.number(shown)}"
        return (
            (
                f"{self.n:.0f} studies that average no effect would be needed {goal}; there are "
                f"{self.result.k}."
            ),
            f"{_SOURCES[self.method]}.",
            (
                "It does not estimate how many studies are missing, and those may point the other "
                "way (Becker, in: Rothstein et al., eds., Publication Bias in Meta-Analysis, "
                "2005)."
            ),
        )


def fail_safe_n(
    result: PooledResult,
    method: str = "rosenthal",
    *,
    alpha: float = 0.05,
    target: float | None = None,
    weighted: bool = True,
) -> FailSafeN:
    r"""Number of unpublished studies without an effect that would overturn the result.

    Parameters
    ----------
    result : PooledResult
        Independent effects with a null value.
    method : {"rosenthal", "orwin", "rosenberg", "general"}, default "rosenthal"
        ``"rosenthal"``: from the sum of z values; ``"rosenberg"``: from the common effect;
        ``"general"``: from the model of the result; ``"orwin"``: until the mean is the target.
    alpha : float, default 0.05
        Level that the p value has to pass: one-sided for ``"rosenthal"``, else two-sided.
    target : float, optional
        For ``"orwin"`` and ``"general"``: the mean, on the displayed scale, at which the result no
        longer matters. Default: for ``"orwin"`` half the mean on the analysis scale, whose answer
        is always k; for ``"general"`` none, the p value decides.
    weighted : bool, default True
        For ``"orwin"``: whether the mean is weighted by precision or plain.

    Returns
    -------
    FailSafeN

    Raises
    ------
    DiagnosticsError
        If an argument is not one of the above or goes with another method, or the measure has no
        null value.

    Notes
    -----
    With :math:`w_i = 1/v_i`. Rosenthal: :math:`(\sum z_i)^2 / z_\alpha^2 - k`. Rosenberg:
    :math:`(k / \sum w_i) \{ (\sum w_i y_i)^2 / z_{\alpha/2}^2 - \sum w_i \}`. Orwin: :math:`k
    (\bar y - y^*) / y^*`. General: N studies of a second population, whose true effects vary by
    :math:`\tau^2` around 0, make the between-study variance :math:`\tau^2 + kN\hat\mu^2/(k+N)^2`;
    they have the variance :math:`k / \sum w_i` and add nothing to :math:`\sum w_i y_i`. The
    number is rounded up.

    Examples
    --------
    >>> import metaonc as mo
    >>> fit = mo.pool(mo.load_registry().effects("pfs"))
    >>> mo.fail_safe_n(fit, "rosenberg")
    <FailSafeN: Fail-safe number of studies, rosenberg: 122>
    """
    effects = pooled(result, "fail_safe_n()").effects
    chosen("method", method, METHODS)
    alpha = checked_alpha(alpha)
    if effects.scale.null is None:
        raise DiagnosticsError(
            f"a {effects.scale.name} of one group has no null value, so that there is no effect "
            "to overturn."
        )
    if target is not None and method not in ("orwin", "general"):
        raise DiagnosticsError(
            f"target = {target!r} goes with 'orwin' and 'general', not {method!r}; leave it out."
        )
    if method == "rosenthal":
        n, estimate, p = _rosenthal(effects, alpha)
    elif method == "rosenberg":
        n, estimate, p = _rosenberg(effects, alpha)
    else:
        goal = math.nan if target is None else float(effects.analysis(target))
        if method == "orwin":
            return _orwin(result, goal, weighted)
        return _general(result, goal, alpha)
    return FailSafeN(result, method, _whole(n), alpha, math.nan, estimate, p)


def _whole(n: float) -> float:
    """The number, rounded up; a whole number stays what it is in spite of rounding."""
    if not math.isfinite(n):
        return math.inf
    near = round(n)
    return float(max(0, near if abs(n - near) <= 1e-9 * max(1.0, abs(n)) else math.ceil(n)))


def _rosenthal(effects: Effects, alpha: float) -> tuple[float, float, float]:
    z = float((effects.yi / effects.sei).sum()) / math.sqrt(effects.k)
    n = effects.k * (z / float(ndtri(1 - alpha))) ** 2 - effects.k
    return n, math.nan, float(ndtr(-abs(z)))


def _rosenberg(effects: Effects, alpha: float) -> tuple[float, float, float]:
    w = effects.vi.min() / effects.vi  # relative: z stays, the sum of weights cancels
    mean = float((w * effects.yi).sum() / w.sum())
    z = mean / math.sqrt(effects.vi.min() / w.sum())
    n = effects.k * ((z / float(ndtri(1 - alpha / 2))) ** 2 - 1)
    return n, mean, float(2 * ndtr(-abs(z)))


def _orwin(result: PooledResult, goal: float, weighted: bool) -> FailSafeN:
    effects = result.effects
    w = 1 / effects.vi if weighted else np.ones(effects.k)
    mean = float((w * effects.yi).sum() / w.sum())
    goal = mean / 2 if math.isnan(goal) else math.copysign(goal, mean)
    n = math.inf if goal == 0 else effects.k * (mean - goal) / goal
    return FailSafeN(result, "orwin", _whole(n), math.nan, goal, mean, math.nan)


def _general(result: PooledResult, goal: float, alpha: float) -> FailSafeN:
    effects = result.effects
    found = mean_fit(effects, result.choices)
    mean, tau2, p = float(found.estimate), float(found.tau2), float(found.p_value)
    if math.isnan(goal):
        most = float(ndtri(1 - alpha / 2))
        n = _smallest(lambda added: _diluted(effects, mean, tau2, added)[1] < most)
        return FailSafeN(result, "general", n, alpha, math.nan, mean, p)
    goal = math.copysign(goal, mean)
    n = math.inf
    if goal != 0:
        n = _smallest(lambda added: np.abs(_diluted(effects, mean, tau2, added)[0]) <= abs(goal))
    return FailSafeN(result, "general", n, math.nan, goal, mean, p)


def _diluted(
    effects: Effects, mean: float, tau2: float, added: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Mean and size of z with that many studies added, shape of `added`."""
    k, vi = effects.k, effects.vi
    typical = k / float((1 / vi).sum())
    between = tau2 + mean**2 * k * added / (k + added) ** 2
    w = 1 / (vi + between[..., None])
    total = w.sum(axis=-1) + added / (typical + between)
    sums = (w * effects.yi).sum(axis=-1)
    return sums / total, np.abs(sums) / np.sqrt(total)


def _smallest(enough: Any) -> float:
    """The smallest whole number that is enough: all small ones looked at, then by halves."""
    few = np.arange(1024.0)
    there = np.asarray(enough(few))
    if there.any():
        return float(np.argmax(there))
    low, high = 1023, 2048
    while not enough(np.asarray([float(high)]))[0]:
        low, high = high, 2 * high
        if high > _MOST:
            return math.inf
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(np.asarray([float(middle)]))[0] else (middle, high)
    return float(high)
