"""Trials that never were, reported as papers report them: clean records to try the audit on.

Patients are simulated, analysed (Cox, log-rank, Kaplan-Meier, exact and score intervals) and the
results printed with a paper's digits, so that nothing in a record is wrong and everything is
rounded. `python -m tests.registry.audit.simulate` writes `simulated.json` anew.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

FILE = Path(__file__).with_name("simulated.json")
TRIALS = 120
SEED = 20260101
Array = np.ndarray[Any, np.dtype[np.float64]]


class Survival(NamedTuple):
    """Times and event indicators of patients, with their arm (1 = experimental)."""

    time: Array
    event: Array
    arm: Array

    def of(self, keep: Array) -> Survival:
        """Some of the patients."""
        return Survival(self.time[keep], self.event[keep], self.arm[keep])


class Cox(NamedTuple):
    """Log hazard ratio, its standard error, and the log-rank totals."""

    log: float
    se: float
    o_minus_e: float
    variance: float


def cox(data: Survival) -> Cox:
    """Fit one treatment by Newton's method (Breslow; simulated times have no ties)."""
    order = np.argsort(-data.time)
    x, event = data.arm[order], data.event[order]
    beta, first = 0.0, None
    for _ in range(25):
        weight = np.exp(beta * x)
        share = np.cumsum(weight * x) / np.cumsum(weight)
        score = float(np.sum(event * (x - share)))
        information = float(np.sum(event * share * (1 - share)))
        first = first or (score, information)
        step = score / information
        beta += step
        if abs(step) < 1e-10:
            break
    assert first is not None
    return Cox(beta, information**-0.5, *first)


def kaplan_meier(data: Survival, at: float) -> float:
    """Share free of the event at a time."""
    order = np.argsort(data.time)
    time, event = data.time[order], data.event[order]
    at_risk = len(time) - np.arange(len(time))
    return float(np.prod(np.where((time <= at) & (event == 1), 1 - 1 / at_risk, 1.0)))


def median(data: Survival) -> float | None:
    """Kaplan-Meier median; None where half are still free of the event."""
    order = np.argsort(data.time)
    time, event = data.time[order], data.event[order]
    curve = np.cumprod(np.where(event == 1, 1 - 1 / (len(time) - np.arange(len(time))), 1.0))
    below = np.flatnonzero(curve <= 0.5)
    return float(time[below[0]]) if len(below) else None


def digits(value: float, places: int) -> str:
    """A number as printed."""
    return f"{value:.{places}f}"


