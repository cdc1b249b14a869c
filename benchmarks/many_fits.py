"""Hundreds of thousands of meta-analyses by `pool_many`; the unit is reading the input once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.harness import compare, options, report
from metaonc.batch import pool_many

UNIT = "reading yi and vi once (sum)"
HOW: dict[str, dict[str, Any]] = {
    "common effect": {"model": "fixed"},
    "DL, Wald": {"tau2": "DL", "ci": "wald"},
    "PM, Hartung-Knapp": {"tau2": "PM", "ci": "auto"},
    "PM, Hartung-Knapp, Q-profile": {"tau2": "PM", "ci": "auto", "tau2_interval": "QP"},
    "REML, Hartung-Knapp": {"tau2": "REML", "ci": "auto"},
}

# In a process of its own: the most memory a process ever had cannot be reset.
MEMORY = """
import resource, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
from benchmarks.many_fits import rows
from metaonc.batch import pool_many
def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
pool_many(*rows(2000, 10))
yi, vi = rows(int(sys.argv[2]), 10)
before = most()
many = pool_many(yi, vi)
outputs = sum(v.nbytes for v in vars(many).values() if isinstance(v, np.ndarray)) / 2**20
print(f"{(yi.nbytes + vi.nbytes) / 2**20:.0f} {outputs:.0f} {most() - before:.0f}")
"""


def rows(n: int, k: int, seed: int = 0) -> tuple[Any, Any]:
    """Effects like log hazard ratios, heterogeneity from none to as much as within studies."""
    rng = np.random.default_rng(seed)
    vi, yi = rng.normal(size=(n, k)), rng.normal(size=(n, k))
    vi *= 0.8
    vi -= 2.5
    np.exp(vi, out=vi)
    for start in range(0, n, 100_000):  # no large working arrays: memory is measured
        part = slice(start, start + 100_000)
        yi[part] *= np.sqrt(vi[part] + 0.1 * rng.random((len(vi[part]), 1)))
    yi -= 0.3
    return yi, vi


def ragged(n: int, fewest: int, most: int) -> tuple[Any, Any]:
    """Rows of different numbers of studies, the rest NaN."""
    yi, vi = rows(n, most, seed=1)
    k = np.random.default_rng(2).integers(fewest, most + 1, size=(n, 1))
    missing = np.arange(most) >= k
    yi[missing], vi[missing] = np.nan, np.nan
    return yi, vi


def contenders(yi: Any, vi: Any, workers: int) -> dict[str, Callable[[], object]]:
    """The read limit and every way to pool."""

    def read() -> float:
        return float(yi.sum() + vi.sum())

    calls: dict[str, Callable[[], object]] = {UNIT: read}
    for name, how in HOW.items():
        calls[name] = partial(pool_many, yi, vi, workers=workers, **how)
    return calls


def main() -> None:
    found = options(
        __doc__,
        n=(300_000, "meta-analyses"),
        k=(10, "studies in each"),
        budget=(15.0, "seconds per setting"),
        workers=(2, "threads of the second setting"),
    )
    timings = []
    yi, vi = rows(found.n, found.k)
    for workers in (1, found.workers):
        setting = f"{found.n:,} fits of k = {found.k}, {workers} thread(s), per fit"
        timings += compare(
            setting, contenders(yi, vi, workers), unit=UNIT, budget=found.budget, per=found.n
        )
    n = found.n // 5
    yi, vi = rows(n, 28)  # 5 to 50 studies are 27.5 on average
    dense = compare(
        f"{n:,} fits of k = 28, per study",
        contenders(yi, vi, 1),
        unit=UNIT,
        budget=found.budget,
        per=yi.size,
    )
    yi, vi = ragged(n, 5, 50)
    studies = int(np.isfinite(yi).sum())
    uneven = compare(
        f"{n:,} fits of k = 5 to 50 with NaN, per study",
        contenders(yi, vi, 1),
        unit=UNIT,
        budget=found.budget,
        per=studies,
    )
    ratios = {
        a.name: round(b.seconds / a.seconds, 2)
        for a, b in zip(dense, uneven, strict=True)
        if a.name != UNIT
    }
    more: dict[str, object] = {"ragged_over_dense_per_study": ratios}
    if sys.platform.startswith("linux"):
        folder = str(Path(__file__).resolve().parent.parent)
        command = [sys.executable, "-c", MEMORY, folder, str(found.n * 3)]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        inputs, outputs, extra = map(int, run.stdout.split())
        more["memory_MiB_at_three_times_n"] = {
            "input": inputs,
            "outputs": outputs,
            "above the input": extra,
        }
    report([*timings, *dense, *uneven], found, **more)


if __name__ == "__main__":
    main()
