"""Rules on one contrast that is recorded several times, or against the roles of its arms."""

from __future__ import annotations

from collections.abc import Iterator

from metaonc.registry.audit.facts import TrialFacts
from metaonc.registry.audit.numbers import distance, exp, shown
from metaonc.registry.audit.ratio import Ratio
from metaonc.registry.audit.rule import Found, TrialRule


def contrast_not_inverse(facts: TrialFacts) -> Iterator[Found]:
    """A contrast is recorded both ways round, and one is not the inverse of the other.

    One of the two was rounded from the other, belongs to another model, or is misread; a network of
    contrasts that uses both would contradict itself.

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


def adjusted_and_not(facts: TrialFacts) -> Iterator[Found]:
    """One contrast is recorded with and without adjustment.

    Both figures are in circulation, and reviews mix them.

    Notes
    -----
    Two hazard ratios of the same arms, outcome, cut, assessment and patients, of which one has
    `adjusted` and the other has not, or other covariates.
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

    Notes
    -----
    The arm under `experimental` has the role control, and the arm under `control` has the role
    experimental.
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
    TrialRule("CO603", "contrast-not-inverse", "error", contrast_not_inverse,
              "keep the one that is printed"),
    TrialRule("CO606", "adjusted-and-not", "note", adjusted_and_not,
              "say which one an analysis takes"),
    TrialRule("CO607", "contrast-against-roles", "warning", contrast_against_roles,
              "swap the arms and invert the ratio, or give the arms other roles"),
)  # fmt: skip
