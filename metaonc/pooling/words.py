"""Results in words and tables: what people read in a terminal, a caption or a footer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metaonc.effects import level_text

if TYPE_CHECKING:
    import pandas as pd

    from metaonc.pooling.result import PooledResult
    from metaonc.pooling.subgroups import SubgroupResult

_ESTIMATOR_NAMES = {
    "DL": "DerSimonian-Laird",
    "DL2": "two-step DerSimonian-Laird",
    "HE": "Hedges",
    "HS": "Hunter-Schmidt",
    "HSk": "Hunter-Schmidt, corrected for k",
    "SJ": "Sidik-Jonkman",
    "ML": "maximum likelihood (ML)",
    "REML": "restricted maximum likelihood (REML)",
    "PM": "Paule-Mandel",
    "PMM": "median-unbiased Paule-Mandel",
    "EB": "empirical Bayes",
    "DLIT": "iterated DerSimonian-Laird",
    "SJIT": "iterated Sidik-Jonkman",
}
_INTERVAL_NAMES = {
    "wald": "Wald",
    "t": "t",
    "hksj": "Hartung-Knapp-Sidik-Jonkman",
    "hksj-adhoc": "Hartung-Knapp-Sidik-Jonkman (never narrower than Wald)",
    "hksj-iqwig": (
        "Hartung-Knapp-Sidik-Jonkman (widened where narrower than DerSimonian-Laird's Wald)"
    ),
    "hksj-ci": "wider of Hartung-Knapp-Sidik-Jonkman and Wald",
    "kr": "Kenward-Roger",
    "profile": "profile-likelihood",
    "hc": "Henmi-Copas",
}
_PREDICTION_NAMES = {
    "HTS": "of Higgins-Thompson-Spiegelhalter (k − 2 df)",
    "V": "with k − 1 df",
    "S": "with the normal quantile",
    "HK": "of Hartung-Knapp (k − 1 df)",
    "HK-se": "of Hartung-Knapp, never below Wald's standard error (k − 1 df)",
    "HK-PR": "of Hartung-Knapp with k − 2 df",
    "KR": "of Kenward-Roger",
    "KR-PR": "of Kenward-Roger with one df less",
    "none": "none",
}
_HETEROGENEITY_NAMES = {"tau2": "tau²", "q": "Q"}


def p_text(p: float) -> str:
    """P value as a journal prints it, never ``p = 0.000``.

    Examples
    --------
    >>> p_text(0.0123), p_text(0.0456), p_text(0.62), p_text(1e-9), p_text(0.9996)
    ('p = 0.012', 'p = 0.046', 'p = 0.62', 'p < 0.001', 'p > 0.99')
    """
    if p < 0.001:
        return "p < 0.001"
    if p > 0.99:
        return "p > 0.99"
    return f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def heterogeneity_text(result: PooledResult) -> str:
    """One line on heterogeneity, as it stands under a forest plot."""
    if result.k < 2:
        return "Heterogeneity: not applicable (one study)"
    q = f"Q = {result.q:.2f}, df = {result.q_df}, {p_text(result.q_p)}"
    if result.choices.model == "fixed":
        return f"Heterogeneity: {q}; I² = {result.i2:.0%}"
    return f"Heterogeneity: tau² = {tau2_text(result.tau2)}; {q}; I² = {result.i2:.0%}"


def tau2_text(tau2: float) -> str:
    """Print a variance whatever its units: four decimals, or two digits where these are zeros.

    Examples
    --------
    >>> tau2_text(0.0), tau2_text(0.0593), tau2_text(5.33e-7)
    ('0', '0.0593', '5.3e-07')
    """
    if tau2 == 0:
        return "0"
    return f"{tau2:.4f}" if tau2 >= 0.001 else f"{tau2:.2g}"


def methods_sentence(result: PooledResult) -> str:
    """One sentence that names every choice behind the result."""
    choices = result.choices
    scale = result.effects.scale
    start = f"Inverse-variance pooling of the {scale.analysis_scale}"
    interval = f"{_INTERVAL_NAMES[result.ci_method]} {level_text(choices.level)} interval"
    if choices.model == "fixed":
        return f"{start}, common effect, {interval}; policy {choices.policy}."
    prediction = result.prediction_interval()
    predicted = (
        f"prediction interval {prediction_text(prediction.method)}, " if prediction.applies else ""
    )
    return (
        f"{start}, random effects, {estimator_text(choices.tau2)}, {interval}, {predicted}"
        f"I² {i2_text(result.heterogeneity_from)}; policy {choices.policy}."
    )


def estimator_text(tau2: str | float) -> str:
    """Where tau² comes from: ``"tau² by Paule-Mandel"``."""
    if isinstance(tau2, str):
        return f"tau² by {_ESTIMATOR_NAMES[tau2]}"
    return f"tau² given as {tau2:g}"


def interval_method_text(ci: str) -> str:
    """Name of an interval of the mean."""
    return _INTERVAL_NAMES[ci]


def prediction_text(method: str) -> str:
    """Which prediction interval, to follow "prediction interval"."""
    return _PREDICTION_NAMES[method]


def i2_text(source: str) -> str:
    """What I² comes from: ``"from Q"``."""
    return f"from {_HETEROGENEITY_NAMES[source]}"


def result_frame(result: PooledResult) -> pd.DataFrame:
    """One row per study, then the pooled rows."""
    import pandas as pd

    estimate, low, high = result.effects.intervals(result.choices.level)
    studies = pd.DataFrame(
        {
            "label": result.effects.labels,
            "estimate": estimate,
            "low": low,
            "high": high,
            "weight_fixed": result.fixed.weights,
        }
    )
    if result.choices.model == "random":
        studies["weight_random"] = result.weights
    rows = [{"label": "Common effect"} | _named(result.fixed.display()) | {"weight_fixed": 1.0}]
    if result.choices.model == "random":
        pooled = {"label": "Random effects"} | _named(result.display())
        rows.append(pooled | {"weight_random": 1.0})
        prediction = result.prediction_interval()
        if prediction.applies:
            limits = result.effects.display(prediction)
            rows.append(
                {"label": "Prediction interval", "low": float(limits[0]), "high": float(limits[1])}
            )
    return pd.concat([studies, pd.DataFrame(rows)], ignore_index=True)


def _named(values: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip(("estimate", "low", "high"), values, strict=True))


def summary_text(result: PooledResult) -> str:
    """Studies, pooled results, heterogeneity, methods, notes and studies left out, as text."""
    effects, level = result.effects, result.choices.level
    title = effects.title or "Meta-analysis"
    head = f"{title}: {effects.scale.name}, k = {result.k}"
    parts = [head, "", _table(result, f"{level_text(level)} CI"), ""]
    if effects.scale.null is not None:
        name = "t" if result.df < float("inf") else "z"
        df = f" with {result.df:g} df" if name == "t" else ""
        parts.append(
            f"Test of the pooled effect: {name} = {result.statistic:.2f}{df}, "
            f"{p_text(result.p_value)}"
        )
    parts.append(heterogeneity_text(result))
    interval = result.tau2_interval()
    if result.choices.model == "random" and interval.applies:
        limits = f"{tau2_text(interval.low)} to {tau2_text(interval.high)}"
        from_q = result.heterogeneity_from == "q"
        other, i2 = ("tau2", result.i2_from_tau2) if from_q else ("q", result.i2_from_q)
        parts.append(
            f"tau² {level_text(level)} interval {limits} (Q-profile); I² {i2_text(other)} {i2:.0%}"
        )
    parts += ["", f"Methods: {result.methods()}"]
    parts += [f"Note: {note}" for note in result.notes]
    parts += [f"Left out: {out.label}: {out.reason}" for out in effects.left_out]
    return "\n".join(parts)


def _table(result: PooledResult, interval_head: str) -> str:
    frame, scale = result_frame(result), result.effects.scale
    weights = [str(name) for name in frame if str(name).startswith("weight")]
    rows = [["", scale.label, interval_head]]
    rows[0] += [name.removeprefix("weight_") for name in weights]
    for _, row in frame.iterrows():
        estimate = "" if row["estimate"] != row["estimate"] else scale.number(row["estimate"])
        cells = [row["label"], estimate, scale.interval_text(row["low"], row["high"])]
        cells += ["" if row[w] != row[w] else f"{row[w]:.1%}" for w in weights]
        rows.append(cells)
    head, *lines = _aligned(rows)
    rule = "-" * len(head)
    k = result.k
    return "\n".join([head, rule, *lines[:k], rule, *lines[k:]])


def _aligned(rows: list[list[str]]) -> list[str]:
    """Cells as lines of text: the first column to the left, the others to the right."""
    first, *others = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [row[0].ljust(first), *map(str.rjust, row[1:], others)],
        ).rstrip()
        for row in rows
    ]


def subgroups_text(result: SubgroupResult) -> str:
    """The summary of all studies, then a line per group and the test between the groups."""
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
    head, *lines = _aligned(rows)
    test = f"Test for subgroup differences: {difference_text(result)}"
    return "\n".join([overall.summary(), "", head, "-" * len(head), *lines, "", test])


def difference_text(result: SubgroupResult) -> str:
    """Test of difference between the groups, as it stands under a forest plot."""
    return f"Q = {result.q_between:.2f}, df = {result.q_between_df}, {p_text(result.q_between_p)}"


def effect_text(result: PooledResult) -> str:
    """Pooled estimate and interval as a sentence prints them.

    Examples
    --------
    >>> import metaonc as mo
    >>> effect_text(
    ...     mo.pool(mo.Effects([-0.62, -0.80], [0.043, 0.008], measure="HR"), model="fixed")
    ... )
    'hazard ratio 0.46 (95% CI 0.39 to 0.54)'
    """
    scale = result.effects.scale
    estimate, low, high = result.display()
    unit = "%" if scale.percent else ""
    level = level_text(result.choices.level)
    return (
        f"{scale.name} {scale.number(estimate)}{unit} ({level} CI {scale.interval_text(low, high)})"
    )
