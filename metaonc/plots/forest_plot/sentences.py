"""Heterogeneity and tests under the plot, each in the words of a house."""

from __future__ import annotations

import math

from metaonc.plots.forest_plot.presets import Preset
from metaonc.pooling import PooledResult, SubgroupResult, difference_text, heterogeneity_text

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def heterogeneity_sentence(result: PooledResult, preset: Preset) -> str:
    """Q, tau² and I², as the house prints them.

    Examples
    --------
    >>> import metaonc as mo
    >>> from metaonc.plots.forest_plot.presets import PRESETS
    >>> fit = mo.pool(mo.load_registry().effects("pfs"))
    >>> for preset in PRESETS.values():
    ...     print(heterogeneity_sentence(fit, preset))
    Heterogeneity: tau² = 0.0593; Q = 32.35, df = 5, p < 0.001; I² = 76%
    Heterogeneity: Tau² = 0.06; Chi² = 32.35, df = 5 (P < 0.00001); I² = 76%
    Heterogeneity: χ²₅ = 32.35 (P < .001); I² = 76%
    Test for heterogeneity: τ²=0.06; χ²=32.35, df=5, P<0.001; I²=76%
    Heterogeneity: I²=76%, p<0·0001
    """
    if preset.sentences == "metaonc" or result.k < 2:
        return preset.numbers.written(heterogeneity_text(result))
    q, p, i2 = f"{result.q:.2f}", preset.numbers.p(result.q_p), f"{result.i2:.0%}"
    random = result.choices.model == "random"
    tau2 = f"{result.tau2:.2f}" if result.tau2 >= 0.005 or not result.tau2 else f"{result.tau2:.1g}"
    said = {
        "cochrane": "Heterogeneity: "
        + (f"Tau² = {tau2}; " if random else "")
        + f"Chi² = {q}, df = {result.q_df} ({p}); I² = {i2}",
        "jama": f"Heterogeneity: χ²{str(result.q_df).translate(_SUBSCRIPTS)} = {q} ({p}); "
        f"I² = {i2}",
        "bmj": "Test for heterogeneity: "
        + (f"τ²={tau2}; " if random else "")
        + f"χ²={q}, df={result.q_df}, {p}; I²={i2}",
        "lancet": f"Heterogeneity: I²={i2}, {p}",
    }
    return preset.numbers.written(said[preset.sentences])


def effect_test_sentence(result: PooledResult, preset: Preset) -> str:
    """The test of the pooled effect; empty where there is nothing to test."""
    if result.effects.scale.null is None:
        return ""
    p, statistic = preset.numbers.p(result.p_value), f"{result.statistic:.2f}"
    student = math.isfinite(result.df)
    letter, df = ("t" if student else "z"), f", df = {result.df:g}" if student else ""
    tight = df.replace(" = ", "=")
    said = {
        "metaonc": f"Test of the pooled effect: {letter} = {statistic}{df}, {p}",
        "cochrane": f"Test for overall effect: {letter.upper()} = {statistic}{df} ({p})",
        "jama": f"Test for overall effect: {letter} = {statistic}{df} ({p})",
        "bmj": f"Test for overall effect: {letter}={statistic}{tight}, {p}",
        "lancet": f"Test for overall effect: {letter}={statistic}{tight}, {p}",
    }
    return preset.numbers.written(said[preset.sentences])


def difference_sentence(result: SubgroupResult, preset: Preset) -> str:
    """The test of difference between subgroups."""
    q, df, p = f"{result.q_between:.2f}", result.q_between_df, preset.numbers.p(result.q_between_p)
    said = {
        "metaonc": f"Test for subgroup differences: {difference_text(result)}",
        "cochrane": f"Test for subgroup differences: Chi² = {q}, df = {df} ({p})",
        "jama": f"Test for subgroup differences: χ²{str(df).translate(_SUBSCRIPTS)} = {q} ({p})",
        "bmj": f"Test for subgroup differences: χ²={q}, df={df}, {p}",
        "lancet": f"Test for subgroup differences: {p.replace('p', 'p for interaction', 1)}",
    }
    return preset.numbers.written(said[preset.sentences])
