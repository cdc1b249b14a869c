"""Risk of bias as columns of effects: a word per domain and study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from metaonc.effects.effects import Effects
from metaonc.errors import EffectsError
from metaonc.registry import Chosen
from metaonc.registry.risk_of_bias import NO_INFORMATION, TOOLS

NOT_JUDGED = "not judged"
OVERALL = "overall"
LEVELS = (
    *("low", "some concerns", "moderate", "high", "serious", "critical"),
    *(NO_INFORMATION, NOT_JUDGED),
)
_PREFIX = "bias_"
# RoB 2's domains, and ROBINS-I's where these begin: no study has both sorts.
_ORDER = (
    *("randomisation", "confounding", "selection", "classification", "deviations"),
    *("missing_data", "measurement", "reporting"),
)
_NAMES = TOOLS["ROBINS-I"].domains | TOOLS["RoB 2"].domains | {OVERALL: "Overall"}


@dataclass(frozen=True)
class BiasTable:
    """Judgements of studies, as tables and figures show them.

    Attributes
    ----------
    tools : tuple of str
        Tools that were used, e.g. ``("RoB 2",)``; empty where the table does not say.
    domains : dict of str to str
        Domain -> what tables call it; ``overall`` comes last where the table has it.
    labels : tuple of str
        The studies.
    judgements : tuple of dict
        For each study, domain -> word: one of `LEVELS`.
    provisional : tuple of str
        Studies whose judgements await confirmation in the full paper.
    """

    tools: tuple[str, ...]
    domains: dict[str, str]
    labels: tuple[str, ...]
    judgements: tuple[dict[str, str], ...]
    provisional: tuple[str, ...]

    @property
    def letters(self) -> dict[str, str]:
        """Domain -> the letter that heads its column."""
        return {name: chr(ord("A") + i) for i, name in enumerate(self.domains)}

    @property
    def used(self) -> tuple[str, ...]:
        """Words that some judgement says, from the best to the worst."""
        said = {word for row in self.judgements for word in row.values()}
        return tuple(level for level in LEVELS if level in said)


def with_bias(rows: list[dict[str, Any]], chosen: Sequence[Chosen]) -> list[dict[str, Any]]:
    """The rows with columns of judgements where at least one study has been judged.

    Examples
    --------
    >>> import metaonc as mo
    >>> effects = mo.load_registry().effects("pfs")
    >>> dict(zip(effects.labels, effects.columns["bias_overall"]))["TAMRAD 2012"]
    'high'
    """
    cells = [_cells(choice) for choice in chosen]
    names = dict.fromkeys(name for each in cells for name in each)
    blank: dict[str, Any] = {
        name: None if name == f"{_PREFIX}tool" else NOT_JUDGED for name in names
    }
    return [row | blank | each for row, each in zip(rows, cells, strict=True)]


def _cells(choice: Chosen) -> dict[str, Any]:
    judged = choice.trial.bias_of(choice.result.outcome, choice.result.assessment)
    if judged is None:
        return {}
    said = {"tool": judged.tool, **judged.said(), OVERALL: judged.overall, "status": judged.status}
    return {f"{_PREFIX}{name}": word for name, word in said.items()}


def bias_table(effects: Effects) -> BiasTable:
    """The judgements that effects carry.

    Raises
    ------
    EffectsError
        If they carry none, or a word that no tool knows.
    """
    found = [name for name in (*_ORDER, OVERALL) if f"{_PREFIX}{name}" in effects.columns]
    if not found:
        raise EffectsError(
            "the studies carry no risk of bias; add it to their records, or columns such as "
            "bias_randomisation and bias_overall to the table."
        )
    rows = []
    for i, label in enumerate(effects.labels):
        row = {name: _word(effects.columns[f"{_PREFIX}{name}"][i]) for name in found}
        for name, word in row.items():
            if word not in LEVELS:
                raise EffectsError(
                    f"{label}: {_PREFIX}{name} = {word!r} is no judgement; "
                    f"use one of: {', '.join(LEVELS)}."
                )
        rows.append(row)
    statuses = effects.columns.get(f"{_PREFIX}status", [None] * effects.k)
    tools = effects.columns.get(f"{_PREFIX}tool", [None] * effects.k)
    return BiasTable(
        tools=tuple(tool for tool in TOOLS if tool in tools),
        domains={name: _NAMES[name] for name in found},
        labels=tuple(effects.labels),
        judgements=tuple(rows),
        provisional=tuple(
            label
            for label, status in zip(effects.labels, statuses, strict=True)
            if status == "unconfirmed"
        ),
    )


def _word(value: object) -> str:
    """A cell as a judgement: in lower case, and nothing is no judgement."""
    missing = value is None or value != value or value == ""
    return NOT_JUDGED if missing else " ".join(str(value).lower().split())
