"""A million two-by-two tables to odds and risk ratios with variances, beside plain NumPy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

if __package__ in (None, ""):
    import sys

    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import metaonc as mo
from benchmarks.harness import Timing, compare, options, report
from metaonc.effects.counts.two_arms import two_arm_effects

TABLES = 1_000_000
UNIT = "plain NumPy"


def tables(k: int) -> pd.DataFrame:
    """Trials of 20 to 400 patients per arm, a few with an empty cell."""
    rng = np.random.default_rng(k)
    n_1, n_2 = rng.integers(20, 400, size=(2, k)).astype(float)
    events_1, events_2 = (rng.binomial(n.astype(int), 0.1).astype(float) for n in (n_1, n_2))
    return pd.DataFrame({"events_1": events_1, "n_1": n_1, "events_2": events_2, "n_2": n_2})


def plain(a: Any, n_1: Any, c: Any, n_2: Any) -> Any:
    """The formulas and a correction of empty cells, and nothing else."""
    half = 0.5 * ((a == 0) | (c == 0) | (a == n_1) | (c == n_2))
    a, n_1, c, n_2 = a + half, n_1 + 2 * half, c + half, n_2 + 2 * half
    b, d = n_1 - a, n_2 - c
    return (
        (np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d),
        (np.log(a * n_2 / (c * n_1)), 1 / a - 1 / n_1 + 1 / c - 1 / n_2),
    )


def timings(budget: float) -> list[Timing]:
    """NumPy, the functions of arrays, and the whole way from a table to labelled effects."""
    frame = tables(TABLES)
    arrays = [frame[name].to_numpy() for name in frame]
    full = [x + 0.5 * (1 + name.startswith("n")) for name, x in zip(frame, arrays, strict=True)]
    return compare(
        f"{TABLES:,} tables to OR and RR with variances",
        {
            UNIT: lambda: plain(*arrays),
            "metaonc, arrays": lambda: [two_arm_effects(m, *full) for m in ("OR", "RR")],
            "metaonc, effect_sizes": lambda: [mo.effect_sizes(m, frame) for m in ("OR", "RR")],
        },
        unit=UNIT,
        budget=budget,
        per=TABLES,
    )


def main() -> None:
    found = options(__doc__, budget=(20.0, "seconds"))
    report(timings(found.budget), found)


if __name__ == "__main__":
    main()
