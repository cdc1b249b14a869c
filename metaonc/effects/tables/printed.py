"""Printed estimates of any measure -> effects: what paper and table say, not the counts behind."""

from __future__ import annotations

import numpy as np

from metaonc.effects.counts.continuity import Columns
from metaonc.effects.scales.measures import measure_named
from metaonc.effects.scales.transforms import FloatArray
from metaonc.effects.tables.column_rules import Labels, refuse

# Tried in this order; `yi` and `se` are on the analysis scale (logs for ratios).
PRINTED = (
    ("yi", "vi"),
    ("estimate", "low", "high"),
    ("estimate", "se"),
    ("estimate", "p"),
)


def printed_effects(
    measure: str, columns: Columns, labels: Labels
) -> tuple[FloatArray, FloatArray]:
    r"""Effects and variances from printed estimates.

    Parameters
    ----------
    measure : str
        Code of the measure.
    columns : dict of str to ndarray, shape (k,)
        ``yi vi`` on the analysis scale; or ``estimate`` as printed with ``low high`` and optionally
        their ``level`` (default 0.95), with ``se`` on the analysis scale (of the log, for ratios),
        or with ``p``, two-sided against no effect.
    labels : tuple of str
        Names of the studies, for messages.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)

    Raises
    ------
    EffectsError
        If a value breaks a rule, e.g. limits that do not enclose the estimate.

    Notes
    -----
    The standard error from an interval is its width over :math:`2z`, from a p value
    :math:`|y|/z_{1-p/2}`, both on the analysis scale (Cochrane Handbook, section 6.3.1; Altman &
    Bland, BMJ 2011;343:d2090).
    """
    from scipy.special import ndtri

    if "yi" in columns:
        return columns["yi"], columns["vi"]
    values = columns["estimate"]
    yi = _on_analysis_scale(measure, "estimate", values, labels)
    if "se" in columns:
        refuse(labels, columns["se"] <= 0, "se", columns["se"], "must be > 0")
        return yi, columns["se"] ** 2
    if "p" in columns:
        p = columns["p"]
        refuse(labels, (p <= 0) | (p >= 1), "p", p, "must lie between 0 and 1")
        with np.errstate(divide="ignore", invalid="ignore"):
            return yi, (yi / ndtri(p / 2)) ** 2
    low, high = columns["low"], columns["high"]
    refuse(labels, low > values, "low", low, "must not exceed the estimate")
    refuse(labels, high < values, "high", high, "must not be below the estimate")
    level = columns.get("level", np.full(len(labels), 0.95))
    refuse(labels, (level <= 0) | (level >= 1), "level", level, "must be a fraction such as 0.95")
    low, high = (
        _on_analysis_scale(measure, name, columns[name], labels) for name in ("low", "high")
    )
    with np.errstate(invalid="ignore"):
        return yi, ((high - low) / (2 * ndtri(0.5 + level / 2))) ** 2


def _on_analysis_scale(measure: str, name: str, values: FloatArray, labels: Labels) -> FloatArray:
    scale = measure_named(measure)
    outside = (values < scale.lowest) | (values > scale.highest)
    limits = f"{scale.lowest:g} to {scale.highest:g}"
    refuse(labels, outside, name, values, f"is not a {scale.name}, which lies in {limits}")
    with np.errstate(divide="ignore"):
        return np.asarray(scale.forward(values), dtype=float)
