"""Figures that are not printed but follow from printed ones, with the arithmetic shown.

Nothing here is ever typed into a record: it is worked out from the printed digits each time a
record is loaded and used, and says how.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import NormalDist
from typing import Literal, NamedTuple

from metaonc.registry.printed import counts_printed_as
from metaonc.registry.results import ArmCount, HazardRatio

Z95 = NormalDist().inv_cdf(0.975)
_DAYS_PER_MONTH = Decimal("30.4375")  # 365.25 / 12


class Step(NamedTuple):
    """A value, the printed fields it was worked out from, and the arithmetic in words."""

    value: float
    fields: tuple[str, ...]
    derivation: str = ""  # "" where the value is printed


@dataclass(frozen=True)
class LogHazardRatio:
    """A log hazard ratio with its standard error, and how they follow from what is printed.

    Attributes
    ----------
    estimate : float
        The hazard ratio.
    se : float
        Standard error of its natural logarithm.
    fields : tuple of str
        The printed fields behind both.
    derivation : str
        The arithmetic, a sentence; "" where ratio and 95% interval are printed.
    route : {"interval", "se", "log-rank", "p"}
        What the standard error comes from.
    """

    estimate: float
    se: float
    fields: tuple[str, ...]
    derivation: str = ""
    route: str = "interval"

    def limits(self) -> tuple[float, float]:
        """The 95% interval."""
        half = Z95 * self.se
        return math.exp(math.log(self.estimate) - half), math.exp(math.log(self.estimate) + half)


def log_hazard_ratio(
    result: HazardRatio, sizes: Mapping[str, int | None] | None = None
) -> LogHazardRatio | str:
    r"""What a reported hazard ratio says on the log scale, or why it says nothing.

    Parameters
    ----------
    result : HazardRatio
        The printed figures.
    sizes : mapping of str to int or None, optional
        Patients per arm: they share out `events_total` where the events per arm are not printed.

    Returns
    -------
    LogHazardRatio or str
        With the derivation, or the reason why there is no standard error or no ratio.

    Notes
    -----
    The ratio is the printed one, else :math:`\exp\{(O-E)/V\}`, else one minus the printed
    reduction, else :math:`\exp(\pm z_p/\sqrt V)` with the sign that `favours` states and
    :math:`V = d_1 d_2/(d_1+d_2)` from the events per arm, or :math:`V = d\,n_1 n_2/(n_1+n_2)^2`
    from their total. The standard error comes from the printed limits at their own level, else it
    is the printed one, else :math:`1/\sqrt V`, else :math:`|\log \text{HR}|/z_p`. Parmar, Torri &
    Stewart, Stat Med 1998;17:2815-2834; Tierney et al., Trials 2007;8:16.

    Examples
    --------
    >>> from metaonc.registry.loading import shipped_studies
    >>> import metaonc as mo
    >>> result = mo.load_registry()["bolero-5"].results[0]
    >>> print(log_hazard_ratio(result).derivation)
    95% interval 0.36 to 0.75: SE = (ln 0.71 - ln 0.38) / (2 × 1.6449) = 0.1900,
    exp(ln 0.52 ± 1.9600 × 0.1900)
    """
    ratio = _ratio(result, sizes or {})
    if isinstance(ratio, str):
        return ratio
    error = _standard_error(result, ratio.value, sizes or {})
    if isinstance(error, str):
        return error
    fields = tuple(dict.fromkeys((*ratio.fields, *error.fields)))
    found = LogHazardRatio(ratio.value, error.value, fields, route=_ROUTES[error.fields[0]])
    if not (ratio.derivation or error.derivation):
        return found
    low, high = found.limits()
    shown = str(result.estimate) if result.estimate is not None else f"{ratio.value:.3f}"
    told = (
        f"95% interval {low:.2f} to {high:.2f}: {error.derivation}, "
        f"exp(ln {shown} ± {Z95:.4f} × {error.value:.4f})"
    )
    derivation = "; ".join(filter(None, [ratio.derivation, told]))
    return replace(found, derivation=derivation)


# By the first field that a standard error comes from.
_ROUTES = {
    "low": "interval",
    "se": "se",
    "o_minus_e": "log-rank",
    "p": "p",
    "events": "p",
    "events_total": "p",
}
ROUTES = {
    "interval": "a printed interval",
    "se": "a printed standard error",
    "log-rank": "log-rank totals",
    "p": "a p value",
    "counts": "counts",
}


def _ratio(result: HazardRatio, sizes: Mapping[str, int | None]) -> Step | str:
    if result.estimate is not None:
        return Step(float(result.estimate), ("estimate",))
    if result.o_minus_e is not None and result.variance is not None:
        value = math.exp(float(result.o_minus_e) / float(result.variance))
        told = f"HR = exp((O - E) / V) = exp({result.o_minus_e} / {result.variance}) = {value:.3f}"
        return Step(value, ("o_minus_e", "variance"), told)
    if result.reduction is not None:
        value = float(1 - result.reduction / 100)
        told = f"HR = 1 - {result.reduction}/100 = {value:g}"
        return Step(value, ("reduction",), told)
    return _ratio_from_p(result, sizes)


def _ratio_from_p(result: HazardRatio, sizes: Mapping[str, int | None]) -> Step | str:
    z = _z(result)
    variance = _variance_from_events(result, sizes)
    if isinstance(z, str):
        return z
    if isinstance(variance, str):
        return variance
    sign = -1 if result.favours == "experimental" else 1
    value = math.exp(sign * z.value / math.sqrt(variance.value))
    told = (
        f"{variance.derivation}; HR = exp({'-' if sign < 0 else ''}{z.value:.4f} / "
        f"sqrt({variance.value:.2f})) = {value:.3f} ({z.derivation}, favours the "
        f"{result.favours} arm)"
    )
    return Step(value, (*z.fields, *variance.fields, "favours"), told)


def _standard_error(
    result: HazardRatio, ratio: float, sizes: Mapping[str, int | None]
) -> Step | str:
    low, high, level = result.low, result.high, result.level
    if low is not None and high is not None and level is not None:
        z = NormalDist().inv_cdf(0.5 + float(level) / 2)
        value = (math.log(high) - math.log(low)) / (2 * z)
        told = f"SE = (ln {high} - ln {low}) / (2 × {z:.4f}) = {value:.4f}"
        return Step(value, ("low", "high", "level"), "" if level == Decimal("0.95") else told)
    if result.se is not None:
        return Step(float(result.se), ("se",), f"printed SE = {result.se}")
    if result.variance is not None:
        value = 1 / math.sqrt(result.variance)
        told = f"SE = 1 / sqrt(V) = 1 / sqrt({result.variance}) = {value:.4f}"
        return Step(value, ("o_minus_e", "variance"), told)
    if result.p is None:
        return f"the hazard ratio for {result.outcome} is printed without an interval"
    return _standard_error_from_p(result, ratio, sizes)


def _standard_error_from_p(
    result: HazardRatio, ratio: float, sizes: Mapping[str, int | None]
) -> Step | str:
    if result.estimate is None and result.reduction is None:
        variance = _variance_from_events(result, sizes)
        if isinstance(variance, str):
            return variance
        value = 1 / math.sqrt(variance.value)
        return Step(value, variance.fields, f"SE = 1 / sqrt({variance.value:.2f}) = {value:.4f}")
    z = _z(result)
    if isinstance(z, str):
        return z
    if ratio == 1:
        return f"the hazard ratio for {result.outcome} is 1, so its p value gives no variance"
    value = abs(math.log(ratio)) / z.value
    told = f"SE = |ln {ratio:g}| / {z.value:.4f} = {value:.4f} ({z.derivation})"
    return Step(value, z.fields, told)


def _z(result: HazardRatio) -> Step | str:
    """The size of the normal deviate behind the printed p value."""
    p, sides = result.p, result.p_sides or 2
    if p is None or not 0 < p < 1 or (sides == 1 and p == Decimal("0.5")):
        return f"the p value for {result.outcome} ({p}, {_SIDES[sides]}) gives no variance"
    value = abs(NormalDist().inv_cdf(float(p) / sides))
    return Step(value, ("p", "p_sides"), f"z of the {_SIDES[sides]} p = {p}")


_SIDES = {1: "one-sided", 2: "two-sided"}


def _variance_from_events(result: HazardRatio, sizes: Mapping[str, int | None]) -> Step | str:
    """Approximate variance of O - E from the number of events."""
    first, second = result.events.get(result.experimental), result.events.get(result.control)
    if first and second:
        value = first * second / (first + second)
        told = f"V = {first} × {second} / ({first} + {second}) = {value:.2f}"
        return Step(value, ("events",), told)
    total = result.events_total
    n_1, n_2 = sizes.get(result.experimental), sizes.get(result.control)
    if total and n_1 and n_2:
        value = total * n_1 * n_2 / (n_1 + n_2) ** 2
        told = f"V = {total} × {n_1} × {n_2} / ({n_1} + {n_2})² = {value:.2f}"
        return Step(value, ("events_total",), told)
    return f"the events behind the p value for {result.outcome} are not printed for both arms"


class EventCount(NamedTuple):
    """Patients with an event: the count, or None, and how it follows from what is printed."""

    events: int | None
    derivation: str = ""  # "" where the count is printed; why there is none where it is None


def event_count(arm: ArmCount) -> EventCount:
    """The count of one arm: as printed, or the only one that prints as its percentage.

    Examples
    --------
    >>> event_count(ArmCount(n=54, percent="61", events_from="percent"))
    EventCount(events=33, derivation='33 is the only count of 54 that prints as 61%')
    >>> event_count(ArmCount(n=482, percent="59", events_from="percent"))
    EventCount(events=None, derivation='282 to 286 of 482 print as 59%')
    """
    if arm.percent is None or arm.n is None or arm.events_from == "print":
        return EventCount(arm.events, "" if arm.events is not None else _unknown(arm))
    possible = counts_printed_as(arm.percent, arm.n)
    prints = f"{arm.percent}%"
    if not possible:
        return EventCount(None, f"no count of {arm.n} prints as {prints}")
    if len(possible) == 1:
        return EventCount(
            possible[0], f"{possible[0]} is the only count of {arm.n} that prints as {prints}"
        )
    several = f"{possible[0]} to {possible[-1]} of {arm.n} print as {prints}"
    if arm.events is None:
        return EventCount(None, several)
    return EventCount(arm.events, f"{arm.events} is taken where {several}")


def _unknown(arm: ArmCount) -> str:
    if arm.n is None:
        return f"printed as {arm.percent}% without a denominator"
    return f"printed as {arm.percent}% of {arm.n} only, which does not fix a count"


def in_months(value: Decimal, unit: Literal["months", "weeks"]) -> Decimal:
    """A printed time in months; weeks are 7 / 30.4375 of one.

    Examples
    --------
    >>> in_months(Decimal("23.3"), "weeks"), in_months(Decimal("5.1"), "months")
    (Decimal('5.36'), Decimal('5.1'))
    """
    if unit == "months":
        return value
    return (value * 7 / _DAYS_PER_MONTH).quantize(Decimal("0.01"))
