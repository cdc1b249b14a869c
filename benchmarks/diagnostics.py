"""All subsets, 10,000 permutations, influence at k = 50: beside metafor, which fits one by one.

Times are those of the processor, so that other programs do not count. metafor runs a part of the
subsets and permutations, and its time is scaled up to all of them.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

if __package__ in (None, ""):
    import sys

    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import metaonc as mo
from benchmarks.harness import Timing, options, report

PART = 400  # of metafor's subsets and permutations
PERMUTATIONS = 10_000
SHORTEST = 0.02  # seconds of one measurement: the clock of the processor is coarse
# Task -> studies, metafor's call on the fit `r`, and by how much its time is scaled up.
TASKS: dict[str, tuple[int, str, float]] = {
    "GOSH by REML, 2^15 - 1 subsets": (15, f"gosh(r, subsets={PART}, progbar=FALSE)", 32767 / PART),
    "permutation test by REML, 10,000 sign flips, k = 20": (
        20,
        f"permutest(r, exact=FALSE, iter={PART}, progbar=FALSE)",
        PERMUTATIONS / PART,
    ),
    "permutation test of a moderator by REML, 10,000 orders, k = 20": (
        20,
        f"permutest(m, exact=FALSE, iter={PART}, progbar=FALSE)",
        PERMUTATIONS / PART,
    ),
    "influence by REML, k = 50": (50, "influence(r)", 1.0),
    "leave-one-out by REML, k = 50": (50, "leave1out(r)", 1.0),
    "cumulative by REML, k = 50": (50, "cumul(r)", 1.0),
}
METAFOR = """
suppressPackageStartupMessages(library(metafor))
a <- commandArgs(TRUE)
d <- read.csv(a[1])
r <- rma(yi, vi, data=d, method="REML")
m <- rma(yi, vi, mods=~x, data=d, method="REML")
call <- parse(text=a[2])
suppressWarnings(invisible(eval(call)))
cpu <- function(i) sum(system.time(suppressWarnings(eval(call)))[c("user.self", "sys.self")])
cat(median(sapply(1:3, cpu)), "\\n")
"""


def data(k: int) -> tuple[Any, Any, Any]:
    """Effects like log hazard ratios, with heterogeneity, and a moderator."""
    rng = np.random.default_rng(k)
    vi = np.exp(rng.normal(-2.5, 0.8, size=k))
    return rng.normal(-0.1, np.sqrt(vi + 0.05)), vi, rng.normal(size=k)


def ours(task: str, k: int) -> dict[str, Callable[[], object]]:
    """The same task by metaonc, from a result on."""
    yi, vi, x = data(k)
    effects = mo.Effects(yi, vi, columns={"x": x.tolist()})
    fit = mo.pool(effects, ci="wald")
    if task.startswith("GOSH"):
        return {"metaonc, gosh": lambda: mo.gosh(fit)}
    if "moderator" in task:
        line = mo.regress(effects, "x", ci="wald")
        return {"metaonc, permutation_test": lambda: mo.permutation_test(line)}
    if task.startswith("permutation"):
        return {"metaonc, permutation_test": lambda: mo.permutation_test(fit)}
    if task.startswith("influence"):
        return {
            "metaonc, influence": lambda: mo.influence(fit),
            "metaonc, influence as a table": lambda: mo.influence(fit).to_frame(),
        }
    if task.startswith("leave"):
        return {
            "metaonc, leave_one_out": lambda: mo.leave_one_out(fit),
            "metaonc, leave_one_out as a table": lambda: mo.leave_one_out(fit).to_frame(),
        }
    return {
        "metaonc, cumulative": lambda: mo.cumulative(fit),
        "metaonc, cumulative as a table": lambda: mo.cumulative(fit).to_frame(),
    }


def processor_seconds(call: Callable[[], object], budget: float) -> tuple[float, int]:
    """Median processor time of a call, and how often it was measured."""
    call()
    times: list[float] = []
    end = time.perf_counter() + budget
    while len(times) < 3 or time.perf_counter() < end:
        start, calls = time.process_time(), 0
        while time.process_time() - start < SHORTEST:
            call()
            calls += 1
        times.append((time.process_time() - start) / calls)
    return statistics.median(times), len(times)


def metafor_seconds(k: int, call: str) -> float | None:
    """Median time of metafor's call inside R; None where it is not there."""
    program = shutil.which("Rscript")
    if program is None:
        print("metafor: skipped (no Rscript)")
        return None
    with tempfile.TemporaryDirectory() as folder:
        table, script = Path(folder, "data.csv"), Path(folder, "time.R")
        columns = np.column_stack(data(k))
        np.savetxt(table, columns, delimiter=",", header="yi,vi,x", comments="", fmt="%.17g")
        script.write_text(METAFOR, encoding="utf-8")
        command = [program, str(script), str(table), call]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        said = run.stderr.strip().splitlines() or ["no message"]
        print(f"metafor: skipped, R says: {said[-1]}")
        return None
    return float(run.stdout.split()[-1])


def main() -> None:
    found = options(__doc__, budget=(2.0, "seconds per call"))
    timings: list[Timing] = []
    for task, (k, call, times) in TASKS.items():
        measured = {
            name: processor_seconds(own, found.budget) for name, own in ours(task, k).items()
        }
        theirs = metafor_seconds(k, call)
        if theirs is not None:
            measured["metafor" if times == 1 else "metafor, scaled up"] = theirs * times, 3
        one = next(iter(measured.values()))[0]
        timings += [
            Timing(setting=task, name=name, seconds=seconds, ratio=seconds / one, rounds=rounds)
            for name, (seconds, rounds) in measured.items()
        ]
    report(timings, found)


if __name__ == "__main__":
    main()
