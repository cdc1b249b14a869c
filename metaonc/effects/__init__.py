"""What each study estimates: records or a raw table -> `Effects`."""

from metaonc.effects.counts.proportion_intervals import PROPORTION_INTERVALS, proportion_interval
from metaonc.effects.effects import Effects
from metaonc.effects.means.recovery import recover_means
from metaonc.effects.scales.measures import (
    MEASURES,
    Measure,
    checked_level,
    level_text,
    measure_named,
)
from metaonc.effects.survival.curve_sources import survival_curves
from metaonc.effects.survival.curves import SurvivalCurves
from metaonc.effects.survival.reconstruction import reconstruct_patients
from metaonc.effects.survival.time_to_event import hazard_ratio_routes
from metaonc.effects.tables.effect_sizes import effect_sizes
from metaonc.effects.trials.patients import patients
from metaonc.effects.trials.registry import Registry, load_registry
from metaonc.effects.trials.shared_control import control_variance, shared_control_covariance
from metaonc.registry.selection import LeftOut

__all__ = [
    "MEASURES",
    "PROPORTION_INTERVALS",
    "Effects",
    "LeftOut",
    "Measure",
    "Registry",
    "SurvivalCurves",
    "checked_level",
    "control_variance",
    "effect_sizes",
    "hazard_ratio_routes",
    "level_text",
    "load_registry",
    "measure_named",
    "patients",
    "proportion_interval",
    "reconstruct_patients",
    "recover_means",
    "shared_control_covariance",
    "survival_curves",
]
