"""The one door to the `forestplot` package.

Importing it silences numpy's floating-point errors, ignores every warning and rewrites a setting
of matplotlib, for the whole process; drawing asks pyplot for a current figure, which makes one.
Here all of that is put back or kept away.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Warning filters and rcParams belong to the process, so one thread at a time.
_lock = threading.Lock()


@contextmanager
def _nothing_changes() -> Iterator[None]:
    """Put numpy's error state, warning filters and matplotlib's settings back afterwards."""
    with (
        _lock,
        np.errstate(),
        warnings.catch_warnings(),
        mpl.rc_context(),
    ):
        yield


def _package() -> tuple[Any, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import forestplot
        from forestplot import graph_utils
    return forestplot, graph_utils


def draw_rows(
    frame: pd.DataFrame,
    axes: Axes,
    *,
    log: bool,
    marker_areas: list[float],
    colour: str,
    line_width: float,
) -> pd.DataFrame:
    """Let `forestplot` draw whiskers and squares.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``row`` (unique text), ``estimate``, ``low``, ``high``; top row first. NaN
        estimates leave an empty row.
    axes : Axes
        Where to draw; row i from the bottom is at y = i.
    log : bool
        Whether the axis is logarithmic.
    marker_areas : list of float
        Area of each row's square, in points², bottom row first.
    colour : str
        Of squares and whiskers.
    line_width : float
        Of the whiskers, in points.

    Returns
    -------
    pandas.DataFrame
        The rows as drawn, bottom row first.
    """
    with _nothing_changes():
        package, graph_utils = _package()
        warnings.simplefilter("ignore")  # tick labels without fixed ticks; we replace the ticks
        pyplot = graph_utils.plt
        graph_utils.plt = SimpleNamespace(
            gcf=lambda: axes.figure, MaxNLocator=pyplot.MaxNLocator, subplots=pyplot.subplots
        )
        try:
            drawn, _ = package.forestplot(
                frame,
                estimate="estimate",
                ll="low",
                hl="high",
                varlabel="row",
                ci_report=False,
                form_ci_report=False,
                capitalize=None,
                logscale=log,
                xline=None,
                markersize=marker_areas,
                return_df=True,
                ax=axes,
                lw=line_width,
                linecolor=colour,
                markercolor=colour,
                markeralpha=1.0,
            )
        finally:
            graph_utils.plt = pyplot
    if not isinstance(drawn, pd.DataFrame):
        raise TypeError("forestplot returned no table of rows")
    return drawn
