"""Specification curves: how many fits per second, against the same fits one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

if __package__ in (None, ""):
    import sys

    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import metaonc as mo
from benchmarks.harness import Timing, compare, options, report

STUDIES, LEFT_OUT, ONE_BY_ONE = 12, 4, 200
TAU2 = ("REML", "DL", "PM", "ML", "HE", "SJ", "EB")
CI = ("wald", "t", "hksj", "hksj-adhoc")
UNIT = "mo.pool, one by one"


def effects() -> mo.Effects:
    """Twelve trials, of which up to four are left out."""
    rng = np.random.default_rng(12)
    vi = rng.uniform(0.01, 0.1, STUDIES)
    return mo.Effects(rng.normal(-0.3, np.sqrt(vi + 0.03)), vi, "HR")


def timings(budget: float) -> list[Timing]:
    """A whole curve, and the fits alone as `mo.pool` makes them."""
    data = effects()
    curve = mo.specification_curve(data, tau2=TAU2, ci=CI, leave_out=LEFT_OUT)
    some = [data.take(np.arange(STUDIES) != i % STUDIES) for i in range(ONE_BY_ONE)]
    ways = [(tau2, ci) for tau2 in TAU2 for ci in CI]

    def one_by_one() -> None:
        for i, part in enumerate(some):
            tau2, ci = ways[i % len(ways)]
            fit = mo.pool(part, tau2=tau2, ci=ci)
            _ = (fit.estimate, fit.ci_low, fit.ci_high, fit.p_value)

    def whole() -> None:
        mo.specification_curve(data, tau2=TAU2, ci=CI, leave_out=LEFT_OUT)

    found = compare(f"{ONE_BY_ONE} fits", {UNIT: one_by_one}, unit=UNIT, budget=budget / 2,
                    per=ONE_BY_ONE)  # fmt: skip
    name = f"specification_curve, {curve.fits:,} fits"
    return found + compare(name, {name: whole}, unit=name, budget=budget / 2, per=curve.fits)


def main() -> None:
    found = options(__doc__, budget=(10.0, "seconds"))
    report(timings(found.budget), found)


if __name__ == "__main__":
    main()
