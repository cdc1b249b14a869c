"""`bootstrap`: how much any statistic of a result varies, by resampling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.special import ndtr, ndtri

from metaonc.diagnostics.arguments import fraction, whole
from metaonc.diagnostics.deletion.influence import design_of
from metaonc.diagnostics.deletion.members import pooled_or_regression
from metaonc.diagnostics.resampling.statistics import Statistic, batch, chunks, independent, named
from metaonc.effects import level_text
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.pooling import MetaRegression, PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd

KINDS = {"parametric": "from the fitted model", "studies": "of the studies, with replacement"}
METHODS = ("percentile", "basic", "normal", "bca")


@dataclass(frozen=True, eq=False, repr=False)
class Bootstrap(Finding):
    """A statistic with its bootstrap interval; made by :func:`metaonc.bootstrap`.

    Attributes
    ----------
    result : PooledResult or MetaRegression
        What was diagnosed.
    statistic : str
        Name of the statistic.
    value : float
        The statistic of the data.
    replicates : ndarray, shape (draws,)
        The statistic of each sample; NaN where a sample has none.
    low, high : float
        The interval.
    level : float
        Its level.
    sampling, method : str
        Kind of samples, and of interval.
    seed : int
        Seed of the generator.
    """

    result: PooledResult | MetaRegression
    statistic: str
    value: float
    replicates: FloatArray
    low: float
    high: float
    level: float
    sampling: str
    method: str
    seed: int
    kind: ClassVar[str] = "bootstrap"

    @property
    def draws(self) -> int:
        """Number of samples."""
        return len(self.replicates)

    @property
    def _finite(self) -> FloatArray:
        return self.replicates[np.isfinite(self.replicates)]

    @property
    def se(self) -> float:
        """Standard deviation of the replicates."""
        return float(self._finite.std(ddof=1))

    @property
    def bias(self) -> float:
        """Mean of the replicates minus the statistic."""
        return float(self._finite.mean() - self.value)

    def to_frame(self) -> pd.DataFrame:
        """One row: ``statistic value bias se low high``."""
        import pandas as pd

        numbers = {name: getattr(self, name) for name in ("value", "bias", "se", "low", "high")}
        return pd.DataFrame([{"statistic": self.statistic, **numbers}])

    def numbers(self) -> dict[str, Any]:
        """How the interval was made."""
        made = {"sampling": self.sampling, "method": self.method, "level": self.level}
        return {**made, "draws": self.draws, "seed": self.seed}

    @property
    def title(self) -> str:
        """What the table is."""
        return f"Bootstrap of {self.statistic}"

    def cells(self) -> list[list[str]]:
        """The row as a reader wants it."""
        interval = f"{self.low:.4g} to {self.high:.4g}"
        numbers = [f"{x:.4g}" for x in (self.value, self.bias, self.se)]
        head = ["", "value", "bias", "SE", f"{level_text(self.level)} interval"]
        return [head, [self.statistic, *numbers, interval]]

    @property
    def sentences(self) -> Sequence[str]:
        """How the samples were drawn, and how many have no statistic."""
        how = f"{self.draws} samples {KINDS[self.sampling]}, default_rng({self.seed})"
        said = [f"Interval: {self.method}; {how}."]
        gone = self.draws - len(self._finite)
        return said + ([f"{gone} samples have no finite {self.statistic}."] if gone else [])


def bootstrap(
    result: PooledResult | MetaRegression,
    statistic: Statistic = "estimate",
    *,
    sampling: str = "parametric",
    method: str = "percentile",
    draws: int = 2000,
    level: float | None = None,
    seed: int = 0,
) -> Bootstrap:
    r"""Bootstrap any statistic of a result.

    Parameters
    ----------
    result : PooledResult or MetaRegression
        The result, of independent effects; its model and choices are fitted to every sample.
    statistic : str or callable, default "estimate"
        Of a pooled result: ``"estimate"``, ``"tau2"``, ``"tau"``, ``"i2"``, ``"q"``,
        ``"statistic"`` and other numbers of a fit, on the analysis scale; of a meta-regression the
        name of a coefficient, ``"tau2"``, ``"r2"``, ``"qm"``, ``"qe"``. Or a function that takes a
        batch of fits (:class:`metaonc.kernels.Fit` or
        :class:`metaonc.kernels.moderators.regression.Regression`) and returns an array of shape
        (n,).
    sampling : {"parametric", "studies"}, default "parametric"
        Effects drawn from the fitted model, normal with variances vi + tau²; or the studies drawn
        with replacement, effects with their variances (and moderators).
    method : {"percentile", "basic", "normal", "bca"}, default "percentile"
        Interval: quantiles of the replicates; these mirrored at the statistic; normal, without the
        bias; or bias-corrected and accelerated quantiles, the acceleration from the jackknife.
    draws : int, default 2000
        Number of samples.
    level : float, optional
        Level of the interval. Default: the result's.
    seed : int, default 0
        Seed of the generator; the result records it.

    Returns
    -------
    Bootstrap
        The statistic, its bias, standard error and interval, and all replicates.

    Raises
    ------
    DiagnosticsError
        If an argument is not one of the above, the effects covary or come from counts, or fewer
        than two samples have a finite statistic.

    Notes
    -----
    Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapters 13 and 14; Davison &
    Hinkley, Bootstrap Methods and their Application, 1997, chapter 5; van den Noortgate & Onghena,
    Behav Res Methods 2005;37:11-22, for meta-analysis. With few studies, samples of studies vary
    less than studies do: the parametric bootstrap is the safer choice.

    Examples
    --------
    >>> import metaonc as mo
    >>> found = mo.bootstrap(mo.pool(mo.load_registry().effects("pfs")), "tau2", draws=500)
    >>> round(found.value, 4), found.seed, found.low < found.value < found.high
    (0.0593, 0, True)
    """
    independent(pooled_or_regression(result), "bootstrap()")
    _one_of("sampling", sampling, tuple(KINDS))
    _one_of("method", method, METHODS)
    draws, level = whole("draws", draws, 2), fraction("level", level or result.choices.level)
    name, read = named(result, statistic)
    value = float(_statistics(result, read, *_data(result))[0])
    samples = _samples(result, sampling, draws, np.random.default_rng(seed))
    replicates = np.concatenate([_statistics(result, read, *part) for part in samples])
    finite = replicates[np.isfinite(replicates)]
    if len(finite) < 2:
        raise DiagnosticsError(
            f"{len(finite)} of {draws} samples have a finite {name}; use sampling='parametric' or "
            "another statistic."
        )
    tails = np.array([0.5 - level / 2, 0.5 + level / 2])
    low, high = _interval(result, method, value, finite, tails, read)
    return Bootstrap(result, name, value, replicates, low, high, level, sampling, method, seed)


def _one_of(name: str, value: object, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise DiagnosticsError(f"{name} = {value!r} is not one of {', '.join(map(repr, allowed))}.")


Sample = tuple[FloatArray, FloatArray, FloatArray | None]


def _data(result: PooledResult | MetaRegression) -> Sample:
    """The studies as a batch of one."""
    effects = result.effects
    x = design_of(result)[None] if isinstance(result, MetaRegression) else None
    return effects.yi[None, :], effects.vi[None, :], x


def _statistics(
    result: PooledResult | MetaRegression,
    read: Any,
    yi: FloatArray,
    vi: FloatArray,
    x: FloatArray | None,
) -> FloatArray:
    found = np.asarray(read(batch(result, yi, vi, x)), dtype=float)
    if found.shape != (len(yi),):
        raise DiagnosticsError(
            f"the statistic of {len(yi)} fits has shape {found.shape}; return one number per fit."
        )
    return found


def _samples(
    result: PooledResult | MetaRegression, sampling: str, draws: int, rng: np.random.Generator
) -> Any:
    """Samples in tiles."""
    yi, vi, x = _data(result)
    k, p = result.k, 1 if x is None else x.shape[-1]
    spread = np.sqrt(vi + result.tau2)
    if isinstance(result, MetaRegression):
        center = (result.design.matrix @ result.coefficients["estimate"].to_numpy())[None, :]
    else:
        center = np.full_like(yi, result.estimate)
    for rows in chunks(draws, k, p):
        n = rows.stop - rows.start
        if sampling == "parametric":
            made = center + rng.standard_normal((n, k)) * spread
            yield made, np.broadcast_to(vi, made.shape), x
        else:
            chosen = rng.integers(0, k, size=(n, k))
            yield yi[0][chosen], vi[0][chosen], None if x is None else x[0][chosen]


def _interval(
    result: PooledResult | MetaRegression,
    method: str,
    value: float,
    finite: FloatArray,
    tails: FloatArray,
    read: Any,
) -> tuple[float, float]:
    if method == "normal":
        center = value - (finite.mean() - value)
        low, high = center + ndtri(tails) * finite.std(ddof=1)
        return float(low), float(high)
    if method == "bca":
        tails = _bca_tails(value, finite, tails, _jackknife(result, read))
    low, high = np.quantile(finite, tails)
    if method == "basic":
        low, high = 2 * value - high, 2 * value - low
    return float(low), float(high)


def _jackknife(result: PooledResult | MetaRegression, read: Any) -> FloatArray:
    """The statistic without each study."""
    yi, vi, x = _data(result)
    gone = np.eye(result.k, dtype=bool)
    without = [np.where(gone, np.nan, values) for values in (yi, vi)]
    found = _statistics(result, read, without[0], without[1], x)
    return found[np.isfinite(found)]


def _bca_tails(
    value: float, finite: FloatArray, tails: FloatArray, jackknife: FloatArray
) -> FloatArray:
    """Efron's corrected tails: Efron & Tibshirani (1993), eqs. (14.10) to (14.15)."""
    below = (finite < value).mean() + 0.5 * (finite == value).mean()
    shift = ndtri(np.clip(below, 1 / (len(finite) + 1), len(finite) / (len(finite) + 1)))
    away = jackknife.mean() - jackknife
    size = (away**2).sum() ** 1.5
    bend = (away**3).sum() / (6 * size) if size > 0 else 0.0
    at = shift + ndtri(tails)
    return np.asarray(ndtr(shift + at / (1 - bend * at)))
