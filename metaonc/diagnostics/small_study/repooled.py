"""Other effects, pooled with the choices of a result."""

from __future__ import annotations

from dataclasses import replace

from metaonc.effects import Effects
from metaonc.kernels import Fit
from metaonc.pooling import Choices, PooledResult
from metaonc.pooling.choices import NEEDS_TWO_STUDIES
from metaonc.pooling.data import fit_of
from metaonc.pooling.pool import with_simulation


def repooled(effects: Effects, choices: Choices) -> PooledResult:
    """The effects pooled by the choices; sign flips are counted again for their number."""
    again = choices
    if effects.k < 2 and choices.ci in NEEDS_TWO_STUDIES:
        again = replace(choices, ci="wald", seed=None, draws=None)
    elif choices.draws is not None:
        bare = replace(choices, seed=None, draws=None)
        draws = None if choices.seed is None else choices.draws
        again = with_simulation(bare, effects.k, choices.seed, draws)
    return PooledResult(effects, again, fit_of(effects, again))


def mean_fit(effects: Effects, choices: Choices) -> Fit:
    """Mean and weights of the effects by the choices, with Wald's interval."""
    return fit_of(effects, replace(choices, ci="wald", seed=None, draws=None))
