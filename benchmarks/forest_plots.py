"""Forest plots of ten studies, from the result to a PDF, beside other programs.

All are warm. R is asked once, before the others, so that its figure is the median of its own run.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

if __package__ in (None, ""):
    import sys

    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import metaonc as mo
from benchmarks.harness import Timing, compare, options, report

K = 10
UNIT = "metaonc: drawn and written"
SETTING = f"forest plot, k = {K}"
R_SCRIPT = """
package <- commandArgs(TRUE)[1]; d <- read.csv(commandArgs(TRUE)[2]); out <- commandArgs(TRUE)[3]
suppressPackageStartupMessages(library(package, character.only=TRUE))
if (package == "metafor") {
  fit <- rma(yi, vi, data=d)
  draw <- function() forest(fit, header=TRUE, addpred=TRUE, atransf=exp)
} else {
  fit <- metagen(yi, sqrt(vi), data=d, sm="HR", prediction=TRUE)
  draw <- function() forest(fit)
}
once <- function() { pdf(out, width=8, height=5); draw(); invisible(dev.off()) }
once()
cat(median(sapply(1:15, function(i) system.time(once())[["elapsed"]])))
"""


def data() -> tuple[Any, Any]:
    """Effects like log hazard ratios."""
    rng = np.random.default_rng(10)
    vi = np.exp(rng.normal(-2.5, 0.8, size=K))
    return rng.normal(-0.3, np.sqrt(vi + 0.05)), vi


def r_timing(package: str, yi: Any, vi: Any) -> list[Timing]:
    """Seconds that `forest` of an R package takes, if it is there."""
    program = shutil.which("Rscript")
    if program is None:
        print(f"R's {package}: skipped (no Rscript)")
        return []
    with tempfile.TemporaryDirectory() as folder:
        table, script = Path(folder, "data.csv"), Path(folder, "time.R")
        rows = "\n".join(f"{y:.17g},{v:.17g}" for y, v in zip(yi, vi, strict=True))
        table.write_text(f"yi,vi\n{rows}\n", encoding="utf-8")
        script.write_text(R_SCRIPT, encoding="utf-8")
        command = [program, str(script), package, str(table), str(Path(folder, "out.pdf"))]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        said = run.stderr.strip().splitlines() or ["no message"]
        print(f"R's {package}: skipped, R says: {said[-1]}")
        return []
    seconds = float(run.stdout)
    return [Timing(setting=SETTING, name=f"R {package}", seconds=seconds, ratio=0.0, rounds=15)]


def plain_package(fit: mo.PooledResult) -> Any:
    """The forestplot package by itself, with a table of the same numbers."""
    import pandas as pd

    estimate, low, high = fit.effects.intervals()
    frame = pd.DataFrame(
        {"label": fit.effects.labels, "estimate": estimate, "low": low, "high": high}
    )

    def draw() -> None:
        import forestplot
        import matplotlib.pyplot as plt

        forestplot.forestplot(
            frame, estimate="estimate", ll="low", hl="high", varlabel="label", logscale=True
        )
        plt.savefig(io.BytesIO(), format="pdf", bbox_inches="tight")
        plt.close("all")

    return draw


def main() -> None:
    found = options(__doc__, budget=(20.0, "seconds"))
    yi, vi = data()
    fit = mo.pool(mo.Effects(yi, vi, measure="HR"))
    peers = [*r_timing("metafor", yi, vi), *r_timing("meta", yi, vi)]
    figure = mo.forest(fit)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the plain package's
        group = compare(
            SETTING,
            {
                UNIT: lambda: mo.forest(fit).savefig(io.BytesIO(), format="pdf"),
                "… drawn only": lambda: mo.forest(fit),
                "… written only": lambda: figure.savefig(io.BytesIO(), format="pdf"),
                "… as SVG": lambda: mo.forest(fit).savefig(io.BytesIO(), format="svg"),
                "… as HTML": lambda: mo.forest(fit).savefig(io.BytesIO(), format="html"),
                "… as PNG": lambda: mo.forest(fit).savefig(io.BytesIO(), format="png"),
                "forestplot package: drawn and written": plain_package(fit),
            },
            unit=UNIT,
            budget=found.budget,
        )
    one = group[0].seconds
    group += [
        Timing(setting=SETTING, name=peer.name, seconds=peer.seconds,
               ratio=peer.seconds / one, rounds=peer.rounds)
        for peer in peers
    ]  # fmt: skip
    report(group, found, "matplotlib", "forestplot")


if __name__ == "__main__":
    main()
