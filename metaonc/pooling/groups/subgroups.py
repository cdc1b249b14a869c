"""`subgroups`: the same pooling within each group, and a test of difference between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from metaonc.effects import Effects
from metaonc.errors import PoolingError
from metaonc.kernels import fit, studies
from metaonc.pooling.choices import (
    NEEDS_TWO_STUDIES,
    SIMULATED_INTERVALS,
    THEIR_TAU2,
    Choices,
)
from metaonc.pooling.data import estimator_of
from metaonc.pooling.groups.subgroup_result import SubgroupResult
from metaonc.pooling.pool import pool
from metaonc.pooling.result import PooledResult

Members = dict[str, NDArray[np.bool_]]


def subgroups(
    effects: Effects, by: str | Sequence[str], *, tau2_common: bool = False, **choices: Any
) -> SubgroupResult:
    r"""Pool groups of studies and test whether their means differ.

    Parameters
    ----------
    effects : Effects
        Studies with a column called `by`.
    by : str or sequence of str
        Column that holds each study's group, e.g. ``"resistance"``. Several columns are crossed: a
        group is then a combination of their values that some study has, and the result also holds
        the groups by one column at a time, under `each`.
    tau2_common : bool, default False
        Estimate one tau² for all groups, from the differences inside them. Otherwise each group has
        its own, and groups of few studies a poor one.
    **choices
        Passed to :func:`metaonc.pool` for every group and for all studies together.

    Returns
    -------
    SubgroupResult

    Raises
    ------
    PoolingError
        If a study has no group, no column or a column twice is named, a group cannot be weighed,
        or effects with a known covariance covary between groups or are to share a common tau².
    EffectsError
        If there is no such column.

    Notes
    -----
    A common tau² is that of a meta-regression on the groups (Borenstein et al., Introduction to
    Meta-Analysis (2009), chapter 19). The test compares :math:`\sum w_g (\hat\mu_g - \bar\mu)^2`,
    :math:`w_g` the inverse squared standard error of group :math:`g`, with chi-square on
    (groups - 1) df.

    Examples
    --------
    >>> import metaonc as mo
    >>> pfs = mo.load_registry().effects("pfs")
    >>> by_resistance = mo.subgroups(pfs, by="resistance")
    >>> [(name, fit.k) for name, fit in by_resistance.groups.items()]
    [('AI-resistant', 4), ('AI-naive', 1), ('SERM-resistant', 1)]
    >>> crossed = mo.subgroups(pfs, by=["agent", "line"])
    >>> list(crossed.each)
    ['agent', 'line']
    """
    if choices.get("moderators") is not None:
        raise PoolingError("subgroups take no moderators; use regress().")
    variables = _variables(by)
    levels = _levels(effects, variables)
    overall: PooledResult = pool(effects, **choices)
    found = _grouped(overall, variables, levels, tau2_common, choices)
    if len(variables) == 1:
        return found
    each = {
        name: _grouped(overall, (name,), [(values[i],) for values in levels], tau2_common, choices)
        for i, name in enumerate(variables)
    }
    return replace(found, each=each)


def _variables(by: str | Sequence[str]) -> tuple[str, ...]:
    variables = (by,) if isinstance(by, str) else tuple(by)
    if not variables or len(set(variables)) < len(variables):
        raise PoolingError(f"by = {by!r} must name one column or several different ones.")
    return variables


def _levels(effects: Effects, variables: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Each study's values of the columns, as text."""
    columns = [effects.column(name) for name in variables]
    for name, values in zip(variables, columns, strict=True):
        for label, value in zip(effects.labels, values, strict=True):
            if value is None or value != value or value == "":
                raise PoolingError(f"{label}: no {name}; give every study a group or leave it out.")
    return [tuple(map(str, values)) for values in zip(*columns, strict=True)]


def _grouped(
    overall: PooledResult,
    variables: tuple[str, ...],
    levels: list[tuple[str, ...]],
    tau2_common: bool,
    choices: dict[str, Any],
) -> SubgroupResult:
    """The groups of one way to group the studies."""
    effects = overall.effects
    names = {", ".join(values): values for values in levels}
    if len(names) < len(set(levels)):
        raise PoolingError(
            f"two different groups by {' and '.join(variables)} have the same name once their "
            "values are joined by commas; rename a value."
        )
    members = {
        name: np.array([other == values for other in levels]) for name, values in names.items()
    }
    _check_covariance(effects, members, " and ".join(variables), tau2_common)
    within = _tau2_within(overall, members) if tau2_common else None
    groups = _pool_groups(effects, members, _with_tau2(overall.choices, within), choices)
    means = np.array([group.estimate for group in groups.values()])
    variances = np.array([group.se for group in groups.values()]) ** 2
    between = fit(means, variances, model="fixed", ci="wald").heterogeneity
    df = len(groups) - 1
    q_within, df_within = sum(g.q for g in groups.values()), effects.k - len(groups)
    return SubgroupResult(
        by=" × ".join(variables),
        variables=variables,
        overall=overall,
        groups=groups,
        levels=names,
        tau2_within=within,
        q_within=q_within,
        q_within_df=df_within,
        q_within_p=float(chdtrc(df_within, q_within)) if df_within else 1.0,
        q_between=float(between.q),
        q_between_df=df,
        q_between_p=float(chdtrc(df, between.q)) if df else 1.0,
    )


