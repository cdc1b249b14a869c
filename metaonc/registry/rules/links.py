"""Rules on what refers to what: keys, references, cuts, arms, other records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from metaonc.registry.filters import ARGUMENTS, RESULT_FIELDS, TRIAL_FIELDS
from metaonc.registry.records import HazardRatio, Trial
from metaonc.registry.rules.breach import Breach, describe, describe_bias


def keys_are_unique(trial: Trial) -> Iterator[Breach]:
    """Arms, cuts and references can be told apart, arms by their labels too."""
    for label, times in Counter(arm.label for arm in trial.arms).items():
        if times > 1:
            yield Breach(
                "arms.label", repr(label), f"is used {times} times", "give each arm its own label"
            )
    for field, things in (
        ("arms", trial.arms),
        ("cuts", trial.cuts),
        ("references", trial.references),
    ):
        for key, times in Counter(thing.key for thing in things).items():
            if times > 1:
                yield Breach(
                    f"{field}.key", repr(key), f"is used {times} times", "give each its own key"
                )


def references_exist(trial: Trial) -> Iterator[Breach]:
    """Every source names one of the record's references."""
    known = [ref.key for ref in trial.references]
    cited = [("design.source", trial.design.source)]
    cited += [(f"arm {arm.key}.source", arm.source) for arm in trial.arms]
    if trial.randomised_source:
        cited.append(("randomised_source", trial.randomised_source))
    cited += [
        (f"{describe(i, result)}.source", result.source) for i, result in enumerate(trial.results)
    ]
    cited += [
        (f"{describe_bias(i, each)}.{domain}.source", judgement.source)
        for i, each in enumerate(trial.risk_of_bias)
        for domain, judgement in each.judgements().items()
    ]
    for field, source in cited:
        if source.reference not in known:
            yield Breach(
                f"{field}.reference",
                repr(source.reference),
                "is not among the record's references",
                f"add it to [[references]] or use one of: {', '.join(known)}",
            )


def attributes_have_their_own_names(trial: Trial) -> Iterator[Breach]:
    """An attribute is not called like a field by which trials and results are chosen anyway."""
    taken = {*TRIAL_FIELDS, *RESULT_FIELDS, *ARGUMENTS}
    for name in trial.attributes:
        if name.replace("-", "_") in taken:
            yield Breach(
                f"attributes.{name}",
                repr(trial.attributes[name]),
                "has the name of another field that analyses choose by",
                "give the attribute another name",
            )


def cuts_exist(trial: Trial) -> Iterator[Breach]:
    """Every result, sum and primary choice stands at one of the record's data cuts."""
    known = [cut.key for cut in trial.cuts]
    used = [(describe(i, result), result.cut) for i, result in enumerate(trial.results)]
    used += [(f"derived {i + 1} ({s.outcome})", s.cut) for i, s in enumerate(trial.derived)]
    used += [(f"primary.{outcome}", choice.cut) for outcome, choice in trial.primary.items()]
    for field, cut in used:
        if cut not in known:
            yield Breach(
                f"{field}.cut",
                repr(cut),
                "is not among the record's data cuts",
                f"add it to [[cuts]] or use one of: {', '.join(known)}",
            )


def cuts_are_superseded_later(trial: Trial) -> Iterator[Breach]:
    """A cut is replaced by one that is listed after it."""
    known = [cut.key for cut in trial.cuts]
    for i, cut in enumerate(trial.cuts):
        later = known[i + 1 :]
        if cut.superseded_by is not None and cut.superseded_by not in later:
            yield Breach(
                f"cut {cut.key}.superseded_by",
                repr(cut.superseded_by),
                "is not a data cut listed after it",
                f"use one of: {', '.join(later)}" if later else "list the later cut below it",
            )


def arms_exist(trial: Trial) -> Iterator[Breach]:
    """Every result is about arms of the trial."""
    known = [arm.key for arm in trial.arms]
    for i, result in enumerate(trial.results):
        if isinstance(result, HazardRatio):
            named = {"experimental": result.experimental, "control": result.control}
            named |= {f"events.{key}": key for key in result.events}
        else:
            named = {f"arms.{key}": key for key in result.arms}
        for field, key in named.items():
            if key not in known:
                yield Breach(
                    f"{describe(i, result)}.{field}",
                    repr(key),
                    "is not an arm of the trial",
                    f"use one of: {', '.join(known)}",
                )


def contrast_has_two_arms(trial: Trial) -> Iterator[Breach]:
    """A hazard ratio compares two arms, and counts events in no other."""
    for i, result in enumerate(trial.results):
        if isinstance(result, HazardRatio) and result.experimental == result.control:
            yield Breach(
                f"{describe(i, result)}.control",
                repr(result.control),
                "is the same arm as experimental",
                "name the two arms that the hazard ratio compares",
            )
        elif isinstance(result, HazardRatio):
            compared = (result.experimental, result.control)
            for key in result.events:
                if key not in compared and any(arm.key == key for arm in trial.arms):
                    yield Breach(
                        f"{describe(i, result)}.events.{key}",
                        str(result.events[key]),
                        "is about an arm that the hazard ratio does not compare",
                        f"count the events of {compared[0]} and {compared[1]} only",
                    )


def overlaps_are_with_others(trial: Trial) -> Iterator[Breach]:
    """Shared patients are declared once per other record, and one of the two is kept."""
    for key, times in Counter(overlap.trial for overlap in trial.overlaps).items():
        if times > 1:
            yield Breach(
                "overlaps.trial", repr(key), f"is named {times} times", "name each record once"
            )
    for overlap in trial.overlaps:
        if overlap.trial == trial.key:
            yield Breach(
                "overlaps.trial", repr(overlap.trial), "is the record itself", "name the other one"
            )
        if overlap.keep not in (None, trial.key, overlap.trial):
            yield Breach(
                "overlaps.keep",
                repr(overlap.keep),
                "is neither of the two records",
                f"use {trial.key} or {overlap.trial}, or leave it out",
            )


def waivers_name_results(trial: Trial) -> Iterator[Breach]:
    """A waiver is about a result that is there."""
    for i, waiver in enumerate(trial.waivers):
        if waiver.result is not None and waiver.result > len(trial.results):
            yield Breach(
                f"waiver {i + 1}.result",
                str(waiver.result),
                f"must not exceed the {len(trial.results)} results of the record",
                "count the results from 1",
            )
