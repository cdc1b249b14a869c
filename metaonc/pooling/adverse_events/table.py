"""`harms`: the registry's toxicity figures, pooled term by term, beside the benefits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from metaonc.effects import Effects, Registry, checked_level
from metaonc.errors import EffectsError, MetaoncError, PlanError, PoolingError
from metaonc.pooling.adverse_events.harms_result import MEASURES, HarmsRow, HarmsTable, Kind
from metaonc.pooling.pool import pool
from metaonc.pooling.result import PooledResult
from metaonc.registry import Counts, Question
from metaonc.registry.filters import Wanted, vocabulary
from metaonc.registry.plan import ArmNames

# What a reader looks for -> the grades that records print for it.
GRADES: Mapping[str, tuple[str, ...]] = {
    "any grade": ("any", "not stated"),
    "grade 3-4": (">=3", "3-4"),
}
COLUMNS = ("events_1", "n_1", "events_2", "n_2")


def harms(
    registry: Registry,
    *,
    question: str | None = None,
    outcomes: Sequence[str] | None = None,
    benefits: Sequence[str] | None = None,
    grades: Mapping[str, Sequence[str]] = GRADES,
    model: str = "mh",
    level: float = 0.95,
    per: float = 1000,
    confirmed_only: bool = False,
    **words: Wanted,
) -> HarmsTable:
    """Pool every adverse event that the trials counted in both arms, beside the benefits.

    Parameters
    ----------
    registry : Registry
        Trials and their review plan.
    question : str, optional
        Key of the question whose trials are taken (its ``eligible``). Default: the first one of the
        plan about counts of two arms.
    outcomes : sequence of str, optional
        Keys of the harms. Default: those that the plan calls a ``harm``; without a plan, every
        outcome that is printed with a grade.
    benefits : sequence of str, optional
        Keys of wanted outcomes to show beside. Default: those that the plan's questions about
        counts of two arms ask for; ``()`` for none.
    grades : mapping of str to sequence of str, optional
        What stands apart -> the grades of the records that belong to it. Default: ``any`` or none
        stated, and ``>=3`` or ``3-4``. A trial that prints two grades of one group is left out of
        it, with the reason.
    model : str, default "mh"
        As in :func:`metaonc.pool`: Mantel-Haenszel without continuity correction, or e.g.
        ``"random"``.
    level : float, default 0.95
        Confidence level.
    per : float, default 1000
        What risk differences are printed per.
    confirmed_only : bool, default False
        Leave out numbers that still await a look at the paper.
    **words
        What trials and results must hold besides, as in :meth:`Registry.effects`.

    Returns
    -------
    HarmsTable
        A row per outcome and grade with at least one trial; the others under `not_pooled`. A trial
        with several arms enters as one comparison of its arms together.

    Raises
    ------
    PlanError
        If there is no such question, or no outcome to show.
    PoolingError
        If `level` is not a level.

    Notes
    -----
    A sum of zero events in one arm leaves no risk or odds ratio, and the row says so; the risk
    difference is there all the same (Mantel & Haenszel, J Natl Cancer Inst 1959;22:719-748;
    Greenland & Robins, Biometrics 1985;41:55-68; Sato, Greenland & Robins, Biometrics
    1989;45:1323-1324). Cochrane Handbook, section 10.4.4, advises against corrections where events
    are rare.

    Examples
    --------
    >>> import metaonc as mo
    >>> table = mo.harms(mo.load_registry())
    >>> row = table.row("stomatitis", "any")
    >>> row.k, [round(x, 1) for x in row.numbers("RR")]
    (3, [5.0, 3.7, 6.7])
    """
    level = checked_level(level, PoolingError)
    asked = _question(registry, question)
    known = vocabulary(registry.trials)
    eligible = _held(asked, known)
    said: dict[str, Any] = {**eligible, **words}
    keys = list(_harms(registry) if outcomes is None else outcomes)
    wanted = list(_benefits(registry) if benefits is None else benefits)
    if not keys:
        raise PlanError(
            f"{registry.folder}: no outcome is called a harm and none is printed with a grade; "
            "name the outcomes."
        )
    rows: list[HarmsRow] = []
    not_pooled: dict[str, str] = {}
    for kind, key, name, asked_grades in _parts(keys, wanted, grades):
        reported = key in known["outcome"]
        outcome = registry.question(key).outcomes[0] if reported else _planned(registry, key)
        label = _label(registry, outcome) + (f", {name}" if name else "")
        held = [grade for grade in asked_grades if grade in known["grade"]]
        if not (reported and all(eligible.values())):
            not_pooled[label] = "no trial is eligible" if reported else "no trial reports it"
            continue
        if asked_grades and not held:
            not_pooled[label] = "no record prints such a grade"
            continue
        where = said | ({"grade": held} if held else {})
        try:
            effects = _effects(registry, key, where, confirmed_only, per)
        except EffectsError as error:
            not_pooled[label] = _short(error)
            continue
        rows.append(_row(registry, kind, name, effects, model, level))
    return HarmsTable(
        title=f"Harms and benefits: {registry.plan.title}" if registry.plan else "Harms",
        rows=tuple(rows),
        not_pooled=not_pooled,
        model=model,
        level=level,
        per=per,
        arm_labels=_arm_labels(registry),
    )


def _effects(
    registry: Registry, key: str, where: Mapping[str, Wanted], confirmed_only: bool, per: float
) -> dict[str, Effects]:
    """The same trials' counts as effects of each measure."""
    return {
        measure: registry.effects(
            key,
            measure=measure,
            confirmed_only=confirmed_only,
            shared_control="combine",
            per=per if measure == "RD" else None,
            where=where,
        )
        for measure in MEASURES
    }


