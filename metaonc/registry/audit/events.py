"""Rules on the number of events behind a hazard ratio."""

from __future__ import annotations

from collections.abc import Iterator

from metaonc.registry.audit.facts import TrialFacts, listed
from metaonc.registry.audit.numbers import LEVELS, shown, z_of_level
from metaonc.registry.audit.ratio import Ratio
from metaonc.registry.audit.rule import Found, TrialRule

_WIDE, _ROUGHLY = 1.15, 1.3  # SE over sqrt(1/d1 + 1/d2): at most 1.11 in 3,000 simulated trials
_NEARLY_ALL = 0.97


def se_below_events(facts: TrialFacts) -> Iterator[Found]:
    r"""The interval is narrower than the number of events allows.

    The events may be those of an earlier data cut, the interval may be of a lower level than its
    label says, or its limits are misread. A trial with such an interval weighs too much.

    Notes
    -----
    In a Cox model with one treatment, each event adds :math:`q(1-q) \le \tfrac14` to the
    information on the log hazard ratio, so that :math:`s \ge 2/\sqrt d` with :math:`d` events;
    ties, strata and covariates can only make :math:`s` larger. The rule finds an interval whose
    widest reading, :math:`s` with the limits as far apart as their digits allow, is still below.
    :math:`(2/s)^2` is the number of events that the interval would need.

    References
    ----------
    Parmar, Torri & Stewart, Stat Med 1998;17:2815-2834, eq. (6). Schoenfeld, Biometrika
    1981;68:316-319.
    """
    for ratio in facts.ratios:
        events = facts.events_in_all(ratio)
        if ratio.se and events and ratio.se.high < 2 / events**0.5:
            yield Found(
                ratio.index,
                "low",
                f"the {ratio.interval()} is narrower than {events} events allow; "
                f"it needs about {_needed(ratio)}",
                f"SE <= {shown(ratio.se.high)} < 2/sqrt({events}) = {shown(2 / events**0.5)}; "
                f"(2/{shown(ratio.se.value)})^2 = {_needed(ratio)}",
            )


def _needed(ratio: Ratio) -> str:
    assert ratio.se is not None
    return f"{(2 / ratio.se.value) ** 2:.0f}"


def se_against_events(facts: TrialFacts) -> Iterator[Found]:
    r"""The width of the interval does not go with the events of the arms.

    The events belong to another cut, another outcome or another analysis than the interval; or the
    level of the interval is not what its label says.

    Notes
    -----
    With :math:`d_1` and :math:`d_2` events, :math:`s \ge \sqrt{1/d_1 + 1/d_2}`: at the maximum of
    the partial likelihood the shares :math:`q` of the experimental arm over the events have the
    mean :math:`d_1/d`, and :math:`q(1-q)` is concave (Jensen). Where only the total is known, the
    rule takes :math:`1/\sqrt{d\,a(1-a)}` with the share :math:`a` of patients in the experimental
    arm. In 3,000 simulated trials :math:`s` was at most 1.11 times the former. With the events of
    both arms the rule finds less than 1 or more than 1.15 times, beyond rounding; with the total
    only, or an adjusted hazard ratio, more than 1.3 times. Covariates widen an interval.

    References
    ----------
    Parmar, Torri & Stewart, Stat Med 1998;17:2815-2834, eq. (5) and (6). Tierney et al., Trials
    2007;8:16.
    """
    for ratio in facts.ratios:
        events, each = facts.events_in_all(ratio), list(facts.events(ratio).values())
        if not (ratio.se and events) or ratio.se.high < 2 / events**0.5:
            continue
        if len(each) == 2 and all(each):
            expected = (1 / each[0] + 1 / each[1]) ** 0.5
            words = f"sqrt(1/{each[0]} + 1/{each[1]})"
            narrow, most = ratio.se.high < expected, _ROUGHLY if ratio.result.adjusted else _WIDE
        else:
            sizes = [facts.sizes.get(arm) or 1 for arm in ratio.arms]
            share = sizes[0] / sum(sizes)
            expected = (events * share * (1 - share)) ** -0.5
            words = f"1/sqrt({events} x {shown(share)} x {shown(1 - share)})"
            narrow, most = False, _ROUGHLY
        if narrow or ratio.se.low > most * expected:
            yield Found(
                ratio.index,
                "low",
                f"the {ratio.interval()} is {'narrower' if narrow else 'wider'} than "
                f"{events} events make it",
                f"SE from the interval {shown(ratio.se.value)}, from the events {words} = "
                f"{shown(expected)}",
            )


def events_exceed_patients(facts: TrialFacts) -> Iterator[Found]:
    r"""The interval would need more events than there are patients.

    Where no events are printed, the patients of both arms are an upper bound. What is found most
    often is an 80% or 90% interval that was read as a 95% one; the finding names the levels with
    which the interval would be possible.

    Notes
    -----
    :math:`s < 2/\sqrt{N}` for the widest reading of the digits (see EV301) and :math:`N` patients.

    References
    ----------
    Parmar, Torri & Stewart, Stat Med 1998;17:2815-2834, eq. (6).
    """
    for ratio in facts.ratios:
        patients = facts.patients(ratio)
        if ratio.se and patients and ratio.se.high < 2 / patients**0.5:
            yield Found(
                ratio.index,
                "level",
                f"the {ratio.interval()} needs about {_needed(ratio)} events, and the arms hold "
                f"{patients} patients{_other_levels(ratio, patients)}",
                f"SE <= {shown(ratio.se.high)} < 2/sqrt({patients}) = "
                f"{shown(2 / patients**0.5)}; (2/{shown(ratio.se.value)})^2 = {_needed(ratio)}",
            )


