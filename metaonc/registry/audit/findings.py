"""What an audit found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from metaonc.registry.audit.rule import SEVERITIES, Severity

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a rule has against one record.

    Attributes
    ----------
    code, rule : str
        Code and name of the rule, e.g. ``"CI101"`` and ``"estimate-off-centre"``.
    severity : {"error", "warning", "note"}
        An error cannot be right; a warning is doubtful; a note is for the reader.
    file, trial : str
        The record's file and key; `trial` is empty for a finding about the review plan.
    result : int or None
        The result it is about, counted from 1 as in the file; None for the record as a whole.
    place : str
        The result in words, e.g. ``"result 3 (ttp hazard ratio)"``.
    field : str
        The field inside the result or record.
    message : str
        What is wrong, in a sentence without its full stop.
    arithmetic : str
        The computation behind it; empty where there is none.
    remedy : str
        What to do.
    waived : bool
        Whether the record says that the finding stands.
    reason : str
        The reason it gives.
    """

    code: str
    rule: str
    severity: Severity
    file: str
    trial: str
    result: int | None
    place: str
    field: str
    message: str
    arithmetic: str
    remedy: str
    waived: bool = False
    reason: str = ""

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.file, self.trial, self.place) if part)
        shown = f" [{self.arithmetic}]" if self.arithmetic else ""
        end = f"waived: {self.reason}" if self.waived else f"{self.remedy}."
        return f"{where}: {self.code} {self.severity}: {self.message}{shown}; {end}"


@dataclass(frozen=True, kw_only=True, repr=False)
class Audit:
    """Every finding of an audit of the registry; it does not change.

    Attributes
    ----------
    folder : str
        The folder that was audited.
    trials, results : int
        How many records and results were looked at.
    findings : tuple of Finding
        All findings, waived ones and notes included, in the order of the records.
    """

    folder: str
    trials: int
    results: int
    findings: tuple[Finding, ...]

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __repr__(self) -> str:
        return f"<Audit of {self.folder}: {self._counted()}>"

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings that cannot be right and are not waived."""
        return self.standing("error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Doubtful figures that are not waived."""
        return self.standing("warning")

    @property
    def notes(self) -> tuple[Finding, ...]:
        """What a reader should know, where it is not waived."""
        return self.standing("note")

    @property
    def waived(self) -> tuple[Finding, ...]:
        """Findings that the records waive, with their reasons."""
        return tuple(finding for finding in self.findings if finding.waived)

    def standing(self, severity: Severity) -> tuple[Finding, ...]:
        """Findings of one severity that are not waived."""
        return tuple(f for f in self.findings if f.severity == severity and not f.waived)

    def fails(self, strictness: Severity = "error") -> bool:
        """Whether anything stands that is at least as bad as `strictness`."""
        bad = SEVERITIES[: SEVERITIES.index(strictness) + 1]
        return any(f.severity in bad and not f.waived for f in self.findings)

    def only(self, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> Audit:
        """Keep the findings of some rules.

        Parameters
        ----------
        select : iterable of str, optional
            Codes, or their beginnings (``"CT"``, ``"CT4"``); default: all.
        ignore : iterable of str, optional
            The same, for findings to leave out; it wins over `select`.

        Returns
        -------
        Audit
        """
        wanted, unwanted = tuple(select), tuple(ignore)
        kept = tuple(
            f
            for f in self.findings
            if (not wanted or f.code.startswith(wanted)) and not f.code.startswith(unwanted or "!")
        )
        return replace(self, findings=kept)

    def of(self, trial: str) -> tuple[Finding, ...]:
        """The findings in one record."""
        return tuple(finding for finding in self.findings if finding.trial == trial)

    def to_frame(self) -> pd.DataFrame:
        """One row per finding; columns are the attributes of `Finding`."""
        import pandas as pd

        columns = [f.name for f in fields(Finding)]
        return pd.DataFrame([asdict(finding) for finding in self.findings], columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Counts and findings as plain values, for JSON."""
        counts = {f"{severity}s": len(self.standing(severity)) for severity in SEVERITIES}
        return {
            "folder": self.folder,
            "trials": self.trials,
            "results": self.results,
            **counts,
            "waived": len(self.waived),
            "findings": [asdict(f) | {"sentence": str(f)} for f in self.findings],
        }

    def summary(self, *, notes: bool = False) -> str:
        """One sentence per finding, then how many there are of each kind.

        Parameters
        ----------
        notes : bool, default False
            List the notes as well; otherwise they are only counted, by code.

        Returns
        -------
        str
        """
        lines = [str(f) for f in self.findings if notes or f.severity != "note"]
        codes = Counter(f.code for f in self.notes)
        listed = ", ".join(f"{code} {times}" for code, times in sorted(codes.items()))
        return "\n".join([*lines, f"{self._counted()}{f' ({listed})' if listed else ''}."])

    def _counted(self) -> str:
        said = [_count(len(self.standing(severity)), severity) for severity in SEVERITIES]
        said.append(f"{len(self.waived)} waived")
        return f"{', '.join(said)} in {_count(self.trials, 'record')}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
