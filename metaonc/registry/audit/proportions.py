"""Rules on one arm's percentage: which counts print so, and which interval belongs to it."""

from __future__ import annotations

from collections.abc import Iterator

from metaonc.registry.audit.binomial import METHODS, intervals_of
from metaonc.registry.audit.facts import Counted, TrialFacts, listed
from metaonc.registry.audit.numbers import LEVELS, Span, meet, shown, span, whole_numbers
from metaonc.registry.audit.rule import Found, TrialRule

_MOST_COUNTS = 12  # whole percentages of large arms stand for many counts; more settle nothing


def percent_impossible(facts: TrialFacts) -> Iterator[Found]:
    r"""No whole number of patients prints as the percentage.

    The denominator is not the one that the record names: patients who could not be evaluated, a
    safety population, those with measurable disease. Multiplying the percentage by the wrong
    denominator makes up patients. The finding lists the nearest denominators that fit all
    percentages which the record gives for the same arm and denominator.

    Notes
    -----
    A percentage :math:`p` of :math:`n` patients stands for a whole number between
    :math:`(p - \delta) n / 100` and :math:`(p + \delta) n / 100`, where :math:`\delta` is half a
    unit of the last printed digit (GRIM test for proportions). Both ends count, since papers round
    halves up, down or to even. A Kaplan-Meier estimate need not be a whole number of patients:
    record it as survival, not as counts.

    References
    ----------
    Brown & Heathers, Soc Psychol Personal Sci 2017;8:363-369.
    """
    for row in facts.counted:
        percent, n = row.count.percent, row.count.n
        if percent is None or n is None or row.count.events is not None:
            continue
        if whole_numbers(span(percent), n):
            continue
        fits = _denominators(facts, row, n)
        instead = f"; {listed(fits)} patients would fit" if fits else ""
        below = int(float(percent) * n / 100)
        yield Found(
            row.index,
            f"{row.field}.percent",
            f"no whole number of {n} prints as {percent}%{instead}",
            f"{below}/{n} = {100 * below / n:.2f}%, {below + 1}/{n} = {100 * (below + 1) / n:.2f}%",
        )


