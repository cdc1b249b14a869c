"""What a user says about patients without the treatment, held to its rules before it is used."""

from __future__ import annotations

import math
from dataclasses import dataclass

from metaonc.errors import PoolingError
from metaonc.kernels.absolute import CLOGLOG, LOGIT, Link, Risk
from metaonc.pooling.absolute.baseline_given import Given, quantile_of, told
from metaonc.pooling.absolute.baseline_rules import (
    EVENT,
    SURVIVAL,
    WHY,
    fraction,
    is_time,
    positive,
)

_PRINTED_DIGITS = 0.006  # what rounding to two digits leaves between figures that agree


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """Patients without the treatment, at one time.

    Attributes
    ----------
    risk : Risk
        Their probability of the event, with its uncertainty.
    at : str
        The time, in words; "" if none was given.
    said : str
        What was given, in words.
    time : float
        The time where it was given as a number, else NaN.
    """

    risk: Risk
    at: str
    said: str
    time: float = math.nan

    @property
    def known(self) -> bool:
        """Whether it was given without an uncertainty."""
        return self.risk.se == 0


def baseline_of(given: Given, measure: str) -> tuple[Baseline, str]:
    """The baseline and what was named: ``"survival"`` or ``"event_probability"``.

    Raises
    ------
    PoolingError
        If nothing was named, figures contradict each other, or a value cannot be.
    """
    hazards = measure == "HR"
    if not hazards:
        _only_events(given, measure)
    named = [x for x in (SURVIVAL, EVENT) if getattr(given, x) is not None]
    if len(named) == 2:
        _agree(given)
    if named:
        return _stated(given, named[0], CLOGLOG if hazards else LOGIT)
    if given.median is not None:
        return _from_median(given)
    if given.events is not None and given.n is not None:
        return _counted(given, CLOGLOG if hazards else LOGIT)
    raise PoolingError(
        "the baseline is missing; give survival= or event_probability= of patients without the "
        "treatment, events= and n=, or, for hazard ratios, median= and at=."
    )


def _only_events(given: Given, measure: str) -> None:
    for name in (SURVIVAL, "median", "at_risk"):
        if getattr(given, name) is not None:
            raise PoolingError(
                f"{name} belongs to hazard ratios, and {measure} compares the risk of an event; "
                f"give event_probability=, since {WHY}."
            )


def _agree(given: Given) -> None:
    survival, event = fraction(SURVIVAL, given.survival), fraction(EVENT, given.event_probability)
    if abs(survival + event - 1) > _PRINTED_DIGITS:
        raise PoolingError(
            f"survival = {survival:g} and event_probability = {event:g} contradict each other: "
            f"together they make 1; give the one that is printed, since {WHY}."
        )


def _stated(given: Given, name: str, link: Link) -> tuple[Baseline, str]:
    """A survival or event probability as such."""
    value = fraction(name, getattr(given, name))
    given.only("se", "interval", "at_risk", "n")
    if given.shape != 1:
        raise PoolingError(
            f"shape = {given.shape:g} belongs to a median; a survival at its own time needs none."
        )
    _against_median(given, name, value)
    risk = value if name == EVENT else 1 - value
    error = _error(given, name, value, risk, link)
    words = name.replace("_", " ")
    said = f"{words} {value:g}{told(given)}"
    found = Risk(risk, error, link)
    return Baseline(risk=found, at=given.when, said=said, time=given.time), name


def _error(given: Given, name: str, value: float, risk: float, link: Link) -> float:
    """Standard error on the link's scale."""
    if given.interval is not None:
        low, high = _interval(given, name, value)
        ends = [float(link.forward(x if name == EVENT else 1 - x)) for x in (low, high)]
        return abs(ends[1] - ends[0]) / (2 * quantile_of(given))
    survival = 1 - risk
    if given.se is not None:
        error = positive("se", given.se)
        if error >= 0.5:
            raise PoolingError(
                f"se = {error:g} is no standard error of a fraction; write 4% as 0.04."
            )
    elif given.at_risk is not None:  # Peto et al. 1977, a bound that needs no curve
        error = survival * math.sqrt(risk / positive("at_risk", given.at_risk))
    elif given.n is not None:
        error = math.sqrt(survival * risk / positive("n", given.n))
    else:
        return 0.0
    return error / _slope(link, risk)