def _parts(
    keys: Sequence[str], wanted: Sequence[str], grades: Mapping[str, Sequence[str]]
) -> Iterator[tuple[Kind, str, str, Sequence[str]]]:
    """Kind, outcome, group of grades and its grades, in the order of the rows."""
    for key in wanted:
        yield "benefit", key, "", ()
    for name, group in grades.items():
        for key in keys:
            yield "harm", key, name, group


def _question(registry: Registry, name: str | None) -> Question | None:
    """The question whose trials are taken."""
    if name is not None:
        return registry.question(name)
    return next((q for q in registry.questions if q.measure in MEASURES), None)


def _held(question: Question | None, known: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What makes a trial eligible, without the values that no trial holds."""
    eligible = question.eligible if question else {}
    return {
        name: [value for value in values if value in known.get(name, ())]
        for name, values in eligible.items()
    }


def _planned(registry: Registry, key: str) -> str:
    """An outcome that the plan knows and no trial reports; an error where the plan knows none."""
    if registry.plan is None or key not in registry.plan.outcomes:
        registry.question(key)  # answers with what there is
    return key


def _harms(registry: Registry) -> list[str]:
    if registry.plan is not None:
        return [key for key, outcome in registry.plan.outcomes.items() if outcome.harm]
    graded = {
        result.outcome: None
        for trial in registry
        for result in trial.results
        if isinstance(result, Counts) and result.grade is not None
    }
    return list(graded)


def _benefits(registry: Registry) -> list[str]:
    if registry.plan is None:
        return []
    outcomes = registry.plan.outcomes
    asked = (q for q in registry.questions if q.measure in MEASURES)
    found = (key for q in asked for key in q.outcomes if outcomes[key].event == "wanted")
    return list(dict.fromkeys(found))


def _label(registry: Registry, key: str) -> str:
    """What the plan calls an outcome; its key where the plan is silent."""
    known = registry.plan.outcomes if registry.plan else {}
    return known[key].label if key in known else key


def _arm_labels(registry: Registry) -> tuple[str, str]:
    names = registry.plan.arms if registry.plan else ArmNames()
    return names.experimental, names.control


def _row(
    registry: Registry,
    kind: Kind,
    group: str,
    effects: Mapping[str, Effects],
    model: str,
    level: float,
) -> HarmsRow:
    """One row: each measure pooled, or the reason why it is not."""
    first = effects[MEASURES[0]]
    x1, n1, x2, n2 = (tuple(map(int, first.column(name))) for name in COLUMNS)
    sums = [sum(values) for values in (x1, n1, x2, n2)]
    results: dict[str, PooledResult] = {}
    reasons: dict[str, str] = {}
    for measure, found in effects.items():
        reason = _impossible(measure, model, sums)
        if not reason:
            try:
                results[measure] = pool(found, model=model, level=level)
            except PoolingError as error:
                reason = _short(error)
        if reason:
            reasons[measure] = reason
    outcome = str(first.column("outcome")[0])
    grades = dict.fromkeys(str(grade) for grade in first.column("grade") if grade)
    counts = zip(first.labels, x1, n1, x2, n2, strict=True)
    return HarmsRow(
        kind=kind,
        group=group,
        outcome=outcome,
        label=_label(registry, outcome),
        grade=" or ".join(grades),
        studies=tuple(f"{label} {a}/{b} v {c}/{d}" for label, a, b, c, d in counts),
        **dict(zip(COLUMNS, sums, strict=True)),
        results=results,
        reasons=reasons,
        left_out=tuple(first.left_out),
    )


def _impossible(measure: str, model: str, sums: Sequence[int]) -> str:
    """Why Mantel-Haenszel has no estimate, from the sums of events and patients."""
    x1, n1, x2, n2 = sums
    if model != "mh":
        return ""
    if x1 == x2 == 0:
        return "no event in either arm"
    if measure == "RD":
        return ""
    if 0 in (x1, x2):
        return "no event in one arm"
    return "nothing but events in one arm" if measure == "OR" and (x1 == n1 or x2 == n2) else ""


def _short(error: MetaoncError) -> str:
    """The error without its list of trials."""
    said = str(error).split(" (")[0].rstrip(".")
    return "no trial counted it in both arms" if said.startswith("no trial answers") else said
