"""`influence`: how much each study, or each trial, moves the result."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple, overload

import numpy as np

from metaonc.diagnostics.deletion.influence_tables import GroupInfluence, Influence
from metaonc.diagnostics.deletion.members import groups_of, pooled_or_regression
from metaonc.diagnostics.refits import all_but_each, in_one_batch, refit, refit_regression
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray, studies
from metaonc.kernels.influence import (
    Coefficients,
    group_residuals,
    group_variances,
    moved,
    study_residuals,
    variances,
)
from metaonc.kernels.subsets import SubsetFits, fit_subsets
from metaonc.pooling import MetaRegression, PooledResult
from metaonc.pooling.data import between_correlation, trials_of


class _Fits(NamedTuple):
    """A fit of all studies and fits without something."""

    x: FloatArray
    whole: Coefficients
    without: Coefficients
    q: FloatArray


@overload
def influence(result: PooledResult | MetaRegression, by: None = None) -> Influence: ...
@overload
def influence(result: PooledResult | MetaRegression, by: str) -> GroupInfluence: ...
def influence(
    result: PooledResult | MetaRegression, by: str | None = None
) -> Influence | GroupInfluence:
    """Measure how much each study, or each group of studies, moves a result.

    Parameters
    ----------
    result : PooledResult or MetaRegression
        The result; tau² that was estimated is estimated anew without each study.
    by : str, optional
        Column of the effects whose groups are left out together, e.g. ``"trial"``. Default: each
        study by itself. Effects with a known covariance need one; for them ``"trial"`` also works
        without such a column, and then takes effects that covary as one trial.

    Returns
    -------
    Influence
        Residuals, DFFITS, Cook's distance, covariance ratio, tau² and Q without the study, hat
        value, weight, DFBETAS, and whether the study counts as influential, and by which rule;
        draw it with :func:`metaonc.influence_plot`.
    GroupInfluence
        With `by`: the test of the group against the fit without it, Cook's distance, covariance
        ratio, tau² and Q without it, DFBETAS.

    Raises
    ------
    DiagnosticsError
        If there are fewer than two studies or groups, or the result is a model of counts or has an
        interval by Henmi and Copas, for which these measures are not defined.
    EffectsError
        If there is no such column.

    Notes
    -----
    Viechtbauer & Cheung, Res Synth Methods 2010;1:112-125. doi:10.1002/jrsm.11. Formulas:
    :func:`metaonc.kernels.influence.study_residuals` and :func:`metaonc.kernels.influence.moved`.
    Covariances of the coefficients are those from the weights alone, whatever the interval.

    Examples
    --------
    >>> import metaonc as mo
    >>> found = mo.influence(mo.pool(mo.load_registry().effects("pfs")))
    >>> found.to_frame()[["label", "rstudent", "cooks_distance", "hat"]].round(2)
               label  rstudent  cooks_distance   hat
    0  BOLERO-2 2012     -1.48            0.52  0.21
    ...
    >>> [label for label, flag in zip(found.result.effects.labels, found.influential) if flag]
    ['BOLERO-2 2012', 'HORIZON 2013']
    """
    checked(result)
    if by is None and result.effects.covariance is not None:
        raise DiagnosticsError(
            "these effects covary, and leaving out one leaves part of it behind; "
            "use influence(result, by='trial')."
        )
    members = result.effects.labels if by is None else _groups(result, by)
    names, keep = all_but_each(members)
    if len(names) < 2:
        raise DiagnosticsError("influence needs two studies or groups at least; there is one.")
    labels = tuple(map(str, names))
    fits = _fits_of(result, keep)
    if by is not None:
        return _by_group(result, by, labels, ~keep, fits)
    effects = result.effects
    found = study_residuals(effects.yi, effects.vi, fits.x, fits.whole, fits.without)
    change = moved(fits.whole, fits.without, variances(effects.vi, fits.x, fits.without.tau2))
    return Influence(result, found, change, fits.without.tau2, fits.q, _weights(result))


def checked(result: PooledResult | MetaRegression) -> None:
    """Refuse results for which residuals and influence are not defined."""
    choices = pooled_or_regression(result).choices
    if choices.count_model is not None or choices.ci == "hc":
        what = choices.count_model or choices.ci
        raise DiagnosticsError(
            f"influence measures are not defined for {what!r}: they are about a mean weighted by "
            "its own model; use leave_one_out(result)."
        )


def _groups(result: PooledResult | MetaRegression, by: str) -> tuple[str, ...]:
    effects = result.effects
    if by == "trial" and by not in effects.columns and effects.covariance is not None:
        return tuple(map(str, trials_of(effects)))
    return groups_of(effects, by)


def _fits_of(result: PooledResult | MetaRegression, keep: np.ndarray) -> _Fits:
    """The fit, and the fits without something, as coefficients with the roots of covariances."""
    if isinstance(result, MetaRegression):
        found, parts = result._fit, refit_regression(result, keep)
        whole = Coefficients(found.coefficients, found.root, np.asarray(found.tau2))
        without = Coefficients(parts.coefficients, parts.root, parts.tau2)
        return _Fits(design_of(result), whole, without, parts.heterogeneity.q)
    mean = result._fit
    one = Coefficients(
        np.reshape(mean.estimate, 1), np.reshape(mean.wald_se, (1, 1)), np.asarray(mean.tau2)
    )
    each = _means(result, keep)
    without = Coefficients(each.estimate[:, None], each.wald_se[:, None, None], each.tau2)
    return _Fits(design_of(result), one, without, each.q)


def _means(result: PooledResult, keep: np.ndarray) -> SubsetFits:
    """Means without something; no interval is read, so none is made."""
    choices = result.choices
    plain = PooledResult(result.effects, replace(choices, ci="wald"), result._fit)
    if in_one_batch(plain):
        whole = studies(result.effects.yi, result.effects.vi)
        return fit_subsets(whole, keep, model=choices.model, tau2=choices.tau2)
    found = refit(plain, keep)
    spread = found.heterogeneity
    shares = spread.i2_from_tau2, spread.i2_from_q
    return SubsetFits(found.estimate, found.wald_se, found.tau2, spread.q, *shares)


def design_of(result: PooledResult | MetaRegression) -> FloatArray:
    """The design matrix, shape (k, p): for a mean a column of ones."""
    if isinstance(result, MetaRegression):
        return result.design.matrix
    return np.ones((result.k, 1))


def _weights(result: PooledResult | MetaRegression) -> FloatArray:
    """Share of each study in the weights, shape (k,)."""
    if isinstance(result, PooledResult):
        return result.weights
    weights = 1 / (result.effects.vi + result.tau2)
    return np.asarray(weights / weights.sum())


def _by_group(
    result: PooledResult | MetaRegression,
    by: str,
    labels: tuple[str, ...],
    out: np.ndarray,
    fits: _Fits,
) -> GroupInfluence:
    effects = result.effects
    sampling = np.diag(effects.vi) if effects.covariance is None else effects.covariance
    shared = between_correlation(effects, result.choices)
    between = np.eye(effects.k) if shared is None else shared
    groups = [np.flatnonzero(row) for row in out]
    distance = group_residuals(effects.yi, sampling, between, fits.x, groups, fits.without)
    spread = group_variances(sampling, between, fits.x, fits.without.tau2)
    change = moved(fits.whole, fits.without, spread)
    weights = np.array([_weights(result)[group].sum() for group in groups])
    sizes = out.sum(axis=1)
    tau2 = fits.without.tau2
    return GroupInfluence(result, by, labels, sizes, distance, change, tau2, fits.q, weights)
