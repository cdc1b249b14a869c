"""The table of effect measures: the one place that knows their names, scales and null values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metaonc.errors import EffectsError, MetaoncError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """An effect measure and the way from its analysis scale to the scale people read.

    Attributes
    ----------
    code : str
        The field's code, e.g. ``"HR"``.
    name : str
        Name in a sentence, e.g. ``"hazard ratio"``.
    label : str
        Name on an axis, e.g. ``"Hazard ratio"``.
    analysis_scale : str
        What `yi` is, e.g. ``"log hazard ratio"``.
    null : float or None
        Value that means "no effect" on the displayed scale; None for a single group.
    log_axis : bool
        Whether the displayed scale is drawn on a log axis.
    percent : bool
        Whether people read the displayed scale in percent.
    decimals : int
        Digits after the point for values of ordinary size.
    per_patient_size : bool
        Whether the back-transformation needs a sample size.
    back, forward : callable
        From the analysis scale to the displayed one, and back.
    lowest, highest : float
        Ends of the displayed scale.
    """

    code: str
    name: str
    label: str
    analysis_scale: str
    null: float | None = 0.0
    log_axis: bool = False
    percent: bool = False
    decimals: int = 2
    per_patient_size: bool = False
    back: Callable[[FloatArray], FloatArray] = np.asarray
    forward: Callable[[FloatArray], FloatArray] = np.asarray
    lowest: float = -np.inf
    highest: float = np.inf

    def display(self, values: ArrayLike, n: ArrayLike | None = None) -> FloatArray:
        """Transform from the analysis scale to the displayed scale.

        Parameters
        ----------
        values : array_like
            Values on the analysis scale.
        n : array_like, optional
            Sample sizes, for measures whose transformation depends on them (``PFT``).

        Returns
        -------
        ndarray of float
            Same shape as `values`.
        """
        array = np.asarray(values, dtype=float)
        if self.per_patient_size and n is not None:
            return freeman_tukey_inverse(array, np.asarray(n, dtype=float))
        with np.errstate(over="ignore"):  # a ratio beyond the largest float is infinite
            return np.asarray(self.back(array), dtype=float)

    def analysis(self, values: ArrayLike, n: ArrayLike | None = None) -> FloatArray:
        """Transform from the displayed scale to the analysis scale: the inverse of `display`.

        Parameters
        ----------
        values : array_like
            Values on the displayed scale; proportions as fractions.
        n : array_like, optional
            Sample sizes, for measures whose transformation depends on them (``PFT``).

        Returns
        -------
        ndarray of float
            Same shape as `values`; infinite at an end that the analysis scale does not reach.

        Raises
        ------
        EffectsError
            If a value lies outside the displayed scale.

        Examples
        --------
        >>> measure_named("HR").analysis([0.5, 1.0]).round(3)
        array([-0.693,  0.   ])
        """
        array = np.asarray(values, dtype=float)
        if not ((array >= self.lowest) & (array <= self.highest)).all():
            rule = "a number" if np.isinf(self.lowest) else f">= {self.lowest:g}"
            if np.isfinite(self.highest):
                rule = f"between {self.lowest:g} and {self.highest:g}"
            written = "; write 20% as 0.2" if self.percent else ""
            raise EffectsError(f"{values!r} is not a {self.name}, which is {rule}{written}.")
        if self.per_patient_size and n is not None:
            return freeman_tukey(array, np.asarray(n, dtype=float))
        with np.errstate(divide="ignore"):  # the end of the scale lies at infinity
            return np.asarray(self.forward(array), dtype=float)

    def number(self, value: float) -> str:
        """Print one value of the displayed scale; percentages without their sign.

        Examples
        --------
        >>> hr = measure_named("HR")
        >>> [hr.number(x) for x in (0.5412, 12.34, 123.4, 0.00123, 1e-6, 2e6)]
        ['0.54', '12.3', '123', '0.0012', '<0.001', '>1000']
        >>> measure_named("PLOGIT").number(0.6111)
        '61.1'
        """
        if self.percent:
            return f"{100 * value:.1f}"
        size = abs(value)
        if np.isnan(size):
            return "–"
        if self.log_axis and not 0.001 <= size <= 1000:
            return "<0.001" if size < 1 else ">1000"
        if 0 < size < 0.5 * 0.1**self.decimals:
            return f"{value:.2g}"
        return f"{value:.{self.decimals if size < 9.995 else 1 if size < 99.95 else 0}f}"

    def interval_text(self, low: float, high: float) -> str:
        """Print an interval of the displayed scale, e.g. ``"0.36 to 0.81"``."""
        return f"{self.number(low)} to {self.number(high)}"


def checked_level(level: object, error: type[MetaoncError] = EffectsError) -> float:
    """Return a confidence level, or raise `error` if it is not a fraction between 0 and 1."""
    if not (isinstance(level, int | float | np.number) and 0 < level < 1):
        raise error(f"level = {level!r} must lie between 0 and 1; write 95% as 0.95.")
    return float(level)


def level_text(level: float) -> str:
    """Print a confidence level.

    Examples
    --------
    >>> level_text(0.95), level_text(0.975)
    ('95%', '97.5%')
    """
    return f"{100 * level:g}%"


def _expit(x: FloatArray) -> FloatArray:
    from scipy.special import expit

    return np.asarray(expit(x))


def _arcsine_inverse(x: FloatArray) -> FloatArray:
    return np.sin(np.clip(x, 0.0, np.pi / 2)) ** 2


def _logit(x: FloatArray) -> FloatArray:
    from scipy.special import logit

    return np.asarray(logit(x))


def _arcsine(x: FloatArray) -> FloatArray:
    return np.arcsin(np.sqrt(x))


def freeman_tukey(proportions: ArrayLike, n: ArrayLike) -> FloatArray:
    """Averaged double arcsine of proportions in samples of `n`; see `freeman_tukey_inverse`."""
    n = np.asarray(n, dtype=float)
    x = np.asarray(proportions, dtype=float) * n
    angles = np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1)))
    return np.asarray(0.5 * angles)


def freeman_tukey_inverse(values: ArrayLike, n: ArrayLike) -> FloatArray:
    r"""Proportion whose Freeman-Tukey double arcsine is `values` in a sample of `n`.

    Parameters
    ----------
    values : array_like
        Averaged double arcsines, :math:`\tfrac12(\arcsin\sqrt{x/(n+1)} +
        \arcsin\sqrt{(x+1)/(n+1)})`, in radians.
    n : array_like
        Sample sizes, > 0. For a pooled value, the harmonic mean of the studies' sizes.

    Returns
    -------
    ndarray of float
        Proportions in [0, 1]; values beyond those of 0/n and n/n become 0 and 1.

    Notes
    -----
    Eq. (3) of [1]_, with the double arcsine in its averaged form. The result of pooling depends on
    the `n` that is put in, and can mislead when study sizes differ widely [2]_.

    .. [1] Miller JJ. The inverse of the Freeman-Tukey double arcsine transformation.
       Am Stat 1978;32(4):138. doi:10.2307/2682942
    .. [2] Schwarzer G, et al. Seriously misleading results using inverse of Freeman-Tukey double
       arcsine transformation in meta-analysis of single proportions. Res Synth Methods
       2019;10:476-483. doi:10.1002/jrsm.1348

    Examples
    --------
    >>> x, n = 33, 54
    >>> t = 0.5 * (np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1))))
    >>> bool(np.isclose(freeman_tukey_inverse(t, n), x / n))
    True
    """
    n = np.asarray(n, dtype=float)
    lowest = 0.5 * np.arcsin(np.sqrt(1 / (n + 1)))
    t = 2 * np.clip(np.asarray(values, dtype=float), lowest, np.pi / 2 - lowest)
    sine = np.sin(t)
    inner = sine + (sine - 1 / sine) / n
    proportion = 0.5 * (1 - np.sign(np.cos(t)) * np.sqrt(np.clip(1 - inner**2, 0.0, None)))
    return np.asarray(proportion)


def _ratio(code: str, name: str) -> Measure:
    return Measure(
        code=code,
        name=name,
        label=name[0].upper() + name[1:],
        analysis_scale=f"log {name}",
        null=1.0,
        log_axis=True,
        back=np.exp,
        forward=np.log,
        lowest=0.0,
    )


def _difference(code: str, name: str) -> Measure:
    label = name[0].upper() + name[1:]
    return Measure(code=code, name=name, label=label, analysis_scale=name, decimals=3)


def _proportion(
    code: str,
    scale: str,
    back: Callable[[FloatArray], FloatArray] = np.asarray,
    forward: Callable[[FloatArray], FloatArray] = np.asarray,
    per_patient_size: bool = False,
) -> Measure:
    return Measure(
        code=code,
        name="proportion",
        label="Proportion (%)",
        analysis_scale=scale,
        null=None,
        percent=True,
        back=back,
        forward=forward,
        lowest=0.0,
        highest=1.0,
        per_patient_size=per_patient_size,
    )


MEASURES = {
    measure.code: measure
    for measure in (
        _ratio("HR", "hazard ratio"),
        _ratio("OR", "odds ratio"),
        _ratio("RR", "risk ratio"),
        _ratio("PETO", "Peto odds ratio"),
        _ratio("IRR", "rate ratio"),
        _ratio("ROM", "ratio of means"),
        _difference("RD", "risk difference"),
        _difference("AS", "arcsine difference"),
        _difference("IRD", "rate difference"),
        _difference("MD", "mean difference"),
        _difference("SMD", "standardised mean difference"),
        _difference("COR", "correlation"),
        Measure(
            code="ZCOR",
            name="correlation",
            label="Correlation",
            analysis_scale="Fisher's z",
            back=np.tanh,
            forward=np.arctanh,
            lowest=-1.0,
            highest=1.0,
        ),
        _proportion("PRAW", "proportion"),
        _proportion("PLN", "log proportion", np.exp, np.log),
        _proportion("PLOGIT", "log odds", _expit, _logit),
        _proportion("PAS", "arcsine square root of the proportion", _arcsine_inverse, _arcsine),
        _proportion(
            "PFT",
            "Freeman-Tukey double arcsine of the proportion",
            _arcsine_inverse,
            _arcsine,
            per_patient_size=True,
        ),
        Measure(
            code="IR",
            name="incidence rate",
            label="Incidence rate",
            analysis_scale="rate",
            null=None,
        ),
        Measure(
            code="IRLN",
            name="incidence rate",
            label="Incidence rate",
            analysis_scale="log rate",
            null=None,
            back=np.exp,
            forward=np.log,
            lowest=0.0,
        ),
        Measure(code="GEN", name="effect", label="Effect", analysis_scale="effect"),
    )
}


def measure_named(code: str) -> Measure:
    """Return the measure with this code.

    Raises
    ------
    EffectsError
        If there is none.

    Examples
    --------
    >>> measure_named("HR").analysis_scale
    'log hazard ratio'
    """
    if code not in MEASURES:
        raise EffectsError(f"no effect measure {code!r}; the measures are {', '.join(MEASURES)}.")
    return MEASURES[code]
