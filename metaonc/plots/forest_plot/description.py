"""What a forest plot says, before any of it is drawn: rows, columns, lines and words, as data."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from metaonc.effects import Measure
from metaonc.plots.alt import AltText
from metaonc.plots.forest_plot.presets import METAONC, Preset
from metaonc.plots.forest_plot.spoken import alt_text

if TYPE_CHECKING:
    import pandas as pd

RowKind = Literal["study", "common", "random", "prediction", "text", "space"]
Align = Literal["left", "center", "right", "point"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the plot; numbers are on the displayed scale, NaN where there is none.

    Attributes
    ----------
    kind : str
        ``"study"`` has a square with a whisker, ``"common"`` and ``"random"`` a diamond,
        ``"prediction"`` a bar, or a curve where there is a `density`; ``"text"`` is words over the
        columns left of the plot, ``"space"`` an empty line.
    label : str
        What stands in the first column.
    cells : dict
        Texts by the keys of their columns.
    estimate, low, high : float
        Where the mark lies.
    weight : float
        What the area of the square is proportional to.
    density : tuple of (float, float)
        Curve of a predictive distribution: values and heights, the highest 1.
    source : str
        Where a reader finds the number; shown on request where the plot is interactive.
    """

    kind: RowKind
    label: str = ""
    cells: dict[str, str] = field(default_factory=dict)
    estimate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    weight: float = 0.0
    density: tuple[tuple[float, float], ...] = ()
    source: str = ""

    @property
    def pooled(self) -> bool:
        """Whether the row is a pooled estimate."""
        return self.kind in ("common", "random")


@dataclass(frozen=True)
class Block:
    """Rows under a common heading; without a heading where the studies are not grouped."""

    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Column:
    """A column of texts, or of marks that stand for them.

    Attributes
    ----------
    key : str
        Key of its texts in the rows' cells.
    heading : str
        Its heading, of one or more lines.
    side : {"left", "right"}
        On which side of the plot it stands.
    align : {"left", "center", "right", "point"}
        How its texts line up; ``"point"``: by their first decimal sign.
    group : str
        Heading over this column and its neighbours of the same group.
    draw : {"text", "judgement"}
        ``"judgement"``: a circle in place of each text, which is a judgement of the risk of bias.
    """

    key: str
    heading: str
    side: Literal["left", "right"]
    align: Align = "right"
    group: str = ""
    draw: Literal["text", "judgement"] = "text"


@dataclass(frozen=True)
class ReferenceLine:
    """A vertical line: the value of no effect, the pooled estimate, or one that was asked for."""

    kind: Literal["null", "pooled", "asked"]
    value: float


@dataclass(frozen=True)
class Band:
    """A shaded range behind the rows: an interval, or effects too small to matter."""

    kind: Literal["interval", "prediction", "unimportant"]
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class ForestTable:
    """Everything a forest plot shows.

    Attributes
    ----------
    level : float or None
        Confidence level of the intervals; None where rows differ.
    """

    title: str
    measure: Measure
    axis_label: str
    columns: tuple[Column, ...]
    blocks: tuple[Block, ...]
    pooled: float
    favours: tuple[str, str]
    footnotes: tuple[str, ...] = ()
    heading: str = "Study"
    lines: tuple[ReferenceLine, ...] = ()
    bands: tuple[Band, ...] = ()
    preset: Preset = METAONC
    level: float | None = 0.95

    def rows(self) -> Iterator[Row]:
        """All rows, top to bottom, without the headings of the blocks."""
        for block in self.blocks:
            yield from block.rows

    def alt_text(self) -> AltText:
        """The plot in words: what came out, and then every row.

        Examples
        --------
        >>> import metaonc as mo
        >>> from metaonc.plots import forest_table
        >>> table = forest_table(mo.pool(mo.load_registry().effects("pfs"), model="fixed"))
        >>> print(table.alt_text().short)
        Forest plot of 6 studies: Progression-free survival or time to progression. Common effect:
        hazard ratio 0.62 (95% CI 0.56 to 0.69), favours mTOR inhibitor; the interval excludes 1
        (no effect). Heterogeneity: Q = 32.35, df = 5, p < 0.001; I² = 85%.
        """
        return alt_text(self)

    def to_frame(self) -> pd.DataFrame:
        """The table that the plot shows.

        Returns
        -------
        pandas.DataFrame
            One row per line with a mark: ``block kind label``, the texts of the columns by their
            keys, ``estimate low high`` on the displayed scale, ``weight source``.
        """
        import pandas as pd

        return pd.DataFrame(
            [
                {"block": block.heading, "kind": row.kind, "label": row.label}
                | {column.key: row.cells.get(column.key, "") for column in self.columns}
                | {"estimate": row.estimate, "low": row.low, "high": row.high}
                | {"weight": row.weight, "source": row.source}
                for block in self.blocks
                for row in block.rows
                if row.kind not in ("text", "space")
            ]
        )