def _denominators(facts: TrialFacts, row: Counted, n: int) -> list[int]:
    """The three denominators nearest to n that fit every percentage of n in the arm."""
    shared = {
        other.count.percent
        for other in facts.counted
        if other.arm == row.arm
        and other.count.n == n
        and other.count.percent is not None
        and other.place._replace(outcome="") == row.place._replace(outcome="")
    }
    spans = [span(percent) for percent in shared]
    most = max(n, facts.sizes.get(row.arm, n)) + max(2, n // 20)
    fits = [m for m in range(max(2, n // 4), most + 1) if all(whole_numbers(s, m) for s in spans)]
    return sorted(sorted(fits, key=lambda m: abs(m - n))[:3])


def interval_unexplained(facts: TrialFacts) -> Iterator[Found]:
    r"""No usual method gives the interval of the percentage.

    Count, denominator, percentage or a limit may be wrong; or the interval comes from a two-stage
    design or a model.

    Notes
    -----
    For the count (each count that prints as the percentage, where it is not known) the rule
    computes the Clopper-Pearson, Wilson (with and without continuity correction), Wald (with and
    without), Agresti-Coull, Jeffreys, mid-p, arcsine and logit intervals at the printed level, and
    finds that none of them rounds to both limits.

    References
    ----------
    Clopper & Pearson, Biometrika 1934;26:404-413. Brown, Cai & DasGupta, Stat Sci 2001;16:101-133.
    Newcombe, Stat Med 1998;17:857-872.
    """
    for row, counts, n, level in _with_interval(facts):
        if not _explained(row, counts, n, level) and not _other_levels(row, counts, n, level):
            yield _unexplained(row, counts, n, level, "no usual method gives the")


def percent_level(facts: TrialFacts) -> Iterator[Found]:
    r"""The interval of the percentage fits another confidence level.

    An interval of an unusual level, read as the usual one, makes an arm look more or less certain
    than it is; where the counts of a trial have such intervals, its hazard ratios often have them
    too.

    Notes
    -----
    As CT402, but the Clopper-Pearson, Wilson or Wald interval at 80, 90, 95, 97.5 or 99% rounds to
    both limits.

    References
    ----------
    Clopper & Pearson, Biometrika 1934;26:404-413. Brown, Cai & DasGupta, Stat Sci 2001;16:101-133.
    """
    for row, counts, n, level in _with_interval(facts):
        if _explained(row, counts, n, level):
            continue
        others = _other_levels(row, counts, n, level)
        if others:
            yield _unexplained(row, counts, n, level, f"{listed(others)} gives the")


def _with_interval(facts: TrialFacts) -> Iterator[tuple[Counted, range, int, float]]:
    """Counts with an interval: the row, its possible counts, n and the level."""
    for row in facts.counted:
        count, possible = row.count, row.events
        if count.low is None or count.high is None or count.level is None or count.n is None:
            continue
        if possible is not None and 0 < len(possible) <= _MOST_COUNTS and possible[-1] <= count.n:
            yield row, possible, count.n, float(count.level)


def _explained(row: Counted, counts: range, n: int, level: float) -> str:
    """The method whose interval rounds to both limits; empty if there is none."""
    for name in METHODS:
        for events in counts:
            if _same(row, intervals_of(name, events, n, level)):
                return name
    return ""


def _other_levels(row: Counted, counts: range, n: int, level: float) -> list[str]:
    return [
        f"the {name} method at {100 * other:g}%"
        for other in LEVELS
        if abs(other - level) > 1e-6
        for name in METHODS[:3]
        if any(_same(row, intervals_of(name, events, n, other)) for events in counts)
    ]


def _same(row: Counted, limits: tuple[float, float]) -> bool:
    assert row.count.low is not None
    assert row.count.high is not None
    return all(
        meet(span(printed), Span(value, value, value))
        for printed, value in zip((row.count.low, row.count.high), limits, strict=True)
    )


def _unexplained(row: Counted, counts: range, n: int, level: float, what: str) -> Found:
    count, events = row.count, counts[len(counts) // 2]
    computed = "; ".join(
        "{} {} to {}".format(name, *(shown(x, 3) for x in intervals_of(name, events, n, level)))
        for name in METHODS[:3]
    )
    return Found(
        row.index,
        f"{row.field}.low",
        f"{what} {100 * level:g}% interval {count.low}% to {count.high}% of {events}/{n}",
        f"at {100 * level:g}%: {computed}",
    )


def count_not_unique(facts: TrialFacts) -> Iterator[Found]:
    """A count was worked out from a percentage that several counts print as.

    The count in an analysis may be off by a few patients; the range says by how many.

    Notes
    -----
    The counts that print as the percentage, as in CT401.
    """
    rows: dict[int, list[str]] = {}
    for row in facts.counted:
        possible = row.events
        if row.count.events_from == "percent" and possible is not None and len(possible) > 1:
            rows.setdefault(row.index, []).append(
                f"{possible[0]} to {possible[-1]} of {row.count.n} print as {row.count.percent}% "
                f"({row.arm})"
            )
    for index, said in rows.items():
        yield Found(index, "arms", "the percentages do not fix the counts", "; ".join(said))


def zero_cell(facts: TrialFacts) -> Iterator[Found]:
    """Nobody in one of the arms has the event, or everybody has.

    A ratio of such counts needs a continuity correction, and the pooled result depends on it.

    Notes
    -----
    Counts of two or more arms, one of them with no event or with an event in every patient.

    References
    ----------
    Sweeting, Sutton & Lambert, Stat Med 2004;23:1351-1375.
    """
    for index, result in facts.counts:
        events_of = facts.known.get(index, {})
        cells = {arm: (events_of.get(arm), count.n) for arm, count in result.arms.items()}
        ends = [
            arm for arm, (events, n) in cells.items() if events == 0 or (events and events == n)
        ]
        if len(cells) > 1 and ends:
            printed = " v ".join(f"{events}/{n}" for events, n in cells.values())
            yield Found(index, f"arms.{ends[0]}", f"{printed} has an empty cell")


def denominators_vary(facts: TrialFacts) -> Iterator[Found]:
    """One arm's adverse events are counted among different numbers of patients at one cut.

    Sources may disagree on how many were treated; the commonest number is named.

    Notes
    -----
    Compared are counts with a grade, of one arm at one cut, without a subgroup or a named
    population.
    """
    seen: dict[tuple[str, str], dict[int, list[int]]] = {}
    for row in facts.counted:
        everyone = row.place.subgroup is None and row.place.population is None
        if everyone and row.result.grade is not None and row.count.n is not None:
            numbers = seen.setdefault((row.place.cut, row.arm), {})
            numbers.setdefault(row.count.n, []).append(row.index)
    for (_, arm), numbers in seen.items():
        usual = max(numbers, key=lambda n: len(numbers[n]))
        for n, indexes in numbers.items():
            if n != usual:
                yield Found(
                    indexes[0],
                    f"arms.{arm}.n",
                    f"{n} patients here, {usual} in {len(numbers[usual])} other results of the arm",
                )


RULES: tuple[TrialRule, ...] = (
    TrialRule("CT401", "percent-impossible", "error", percent_impossible,
              "look up the denominator; leave n out where the source does not state it"),
    TrialRule("CT402", "interval-unexplained", "warning", interval_unexplained,
              "look up count, n and limits; waive it where the design explains it"),
    TrialRule("CT403", "percent-level", "warning", percent_level,
              "look up the level of the interval"),
    TrialRule("CT411", "count-not-unique", "note", count_not_unique,
              "look for the counts in the paper"),
    TrialRule("CT412", "zero-cell", "note", zero_cell,
              "compare continuity corrections, or pool risk differences"),
    TrialRule("CT413", "denominators-vary", "note", denominators_vary,
              "look up how many were treated, and name the population where it differs"),
)  # fmt: skip
