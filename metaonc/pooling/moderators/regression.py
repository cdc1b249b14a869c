"""`regress`: effects and moderators -> a meta-regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from metaonc.effects import Effects
from metaonc.errors import PoolingError
from metaonc.kernels import moderators as kernel
from metaonc.pooling.choices import REGRESSION_INTERVALS, choose
from metaonc.pooling.moderators.formulas import design_of
from metaonc.pooling.moderators.meta_regression import MetaRegression


def regress(
    effects: Effects,
    moderators: Any,
    *,
    names: Sequence[str] | None = None,
    model: str | None = None,
    tau2: str | float | None = None,
    ci: str | None = None,
    level: float | None = None,
    policy: str | None = None,
) -> MetaRegression:
    """Regress study effects on moderators (a mixed-effects model).

    Parameters
    ----------
    effects : Effects
        The studies.
    moderators : str, DataFrame or array_like of shape (k, p)
        A formula over the effects' columns, e.g. ``"agent + year"``, ``"C(line)"``,
        ``"agent * year"``, ``"0 + agent"`` (also over `vi` and `sei`; an intercept is added unless
        the formula takes it out; formulas are evaluated as Python, so take them from people you
        trust); a table whose columns are all moderators, to which an intercept is added; or the
        whole design matrix. Text is treatment-coded, the first value in sorted order being the
        reference. Studies with a missing moderator are left out and listed.
    names : sequence of str, optional
        Names of the columns of a matrix.
    model : {"fixed", "random"}, optional
        Without or with residual heterogeneity. Default: the policy's.
    tau2 : str or float, optional
        Estimator of the residual between-study variance, or a value >= 0. Default: the policy's.
    ci : {"auto", "wald", "t", "hksj", "hksj-adhoc"}, optional
        Tests and intervals. ``"auto"``: Hartung-Knapp where tau² > 0 and k - p > 1, else Wald.
        Default: the policy's for random effects, Wald for a fixed effect.
    level : float, optional
        Confidence level as a fraction. Default: the policy's, 0.95.
    policy : str, optional
        Name of the set of choices that the other arguments modify.

    Returns
    -------
    MetaRegression

    Raises
    ------
    PoolingError
        If an argument is not one of the above, a column is unknown, columns are combinations of
        others, or there are no more studies than coefficients.

    Examples
    --------
    >>> import metaonc as mo
    >>> from metaonc.pooling.moderators.regression import regress
    >>> regress(mo.load_registry().effects("pfs"), "line")
    <MetaRegression: hazard ratio on Intercept, line[T.first line], k = 6, mixed effects, ...>
    """
    choices = choose(
        model=model, tau2=tau2, ci=ci, level=level, policy=policy, intervals=REGRESSION_INTERVALS
    )
    if effects.covariance is not None:
        raise PoolingError(
            "moderators are for independent effects, and these have a known covariance; pool them "
            "without moderators, or keep one contrast of each trial."
        )
    used, design = design_of(effects, moderators, names)
    found = kernel.regression(
        used.yi,
        used.vi,
        design.matrix,
        model=choices.model,
        tau2=choices.tau2,
        ci=choices.ci,
        level=choices.level,
    )
    if not np.isfinite(found.coefficients).all():
        raise PoolingError(
            "the weights of the studies differ so much that the coefficients cannot be told apart; "
            "use fewer moderators."
        )
    return MetaRegression(used, choices, design, found)
