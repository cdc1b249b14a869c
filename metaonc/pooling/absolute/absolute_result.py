"""`AbsoluteEffects`: risks, differences and numbers needed to treat, and how they read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from metaonc.effects import level_text
from metaonc.kernels.absolute import Estimated
from metaonc.pooling.absolute.baseline import Baseline
from metaonc.pooling.absolute.baseline_rules import SURVIVAL
from metaonc.pooling.finding import Finding
from metaonc.pooling.result import PooledResult

if TYPE_CHECKING:
    import pandas as pd

    from metaonc.effects.survival.curves import SurvivalCurves

Event = Literal["unwanted", "wanted"]


@dataclass(frozen=True)
class AbsoluteEffect:
    """One baseline and what the treatment makes of it: probabilities of the event.

    Attributes
    ----------
    baseline : Baseline
        Patients without the treatment.
    risk : Estimated
        Event probability with the treatment: ``(estimate, low, high)``.
    difference : Estimated
        That less the baseline's.
    new_difference : Estimated or None
        The difference in a new study; None without a prediction interval.
    """

    baseline: Baseline
    risk: Estimated
    difference: Estimated
    new_difference: Estimated | None


@dataclass(frozen=True, eq=False, repr=False)
class AbsoluteEffects(Finding):
    """Absolute effects of a pooled ratio, made by :func:`metaonc.absolute_effects`.

    Attributes
    ----------
    result : PooledResult
        What was pooled.
    rows : tuple of AbsoluteEffect
        One per baseline.
    named : {"survival", "event_probability"}
        What was given for the baseline, and is reported for both arms.
    event : {"unwanted", "wanted"}
        Whether the event is bad or good.
    event_stated : bool
        Whether the plan or the caller said so.
    method : {"propagated", "delta"}
        How the limits were found.
    """

    kind: ClassVar[str] = "absolute effects"
    result: PooledResult
    rows: tuple[AbsoluteEffect, ...]
    named: str
    event: Event
    event_stated: bool
    method: str

    def to_frame(self, per: float = 1) -> pd.DataFrame:
        """One row per baseline, with all digits.

        Parameters
        ----------
        per : float, default 1
            Patients that probabilities and differences refer to: 1 for fractions, 1000 for numbers
            per 1000.

        Returns
        -------
        pandas.DataFrame
            ``at``; ``control`` and ``experimental`` with ``_low`` and ``_high``, in the quantity
            that was named (survival or event probability); ``difference``, experimental less
            control, and ``prediction_low prediction_high`` of it in a new study; ``nnt``, the
            number needed to treat for one patient to benefit, below 0 for one to be harmed, with
            the reciprocals of the limits of the difference, ``nnt_low`` that of its better end. An
            interval of the difference that holds 0 has ``nnt_low > 0 > nnt_high``: from there to
            infinity, and from minus infinity to here.
        """
        import pandas as pd

        return pd.DataFrame([self._row(each, per) for each in self.rows])

    def _row(self, each: AbsoluteEffect, per: float) -> dict[str, Any]:
        known = each.baseline.risk
        control = Estimated(known.value, *known.limits(self.result.choices.level))
        parts: dict[str, Estimated] = {
            "control": self._as_named(control),
            "experimental": self._as_named(each.risk),
            "difference": self._turned(each.difference),
        }
        row: dict[str, Any] = {"at": each.baseline.at}
        for name, found in parts.items():
            row |= {name: per * found.estimate}
            row |= {f"{name}_low": per * found.low, f"{name}_high": per * found.high}
        new = each.new_difference
        limits = (math.nan, math.nan) if new is None else self._turned(new)[1:]
        row |= {
            f"prediction_{end}": per * x for end, x in zip(("low", "high"), limits, strict=True)
        }
        gain = self._gain(each.difference)
        row |= {"nnt": _reciprocal(gain.estimate)}
        row |= {"nnt_low": _reciprocal(gain.high), "nnt_high": _reciprocal(gain.low)}
        return row

    def _as_named(self, risk: Estimated) -> Estimated:
        """An event probability as what was named."""
        if self.named != SURVIVAL:
            return risk
        return Estimated(1 - risk.estimate, 1 - risk.high, 1 - risk.low)

    def _turned(self, difference: Estimated) -> Estimated:
        return _minus(difference) if self.named == SURVIVAL else difference

    def _gain(self, difference: Estimated) -> Estimated:
        """How many more patients fare well."""
        return difference if self.event == "wanted" else _minus(difference)

    def curves(self) -> SurvivalCurves:
        """Survival in both arms over the times of the baselines.

        Returns
        -------
        SurvivalCurves
            The control arm as it was given, the other as the pooled hazard ratio makes it, with
            limits; draw them with :func:`metaonc.survival_plot`.

        Raises
        ------
        PoolingError
            If these are not survival at several times, each given as a number.

        Examples
        --------
        >>> import metaonc as mo
        >>> fit = mo.pool(mo.load_registry().effects("pfs"))
        >>> found = mo.absolute_effects(fit, survival=[0.6, 0.3], at=[3, 6], unit="months")
        >>> found.curves().to_frame()[["arm", "time", "survival"]].round(2)
                      arm  time  survival
        0  mTOR inhibitor   0.0      1.00
        1  mTOR inhibitor   3.0      0.74
        2  mTOR inhibitor   6.0      0.48
        3         control   0.0      1.00
        4         control   3.0      0.60
        5         control   6.0      0.30
        """
        from metaonc.pooling.absolute.absolute_curves import curves_of

        return curves_of(self)

    # Words -----------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """What the table is, in one line."""
        effects = self.result.effects
        of = "survival" if self.named == SURVIVAL else "probability of the event"
        level = level_text(self.result.choices.level)
        return f"{effects.title or 'Absolute effects'}: {of} per 1000 patients ({level} CI)"

    def cells(self) -> list[list[str]]:
        """The table per 1000 patients."""
        experimental, control = self._arms()
        predicted = any(each.new_difference for each in self.rows)
        head = ["", control, experimental, "difference", *(["prediction"] if predicted else [])]
        head.append("needed to treat")
        frame = self.to_frame(per=1000)
        lines = []
        for i, row in frame.iterrows():
            line = [row["at"] or f"baseline {int(str(i)) + 1}", f"{row['control']:.0f}"]
            line += [_with_limits(row, name) for name in ("experimental", "difference")]
            if predicted:
                line.append(_limits(row["prediction_low"], row["prediction_high"], signed=True))
            lines.append([*line, nnt_text(row["nnt"], row["nnt_low"], row["nnt_high"])])
        return [head, *lines]

    def _arms(self) -> tuple[str, str]:
        labels = tuple(self.result.effects.arm_labels)
        return (labels[0], labels[1]) if len(labels) == 2 else ("experimental", "control")

    @property
    def sentences(self) -> list[str]:
        """How the table was made, and what limits it."""
        measure = self.result.effects.measure
        estimate, low, high = self.result.display()
        scale = self.result.effects.scale
        pooled = (
            f"pooled {scale.name} {scale.number(estimate)} "
            f"({level_text(self.result.choices.level)} CI {scale.interval_text(low, high)})"
        )
        said = [
            f"Baseline: {'; '.join(dict.fromkeys(each.baseline.said for each in self.rows))}.",
            f"Method: {_FORMULAS[measure]}, {pooled}; {_LIMITS[self.method]}.",
        ]
        if any(each.baseline.known for each in self.rows):
            said.append(
                "Note: a baseline given without its uncertainty is taken as known; the limits "
                f"carry that of the {scale.name} alone."
            )
        if not self.event_stated:
            said.append('Note: the event is taken as unwanted; say event="wanted" if it is good.')
        if any(each.risk.high >= 1 and measure != "HR" for each in self.rows):
            said.append("Note: a limit of the risk was cut off at 1.")
        return said

    def numbers(self) -> dict[str, Any]:
        """What stands beside the table."""
        return {
            "named": self.named,
            "event": self.event,
            "method": self.method,
            "level": self.result.choices.level,
            "baselines": [each.baseline.said for each in self.rows],
        }


_FORMULAS = {
    "HR": "survival with the treatment is the baseline's to the power of the hazard ratio",
    "OR": "the log odds ratio is added to the log odds of the baseline",
    "PETO": "the log odds ratio is added to the log odds of the baseline",
    "RR": "the baseline risk times the risk ratio",
    "RD": "the baseline risk plus the risk difference",
}
_LIMITS = {
    "propagated": "limits from the joint distribution of pooled effect and baseline",
    "delta": "limits by the delta method",
}


def nnt_text(nnt: float, low: float, high: float) -> str:
    """A number needed to treat with its interval, through infinity where that is its way.

    Notes
    -----
    Altman DG. BMJ 1998;317:1309-1312.

    Examples
    --------
    >>> nnt_text(4.26, 3.1, 9.2), nnt_text(-20.0, -60.0, -11.0)
    ('NNTB 4.3 (3.1 to 9.2)', 'NNTH 20 (11 to 60)')
    >>> nnt_text(25.0, 9.0, -30.0)
    'NNTB 25 (NNTB 9.0 to ∞ to NNTH 30)'
    """
    if low > 0 and high > 0 and nnt > 0:
        return f"NNTB {_size(nnt)} ({_size(low)} to {_size(high)})"
    if low < 0 and high < 0 and nnt < 0:
        return f"NNTH {_size(nnt)} ({_size(high)} to {_size(low)})"
    side = "∞" if math.isinf(nnt) else f"{'NNTB' if nnt > 0 else 'NNTH'} {_size(nnt)}"
    ends = f"NNTB {_size(low)} to ∞ to NNTH {_size(high)}"
    if nnt < 0:
        ends = f"NNTH {_size(high)} to ∞ to NNTB {_size(low)}"
    return f"{side} ({ends})"


def _size(nnt: float) -> str:
    size = abs(nnt)
    if math.isinf(size):
        return "∞"
    return f"{size:.1f}" if size < 9.95 else f"{size:.0f}"


def _reciprocal(gain: float) -> float:
    return math.inf if gain == 0 else 1 / gain


def _minus(found: Estimated) -> Estimated:
    return Estimated(0.0 - found.estimate, 0.0 - found.high, 0.0 - found.low)


def _with_limits(row: Any, name: str) -> str:
    signed = name == "difference"
    limits = _limits(row[name + "_low"], row[name + "_high"], signed=signed)
    return f"{_whole(row[name], signed=signed)} ({limits})"


def _limits(low: float, high: float, *, signed: bool) -> str:
    return f"{_whole(low, signed=signed)} to {_whole(high, signed=signed)}"


def _whole(number: float, *, signed: bool) -> str:
    whole = round(number)
    return f"{whole:+d}" if signed and whole else str(whole)
