"""`subgroups`: the same pooling within each group, and a test of difference between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from metaonc.effects import Effects, level_text
from metaonc.errors import PoolingError
from metaonc.kernels import ESTIMATORS, fit, studies
from metaonc.pooling.choices import NEEDS_TWO_STUDIES
from metaonc.pooling.columns import aligned
from metaonc.pooling.pool import pool
from metaonc.pooling.result import PooledResult
from metaonc.pooling.words import p_text, tau2_text


@dataclass(frozen=True, eq=False, repr=False)
class SubgroupResult:
    """Pooled results of groups of studies, and of all of them together.

    Attributes
    ----------
    by : str
        The column that grouped the studies.
    overall : PooledResult
        All studies pooled.
    groups : dict of str to PooledResult
        Each group pooled; in order of first appearance.
    tau2_within : float or None
        tau² that all groups share; None where each has its own.
    q_between, q_between_df, q_between_p : float
        Test of difference between the groups' means.
    q_within, q_within_df, q_within_p : float
        Heterogeneity that is left inside the groups: the sum of their Q.
    """

    by: str
    overall: PooledResult
    groups: dict[str, PooledResult]
    tau2_within: float | None
    q_between: float
    q_between_df: int
    q_between_p: float
    q_within: float
    q_within_df: int
    q_within_p: float

    def to_dict(self) -> dict[str, Any]:
        """Everything in the result as plain values, ready for JSON."""
        return {
            "by": self.by,
            "overall": self.overall.to_dict(),
            "groups": {name: group.to_dict() for name, group in self.groups.items()},
            "tau2_within": self.tau2_within,
            "q_between": self.q_between,
            "q_between_df": self.q_between_df,
            "q_between_p": self.q_between_p,
            "q_within": self.q_within,
            "q_within_df": self.q_within_df,
            "q_within_p": self.q_within_p,
        }

    def summary(self) -> str:
        """Text a person wants to read: all studies, then the groups and the test between them."""
        return subgroups_text(self)

    def __repr__(self) -> str:
        return f"<SubgroupResult: by {self.by}, {len(self.groups)} groups, {self.overall!r}>"


def subgroups(
    effects: Effects, by: str, *, tau2_common: bool = False, **choices: Any
) -> SubgroupResult:
    r"""Pool groups of studies and test whether their means differ.

    Parameters
    ----------
    effects : Effects
        Studies with a column called `by`.
    by : str
        Column that holds each study's group, e.g. ``"resistance"``.
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
        If a study has no group.
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
    >>> by_resistance = mo.subgroups(mo.load_registry().effects("pfs"), by="resistance")
    >>> [(name, fit.k) for name, fit in by_resistance.groups.items()]
    [('AI-resistant', 4), ('AI-naive', 1), ('SERM-resistant', 1)]
    """
    values = effects.column(by)
    names = [str(value) for value in values]
    for label, value in zip(effects.labels, values, strict=True):
        if value is None or value != value or value == "":
            raise PoolingError(f"{label}: no {by}; give every study a group or leave it out.")
    overall: PooledResult = pool(effects, **choices)
    members = {name: np.array([other == name for other in names]) for name in dict.fromkeys(names)}
    within = _tau2_within(overall, list(members.values())) if tau2_common else None
    if within is not None:
        choices = choices | {"tau2": within}
    groups = {
        name: _pool_group(effects.take(of, left_out=(), notes=(), title=name), choices)
        for name, of in members.items()
    }
    means = np.array([group.estimate for group in groups.values()])
    variances = np.array([group.se for group in groups.values()]) ** 2
    between = fit(means, variances, model="fixed", ci="wald").heterogeneity
    df = len(groups) - 1
    q_within, df_within = sum(g.q for g in groups.values()), effects.k - len(groups)
    return SubgroupResult(
        by=by,
        overall=overall,
        groups=groups,
        tau2_within=within,
        q_within=q_within,
        q_within_df=df_within,
        q_within_p=float(chdtrc(df_within, q_within)) if df_within else 1.0,
        q_between=float(between.q),
        q_between_df=df,
        q_between_p=float(chdtrc(df, between.q)) if df else 1.0,
    )


def _tau2_within(overall: PooledResult, members: list[NDArray[np.bool_]]) -> float | None:
    """tau² inside the groups, by the estimator of the result; None where it estimates none."""
    estimator = overall.choices.tau2
    if overall.choices.model == "fixed" or not isinstance(estimator, str):
        return None
    dummies = np.column_stack(members).astype(float)
    data = studies(overall.effects.yi, overall.effects.vi, dummies)
    return float(ESTIMATORS[estimator](data) * data.unit * data.unit)


def _pool_group(effects: Effects, choices: dict[str, Any]) -> PooledResult:
    """Pool one group; a group of one study has that study's own (Wald) interval."""
    if effects.k == 1 and choices.get("ci") in NEEDS_TWO_STUDIES:
        choices = choices | {"ci": "wald"}
    group: PooledResult = pool(effects, **choices)
    if group.se == 0:
        raise PoolingError(
            f"{effects.title}: its studies agree exactly, so the Hartung-Knapp standard error is 0 "
            "and the group cannot be weighed; use ci='wald' or 'hksj-adhoc'."
        )
    return group


def subgroups_text(result: SubgroupResult) -> str:
    """The summary of all studies, then a line per group and the test between the groups."""
    overall = result.overall
    scale, level = overall.effects.scale, f"{level_text(overall.choices.level)} CI"
    rows = [[f"By {result.by}", "k", scale.label, level, "tau²", "I²"]]
    for name, group in result.groups.items():
        estimate, low, high = group.display()
        several = group.k > 1
        tau2 = tau2_text(group.tau2) if several and group.choices.model == "random" else ""
        i2 = f"{group.i2:.0%}" if several else ""
        limits = scale.interval_text(low, high)
        rows.append([name, str(group.k), scale.number(estimate), limits, tau2, i2])
    head, *lines = aligned(rows)
    test = f"Test for subgroup differences: {difference_text(result)}"
    return "\n".join([overall.summary(), "", head, "-" * len(head), *lines, "", test])


def difference_text(result: SubgroupResult) -> str:
    """Test of difference between the groups, as it stands under a forest plot."""
    return f"Q = {result.q_between:.2f}, df = {result.q_between_df}, {p_text(result.q_between_p)}"
