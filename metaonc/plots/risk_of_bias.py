"""`risk_of_bias_plot`: judgements as a traffic-light table, and as bars over all studies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.transforms import Affine2D

from metaonc.effects import Effects
from metaonc.effects.trials.bias import BiasTable, bias_table
from metaonc.errors import PlotError
from metaonc.plots.alt import AltText
from metaonc.plots.figure import ForestFigure
from metaonc.plots.judgements import DIAMETER, LOOKS, bias_notes, draw_judgement
from metaonc.plots.style import BODY, LINE_HEIGHT, SMALL, THIN, put, sheet
from metaonc.plots.text import text_width, wrap
from metaonc.pooling import PooledResult

if TYPE_CHECKING:
    import pandas as pd

# All lengths in points.
ROW, GAP, CELL = 18.0, 12.0, 24.0
LABELS, BAR, BAR_HEIGHT = 230.0, 300.0, 13.0
_HEAD = 18.0


def risk_of_bias_plot(
    studies: Effects | PooledResult,
    *,
    kind: Literal["traffic-light", "summary"] = "traffic-light",
    title: str | None = None,
) -> ForestFigure:
    """Draw the risk of bias of studies.

    Parameters
    ----------
    studies : Effects or PooledResult
        Studies with judgements: columns ``bias_randomisation`` to ``bias_overall`` (RoB 2) or
        ``bias_confounding`` to ``bias_overall`` (ROBINS-I), as effects from records have them.
    kind : {"traffic-light", "summary"}, default "traffic-light"
        A circle per study and domain; or a bar per domain with the share of each judgement, of the
        studies, or of the weight that they have in a pooled result.
    title : str, optional
        Heading. Default: that of the effects.

    Returns
    -------
    matplotlib.figure.Figure
        As large as its text needs. `savefig` writes the same bytes for the same input, and
        ``figure.table`` is what it shows.

    Raises
    ------
    EffectsError
        If the studies carry no judgements, or a word that is none.
    PlotError
        If it is another kind of figure, or neither effects nor a pooled result.

    Notes
    -----
    Colours get darker with the risk and symbols repeat what they say, as in robvis (McGuinness &
    Higgins, Res Synth Methods 2021;12:55-61). Tools: RoB 2 (Sterne et al., BMJ 2019;366:l4898) and
    ROBINS-I (Sterne et al., BMJ 2016;355:i4919). Judgements that await confirmation are called
    provisional under the figure.

    Examples
    --------
    >>> import metaonc as mo
    >>> figure = mo.risk_of_bias_plot(mo.load_registry().effects("pfs"))
    >>> figure.table.loc[1, ["study", "measurement", "overall"]].to_list()
    ['TAMRAD 2012', 'high', 'high']
    """
    if kind not in ("traffic-light", "summary"):
        raise PlotError(f"kind = {kind!r} must be 'traffic-light' or 'summary'.")
    if not isinstance(studies, Effects | PooledResult):
        raise PlotError(
            f"risk_of_bias_plot() draws effects or a pooled result, got {type(studies).__name__}."
        )
    effects = studies.effects if isinstance(studies, PooledResult) else studies
    table = bias_table(effects)
    heading = effects.title if title is None else title
    if kind == "traffic-light":
        return _traffic_light(table, heading)
    weights = studies.weights if isinstance(studies, PooledResult) else np.ones(effects.k)
    return _summary(table, np.asarray(weights, dtype=float), heading, effects is not studies)


# Traffic light -----------------------------------------------------------------------------------


def _traffic_light(table: BiasTable, title: str) -> ForestFigure:
    names = [wrap(label, BODY, LABELS) for label in table.labels]
    heights = [ROW + LINE_HEIGHT * (len(name) - 1) for name in names]
    widest = max(text_width(line, BODY) for name in names for line in name)
    left = max(widest, text_width("Study", BODY, "bold")) + GAP
    size = (left + CELL * len(table.domains), _HEAD + sum(heights))
    wide = (max(size[0], 300.0), size[1])  # room for the key
    words = AltText(f"Risk of bias of {len(names)} studies: {title}", "\n".join(_lines(table)))
    with sheet(title, wide, notes=bias_notes(table), alt=words, table=lambda: _frame(table)) as (
        figure,
        x0,
        y0,
    ):
        top = y0 + size[1]
        put(figure, x0, top - _HEAD / 2, "Study", weight="bold")
        for j, letter in enumerate(table.letters.values()):
            x = x0 + left + CELL * (j + 0.5)
            put(figure, x, top - _HEAD / 2, letter, weight="bold", align="center")
        y = top - _HEAD
        _rule(figure, x0, x0 + size[0], y)
        for name, height, row in zip(names, heights, table.judgements, strict=True):
            for i, line in enumerate(name):
                put(figure, x0, y - ROW / 2 - LINE_HEIGHT * i, line)
            for j, word in enumerate(row.values()):
                x = x0 + left + CELL * (j + 0.5)
                draw_judgement(figure, x, y - height / 2, word, DIAMETER + 1)
            y -= height
    return figure


def _lines(table: BiasTable) -> list[str]:
    """Every study in words, and the notes."""
    return [
        f"{label}: "
        + "; ".join(f"{table.domains[name].lower()} {word}" for name, word in row.items())
        + "."
        for label, row in zip(table.labels, table.judgements, strict=True)
    ] + list(bias_notes(table))


def _frame(table: BiasTable) -> pd.DataFrame:
    import pandas as pd

    rows = zip(table.labels, table.judgements, strict=True)
    return pd.DataFrame([{"study": label} | row for label, row in rows])


# Summary -----------------------------------------------------------------------------------------


def _summary(table: BiasTable, weights: np.ndarray, title: str, weighted: bool) -> ForestFigure:
    frame = _shares(table, weights)
    left = max(text_width(name, BODY) for name in table.domains.values()) + GAP
    right = text_width("100%", SMALL) / 2
    axis = 2 * LINE_HEIGHT + 4
    size = (left + BAR + right, ROW * len(table.domains) + axis)
    what = "weight in the pooled result" if weighted else "studies"
    notes = [f"Shares of the {what}.", *_key_and_status(table)]
    said = [
        f"{name}: " + ", ".join(f"{word} {share:.0%}" for word, share in row.items() if share)
        for name, row in frame.iterrows()
    ]
    words = AltText(f"Risk of bias, shares of the {what}: {title}", "\n".join([*said, *notes]))
    with sheet(
        title, size, notes=notes, alt=words, table=lambda: frame.reset_index(names="domain")
    ) as (figure, x0, y0):
        start = x0 + left
        for i, (name, row) in enumerate(frame.iterrows()):
            y = y0 + size[1] - ROW * (i + 0.5)
            put(figure, x0, y, str(name), weight="bold" if name == "Overall" else "normal")
            _bar(figure, start, y, {str(word): float(share) for word, share in row.items()})
        bottom = y0 + axis
        _rule(figure, start, start + BAR, bottom)
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            x = start + BAR * share
            put(figure, x, bottom - LINE_HEIGHT, f"{share:.0%}", size=SMALL, align="center")
    return figure


def _key_and_status(table: BiasTable) -> Sequence[str]:
    """The notes without the letters, which bars do not need."""
    first, *rest = bias_notes(table)
    tools = f"Risk of bias by {' and '.join(table.tools)}. " if table.tools else ""
    return [f"{tools}Symbols: {first.rpartition('Circles: ')[2]}", *rest]


def _shares(table: BiasTable, weights: np.ndarray) -> pd.DataFrame:
    """Share of each judgement (columns) in each domain (rows)."""
    import pandas as pd

    said = pd.DataFrame(table.judgements)
    shares = {
        table.domains[name]: [
            float(weights[(said[name] == word).to_numpy()].sum() / weights.sum())
            for word in table.used
        ]
        for name in table.domains
    }
    return pd.DataFrame.from_dict(shares, orient="index", columns=list(table.used))


def _bar(figure: ForestFigure, x: float, y: float, shares: dict[str, float]) -> None:
    points = Affine2D().scale(1 / 72) + figure.dpi_scale_trans
    for word, share in shares.items():
        if not share > 0:
            continue
        width = BAR * share
        figure.add_artist(
            Rectangle((x, y - BAR_HEIGHT / 2), width, BAR_HEIGHT, fc=LOOKS[word].fill,
                      ec="black", lw=THIN, transform=points)
        )  # fmt: skip
        for text in (f"{word} {share:.0%}", LOOKS[word].symbol):  # what fits
            if text and text_width(text, SMALL) + 4 <= width:
                put(figure, x + width / 2, y, text, size=SMALL, align="center",
                     color=LOOKS[word].ink)  # fmt: skip
                break
        x += width


# Drawing -----------------------------------------------------------------------------------------


def _rule(figure: ForestFigure, low: float, high: float, y: float) -> None:
    points = Affine2D().scale(1 / 72) + figure.dpi_scale_trans
    figure.add_artist(Rectangle((low, y), high - low, 0, ec="black", lw=THIN, transform=points))
