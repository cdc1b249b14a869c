"""The numbers of a pooled result in the words of a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from metaonc.effects import patients
from metaonc.errors import ReportError
from metaonc.pooling import PooledResult, effect_text, heterogeneity_text, p_text
from metaonc.pooling.words import tau2_text
from metaonc.registry.filters import nearest_first
from metaonc.reports.sections import verdict


def number_text(result: PooledResult, name: str = "") -> str:
    """One number of a result, as a sentence prints it.

    Parameters
    ----------
    result : PooledResult
        The result.
    name : str, default ""
        One of `NUMBERS`; "" is the estimate with its interval.

    Raises
    ------
    ReportError
        If there is no such number, or the result has none.

    Examples
    --------
    >>> import metaonc as mo
    >>> fit = mo.pool(mo.load_registry().effects("pfs"))
    >>> number_text(fit), number_text(fit, "k"), number_text(fit, "i2")
    ('hazard ratio 0.60 (95% CI 0.46 to 0.79)', '6', '76%')
    """
    if name not in NUMBERS:
        known = ", ".join(nearest_first(name, [one for one in NUMBERS if one]))
        raise ReportError(f"a result has no {name!r} to print; there are: {known}.")
    return NUMBERS[name](result)


def _shown(result: PooledResult, *values: float) -> str:
    scale = result.effects.scale
    return " to ".join(f"{scale.number(value)}{scale.unit}" for value in values)


def _estimate(result: PooledResult) -> str:
    return _shown(result, result.display()[0])


def _interval(result: PooledResult) -> str:
    return _shown(result, *result.display()[1:])


def _prediction(result: PooledResult) -> str:
    interval = result.prediction_interval()
    if not interval.applies:
        raise ReportError(f"there is no prediction interval to print: {interval.reason}.")
    return _shown(result, *result.effects.display(interval))


def _p(result: PooledResult) -> str:
    if result.effects.scale.null is None:
        raise ReportError("there is no p value to print: a proportion is tested against nothing.")
    return p_text(result.p_value)


def _patients(result: PooledResult) -> str:
    counted = patients(result.effects)
    if not counted:
        raise ReportError("the number of patients is not known for every study.")
    return f"{counted:,}"


def _several(say: Callable[[PooledResult], str]) -> Callable[[PooledResult], str]:
    """A measure of heterogeneity, which one study has not."""

    def said(result: PooledResult) -> str:
        if result.k < 2:
            raise ReportError("one study shows no heterogeneity; there is nothing to print.")
        return say(result)

    return said


SENTENCES = ("heterogeneity", "verdict")  # too long to be the words of a link
NUMBERS: Mapping[str, Callable[[PooledResult], str]] = {
    "": effect_text,
    "estimate": _estimate,
    "interval": _interval,
    "prediction": _prediction,
    "p": _p,
    "k": lambda result: str(result.k),
    "patients": _patients,
    "i2": _several(lambda result: f"{result.i2:.0%}"),
    "tau2": _several(lambda result: tau2_text(result.tau2)),
    "q": _several(lambda result: f"{result.q:.2f}"),
    "heterogeneity": _several(lambda result: heterogeneity_text(result).partition(": ")[2]),
    "verdict": verdict,
}
