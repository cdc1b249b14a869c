"""Simulated coverage of every interval, in settings of published simulation studies.

Intervals of the mean and of prediction as in IntHout, Ioannidis and Borm (2014) and Partlett and
Riley (2017): trials of one size, or some of them ten times as large, with I² from 0 to 90%.
Intervals of tau² and of prediction with the variances of Brockwell and Gordon (2001): a quarter of
a chi-square, cut to 0.009 to 0.6.

The effects are drawn from the model that the methods assume: known variances, normal effects. What
the papers found has to come out again; the exit code is 1 if it does not.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtr

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.harness import machine, options
from metaonc.batch import pool_many
from metaonc.errors import PoolingError
from metaonc.kernels import ESTIMATORS, studies
from metaonc.kernels.prediction import PREDICTION_INTERVALS, predict_nnf
from metaonc.kernels.tau2_intervals import TAU2_INTERVALS
from metaonc.pooling.choices import INTERVALS

KEPT = Path(__file__).with_name("results") / "coverage.json"
LEVEL = 0.95
DRAWS = 1_000  # of the bootstrap prediction interval, per meta-analysis
# Methods that solve for their limits one meta-analysis at a time, or resample: fewer rows.
COSTLY = {"profile", "skovgaard", "permutation", "bootstrap", "hc", "BJ", "J", "NNF"}
SHARE = 40  # one row in so many
TAU2_OF = {"profile": "ML", "hc": "DL"}  # intervals that belong to another estimator than REML


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How the studies of a meta-analysis are drawn.

    Attributes
    ----------
    family : str
        Which design of variances: "sizes" or "Brockwell-Gordon".
    k : int
        Number of studies.
    sizes : str
        How unequal they are.
    tau2 : float
        Between-study variance.
    i2 : float
        I² that goes with it, at the typical variance of Higgins and Thompson.
    """

    family: str
    k: int
    sizes: str
    tau2: float
    i2: float

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Any, Any]:
        """Effects around a mean of 0 and their variances, shape (n, k) each."""
        if self.family == "sizes":
            vi = np.broadcast_to(1 / relative_sizes(self.sizes, self.k), (n, self.k)).copy()
        else:
            vi = brockwell_gordon(n * self.k, rng).reshape(n, self.k)
        return rng.normal(size=(n, self.k)) * np.sqrt(vi + self.tau2), vi


