"""metaonc: meta-analysis for oncology, from published numbers to a pooled result.

Nothing heavy is imported until one of the public names is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from metaonc._version import __version__ as __version__

if TYPE_CHECKING:
    from metaonc.batch import PooledMany, pool_many
    from metaonc.effects import Effects, Registry, effect_sizes, load_registry
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
    from metaonc.plots import forest
    from metaonc.pooling import (
        AbsoluteEffects,
        MetaRegression,
        PolicyComparison,
        PooledResult,
        SubgroupResult,
        absolute_effects,
        compare_policies,
        pool,
        regress,
        subgroups,
    )

# Public name -> the room that defines it; PEP 562 loads the room on first use.
_HOMES = {
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
    "AbsoluteEffects": "metaonc.pooling",
    "MetaRegression": "metaonc.pooling",
    "PolicyComparison": "metaonc.pooling",
    "PooledMany": "metaonc.batch",
    "PooledResult": "metaonc.pooling",
    "SubgroupResult": "metaonc.pooling",
    "absolute_effects": "metaonc.pooling",
    "compare_policies": "metaonc.pooling",
    "pool": "metaonc.pooling",
    "pool_many": "metaonc.batch",
    "regress": "metaonc.pooling",
    "subgroups": "metaonc.pooling",
}

__all__ = [
    "AbsoluteEffects",
    "AuditError",
    "DiagnosticsError",
    "Effects",
    "EffectsError",
    "MetaRegression",
    "MetaoncError",
    "PlanError",
    "PlotError",
    "PolicyComparison",
    "PooledMany",
    "PooledResult",
    "PoolingError",
    "RecordError",
    "Registry",
    "ReportError",
    "SubgroupResult",
    "absolute_effects",
    "compare_policies",
    "effect_sizes",
    "forest",
    "load_registry",
    "pool",
    "pool_many",
    "regress",
    "subgroups",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'metaonc' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
