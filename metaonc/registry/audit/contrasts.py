"""Rules on several hazard ratios of one trial: contrasts of three arms, subgroups, models."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from metaonc.registry.audit.facts import Ratio, TrialFacts
from metaonc.registry.audit.numbers import Span, distance, exp, shown, total
from metaonc.registry.audit.rule import Found, TrialRule

_LOOSE, _OPEN = 0.25, 1.0  # standard errors of the third contrast
_POOLED = 0.5  # standard errors of the whole
_INTERACTION = 0.10

# Words that turn one subgroup into the other. Longer ones first: "premenopausal" before "pre".
_OPPOSITES = (
    ("premenopausal", "postmenopausal"),
    ("primary", "secondary"),
    ("male", "female"),
    ("positive", "negative"),
    ("present", "absent"),
    ("low", "high"),
    ("younger", "older"),
    ("with", "without"),
    ("yes", "no"),
)
_BELOW_ABOVE = (
    (r"<(?!=)|\bbelow\b|\bunder\b|\byounger than\b", r">=|≥|\bor (?:older|more|above)\b"),
    (r"<=|≤|\bor (?:younger|less|below)\b", r">(?!=)|\babove\b|\bover\b|\bolder than\b"),
    (r"\byears? 0 ?(?:-|to) ?|\bfirst\b|\bup to\b", r"\bafter\b|\bbeyond\b|\blater than\b"),
)


def triangle_open(facts: TrialFacts) -> Iterator[Found]:
    r"""The contrasts of three arms contradict each other.

    A over C follows from A over B and B over C. Where it does not, by more than a standard error,
    one of the three ratios is upside down, belongs to other arms, or is misread.

    Notes
    -----
    :math:`\ln h_{AC} - (\ln h_{AB} + \ln h_{BC})`, each in the range of its digits and turned round
    where the record gives it the other way, against the standard error of :math:`\ln h_{AC}` (the
    largest of those printed, where that one has none). A over C is the contrast that the record
    gives last. Separate Cox models of the pairs, with
    strata or covariates, need not agree exactly; see CO602.

    References
    ----------
    Bucher, Guyatt, Griffith & Walter, J Clin Epidemiol 1997;50:683-691.
    """
    for found in _triangles(facts):
        if found.miss > _OPEN:
            yield _triangle(found, "contradict each other")


def triangle_loose(facts: TrialFacts) -> Iterator[Found]:
    r"""The contrasts of three arms do not quite agree.

    The paper fitted a model to each pair of arms. An analysis of a multi-arm trial that uses two of
    the three contrasts depends on which.

    Notes
    -----
    As CO601, between a quarter of a standard error and one.

    References
    ----------
    Bucher, Guyatt, Griffith & Walter, J Clin Epidemiol 1997;50:683-691.
    """
    for found in _triangles(facts):
        if _LOOSE < found.miss <= _OPEN:
            yield _triangle(found, "do not quite agree")


class _Triangle(NamedTuple):
    """Two contrasts and the third that follows from them, with the logs turned to fit."""

    first: Ratio
    second: Ratio
    third: Ratio
    logs: tuple[Span, Span]

    @property
    def miss(self) -> float:
        """How far the third contrast is from the sum of the others, in standard errors."""
        sides = (self.third, self.first, self.second)
        errors = [side.se.value for side in sides if side.se]
        se = self.third.se.value if self.third.se else max(errors, default=0.0)
        assert self.third.log is not None
        return distance(self.third.log, total(self.logs)) / se if se else 0.0


def _triangles(facts: TrialFacts) -> Iterator[_Triangle]:
    """Three contrasts of three arms; the one that the record gives last closes the triangle."""
    if len(facts.trial.arms) < 3:
        return
    groups: dict[tuple[object, ...], dict[frozenset[str], Ratio]] = {}
    for ratio in facts.ratios:
        if ratio.log is not None:
            group = groups.setdefault((ratio.place, ratio.result.adjusted), {})
            group.setdefault(frozenset(ratio.arms), ratio)
    for group in groups.values():
        for three in combinations(sorted({arm for pair in group for arm in pair}), 3):
            sides = [
                group[pair] for pair in map(frozenset, combinations(three, 2)) if pair in group
            ]
            if len(sides) == 3:
                yield _closed(max(sides, key=lambda side: side.index), sides)


def _closed(third: Ratio, sides: list[Ratio]) -> _Triangle:
    top, bottom = third.arms
    first = next(side for side in sides if top in side.arms and bottom not in side.arms)
    second = next(side for side in sides if bottom in side.arms and top not in side.arms)
    assert first.log is not None
    assert second.log is not None
    upper = first.log if first.arms[0] == top else -first.log
    lower = second.log if second.arms[1] == bottom else -second.log
    return _Triangle(first, second, third, (upper, lower))


def _triangle(found: _Triangle, what: str) -> Found:
    names = "; ".join(
        f"{side.arms[0]} v {side.arms[1]} {side.result.estimate}" for side in found[:3]
    )
    sum_of = total(found.logs)
    return Found(
        found.third.index,
        "estimate",
        f"three contrasts {what}: {names}",
        f"{shown(found.logs[0].value)} {found.logs[1].value:+.3f} = {shown(sum_of.value)} gives "
        f"{shown(exp(sum_of.value))} for the last one, printed is "
        f"{found.third.result.estimate}; {shown(found.miss, 2)} standard errors apart",
    )


def contrast_not_inverse(facts: TrialFacts) -> Iterator[Found]:
    """A contrast is recorded both ways round, and one is not the inverse of the other.

    Notes
    -----
    The logs of the two ratios, in the ranges of their digits, must be each other's negative.
    """
    seen: dict[tuple[object, ...], Ratio] = {}
    for ratio in facts.ratios:
        if ratio.log is None:
            continue
        other = seen.get((ratio.place, ratio.result.adjusted, ratio.arms[::-1]))
        if other and other.log and distance(ratio.log, -other.log) > 1e-9:
            yield Found(
                ratio.index,
                "estimate",
                f"{ratio.arms[0]} over {ratio.arms[1]} is {ratio.result.estimate}, and the other "
                f"way round {other.result.estimate}",
                f"1/{other.result.estimate} = {shown(exp(-other.log.value))}",
            )
        seen[(ratio.place, ratio.result.adjusted, ratio.arms)] = ratio


def subgroups_do_not_pool(facts: TrialFacts) -> Iterator[Found]:
    r"""Two subgroups that make up the trial do not pool to its hazard ratio.

    Notes
    -----
    Two subgroups are taken to make up the trial when their names say so ("Asian" and "non-Asian",
    "premenopausal" and "postmenopausal", "< 65" and ">= 65"). Their inverse-variance mean is
    compared with the hazard ratio of the whole, at the same cut and assessment; the rule finds a
    difference of more than half a standard error of the whole, beyond the rounding of the digits.
    A stratified or adjusted model of the whole differs a little from the mean of its parts.

    References
    ----------
    Altman & Bland, BMJ 2003;326:219.
    """
    for whole, first, second in _halves(facts):
        if whole is None or whole.log is None or whole.se is None:
            continue
        mean, _, _ = _pooled(first, second)
        rounding = max(_half(first), _half(second))
        miss = distance(Span(mean, mean - rounding, mean + rounding), whole.log)
        if miss > _POOLED * whole.se.value:
            yield Found(
                whole.index,
                "estimate",
                f"{first.place.subgroup} and {second.place.subgroup} pool to "
                f"{shown(exp(mean))}, printed for all is {whole.result.estimate}",
                _parts(first, second),
            )


def subgroups_interact(facts: TrialFacts) -> Iterator[Found]:
    r"""The effect differs between two subgroups that make up the trial.

    One hazard ratio for the whole hides two effects; where one is for two periods of time, hazards
    are not proportional.

    Notes
    -----
    With log hazard ratios :math:`y_1, y_2` and variances :math:`v_1, v_2`,
    :math:`Q = (y_1 - y_2)^2 / (v_1 + v_2)` has one degree of freedom; the rule finds
    :math:`p < 0.10`, and shows what the two pool to. Subgroups as in CO604, or periods ("years 0-2"
    and "after 2 years").

    References
    ----------
    Altman & Bland, BMJ 2003;326:219.
    """
    for whole, first, second in _halves(facts):
        mean, se, q = _pooled(first, second)
        p = math.erfc(math.sqrt(q / 2))
        if p < _INTERACTION:
            low, high = (exp(mean + sign * 1.959964 * se) for sign in (-1, 1))
            printed = f", printed for all is {whole.result.estimate}" if whole else ""
            yield Found(
                second.index,
                "estimate",
                f"{first.place.subgroup} ({first.result.estimate}) and {second.place.subgroup} "
                f"({second.result.estimate}) differ: Q = {q:.2f}, p = {p:.3f}",
                f"{_parts(first, second)}; they pool to {exp(mean):.3f} "
                f"({low:.3f} to {high:.3f}){printed}",
            )


def _halves(facts: TrialFacts) -> Iterator[tuple[Ratio | None, Ratio, Ratio]]:
    """The whole (where recorded) and two subgroups that make it up."""
    groups: dict[tuple[object, ...], list[Ratio]] = {}
    for ratio in facts.ratios:
        if ratio.log is not None and ratio.se is not None and ratio.se.value > 0:
            what = ratio.place._replace(subgroup=None), ratio.arms, ratio.result.adjusted
            groups.setdefault(what, []).append(ratio)
    for ratios in groups.values():
        whole = next((r for r in ratios if r.place.subgroup is None), None)
        parts = [r for r in ratios if r.place.subgroup is not None]
        for first, second in combinations(parts, 2):
            if complementary(first.place.subgroup or "", second.place.subgroup or ""):
                yield whole, first, second


def _pooled(first: Ratio, second: Ratio) -> tuple[float, float, float]:
    """Inverse-variance mean of two log hazard ratios, its standard error, and Q."""
    rows = [(r.log.value, r.se.value**-2) for r in (first, second) if r.log and r.se]
    weight = sum(w for _, w in rows)
    mean = sum(y * w for y, w in rows) / weight
    return mean, weight**-0.5, sum(w * (y - mean) ** 2 for y, w in rows)


def _half(ratio: Ratio) -> float:
    assert ratio.log is not None
    return (ratio.log.high - ratio.log.low) / 2


def _parts(first: Ratio, second: Ratio) -> str:
    return "; ".join(
        f"ln {r.result.estimate} = {shown(r.log.value)} (SE {shown(r.se.value)})"
        for r in (first, second)
        if r.log and r.se
    )


def complementary(a: str, b: str) -> bool:
    """Whether two names of subgroups say that each holds the patients that the other does not.

    Examples
    --------
    >>> complementary("Asian", "non-Asian"), complementary("age < 65", "age >= 65")
    (True, True)
    >>> complementary("visceral disease", "bone-only disease")
    False
    """
    a, b = (" ".join(text.casefold().split()) for text in (a, b))
    return a != b and (_is_not(a, b) or _is_not(b, a) or _opposed(a, b) or _split(a, b))


def _is_not(a: str, b: str) -> bool:
    """`b` is `a` with a negation in front: non-Asian, no visceral disease, not measurable."""
    return re.fullmatch(r"(?:non-?|no |not |without |other than )" + re.escape(a), b) is not None


def _opposed(a: str, b: str) -> bool:
    return any(
        re.sub(rf"\b{x}\b", y, a) == b or re.sub(rf"\b{y}\b", x, a) == b
        for x, y in _OPPOSITES
        if re.search(rf"\b(?:{x}|{y})\b", a)
    )


def _split(a: str, b: str) -> bool:
    """Below and above the same number."""
    numbers_a, numbers_b = (re.findall(r"\d+(?:\.\d+)?", text) for text in (a, b))
    if not numbers_a or not numbers_b or numbers_a[-1] != numbers_b[-1]:
        return False
    return any(
        (re.search(below, x) and re.search(above, y))
        for below, above in _BELOW_ABOVE
        for x, y in ((a, b), (b, a))
    )


def adjusted_and_not(facts: TrialFacts) -> Iterator[Found]:
    """One contrast is recorded with and without adjustment.

    Both figures are in circulation, and reviews mix them.
    """
    seen: dict[tuple[object, ...], Ratio] = {}
    for ratio in facts.ratios:
        other = seen.setdefault((ratio.place, ratio.arms), ratio)
        if other is not ratio and other.result.adjusted != ratio.result.adjusted:
            plain, adjusted = sorted((other, ratio), key=lambda r: r.result.adjusted is not None)
            yield Found(
                ratio.index,
                "adjusted",
                f"{ratio.arms[0]} v {ratio.arms[1]} is {plain.result.estimate} without and "
                f"{adjusted.result.estimate} with adjustment for {adjusted.result.adjusted}",
            )


def contrast_against_roles(facts: TrialFacts) -> Iterator[Found]:
    """The numerator of a hazard ratio is a control arm and the denominator an experimental one.

    Some papers take the combination as the reference. A record gives the ratio as it is printed
    and names its arms; here the names go against the roles of the arms, which is how an inverted
    ratio looks.
    """
    roles = {arm.key: arm.role for arm in facts.trial.arms}
    for ratio in facts.ratios:
        if (roles.get(ratio.arms[0]), roles.get(ratio.arms[1])) == ("control", "experimental"):
            yield Found(
                ratio.index,
                "experimental",
                f"{ratio.arms[0]}, a control arm, stands over {ratio.arms[1]}, an experimental arm",
            )


RULES: tuple[TrialRule, ...] = (
    TrialRule("CO601", "triangle-open", "warning", triangle_open,
              "see which arm is on top in each contrast, and look the three up again"),
    TrialRule("CO602", "triangle-loose", "note", triangle_loose,
              "say which contrasts an analysis uses"),
    TrialRule("CO603", "contrast-not-inverse", "error", contrast_not_inverse,
              "keep the one that is printed"),
    TrialRule("CO604", "subgroups-do-not-pool", "warning", subgroups_do_not_pool,
              "look up all three hazard ratios, their cut and their arms"),
    TrialRule("CO605", "subgroups-interact", "note", subgroups_interact,
              "report the subgroups beside the whole"),
    TrialRule("CO606", "adjusted-and-not", "note", adjusted_and_not,
              "say which one an analysis takes"),
    TrialRule("CO607", "contrast-against-roles", "warning", contrast_against_roles,
              "swap the arms and invert the ratio, or give the arms other roles"),
)  # fmt: skip
