"""`SubgroupResult`: groups of studies, all of them together, and what is left inside the groups."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from metaonc._version import __version__
from metaonc.effects import stored
from metaonc.errors import PoolingError
from metaonc.kernels import moderators as kernel
from metaonc.pooling.drawable import Drawable
from metaonc.pooling.groups import subgroup_words as words
from metaonc.pooling.groups.subgroup_documents import SUBGROUPS, subgroup_document, subgroup_parts
from metaonc.pooling.result import PooledResult

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SubgroupResult(Drawable):
    """Pooled results of groups of studies, and of all of them together.

    Made by :func:`metaonc.subgroups`.

    Attributes
    ----------
    by : str
        The column that grouped the studies; several are joined by ``" × "``.
    variables : tuple of str
        The columns.
    overall : PooledResult
        All studies pooled.
    groups : mapping of str to PooledResult
        Each group pooled; in order of first appearance. A group of several columns has the name
        ``"everolimus, first line"``.
    levels : mapping of str to tuple of str
        The values of the columns that make each group.
    tau2_within : float or None
        tau² that all groups share; None where each has its own.
    q_between, q_between_df, q_between_p : float
        Test of difference between the groups' means.
    q_within, q_within_df, q_within_p : float
        Heterogeneity that is left inside the groups: the sum of their Q.
    each : mapping of str to SubgroupResult
        The same studies by one column at a time, where there are several.
    metaonc_version : str
        The metaonc that made it.
    """

    by: str
    variables: tuple[str, ...]
    overall: PooledResult
    groups: Mapping[str, PooledResult]
    levels: Mapping[str, tuple[str, ...]]
    tau2_within: float | None
    q_between: float
    q_between_df: int
    q_between_p: float
    q_within: float
    q_within_df: int
    q_within_p: float
    each: Mapping[str, SubgroupResult] = field(default_factory=dict)
    metaonc_version: str = __version__

    def __post_init__(self) -> None:
        for name in ("groups", "levels", "each"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __reduce__(self) -> tuple[Any, ...]:
        # Read-only views cannot be pickled; the constructor makes them anew.
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain = {name: dict(values[name]) for name in ("groups", "levels", "each")}
        return _remake, (values | plain,)

    # What is left inside the groups ----------------------------------------------------------

    @cached_property
    def _residual(self) -> kernel.Regression | None:
        """The meta-regression on the groups; None where nothing is left to estimate."""
        effects, choices = self.overall.effects, self.overall.choices
        if effects.k <= len(self.groups) or effects.covariance is not None:
            return None
        place = {label: i for i, label in enumerate(effects.labels)}
        design = np.zeros((effects.k, len(self.groups)))
        for column, group in enumerate(self.groups.values()):
            design[[place[label] for label in group.effects.labels], column] = 1.0
        return kernel.regression(
            effects.yi, effects.vi, design, model=choices.model, tau2=choices.tau2, ci="wald"
        )

    @property
    def tau2_residual(self) -> float:
        """tau² inside the groups if all share one, estimated with the groups as moderators.

        In squared units of `yi`; 0 for a fixed effect; NaN where every study is a group of its own
        and for effects with a known covariance.
        """
        return math.nan if self._residual is None else float(self._residual.tau2)

    @property
    def i2_within(self) -> float:
        """I² inside the groups, a fraction: from `tau2_residual`, for a fixed effect from Q."""
        if self._residual is None:
            return math.nan
        found = self._residual.heterogeneity
        return float(found.i2_from_q if self._fixed else found.i2_from_tau2)

    @property
    def h2_within(self) -> float:
        """H² inside the groups, in the same way as `i2_within`."""
        if self._residual is None:
            return math.nan
        found = self._residual.heterogeneity
        return float(found.h2_from_q if self._fixed else found.h2_from_tau2)

    @property
    def r2(self) -> float:
        r"""Share of the heterogeneity that the groups explain, a fraction.

        :math:`\max\{0, (\tau^2 - \tau^2_{\text{residual}}) / \tau^2\}`, both by the same estimator;
        for a fixed effect Q / df stands for tau². NaN where tau² was given, and with
        `tau2_residual`. Borenstein et al., Introduction to Meta-Analysis (2009), chapter 19.
        """
        return math.nan if self._residual is None else float(self._residual.r2)

    @property
    def _fixed(self) -> bool:
        return self.overall.choices.model == "fixed"

    # Output ----------------------------------------------------------------------------------

    def to_frame(self) -> pd.DataFrame:
        """One row per group, then all studies: displayed scale, I² as fractions.

        Returns
        -------
        pandas.DataFrame
            Columns ``group``, those of the variables, ``k estimate low high p_value tau2 i2
            prediction_low prediction_high``; NaN where there is no p value because it is one arm,
            no tau² and I² because it is one study, or no prediction interval. The last row is
            called "All studies".

        Examples
        --------
        >>> import metaonc as mo
        >>> found = mo.subgroups(mo.load_registry().effects("pfs"), by="resistance")
        >>> found.to_frame()[["group", "k", "estimate"]].round(2)
                    group  k  estimate
        0    AI-resistant  4      0.49
        1        AI-naive  1      0.90
        2  SERM-resistant  1      0.64
        3     All studies  6      0.60
        """
        return words.group_frame(self)

    def summary(self) -> str:
        """Text a person wants to read: all studies, then the groups and the test between them."""
        return words.summary_text(self)

    def __repr__(self) -> str:
        return f"<SubgroupResult: by {self.by}, {len(self.groups)} groups, {self.overall!r}>"

    def _repr_html_(self) -> str:
        """The summary for a notebook."""
        return words.summary_html(self)

    # There and back ----------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Everything in the result as plain values, ready for JSON and for `from_dict`.

        Returns
        -------
        dict
            Under ``overall`` and ``groups`` stand whole results, as from
            :meth:`metaonc.PooledResult.to_dict`.
        """
        return subgroup_document(self)

    def to_json(self) -> str:
        """`to_dict` as JSON text; the same result gives the same bytes."""
        return stored.text_of(self.to_dict())

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> SubgroupResult:
        """The result that `to_dict` wrote, without loss.

        Raises
        ------
        PoolingError
            If it is something else, or was changed since.

        Examples
        --------
        >>> import metaonc as mo
        >>> found = mo.subgroups(mo.load_registry().effects("pfs"), by="resistance")
        >>> mo.SubgroupResult.from_dict(found.to_dict()).summary() == found.summary()
        True
        """

        def read(content: dict[str, Any]) -> SubgroupResult:
            parts = subgroup_parts(content)
            each = {name: cls.from_dict(inner) for name, inner in content["each"].items()}
            return cls(**parts, each=each)

        return stored.opened(document, SUBGROUPS, read, PoolingError)

    @classmethod
    def from_json(cls, text: str | bytes) -> SubgroupResult:
        """The result that `to_json` wrote; see `from_dict`."""
        return cls.from_dict(stored.document_of(text, SUBGROUPS, PoolingError))


def _remake(values: dict[str, Any]) -> SubgroupResult:
    return SubgroupResult(**values)
