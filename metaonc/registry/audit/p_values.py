"""Rules that compare a printed p value with the interval beside it."""

from __future__ import annotations

from collections.abc import Iterator

from metaonc.registry.audit.facts import TrialFacts
from metaonc.registry.audit.numbers import (
    LEVELS,
    Span,
    distance,
    meet,
    p_of_z,
    shown,
    shown_span,
    span,
    z_of_level,
    z_of_p,
)
from metaonc.registry.audit.ratio import Ratio
from metaonc.registry.audit.rule import Found, TrialRule

# Gaps on the scale of z. Wald and log-rank z of one analysis differ by less than 0.07 in 95% and by
# less than 0.15 in 99% of simulated trials; other strata or covariates add to that.
_DRIFT, _CONTRADICTION = 0.1, 0.25


def p_against_interval(facts: TrialFacts) -> Iterator[Found]:
    r"""The p value cannot come from the interval as it is labelled.

    An interval and a p value of one analysis say the same thing twice. Where they do not, the level
    of the interval may be mislabelled (an 80% interval read as a 95% one counts for twice its
    worth), the p value may be one-sided, or one of the two belongs to another outcome. The finding
    names the level, and the sidedness, with which the two would agree.

    Notes
    -----
    The interval implies :math:`|z| = |\ln h| / s` with :math:`s = (\ln U - \ln L)/(2 z_{level})`;
    the p value implies :math:`z_p = \Phi^{-1}(1 - p/2)` when it is two-sided and
    :math:`|\Phi^{-1}(1-p)|` when it is one-sided; all figures as the ranges of their digits. The
    rule finds a gap of more than 0.25 between the two ranges; or of more than 0.1 where another
    level (80, 90, 95, 97.5, 99%) or the other sidedness closes it. Log-rank and Wald tests of one
    analysis differ by less than 0.15 in 99 of 100 simulated trials.

    References
    ----------
    Altman & Bland, BMJ 2011;343:d2304 (p from an interval). Tierney et al., Trials 2007;8:16.
    """
    for ratio, gap in _gaps(facts):
        other = readings(ratio)
        if gap > _CONTRADICTION or (gap > _DRIFT and other):
            would = f"; it would fit {' or '.join(other)}" if other else ""
            yield _mismatch(ratio, f"cannot come from its {ratio.interval()}{would}")


def p_drifts_from_interval(facts: TrialFacts) -> Iterator[Found]:
    r"""The p value is near the one that the interval implies, but not the same.

    The test may be another one (log-rank beside a Cox interval, other strata or covariates); or the
    p value belongs to another outcome of the same trial.

    Notes
    -----
    As PV201, for a gap between 0.1 and 0.25 that no other reading closes.

    References
    ----------
    Altman & Bland, BMJ 2011;343:d2304.
    """
    for ratio, gap in _gaps(facts):
        if _DRIFT < gap <= _CONTRADICTION and not readings(ratio):
            yield _mismatch(ratio, f"does not quite follow from its {ratio.interval()}")


def _gaps(facts: TrialFacts) -> Iterator[tuple[Ratio, float]]:
    """Hazard ratios with interval and p value, and how far the two are apart."""
    for ratio in facts.ratios:
        if ratio.result.p is not None and ratio.result.p_sides is not None:
            implied = implied_z(ratio, 1.0)
            if implied is not None:
                yield ratio, distance(implied, printed_z(ratio, ratio.result.p_sides))


def implied_z(ratio: Ratio, stretch: float) -> Span | None:
    """The distance from the null that estimate and interval imply; `stretch` scales their SE."""
    if ratio.log is None or ratio.se is None or ratio.se.low <= 0:
        return None
    ends = sorted(abs(x) for x in (ratio.log.low, ratio.log.high))
    nearest = 0.0 if ratio.log.low <= 0 <= ratio.log.high else ends[0]
    return Span(
        abs(ratio.log.value) / (ratio.se.value * stretch),
        nearest / (ratio.se.high * stretch),
        ends[1] / (ratio.se.low * stretch),
    )


