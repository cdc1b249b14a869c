"""`HarmsTable`: adverse events and benefits, each as risk ratio, odds ratio and risk difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from metaonc._version import __version__
from metaonc.effects import LeftOut, stored
from metaonc.pooling import html
from metaonc.pooling.adverse_events.harms_words import caveats, cells, listing, methods
from metaonc.pooling.columns import ruled
from metaonc.pooling.plain import plain
from metaonc.pooling.result import PooledResult

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["benefit", "harm"]
MEASURES = ("RR", "OR", "RD")
_COLUMNS = ("kind", "outcome", "label", "grade", "k", "events_1", "n_1", "events_2", "n_2")


@dataclass(frozen=True, eq=False, kw_only=True)
class HarmsRow:
    """One adverse event of one grade, or one benefit, pooled over the trials that counted it.

    Attributes
    ----------
    kind : {"benefit", "harm"}
        Whether the event is wanted.
    group : str
        Which group of grades it was asked for in, e.g. ``"grade 3-4"``; empty for benefits.
    outcome : str
        Key of the outcome.
    label : str
        What the records call it.
    grade : str
        Grades as the records print them, e.g. ``"any"`` or ``">=3"``; empty where none is printed.
    studies : tuple of str
        Each study with its counts, e.g. ``"TAMRAD 2012 30/54 v 4/57"``.
    events_1, n_1, events_2, n_2 : int
        Events and patients of all studies together, experimental and control arms; to be read, not
        to be compared: a crude sum is no pooled result.
    results : mapping of str to PooledResult
        Pooled results by measure: ``"RR"``, ``"OR"``, ``"RD"``; those that can be estimated.
    reasons : mapping of str to str
        Why a measure has no result.
    left_out : tuple of LeftOut
        Trials without counts for it, and why.
    """

    kind: Kind
    group: str
    outcome: str
    label: str
    grade: str
    studies: tuple[str, ...]
    events_1: int
    n_1: int
    events_2: int
    n_2: int
    results: Mapping[str, PooledResult]
    reasons: Mapping[str, str]
    left_out: tuple[LeftOut, ...]

    @property
    def k(self) -> int:
        """Number of studies."""
        return len(self.studies)

    @property
    def name(self) -> str:
        """Label with the grade: ``"Stomatitis, any grade"``."""
        if not self.grade:
            return self.label
        grade = "any grade" if self.grade == "any" else f"grade {self.grade.replace('>=', '≥')}"
        return f"{self.label}, {grade}"

    def numbers(self, measure: str) -> tuple[float, float, float]:
        """Estimate and limits of one measure, as ratios and fractions; NaN where there is none."""
        found = self.results.get(measure)
        return (float("nan"),) * 3 if found is None else found.display()


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class HarmsTable:
    """Harms beside benefits, one row per term and grade; made by :func:`metaonc.harms`.

    Attributes
    ----------
    title : str
        What is compared.
    rows : tuple of HarmsRow
        Benefits first, then harms of any grade, then severe ones.
    not_pooled : mapping of str to str
        Outcome and group of grades -> why there is no row.
    model : str
        The `model` of :func:`metaonc.pool`.
    level : float
        Confidence level.
    per : float
        What risk differences are printed per.
    arm_labels : tuple of str
        What the two arms are called.
    """

    title: str
    rows: tuple[HarmsRow, ...]
    not_pooled: Mapping[str, str]
    model: str
    level: float
    per: float
    arm_labels: tuple[str, ...]

    def __repr__(self) -> str:
        harms = sum(row.kind == "harm" for row in self.rows)
        return f"<HarmsTable: {harms} harms and {len(self.rows) - harms} benefits, {self.model}>"

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, outcome: str, grade: str | None = None) -> HarmsRow:
        """The row of an outcome and, if it has several, a grade.

        Raises
        ------
        KeyError
            If there is none.
        """
        for row in self.rows:
            if row.outcome == outcome and grade in (None, row.grade):
                return row
        raise KeyError(f"no row for {outcome!r}{'' if grade is None else f' of grade {grade!r}'}")

    def to_frame(self) -> pd.DataFrame:
        """One row per term and grade.

        Returns
        -------
        pandas.DataFrame
            ``kind outcome label grade k events_1 n_1 events_2 n_2``, then estimate, limits and I²
            per measure: ``rr rr_low rr_high rr_i2``, ``or ...``, ``rd ...`` (fractions, not per
            1000), and ``studies``. NaN where a measure cannot be estimated.
        """
        import pandas as pd

        return pd.DataFrame([self._record(row) for row in self.rows])

    def _record(self, row: HarmsRow) -> dict[str, Any]:
        record = {name: getattr(row, name) for name in _COLUMNS}
        for measure in MEASURES:
            key, found = measure.lower(), row.results.get(measure)
            record |= dict(
                zip((key, f"{key}_low", f"{key}_high"), row.numbers(measure), strict=True)
            )
            record[f"{key}_i2"] = found.i2 if found is not None and found.k > 1 else float("nan")
        return record | {"studies": "; ".join(row.studies)}

    def methods(self) -> str:
        """How the rows were pooled, in one sentence."""
        return methods(self)

    @property
    def notes(self) -> tuple[str, ...]:
        """What limits the rows, the studies of each, and what could not be pooled."""
        return (*caveats(self), *listing(self))

    def summary(self) -> str:
        """The table with its methods and notes, as text."""
        return "\n".join([self.title, "", *ruled(cells(self)), "", self.methods(), *self.notes])

    def _repr_html_(self) -> str:
        """The summary for a notebook."""
        return html.block(
            html.table(self.title, cells(self)), html.paragraphs([self.methods(), *self.notes])
        )

    def to_html(self) -> str:
        """The table with its methods and notes as a piece of a page."""
        return self._repr_html_()

    def to_dict(self) -> dict[str, Any]:
        """Everything in the table as plain values, ready for JSON.

        Returns
        -------
        dict
            ``rows`` hold, per measure, the displayed estimate with its limits, p, Q, tau² and I²,
            or the reason why there is none; the studies, and trials left out.
        """
        return stored.sealed(
            "table of harms",
            {
                "metaonc_version": __version__,
                "title": self.title,
                "model": self.model,
                "level": self.level,
                "arms": list(self.arm_labels),
                "rows": [_document(row) for row in self.rows],
                "not_pooled": dict(self.not_pooled),
                "methods": self.methods(),
                "notes": list(self.notes),
            },
        )

    def to_json(self) -> str:
        """`to_dict` as JSON text; the same table gives the same bytes."""
        return stored.text_of(self.to_dict())


def _document(row: HarmsRow) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in _COLUMNS},
        "studies": list(row.studies),
        "measures": {name: _measure(row, name) for name in MEASURES},
        "left_out": [{"label": out.label, "reason": out.reason} for out in row.left_out],
    }


def _measure(row: HarmsRow, name: str) -> dict[str, Any]:
    found = row.results.get(name)
    if found is None:
        return {"reason": row.reasons[name]}
    estimate, low, high = found.display()
    values = {
        "estimate": estimate,
        "low": low,
        "high": high,
        "p_value": found.p_value,
        "q": found.q,
        "q_df": found.q_df,
        "tau2": found.tau2,
        "i2": found.i2 if found.k > 1 else None,
        "data_digest": found.effects.digest,
    }
    return {name: plain(value) for name, value in values.items()}
