"""`asymmetry_test`: whether small studies have other effects than large ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from metaonc.diagnostics.small_study.asymmetry_methods import (
    METHODS,
    Material,
    Method,
    default_method,
)
from metaonc.diagnostics.small_study.asymmetry_results import (
    AsymmetryTest,
    RankTest,
    RegressionTest,
)
from metaonc.diagnostics.small_study.guards import MINIMUM, independent, too_few
from metaonc.diagnostics.small_study.precision import PREDICTORS, WITH_LIMIT, chosen
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.kernels.moderators import Regression, aliased, regression
from metaonc.kernels.rank_correlation import rank_correlation
from metaonc.kernels.score_tests import standardised
from metaonc.pooling import MetaRegression, PooledResult
from metaonc.pooling.choices import REGRESSION_INTERVALS

_ROUNDING = 8.0  # roundings behind a residual


def asymmetry_test(
    result: PooledResult | MetaRegression,
    method: str | None = None,
    *,
    predictor: str | None = None,
    exact: bool | None = None,
    minimum: int = MINIMUM,
) -> AsymmetryTest:
    r"""Test a funnel plot for asymmetry: whether effects go with the size of the studies.

    Parameters
    ----------
    result : PooledResult or MetaRegression
        Independent effects. Moderators stay in the regressions ``"egger"``, ``"egger-random"``
        and ``"thompson-sharp"``; the other tests are for a pooled result.
    method : str, optional
        Regressions of any measure: ``"egger"``, ``"egger-random"`` (with the model, estimator of
        tau² and test of the result), ``"thompson-sharp"``, ``"macaskill"`` (needs numbers of
        patients). Of two-arm counts: ``"harbord"``, ``"peters"`` (odds and risk ratios),
        ``"deeks"`` (odds ratios), and of arcsine differences ``"as-egger"``,
        ``"as-thompson-sharp"``. Of standardised mean differences: ``"pustejovsky"``. Rank
        correlations: ``"begg"`` (any measure), ``"schwarzer"`` (odds ratios), ``"as-begg"``.
        Default: ``"harbord"`` for odds ratios with counts, ``"pustejovsky"`` for standardised
        mean differences with sample sizes, ``"egger"`` otherwise.
    predictor : {"se", "variance", "1/n", "1/sqrt(n)", "n", "sqrt(n)"}, optional
        What ``"egger"`` and ``"egger-random"`` regress on. Default: the standard error.
    exact : bool, optional
        Whether the p value of a rank test is exact. Default: where no values are tied.
    minimum : int, default 10
        With fewer studies the test is not done, and the finding says why.

    Returns
    -------
    AsymmetryTest
        A `RegressionTest`, a `RankTest`, or one whose `reason` says why it was not done.

    Raises
    ------
    DiagnosticsError
        If the method does not exist or does not apply to the measure, what it needs is not known,
        an argument goes with other methods, or the effects have a known covariance.

    Notes
    -----
    Weighted least squares of the effects on the predictor [1]_; the test is that of the slope.
    Definitions where programs differ, and what every method regresses on what, are in
    :doc:`/methods/small-study-effects`.

    .. [1] Egger M, Davey Smith G, Schneider M, Minder C. BMJ 1997;315:629-634.
       doi:10.1136/bmj.315.7109.629

    Examples
    --------
    >>> import metaonc as mo
    >>> fit = mo.pool(mo.load_registry().effects("pfs"))
    >>> mo.asymmetry_test(fit)
    <AsymmetryTest: Funnel plot asymmetry, egger: not done>
    >>> mo.asymmetry_test(fit).reason
    '6 studies: with fewer than 10 a test of asymmetry has too little power to tell it from ...'
    >>> mo.asymmetry_test(fit, minimum=3)
    <RegressionTest: Funnel plot asymmetry, egger: p = 0.72, k = 6>
    """
    effects = independent(result, "asymmetry_test()")
    name = one_known(default_method(effects) if method is None else method)
    way = METHODS[name]
    _check(result, name, way, predictor, exact)
    said: dict[str, Any] = {"result": result, "method": name, "words": way.words}
    on = way.predictor if predictor is None else predictor
    material = way.material(effects, on)
    there: NDArray[np.bool_] = np.asarray(np.isfinite(np.stack(material)).all(axis=0))
    said["left_out"] = tuple(np.asarray(effects.labels, dtype=object)[~there])
    said["k"] = int(there.sum())
    material = Material(*(values[there] for values in material))
    reason = too_few(said["k"], minimum)
    if reason:
        return AsymmetryTest(**said, reason=reason)
    if way.kind in ("ranks", "expected"):
        return _ranks(way, material, exact, said)
    return _regression(result, way, material, there, on, said)


def one_known(method: str) -> str:
    """The method's name, or an error that lists them."""
    if method not in METHODS:
        raise DiagnosticsError(
            f"method = {method!r} is not one of {', '.join(map(repr, METHODS))}."
        )
    return method


