"""`selection_model`: a result estimated again as if studies were seen because of their p values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metaonc.diagnostics.selection.selection_choices import SelectionChoices, selection_choices
from metaonc.diagnostics.selection.selection_result import SelectionModel
from metaonc.diagnostics.selection.sides import alternative_of, check_p_values
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.kernels.selection.selection_likelihood import SelectionLikelihood
from metaonc.kernels.selection.selection_models import (
    fit_selection,
    fit_without_selection,
    interval_counts,
    selection_likelihood,
)
from metaonc.pooling import MetaRegression, PooledResult


def selection_model(
    result: PooledResult | MetaRegression,
    type: str = "stepfun",
    *,
    steps: ArrayLike | None = None,
    alternative: str | None = None,
    delta: str | Sequence[float | None] | None = None,
    prec: str | None = None,
) -> SelectionModel:
    r"""Estimate a result again with a model of which studies are seen.

    Study i is seen with a probability proportional to :math:`w(p_i)`, where :math:`p_i` is the p
    value of its own test of no effect. Mean, :math:`\tau^2` and the parameters of w are estimated
    together by maximum likelihood, whatever estimator the result used.

    Parameters
    ----------
    result : PooledResult or MetaRegression
        What to estimate again: random effects, or a fixed effect with :math:`\tau^2 = 0`; a
        :math:`\tau^2` that was given stays as it is.
    type : str, default "stepfun"
        The weight function:

        - ``"stepfun"``: constant between `steps`, relative to the smallest p values [1]_;
        - ``"trunc"``: 1 for effects on the `alternative`'s side of 0, :math:`\delta` on the other;
        - ``"beta"``: :math:`p^{\delta_1-1} (1-p)^{\delta_2-1}` [2]_;
        - ``"halfnormal"``, ``"negexp"``, ``"logistic"``, ``"power"``: :math:`e^{-\delta p^2}`,
          :math:`e^{-\delta p}`, :math:`2 / (1 + e^{\delta p})`, :math:`(1-p)^\delta` [3]_;
        - ``"negexppow"``: :math:`e^{-\delta_1 p^{1/\delta_2}}`.
    steps : float or sequence of float, optional
        For ``"stepfun"``: p values between which weights are constant; default 0.025, or 0.05 for
        a two-sided alternative. For the types in the last two lines: one p value up to which all
        studies are seen.
    alternative : {"greater", "less", "two-sided"}, optional
        Side of the p values, on the analysis scale: ``"less"`` for log ratios below 0. Default: the
        side to which the pooled effect points.
    delta : sequence of float or None, or {"moderate", "severe"}, optional
        Fixed parameters, None for each to be estimated; of a step function one weight for every
        interval, beginning with 1. By name: the weights of Vevea and Woods [4]_, a sensitivity
        analysis for few studies.
    prec : {"sei", "vi"}, optional
        Multiply :math:`\delta` by the study's standard error or variance, relative to the largest:
        imprecise studies are selected more.

    Returns
    -------
    SelectionModel

    Raises
    ------
    DiagnosticsError
        If an argument is not one of the above, the first interval of a step function holds no
        study, or there are fewer studies than parameters; if studies are correlated, come from a
        model of counts or from single arms.

    Notes
    -----
    With few studies the data hardly tell selection from a small effect or from heterogeneity: see
    :ref:`method-selection-models`.

    References
    ----------
    .. [1] Vevea JL, Hedges LV. Psychometrika 1995;60:419-435. doi:10.1007/BF02294384
    .. [2] Citkowicz M, Vevea JL. Psychol Methods 2017;22:28-41. doi:10.1037/met0000119
    .. [3] Preston C, Ashby D, Smyth R. J Eval Clin Pract 2004;10:313-322.
       doi:10.1111/j.1365-2753.2003.00457.x
    .. [4] Vevea JL, Woods CM. Psychol Methods 2005;10:428-443. doi:10.1037/1082-989X.10.4.428

    Examples
    --------
    >>> import metaonc as mo
    >>> result = mo.pool(
    ...     mo.Effects(
    ...         [-0.9, -0.7, -0.6, -0.5, -0.45, -0.4, -0.3, -0.2, -0.1, 0.05],
    ...         [0.09, 0.08, 0.06, 0.05, 0.04, 0.03, 0.05, 0.02, 0.03, 0.02],
    ...         measure="HR",
    ...     )
    ... )
    >>> found = mo.selection_model(result)
    >>> print(
    ...     f"{found.estimate:.3f} instead of {found.unadjusted:.3f}, LR test p = {found.lr_p:.2f}"
    ... )
    -0.083 instead of -0.339, LR test p = 0.01
    """
    check_p_values(result, "a selection model")
    side = alternative_of(result, alternative)
    choices = selection_choices(type, side, steps, delta, prec)
    likelihood = _likelihood(result, choices)
    counts, given = _counted(likelihood, choices)
    tau2 = _tau2(result)
    _check_size(result, given, tau2)
    return SelectionModel(
        result=result,
        selection=choices,
        counts=counts,
        _likelihood=likelihood,
        _given=given,
        _tau2_given=tau2,
        _fit=fit_selection(likelihood, given=given, tau2=tau2),
        _null=fit_without_selection(likelihood, tau2=tau2),
    )


def _likelihood(
    result: PooledResult | MetaRegression, choices: SelectionChoices
) -> SelectionLikelihood:
    effects = result.effects
    x = result.design.matrix if isinstance(result, MetaRegression) else np.ones((effects.k, 1))
    imprecision = {"sei": effects.sei, "vi": effects.vi, None: None}[choices.prec]
    return selection_likelihood(
        -effects.yi if choices.alternative == "less" else effects.yi,
        effects.vi,
        x,
        kind=choices.type,
        cuts=np.array(choices.steps),
        two_sided=choices.alternative == "two-sided",
        imprecision=imprecision,
    )


def _counted(
    likelihood: SelectionLikelihood, choices: SelectionChoices
) -> tuple[tuple[int, ...], FloatArray]:
    """Studies in each interval, and what is given: the weight of an empty interval is 0."""
    if not choices.stepped:
        return _checked_threshold(likelihood, choices), choices.given
    counts = interval_counts(likelihood)
    estimated = np.isnan(choices.given)
    if estimated.any() and counts[0] == 0:
        raise DiagnosticsError(_empty_first(likelihood, choices))
    given = np.where(estimated & (counts[1:] == 0), 0.0, choices.given)
    return tuple(map(int, counts)), given


def _empty_first(likelihood: SelectionLikelihood, choices: SelectionChoices) -> str:
    cut, smallest = choices.steps[0], float(np.exp(likelihood.p.log_p.min()))
    if choices.type == "trunc":
        return (
            "no effect lies on the side from which studies are seen, and weights are relative to "
            "that side; choose the other alternative."
        )
    return (
        f"no study has a p value up to {cut:g} (alternative {choices.alternative!r}; the smallest "
        f"is {smallest:.2g}), and weights are relative to those that have: start `steps` higher, "
        "or fix the weights with `delta`."
    )


def _checked_threshold(
    likelihood: SelectionLikelihood, choices: SelectionChoices
) -> tuple[int, ...]:
    """Studies up to the p value at which all are seen, and beyond; both are needed."""
    if not choices.steps:
        return (len(likelihood.yi),)
    full = int((likelihood.p.log_p <= np.log(choices.steps[0])).sum())
    beyond = len(likelihood.yi) - full
    if not choices.all_given and (full == 0 or beyond == 0):
        raise DiagnosticsError(
            f"steps = {choices.steps[0]:g} needs a p value on either side, and {full} of "
            f"{full + beyond} studies lie below it (alternative {choices.alternative!r}); choose "
            "another, or leave `steps` out."
        )
    return full, beyond


def _tau2(result: PooledResult | MetaRegression) -> float | None:
    """tau² if it is not to be estimated: 0 for a fixed effect, or the given value."""
    choices: Any = result.choices
    if choices.model == "fixed":
        return 0.0
    return None if isinstance(choices.tau2, str) else float(choices.tau2)


def _check_size(
    result: PooledResult | MetaRegression, given: FloatArray, tau2: float | None
) -> None:
    p = result.p if isinstance(result, MetaRegression) else 1
    parameters = p + (tau2 is None) + int(np.isnan(given).sum())
    if result.k < parameters:
        raise DiagnosticsError(
            f"the selection model has {parameters} parameters, and there are {result.k} studies; "
            "fix parameters with `delta`, e.g. delta='severe'."
        )
