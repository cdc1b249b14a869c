"""Rules on results that lead to a hazard ratio in several ways, none of them by an interval."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from metaonc.registry.audit.facts import TrialFacts
from metaonc.registry.audit.numbers import Span, distance, exp, meet, shown, shown_span, span
from metaonc.registry.audit.p_values import printed_z, sides_in_words
from metaonc.registry.audit.ratio import Ratio
from metaonc.registry.audit.rule import Found, TrialRule

# A gap on the scale of z, as between an interval and a p value (PV201).
_CONTRADICTION = 0.25
# How much wider than sqrt(1/d1 + 1/d2) a standard error can be: per arm, or from a total (EV302).
_WIDE, _ROUGHLY = 1.15, 1.3


class Route(NamedTuple):
    """One way to the distance from the null: in words, its range, and the standard error."""

    words: str
    z: Span
    se: float


def routes_disagree(facts: TrialFacts) -> Iterator[Found]:
    r"""The p value does not go with the ratio, its variance or the events beside it.

    Where no interval is printed, the ratio, its standard error, the log-rank totals, the events and
    the p value each lead to an effect. If two of them disagree, one belongs to another outcome, cut
    or test, and which is taken decides the effect and its weight.

    Notes
    -----
    The routes of Tierney 2007 on the scale of :math:`|z|`: :math:`|\ln h|/\mathrm{SE}`,
    :math:`|O-E|/\sqrt V`, :math:`|\ln h|\sqrt V`, and with :math:`V = d_1 d_2/(d_1+d_2)` or
    :math:`d\,a(1-a)` from the events (:math:`a` the share of patients in the experimental arm)
    between :math:`|\ln h|\sqrt V` and the same over 1.15 or 1.3, since covariates and ties widen a
    standard error (EV302). The p value needs :math:`z_p`, all figures as the ranges of their
    digits. The rule finds a gap of more than 0.25 between the two in results without an interval,
    and says where the other sidedness of p closes it; for results with an interval see PV201,
    CI103, CI105 and EV302. The finding shows the hazard ratio of each route.

    References
    ----------
    Parmar, Torri & Stewart, Stat Med 1998;17:2815-2834. Tierney et al., Trials 2007;8:16.
    """
    for ratio in facts.ratios:
        result = ratio.result
        if result.p is None or result.p_sides is None or ratio.se is not None:
            continue
        needed = printed_z(ratio, result.p_sides)
        for route in _routes(facts, ratio):
            gap = distance(route.z, needed)
            if gap > _CONTRADICTION:
                other = meet(route.z, printed_z(ratio, 3 - result.p_sides))
                yield _mismatch(ratio, route, needed, other=other)
                break


def _mismatch(ratio: Ratio, route: Route, needed: Span, *, other: bool) -> Found:
    result = ratio.result
    assert result.p_sides is not None
    would = f"; it would fit as {sides_in_words(3 - result.p_sides)}" if other else ""
    effect = result.o_minus_e if ratio.log is None else ratio.value
    sign = -1 if effect is not None and effect < 0 else 1
    by_route, by_p = (exp(sign * z * route.se) for z in (route.z.value, needed.value))
    return Found(
        ratio.index,
        "p",
        f"the {sides_in_words(result.p_sides)} p value {result.p} does not go with the "
        f"{route.words}{would}",
        f"|z| = {shown_span(route.z)} from the {route.words}; p = {result.p} needs "
        f"{shown_span(needed)}; hazard ratios {shown(by_route)} and {shown(by_p)}",
    )


def _routes(facts: TrialFacts, ratio: Ratio) -> Iterator[Route]:
    """What the result says of its distance from the null without p, the preferred route first."""
    result = ratio.result
    effect = None if ratio.log is None else _size(ratio.log)
    if result.o_minus_e is not None and result.variance is not None:
        v = span(result.variance)
        z = _product(_size(span(result.o_minus_e)), _power(v, -0.5))
        yield Route(f"log-rank totals {result.o_minus_e} and {result.variance}", z, v.value**-0.5)
    if effect is None:
        return
    said = f"hazard ratio {result.estimate}"
    if result.se is not None:
        error = span(result.se)
        yield Route(
            f"{said} and its standard error {result.se}",
            _product(effect, _power(error, -1)),
            error.value,
        )
    if result.variance is not None:
        v = span(result.variance)
        yield Route(
            f"{said} and the variance {result.variance}",
            _product(effect, _power(v, 0.5)),
            v.value**-0.5,
        )
    yield from _by_events(facts, ratio, effect, said)


def _by_events(facts: TrialFacts, ratio: Ratio, effect: Span, said: str) -> Iterator[Route]:
    each = list(facts.events(ratio).values())
    if len(each) == 2 and all(each):
        variance, widest = each[0] * each[1] / (each[0] + each[1]), _WIDE
        words = f"{said} and {each[0]} v {each[1]} events"
    else:
        total, sizes = facts.events_in_all(ratio), [facts.sizes.get(arm) for arm in ratio.arms]
        if not total or not sizes[0] or not sizes[1]:
            return
        share = sizes[0] / (sizes[0] + sizes[1])
        variance, widest = total * share * (1 - share), _ROUGHLY
        words = f"{said} and {total} events"
    root = math.sqrt(variance)
    z = Span(effect.value * root, effect.low * root / widest, effect.high * root)
    yield Route(words, z, 1 / root)


def _size(of: Span) -> Span:
    """The absolute value of a span."""
    ends = sorted((abs(of.low), abs(of.high)))
    return Span(abs(of.value), 0.0 if of.low <= 0 <= of.high else ends[0], ends[1])


def _power(of: Span, exponent: float) -> Span:
    """A positive span to a power; endless where its lower end is 0."""
    low = max(of.low, 1e-300)
    ends = sorted((low**exponent, of.high**exponent))
    return Span(of.value**exponent, *ends)


def _product(a: Span, b: Span) -> Span:
    """The product of two spans that are not negative."""
    return Span(a.value * b.value, a.low * b.low, a.high * b.high)


RULES: tuple[TrialRule, ...] = (
    TrialRule("PV206", "routes-disagree", "warning", routes_disagree,
              "see that ratio, variance, events and p value are of one outcome, cut and test"),
)  # fmt: skip