def printed_z(ratio: Ratio, sides: int) -> Span:
    """The distance from the null that the p value stands for."""
    assert ratio.result.p is not None
    return z_span(span(ratio.result.p), sides)


def z_span(p: Span, sides: int) -> Span:
    """A p value's distance from the null; one-sided values above 1/2 count from the other side."""
    ends = sorted(z_of_p(min(1.0, max(0.0, x)), sides) for x in (p.low, p.high))
    crosses = sides == 1 and p.low < 0.5 < p.high
    return Span(z_of_p(p.value, sides), 0.0 if crosses else ends[0], ends[1])


def readings(ratio: Ratio) -> list[str]:
    """Other labels of the same digits with which interval and p value agree."""
    result, found = ratio.result, []
    assert result.p_sides is not None
    level, other_side = float(result.level or 0), 3 - result.p_sides
    implied = implied_z(ratio, 1.0)
    if implied and meet(implied, printed_z(ratio, other_side)):
        found.append(f"a {sides_in_words(other_side)} p value")
    for candidate in LEVELS:
        stretched = implied_z(ratio, z_of_level(level) / z_of_level(candidate))
        if abs(candidate - level) < 1e-6 or stretched is None:
            continue
        if meet(stretched, printed_z(ratio, result.p_sides)):
            found.append(f"a {100 * candidate:g}% interval")
    return found


def _mismatch(ratio: Ratio, what: str) -> Found:
    result = ratio.result
    assert ratio.log is not None
    assert ratio.se is not None
    assert result.p_sides is not None
    z = abs(ratio.log.value) / ratio.se.value
    return Found(
        ratio.index,
        "p",
        f"the {sides_in_words(result.p_sides)} p value {result.p} {what}",
        f"ln {result.estimate} / {shown(ratio.se.value)} = {shown(ratio.log.value)} / "
        f"{shown(ratio.se.value)} gives |z| = {shown(z)} and p = {shown(p_of_z(z, result.p_sides))}"
        f"; p = {result.p} needs |z| = {shown_span(printed_z(ratio, result.p_sides))}",
    )


def sides_in_words(sides: int) -> str:
    """`one-sided` or `two-sided`."""
    return "one-sided" if sides == 1 else "two-sided"


def p_needs_more_patients(facts: TrialFacts) -> Iterator[Found]:
    r"""Hazard ratio and p value together need more events than there are patients.

    Where no interval is printed, the standard error is taken from the p value. A one-sided p value
    read as two-sided, or a misread one, can make that far too small.

    Notes
    -----
    :math:`s = |\ln h| / z_p` at most, and :math:`s \ge 2/\sqrt{d}` with :math:`d` events, which are
    not more than the patients of both arms (see EV301).

    References
    ----------
    Parmar, Torri & Stewart, Stat Med 1998;17:2815-2834, eq. (8).
    """
    for ratio in facts.ratios:
        result, log, patients = ratio.result, ratio.log, facts.patients(ratio)
        if log is None or ratio.se is not None or result.p is None or result.p_sides is None:
            continue
        z = printed_z(ratio, result.p_sides).low
        at_most = max(abs(log.low), abs(log.high))
        if patients and z > 0 and at_most / z < 2 / patients**0.5:
            yield Found(
                ratio.index,
                "p",
                f"a hazard ratio of {result.estimate} with a {sides_in_words(result.p_sides)} "
                f"p value of {result.p} needs more events than the {patients} patients can have",
                f"SE <= {shown(at_most)} / {shown(z)} = {shown(at_most / z)}, which needs "
                f"(2/SE)^2 = {shown((2 * z / at_most) ** 2) if at_most else 'endless'} events",
            )


RULES: tuple[TrialRule, ...] = (
    TrialRule("PV201", "p-against-interval", "warning", p_against_interval,
              "look up the level of the interval, the sidedness of p and the outcome p is for"),
    TrialRule("PV202", "p-drifts-from-interval", "note", p_drifts_from_interval,
              "see which test the paper used, and for which outcome"),
    TrialRule("PV205", "p-needs-more-patients", "error", p_needs_more_patients,
              "look up hazard ratio and p value; p may be one-sided"),
)  # fmt: skip
