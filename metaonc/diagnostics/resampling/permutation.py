"""`permutation_test`: p values by exchanging what under the null hypothesis is exchangeable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from metaonc.diagnostics.arguments import whole
from metaonc.diagnostics.conclusions.exchanges import (
    groups_exchanged,
    moderators_exchanged,
    signs_exchanged,
)
from metaonc.diagnostics.deletion.members import pooled_or_regression
from metaonc.diagnostics.resampling.statistics import Statistic, independent
from metaonc.diagnostics.words import number_cell, p_cell
from metaonc.kernels import FloatArray
from metaonc.pooling import MetaRegression, PooledResult, SubgroupResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class PermutationTest(Finding):
    """P values by permutation; made by :func:`metaonc.permutation_test`.

    Attributes
    ----------
    result : PooledResult or MetaRegression
        What was tested; of subgroups, all studies together.
    statistics : tuple of str
        What was compared.
    values, p_values : ndarray, shape (m,)
        The statistics of the data, and the shares of permutations that are as extreme or more.
    permutations : int
        Number of permutations, the data themselves included.
    exact : bool
        Whether these are all there are.
    seed : int or None
        Seed of the generator; None where exact.
    exchanged : str
        What was exchanged.
    """

    result: PooledResult | MetaRegression
    statistics: tuple[str, ...]
    values: FloatArray
    p_values: FloatArray
    permutations: int
    exact: bool
    seed: int | None
    exchanged: str
    kind: ClassVar[str] = "permutation test"

    @property
    def p_value(self) -> float:
        """P value of the first statistic."""
        return float(self.p_values[0])

    def to_frame(self) -> pd.DataFrame:
        """One row per statistic: ``statistic value p_value``."""
        import pandas as pd

        columns = {"value": self.values, "p_value": self.p_values}
        return pd.DataFrame({"statistic": list(self.statistics), **columns})

    def numbers(self) -> dict[str, Any]:
        """How the test was made."""
        made = {"permutations": self.permutations, "exact": self.exact, "seed": self.seed}
        return {**made, "exchanged": self.exchanged}

    @property
    def title(self) -> str:
        """What the table is."""
        return f"Permutation test: {self.exchanged} exchanged"

    def cells(self) -> list[list[str]]:
        """The table as a reader wants it."""
        parts = zip(self.statistics, self.values, self.p_values, strict=True)
        rows = [[name, number_cell(value, 3), p_cell(p)] for name, value, p in parts]
        return [["", "value", "p"], *rows]

    @property
    def sentences(self) -> Sequence[str]:
        """How many permutations, and where they come from."""
        least = f"the smallest possible p value is {1 / self.permutations:.2g}"
        if self.exact:
            return [f"All {self.permutations} permutations; {least}."]
        drawn = f"{self.permutations} permutations, default_rng({self.seed})"
        return [f"{drawn}, the data themselves one of them; {least}."]


def permutation_test(
    result: PooledResult | MetaRegression | SubgroupResult,
    statistic: Statistic | None = None,
    *,
    draws: int = 10_000,
    seed: int = 0,
) -> PermutationTest:
    """Test a result by permutation.

    Parameters
    ----------
    result : PooledResult, MetaRegression or SubgroupResult
        Of a pooled result the signs of the effects are flipped; of a meta-regression the studies'
        moderators, of subgroups their groups are given to each other. Model and choices are fitted
        to every permutation.
    statistic : str or callable, optional
        What is compared, in size, as for :func:`metaonc.bootstrap`; it may change its sign, but
        nothing else, where all effects do. Default: the test statistic of the mean; of every
        coefficient of a moderator, and of all together; Q between the groups, which is the only one
        for subgroups.
    draws : int, default 10000
        Largest number of permutations. If there are no more, all are taken; one sign is kept, the
        statistics being symmetric, so that there are 2^(k-1).
    seed : int, default 0
        Seed of the generator; the result records it.

    Returns
    -------
    PermutationTest
        Two-sided p values, the permutations, and the seed.

    Raises
    ------
    DiagnosticsError
        If there is nothing to exchange, or the effects covary or come from counts.

    Notes
    -----
    Follmann & Proschan, Biometrics 1999;55:732-737, for the mean; Higgins & Thompson, Stat Med
    2004;23:1663-1682, for moderators. A sample of permutations counts the data themselves as one:
    Phipson & Smyth, Stat Appl Genet Mol Biol 2010;9:39. The interval that belongs to the test of
    the mean is ``mo.pool(effects, ci="permutation")``.

    Examples
    --------
    >>> import metaonc as mo
    >>> found = mo.permutation_test(mo.pool(mo.load_registry().effects("pfs")))
    >>> found.p_value, found.permutations, found.exact
    (0.03125, 32, True)
    """
    draws = whole("draws", draws)
    whole_result = result.overall if isinstance(result, SubgroupResult) else result
    independent(pooled_or_regression(whole_result), "permutation_test()")
    if isinstance(result, SubgroupResult):
        exchange = groups_exchanged(result, statistic, draws, seed)
    elif isinstance(result, MetaRegression):
        exchange = moderators_exchanged(result, statistic, draws, seed)
    else:
        exchange = signs_exchanged(result, statistic, draws, seed)
    values, p_values = exchange.as_extreme()
    return PermutationTest(
        whole_result,
        exchange.statistics,
        values,
        p_values,
        exchange.n,
        exchange.exact,
        None if exchange.exact else seed,
        exchange.what,
    )
