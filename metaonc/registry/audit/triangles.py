"""Rules on the contrasts of three arms, of which one follows from the others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from metaonc.registry.audit.facts import TrialFacts
from metaonc.registry.audit.numbers import Span, distance, exp, shown, total
from metaonc.registry.audit.ratio import Ratio
from metaonc.registry.audit.rule import Found, TrialRule

_LOOSE, _OPEN = 0.25, 1.0  # standard errors of the third contrast


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


RULES: tuple[TrialRule, ...] = (
    TrialRule("CO601", "triangle-open", "warning", triangle_open,
              "see which arm is on top in each contrast, and look the three up again"),
    TrialRule("CO602", "triangle-loose", "note", triangle_loose,
              "say which contrasts an analysis uses"),
)  # fmt: skip
