"""A million random meta-analyses: no failure, no NaN, no warning, and REML's global maximum.

The rows have 2 to 30 studies, variances over eight powers of ten, and between-study variances from
none to far above the largest. For a sample, the restricted likelihood is computed anew on a fine
grid, and no point may be higher than at the estimate.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.harness import machine, options
from metaonc.batch import PooledMany, pool_many

NUMBERS = (
    *("estimate", "se", "ci_low", "ci_high", "p_value", "statistic", "wald_se"),
    *("tau2", "q", "q_p", "i2", "i2_from_q", "h2"),
)
SPACING = 0.025  # of the search, in log(tau² + smallest variance)
SEARCHED_AT_A_TIME = 50


def anything(n: int, seed: int) -> tuple[Any, Any]:
    """Random rows of 2 to 30 studies, the rest NaN."""
    rng = np.random.default_rng(seed)
    vi = 10.0 ** rng.uniform(-4, 4, size=(n, 30))
    tau = 10.0 ** rng.uniform(-4, 5, size=(n, 1)) * rng.integers(0, 2, size=(n, 1))
    yi = rng.normal(size=(n, 30)) * np.sqrt(vi + tau**2)
    missing = np.arange(30) >= rng.integers(2, 31, size=(n, 1))
    yi[missing], vi[missing] = np.nan, np.nan
    return yi, vi


def unusable(many: PooledMany) -> int:
    """Rows in which a number is not finite."""
    bad = np.zeros(len(many), dtype=bool)
    for name in NUMBERS:
        bad |= ~np.isfinite(getattr(many, name))
    return int(bad.sum())


def log_likelihood(yi: Any, vi: Any, tau2: Any) -> Any:
    """Restricted log-likelihood of each row at its own tau² values, shape (n, points), directly."""
    present = np.isfinite(yi)[:, None, :]
    v = np.where(present, vi[:, None, :] + tau2[..., None], 1.0)
    w = present / v
    y = np.where(present, yi[:, None, :], 0.0)
    mean = (w * y).sum(axis=-1) / w.sum(axis=-1)
    squares = (w * (y - mean[..., None]) ** 2).sum(axis=-1)
    return -0.5 * (np.log(v).sum(axis=-1) + np.log(w.sum(axis=-1)) + squares)


def beaten(yi: Any, vi: Any, tau2: Any) -> tuple[int, float]:
    """Rows for which the search finds a higher point than tau², and the largest gain."""
    lowest = np.nanmin(vi, axis=1, keepdims=True)
    spread = np.nanmax(yi, axis=1) - np.nanmin(yi, axis=1)
    longest = float(np.log1p((4 * spread**2 + 2 * np.nanmax(vi, axis=1)) / lowest[:, 0]).max())
    grid = lowest * np.expm1(np.arange(0, longest + SPACING, SPACING))
    found = log_likelihood(yi, vi, tau2[:, None])[:, 0]
    gain = log_likelihood(yi, vi, grid).max(axis=1) - found
    # Differences below the rounding of a sum of terms of this size mean nothing.
    return int((gain > 1e-10 * np.maximum(np.abs(found), 1.0)).sum()), float(gain.max())


def main() -> None:
    found = options(
        __doc__,
        n=(1_000_000, "meta-analyses"),
        sample=(10_000, "of them to search for a higher likelihood"),
        seed=(0, "of the random numbers"),
    )
    warnings.simplefilter("error")
    result: dict[str, object] = {"n": found.n, "sample": found.sample}
    yi, vi = anything(found.n, found.seed)
    for method in ("DL", "PM", "REML"):
        start = time.perf_counter()
        many = pool_many(yi, vi, tau2=method)
        bad = unusable(many)
        result[method] = {"unusable": bad, "seconds": round(time.perf_counter() - start, 1)}
        print(f"{method}: {found.n:,} fits, {bad} with a number that is not finite")
    worse, gain = 0, -np.inf
    for start_row in range(0, min(found.sample, found.n), SEARCHED_AT_A_TIME):
        part = slice(start_row, start_row + SEARCHED_AT_A_TIME)
        count, most = beaten(yi[part], vi[part], many.tau2[part])
        worse, gain = worse + count, max(gain, most)
    print(f"REML: {worse} of {found.sample:,} beaten by a finer search (largest gain {gain:.1e})")
    result["REML beaten"], result["largest gain"] = worse, gain
    if found.json:
        text = json.dumps({"machine": machine(), **result}, indent=1) + "\n"
        found.json.write_text(text, encoding="utf-8")
    if worse or any(isinstance(r, dict) and r["unusable"] for r in result.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
