"""Fill the means and standard deviations that a table of printed results lacks, and say how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from metaonc.effects.means.summary_statistics import (
    MeanMethod,
    SpreadMethod,
    mean_and_sd,
    sd_from_interval,
    sd_from_se,
)
from metaonc.effects.scales.transforms import FloatArray
from metaonc.effects.tables.column_rules import numbers, study_labels
from metaonc.errors import EffectsError

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, float]


def recover_means(
    frame: pd.DataFrame, *, mean_method: MeanMethod = "luo", sd_method: SpreadMethod = "shi"
) -> pd.DataFrame:
    """Return the table with missing means and standard deviations worked out, each marked.

    Parameters
    ----------
    frame : pandas.DataFrame
        One study per row; per group (suffix ``_1``, ``_2`` or none) ``n`` and any of ``mean``,
        ``sd``, ``se``, ``mean_low mean_high`` (95% confidence limits of the mean), ``median``,
        ``q1 q3``, ``minimum maximum``.
    mean_method, sd_method : str
        See :func:`~metaonc.effects.means.summary_statistics.mean_and_sd`.

    Returns
    -------
    pandas.DataFrame
        A copy in which printed values stand as they are; ``derived`` says whether anything of a
        row was worked out, ``derivation`` how.

    Raises
    ------
    EffectsError
        If the figures of a study are out of order, with its label.

    Notes
    -----
    A standard deviation comes from the standard error, else the interval, else the quartiles and
    range (Cochrane Handbook, section 6.5.2); a mean from median, quartiles and range.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"n": [100], "median": [52.0], "q1": [44.0], "q3": [58.0]})
    >>> recover_means(table)[["mean", "sd", "derived"]].round(2)
       mean     sd  derived
    0  51.3  10.53     True
    """
    found = frame.copy()
    labels = study_labels(frame)
    told: list[list[str]] = [[] for _ in labels]
    for suffix in ("", "_1", "_2"):
        if f"n{suffix}" in frame:
            for i, label in enumerate(labels):
                row = _row(frame, suffix, i)
                try:
                    said = _filled(row, mean_method, sd_method)
                except EffectsError as error:
                    raise EffectsError(f"{label}: {error}") from error
                told[i] += [f"{text}{_of(suffix)}" for text in said]
                for name in ("mean", "sd"):
                    if name in row:
                        found.loc[found.index[i], name + suffix] = row[name]
    found["derived"] = [bool(said) for said in told]
    found["derivation"] = ["; ".join(said) for said in told]
    return found


_NAMES = (
    *("n", "mean", "sd", "se", "mean_low", "mean_high"),
    *("median", "q1", "q3", "minimum", "maximum"),
)


def _row(frame: pd.DataFrame, suffix: str, i: int) -> Row:
    """What one study prints about one group."""
    values: dict[str, FloatArray] = {
        name: numbers(frame, name + suffix) for name in _NAMES if name + suffix in frame
    }
    return {name: float(x[i]) for name, x in values.items() if np.isfinite(x[i])}


def _of(suffix: str) -> str:
    return f" (group {suffix[1:]})" if suffix else ""


def _filled(row: Row, mean_method: MeanMethod, sd_method: SpreadMethod) -> list[str]:
    """Fill mean and sd in place; what was worked out, in words."""
    said = []
    if "sd" not in row and {"se", "n"} <= row.keys():
        row["sd"] = float(sd_from_se(row["se"], row["n"]))
        said.append("SD from standard error")
    if "sd" not in row and {"mean_low", "mean_high", "n"} <= row.keys():
        row["sd"] = float(sd_from_interval(row["mean_low"], row["mean_high"], row["n"]))
        said.append("SD from the interval of the mean")
    spread = {"q1", "q3"} <= row.keys() or {"minimum", "maximum"} <= row.keys()
    if {"median", "n"} <= row.keys() and spread and not {"mean", "sd"} <= row.keys():
        given = {name: row.get(name) for name in ("q1", "q3", "minimum", "maximum")}
        found = mean_and_sd(
            row["n"], row["median"], **given, mean_method=mean_method, sd_method=sd_method
        )
        of_mean, of_sd = found.derivation.split(", ")
        if "mean" not in row:
            row["mean"] = float(found.mean)
            said.append(of_mean)
        if "sd" not in row:
            row["sd"] = float(found.sd)
            said.append(of_sd)
    return said
