"""Rules on the interval of a hazard ratio and on what else is printed beside it."""

from __future__ import annotations

from collections.abc import Iterator

from metaonc.registry.audit.facts import TrialFacts
from metaonc.registry.audit.numbers import Span, distance, exp, meet, shown, shown_span, span
from metaonc.registry.audit.ratio import Ratio
from metaonc.registry.audit.rule import Found, TrialRule

_LIKELIHOOD = 0.25  # standard errors: further off centre than intervals from a likelihood are


def estimate_off_centre(facts: TrialFacts) -> Iterator[Found]:
    r"""The hazard ratio is not where the middle of its interval is.

    A hazard ratio stands in the middle of its confidence interval on the log scale. An interval
    from the likelihood can be a little off; a digit that was misread, or the estimate of one data
    cut beside the interval of another, moves it much further. Such a figure enters a pool with the
    wrong effect, the wrong weight, or both.

    Notes
    -----
    With estimate :math:`h`, limits :math:`L, U` and :math:`s = (\ln U - \ln L) / (2 z)`, every
    figure is taken as the range of values that print as its digits. The rule finds
    :math:`|\ln h - \tfrac12(\ln L + \ln U)| > \tfrac14 s` for every choice of values in these
    ranges. A profile likelihood interval with :math:`d` events is off by about
    :math:`z^2 (1-2q) / (6 \sqrt{d q (1-q)})` standard errors, where :math:`q` is the share of
    events in one arm; that is below a quarter from 5 events on when :math:`q` is a third.

    References
    ----------
    Parmar, Torri & Stewart, Stat Med 1998;17:2815-2834, eq. (7). Venzon & Moolgavkar, J R Stat Soc
    C 1988;37:87-94 (profile likelihood).
    """
    for ratio in facts.ratios:
        if ratio.off_centre > _LIKELIHOOD:
            yield Found(
                ratio.index,
                "estimate",
                f"the hazard ratio {ratio.result.estimate} cannot belong to the {ratio.interval()}",
                _centre(ratio),
            )


def interval_asymmetric(facts: TrialFacts) -> Iterator[Found]:
    r"""No interval of the usual (Wald) kind has these digits.

    The estimate is off the middle of its interval on the log scale by more than rounding explains,
    but by less than a quarter of a standard error. The interval may come from a likelihood, a
    bootstrap or a group-sequential design; or one digit is wrong.

    Notes
    -----
    As CI101 with 0 in place of :math:`\tfrac14 s`: the ranges of :math:`\ln h` and of
    :math:`\tfrac12(\ln L + \ln U)` have no value in common.

    References
    ----------
    Parmar, Torri & Stewart, Stat Med 1998;17:2815-2834, eq. (7).
    """
    for ratio in facts.ratios:
        if 1e-9 < ratio.off_centre <= _LIKELIHOOD:
            yield Found(
                ratio.index,
                "estimate",
                f"the hazard ratio {ratio.result.estimate} is not in the middle of its "
                f"{ratio.interval()} on the log scale",
                _centre(ratio),
            )


def _centre(ratio: Ratio) -> str:
    assert ratio.log is not None
    return (
        f"ln {ratio.result.estimate} lies in {shown_span(ratio.log)}; the midpoint of "
        f"ln {ratio.result.low} and ln {ratio.result.high} in {shown_span(ratio.middle)}; "
        f"{shown(ratio.off_centre, 2)} standard errors apart at least"
    )


def se_against_interval(facts: TrialFacts) -> Iterator[Found]:
    r"""The printed standard error is not the one that the interval implies.

    A variance, a standard deviation, a weight, or the standard error of the ratio itself is easily
    taken for the standard error of its log, and changes the weight of a trial many times over.

    Notes
    -----
    The interval implies :math:`s = (\ln U - \ln L) / (2 z)`. The rule finds a printed value that
    has no value in common with the range of :math:`s`, and says which of :math:`s^2` (variance),
    :math:`s \sqrt n` (standard deviation), :math:`1/s^2` (weight) or :math:`h s` (standard error of
    the ratio) it is, if it is one of them.

    References
    ----------
    Parmar, Torri & Stewart, Stat Med 1998;17:2815-2834, eq. (7).
    """
    for ratio in facts.ratios:
        if ratio.result.se is None or ratio.se is None or ratio.se.low <= 0:
            continue
        printed = span(ratio.result.se)
        if meet(printed, ratio.se):
            continue
        is_a = [name for name, other in _taken_for(ratio, ratio.se, facts) if meet(printed, other)]
        guess = f"; it is {is_a[0]}" if is_a else ""
        yield Found(
            ratio.index,
            "se",
            f"the standard error {ratio.result.se} is not that of the {ratio.interval()}{guess}",
            f"(ln {ratio.result.high} - ln {ratio.result.low}) / (2 z) lies in "
            f"{shown_span(ratio.se)}",
        )


def _taken_for(ratio: Ratio, se: Span, facts: TrialFacts) -> Iterator[tuple[str, Span]]:
    """What is sometimes printed or entered in place of the standard error."""
    yield "its square, the variance", Span(*(s**2 for s in se))
    yield "one over its square, the weight", Span(se.value**-2, se.high**-2, se.low**-2)
    if ratio.log is not None:
        yield (
            "the standard error of the ratio, not of its log",
            Span(
                se.value * exp(ratio.log.value),
                se.low * exp(ratio.log.low),
                se.high * exp(ratio.log.high),
            ),
        )
    for count, of in (
        (facts.patients(ratio), "patients"),
        (facts.events_in_all(ratio), "events"),
    ):
        if count:
            yield f"a standard deviation: times the root of {count} {of}", se.times(count**0.5)


