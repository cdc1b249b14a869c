"""`subgroups`: the same pooling within each group, and a test of difference between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtrc

from metaonc.effects import Effects
from metaonc.errors import PoolingError
from metaonc.kernels import fit
from metaonc.pooling.pool import NEEDS_TWO_STUDIES, pool
from metaonc.pooling.result import PooledResult
from metaonc.pooling.words import subgroups_text


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
        Each group pooled on its own, with its own tau²; in order of first appearance.
    q_between, q_between_df, q_between_p : float
        Test of difference between the groups' means.
    """

    by: str
    overall: PooledResult
    groups: dict[str, PooledResult]
    q_between: float
    q_between_df: int
    q_between_p: float

    def to_dict(self) -> dict[str, Any]:
        """Everything in the result as plain values, ready for JSON."""
        return {
            "by": self.by,
            "overall": self.overall.to_dict(),
            "groups": {name: group.to_dict() for name, group in self.groups.items()},
            "q_between": self.q_between,
            "q_between_df": self.q_between_df,
            "q_between_p": self.q_between_p,
        }

    def summary(self) -> str:
        """Text a person wants to read: all studies, then the groups and the test between them."""
        return subgroups_text(self)

    def __repr__(self) -> str:
        return f"<SubgroupResult: by {self.by}, {len(self.groups)} groups, {self.overall!r}>"


def subgroups(effects: Effects, by: str, **choices: Any) -> SubgroupResult:
    r"""Pool groups of studies and test whether their means differ.

    Parameters
    ----------
    effects : Effects
        Studies with a column called `by`.
    by : str
        Column that holds each study's group, e.g. ``"resistance"``.
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
    Every group has its own tau². The test compares :math:`\sum w_g (\hat\mu_g - \bar\mu)^2`,
    :math:`w_g` the inverse squared standard error of group :math:`g`, with chi-square on
    (groups - 1) df: Borenstein et al., Introduction to Meta-Analysis (2009), chapter 19.

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
    groups = {}
    for name in dict.fromkeys(names):
        members = np.array([other == name for other in names])
        groups[name] = _pool_group(
            effects.take(members, left_out=(), notes=(), title=name), choices
        )
    overall = pool(effects, **choices)
    means = np.array([group.estimate for group in groups.values()])
    variances = np.array([group.se for group in groups.values()]) ** 2
    between = fit(means, variances, model="fixed", ci="wald").heterogeneity
    df = len(groups) - 1
    return SubgroupResult(
        by=by,
        overall=overall,
        groups=groups,
        q_between=float(between.q),
        q_between_df=df,
        q_between_p=float(chdtrc(df, between.q)) if df else 1.0,
    )


def _pool_group(effects: Effects, choices: dict[str, Any]) -> PooledResult:
    """Pool one group; a group of one study has that study's own (Wald) interval."""
    if effects.k == 1 and choices.get("ci") in NEEDS_TWO_STUDIES:
        choices = choices | {"ci": "wald"}
    group = pool(effects, **choices)
    if group.se == 0:
        raise PoolingError(
            f"{effects.title}: its studies agree exactly, so the Hartung-Knapp standard error is 0 "
            "and the group cannot be weighed; use ci='wald' or 'hksj-adhoc'."
        )
    return group
