"""One effect measure: its names, its scales, and how its values are printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from metaonc.effects.scales.transforms import FloatArray
from metaonc.errors import EffectsError, MetaoncError

SizeTransform = Callable[[ArrayLike, ArrayLike], FloatArray]


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
    share : bool
        Whether the displayed scale is a single proportion.
    per : float
        What a value is printed per: 100 is percent.
    scalable : bool
        Whether it may be printed per another number.
    decimals : int
        Digits after the point for values of ordinary size.
    more : str
        What a value above `null` says of arm 1 (the experimental arm, or the first measurement),
        after "higher" or "lower", e.g. ``"hazard"``; empty where there is nothing to compare.
    sized_back, sized_forward : callable, optional
        The same two ways where they depend on the sample size or person-time of a study.
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
    share: bool = False
    per: float = 1.0
    scalable: bool = False
    decimals: int = 2
    more: str = ""
    sized_back: SizeTransform | None = None
    sized_forward: SizeTransform | None = None
    back: Callable[[FloatArray], FloatArray] = np.asarray
    forward: Callable[[FloatArray], FloatArray] = np.asarray
    lowest: float = -np.inf
    highest: float = np.inf

    @property
    def per_patient_size(self) -> bool:
        """Whether the ways back and forward depend on the size of a study."""
        return self.sized_back is not None

    @property
    def unit(self) -> str:
        """What follows a printed value: ``"%"``, ``" per 1000"``, or nothing."""
        if self.per == 1:
            return ""
        return "%" if self.per == 100 and self.share else f" per {self.per:g}"

    def printed_per(self, per: float) -> Measure:
        """The same measure, printed per `per`.

        Raises
        ------
        EffectsError
            If it is not a proportion, a rate or a risk difference, or `per` is not > 0.

        Examples
        --------
        >>> from metaonc.effects import measure_named
        >>> per_1000 = measure_named("PLOGIT").printed_per(1000)
        >>> per_1000.label, per_1000.number(0.0125)
        ('Proportion (per 1000)', '12.5')
        """
        if not self.scalable:
            raise EffectsError(
                f"per = {per!r}: a {self.name} ({self.code}) is not printed per a number; leave "
                "per out."
            )
        if not 0 < per < np.inf:
            raise EffectsError(f"per = {per!r} is not a number > 0, e.g. 100 or 1000.")
        plain = self.label.split(" (")[0]
        changed = replace(self, per=float(per), decimals=1 if per != 1 else 3)
        return replace(changed, label=f"{plain} ({changed.unit.strip()})" if per != 1 else plain)

    def direction(self, value: float) -> str:
        """Say in words which way a displayed value points; empty at the null, or without one.

        Examples
        --------
        >>> from metaonc.effects import measure_named
        >>> measure_named("HR").direction(0.62), measure_named("HR").direction(1.0)
        ('lower hazard', '')
        >>> measure_named("MD").direction(1.5)
        'higher mean'
        """
        if self.null is None or not self.more or value == self.null or np.isnan(value):
            return ""
        return f"{'higher' if value > self.null else 'lower'} {self.more}"

    def display(self, values: ArrayLike, n: ArrayLike | None = None) -> FloatArray:
        """Transform from the analysis scale to the displayed scale.

        Parameters
        ----------
        values : array_like
            Values on the analysis scale.
        n : array_like, optional
            Sample sizes, for measures that depend on them (``PFT``), or person-times
            (``IRFT``).

        Returns
        -------
        ndarray of float
            Same shape as `values`.
        """
        array = np.asarray(values, dtype=float)
        if self.sized_back is not None and n is not None:
            return self.sized_back(array, n)
        with np.errstate(over="ignore"):  # a ratio beyond the largest float is infinite
            return np.asarray(self.back(array), dtype=float)

    def analysis(self, values: ArrayLike, n: ArrayLike | None = None) -> FloatArray:
        """Transform from the displayed scale to the analysis scale: the inverse of `display`.

        Parameters
        ----------
        values : array_like
            Values on the displayed scale; proportions as fractions.
        n : array_like, optional
            Sample sizes, for measures that depend on them (``PFT``), or person-times
            (``IRFT``).

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
        >>> from metaonc.effects import measure_named
        >>> measure_named("HR").analysis([0.5, 1.0]).round(3)
        array([-0.693,  0.   ])
        """
        array = np.asarray(values, dtype=float)
        if not ((array >= self.lowest) & (array <= self.highest)).all():
            rule = "a number" if np.isinf(self.lowest) else f">= {self.lowest:g}"
            if np.isfinite(self.highest):
                rule = f"between {self.lowest:g} and {self.highest:g}"
            written = "; write 20% as 0.2" if self.share else ""
            raise EffectsError(f"{values!r} is not a {self.name}, which is {rule}{written}.")
        if self.sized_forward is not None and n is not None:
            return self.sized_forward(array, n)
        with np.errstate(divide="ignore"):  # the end of the scale lies at infinity
            return np.asarray(self.forward(array), dtype=float)

    def number(self, value: float) -> str:
        """Print one value of the displayed scale; percentages without their sign.

        Examples
        --------
        >>> from metaonc.effects import measure_named
        >>> hr = measure_named("HR")
        >>> [hr.number(x) for x in (0.5412, 12.34, 123.4, 0.00123, 1e-6, 2e6)]
        ['0.54', '12.3', '123', '0.0012', '<0.001', '>1000']
        >>> measure_named("PLOGIT").number(0.6111)
        '61.1'
        """
        if self.per != 1:
            return "–" if np.isnan(value) else f"{self.per * value:.{self.decimals}f}"
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