def _slope(link: Link, risk: float) -> float:
    import numpy as np

    return float(link.slope(np.asarray(risk)))


def _interval(given: Given, name: str, value: float) -> tuple[float, float]:
    assert given.interval is not None
    low, high = (fraction(f"interval of {name}", x) for x in given.interval)
    if low < value < high:
        return low, high
    hint = (
        f"; it does hold 1 - {value:g} = {1 - value:g}, so one of them is the other quantity"
        if low < 1 - value < high
        else ""
    )
    raise PoolingError(
        f"{name} = {value:g} lies outside its interval {low:g} to {high:g}{hint}; look them up "
        "again."
    )


def _from_median(given: Given) -> tuple[Baseline, str]:
    """Survival at a time from the median: exponential, or Weibull with a given shape."""
    median = positive("median", given.median)
    shape = positive("shape", given.shape)
    if not is_time(given.at) or given.at <= 0:
        raise PoolingError(
            f"at = {given.at!r} must be a time, a number in the unit of the median, to turn a "
            "median into survival at that time."
        )
    given.only("se", "interval", "events")
    at = math.log(math.log(2)) + shape * (math.log(given.at) - math.log(median))
    model = "exponential" if shape == 1 else f"Weibull (shape {shape:g})"
    said = f"median {median:g}{told(given)}, {model} survival"
    risk = Risk(float(CLOGLOG.back(at)), _median_error(given, median, shape), CLOGLOG)
    return Baseline(risk=risk, at=given.when, said=said, time=given.time), SURVIVAL


def _median_error(given: Given, median: float, shape: float) -> float:
    if given.events is not None:  # of the log of the rate, whatever the known shape
        return 1 / math.sqrt(positive("events", given.events))
    if given.se is not None:
        return shape * positive("se", given.se) / median
    if given.interval is None:
        return 0.0
    low, high = (positive("interval of median", x) for x in given.interval)
    if not low < median < high:
        raise PoolingError(
            f"median = {median:g} lies outside its interval {low:g} to {high:g}; look them up "
            "again."
        )
    return shape * (math.log(high) - math.log(low)) / (2 * quantile_of(given))


def _counted(given: Given, link: Link) -> tuple[Baseline, str]:
    events, n = positive("events", given.events), positive("n", given.n)
    for name in ("se", "interval", "at_risk"):
        if getattr(given, name) is not None:
            raise PoolingError(f"{name} beside events and n is one statement too many; drop one.")
    if events >= n:
        raise PoolingError(
            f"events = {events:g} must be fewer than n = {n:g}: the baseline needs patients with "
            "and without the event."
        )
    risk = events / n
    error = math.sqrt(risk * (1 - risk) / n) / _slope(link, risk)
    return Baseline(
        risk=Risk(risk, error, link),
        at=given.when,
        said=f"{events:g} events in {n:g} patients",
        time=given.time,
    ), EVENT


def _against_median(given: Given, name: str, value: float) -> None:
    """At the median half have had the event: a survival on the wrong side is something else."""
    if given.median is None:
        return
    median = positive("median", given.median)
    if not is_time(given.at):
        raise PoolingError(
            "median beside a probability is there to check it, which needs at= as a number."
        )
    survival = value if name == SURVIVAL else 1 - value
    if (given.at < median and survival < 0.5) or (given.at > median and survival > 0.5):
        side, of = ("above", "before") if given.at < median else ("below", "after")
        raise PoolingError(
            f"{name} = {value:g} at {given.at:g} contradicts median = {median:g}: survival must "
            f"be {side} 0.5 {of} the median; {WHY}."
        )
