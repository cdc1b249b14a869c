"""Rules that compare a printed p value with tests of the counts beside it."""

from __future__ import annotations

from collections.abc import Iterator

from metaonc.registry.audit.facts import TrialFacts
from metaonc.registry.audit.numbers import (
    Span,
    distance,
    shown,
    span,
    z_of_p,
)
from metaonc.registry.audit.p_values import sides_in_words, z_span
from metaonc.registry.audit.rule import Found, TrialRule
from metaonc.registry.audit.two_by_two import Table, every_test

# On the scale of z: a stratified test of the same counts differs by about as much.
_DRIFT = 0.1


def p_against_counts(facts: TrialFacts) -> Iterator[Found]:
    r"""No usual test of the counts gives the printed p value.

    Counts and p value of one comparison say the same thing twice. Where they do not, a count, a
    denominator or the sidedness of p is wrong, or the test is not the one a reader would expect.

    Notes
    -----
    The two arms form a 2x2 table. Pearson's chi-square with and without continuity correction,
    Fisher's exact test (and its mid-p) are computed, two-sided or, as half of that or as the
    exact tail, one-sided. A gap of more than 0.1 between the nearest of them and the printed value,
    on the scale of z and beyond the rounding of its digits, is a finding; a stratified test, or
    other denominators, may explain it. The finding names a test of the other sidedness that fits.

    References
    ----------
    Agresti, Categorical Data Analysis, 3rd ed. 2013, sections 3.2 and 3.5. Campbell, Stat Med
    2007;26:3661-3675.
    """
    for index, table, p, sides in _tables(facts):
        printed = z_span(p, sides)
        found = every_test(table)
        nearest = min(found, key=lambda t: abs(z_of_p(t.p(sides), sides) - printed.value))
        at = z_of_p(nearest.p(sides), sides)
        if distance(Span(at, at, at), printed) <= _DRIFT:
            continue
        fits = [t.name for t in found if p.low <= t.p(3 - sides) <= p.high]
        would = f"; {fits[0]} gives it {sides_in_words(3 - sides)}" if fits else ""
        yield Found(
            index,
            "p",
            f"no usual {sides_in_words(sides)} test of {table} gives p = {shown(p.value)}{would}",
            "; ".join(f"{t.name} {shown(t.p(sides), 2)}" for t in found),
        )


def test_decides(facts: TrialFacts) -> Iterator[Found]:
    r"""Whether the difference is significant depends on the test.

    Pearson's chi-square and Fisher's exact test fall on different sides of .05, and the printed p
    value is one of them.

    Notes
    -----
    As PV203, two-sided.

    References
    ----------
    Campbell, Stat Med 2007;26:3661-3675.
    """
    for index, table, p, sides in _tables(facts):
        found = {t.name: t.p(2) for t in every_test(table)}
        verdicts = {value < 0.05 for name, value in found.items() if "mid" not in name}
        if sides == 2 and len(verdicts) > 1:
            used = [name for name, value in found.items() if p.low <= value <= p.high]
            yield Found(
                index,
                "p",
                f"p = {shown(p.value)} for {table} is {listed_or_unknown(used)}; "
                "other tests fall on the other side of .05",
                "; ".join(f"{name} {shown(value, 2)}" for name, value in found.items()),
            )


def listed_or_unknown(names: list[str]) -> str:
    """The tests that give a p value, in words."""
    return " or ".join(names) if names else "of a test that is not named"


def _tables(facts: TrialFacts) -> Iterator[tuple[int, Table, Span, int]]:
    """Two-armed counts with a p value: position, table, p, sides."""
    for index, result in facts.counts:
        if result.p is None or result.p_sides is None or len(result.arms) != 2:
            continue
        events = facts.known.get(index, {})
        (first, one), (second, two) = result.arms.items()
        if len(events) == 2 and one.n is not None and two.n is not None:
            table = Table(events[first], one.n, events[second], two.n)
            if table.informative:
                yield index, table, span(result.p), result.p_sides


RULES: tuple[TrialRule, ...] = (
    TrialRule("PV203", "p-against-counts", "warning", p_against_counts,
              "look up counts, test and sidedness; waive it for a stratified test"),
    TrialRule("PV204", "test-decides", "note", test_decides,
              "report the counts, and do not lean on the p value"),
)  # fmt: skip