def relative_sizes(sizes: str, k: int) -> Any:
    """Sizes of the trials: all alike, or a quarter or half (at least one) ten times larger."""
    large = {"equal": 0, "a quarter large": max(1, k // 4), "half large": k // 2}
    return np.where(np.arange(k) < large[sizes], 10.0, 1.0)


def brockwell_gordon(n: int, rng: np.random.Generator) -> Any:
    """A quarter of chi-square variables on 1 degree of freedom, those between 0.009 and 0.6."""
    kept = np.empty(0)
    while len(kept) < n:
        drawn = 0.25 * rng.chisquare(1, size=2 * n + 100)
        kept = np.concatenate([kept, drawn[(drawn > 0.009) & (drawn < 0.6)]])
    return kept[:n]


def by_size() -> Iterator[Setting]:
    """Trial sizes, numbers of trials and I²."""
    for sizes in ("equal", "a quarter large", "half large"):
        for k in (2, 3, 5, 10, 20):
            w = relative_sizes(sizes, k)
            typical = (k - 1) * w.sum() / (w.sum() ** 2 - (w**2).sum())
            for i2 in (0.0, 0.25, 0.5, 0.75, 0.9):
                yield Setting(
                    family="sizes", k=k, sizes=sizes, tau2=float(typical * i2 / (1 - i2)), i2=i2
                )


def by_tau2() -> Iterator[Setting]:
    """Variances as in Brockwell and Gordon; their typical one is about 0.056."""
    for k in (3, 5, 10, 20):
        for tau2 in (0.0, 0.05, 0.1, 0.3):
            i2 = tau2 / (tau2 + 0.056)
            yield Setting(family="Brockwell-Gordon", k=k, sizes="drawn", tau2=tau2, i2=round(i2, 2))


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How often an interval held what it is for.

    Attributes
    ----------
    target : {"mean", "tau2", "prediction"}
        What the interval is for.
    method : str
        Its name in metaonc, after the estimator of tau² where there is a choice.
    covered : float
        Share of meta-analyses, for a prediction the mean probability of a new effect.
    rows : int
        Meta-analyses that had an interval.
    """

    setting: Setting
    target: str
    method: str
    covered: float
    rows: int


def of_mean(setting: Setting, yi: Any, vi: Any) -> Iterator[Coverage]:
    """Every interval `pool_many` offers after REML; Wald and Hartung-Knapp after DL as well."""
    choices = [("DL", "wald"), ("DL", "hksj"), *((TAU2_OF.get(ci, "REML"), ci) for ci in INTERVALS)]
    for tau2, ci in choices:
        rows = slice(len(yi) // SHARE if ci in COSTLY else None)
        try:
            found = pool_many(yi[rows], vi[rows], tau2=tau2, ci=ci, level=LEVEL)
        except PoolingError:
            continue  # for one meta-analysis at a time only
        there = ~np.isnan(found.ci_low)
        if there.any():
            held = (found.ci_low <= 0) & (found.ci_high >= 0)
            yield result(setting, "mean", f"{tau2}, {ci}", held[there])


def of_tau2(setting: Setting, yi: Any, vi: Any) -> Iterator[Coverage]:
    """Every interval of tau²."""
    for name, interval in TAU2_INTERVALS.items():
        rows = slice(len(yi) // SHARE if name in COSTLY else None)
        data = studies(yi[rows], vi[rows])
        low, high = (limit * data.unit**2 for limit in interval(data, LEVEL))
        there = ~np.isnan(low) & ~np.isnan(high)
        held = (low <= setting.tau2) & (setting.tau2 <= high)
        yield result(setting, "tau2", name, held[there])


def of_prediction(
    setting: Setting, yi: Any, vi: Any, rng: np.random.Generator
) -> Iterator[Coverage]:
    """Every prediction interval after REML, and the bootstrap."""
    data = studies(yi, vi)
    tau2 = ESTIMATORS["REML"](data)
    for name, interval in PREDICTION_INTERVALS.items():
        found = interval(data, tau2, LEVEL)
        yield predicted(setting, name, found.low * data.unit, found.high * data.unit)
    rows = slice(len(yi) // SHARE)
    data = studies(yi[rows], vi[rows])
    low, high = predict_nnf(data, LEVEL, rng, DRAWS)
    yield predicted(setting, "NNF", low * data.unit, high * data.unit)


def predicted(setting: Setting, name: str, low: Any, high: Any) -> Coverage:
    """Probability of a new effect, exactly, given the limits."""
    there = ~np.isnan(low)
    if setting.tau2 > 0:
        tau = np.sqrt(setting.tau2)
        held = ndtr(high[there] / tau) - ndtr(low[there] / tau)
    else:
        held = (low[there] <= 0) & (high[there] >= 0)
    return result(setting, "prediction", name, held)


def result(setting: Setting, target: str, method: str, held: Any) -> Coverage:
    """The share, to as many digits as the rows can tell."""
    covered = round(float(np.mean(held)), 4) if len(held) else float("nan")
    return Coverage(setting=setting, target=target, method=method, covered=covered, rows=len(held))


def simulate(n: int, seed: int) -> list[Coverage]:
    """All settings; each has random numbers of its own, so that one can be run alone."""
    found: list[Coverage] = []
    for number, setting in enumerate([*by_size(), *by_tau2()]):
        rng = np.random.default_rng([seed, number])
        yi, vi = setting.draw(n, rng)
        found += of_mean(setting, yi, vi)
        if setting.k > 2:
            found += of_prediction(setting, yi, vi, rng)
        if setting.family == "Brockwell-Gordon":
            found += of_tau2(setting, yi, vi)
        print(f"{setting.family}, {setting.sizes}, k = {setting.k}, I² = {setting.i2:.0%}")
    return [one for one in found if one.rows]


# What the papers found ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """A published finding, what it comes to here, and whether it holds.

    Attributes
    ----------
    source, finding : str
        The paper, and what it reports, in our words.
    found : str
        The figures from this run.
    holds : bool
        Whether they show it.
    """

    source: str
    finding: str
    found: str
    holds: bool


class Results:
    """Coverage by method, to be asked for the settings of a pattern."""

    def __init__(self, found: list[Coverage]) -> None:
        self.found = found

    def cells(self, target: str, method: str, **wanted: Any) -> list[Coverage]:
        """Results of a method in the settings that fit."""
        return [
            one
            for one in self.found
            if (one.target, one.method) == (target, method)
            and all(getattr(one.setting, name) in values for name, values in wanted.items())
        ]

    def range(self, target: str, method: str, **wanted: Any) -> tuple[float, float]:
        """Lowest and highest coverage."""
        covered = [one.covered for one in self.cells(target, method, **wanted)]
        return min(covered), max(covered)

    def mean(self, target: str, method: str, **wanted: Any) -> float:
        """Mean coverage, weighted by rows."""
        cells = self.cells(target, method, **wanted)
        return float(
            np.average([one.covered for one in cells], weights=[one.rows for one in cells])
        )


SIZES = {"family": ("sizes",)}
UNEQUAL = {"sizes": ("a quarter large", "half large")}
EQUAL = {"sizes": ("equal",)}
DRAWN = {"family": ("Brockwell-Gordon",)}
INTHOUT = "IntHout, Ioannidis & Borm, BMC Med Res Methodol 2014;14:25, abstract"
ROEVER = "Röver, Knapp & Friede, BMC Med Res Methodol 2015;15:99, abstract"
PARTLETT = "Partlett & Riley, Stat Med 2017;36:301-317, conclusions"
NAGASHIMA = "Nagashima, Noma & Furukawa, Stat Methods Med Res 2019;28:1689-1702, abstract"
VIECHTBAUER = (
    "Viechtbauer, Stat Med 2007;26:37-52; van Aert et al., Res Synth Methods 2019;10:225-239"
)


def patterns(found: list[Coverage]) -> list[Pattern]:
    """The published findings, looked for in the results."""
    return [*_patterns_of_the_mean(Results(found)), *_other_patterns(Results(found))]


def _patterns_of_the_mean(of: Results) -> Iterator[Pattern]:
    highest = {ci: 1 - of.range("mean", f"DL, {ci}", **SIZES)[0] for ci in ("wald", "hksj")}
    yield Pattern(
        source=INTHOUT,
        finding="error rates of DerSimonian-Laird with Wald could be over 30%",
        found=f"highest {highest['wald']:.1%}",
        holds=highest["wald"] > 0.3,
    )
    yield Pattern(
        source=INTHOUT,
        finding="those of Hartung-Knapp-Sidik-Jonkman at most doubled, in settings much like these",
        found=f"highest {highest['hksj']:.1%} (standard error of a setting: 0.5%)",
        holds=highest["hksj"] < 0.115,
    )
    mixed, alike = (
        {
            ci: LEVEL - of.mean("mean", f"DL, {ci}", **SIZES, **sizes, i2=(0.5, 0.75, 0.9))
            for ci in ("wald", "hksj")
        }
        for sizes in (UNEQUAL, EQUAL)
    )
    yield Pattern(
        source=INTHOUT,
        finding="unequal sizes with heterogeneity inflate errors, Hartung-Knapp's far less",
        found=f"mean excess over 5%: Wald {mixed['wald']:.1%} (equal sizes {alike['wald']:.1%}), "
        f"Hartung-Knapp {mixed['hksj']:.1%} ({alike['hksj']:.1%})",
        holds=mixed["wald"] > 2 * mixed["hksj"]
        and all(mixed[ci] > alike[ci] for ci in ("wald", "hksj")),
    )
    equal = of.range("mean", "REML, hksj", **SIZES, **EQUAL)
    yield Pattern(
        source=ROEVER,
        finding="Hartung-Knapp works well for studies of comparable precision",
        found=f"coverage {equal[0]:.1%} to {equal[1]:.1%}",
        holds=equal[0] > 0.94,
    )
    plain, adhoc = (
        of.range("mean", f"REML, {ci}", **SIZES, **UNEQUAL)[0] for ci in ("hksj", "hksj-adhoc")
    )
    yield Pattern(
        source=ROEVER,
        finding="where precisions differ, the modified interval is the more conservative",
        found=f"lowest coverage: modified {adhoc:.1%}, plain {plain:.1%}",
        holds=adhoc > plain,
    )
    low = of.mean("mean", "REML, hksj", **SIZES, **UNEQUAL, i2=(0.0, 0.25))
    yield Pattern(
        source=PARTLETT,
        finding="Hartung-Knapp suffers when sizes vary and heterogeneity is low",
        found=f"mean coverage {low:.1%}, with equal sizes "
        f"{of.mean('mean', 'REML, hksj', **SIZES, **EQUAL, i2=(0.0, 0.25)):.1%}",
        holds=low < of.mean("mean", "REML, hksj", **SIZES, **EQUAL, i2=(0.0, 0.25)),
    )


def _other_patterns(of: Results) -> Iterator[Pattern]:
    well = of.range("prediction", "HTS", **SIZES, **EQUAL, i2=(0.9,), k=(5, 10, 20))
    badly = of.range("prediction", "HTS", **SIZES, **UNEQUAL, i2=(0.25, 0.5), k=(5, 10, 20))
    yield Pattern(
        source=PARTLETT,
        finding="prediction intervals do well with much heterogeneity and similar sizes only",
        found=f"HTS {well[0]:.1%} to {well[1]:.1%} there, down to {badly[0]:.1%} elsewhere",
        holds=well[0] > 0.92 and badly[0] < 0.90,
    )
    few = {"k": (3, 5), "tau2": (0.05, 0.1, 0.3)}
    hts, nnf = (of.range("prediction", name, **DRAWN, **few) for name in ("HTS", "NNF"))
    mean_nnf = of.mean("prediction", "NNF", **DRAWN, tau2=(0.05, 0.1, 0.3))
    yield Pattern(
        source=NAGASHIMA,
        finding="the bootstrap prediction interval keeps its level, HTS does not with few studies",
        found=f"NNF {mean_nnf:.1%} on average, from {nnf[0]:.1%}; HTS down to {hts[0]:.1%}",
        holds=hts[0] < 0.9 < nnf[0] and abs(mean_nnf - LEVEL) < 0.02,
    )
    real = {"tau2": (0.05, 0.1, 0.3)}
    for words, names in (("Q-profile is", ("QP",)), ("generalised Q is", ("BJ", "J"))):
        covered = [of.mean("tau2", name, **DRAWN, **real) for name in names]
        listed = ", ".join(f"{n} {c:.1%}" for n, c in zip(names, covered, strict=True))
        yield Pattern(
            source=VIECHTBAUER,
            finding=f"{words} exact under the model",
            found=listed,
            holds=all(abs(c - LEVEL) < (0.005 if names == ("QP",) else 0.03) for c in covered),
        )
    wald = of.range("tau2", "Wald", **DRAWN, **real)
    yield Pattern(
        source=VIECHTBAUER,
        finding="Wald intervals of tau² are not: they miss both ways",
        found=f"{wald[0]:.1%} to {wald[1]:.1%}",
        holds=wald[0] < 0.93 or wald[1] > 0.97,
    )


def write(path: Path, head: dict[str, Any], seen: list[Pattern], found: list[Coverage]) -> None:
    """Write a line per pattern and per setting: covered share and rows of every method."""
    by_setting: dict[Setting, dict[str, dict[str, list[float]]]] = {}
    for one in found:
        targets = by_setting.setdefault(one.setting, {})
        targets.setdefault(one.target, {})[one.method] = [one.covered, one.rows]
    blocks = {
        "patterns": [asdict(one) for one in seen],
        "coverage": [
            {"setting": asdict(setting), "covered": targets}
            for setting, targets in by_setting.items()
        ],
    }
    parts = [json.dumps(head)[1:-1]]
    for name, rows in blocks.items():
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        parts.append(f'"{name}": [\n{lines}\n]')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{" + ",\n".join(parts) + "}\n", encoding="utf-8")


def main() -> None:
    found = options(
        __doc__, n=(4_000, "meta-analyses per setting"), seed=(0, "of the random numbers")
    )
    results = simulate(found.n, found.seed)
    seen = patterns(results)
    for one in seen:
        print(f"{'holds' if one.holds else 'FAILS'}: {one.finding} ({one.source}): {one.found}")
    if found.json:
        versions = machine()["versions"]
        head = {"n": found.n, "seed": found.seed, "level": LEVEL, "versions": versions}
        write(found.json, head, seen, results)
    if not all(one.holds for one in seen):
        sys.exit(1)


if __name__ == "__main__":
    main()
