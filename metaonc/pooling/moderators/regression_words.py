"""A meta-regression as tables, as the text of a terminal and as a piece of a notebook."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import numpy as np

from metaonc.effects import level_text
from metaonc.pooling import html
from metaonc.pooling.columns import aligned
from metaonc.pooling.words import p_text, tau2_text

if TYPE_CHECKING:
    import pandas as pd

    from metaonc.pooling.moderators.meta_regression import MetaRegression

_TESTS = {
    "wald": "Wald tests (normal)",
    "t": "Wald tests (t)",
    "hksj": "Hartung-Knapp tests",
    "hksj-adhoc": "Hartung-Knapp tests (never narrower than Wald)",
}


def displayed(result: MetaRegression) -> pd.DataFrame:
    """Coefficients on the displayed scale, where exponentials have a meaning."""
    frame = result.coefficients[["estimate", "ci_low", "ci_high"]]
    return cast("pd.DataFrame", np.exp(frame)) if result.effects.scale.log_axis else frame


def coefficient_frame(result: MetaRegression) -> pd.DataFrame:
    """Coefficients, with those of ratio measures also as ratios."""
    frame = result.coefficients
    if result.effects.scale.log_axis:
        names = {"estimate": "ratio", "ci_low": "ratio_low", "ci_high": "ratio_high"}
        frame = frame.join(displayed(result).rename(columns=names))
    return frame.rename_axis("coefficient").reset_index()


def methods_sentence(result: MetaRegression) -> str:
    """One sentence that names every choice behind the result."""
    choices = result.choices
    if choices.model == "fixed":
        model = "without residual heterogeneity"
    elif isinstance(choices.tau2, str):
        model = f"mixed effects, residual tau² by {choices.tau2}"
    else:
        model = f"mixed effects, residual tau² given as {choices.tau2:g}"
    moderators = result.design.formula or ", ".join(result.design.names)
    return (
        f"Meta-regression of the {result.effects.scale.analysis_scale} on {moderators}, {model}, "
        f"{_TESTS[result.ci_method]}, {level_text(choices.level)} intervals; "
        f"policy {choices.policy}."
    )


def summary_text(result: MetaRegression) -> str:
    """Coefficients, tests, heterogeneity, methods and notes, as text."""
    parts = [_title(result), "", *aligned(_cells(result)), "", *_findings(result), ""]
    return "\n".join([*parts, *_remarks(result)])


def summary_html(result: MetaRegression) -> str:
    """The same for a notebook."""
    return html.block(
        html.table(_title(result), _cells(result)),
        html.paragraphs([*_findings(result), *_remarks(result)]),
    )


def short_text(result: MetaRegression) -> str:
    """One line."""
    fixed = result.choices.model == "fixed"
    model = "fixed effects" if fixed else f"mixed effects, tau² = {result.tau2:.3g}"
    names = ", ".join(result.design.names)
    return (
        f"<MetaRegression: {result.effects.scale.name} on {names}, k = {result.k}, {model}, "
        f"moderators {p_text(result.qm_p)}>"
    )


def _title(result: MetaRegression) -> str:
    title = result.effects.title or "Meta-regression"
    return f"{title}: {result.effects.scale.name}, k = {result.k}, p = {result.p}"


def _cells(result: MetaRegression) -> list[list[str]]:
    frame = coefficient_frame(result)
    rows = [["", *map(str, frame.columns[1:])]]
    for name, *values in frame.itertuples(index=False):
        rows.append([str(name), *(f"{value:.4g}" for value in values)])
    return rows


def _findings(result: MetaRegression) -> list[str]:
    statistic = f"QM = {result.qm:.2f}, df = {result.qm_df}"
    if result.df < math.inf:
        statistic = f"F = {result.qm:.2f}, df = {result.qm_df} and {result.df:g}"
    left = f"Q = {result.qe:.2f}, df = {result.qe_df}, {p_text(result.qe_p)}; I² = {result.i2:.0%}"
    if result.choices.model != "fixed":
        left = f"tau² = {tau2_text(result.tau2)}; {left}"
    found = [
        f"Test of moderators: {statistic}, {p_text(result.qm_p)}",
        f"Residual heterogeneity: {left}",
    ]
    return found if math.isnan(result.r2) else [*found, f"Explained (R²): {result.r2:.0%}"]


def _remarks(result: MetaRegression) -> list[str]:
    notes = [f"Note: {note}" for note in result.notes]
    left_out = [f"Left out: {out.label}: {out.reason}" for out in result.effects.left_out]
    return [f"Methods: {result.methods()}", *notes, *left_out]
