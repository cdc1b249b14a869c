"""Rules on judgements of the risk of bias that facts of the same record speak against."""

from __future__ import annotations

import re
from collections.abc import Iterator

from metaonc.registry.audit.facts import TrialFacts
from metaonc.registry.audit.rule import Found, TrialRule
from metaonc.registry.records import Counts, Trial
from metaonc.registry.risk_of_bias import BiasAssessment

# Nobody's opinion decides whether a patient has died.
_CERTAIN = re.compile(r"(?:^|-)(?:os|deaths?|mortality)(?:-|$)|overall-survival")
_NEARLY_ALL = 0.95  # of the patients, counted: what the guidance of RoB 2 calls often sufficient
_SEVERE = ("high", "serious", "critical")


def measured_unmasked(facts: TrialFacts) -> Iterator[Found]:
    """Measurement is judged at low risk in an open-label trial whose investigators assessed it.

    Whoever knows the treatment may see progression or response sooner in one arm than in the other.
    Sensitivity analyses on the risk of bias would keep such a result among the best.

    Notes
    -----
    The masking is open-label, every result that the judgement is about was assessed by the
    investigator, the outcome is not death (whose keys are `os`, or hold `death` or `mortality`),
    and the judgement on measurement is low. Questions 4.3 to 4.5 of RoB 2 (Sterne et al., BMJ
    2019;366:l4898) lead to some concerns at least, unless knowledge of the treatment cannot have
    influenced the assessment.
    """
    trial = facts.trial
    for i, judged in enumerate(trial.risk_of_bias):
        if (
            trial.design.masking == "open-label"
            and judged.said()["measurement"] == "low"
            and not _CERTAIN.search(judged.outcome)
            and _assessed(trial, judged) == {"investigator"}
        ):
            yield Found(
                None,
                f"risk_of_bias {i + 1}.measurement",
                f"measurement of {judged.outcome} is judged at low risk, and the trial is "
                "open-label with assessment by the investigators",
            )


def measured_masked(facts: TrialFacts) -> Iterator[Found]:
    """Measurement is judged at high risk in a double-blind trial.

    Where nobody knew the treatment, knowing it cannot have influenced the assessment. The judgement
    may rest on something else, which its reason then says; or it belongs to another trial.

    Notes
    -----
    The masking is double-blind and the judgement on measurement is high (RoB 2), serious or
    critical (ROBINS-I).
    """
    for i, judged in enumerate(facts.trial.risk_of_bias):
        said = judged.said()["measurement"]
        if facts.trial.design.masking == "double-blind" and said in _SEVERE:
            yield Found(
                None,
                f"risk_of_bias {i + 1}.measurement",
                f"measurement of {judged.outcome} is judged at {said} risk, and the trial is "
                "double-blind",
            )


def missing_overlooked(facts: TrialFacts) -> Iterator[Found]:
    """Missing data are judged at low risk, and patients are missing from the counts.

    Patients who were allocated to an arm and are not in its denominator have no outcome, and nobody
    knows whether they differ from the others.

    Notes
    -----
    A count of all patients (no subgroup) of the judged outcome and assessment has fewer than 95%
    of an arm's patients in its denominator, and the judgement on missing data is low.
    """
    trial = facts.trial
    for i, judged in enumerate(trial.risk_of_bias):
        if judged.said()["missing_data"] != "low":
            continue
        for result in trial.results:
            about = _is_about(judged, result.outcome, result.assessment)
            if isinstance(result, Counts) and about and result.subgroup is None:
                yield from _too_few(facts, i, judged, result)


def _too_few(facts: TrialFacts, i: int, judged: BiasAssessment, result: Counts) -> Iterator[Found]:
    for arm, count in result.arms.items():
        size = facts.sizes.get(arm)
        if size and count.n is not None and count.n < _NEARLY_ALL * size:
            yield Found(
                None,
                f"risk_of_bias {i + 1}.missing_data",
                f"missing data of {judged.outcome} are judged at low risk, and {count.n} of the "
                f"{size} patients of {arm} were counted",
                f"{count.n} / {size} = {count.n / size:.0%}",
            )


def _assessed(trial: Trial, judged: BiasAssessment) -> set[str]:
    """Who assessed the results that a judgement is about."""
    return {
        result.assessment
        for result in (*trial.results, *trial.derived)
        if _is_about(judged, result.outcome, result.assessment)
    }


def _is_about(judged: BiasAssessment, outcome: str, assessment: str) -> bool:
    return judged.outcome == outcome and judged.assessment in (None, assessment)


RULES: tuple[TrialRule, ...] = (
    TrialRule("RB951", "measured-unmasked", "note", measured_unmasked,
              "see whether knowing the treatment could change the assessment, and say in the "
              "reason why not"),
    TrialRule("RB952", "measured-masked", "note", measured_masked,
              "say in the reason what is at risk although nobody knew the treatment"),
    TrialRule("RB953", "missing-overlooked", "note", missing_overlooked,
              "say in the reason why those who are missing do not matter"),
)  # fmt: skip