def reduction_against_ratio(facts: TrialFacts) -> Iterator[Found]:
    r"""The reduction in words is not that of the hazard ratio.

    Abstracts print a hazard ratio and, in words, "a 46% reduction in the hazard". Where the two
    differ, one of them is misprinted or belongs to another analysis.

    Notes
    -----
    The reduction is :math:`100 (1 - h)` percent, both sides as the ranges of their printed digits.
    """
    for ratio in facts.ratios:
        result = ratio.result
        if result.reduction is None or result.estimate is None:
            continue
        printed, estimate = span(result.reduction), span(result.estimate)
        implied = Span(*(100 * (1 - x) for x in (estimate.value, estimate.high, estimate.low)))
        if not meet(printed, implied):
            yield Found(
                ratio.index,
                "reduction",
                f"a reduction of {result.reduction}% is not that of the hazard ratio "
                f"{result.estimate}",
                f"100 (1 - {result.estimate}) lies in {shown_span(implied)}",
            )


def logrank_against_ratio(facts: TrialFacts) -> Iterator[Found]:
    r"""Log-rank totals and hazard ratio do not belong together.

    :math:`O - E` of the wrong arm, or with the wrong sign, turns the effect round; a standard
    deviation in the place of :math:`V` changes its weight.

    Notes
    -----
    The totals give Peto's estimate :math:`(O-E)/V` of the log hazard ratio and its standard error
    :math:`1/\sqrt V`. They are first-order approximations: among 3,000 simulated trials with
    hazard ratios from 0.2 to 2 the estimate was within :math:`0.35 |\ln h| + 0.02` of Cox's and the
    ratio of the standard errors between 0.8 and 1.4. The rule finds what lies outside, beyond the
    rounding of the printed figures.

    References
    ----------
    Yusuf et al., Prog Cardiovasc Dis 1985;27:335-371. Parmar, Torri & Stewart, Stat Med
    1998;17:2815-2834, eq. (2) and (3).
    """
    for ratio in facts.ratios:
        difference, variance = ratio.result.o_minus_e, ratio.result.variance
        if difference is None or variance is None or not 1e-6 < variance < 10**9:
            continue
        totals, se = span(difference).times(1 / float(variance)), float(variance) ** -0.5
        said = f"(O-E)/V = {difference}/{variance} = {shown(totals.value)}; 1/sqrt(V) = {shown(se)}"
        if (
            ratio.log is not None
            and distance(totals, ratio.log) > 0.35 * abs(ratio.log.value) + 0.02
        ):
            yield Found(
                ratio.index,
                "o_minus_e",
                "the log-rank totals give a hazard ratio of "
                f"{shown(exp(totals.value))}, printed is {ratio.result.estimate}",
                f"{said}; ln {ratio.result.estimate} = {shown(ratio.log.value)}",
            )
        if ratio.se is not None and not (0.75 * se < ratio.se.high and ratio.se.low < 1.45 * se):
            yield Found(
                ratio.index,
                "variance",
                f"V = {variance} does not go with the {ratio.interval()}",
                f"{said}; the interval implies {shown_span(ratio.se)}",
            )


def variance_over_events(facts: TrialFacts) -> Iterator[Found]:
    r"""The log-rank variance is larger than the number of events allows.

    A variance that large gives the trial more weight than its events can carry. It is often the
    variance of both strata added twice, or the number of events itself.

    Notes
    -----
    Every event adds :math:`p(1-p) \le \tfrac14` to :math:`V`, where :math:`p` is the share of the
    experimental arm among those at risk; so :math:`V \le d/4` with :math:`d` events.

    References
    ----------
    Peto et al., Br J Cancer 1977;35:1-39 (appendix).
    """
    for ratio in facts.ratios:
        variance = ratio.result.variance
        events = None if variance is None else facts.events_in_all(ratio)
        if variance is not None and events is not None and span(variance).low > events / 4 + 1e-9:
            yield Found(
                ratio.index,
                "variance",
                f"V = {variance} is more than {events} events can give",
                f"V <= {events}/4 = {shown(events / 4)}",
            )


RULES: tuple[TrialRule, ...] = (
    TrialRule("CI101", "estimate-off-centre", "error", estimate_off_centre,
              "look up estimate and limits again; see that they are of one cut and one model"),
    TrialRule("CI102", "interval-asymmetric", "warning", interval_asymmetric,
              "look the figures up; waive it where the interval is of another kind"),
    TrialRule("CI103", "se-against-interval", "error", se_against_interval,
              "enter the standard error of the log hazard ratio, or leave it out"),
    TrialRule("CI104", "reduction-against-ratio", "error", reduction_against_ratio,
              "look up both; the reduction is 100 (1 - HR) percent"),
    TrialRule("CI105", "logrank-against-ratio", "warning", logrank_against_ratio,
              "see that O-E is that of the experimental arm and V its variance"),
    TrialRule("CI106", "variance-over-events", "error", variance_over_events,
              "look up V and the number of events"),
)  # fmt: skip