def _check_covariance(effects: Effects, members: Members, by: str, tau2_common: bool) -> None:
    """Refuse groups that covary, and a common tau² of effects that do."""
    if effects.covariance is None:
        return
    for of in members.values():
        across = (effects.covariance != 0) & np.outer(of, ~of)
        if across.any():
            one, other = (effects.labels[i] for i in np.argwhere(across)[0])
            raise PoolingError(
                f"{one} and {other} covary but are in different groups of {by}, and the test "
                "between groups takes these to be independent; group by whole trials, or keep one "
                "contrast of each trial."
            )
    if tau2_common:
        raise PoolingError(
            "tau2_common is for independent effects, and these have a known covariance; let each "
            "group have its own tau², or keep one contrast of each trial."
        )


def _tau2_within(overall: PooledResult, members: Members) -> float | None:
    """tau² inside the groups, by the estimator of the result; None where it estimates none."""
    estimator = overall.choices.tau2
    if overall.choices.model == "fixed" or not isinstance(estimator, str):
        return None
    dummies = np.column_stack(list(members.values())).astype(float)
    data = studies(overall.effects.yi, overall.effects.vi, dummies)
    found = estimator_of(overall.effects, overall.choices)(data)
    return float(found * data.unit * data.unit)


def _with_tau2(choices: Choices, within: float | None) -> Choices:
    """The choices with a tau² that is given, where the groups share one."""
    if within is None:
        return choices
    if choices.ci in THEIR_TAU2:
        raise PoolingError(
            f"ci = {choices.ci!r} has a tau² of its own in every group; use tau2_common=False or "
            "another interval."
        )
    return replace(choices, tau2=within, tau2_weights=None)


# Groups as rows of a batch -----------------------------------------------------------------------


def _pool_groups(
    effects: Effects, members: Members, chosen: Choices, choices: dict[str, Any]
) -> dict[str, PooledResult]:
    """Every group pooled, in the order of `members`."""
    parts = {
        name: effects.take(of, left_out=(), notes=(), title=name) for name, of in members.items()
    }
    single = chosen
    if chosen.ci in NEEDS_TWO_STUDIES:
        single = replace(chosen, ci="wald", seed=None, draws=None)
    found: dict[str, PooledResult] = {}
    for alone, by_these in ((False, chosen), (True, single)):
        batch = {name: part for name, part in parts.items() if (part.k == 1) == alone}
        together = (
            effects.covariance is None
            and by_these.tau2_weights is None
            and by_these.count_model is None
            and by_these.ci not in SIMULATED_INTERVALS
        )
        if batch and together:
            found |= _pool_batch(batch, by_these)
        elif batch:  # covariances, weights or seeds of their own make each a fit of its own
            found |= {name: _pool_alone(part, by_these, choices) for name, part in batch.items()}
    for name, group in found.items():
        if group.se == 0:
            raise PoolingError(
                f"{name}: its studies agree exactly, so the Hartung-Knapp standard error is 0 and "
                "the group cannot be weighed; use ci='wald' or 'hksj-adhoc'."
            )
    return {name: found[name] for name in parts}


def _pool_alone(part: Effects, chosen: Choices, choices: dict[str, Any]) -> PooledResult:
    """A group that is a fit of its own, with those of the caller's choices that apply to it."""
    own = choices | {"ci": chosen.ci}
    if chosen.model == "random" and not isinstance(chosen.tau2, str):  # given, or common
        own = {n: v for n, v in own.items() if n != "tau2_weights"} | {"tau2": chosen.tau2}
    if chosen.ci not in SIMULATED_INTERVALS:
        own = {n: v for n, v in own.items() if n not in ("seed", "draws")}
    if part.covariance is None:
        own.pop("within_trial_correlation", None)
    group: PooledResult = pool(part, **own)
    return group


def _pool_batch(parts: dict[str, Effects], chosen: Choices) -> dict[str, PooledResult]:
    """One fit for all groups: a row each, filled up with missing studies."""
    yi, vi = np.full((2, len(parts), max(part.k for part in parts.values())), np.nan)
    for row, part in enumerate(parts.values()):
        yi[row, : part.k], vi[row, : part.k] = part.yi, part.vi
    found = fit(yi, vi, model=chosen.model, tau2=chosen.tau2, ci=chosen.ci, level=chosen.level)
    return {
        name: PooledResult(part, chosen, found.row(row, part.k))
        for row, (name, part) in enumerate(parts.items())
    }