def nearly_everyone(facts: TrialFacts) -> Iterator[Found]:
    r"""The interval implies that nearly every patient had the event.

    That can be so in a small trial with long follow-up; more often the interval has a lower level
    than its label says.

    Notes
    -----
    :math:`(2/s)^2 > 0.97 N` with :math:`N` patients and no events in the record, and not EV303.

    References
    ----------
    Parmar, Torri & Stewart, Stat Med 1998;17:2815-2834, eq. (6).
    """
    for ratio in facts.ratios:
        patients = facts.patients(ratio)
        if not (ratio.se and patients) or ratio.result.subgroup or facts.events_in_all(ratio):
            continue
        implied = (2 / ratio.se.value) ** 2
        if implied > _NEARLY_ALL * patients and ratio.se.high >= 2 / patients**0.5:
            yield Found(
                ratio.index,
                "level",
                f"the {ratio.interval()} needs about {implied:.0f} events among "
                f"{patients} patients{_other_levels(ratio, patients)}",
                f"(2/{shown(ratio.se.value)})^2 = {implied:.0f}",
            )


def _other_levels(ratio: Ratio, patients: int) -> str:
    """Levels at which the same limits need a moderate share of the patients."""
    assert ratio.se is not None
    level = float(ratio.result.level or 0)
    needed = {
        other: (2 / ratio.se.value * z_of_level(other) / z_of_level(level)) ** 2 for other in LEVELS
    }
    fits = [
        f"{100 * other:g}% ({events:.0f} events)"
        for other, events in needed.items()
        if other < level and events < 0.9 * patients
    ]
    return f"; possible as {listed(fits)}" if fits else ""


def events_do_not_add(facts: TrialFacts) -> Iterator[Found]:
    """Events of the arms and their total, or two reports of the same events, differ.

    One of the counts is misread, or is of another cut. What follows from the events (a standard
    error, a hazard ratio from a p value) would be wrong.

    Notes
    -----
    Per-arm events of a hazard ratio sum to its `events_total`; and they are those of the counts
    that the record gives for the same outcome, cut, assessment and patients.
    """
    for ratio in facts.ratios:
        own, result = ratio.result.events, ratio.result
        total = sum(own.values())
        pair = set(own) == set(ratio.arms)
        if pair and result.events_total is not None and total != result.events_total:
            yield Found(
                ratio.index,
                "events_total",
                f"the arms have {total} events together, printed in all are {result.events_total}",
                f"{' + '.join(str(n) for n in own.values())} = {total}",
            )
        counted = facts.events_at.get(ratio.place, {})
        for arm, events in own.items():
            other = counted.get(arm)
            if other is not None and other != events:
                yield Found(
                    ratio.index,
                    f"events.{arm}",
                    f"{events} events here, {other} in the counts of the same outcome",
                )
        known = [counted[arm] for arm in ratio.arms if arm in counted]
        total_known = not own and result.events_total is not None and len(known) == 2
        if total_known and sum(known) != result.events_total:
            yield Found(
                ratio.index,
                "events_total",
                f"{result.events_total} events here, {sum(known)} in the counts of the outcome",
                f"{known[0]} + {known[1]} = {sum(known)}",
            )


def events_fall(facts: TrialFacts) -> Iterator[Found]:
    """A later data cut has fewer events than an earlier one.

    Events add up over time: nobody who has died or had an adverse event has not had it later. A
    later, smaller count is a figure of another cut, another population, or a misread one; a
    central review that was read again may also lose events.

    Notes
    -----
    Compared are counts of the same outcome, assessment, grade, patients, arm and denominator at
    two cuts, neither of which is a replaced version of the other.
    """
    cuts = {cut.key: cut for cut in facts.trial.cuts}
    latest: dict[tuple[object, ...], tuple[int, str]] = {}
    rows = [c for c in facts.counted if c.count.events is not None and c.place.cut in cuts]
    for row in sorted(rows, key=lambda c: facts.cut_order[c.place.cut]):
        if cuts[row.place.cut].superseded_by is not None:
            continue
        outcome, cut, *rest = row.place
        what = outcome, *rest, row.arm, row.result.grade, row.count.n
        before = latest.get(what)
        events = row.count.events or 0
        if before and events < before[0] and before[1] != cut:
            yield Found(
                row.index,
                f"{row.field}.events",
                f"{events} events at {row.place.cut}, {before[0]} at the earlier cut {before[1]}",
            )
        latest[what] = (events, row.place.cut)


RULES: tuple[TrialRule, ...] = (
    TrialRule("EV301", "se-below-events", "error", se_below_events,
              "look up level, limits and the cut that the events belong to"),
    TrialRule("EV302", "se-against-events", "warning", se_against_events,
              "look up level, limits and events; waive it where covariates explain the width"),
    TrialRule("EV303", "events-exceed-patients", "error", events_exceed_patients,
              "look up the level of the interval"),
    TrialRule("EV304", "nearly-everyone", "warning", nearly_everyone,
              "look up the level of the interval, and enter the events if they are printed"),
    TrialRule("EV305", "events-do-not-add", "error", events_do_not_add,
              "look up the events of both arms"),
    TrialRule("EV306", "events-fall", "warning", events_fall,
              "look up both counts, their cuts and their populations"),
)  # fmt: skip
