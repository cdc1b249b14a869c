"""`SummaryOfFindings`: rows, footnotes, and how they read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metaonc._version import __version__
from metaonc.effects import stored
from metaonc.pooling import html
from metaonc.pooling.plain import plain
from metaonc.reports.analyses import Analysis, unconfirmed
from metaonc.reports.certainty.anticipated import Anticipated
from metaonc.reports.certainty.events import Event
from metaonc.reports.certainty.rating import Rating
from metaonc.reports.certainty.statements import NOT_ASSESSED
from metaonc.reports.certainty.summary_words import cells, sentences

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a review asks: who, what, against what; "" for what the plan does not say."""

    population: str
    setting: str
    treatment: str
    comparison: str


@dataclass(frozen=True, eq=False, kw_only=True)
class FoundRow:
    """What was found about one outcome.

    Attributes
    ----------
    analysis : Analysis
        The question and its answer.
    event : Event
        What happens to patients.
    studies : int
        Trials behind the answer.
    participants : int or None
        Patients behind it; None where a trial does not say.
    absolute : tuple of Anticipated
        Absolute effects, one per baseline.
    no_absolute : str
        Why there are none, or not for every baseline.
    rating : Rating or None
        The certainty; None where nobody judged it.
    statement : str
        What it means, in a sentence; "" where nothing is compared or answered.
    """

    analysis: Analysis
    event: Event
    studies: int
    participants: int | None
    absolute: tuple[Anticipated, ...] = ()
    no_absolute: str = ""
    rating: Rating | None = None
    statement: str = ""

    @property
    def key(self) -> str:
        """Key of the question."""
        return self.analysis.key

    @property
    def title(self) -> str:
        """The outcome."""
        return self.analysis.question.title

    @property
    def importance(self) -> str:
        """How much it matters; "" where nobody said so."""
        return self.analysis.question.importance or ""

    @property
    def relative(self) -> str:
        """The pooled effect with its interval: ``"HR 0.60 (0.46 to 0.79)"``."""
        result = self.analysis.pooled
        if result is None:
            return ""
        estimate, low, high = result.display()
        scale = result.effects.scale
        value = f"{scale.number(estimate)}{scale.unit}"
        name = "" if scale.share else f"{scale.code} "
        return f"{name}{value} ({scale.interval_text(low, high)})"

    @property
    def certainty(self) -> str:
        """The level with its symbols, or that it was not assessed."""
        if self.rating is None:
            return "" if self.analysis.pooled is None else NOT_ASSESSED.lower()
        return f"{self.rating.symbols} {self.rating.level}"

    @property
    def unconfirmed(self) -> int:
        """Studies whose figures await confirmation."""
        result = self.analysis.pooled
        return 0 if result is None else unconfirmed(result.effects)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SummaryOfFindings:
    """What a review found, outcome by outcome; made by :func:`metaonc.summary_of_findings`.

    Attributes
    ----------
    title : str
        Title of the review.
    asked : Asked
        Patients, treatment and comparison.
    rows : tuple of FoundRow
        One per outcome.
    """

    title: str
    asked: Asked
    rows: tuple[FoundRow, ...]

    def __getitem__(self, key: str) -> FoundRow:
        """Return the row of a question.

        Raises
        ------
        KeyError
            If there is none.
        """
        for row in self.rows:
            if row.key == key:
                return row
        raise KeyError(f"no row {key!r}; there are: {', '.join(row.key for row in self.rows)}")

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[FoundRow]:
        return iter(self.rows)

    def __repr__(self) -> str:
        said = ", ".join(
            f"{row.key} {row.rating.level if row.rating else 'not assessed'}" for row in self.rows
        )
        return f"<SummaryOfFindings: {said}>"

    @property
    def provisional(self) -> bool:
        """Whether some judgement is not agreed on yet."""
        return any(row.rating is not None and row.rating.provisional for row in self.rows)

    @property
    def footnotes(self) -> dict[str, str]:
        """Reasons that move a certainty, in the order of the rows -> the letter that marks them."""
        found: dict[str, str] = {}
        for row in self.rows:
            for reason in row.rating.moving if row.rating else ():
                found.setdefault(reason.said, letter(len(found)))
        return found

    def marks(self, row: FoundRow) -> str:
        """Letters of a row's reasons: ``"a, b"``."""
        notes = self.footnotes
        return ", ".join(notes[each.said] for each in (row.rating.moving if row.rating else ()))

    def to_frame(self, per: float = 1000) -> pd.DataFrame:
        """One row per outcome and baseline.

        Parameters
        ----------
        per : float, default 1000
            Patients that absolute effects refer to.

        Returns
        -------
        pandas.DataFrame
            ``key title importance studies participants measure estimate low high level``; of the
            event, ``baseline at without with with_low with_high difference difference_low
            difference_high``; ``certainty start`` and the steps of each of the five domains that
            lower it, ``provisional``, ``unconfirmed`` studies, ``statement``. Missing where
            something does not apply.
        """
        import pandas as pd

        rows = [record for row in self.rows for record in _records(row, per)]
        return pd.DataFrame(rows).astype({"participants": "Int64"})

    def cells(self) -> list[list[str]]:
        """The table as a reader wants it: a row of headings, then an outcome per row."""
        return cells(self)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What stands below the table: footnotes, sources, how it was made, what limits it."""
        return tuple(sentences(self))

    def summary(self) -> str:
        """The findings as text."""
        lines = [f"Summary of findings: {self.title}", ""]
        for row in self.rows:
            lines += [*_told(self, row), ""]
        return "\n".join([*lines, *self.sentences])

    def _repr_html_(self) -> str:
        """The table for a notebook."""
        table = html.table(f"Summary of findings: {self.title}", self.cells())
        return html.block(table, html.paragraphs(self.sentences))

    def to_dict(self) -> dict[str, Any]:
        """Everything in the summary as plain values, ready for JSON.

        Returns
        -------
        dict
            ``asked``; ``rows``, each with its effect, absolute effects as fractions, the rating
            with all judgements and the digest of its data; ``notes``, the sentences.
        """
        return stored.sealed(
            "summary of findings",
            {
                "metaonc_version": __version__,
                "title": self.title,
                "asked": {name: getattr(self.asked, name) for name in Asked.__annotations__},
                "provisional": self.provisional,
                "rows": [_document(row) for row in self.rows],
                "notes": list(self.sentences),
            },
        )

    def to_json(self) -> str:
        """`to_dict` as JSON text; the same summary gives the same bytes."""
        return stored.text_of(self.to_dict())


def letter(i: int) -> str:
    """The letter of the footnote `i`: a to z, then aa.

    Examples
    --------
    >>> letter(0), letter(25), letter(26)
    ('a', 'z', 'aa')
    """
    name = chr(ord("a") + i % 26)
    return name if i < 26 else letter(i // 26 - 1) + name


def _told(found: SummaryOfFindings, row: FoundRow) -> list[str]:
    """A row as lines of text."""
    head, *_ = found.cells()
    mine = found.cells()[1 + found.rows.index(row)]
    lines = [f"{name}: {value}" for name, value in zip(head[1:], mine[1:], strict=True) if value]
    return [row.title, *(f"  {line}" for line in lines)]


def _records(row: FoundRow, per: float) -> Iterator[dict[str, Any]]:
    """A row of the frame per baseline; one also where there is none."""
    steps = {each.domain: each.steps for each in row.rating.reasons} if row.rating else {}
    domains = ("risk_of_bias", "inconsistency", "indirectness", "imprecision", "publication_bias")
    last = {
        "certainty": row.rating.level if row.rating else None,
        "start": row.rating.start if row.rating else None,
        **{name: steps.get(name) for name in domains},
        "provisional": row.rating.provisional if row.rating else None,
        "unconfirmed": row.unconfirmed,
        "statement": row.statement,
    }
    for each in row.absolute or (None,):
        yield {**_effect(row), **_absolute(each, per), **last}


def _effect(row: FoundRow) -> dict[str, Any]:
    result = row.analysis.pooled
    estimate, low, high = (None,) * 3 if result is None else result.display()
    return {
        "key": row.key,
        "title": row.title,
        "importance": row.importance,
        "studies": row.studies,
        "participants": row.participants,
        "measure": row.analysis.question.measure,
        "estimate": estimate,
        "low": low,
        "high": high,
        "level": None if result is None else result.choices.level,
    }


def _absolute(each: Anticipated | None, per: float) -> dict[str, Any]:
    names = ("without", "with_treatment", "difference")
    found: dict[str, Any] = {
        "baseline": None if each is None else each.label,
        "at": None if each is None else each.at,
    }
    for name in names:
        short = name.removesuffix("_treatment")
        values = (None,) * 3 if each is None else [per * x for x in getattr(each, name)]
        found |= dict(zip((short, f"{short}_low", f"{short}_high"), values, strict=True))
    return found


def _document(row: FoundRow) -> dict[str, Any]:
    result = row.analysis.pooled
    return {
        **{name: plain(value) for name, value in _effect(row).items()},
        "event": row.event.noun,
        "event_wanted": row.event.wanted,
        "relative": row.relative,
        "absolute": [
            {
                "baseline": each.label,
                "at": each.at,
                "source": each.source,
                "status": each.status or None,
                **{name: plain(list(getattr(each, name))) for name in
                   ("without", "with_treatment", "difference")},
                "assumed": each.assumed or None,
                "how": list(each.how),
            }
            for each in row.absolute
        ],
        "no_absolute": row.no_absolute or None,
        "certainty": row.rating.to_dict() if row.rating else None,
        "statement": row.statement or None,
        "unconfirmed": row.unconfirmed,
        "reason": row.analysis.reason or None,
        "data_digest": None if result is None else result.effects.digest,
    }  # fmt: skip
