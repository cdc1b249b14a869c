"""Subgroups as tables, as the text of a terminal and as a piece of a notebook."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from metaonc.effects import level_text
from metaonc.pooling import html
from metaonc.pooling.columns import ruled
from metaonc.pooling.summary import summary_html as pooled_html
from metaonc.pooling.words import p_text, tau2_text

if TYPE_CHECKING:
    import pandas as pd

    from metaonc.pooling.groups.subgroup_result import SubgroupResult
    from metaonc.pooling.result import PooledResult


def difference_text(result: SubgroupResult) -> str:
    """Test of difference between the groups, as it stands under a forest plot."""
    return f"Q = {result.q_between:.2f}, df = {result.q_between_df}, {p_text(result.q_between_p)}"


def group_frame(result: SubgroupResult) -> pd.DataFrame:
    """One row per group, then all studies."""
    import pandas as pd

    rows = []
    for name, group in result.groups.items():
        of_group = dict(zip(result.variables, result.levels[name], strict=True))
        rows.append({"group": name} | of_group | _row(group))
    rows.append(
        {"group": "All studies"} | dict.fromkeys(result.variables, "") | _row(result.overall)
    )
    return pd.DataFrame(rows)


def _row(fit: PooledResult) -> dict[str, Any]:
    estimate, low, high = fit.display()
    several = fit.k > 1
    predicted = map(float, fit.effects.display(fit.prediction_interval()))
    return {
        "k": fit.k,
        "estimate": estimate,
        "low": low,
        "high": high,
        "p_value": fit.p_value if fit.effects.scale.null is not None else math.nan,
        "tau2": fit.tau2 if several else math.nan,
        "i2": fit.i2 if several else math.nan,
        **dict(zip(("prediction_low", "prediction_high"), predicted, strict=True)),
    }


def summary_text(result: SubgroupResult) -> str:
    """The summary of all studies, then a line per group and the test between the groups."""
    return "\n".join([result.overall.summary(), "", *_blocks(result)])


def summary_html(result: SubgroupResult) -> str:
    """The same for a notebook."""
    parts = [pooled_html(result.overall)]
    for one in (result, *result.each.values()):
        parts += [html.table(f"By {one.by}", _cells(one)), html.paragraphs(_findings(one))]
    return html.block(*parts)


def _blocks(result: SubgroupResult) -> list[str]:
    """The groups and what is found of them; then by one column at a time."""
    lines = [*ruled(_cells(result)), "", *_findings(result)]
    for one in result.each.values():
        lines += ["", *_blocks(one)]
    return lines


def _cells(result: SubgroupResult) -> list[list[str]]:
    overall = result.overall
    scale, level = overall.effects.scale, f"{level_text(overall.choices.level)} CI"
    rows = [[f"By {result.by}", "k", scale.label, level, "tau²", "I²"]]
    for name, group in result.groups.items():
        estimate, low, high = group.display()
        several = group.k > 1
        tau2 = tau2_text(group.tau2) if several and group.choices.model == "random" else ""
        i2 = f"{group.i2:.0%}" if several else ""
        limits = scale.interval_text(low, high)
        rows.append([name, str(group.k), scale.number(estimate), limits, tau2, i2])
    return rows


def _findings(result: SubgroupResult) -> list[str]:
    found = [f"Test for subgroup differences: {difference_text(result)}"]
    if not result.q_within_df:
        return found
    left = f"Q = {result.q_within:.2f}, df = {result.q_within_df}, {p_text(result.q_within_p)}"
    if result.overall.choices.model == "random" and not math.isnan(result.tau2_residual):
        left = f"tau² = {tau2_text(result.tau2_residual)}; {left}"
    if not math.isnan(result.i2_within):
        left = f"{left}; I² = {result.i2_within:.0%}"
    found.append(f"Heterogeneity within groups: {left}")
    if not math.isnan(result.r2):
        found.append(f"Explained by the groups (R²): {result.r2:.0%}")
    return found
