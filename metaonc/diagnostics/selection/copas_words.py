"""The Copas model in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from metaonc.effects import level_text
from metaonc.kernels.selection.copas import LARGEST_RHO
from metaonc.pooling.words import p_text, tau2_text

if TYPE_CHECKING:
    from metaonc.diagnostics.selection.copas_model import CopasModel

_SHOWN = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
FEW = 10
_UNKNOWN = (
    "The strength of selection cannot be estimated: the rows are what the result would be if it "
    "were known. The most precise study is seen with probability 0.999 in all of them."
)


def cells(found: CopasModel) -> list[list[str]]:
    """The path at round probabilities, and the row that was chosen."""
    effects = found.result.effects
    level = level_text(found.result.choices.level)
    head = ["", effects.scale.label, f"{level} CI", "tau²"]
    rows = [[*head, "rho", "p, asymmetry", "Unseen"]]
    least = found.path["p_least"].to_numpy()
    shown = {int(np.argmin(np.abs(least - p))) for p in _SHOWN} | {max(found.chosen, 0)}
    columns = ["estimate", "ci_low", "ci_high", "tau2", "rho", "residual_p", "unpublished"]
    numbers = found.path[columns].to_numpy(dtype=float)
    for at in sorted(shown):
        values = numbers[at].tolist()
        estimate, low, high = map(float, effects.display(values[:3]))
        name = "no selection" if at == 0 else f"least precise seen with p = {least[at]:.2f}"
        rows.append(
            [
                f"{name} *" if at == found.chosen else name,
                effects.scale.number(estimate),
                effects.scale.interval_text(low, high),
                tau2_text(values[3]),
                "–" if math.isnan(values[4]) else f"{values[4]:.2f}",
                p_text(values[5]).removeprefix("p = ").removeprefix("p "),
                f"{values[6]:.1f}",
            ]
        )
    return rows


def sentences(found: CopasModel) -> list[str]:
    """The test, the choice, how to read it."""
    return [*_choice(found), *_limits(found)]


def _choice(found: CopasModel) -> list[str]:
    test = f"Test of asymmetry without selection: {p_text(found.asymmetry_p)}"
    level = f"{found.significance:g}"
    if found.chosen == 0:
        return [f"{test}, not below {level}: no selection is needed to explain the studies (*)."]
    if found.chosen < 0:
        return [f"{test}: no selection along this path explains it (p stays below {level})."]
    least = float(found.path["p_least"].iloc[found.chosen])
    seen = f"sees the least precise study with probability {least:.2f}"
    unseen = f"leaves {found.unpublished:.1f} studies unseen"
    return [f"{test}. The least selection that explains it (*, p >= {level}) {seen} and {unseen}."]


def _limits(found: CopasModel) -> list[str]:
    said = [_UNKNOWN]
    rho = found.path["rho"].to_numpy(dtype=float)
    bound = int((np.abs(rho[1:]) >= LARGEST_RHO).sum())
    if bound:
        said.append(
            f"In {bound} of {len(rho) - 1} strengths of selection the likelihood is highest at a "
            f"correlation of ±{LARGEST_RHO}; standard errors hold it there."
        )
    if found.result.k < FEW:
        said.append(
            f"With k = {found.result.k}, fewer than {FEW} studies, a test of asymmetry has hardly "
            "any power."
        )
    return said
