"""Rules on the results together: what is reported, how often, and what an analysis takes."""

from __future__ import annotations

from collections.abc import Iterator

from metaonc.registry.records import Counts, HazardRatio, Result, Sum, Trial
from metaonc.registry.rules.breach import Breach, describe


def there_are_results(trial: Trial) -> Iterator[Breach]:
    """A record without results says why."""
    if not trial.results and trial.unusable is None:
        yield Breach(
            "results",
            "",
            "is required and missing",
            "enter the printed results, or say in unusable why there are none",
        )


def totals_have_a_source(trial: Trial) -> Iterator[Breach]:
    """A printed total says where it stands and whether it was seen there."""
    parts = {
        "randomised": trial.randomised,
        "randomised_source": trial.randomised_source,
        "randomised_status": trial.randomised_status,
    }
    missing = [name for name, value in parts.items() if value is None]
    if 0 < len(missing) < 3:
        yield Breach(
            missing[0],
            "",
            "is missing beside the others",
            "give randomised, randomised_source and randomised_status together, or none of them",
        )


def arms_without_size_say_why(trial: Trial) -> Iterator[Breach]:
    """An arm of unknown size is that on purpose."""
    for arm in trial.arms:
        if arm.n is None and arm.note is None:
            yield Breach(
                f"arm {arm.key}.n",
                "",
                "is missing without a reason",
                "give the patients of the arm, or say in its note why they are not known",
            )


def unconfirmed_fields_exist(trial: Trial) -> Iterator[Breach]:
    """Fields that await confirmation are fields of a result that is otherwise confirmed."""
    for i, result in enumerate(trial.results):
        if result.unconfirmed and result.status == "unconfirmed":
            yield Breach(
                f"{describe(i, result)}.unconfirmed",
                str(list(result.unconfirmed)),
                "repeats the status of the whole result",
                "leave the list out, or set status to confirmed",
            )
        for name in result.unconfirmed:
            if name not in type(result).model_fields:
                yield Breach(
                    f"{describe(i, result)}.unconfirmed",
                    repr(name),
                    "is not a field of the result",
                    f"use one of: {', '.join(type(result).model_fields)}",
                )


def one_primary_per_outcome(trial: Trial) -> Iterator[Breach]:
    """An outcome that is reported in several ways says which one an analysis takes."""
    reported: list[Result | Sum] = [*trial.results, *trial.derived]
    for outcome in sorted({result.outcome for result in reported}):
        seen = {
            (result.cut, result.assessment): None
            for result in reported
            if result.outcome == outcome and result.subgroup is None
        }
        choice = trial.primary.get(outcome)
        if choice is None and len(seen) > 1:
            options = "; ".join(f"{cut}, {assessment}" for cut, assessment in seen)
            yield Breach(
                f"primary.{outcome}",
                "",
                f"is needed: the outcome is reported {len(seen)} times",
                f"say which cut and assessment an analysis takes: {options}",
            )
        if choice is not None and (choice.cut, choice.assessment) not in seen:
            yield Breach(
                f"primary.{outcome}",
                f"{choice.cut}, {choice.assessment}",
                "is not among the outcome's results",
                "name the cut and assessment of one of them",
            )
    for outcome in trial.primary:
        if all(result.outcome != outcome for result in reported):
            yield Breach(f"primary.{outcome}", "", "names an outcome without results", "remove it")


def results_are_reported_once(trial: Trial) -> Iterator[Breach]:
    """No result is entered twice."""

    def identity(result: Result) -> tuple[object, ...]:
        compared = (
            (result.experimental, result.control)
            if isinstance(result, HazardRatio)
            else tuple(sorted(getattr(result, "arms", ())))
        )
        return (
            type(result),
            result.outcome,
            result.cut,
            result.assessment,
            result.subgroup,
            getattr(result, "grade", None),
            getattr(result, "months", None),
            getattr(result, "weeks", None),
            result.population,
            getattr(result, "adjusted", None),
            compared,
        )

    first: dict[tuple[object, ...], int] = {}
    for i, result in enumerate(trial.results):
        earlier = first.setdefault(identity(result), i)
        if earlier != i:
            yield Breach(
                describe(i, result),
                "",
                f"says the same thing as result {earlier + 1}",
                "keep one of them, or tell them apart by cut, assessment, subgroup, "
                "population or grade",
            )


def sums_add_up_counts(trial: Trial) -> Iterator[Breach]:
    """What is added is there to be added, and is not printed already."""
    for i, total in enumerate(trial.derived):
        where = f"derived {i + 1} ({total.outcome})"
        beside = [
            result.outcome
            for result in trial.results
            if isinstance(result, Counts)
            and result.grade is None
            and (result.cut, result.assessment) == (total.cut, total.assessment)
            and (result.subgroup, result.population) == (total.subgroup, total.population)
        ]
        if total.outcome in beside or total.outcome in [s.outcome for s in trial.derived[:i]]:
            yield Breach(
                f"{where}.outcome",
                repr(total.outcome),
                "is already reported at that cut and assessment",
                "remove the sum",
            )
            continue
        for part in dict.fromkeys(total.sum_of):
            if part == total.outcome or total.sum_of.count(part) > 1:
                yield Breach(
                    f"{where}.sum_of", repr(part), "is counted twice", "name each part once"
                )
            elif part not in beside:
                yield Breach(
                    f"{where}.sum_of",
                    repr(part),
                    "has no counts at that cut and assessment",
                    f"use two or more of: {', '.join(dict.fromkeys(beside)) or 'none'}",
                )
