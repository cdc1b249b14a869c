"""Rules on subgroups that make up the trial."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import combinations

from metaonc.registry.audit.facts import TrialFacts
from metaonc.registry.audit.numbers import Span, distance, exp, shown
from metaonc.registry.audit.ratio import Ratio
from metaonc.registry.audit.rule import Found, TrialRule

_POOLED = 0.5  # standard errors of the whole
_INTERACTION = 0.10

# Words that turn one subgroup into the other.
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


def subgroups_do_not_pool(facts: TrialFacts) -> Iterator[Found]:
    r"""Two subgroups that make up the trial do not pool to its hazard ratio.

    One of the three hazard ratios belongs to another cut, another outcome or another arm, or is
    misread.

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


RULES: tuple[TrialRule, ...] = (
    TrialRule("CO604", "subgroups-do-not-pool", "warning", subgroups_do_not_pool,
              "look up all three hazard ratios, their cut and their arms"),
    TrialRule("CO605", "subgroups-interact", "note", subgroups_interact,
              "report the subgroups beside the whole"),
)  # fmt: skip
