"""`leave_one_out`: whether the result hangs on one study, or on one trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, overload

import numpy as np

from metaonc.diagnostics.deletion.grouped_subsets import GroupedSubsets, refit_subgroups
from metaonc.diagnostics.deletion.members import effects_of, groups_of
from metaonc.diagnostics.deletion.subsets import PooledSubsets, RegressionSubsets
from metaonc.diagnostics.refits import all_but_each, refit, refit_regression
from metaonc.diagnostics.words import either, null_text, variance_cell
from metaonc.errors import DiagnosticsError
from metaonc.pooling import MetaRegression, PooledResult, SubgroupResult


class _LeftOut:
    """What the tables of all three kinds of results have in common."""

    kind: ClassVar[str] = "leave-one-out"
    column: ClassVar[str] = "left_out"

    @property
    def whole(self) -> str:
        """What all studies together are called in the table."""
        return "None left out"

    @property
    def title(self) -> str:
        """What the table is."""
        return "Leave-one-out: the result without each"


@dataclass(frozen=True, eq=False, repr=False)
class LeaveOneOut(_LeftOut, PooledSubsets):
    """A pooled result without each of its studies, or of its groups of studies, in turn.

    Made by :func:`metaonc.leave_one_out`.

    Attributes
    ----------
    result : PooledResult
        The result of all studies.
    labels : tuple of str
        What was left out: a study, or a group of studies.
    keep : ndarray of bool, shape (n, k)
        The studies of each fit.
    """

    @property
    def sentences(self) -> Sequence[str]:
        """How far the estimate moves, whether the conclusion does, and where tau² falls most."""
        return [self._range(), *self._conclusion(), *self._heterogeneity(), *self._missing()]

    def _range(self) -> str:
        effects, estimates = self.result.effects, self._fit.estimate
        if not self.fitted.any():
            return "No subset has a finite mean."
        lowest, highest = int(np.nanargmin(estimates)), int(np.nanargmax(estimates))
        low, high = effects.display([estimates[lowest], estimates[highest]])
        scale = effects.scale
        return (
            f"The {scale.name} lies between {scale.number(float(low))} (without "
            f"{self.labels[lowest]}) and {scale.number(float(high))} (without "
            f"{self.labels[highest]})."
        )

    def _conclusion(self) -> list[str]:
        scale = self.result.effects.scale
        if scale.null is None:
            return []
        at = float(self.result.effects.analysis(scale.null))
        held = self.result.ci_low <= at <= self.result.ci_high
        null = null_text(self.result.effects)
        other = [
            label
            for label, crosses, ok in zip(self.labels, self.crosses_null, self.fitted, strict=True)
            if ok and crosses != held
        ]
        does, would = ("holds", "excludes") if held else ("excludes", "holds")
        if not other:
            return [f"The interval {does} {null}, whichever is left out."]
        return [f"The interval {does} {null}; without {either(other)} it {would} {null}."]

    def _heterogeneity(self) -> list[str]:
        tau2 = np.where(self.fitted, self._fit.tau2, np.inf)
        whole, least = self.result.tau2, int(np.argmin(tau2))
        if self.result.choices.model == "fixed" or not tau2[least] < whole:
            return []
        fall = f"from {variance_cell(whole)} to {variance_cell(tau2[least])}"
        return [f"tau² falls {fall} without {self.labels[least]}."]


@dataclass(frozen=True, eq=False, repr=False)
class RegressionLeaveOneOut(_LeftOut, RegressionSubsets):
    """A meta-regression without each of its studies, or of its groups of studies, in turn.

    Made by :func:`metaonc.leave_one_out`; attributes as :class:`LeaveOneOut`.
    """

    @property
    def sentences(self) -> Sequence[str]:
        """Which coefficients change sign, and what cannot be fitted."""
        whole = self.result.coefficients["estimate"].to_numpy()
        turned = [
            f"{name} (without {either([self.labels[i] for i in np.flatnonzero(rows)])})"
            for name, rows in zip(
                self.result.design.names, (self._fit.coefficients * whole < 0).T, strict=True
            )
            if rows.any()
        ]
        text = (
            f"Changes of sign: {'; '.join(turned)}." if turned else "No coefficient changes sign."
        )
        return [text, *self._missing()]


@dataclass(frozen=True, eq=False, repr=False)
class GroupedLeaveOneOut(_LeftOut, GroupedSubsets):
    """Subgroups without each of the studies, or of groups of studies, in turn.

    Made by :func:`metaonc.leave_one_out`; attributes as :class:`LeaveOneOut`.
    """


@overload
def leave_one_out(result: PooledResult, by: str | None = None) -> LeaveOneOut: ...
@overload
def leave_one_out(result: MetaRegression, by: str | None = None) -> RegressionLeaveOneOut: ...
@overload
def leave_one_out(result: SubgroupResult, by: str | None = None) -> GroupedLeaveOneOut: ...
def leave_one_out(
    result: PooledResult | SubgroupResult | MetaRegression, by: str | None = None
) -> LeaveOneOut | RegressionLeaveOneOut | GroupedLeaveOneOut:
    """Fit a result again without each of its studies in turn.

    Parameters
    ----------
    result : PooledResult, SubgroupResult or MetaRegression
        The result, of any model and with any choices; these are kept, and tau² that was estimated
        is estimated anew.
    by : str, optional
        Column of the effects whose groups are left out instead, e.g. ``"trial"`` for trials with
        several effects, or ``"agent"``.

    Returns
    -------
    LeaveOneOut, RegressionLeaveOneOut or GroupedLeaveOneOut
        A table with `to_frame`, `summary`, `to_dict`, `to_json`; draw it with
        :func:`metaonc.forest`.

    Raises
    ------
    DiagnosticsError
        If there are not two studies or groups to choose from, or a study has no group.
    EffectsError
        If there is no such column.

    Examples
    --------
    >>> import metaonc as mo
    >>> fit = mo.pool(mo.load_registry().effects("pfs"))
    >>> print(mo.leave_one_out(fit).summary())
    Leave-one-out: the result without each
    <BLANKLINE>
                   k  Hazard ratio (95% CI)     p    tau²   I²
    ...
    """
    effects = effects_of(result)
    groups, keep = all_but_each(effects.labels if by is None else groups_of(effects, by))
    if len(groups) < 2:
        what = f"group by {by!r}" if by else "study"
        raise DiagnosticsError(
            f"leave_one_out needs two, and there is one {what}; nothing would be left."
        )
    labels = tuple(map(str, groups))
    if isinstance(result, SubgroupResult):
        return GroupedLeaveOneOut(*refit_subgroups(result, labels, keep))
    if isinstance(result, MetaRegression):
        return RegressionLeaveOneOut(result, labels, keep, refit_regression(result, keep))
    return LeaveOneOut(result, labels, keep, refit(result, keep))
