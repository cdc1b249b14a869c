"""Subgroups fitted again to subsets of their studies, as a table."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from metaonc.diagnostics.words import p_cell
from metaonc.pooling import Choices, PooledResult, SubgroupResult, subgroups
from metaonc.pooling.choices import NEEDS_TWO_STUDIES
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class GroupedSubsets(Finding):
    """Subgroups fitted to one subset of their studies after another.

    Attributes
    ----------
    result : PooledResult
        The result of all studies together.
    subgroups : SubgroupResult
        The subgroups of all studies.
    labels : tuple of str
        What each subset is called.
    keep : ndarray of bool, shape (n, k)
        The studies of each subset.
    each : tuple of SubgroupResult
        The subgroups of each subset.
    """

    result: PooledResult
    subgroups: SubgroupResult
    labels: tuple[str, ...]
    keep: np.ndarray
    each: tuple[SubgroupResult, ...]
    column: ClassVar[str]

    @property
    @abstractmethod
    def whole(self) -> str:
        """What all studies together are called in the table."""

    def to_frame(self) -> pd.DataFrame:
        """One row per subset and group.

        Returns
        -------
        pandas.DataFrame
            What the subset is called, ``group`` ("All studies" for these), ``k estimate se ci_low
            ci_high p_value tau2 i2`` of the group, and ``q_between q_between_df q_between_p`` of
            the subset. A group of which no study is left has no row.
        """
        import pandas as pd

        rows = []
        for label, found in zip(self.labels, self.each, strict=True):
            test = {
                name: getattr(found, name) for name in ("q_between", "q_between_df", "q_between_p")
            }
            for name, group in {**found.groups, "All studies": found.overall}.items():
                numbers = {
                    part: getattr(group, part)
                    for part in (
                        *("k", "estimate", "se", "ci_low", "ci_high"),
                        *("p_value", "tau2", "i2"),
                    )
                }
                rows.append({self.column: label, "group": name} | numbers | test)
        return pd.DataFrame(rows)

    def cells(self) -> list[list[str]]:
        """The groups' estimates and the test between them, one row per subset."""
        scale = self.result.effects.scale
        names = list(self.subgroups.groups)
        rows = [["", "k", *names, "Q between", "df", "p"]]
        every = [*zip(self.labels, self.each, strict=True), (self.whole, self.subgroups)]
        for label, found in every:
            cells = [
                scale.number(found.groups[name].display()[0]) if name in found.groups else "–"
                for name in names
            ]
            p = p_cell(found.q_between_p) if found.q_between_df else "–"
            test = [f"{found.q_between:.2f}", f"{found.q_between_df}", p]
            rows.append([label, f"{found.overall.k}", *cells, *test])
        return rows

    @property
    def sentences(self) -> Sequence[str]:
        """Whether the test between the groups comes out the same way in every subset."""
        tail = 1 - self.result.choices.level
        whole = self.subgroups.q_between_p < tail
        other = [
            label
            for label, found in zip(self.labels, self.each, strict=True)
            if found.q_between_df and (found.q_between_p < tail) != whole
        ]
        side, turned = ("below", "not below") if whole else ("not below", "below")
        start = f"The test between the groups has p {side} {tail:g}"
        if not other:
            return [f"{start} with all studies and in every subset of several groups."]
        return [f"{start} with all studies, and {turned} it: {', '.join(other)}."]


def refit_subgroups(
    result: SubgroupResult, labels: tuple[str, ...], keep: np.ndarray
) -> tuple[PooledResult, SubgroupResult, tuple[str, ...], np.ndarray, tuple[SubgroupResult, ...]]:
    """The fields of `GroupedSubsets` for these subsets."""
    overall = result.overall
    each = tuple(
        subgroups(
            overall.effects.take(row),
            by=result.variables,
            tau2_common=result.tau2_within is not None,
            **call_of(overall.choices, int(row.sum())),
        )
        for row in keep
    )
    return overall, result, labels, keep, each


def call_of(choices: Choices, k: int) -> dict[str, Any]:
    """The arguments of `pool` that make these choices again, for k studies."""
    call: dict[str, Any] = {
        "policy": choices.policy,
        "model": choices.count_model or choices.model,
        "ci": choices.ci,
        "level": choices.level,
        "seed": choices.seed,
        "draws": choices.draws,
    }
    if choices.model == "random":
        call |= {"tau2": choices.tau2, "tau2_weights": choices.tau2_weights}
        call["within_trial_correlation"] = choices.within_trial_correlation
    if k < 2 and choices.ci in NEEDS_TWO_STUDIES:
        call |= {"ci": "wald", "seed": None, "draws": None}
    return {name: value for name, value in call.items() if value is not None}
