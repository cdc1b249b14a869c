"""A pooled result as a table, as the text of a terminal and as a piece of a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metaonc.effects import level_text
from metaonc.pooling import html
from metaonc.pooling.columns import ruled
from metaonc.pooling.readable import Readable
from metaonc.pooling.words import heterogeneity_text, i2_text, p_text, tau2_interval_text, tau2_text

if TYPE_CHECKING:
    import pandas as pd


def result_frame(result: Readable) -> pd.DataFrame:
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


def summary_text(result: Readable) -> str:
    """Studies, pooled results, heterogeneity, methods, notes and studies left out, as text."""
    head, rule, *lines = ruled(_cells(result))
    table = [head, rule, *lines[: result.k], rule, *lines[result.k :]]
    return "\n".join([title_text(result), "", *table, "", *findings(result), "", *remarks(result)])


def summary_html(result: Readable) -> str:
    """The same for a notebook."""
    return html.block(
        html.table(title_text(result), _cells(result)),
        html.paragraphs([*findings(result), *remarks(result)]),
    )


def title_text(result: Readable) -> str:
    """What was pooled, and how many studies."""
    effects = result.effects
    return f"{effects.title or 'Meta-analysis'}: {effects.scale.name}, k = {result.k}"


def findings(result: Readable) -> list[str]:
    """Sentences below the table: the test and the heterogeneity."""
    found = []
    if result.effects.scale.null is not None:
        name = "t" if result.df < float("inf") else "z"
        df = f" with {result.df:g} df" if name == "t" else ""
        found.append(
            f"Test of the pooled effect: {name} = {result.statistic:.2f}{df}, "
            f"{p_text(result.p_value)}"
        )
    found.append(heterogeneity_text(result))
    interval = result.tau2_interval()
    if result.choices.model == "random" and interval.applies:
        limits = f"{tau2_text(interval.low)} to {tau2_text(interval.high)}"
        from_q = result.heterogeneity_from == "q"
        other, i2 = ("tau2", result.i2_from_tau2) if from_q else ("q", result.i2_from_q)
        level = level_text(result.choices.level)
        how = tau2_interval_text(interval.method)
        found.append(f"tau² {level} interval {limits} ({how}); I² {i2_text(other)} {i2:.0%}")
    return found


def remarks(result: Readable) -> list[str]:
    """Methods, notes and studies left out."""
    notes = [f"Note: {note}" for note in result.notes]
    left_out = [f"Left out: {out.label}: {out.reason}" for out in result.effects.left_out]
    return [f"Methods: {result.methods()}", *notes, *left_out]


def _cells(result: Readable) -> list[list[str]]:
    """The table as text: a row of names, the studies, the pooled rows."""
    frame, scale = result_frame(result), result.effects.scale
    weights = [str(name) for name in frame if str(name).startswith("weight")]
    rows = [["", scale.label, f"{level_text(result.choices.level)} CI"]]
    rows[0] += [name.removeprefix("weight_") for name in weights]
    for _, row in frame.iterrows():
        estimate = "" if row["estimate"] != row["estimate"] else scale.number(row["estimate"])
        cells = [row["label"], estimate, scale.interval_text(row["low"], row["high"])]
        cells += ["" if row[w] != row[w] else f"{row[w]:.1%}" for w in weights]
        rows.append(cells)
    return rows
