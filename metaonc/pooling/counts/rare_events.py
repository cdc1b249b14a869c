"""`rare_events`: two-arm counts -> methods for rare events side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from metaonc.effects import Effects, checked_level, effect_sizes
from metaonc.errors import MetaoncError, PoolingError
from metaonc.pooling.counts.count_models import COUNT_MODELS
from metaonc.pooling.counts.rare_methods import METHODS, RareMethod
from metaonc.pooling.counts.rare_result import RareEvents, RareRow
from metaonc.pooling.counts.rare_tables import RareTables
from metaonc.pooling.pool import pool
from metaonc.pooling.result import PooledResult

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = COUNT_MODELS["mh"].columns["OR"]


def rare_events(data: Effects | pd.DataFrame, *, level: float = 0.95) -> RareEvents:
    r"""Methods for rare events side by side, and which of their assumptions hold.

    Parameters
    ----------
    data : Effects or pandas.DataFrame
        Two arms' counts: a table with the columns ``events_1 n_1 events_2 n_2`` (and ``label``), or
        effects of any measure that carry them.
    level : float, default 0.95
        Confidence level as a fraction.

    Returns
    -------
    RareEvents
        One row per method, also where it cannot run, with the reason; the weight of every study,
        those without events too.

    Raises
    ------
    PoolingError
        If the effects do not carry the counts, are not independent, or no study has both events
        and patients without one.

    Notes
    -----
    Odds ratios by Mantel and Haenszel without a correction, by Peto's method, by two mixed models
    (hypergeometric-normal and binomial-normal with random study effects), by beta-binomial
    regression and by Firth's penalised logistic regression; and the arcsine difference with random
    effects (DerSimonian-Laird), Rücker, Schwarzer, Carpenter & Olkin, Stat Med 2009;28:721-738.
    What suits which data: Sweeting, Sutton & Lambert, Stat Med 2004;23:1351-1375; Bradburn, Deeks,
    Berlin & Localio, Stat Med 2007;26:53-77; Kuss, Stat Med 2015;34:1097-1116; Efthimiou, Evid
    Based Ment Health 2018;21:72-76.

    Peto's method is guarded by its own arithmetic: what it would find on average, with these arm
    sizes and totals, if the penalised odds ratio were the true one. The bias is that of Greenland &
    Salvan, Stat Med 1990;9:247-252; up to 10% of the log odds ratio is let pass. The arcsine is
    guarded likewise, by what it would find with the same risks in both arms.

    Examples
    --------
    >>> import metaonc as mo
    >>> found = mo.rare_events(mo.load_registry().effects("pneumonitis"))
    >>> found.to_frame().query("ran")[["method", "holds"]].to_string(index=False).splitlines()
    [' method holds', '   peto False', '  firth  None', 'arcsine  True']
    """
    effects = _odds_ratios(data)
    level = checked_level(level, PoolingError)
    tables = RareTables(effects)
    if not tables.informative:
        raise PoolingError(
            "no study has both patients with and without an event, so no method can compare the "
            "arms; report the upper limits of the risks of single arms (measure='PRAW')."
        )
    rows = tuple(_row(method, tables, level) for method in METHODS)
    return RareEvents(effects, rows, level)


def _odds_ratios(data: Effects | pd.DataFrame) -> Effects:
    """The studies' odds ratios with their counts."""
    if not isinstance(data, Effects):
        return effect_sizes("OR", data)
    if data.measure == "OR" or any(name not in data.columns for name in _COLUMNS):
        return data  # counts that are missing are asked for where they are read
    return _again("OR", data)


def _again(measure: str, effects: Effects) -> Effects:
    """The same studies as effects of another measure."""
    import pandas as pd

    columns = {name: list(values) for name, values in effects.columns.items()}
    made = effect_sizes(measure, pd.DataFrame({"label": effects.labels} | columns))
    return replace(
        made,
        covariance=effects.covariance,
        left_out=(*effects.left_out, *made.left_out),
        title=effects.title,
        arm_labels=effects.arm_labels,
    )


def _row(method: RareMethod, tables: RareTables, level: float) -> RareRow:
    """One method, or why it cannot run."""
    try:
        fit = _fit(method, tables.effects, level)
    except MetaoncError as error:
        return RareRow(method, None, None, str(error).removesuffix("."))
    holds, why = method.verdict(tables, fit)
    return RareRow(method, fit, holds, why)


def _fit(method: RareMethod, effects: Effects, level: float) -> PooledResult:
    if method.name != "arcsine":
        return pool(effects, model=method.name, level=level)
    return pool(_again("AS", effects), model="random", tau2="DL", ci="wald", level=level)
