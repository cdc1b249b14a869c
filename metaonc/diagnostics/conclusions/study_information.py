"""What each study adds to the information of a meta-analysis, and in which unit it is counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metaonc.effects import Effects
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.kernels.information import (
    patients_for_risks,
    schoenfeld_events,
    wanted_deviate,
)

_RISKS = ("OR", "RR", "RD")
_TABLE = ("events_1", "n_1", "events_2", "n_2")


@dataclass(frozen=True)
class StudyInformation:
    """Information of each study, shape (k,), its unit, and where the numbers come from."""

    amounts: FloatArray
    unit: str
    source: str


def study_information(effects: Effects) -> StudyInformation:
    """Events for hazard ratios, patients for tables of counts, else one over the variance.

    Where a trial's events are not known they follow from its variance: events = 1 / {v p (1 - p)},
    p being arm 1's share of the patients (1/2 where that is not known either).
    """
    if effects.measure == "HR":
        return _events(effects)
    if effects.measure in _RISKS and effects.columns.keys() >= set(_TABLE):
        n_1, n_2 = (_floats(effects, name) for name in ("n_1", "n_2"))
        return StudyInformation(n_1 + n_2, "patients", "patients randomised")
    return StudyInformation(1 / effects.vi, "information", "one over the sampling variance")


def _events(effects: Effects) -> StudyInformation:
    share = shares(effects)
    implied = 1 / (effects.vi * share * (1 - share))
    counted = np.full(effects.k, np.nan)
    if {"events_1", "events_2"} <= effects.columns.keys():
        counted = _floats(effects, "events_1") + _floats(effects, "events_2")
    elif "events" in effects.columns:
        counted = _floats(effects, "events")
    known = counted > 0
    source = "events as reported" if known.all() else "events implied by the sampling variances"
    if known.any() and not known.all():
        source = f"events as reported in {known.sum()} studies, implied by the variance in others"
    return StudyInformation(np.where(known, counted, implied), "events", source)


def shares(effects: Effects) -> FloatArray:
    """Arm 1's share of each study's patients; 1/2 where they are not known."""
    if not {"n_1", "n_2"} <= effects.columns.keys():
        return np.full(effects.k, 0.5)
    n_1, n_2 = (_floats(effects, name) for name in ("n_1", "n_2"))
    with np.errstate(invalid="ignore"):
        found = n_1 / (n_1 + n_2)
    return np.where((found > 0) & (found < 1), found, 0.5)


def _floats(effects: Effects, name: str) -> FloatArray:
    """A column as numbers; NaN where there is none."""
    values = [np.nan if value is None else value for value in effects.columns[name]]
    return np.asarray(values, dtype=float)


def required(
    effects: Effects,
    unit: str,
    effect: float,
    *,
    alpha: float,
    power: float,
    share: float,
    control_risk: float | None,
) -> float:
    """Information that shows this effect (analysis scale) if it is the same in all studies."""
    if unit == "events":
        return schoenfeld_events(effect, alpha, power, share)
    if unit == "patients":
        risk_1, risk_2 = risks(effects, effect, control_risk)
        return patients_for_risks(risk_1, risk_2, alpha, power, share)
    return (wanted_deviate(alpha, power) / effect) ** 2


def pooled_control_risk(effects: Effects) -> float:
    """Events over patients of all control arms together."""
    return float(_floats(effects, "events_2").sum() / _floats(effects, "n_2").sum())


def risks(effects: Effects, effect: float, control_risk: float | None) -> tuple[float, float]:
    """Risks of the arms under an effect of the analysis scale.

    Raises
    ------
    DiagnosticsError
        If the effect takes the experimental arm's risk out of 0 to 1.
    """
    risk_2 = pooled_control_risk(effects) if control_risk is None else control_risk
    if effects.measure == "OR":
        odds = np.exp(effect) * risk_2 / (1 - risk_2)
        risk_1 = float(odds / (1 + odds))
    else:
        risk_1 = float(risk_2 * np.exp(effect) if effects.measure == "RR" else risk_2 + effect)
    if not (0 < risk_2 < 1 and 0 < risk_1 < 1):
        raise DiagnosticsError(
            f"a control risk of {risk_2:.3g} and this effect give a risk of {risk_1:.3g} in the "
            "experimental arm; both must lie between 0 and 1: name another control_risk or effect."
        )
    return risk_1, risk_2
