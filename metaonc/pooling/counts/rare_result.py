"""`RareEvents`: methods for rare events side by side, and what each makes of empty studies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from metaonc._version import __version__
from metaonc.effects import Effects, level_text
from metaonc.pooling import html
from metaonc.pooling.columns import ruled
from metaonc.pooling.counts.rare_methods import RareMethod
from metaonc.pooling.counts.rare_tables import RareTables
from metaonc.pooling.finding import Finding
from metaonc.pooling.plain import readable
from metaonc.pooling.result import PooledResult
from metaonc.pooling.words import p_text

if TYPE_CHECKING:
    import pandas as pd

_HOLDS = {True: "yes", False: "no", None: "cannot tell"}
_RARE = 0.1  # of the patients: with more events the usual methods do as well


@dataclass(frozen=True)
class RareRow:
    """One method.

    Attributes
    ----------
    method : RareMethod
        What it is.
    fit : PooledResult or None
        What it finds; None where it cannot run.
    holds : bool or None
        Whether what it takes for granted holds here; None where that cannot be told, or it cannot
        run.
    why : str
        Why, or why it cannot run, in a sentence.
    """

    method: RareMethod
    fit: PooledResult | None
    holds: bool | None
    why: str


@dataclass(frozen=True, eq=False, repr=False)
class RareEvents(Finding):
    """Methods for rare events side by side, made by :func:`metaonc.rare_events`.

    Attributes
    ----------
    effects : Effects
        The studies' odds ratios, with their counts.
    rows : tuple of RareRow
        One per method, also where it cannot run.
    level : float
        Confidence level.
    """

    effects: Effects
    rows: tuple[RareRow, ...]
    level: float
    kind: ClassVar[str] = "rare events"

    @property
    def tables(self) -> RareTables:
        """The 2x2 tables, and what follows from them."""
        return RareTables(self.effects)

    @property
    def results(self) -> Mapping[str, PooledResult]:
        """The results of the methods that ran, by name."""
        return MappingProxyType({row.method.name: row.fit for row in self.rows if row.fit})

    def to_frame(self) -> pd.DataFrame:
        """One row per method, on its displayed scale.

        Returns
        -------
        pandas.DataFrame
            Columns ``method name measure estimate low high p_value ran holds why assumption``;
            NaN where a method did not run, and None where it cannot be told whether its
            assumptions hold.
        """
        import pandas as pd

        rows = []
        for row in self.rows:
            estimate, low, high = row.fit.display() if row.fit else (float("nan"),) * 3
            rows.append(
                {
                    "method": row.method.name,
                    "name": row.method.words,
                    "measure": row.fit.effects.measure if row.fit else None,
                    "estimate": estimate,
                    "low": low,
                    "high": high,
                    "p_value": row.fit.p_value if row.fit else float("nan"),
                    "ran": row.fit is not None,
                    "holds": row.holds,
                    "why": row.why,
                    "assumption": row.method.takes,
                }
            )
        return pd.DataFrame(rows).astype({"holds": object})

    def studies(self) -> pd.DataFrame:
        """One row per study: its counts, what is empty, and its weight in each method.

        Returns
        -------
        pandas.DataFrame
            Columns ``label events_1 n_1 events_2 n_2 empty`` and the weight, a fraction, under the
            name of each method that ran.
        """
        import pandas as pd

        names = ("events_1", "n_1", "events_2", "n_2")
        counts = dict(zip(names, self.tables.counts, strict=True))
        weights = {name: fit.weights for name, fit in self.results.items()}
        empty = {"empty": self.tables.kinds()}
        return pd.DataFrame({"label": self.effects.labels} | counts | empty | weights)

    # How it reads ----------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """What is compared."""
        tables, k = self.tables, self.effects.k
        return (
            f"{self.effects.title or 'Rare events'}: {k} {'study' if k == 1 else 'studies'}, "
            f"events in {tables.risk:.1%} of patients"
        )

    def cells(self) -> list[list[str]]:
        """The methods as a reader wants them."""
        rows = [["", "", "Estimate", f"{level_text(self.level)} CI", "", "Assumptions hold"]]
        for row in self.rows:
            if row.fit is None:
                rows.append([row.method.words, "", "", "", "", "cannot run"])
                continue
            scale = row.fit.effects.scale
            estimate, low, high = row.fit.display()
            rows.append(
                [
                    row.method.words,
                    row.fit.effects.measure,
                    scale.number(estimate),
                    scale.interval_text(low, high),
                    p_text(row.fit.p_value),
                    _HOLDS[row.holds],
                ]
            )
        return rows

    def study_cells(self) -> list[list[str]]:
        """The studies with an empty arm and their weights; all of them if none is."""
        frame = self.studies()
        chosen = frame[frame["empty"] != ""] if (frame["empty"] != "").any() else frame
        names = list(self.results)
        one, two = self.effects.arm_labels
        rows = [["", one, two, *names]]
        for row in chosen.to_dict("records"):
            arms = [f"{row[f'events_{i}']:g}/{row[f'n_{i}']:g}" for i in (1, 2)]
            weights = [f"{row[name]:.1%}" for name in names]
            rows.append([str(row["label"]), *arms, *weights])
        return rows

    @property
    def sentences(self) -> Sequence[str]:
        """Why, method by method; the empty studies; what is left out."""
        found = [f"{row.method.words}: {row.why}." for row in self.rows]
        holding = [row.method.words for row in self.rows if row.holds]
        if holding:
            found.append(f"Assumptions hold here for: {'; '.join(holding)}.")
        else:
            found.append(
                "There is no method here whose assumptions are seen to hold: read the direction, "
                "not the size."
            )
        if self.tables.risk > _RARE and not any(self.tables.kinds()):
            found.append(
                f"Events are not rare ({self.tables.risk:.0%} of patients): the usual methods do "
                "as well."
            )
        return [*found, *self._about_zeros()]

    def _about_zeros(self) -> list[str]:
        kinds = dict(zip(self.effects.labels, self.tables.kinds(), strict=True))
        double = [label for label, kind in kinds.items() if "either" in kind or "both" in kind]
        single = [label for label, kind in kinds.items() if kind and label not in double]
        found = []
        if single:
            listed = "; ".join(f"{label}, {kinds[label]}" for label in single)
            found.append(f"Kept as they are, without a continuity correction: {listed}.")
            if "mh" in self.results and any(kinds[label].startswith("no") for label in single):
                found.append(
                    "Weights of mh are shares of the sum below the line of its ratio: an empty arm "
                    "can add to the sum above it alone, and counts there."
                )
        if double:
            reasons = "; ".join(
                f"{row.method.name}, {row.method.zero_weight}" for row in self.rows if row.fit
            )
            found.append(
                f"Without events (or with nothing else) in both arms: {', '.join(double)}. Weights "
                f"of such a study: {reasons}."
            )
        found += [f"Left out: {out.label}: {out.reason}" for out in self.effects.left_out]
        return found

    def summary(self) -> str:
        """The methods, the empty studies with their weights, and the sentences as text."""
        tables = [*ruled(self.cells()), "", "Weights of studies", "", *ruled(self.study_cells())]
        return "\n".join([self.title, "", *tables, "", *self.sentences])

    def _repr_html_(self) -> str:
        """The summary for a notebook."""
        methods = html.table(self.title, self.cells())
        studies = html.table("Weights of studies", self.study_cells())
        return html.block(methods, studies, html.paragraphs(self.sentences))

    def _about(self) -> dict[str, Any]:
        return {
            "metaonc_version": __version__,
            "title": self.effects.title,
            "measure": self.effects.measure,
            "data_digest": self.effects.digest,
            "level": self.level,
        }

    def numbers(self) -> dict[str, Any]:
        """The studies with their weights, and the guard of Peto's method."""
        frame = self.studies()
        rows = frame.to_dict("records")
        return {
            "studies": [{str(k): readable(v) for k, v in row.items()} for row in rows],
            "peto_expected": self.tables.peto_of_it,
            "peto_reference": self.tables.log_odds_ratio,
            "homogeneity_p": self.tables.homogeneity_p,
        }
