"""The registry's records as one collection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metaonc.errors import PlanError, Problem, RecordError
from metaonc.registry.collector import collector_paused
from metaonc.registry.filters import nearest_first
from metaonc.registry.loading import (
    PLAN_FILE,
    read_plan,
    read_trial,
    shipped_studies,
)
from metaonc.registry.plan import Plan, Question
from metaonc.registry.plan_rules import unknown_trials, word_problems
from metaonc.registry.records import Trial

if TYPE_CHECKING:
    import pandas as pd

    from metaonc.registry.audit import Audit
    from metaonc.registry.references import References


@dataclass(frozen=True)
class Records:
    """Trial records, the questions asked of them, and what is wrong with the rest.

    Attributes
    ----------
    folder : Path
        Where the records came from.
    trials : tuple of Trial
        The valid records, by year and name.
    plan : Plan or None
        The review plan, when the folder has one.
    problems : tuple of Problem
        What is wrong with records that were refused; empty unless loaded with ``strict=False``.
    """

    folder: Path
    trials: tuple[Trial, ...]
    plan: Plan | None
    problems: tuple[Problem, ...] = ()

    def __len__(self) -> int:
        return len(self.trials)

    def __iter__(self) -> Iterator[Trial]:
        return iter(self.trials)

    def __getitem__(self, key: str) -> Trial:
        for trial in self.trials:
            if trial.key == key:
                return trial
        known = ", ".join(nearest_first(key, (trial.key for trial in self.trials)))
        raise KeyError(f"no trial {key!r} in {self.folder}; there are: {known}")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self)} trials from {self.folder}>"

    @property
    def questions(self) -> tuple[Question, ...]:
        """Questions of the review plan; empty without a plan."""
        return self.plan.questions if self.plan else ()

    def question(self, name: str) -> Question:
        """Return the question of the plan called `name`; failing that, ask about that outcome.

        Raises
        ------
        PlanError
            If neither a question nor an outcome has that name.
        """
        for question in self.questions:
            if question.key == name:
                return question
        kinds = {
            getattr(result, "kind", "")
            for trial in self.trials
            for result in trial.results
            if result.outcome == name
        }
        if any(total.outcome == name for trial in self.trials for total in trial.derived):
            kinds.add("counts")
        if "hazard_ratio" in kinds:
            return Question(key=name, title=name, outcomes=(name,), measure="HR")
        if "counts" in kinds:
            return Question(key=name, title=name, outcomes=(name,), measure="RR")
        asked = nearest_first(name, (question.key for question in self.questions))
        outcomes = sorted({result.outcome for trial in self.trials for result in trial.results})
        raise PlanError(
            f"nothing in {self.folder} is called {name!r}; "
            f"questions of the review plan: {', '.join(asked) or 'none'}; "
            f"outcomes in the records: {', '.join(nearest_first(name, outcomes))}."
        )

    def pooling(self, name: str) -> dict[str, Any]:
        """How the plan pools a question: the arguments of `metaonc.pool` that it names.

        Empty where the plan says nothing, or nothing in it is called `name`: the default policy.

        Examples
        --------
        >>> import metaonc as mo
        >>> registry = mo.load_registry()
        >>> fit = mo.pool(registry.effects("pfs"), **registry.pooling("pfs"))
        """
        asked = [question for question in self.questions if question.key == name]
        return self.plan.pooling_of(asked[0]) if self.plan and asked else {}

    def audit(self) -> Audit:
        """Look for figures that are doubtful, or cannot be right.

        Every rule of the audit is applied to every record, and across the records; what a record
        waives stays in the list, with the record's reason. What was wrong with refused records
        (`problems`) is part of it.

        Returns
        -------
        Audit
            The findings, in the order of the records.

        Examples
        --------
        >>> import metaonc as mo
        >>> audit = mo.load_registry().audit()
        >>> audit.errors
        ()
        >>> audit.only(["CO605"]).of("bolero-2")[0].message
        'Asian (0.62) and non-Asian (0.41) differ: Q = 3.05, p = 0.081'
        """
        from metaonc.registry.audit import run_audit

        with collector_paused():
            return run_audit(self.folder, self.trials, self.plan, self.problems)

    def references(self) -> References:
        """Every publication the records list, once each: `bibtex()`, `ris()`, `text()`.

        Examples
        --------
        >>> import metaonc as mo
        >>> found = mo.load_registry().references()
        >>> print(next(one for one in found if one.key == "bachelot-2012").reference.doi)
        10.1200/JCO.2011.39.0708
        """
        from metaonc.registry.references import references_of

        return references_of(self.trials)

    def to_frame(self) -> pd.DataFrame:
        """One row per trial: design, patients, and how many of its results are confirmed."""
        import pandas as pd

        rows = [
            {
                "key": trial.key,
                "trial": trial.name,
                "year": trial.year,
                "phase": trial.design.phase,
                "allocation": trial.design.allocation,
                "masking": trial.design.masking,
                "patients": trial.patients,
                "arms": " v ".join(arm.label for arm in trial.arms),
                "results": len(trial.results),
                "confirmed": sum(not result.awaits_confirmation() for result in trial.results),
            }
            for trial in self.trials
        ]
        return pd.DataFrame(rows).astype({"patients": "Int64"})


def load_records(folder: str | Path | None = None, *, strict: bool = True) -> Records:
    """Read every record of a folder and its review plan.

    Parameters
    ----------
    folder : path, optional
        A folder with one TOML file per trial and, usually, a ``review.toml``. Default: the records
        shipped with metaonc.
    strict : bool, default True
        Refuse the folder if anything in it breaks a rule. Otherwise keep the valid records and list
        the rest under `problems`.

    Raises
    ------
    RecordError
        If a record or the plan breaks a rule and `strict` is set, or if there is no record at all.
    """
    root = shipped_studies() if folder is None else Path(folder)
    files = sorted(root.glob("*.toml")) if root.is_dir() else []
    if not files:
        raise RecordError([_no_records(root)])
    trials: list[Trial] = []
    problems: list[Problem] = []
    plan: Plan | None = None
    with collector_paused():
        for path in files:
            read = read_plan if path.name == PLAN_FILE else read_trial
            found = read(path, str(path))
            if isinstance(found, Trial):
                trials.append(found)
            elif isinstance(found, Plan):
                plan = found
            else:
                problems += found
    known = {path.stem for path in files if path.name != PLAN_FILE}
    problems += overlap_problems(trials, known, root)
    if plan:
        problems += unknown_trials(plan, known, str(root / PLAN_FILE))
        problems += word_problems(plan, trials, str(root / PLAN_FILE))
    if problems and strict:
        raise RecordError(problems)
    trials.sort(key=lambda trial: (trial.year, trial.name))
    return Records(root, tuple(trials), plan, tuple(problems))


def overlap_problems(trials: Sequence[Trial], known: set[str], root: Path) -> list[Problem]:
    """Shared patients with records that are not there, or that say something else of it."""
    by_key = {trial.key: trial for trial in trials}
    problems = []
    for trial in trials:
        for overlap in trial.overlaps:
            rule = remedy = ""
            if overlap.trial not in known:
                rule = "is not a trial of the folder"
                remedy = f"use one of: {', '.join(sorted(known))}"
            elif overlap.trial in by_key and overlap.keep:
                other = by_key[overlap.trial]
                theirs = [back.keep for back in other.overlaps if back.trial == trial.key]
                if any(keep not in (None, overlap.keep) for keep in theirs):
                    rule = f"keeps {overlap.keep}, and {other.key} keeps {theirs[0]}"
                    remedy = "name the same record in both"
            if rule:
                problems.append(
                    Problem(
                        file=str(root / f"{trial.key}.toml"),
                        record=trial.key,
                        field="overlaps.trial",
                        value=repr(overlap.trial),
                        rule=rule,
                        remedy=remedy,
                    )
                )
    return problems


def _no_records(root: Path) -> Problem:
    if not root.is_dir():
        return Problem(
            file=str(root), rule="is not a folder", remedy="name a folder with trial records"
        )
    return Problem(
        file=str(root),
        rule="holds no trial record",
        remedy="add one TOML file per trial (`metaonc schema` prints the format)",
    )
