"""One meta-analysis at a time, with its result object, beside other programs.

Peers are used if they are there. R is asked once per size, before the others: starting it takes
longer than everything else, so its figures are medians of its own run and not interleaved.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

if __package__ in (None, ""):
    import sys

    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import metaonc as mo
from benchmarks.harness import Timing, compare, options, report

SIZES = (10, 50, 1000, 100_000)
UNIT = "metaonc REML, auto (HKSJ) interval"
# metafor builds k by k matrices: minutes and gigabytes beyond this.
LARGEST_FOR_METAFOR = 1000

METAFOR = """
suppressPackageStartupMessages(library(metafor))
file <- commandArgs(TRUE)[1]; d <- read.csv(file); n <- as.integer(commandArgs(TRUE)[2])
run <- function(f) { f(); median(sapply(1:n, function(i) system.time(f())[["elapsed"]])) }
many <- function(f) { s <- if (nrow(d) > 100) 1 else 50; run(function() for (i in 1:s) f()) / s }
cat(many(function() rma(yi, vi, data=d, method="DL")), "\\n")
cat(many(function() rma(yi, vi, data=d, method="REML", test="knha")), "\\n")
"""


def data(k: int) -> tuple[Any, Any]:
    """Effects like log hazard ratios, with heterogeneity, so that there is a tau² to find."""
    rng = np.random.default_rng(k)
    vi = np.exp(rng.normal(-2.5, 0.8, size=k))
    return rng.normal(-0.3, np.sqrt(vi + 0.2)), vi


def ours(yi: Any, vi: Any) -> dict[str, Callable[[], object]]:
    """`pool`, and with everything a result is asked for."""
    effects = mo.Effects(yi, vi)

    def complete() -> object:
        fit = mo.pool(mo.Effects(yi, vi))
        numbers = (fit.estimate, fit.ci_low, fit.ci_high, fit.p_value, fit.tau2, fit.i2, fit.q_p)
        return (*numbers, fit.weights)

    return {
        UNIT: lambda: mo.pool(effects),
        "… from arrays, every number read": complete,
        "metaonc DL, auto interval": lambda: mo.pool(effects, tau2="DL"),
        "metaonc PM, auto interval": lambda: mo.pool(effects, tau2="PM"),
        "metaonc common effect": lambda: mo.pool(effects, model="fixed"),
    }


def statsmodels_calls(yi: Any, vi: Any) -> dict[str, Callable[[], object]]:
    """`combine_effects`: DL is its "chi2", PM its "iterated"."""
    try:
        from statsmodels.stats.meta_analysis import combine_effects
    except ImportError:
        print("statsmodels is not installed: skipped")
        return {}
    return {
        "statsmodels DL": partial(combine_effects, yi, vi, method_re="chi2"),
        "statsmodels PM": partial(combine_effects, yi, vi, method_re="iterated"),
    }


def pymare_calls(yi: Any, vi: Any) -> dict[str, Callable[[], object]]:
    """PyMARE: estimator and summary, from arrays."""
    try:
        from pymare.estimators import DerSimonianLaird, VarianceBasedLikelihoodEstimator
    except ImportError:
        print("PyMARE is not installed: skipped")
        return {}
    y, v, x = yi[:, None], vi[:, None], np.ones((len(yi), 1))

    def run(estimator: Any) -> object:
        return estimator.fit(y=y, v=v, X=x).summary().get_fe_stats()

    return {
        "PyMARE DL": lambda: run(DerSimonianLaird()),
        "PyMARE REML": lambda: run(VarianceBasedLikelihoodEstimator(method="REML")),
    }


def pymetaanalysis_calls(yi: Any, vi: Any) -> dict[str, Callable[[], object]]:
    """PyMetaAnalysis: a result object from arrays."""
    try:
        from meta_analyze import meta_analysis
    except ImportError:
        print("PyMetaAnalysis is not installed: skipped")
        return {}

    def run(method: str, ci: str) -> object:
        return meta_analysis(effect=yi, variance=vi, tau2_method=method, ci_method=ci)

    return {
        "PyMetaAnalysis DL": lambda: run("DL", "normal"),
        "PyMetaAnalysis REML, Hartung-Knapp": lambda: run("REML", "hksj"),
    }


def metafor_timings(k: int, yi: Any, vi: Any) -> list[tuple[str, float]]:
    """Names and seconds of metafor's calls, if R and metafor are there."""
    program = shutil.which("Rscript")
    if program is None or k > LARGEST_FOR_METAFOR:
        print(f"metafor at k = {k:,}: skipped ({'too large' if program else 'no Rscript'})")
        return []
    with tempfile.TemporaryDirectory() as folder:
        table, script = Path(folder, "data.csv"), Path(folder, "time.R")
        np.savetxt(
            table,
            np.column_stack([yi, vi]),
            delimiter=",",
            header="yi,vi",
            comments="",
            fmt="%.17g",
        )
        script.write_text(METAFOR, encoding="utf-8")
        command = [program, str(script), str(table), "5" if k > 100 else "9"]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        said = run.stderr.strip().splitlines() or ["no message"]
        print(f"metafor at k = {k:,}: skipped, R says: {said[-1]}")
        return []
    names = ("metafor DL", "metafor REML, Hartung-Knapp")
    return list(zip(names, map(float, run.stdout.split()), strict=True))


def main() -> None:
    found = options(__doc__, budget=(4.0, "seconds per size"))
    timings: list[Timing] = []
    for k in SIZES:
        yi, vi = data(k)
        calls = ours(yi, vi) | statsmodels_calls(yi, vi) | pymare_calls(yi, vi)
        calls |= pymetaanalysis_calls(yi, vi) if k <= LARGEST_FOR_METAFOR else {}
        peers = metafor_timings(k, yi, vi)
        setting = f"one fit, k = {k:,}"
        group = compare(setting, calls, unit=UNIT, budget=found.budget)
        one = group[0].seconds
        timings += group
        timings += [
            Timing(setting=setting, name=name, seconds=seconds, ratio=seconds / one, rounds=1)
            for name, seconds in peers
        ]
    report(timings, found, "statsmodels", "pymare", "pymetaanalysis")


if __name__ == "__main__":
    main()
