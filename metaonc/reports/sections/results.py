"""The printed results of one trial, by outcome, with sources, uses and what the audit says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from metaonc.registry import Trial
from metaonc.registry.audit import Finding
from metaonc.registry.derivations import sums
from metaonc.registry.plan import Plan
from metaonc.registry.records import Result
from metaonc.reports.document import (
    Anchor,
    Cell,
    Lines,
    Marked,
    Paragraph,
    Section,
    Table,
    blocks,
    section,
)
from metaonc.reports.sections.printed import audit_lines, kind_text, printed_lines
from metaonc.reports.sections.uses import Use, used_line
from metaonc.reports.sections.words import (
    assessment_text,
    grade_text,
    lines,
    outcome_label,
    place_anchor,
    source_line,
    status_line,
)

Numbered = tuple[int, Result]  # a result and its place in the record, from 1
_HEAD = ("As printed", "Data cut and assessment", "Source", "Status")


class ResultTables:
    """The printed results of one trial as tables."""

    def __init__(
        self,
        trial: Trial,
        plan: Plan | None,
        findings: Sequence[Finding],
        used: Mapping[str, Sequence[Use]],
    ) -> None:
        self.trial, self.plan = trial, plan
        self.findings, self.used = findings, used

    def sections(self) -> Iterator[Section]:
        """One section per outcome, one for all adverse events together, and one for sums."""
        numbered = list(enumerate(self.trial.results, start=1))
        graded = {result.outcome for _, result in numbered if getattr(result, "grade", None)}
        for outcome in dict.fromkeys(result.outcome for _, result in numbered):
            if outcome not in graded:
                own = [one for one in numbered if one[1].outcome == outcome]
                taken, table = self._taken(outcome), self._table(own)
                title = outcome_label(self.plan, outcome)
                yield Section(title, blocks(taken, table), anchor=f"outcome-{outcome}")
        events = [one for one in numbered if one[1].outcome in graded]
        harms = section(
            "Adverse events", self._table(events, "Event") if events else None, anchor="harms"
        )
        yield from filter(None, (harms, self._derived()))

    def _taken(self, outcome: str) -> Paragraph | None:
        choice = self.trial.primary.get(outcome)
        if choice is None:
            return None
        said = (
            f"Analyses take the figures at the {self.trial.cut(choice.cut).label}, "
            f"{assessment_text(choice.assessment)}, unless they say otherwise; these are marked "
        )
        return Paragraph((said, Marked("primary", "primary"), "."))

    def _table(self, results: Iterable[Numbered], first: str = "") -> Table:
        """Every figure of `results`; with a column for the outcome where `first` names one."""
        rows = tuple(self._row(number, result, bool(first)) for number, result in results)
        return Table((first or "Figure", *_HEAD), rows, stub=True)

    def _row(self, number: int, result: Result, named: bool) -> tuple[Cell, ...]:
        place = f"result {number}"
        said = [finding for finding in self.findings if finding.result == number]
        printed = [*printed_lines(self.trial, result), *audit_lines(said)]
        cut = self.trial.cut(result.cut).label
        primary = (" ", Marked("primary", "primary")) if self._is_primary(result) else ()
        return (
            Lines(((Anchor(place_anchor(place)), self._what(result, named)), *_who(result))),
            lines([*printed, used_line(place, self.used)]),
            lines([(cut, *primary), assessment_text(result.assessment)]),
            source_line(self.trial, result.source),
            status_line(result),
        )

    def _what(self, result: Result, named: bool) -> str:
        if not named:
            return kind_text(result)
        name, grade = outcome_label(self.plan, result.outcome), getattr(result, "grade", None)
        return f"{name}, {grade_text(grade)}" if grade else name

    def _is_primary(self, result: Result) -> bool:
        choice = self.trial.primary.get(result.outcome)
        if choice is None or result.subgroup is not None:
            return False
        return (choice.cut, choice.assessment) == (result.cut, result.assessment)

    def _derived(self) -> Section | None:
        """What is not printed but adds up from what is."""
        if not self.trial.derived:
            return None
        rows = []
        for number, total in enumerate(sums(self.trial), start=1):
            place = f"sum {number}"
            name = (Anchor(place_anchor(place)), outcome_label(self.plan, total.outcome))
            told = lines([*total.arithmetic, used_line(place, self.used)])
            rows.append((name, total.where, told))
        head = ("Outcome", "Data cut, assessment, status", "Arithmetic")
        said = Paragraph("Not printed: added up from the counts above.")
        return Section("Derived", (said, Table(head, tuple(rows))), anchor="derived")


def _who(result: Result) -> list[str]:
    about = (("subgroup", result.subgroup), ("analysed", result.population))
    return [f"{name}: {who}" for name, who in about if who]
