"""How closely metaonc agrees with other programs, noted while the tests run.

Comparisons note their worst relative differences here. At the end of a run, the notes of the test
functions that ran completely and did not fail replace those kept in `agreement.json`, which the
validation page of the documentation is made from (see `tests/conftest.py`).

What is kept are bounds, powers of ten. A bound stays as it is while it holds and is no more than
a hundred times too wide, so that other processors and other versions of numpy leave the file alone.
"""

import json
import math
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

__all__ = ["AGREEMENT", "FILE", "Agreement", "kept", "refreshed", "write"]

FILE = Path(__file__).with_name("agreement.json")
FINEST = 1e-12  # differences below are rounding, other on every machine
TOO_WIDE = 100.0

# Test function -> family of cases -> method -> data set -> numbers.
Notes = dict[str, dict[str, dict[str, dict[str, list[float]]]]]


class Agreement:
    """Worst differences by test function, family, method and data set.

    Attributes
    ----------
    notes : dict
        Cases compared, worst relative difference and largest allowed one.
    """

    def __init__(self) -> None:
        self.notes: Notes = {}

    def note(self, case: Any, method: str, worst: float, allowed: float) -> None:
        """Note the comparison of a case by the test that is running."""
        test = os.environ["PYTEST_CURRENT_TEST"].split("[")[0].split(" ")[0]
        data = case.source.split("/")[0]
        self._add(test, f"{case.file}/{case.family}", method, data, [1, worst, allowed])

    def merge(self, notes: Notes) -> None:
        """Add the notes of another process."""
        for test, families in notes.items():
            for family, methods in families.items():
                for method, cells in methods.items():
                    for data, numbers in cells.items():
                        self._add(test, family, method, data, numbers)

    def _add(self, test: str, family: str, method: str, data: str, numbers: list[float]) -> None:
        cells = self.notes.setdefault(test, {}).setdefault(family, {}).setdefault(method, {})
        cases, worst, allowed = cells.get(data, [0, 0.0, 0.0])
        cells[data] = [
            cases + int(numbers[0]), max(worst, numbers[1]), max(allowed, numbers[2])
        ]  # fmt: skip


AGREEMENT = Agreement()


def kept() -> Notes:
    """The bounds as they are in the file."""
    notes: Notes = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    return notes


def refreshed(old: Notes, found: Notes, partial: Collection[str], ran: Collection[str]) -> Notes:
    """What to keep after a run.

    Parameters
    ----------
    old : Notes
        Bounds from before.
    found : Notes
        Differences of this run.
    partial : collection of str
        Test functions of which not all cases ran: their old bounds stay.
    ran : collection of str
        Files of tests that were collected: their functions that noted nothing are gone.
    """
    new = {
        test: families
        for test, families in old.items()
        if test in partial or test.split("::")[0] not in ran
    }
    for test, families in found.items():
        if test not in partial:
            before = old.get(test, {})
            new[test] = {
                family: {
                    method: {
                        data: _bounds(numbers, before.get(family, {}).get(method, {}).get(data))
                        for data, numbers in cells.items()
                    }
                    for method, cells in methods.items()
                }
                for family, methods in families.items()
            }
    return new


def _bounds(numbers: list[float], before: list[float] | None) -> list[float]:
    """Cases, bound of the differences, and what is allowed."""
    cases, worst, allowed = numbers
    widest = max(allowed, FINEST)
    bound = min(float(f"1e{math.ceil(math.log10(max(worst, FINEST)))}"), widest)
    if before and bound <= before[1] <= min(TOO_WIDE * bound, widest):
        bound = before[1]
    return [int(cases), bound, allowed]


def write(notes: Notes) -> bool:
    """Write the file, a line per method, if it changes; tell whether it did."""
    lines = ",\n".join(
        f"{json.dumps(test)}: {{\n{_families(families)}\n}}"
        for test, families in sorted(notes.items())
    )
    text = f"{{\n{lines}\n}}\n"
    if FILE.exists() and FILE.read_text(encoding="utf-8") == text:
        return False
    FILE.write_text(text, encoding="utf-8")
    return True


def _families(families: dict[str, dict[str, dict[str, list[float]]]]) -> str:
    return ",\n".join(
        f" {json.dumps(family)}: {{\n"
        + ",\n".join(
            f"  {json.dumps(method, ensure_ascii=False)}: {json.dumps(cells, sort_keys=True)}"
            for method, cells in sorted(methods.items())
        )
        + "\n }"
        for family, methods in sorted(families.items())
    )
