"""Records for a command: what is skipped is said, what is broken is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from metaonc.cli.output import count, refuse, remark
from metaonc.errors import RecordError

if TYPE_CHECKING:
    from metaonc.effects import Registry
    from metaonc.registry import Records

RecordsOrRegistry = TypeVar("RecordsOrRegistry", bound="Records")


def load_registry(folder: Path | None, skip_broken: bool) -> Registry:
    """Load records that can be pooled."""
    from metaonc.effects import load_registry as load

    return _load(load, folder, skip_broken)


def load_records(folder: Path | None, skip_broken: bool) -> Records:
    """Load records that are only read."""
    from metaonc.registry import load_records as load

    return _load(load, folder, skip_broken)


def _load(
    load: Callable[..., RecordsOrRegistry], folder: Path | None, skip_broken: bool
) -> RecordsOrRegistry:
    """Load the records; say on stderr what is skipped. A broken review plan never is."""
    from metaonc.registry.loading import PLAN_FILE

    found = load(folder, strict=False)
    if not found.problems:
        return found
    plan = [problem for problem in found.problems if Path(problem.file).name == PLAN_FILE]
    if plan or not found.trials:
        raise RecordError(plan or found.problems)
    if not skip_broken:
        refuse(
            f"{RecordError(found.problems)} "
            f"(--skip-broken goes on with the other {count(len(found), 'record')}.)"
        )
    for problem in found.problems:
        remark(f"Skipped: {problem}")
    return found
