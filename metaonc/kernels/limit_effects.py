r"""The model behind a limit meta-analysis: effects that go with the spread of a study.

:math:`y_i = \beta + \sqrt{v_i + \tau^2} (\alpha + \varepsilon_i)`, Rücker et al., Biostatistics
2011;12:122-142. doi:10.1093/biostatistics/kxq046
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metaonc.kernels.arrays import FloatArray
from metaonc.kernels.moderators import Regression, regression


class LimitEffects(NamedTuple):
    """The line, the limit studies, and what they have in common.

    Attributes
    ----------
    alpha, beta : float
        Intercept and slope of the line in the radial plot: small-study effect and effect.
    limits : ndarray, shape (k,)
        Effects of infinitely large studies.
    adjusted : dict of str to (float, float)
        Adjusted effects with their standard errors, by method: "beta0", "betalim", "mulim".
    q, q_residual : float
        Cochran's Q, and what a line on the standard errors leaves of it.
    g2 : float
        Share of the variation of the limit studies in their radial plot that their line leaves.
    """

    alpha: float
    beta: float
    limits: FloatArray
    adjusted: dict[str, tuple[float, float]]
    q: float
    q_residual: float
    g2: float


def limit_effects(yi: FloatArray, vi: FloatArray, tau2: float) -> LimitEffects:
    """Fit the model to studies whose standard errors are not all the same.

    Parameters
    ----------
    yi, vi : ndarray, shape (k,)
        Effects and variances, k > 2.
    tau2 : float
        Between-study variance.
    """
    unit = float(np.sqrt(vi.min()))  # so that nothing depends on the unit of the effects
    tau, sei = float(np.sqrt(tau2)), np.sqrt(vi)
    spread = np.hypot(sei, tau)
    # y/s on 1/s in the radial plot is y on s with weights 1/s², slope and intercept exchanged.
    line = _line(yi, spread, spread / unit)
    beta, alpha = float(line.coefficients[0]), float(line.coefficients[1]) / unit
    limits = beta + tau / spread * (yi - beta)
    limit_line = _line(limits, sei, sei / unit)
    w = 1 / vi
    means = [float((w * values).sum() / w.sum()) for values in (yi, limits)]
    return LimitEffects(
        alpha=alpha,
        beta=beta,
        limits=limits,
        adjusted={
            "beta0": (beta + tau * alpha, _error(line, [1.0, tau / unit])),
            "betalim": (float(limit_line.coefficients[0]), _error(limit_line, [1.0, 0.0])),
            "mulim": (means[1], float(w.sum() ** -0.5)),
        },
        q=float((w * (yi - means[0]) ** 2).sum()),
        q_residual=float(_line(yi, sei, sei / unit).heterogeneity.q),
        g2=_unexplained(limits / sei, (limits - limit_line.fitted) / sei),
    )


def _line(y: FloatArray, s: FloatArray, x: FloatArray) -> Regression:
    return regression(y, s**2, np.column_stack([np.ones(len(x)), x]), model="fixed", ci="wald")


def _error(line: Regression, combination: list[float]) -> float:
    """Standard error of a combination of the coefficients at unit residual variance."""
    return float(np.sqrt(((np.array(combination) @ line.root) ** 2).sum()))


def _unexplained(radial: FloatArray, residuals: FloatArray) -> float:
    whole = float(((radial - radial.mean()) ** 2).sum())
    return float((residuals**2).sum()) / whole if whole > 0 else 0.0