class Paper:
    """One simulated trial, and the results its paper prints."""

    def __init__(self, rng: np.random.Generator, number: int) -> None:
        self.rng, self.number = rng, number
        self.level = float(rng.choice([0.95, 0.95, 0.95, 0.90, 0.80]))
        self.arms = ["new", "newer", "old"] if number % 10 == 0 else ["new", "old"]
        base = int(rng.integers(40, 260))
        self.sizes = [base * int(rng.choice([1, 1, 2])) for _ in self.arms[:-1]] + [base]
        self.effects = [math.exp(rng.normal(-0.3, 0.3)) for _ in self.arms[:-1]] + [1.0]
        self.results: list[dict[str, Any]] = []
        self.simulate()
        self.print_times()
        self.print_response()
        self.print_safety()

    def simulate(self) -> None:
        """Draw entry, progression and death, and cut the data twice."""
        arm = np.repeat(np.arange(len(self.arms)), self.sizes)
        n, rng = len(arm), self.rng
        hazard = 0.09 * np.asarray(self.effects)[arm] * rng.choice([0.6, 1.0, 1.6])
        progression = rng.exponential(1 / hazard)
        death = rng.exponential(1 / (0.3 * hazard**0.8))
        entry, dropout = rng.uniform(0, 18, n), rng.exponential(90, n)
        self.arm, self.half = arm, rng.random(n) < 0.45
        self.cuts = {"interim": 20.0, "final": float(rng.uniform(28, 44))}
        self.data = {
            cut: {
                "pfs": self.observed(np.minimum(progression, death), when - entry, dropout),
                "os": self.observed(death, when - entry, dropout),
            }
            for cut, when in self.cuts.items()
        }

    def observed(self, time: Array, until: Array, dropout: Array) -> Survival:
        """What is seen of times by the end of follow-up."""
        end = np.maximum(np.minimum(until, dropout), 1e-3)
        return Survival(np.minimum(time, end), (time <= end).astype(float), self.arm * 1.0)

    def of_arms(self, data: Survival, top: int, bottom: int) -> Survival:
        """Two arms, the first as 1."""
        kept = data.of((self.arm == top) | (self.arm == bottom))
        return kept._replace(arm=(kept.arm == top).astype(float))

    def add(self, kind: str, outcome: str, **more: Any) -> None:
        """Print a result."""
        self.results.append({"kind": kind, "outcome": outcome, **more})

    def print_times(self) -> None:
        """Hazard ratios, medians and percentages of progression and death."""
        old = len(self.arms) - 1
        for cut, outcomes in self.data.items():
            for outcome, data in outcomes.items():
                for top in range(old):
                    self.print_ratio(outcome, cut, data, top, old, style=self.number % 5)
                self.print_medians(outcome, cut, data)
        final = self.data["final"]["pfs"]
        if old == 2:
            self.print_ratio("pfs", "final", final, 0, 1, style=4)
        elif self.number % 3 == 0:
            for name, keep in (("premenopausal", self.half), ("postmenopausal", ~self.half)):
                part = self.of_arms(final, 0, old).of(keep)
                self.print_fit("pfs", "final", cox(part), 0, old, {"subgroup": name})
        for months in (6, 12):
            percent = [
                digits(100 * kaplan_meier(final.of(self.arm == a), months), self.number % 2)
                for a in range(old + 1)
            ]
            arms = {name: {"percent": p} for name, p in zip(self.arms, percent, strict=True)}
            self.add("survival", "pfs", cut="final", months=str(months), arms=arms)

    def print_ratio(
        self, outcome: str, cut: str, data: Survival, top: int, bottom: int, style: int
    ) -> None:
        """A hazard ratio with what this paper prints beside it."""
        pair = self.of_arms(data, top, bottom)
        if pair.event.sum() < 12:
            return
        fit, more = cox(pair), {}
        one, two = (int(pair.event[pair.arm == side].sum()) for side in (1.0, 0.0))
        if style in (0, 1):
            more["events"] = {self.arms[top]: one, self.arms[bottom]: two}
        elif style == 2:
            more["events_total"] = one + two
        if style == 1:
            more |= {
                "se": digits(fit.se, 3),
                "o_minus_e": digits(fit.o_minus_e, 2),
                "variance": digits(fit.variance, 2),
            }
        p = 2 * NormalDist().cdf(-abs(fit.o_minus_e) / fit.variance**0.5)
        if style in (2, 3) and p >= 0.001:
            sides = 1 if self.number % 7 == 0 and fit.log < 0 else 2
            more |= {"p": digits(p * sides / 2, 3), "p_sides": sides}
        self.print_fit(outcome, cut, fit, top, bottom, more)

    def print_fit(
        self, outcome: str, cut: str, fit: Cox, top: int, bottom: int, more: dict[str, Any]
    ) -> None:
        """The ratio and its interval, with two decimals."""
        z = NormalDist().inv_cdf(0.5 + self.level / 2)
        ratio, low, high = (math.exp(fit.log + k * z * fit.se) for k in (0, -1, 1))
        if self.number % 4 == 0 and "subgroup" not in more:
            more["reduction"] = digits(100 * (1 - ratio), 0)
        self.add(
            "hazard_ratio", outcome, cut=cut, experimental=self.arms[top],
            control=self.arms[bottom], estimate=digits(ratio, 2), low=digits(low, 2),
            high=digits(high, 2), level=digits(self.level, 2), **more,
        )  # fmt: skip

    def print_medians(self, outcome: str, cut: str, data: Survival) -> None:
        """Medians, in weeks in some papers."""
        weeks = self.number % 11 == 0
        found = {name: median(data.of(self.arm == a)) for a, name in enumerate(self.arms)}
        scale = 30.4375 / 7 if weeks else 1.0
        arms = {
            name: {"median": digits(value * scale, 1)}
            for name, value in found.items()
            if value is not None and value * scale >= 0.05
        }
        if arms:
            self.add("medians", outcome, cut=cut, unit="weeks" if weeks else "months", arms=arms)

    def print_response(self) -> None:
        """Response and clinical benefit, by two assessments in some papers."""
        chance = self.rng.uniform(0.08, 0.5)
        benefit = {a: self.rng.random(n) for a, n in enumerate(self.sizes)}
        looks = ["investigator", "central"] if self.number % 6 == 0 else ["investigator"]
        for look in looks:
            counts: dict[str, list[int]] = {"orr": [], "cbr": []}
            for a in range(len(self.arms)):
                better = chance * (2 - self.effects[a]) ** 0.5
                noise = self.rng.normal(0, 0.03, self.sizes[a]) if look == "central" else 0.0
                seen = benefit[a] + noise
                counts["orr"].append(int((seen < better).sum()))
                counts["cbr"].append(int((seen < better + 0.25).sum()))
            for outcome, events in counts.items():
                self.print_counts(outcome, events, self.sizes, look, {})

    def print_safety(self) -> None:
        """Adverse events by grade, among those treated."""
        treated = [n - int(self.rng.integers(0, 3)) for n in self.sizes]
        for outcome in ("stomatitis", "rash"):
            grades = [
                np.bincount(self.rng.choice(5, n, p=self.grade_chances(a)), minlength=5)
                for a, n in enumerate(treated)
            ]
            wanted = {"any": slice(1, 5), "3-4": slice(3, 5)}
            if self.number % 8 == 0:
                wanted |= {str(g): slice(g, g + 1) for g in range(1, 5)}
            for grade, part in wanted.items():
                events = [int(by[part].sum()) for by in grades]
                self.print_counts(outcome, events, treated, "not stated", {"grade": grade})

    def grade_chances(self, arm: int) -> list[float]:
        """Chances of no event and of grades 1 to 4."""
        some = 0.12 if arm == len(self.arms) - 1 else 0.5
        return [1 - some, 0.55 * some, 0.3 * some, 0.12 * some, 0.03 * some]

    def print_counts(
        self, outcome: str, events: list[int], n: list[int], look: str, more: dict[str, Any]
    ) -> None:
        """Counts as a paper prints them: counts, percentages or both, with intervals and p."""
        style = self.number % 4
        arms: dict[str, dict[str, Any]] = {}
        for name, x, size in zip(self.arms, events, n, strict=True):
            count: dict[str, Any] = {"n": size}
            if style != 2:
                count["events"] = x
            if style != 3:
                count["percent"] = digits(100 * x / size, 1 if style else 0)
            if "grade" not in more and style in (1, 2):
                method = "exact" if self.number % 3 else "wilson"
                interval = stats.binomtest(x, size).proportion_ci(self.level, method)
                count |= {
                    "low": digits(100 * interval.low, 1),
                    "high": digits(100 * interval.high, 1),
                    "level": digits(self.level, 2),
                }
            arms[name] = count
        if len(arms) == 2 and style in (0, 3) and 0 < sum(events) < sum(n):
            table = [[x, size - x] for x, size in zip(events, n, strict=True)]
            exact = stats.fisher_exact(table)[1]
            pearson = stats.chi2_contingency(table, correction=False)[1]
            more = more | {"p": digits(exact if style else pearson, 3), "p_sides": 2}
        self.add("counts", outcome, cut="final", assessment=look, arms=arms, **more)

    def record(self) -> dict[str, Any]:
        """The record without what every record has."""
        sizes = zip(self.arms, self.sizes, strict=True)
        looks = {"pfs": "investigator", "os": "investigator"}
        looks |= {"orr": "investigator", "cbr": "investigator"} if self.number % 6 == 0 else {}
        return {
            "key": f"simulated-{self.number:03d}",
            "registrations": [f"NCT{9_000_000 + self.number:08d}"],
            "randomised": sum(self.sizes),
            "arms": [
                {"key": key, "role": "control" if key == "old" else "experimental", "n": n}
                for key, n in sizes
            ],
            "cuts": [
                {"key": "interim", "label": "interim analysis", "interim": True},
                {"key": "final", "label": "final analysis"},
            ],
            "primary": {k: {"cut": "final", "assessment": look} for k, look in looks.items()},
            "results": self.results,
        }


def simulated() -> list[dict[str, Any]]:
    """Every record, anew."""
    rng = np.random.default_rng(SEED)
    return [Paper(rng, number).record() for number in range(TRIALS)]


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in simulated())
    FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
