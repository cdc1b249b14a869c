"""Single proportions and rates in words: intervals of studies, the way back of pooled values."""

from __future__ import annotations

from metaonc.effects import PROPORTION_INTERVALS
from metaonc.effects.reading import BACK_SIZES
from metaonc.pooling.readable import Readable


def study_interval_text(result: Readable) -> str:
    """Which interval the studies' own proportions have, and their way back; empty otherwise."""
    effects = result.effects
    said = ""
    if effects.study_interval:
        said += f"; {PROPORTION_INTERVALS[effects.study_interval]} intervals of the studies"
    size = effects.pooled_size()
    if size is not None:
        said += f"; transformed back with {_size_text(effects.back_size)} ({size:.4g})"
    return said


def _size_text(kind: str | float) -> str:
    return f"the {kind} mean of the studies' sizes" if isinstance(kind, str) else "a given size"


def back_size_note(result: Readable) -> str:
    """How much a Freeman-Tukey result depends on the size it is transformed back with.

    Empty for other measures and for one study, whose own size there is no doubt about.
    """
    effects = result.effects
    used = effects.pooled_size()
    if used is None or result.k == 1:
        return ""
    scale = effects.scale
    others = [
        f"{number} with the {kind} mean ({size:.4g})"
        for kind in BACK_SIZES
        if (size := effects.pooled_size(kind)) is not None
        and (number := scale.number(float(scale.display(result.estimate, size))) + scale.unit)
        and kind != effects.back_size
    ]
    estimate = scale.number(result.display()[0]) + scale.unit
    return (
        f"The Freeman-Tukey way back depends on a sample size: {estimate} here "
        f"({used:.4g}), {' and '.join(others)}. It can mislead seriously where sizes differ widely "
        "(Schwarzer et al. 2019); compare the mixed model of the counts (PLOGIT or IRLN with "
        "model='glmm')."
    )
