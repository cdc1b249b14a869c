"""Every error metaonc raises: one sentence that says where, what, which rule, and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong with one value of one file.

    Parameters
    ----------
    file : str
        The file as the user knows it.
    record : str
        Key of the record, or "" where the file could not be read as one.
    field : str
        Path of the field inside the record, e.g. ``results[3].arms.control.events``.
    value : str
        The offending value as written.
    rule : str
        What must hold.
    remedy : str
        What to do about it.
    code : str
        Code of the rule; "" for what the format itself refuses.
    """

    file: str
    record: str = ""
    field: str = ""
    value: str = ""
    rule: str
    remedy: str
    code: str = ""

    def __str__(self) -> str:
        place = ": ".join(part for part in (self.file, self.record) if part)
        what = " = ".join(_shortened(part) for part in (self.field, self.value) if part)
        said = f"{what} {self.rule}" if what else self.rule
        return f"{place}: {said}; {self.remedy}."


def _shortened(text: str) -> str:
    """A field or value of a damaged file may be of any length; its beginning says enough."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


_LONGEST = 120


class MetaoncError(Exception):
    """Base of every error metaonc raises on purpose."""


class RecordError(MetaoncError, ValueError):
    """Trial records that break a rule of the registry; `problems` lists all of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        more = len(self.problems) - 1
        others = f" ({more} more: `metaonc check` lists them all.)" if more else ""
        super().__init__(f"{self.problems[0]}{others}")


class PlanError(MetaoncError, ValueError):
    """A question the registry or its review plan cannot answer."""


class AuditError(MetaoncError, ValueError):
    """An audit that was asked for and cannot be made: a rule that does not exist."""


class EffectsError(MetaoncError, ValueError):
    """Numbers that are not effect sizes."""


class PoolingError(MetaoncError, ValueError):
    """A pooled result that was asked for and cannot be given."""


class DiagnosticsError(MetaoncError, ValueError):
    """A diagnostic that the result does not allow, or was asked for with wrong arguments."""


class PlotError(MetaoncError, ValueError):
    """A figure that was asked for and cannot be drawn."""


class ReportError(MetaoncError, ValueError):
    """A report that cannot be written where it was asked for."""


class PlotWarning(UserWarning):
    """A figure that does not show all it should, and what to do about it."""
