"""The page that lists every trial, with filters for readers whose browser runs scripts."""

from __future__ import annotations

from collections.abc import Sequence

from metaonc.effects import Registry
from metaonc.registry import Trial
from metaonc.registry.audit import Audit
from metaonc.reports.analyses import Analysis
from metaonc.reports.pages.rst import AWAITING, CONFIRMED, escape, lines, page, table, toctree
from metaonc.reports.pages.trials import confirmed_results, size_text

# What the script in docs/_static/filter.js looks for; a page without it is a whole table.
_FILTERS = """\
.. raw:: html

   <div class="table-filters" data-choices="Setting,Allocation,Phase,Agent,In analyses"
        data-text="Find in names, arms, years"></div>
   <script src="../../_static/filter.js" defer></script>"""
_HEAD = ["Trial", "Year", "Setting", "Allocation", "Phase", "Agent", "Patients", "In analyses",
         "Confirmed results", "Audit findings", "Arms"]  # fmt: skip


def trials_index(registry: Registry, analyses: Sequence[Analysis], audit: Audit) -> str:
    """The page that lists every trial."""
    used = _used(analyses)
    rows = [_row(trial, used, audit) for trial in registry]
    total = sum(len(trial.results) for trial in registry)
    confirmed = sum(map(confirmed_results, registry))
    patients = sum(trial.patients or 0 for trial in registry)
    return page(
        "Trials",
        f"{len(registry)} trials with {patients:,} patients and {total} printed results, of which "
        f"{confirmed} are {CONFIRMED} in the source that they name and {total - confirmed} are "
        f"{AWAITING}. A result counts as confirmed when every part of it is.",
        ":doc:`Characteristics of studies <characteristics>` has methods, participants, "
        "interventions, outcomes and notes side by side; :doc:`/adding-a-trial` says how to "
        "write a record.",
        _FILTERS,
        table(_HEAD, rows, css="wide filterable"),
        toctree(["characteristics", *(trial.key for trial in registry)]),
    )


def _used(analyses: Sequence[Analysis]) -> dict[str, int]:
    """In how many analyses each trial has a study."""
    found: dict[str, int] = {}
    for analysis in analyses:
        if analysis.pooled:
            for key in dict.fromkeys(analysis.pooled.effects.columns["trial"]):
                found[str(key)] = found.get(str(key), 0) + 1
    return found


def _row(trial: Trial, used: dict[str, int], audit: Audit) -> list[str]:
    standing = [finding for finding in audit.of(trial.key) if not finding.waived]
    return [
        f":doc:`{escape(trial.name)} <{trial.key}>`",
        str(trial.year),
        trial.design.setting,
        trial.design.allocation,
        trial.design.phase,
        escape(trial.attributes.get("agent", "not stated")),
        "not known" if trial.patients is None else f"{trial.patients:,}",
        f"yes ({used[trial.key]})" if trial.key in used else "no",
        f"{confirmed_results(trial)} of {len(trial.results)}",
        str(len(standing) or "none"),
        lines(escape(f"{arm.label} ({size_text(arm)})") for arm in trial.arms),
    ]