def _check(
    result: PooledResult | MetaRegression,
    name: str,
    way: Method,
    predictor: str | None,
    exact: bool | None,
) -> None:
    measure = result.effects.scale
    if way.measures and measure.code not in way.measures:
        raise DiagnosticsError(
            f"method = {name!r} is for {', '.join(way.measures)}, and these effects are "
            f"{measure.code}; use 'egger', or leave method out."
        )
    if isinstance(result, MetaRegression) and not (way.free or name == "thompson-sharp"):
        raise DiagnosticsError(
            f"method = {name!r} has no place for moderators; use 'egger', 'egger-random' or "
            "'thompson-sharp', or give it the result of pool()."
        )
    if predictor is not None:
        if not way.free:
            raise DiagnosticsError(
                f"predictor = {predictor!r} goes with 'egger' and 'egger-random'; method = "
                f"{name!r} has its own. Leave it out."
            )
        chosen("predictor", predictor, PREDICTORS)
    if way.kind == "model" and result.choices.ci not in REGRESSION_INTERVALS:
        raise DiagnosticsError(
            f"method = {name!r} has the test of the result, and ci = {result.choices.ci!r} is none "
            f"of a regression; pool with one of {', '.join(map(repr, REGRESSION_INTERVALS))}, or "
            "use 'egger'."
        )
    if exact is not None and way.kind not in ("ranks", "expected"):
        raise DiagnosticsError(
            f"exact = {exact!r} goes with rank tests, and method = {name!r} is a regression; "
            "leave it out."
        )


def _ranks(
    way: Method, material: Material, exact: bool | None, said: dict[str, Any]
) -> AsymmetryTest:
    if said["k"] < 2:
        return AsymmetryTest(**said, reason="a correlation needs 2 studies at least")
    if way.kind == "ranks":
        values = standardised(material.yi, material.vi)
    else:
        values = material.yi / np.sqrt(material.vi)
    found = rank_correlation(values, material.x, exact=exact)
    if np.isnan(found.p_value):
        return AsymmetryTest(**said, reason="all studies have the same rank, of effects or of size")
    return RankTest(**said, **found._asdict())


def _regression(
    result: PooledResult | MetaRegression,
    way: Method,
    material: Material,
    there: NDArray[np.bool_],
    on: str,
    said: dict[str, Any],
) -> AsymmetryTest:
    moderated = isinstance(result, MetaRegression)
    base = result.design.matrix[there] if isinstance(result, MetaRegression) else _ones(said["k"])
    design = np.column_stack([base, material.x])
    p = design.shape[1]
    if aliased(design):
        with_others = " or follow from the moderators" if moderated else ""
        said["reason"] = f"the values of {on} are the same in all studies{with_others}"
        return AsymmetryTest(**said)
    if said["k"] <= p:
        return AsymmetryTest(**said, reason=f"a line with its error needs {p + 1} studies at least")
    found = _fitted(result, way, material, design)
    if way.kind == "multiplied" and _on_the_line(material, found):
        reason = "the effects lie on a line but for rounding, which leaves no scatter to test with"
        return AsymmetryTest(**said, reason=reason)
    inference = found.inference
    said |= {name: float(getattr(inference, name)[-1]) for name in ("statistic", "p_value")}
    if (on in WITH_LIMIT or on not in PREDICTORS) and not (moderated or way.arcsine):
        limits = (found.coefficients[0], inference.low[0], inference.high[0])
        said |= dict(zip(("limit", "limit_low", "limit_high"), map(float, limits), strict=True))
    return RegressionTest(
        **said,
        predictor=on,
        bias=float(found.coefficients[-1]),
        bias_se=float(inference.se[-1]),
        df=float(found.df),
        tau2=float(found.tau2),
        dispersion=float(found.factor),
    )


def _on_the_line(material: Material, found: Regression) -> bool:
    """Whether the scatter around the line is what rounding leaves of it."""
    rounding = _ROUNDING * np.finfo(float).eps * np.abs(material.yi).max() / np.sqrt(material.vi)
    return bool(found.factor <= (rounding**2).sum())


def _ones(k: int) -> FloatArray:
    return np.ones((k, 1))


def _fitted(
    result: PooledResult | MetaRegression, way: Method, material: Material, design: FloatArray
) -> Regression:
    choices = result.choices
    how: dict[str, Any] = {"level": choices.level}
    if way.kind == "multiplied":
        how |= {"model": "fixed", "ci": "hksj"}
    elif way.kind == "added":
        how |= {"model": "random", "tau2": "DL", "ci": "t"}
    else:
        how |= {"model": choices.model, "tau2": choices.tau2, "ci": choices.ci}
    return regression(material.yi, material.vi, design, **how)
