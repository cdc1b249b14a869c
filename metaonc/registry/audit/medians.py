"""Rules on hazard ratios beside the medians of the same outcome."""

from __future__ import annotations

import math
from collections.abc import Iterator

from metaonc.registry.audit.facts import (
    TrialFacts,
)
from metaonc.registry.audit.numbers import Span, exp, log, shown
from metaonc.registry.audit.ratio import Ratio
from metaonc.registry.audit.rule import Found, TrialRule

_EXPONENTIAL = math.log(4 / 3)
_Z80 = 1.2816


def direction_reversed(facts: TrialFacts) -> Iterator[Found]:
    r"""The hazard ratio favours one arm, the medians clearly the other.

    A ratio printed as "daily vistusertib versus everolimus" may be everolimus over vistusertib;
    arms may have been swapped when the record was written; or the ratio is one over the printed
    one. A study that enters a pool upside down does more harm than one that is left out.

    Notes
    -----
    The rule finds a hazard ratio whose interval, at its printed level, excludes 1, while the
    medians of the same outcome, cut, assessment and patients have the opposite order beyond their
    rounding. Under exponential survival the hazard ratio is the inverse ratio of the medians,
    :math:`h = m_C / m_E`; the finding shows that ratio, :math:`h` and :math:`1/h`. Curves that
    cross can do the same: then waive it.

    References
    ----------
    Michiels, Piedbois, Burdett et al., Int J Technol Assess Health Care 2005;21:119-125.
    """
    for ratio, medians in _with_medians(facts):
        if ratio.significant and _opposite(ratio, medians):
            yield Found(
                ratio.index,
                "estimate",
                f"the hazard ratio {ratio.result.estimate} ({ratio.interval()}) favours the other "
                f"arm than the medians do; 1/{ratio.result.estimate} = "
                f"{shown(exp(-ratio.value))}",
                _compared(ratio, medians),
            )


def medians_oppose(facts: TrialFacts) -> Iterator[Found]:
    r"""The medians are in the opposite order of the hazard ratio, which is not significant.

    Curves that lie close together cross by chance, so this is for the reader to know.

    Notes
    -----
    As MD501, for an interval that includes 1 or is not printed.
    """
    for ratio, medians in _with_medians(facts):
        if not ratio.significant and _opposite(ratio, medians):
            yield Found(
                ratio.index,
                "estimate",
                f"the medians run opposite to the hazard ratio {ratio.result.estimate}",
                _compared(ratio, medians),
            )


def medians_not_exponential(facts: TrialFacts) -> Iterator[Found]:
    r"""The ratio of the medians is no substitute for the hazard ratio in this trial.

    Reviews that lack a hazard ratio approximate it by the ratio of medians. Where the two are far
    apart, hazards are not constant: the median of a control arm may just be the time of the first
    scan.

    Notes
    -----
    The rule finds :math:`m_C/m_E` more than a third from :math:`h` and outside its 80% interval
    (where an interval is printed), with both on the same side of 1.

    References
    ----------
    Michiels, Piedbois, Burdett et al., Int J Technol Assess Health Care 2005;21:119-125.
    """
    for ratio, medians in _with_medians(facts):
        if _opposite(ratio, medians):
            continue
        apart = abs(medians.value - ratio.value)
        if apart > _EXPONENTIAL and (ratio.se is None or apart > _Z80 * ratio.se.value):
            yield Found(
                ratio.index,
                "estimate",
                f"the ratio of the medians is far from the hazard ratio {ratio.result.estimate}",
                _compared(ratio, medians),
            )


def _with_medians(facts: TrialFacts) -> Iterator[tuple[Ratio, Span]]:
    """Hazard ratios with the log of the ratio of medians, control over experimental."""
    for ratio in facts.ratios:
        found = facts.medians_at.get(ratio.place, {})
        if ratio.log is not None and all(arm in found for arm in ratio.arms):
            above, below = (log(found[arm]) for arm in reversed(ratio.arms))
            yield (
                ratio,
                Span(above.value - below.value, above.low - below.high, above.high - below.low),
            )


def _opposite(ratio: Ratio, medians: Span) -> bool:
    assert ratio.log is not None
    return (ratio.log.high < 0 and medians.low >= -1e-12 and medians.value > 0) or (
        ratio.log.low > 0 and medians.high <= 1e-12 and medians.value < 0
    )


def _compared(ratio: Ratio, medians: Span) -> str:
    return (
        f"median {ratio.result.control} / median {ratio.result.experimental} = "
        f"{shown(exp(medians.value))}; hazard ratio {ratio.result.estimate}"
    )


RULES: tuple[TrialRule, ...] = (
    TrialRule("MD501", "direction-reversed", "error", direction_reversed,
              "see which arm the source puts on top; swap the arms or invert the hazard ratio"),
    TrialRule("MD502", "medians-oppose", "note", medians_oppose,
              "look at the curves"),
    TrialRule("MD503", "medians-not-exponential", "note", medians_not_exponential,
              "do not derive a hazard ratio from these medians"),
)  # fmt: skip
