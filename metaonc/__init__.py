"""metaonc: meta-analysis for oncology, from published numbers to a pooled result.

Nothing heavy is imported until one of the public names is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from metaonc._version import __version__ as __version__

if TYPE_CHECKING:
    from metaonc.batch import (
        PooledMany,
        pool_many,
    )
    from metaonc.diagnostics import (
        baujat,
        bootstrap,
        cumulative,
        fragility_index,
        gosh,
        influence,
        labbe,
        leave_m_out,
        leave_one_out,
        next_trial,
        normal_qq,
        p_uniform_star,
        permutation_test,
        power,
        radial,
        required_information_size,
        rounding,
        selection_model,
        specification_curve,
        study_likelihoods,
        tau2_profile,
        trial_sequential_analysis,
    )
    from metaonc.effects import (
        Effects,
        Registry,
        effect_sizes,
        load_registry,
    )
    from metaonc.errors import (
        AuditError,
        DiagnosticsError,
        EffectsError,
        MetaoncError,
        PlanError,
        PlotError,
        PoolingError,
        RecordError,
        ReportError,
    )
    from metaonc.plots import (
        forest,
        harms_plot,
        sequential_plot,
        specification_plot,
    )
    from metaonc.pooling import (
        AbsoluteEffects,
        HarmsTable,
        MetaRegression,
        PolicyComparison,
        PooledResult,
        RareEvents,
        SubgroupResult,
        absolute_effects,
        compare_policies,
        harms,
        pool,
        rare_events,
        regress,
        subgroups,
    )

# Public name -> the room that defines it; PEP 562 loads the room on first use.
_HOMES = {
    "baujat": "metaonc.diagnostics",
    "bootstrap": "metaonc.diagnostics",
    "cumulative": "metaonc.diagnostics",
    "fragility_index": "metaonc.diagnostics",
    "gosh": "metaonc.diagnostics",
    "influence": "metaonc.diagnostics",
    "labbe": "metaonc.diagnostics",
    "leave_m_out": "metaonc.diagnostics",
    "leave_one_out": "metaonc.diagnostics",
    "next_trial": "metaonc.diagnostics",
    "normal_qq": "metaonc.diagnostics",
    "permutation_test": "metaonc.diagnostics",
    "power": "metaonc.diagnostics",
    "radial": "metaonc.diagnostics",
    "required_information_size": "metaonc.diagnostics",
    "rounding": "metaonc.diagnostics",
    "selection_model": "metaonc.diagnostics",
    "specification_curve": "metaonc.diagnostics",
    "study_likelihoods": "metaonc.diagnostics",
    "tau2_profile": "metaonc.diagnostics",
    "p_uniform_star": "metaonc.diagnostics",
    "trial_sequential_analysis": "metaonc.diagnostics",
    "Effects": "metaonc.effects",
    "Registry": "metaonc.effects",
    "effect_sizes": "metaonc.effects",
    "load_registry": "metaonc.effects",
    "AuditError": "metaonc.errors",
    "DiagnosticsError": "metaonc.errors",
    "EffectsError": "metaonc.errors",
    "MetaoncError": "metaonc.errors",
    "PlanError": "metaonc.errors",
    "PlotError": "metaonc.errors",
    "PoolingError": "metaonc.errors",
    "RecordError": "metaonc.errors",
    "ReportError": "metaonc.errors",
    "forest": "metaonc.plots",
    "harms_plot": "metaonc.plots",
    "sequential_plot": "metaonc.plots",
    "specification_plot": "metaonc.plots",
    "AbsoluteEffects": "metaonc.pooling",
    "HarmsTable": "metaonc.pooling",
    "MetaRegression": "metaonc.pooling",
    "PolicyComparison": "metaonc.pooling",
    "PooledMany": "metaonc.batch",
    "PooledResult": "metaonc.pooling",
    "RareEvents": "metaonc.pooling",
    "SubgroupResult": "metaonc.pooling",
    "absolute_effects": "metaonc.pooling",
    "compare_policies": "metaonc.pooling",
    "harms": "metaonc.pooling",
    "pool": "metaonc.pooling",
    "pool_many": "metaonc.batch",
    "rare_events": "metaonc.pooling",
    "regress": "metaonc.pooling",
    "subgroups": "metaonc.pooling",
}

__all__ = [
    "AbsoluteEffects",
    "AuditError",
    "DiagnosticsError",
    "Effects",
    "EffectsError",
    "HarmsTable",
    "MetaRegression",
    "MetaoncError",
    "PlanError",
    "PlotError",
    "PolicyComparison",
    "PooledMany",
    "PooledResult",
    "PoolingError",
    "RareEvents",
    "RecordError",
    "Registry",
    "ReportError",
    "SubgroupResult",
    "absolute_effects",
    "baujat",
    "bootstrap",
    "compare_policies",
    "cumulative",
    "effect_sizes",
    "forest",
    "fragility_index",
    "gosh",
    "harms",
    "harms_plot",
    "influence",
    "labbe",
    "leave_m_out",
    "leave_one_out",
    "load_registry",
    "next_trial",
    "normal_qq",
    "p_uniform_star",
    "permutation_test",
    "pool",
    "pool_many",
    "power",
    "radial",
    "rare_events",
    "regress",
    "required_information_size",
    "rounding",
    "selection_model",
    "sequential_plot",
    "specification_curve",
    "specification_plot",
    "study_likelihoods",
    "subgroups",
    "tau2_profile",
    "trial_sequential_analysis",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'metaonc' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
