"""`gosh`: the result of every subset of the studies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from metaonc.diagnostics.arguments import whole as whole_number
from metaonc.diagnostics.deletion.members import pooled_or_regression
from metaonc.diagnostics.refits import in_one_batch, refit, refit_regression
from metaonc.diagnostics.words import variance_cell
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray, studies
from metaonc.kernels.subsets import all_subsets, fit_subsets, random_subsets
from metaonc.pooling import MetaRegression, PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd

# Up to here all subsets are taken by default, 1,048,575 of them; beyond, as many are drawn.
ALL_UP_TO = 20
_BLOCK = 2**15  # subsets at a time: enough of each size, and little memory


@dataclass(frozen=True, eq=False, repr=False)
class Gosh(Finding):
    """The result of many subsets of the studies; made by :func:`metaonc.gosh`.

    Attributes
    ----------
    result : PooledResult or MetaRegression
        What was diagnosed.
    estimate : ndarray, shape (n,) or (n, p)
        Mean of each subset, or the coefficients of a meta-regression; NaN where it has none.
    tau2, i2, q : ndarray, shape (n,)
        tau², I² (a fraction, from Q or tau² as in the result) and Q of each subset.
    k : ndarray of int, shape (n,)
        Studies of each subset.
    seed : int or None
        Seed of the generator that drew the subsets; None where these are all there are.
    """

    result: PooledResult | MetaRegression
    estimate: FloatArray
    tau2: FloatArray
    i2: FloatArray
    q: FloatArray
    k: np.ndarray
    seed: int | None
    _packed: np.ndarray
    kind: ClassVar[str] = "gosh"

    @property
    def n(self) -> int:
        """Number of subsets."""
        return len(self.k)

    def includes(self, label: str) -> np.ndarray:
        """Which subsets hold a study, shape (n,).

        Raises
        ------
        DiagnosticsError
            If no study has this label.
        """
        labels = self.result.effects.labels
        if label not in labels:
            raise DiagnosticsError(f"no study {label!r}; there are: {', '.join(labels)}.")
        byte, bit = divmod(list(labels).index(label), 8)
        return np.asarray((self._packed[:, byte] >> bit) & 1, dtype=bool)

    def subsets(self) -> pd.DataFrame:
        """One row per subset: ``k``, the estimates, ``tau2 i2 q``, on the analysis scale."""
        import pandas as pd

        names = _names(self.result)
        values = self.estimate.reshape(self.n, len(names)).T
        columns = dict(zip(names, values, strict=True))
        return pd.DataFrame({"k": self.k, **columns, "tau2": self.tau2, "i2": self.i2, "q": self.q})

    def to_frame(self) -> pd.DataFrame:
        """One row per study and estimate: medians of the subsets with the study and without it.

        Returns
        -------
        pandas.DataFrame
            Columns ``label``, ``coefficient`` (of a meta-regression), ``estimate_with
            estimate_without i2_with i2_without`` on the analysis scale. All subsets:
            :meth:`subsets`.
        """
        return self._medians.copy()

    @cached_property
    def _medians(self) -> pd.DataFrame:
        import pandas as pd

        names = _names(self.result)
        values = self.estimate.reshape(self.n, len(names))
        rows: list[dict[str, Any]] = []
        for label in self.result.effects.labels:
            inside = self.includes(label)
            i2 = [_median(self.i2[chosen]) for chosen in (inside, ~inside)]
            for name, column in zip(names, values.T, strict=True):
                row: dict[str, Any] = {"label": label}
                if name != "estimate":
                    row["coefficient"] = name
                row["estimate_with"] = _median(column[inside])
                row["estimate_without"] = _median(column[~inside])
                rows.append(row | {"i2_with": i2[0], "i2_without": i2[1]})
        return pd.DataFrame(rows)

    def numbers(self) -> dict[str, Any]:
        """Number of subsets, seed, and quantiles of what they found."""
        tails = {"2.5%": 0.025, "50%": 0.5, "97.5%": 0.975}
        values = {"tau2": self.tau2, "i2": self.i2}
        names = _names(self.result)
        parts = self.estimate.reshape(self.n, len(names)).T
        quantiles = {
            name: dict(zip(tails, _quantiles(column, tails.values()), strict=True))
            for name, column in {**dict(zip(names, parts, strict=True)), **values}.items()
        }
        return {"subsets": self.n, "seed": self.seed, "quantiles": quantiles}

    @property
    def title(self) -> str:
        """What the table is."""
        many = "All" if self.seed is None else "Random"
        return f"{many} subsets of the studies: {self.n:,}"

    def cells(self) -> list[list[str]]:
        """Medians with and without each study, on the displayed scale."""
        frame, effects = self.to_frame(), self.result.effects
        pooled = isinstance(self.result, PooledResult)
        rows = [["", *([] if pooled else ["coefficient"]), "with", "without", "I² with", "without"]]
        for _, row in frame.iterrows():
            both = [row["estimate_with"], row["estimate_without"]]
            shown = effects.display(both) if pooled else np.asarray(both)
            numbers = [effects.scale.number(float(x)) if pooled else f"{x:.3f}" for x in shown]
            name = [] if pooled else [str(row["coefficient"])]
            shares = [f"{row[part]:.0%}" for part in ("i2_with", "i2_without")]
            rows.append([str(row["label"]), *name, *numbers, *shares])
        return rows

    @property
    def sentences(self) -> Sequence[str]:
        """Where the middle 95% of the subsets lie, and how they were chosen."""
        said = []
        found = self.numbers()["quantiles"]
        if isinstance(self.result, PooledResult):
            scale = self.result.effects.scale
            ends = [found["estimate"]["2.5%"], found["estimate"]["97.5%"]]
            low, high = map(float, self.result.effects.display(ends))
            i2 = found["i2"]
            said.append(
                f"The {scale.name} of the middle 95% of subsets: {scale.interval_text(low, high)}; "
                f"I²: {i2['2.5%']:.0%} to {i2['97.5%']:.0%}; tau²: "
                f"{variance_cell(found['tau2']['2.5%'])} to "
                f"{variance_cell(found['tau2']['97.5%'])}."
            )
        if self.seed is not None:
            said.append(f"Subsets drawn at random with default_rng({self.seed}).")
        return said


def gosh(
    result: PooledResult | MetaRegression,
    *,
    subsets: int | None = None,
    seed: int = 0,
    progress: bool = False,
) -> Gosh:
    """Fit a result to every subset of its studies, or to many drawn at random.

    Parameters
    ----------
    result : PooledResult or MetaRegression
        The result, of any model; tau² that was estimated is estimated anew in every subset.
    subsets : int, optional
        Largest number of subsets. Default: 2²⁰ - 1, all subsets of up to 20 studies. Where there
        are more, as many are drawn, each subset that is not empty being as likely as any other.
    seed : int, default 0
        Seed of the draw.
    progress : bool, default False
        Whether to show a progress bar.

    Returns
    -------
    Gosh
        Estimate, tau², I² and Q of each subset; draw them with :func:`metaonc.gosh_plot`.

    Raises
    ------
    DiagnosticsError
        If `subsets` is not a number > 0, or there is one study.

    Notes
    -----
    Graphical display of study heterogeneity: Olkin, Dahabreh & Trikalinos, Res Synth Methods
    2012;3:214-223. doi:10.1002/jrsm.1053

    Examples
    --------
    >>> import metaonc as mo
    >>> found = mo.gosh(mo.pool(mo.load_registry().effects("pfs")))
    >>> found.n
    63
    >>> found.to_frame().round(2).loc[2]
    label               HORIZON 2013
    estimate_with              -0.44
    estimate_without           -0.64
    ...
    """
    most = 2**ALL_UP_TO - 1 if subsets is None else whole_number("subsets", subsets)
    k = pooled_or_regression(result).k
    if k < 2:
        raise DiagnosticsError("there is one study, and no subset but itself.")
    whole = 2**k - 1
    n = min(whole, most)
    rng = None if whole <= most else np.random.default_rng(seed)
    p = len(_names(result))
    estimate, rest = np.empty((n, p)), np.empty((3, n))
    sizes, packed = np.empty(n, dtype=np.int64), np.empty((n, -(-k // 8)), dtype=np.uint8)
    fit_tile = _tile_of(result)
    with _bar(progress, n) as advance:
        for start in range(0, n, _BLOCK):
            rows = slice(start, min(start + _BLOCK, n))
            count = rows.stop - rows.start
            keep = all_subsets(k, rows) if rng is None else random_subsets(k, count, rng)
            estimate[rows], rest[:, rows] = fit_tile(keep)
            sizes[rows] = np.count_nonzero(keep, axis=1)
            packed[rows] = np.packbits(keep, axis=1, bitorder="little")
            advance(count)
    shape = (n,) if isinstance(result, PooledResult) else (n, p)
    drawn = None if rng is None else seed
    tau2, i2, q = rest
    return Gosh(result, estimate.reshape(shape), tau2, i2, q, sizes, drawn, packed)


Tile = Callable[[np.ndarray], tuple[FloatArray, FloatArray]]


def _tile_of(result: PooledResult | MetaRegression) -> Tile:
    """What fits a tile of subsets: estimates, (n, p), and tau², I² and Q, (3, n)."""
    if isinstance(result, MetaRegression):
        return lambda keep: _regressions(result, keep)
    if not in_one_batch(result) or result.choices.ci == "hc":
        return lambda keep: _refits(result, keep)
    choices = result.choices
    whole = studies(result.effects.yi, result.effects.vi)
    place = "i2_from_q" if result.heterogeneity_from == "q" else "i2_from_tau2"

    def fit_tile(keep: np.ndarray) -> tuple[FloatArray, FloatArray]:
        found = fit_subsets(whole, keep, model=choices.model, tau2=choices.tau2)
        rest = np.stack([found.tau2, getattr(found, place), found.q])
        return found.estimate[:, None], rest

    return fit_tile


def _refits(result: PooledResult, keep: np.ndarray) -> tuple[FloatArray, FloatArray]:
    found = refit(result, keep)
    spread = found.heterogeneity
    i2 = spread.i2_from_q if result.heterogeneity_from == "q" else spread.i2_from_tau2
    return found.estimate[:, None], np.stack([found.tau2, i2, spread.q])


def _regressions(result: MetaRegression, keep: np.ndarray) -> tuple[FloatArray, FloatArray]:
    found = refit_regression(result, keep)
    spread = found.heterogeneity
    fixed = result.choices.model == "fixed"
    i2 = spread.i2_from_q if fixed else spread.i2_from_tau2
    return found.coefficients, np.stack([found.tau2, i2, spread.q])


@contextmanager
def _bar(shown: bool, total: int) -> Iterator[Callable[[int], None]]:
    """What to tell how many subsets are done: a progress bar, or nobody."""
    if not shown:
        yield lambda count: None
        return
    from rich.progress import Progress

    with Progress(transient=True) as bar:
        task = bar.add_task("Subsets", total=total)
        yield lambda count: bar.advance(task, count)


def _names(result: PooledResult | MetaRegression) -> tuple[str, ...]:
    return result.design.names if isinstance(result, MetaRegression) else ("estimate",)


def _median(values: FloatArray) -> float:
    return _quantiles(values, [0.5])[0]


def _quantiles(values: FloatArray, shares: Any) -> list[float]:
    """Quantiles of what is finite; NaN where nothing is."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return [float("nan")] * len(list(shares))
    return [float(x) for x in np.quantile(finite, list(shares))]
