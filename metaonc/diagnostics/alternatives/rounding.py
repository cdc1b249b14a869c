"""What the rounding of printed figures does to a pooled result."""

from __future__ import annotations

from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from metaonc.diagnostics.alternatives.printed_figures import StudyBox, study_boxes
from metaonc.diagnostics.alternatives.rounding_ranges import QUANTITIES, PrintedSpace, Range, ranges
from metaonc.diagnostics.alternatives.rounding_results import Rounding
from metaonc.diagnostics.arguments import whole
from metaonc.diagnostics.deletion.members import pooled
from metaonc.diagnostics.refits import in_one_batch
from metaonc.effects.tables.recipes import RECIPES
from metaonc.errors import DiagnosticsError
from metaonc.pooling import PooledResult

if TYPE_CHECKING:
    pass


def rounding(
    result: PooledResult,
    *,
    digits: int | None = None,
    level_rounded: bool = False,
    seed: int = 0,
) -> Rounding:
    r"""What a pooled result may be, given that its figures were printed rounded.

    Parameters
    ----------
    result : PooledResult
        Of effects from the registry, or from a raw table whose columns hold figures as printed:
        text (``"0.70"``; read a file with ``dtype=str``), decimals or whole numbers.
    digits : int, optional
        Decimals of figures that are floats, which have lost theirs. Default: such figures are
        exact.
    level_rounded : bool, default False
        Whether the level of a printed interval also counts as rounded (95% as 94.5% to 95.5%). By
        default it is exact: it was chosen, not measured.
    seed : int, default 0
        Seed of the search.

    Returns
    -------
    Rounding
        `stable` where the displayed digits of estimate and limits, and the interval's place
        relative to the null, are the same for all values that round to the printed figures.

    Raises
    ------
    DiagnosticsError
        If no effect carries printed figures; the effects are correlated; or the interval is
        resampled or the model one of counts with a fit of its own.

    Notes
    -----
    A printed 0.43 stands for 0.425 to 0.435, both ends included. Counts are exact, but for those
    that a record takes from a percentage which others print as, too. With tau²
    known (a common effect, or a given tau²) and effect and variance of each study on different
    figures, bounds of the estimate, its Wald or t limits and p are exact: see
    :func:`metaonc.kernels.weight_bounds.limit_range`. Otherwise, and for tau² and I², they are
    searched for: see :func:`metaonc.diagnostics.alternatives.extremes.find_extremes`.

    Examples
    --------
    >>> import metaonc as mo
    >>> found = mo.rounding(mo.pool(mo.load_registry().effects("os"), model="fixed"))
    >>> found.conclusion_stable, found.matters_most
    (False, 'BOLERO-2 2012')
    """
    effects = pooled(result).effects
    if effects.covariance is not None:
        raise DiagnosticsError(
            "rounding is followed through independent effects, and these have a known covariance; "
            "combine the contrasts of a trial (shared_control='combine')."
        )
    if digits is not None:
        whole("digits", digits, 0)
    boxes = study_boxes(effects, digits=digits, level_rounded=level_rounded)
    if all(box.reason for box in boxes) and not _from_counts(result):
        raise DiagnosticsError(
            "no effect carries printed figures: take effects from the registry, or from a raw "
            "table whose columns hold text such as '0.70', or say how many digits floats had."
        )
    if not in_one_batch(result) and any(len(box.at) for box in boxes):
        raise DiagnosticsError(
            "rounding fits effects and variances thousands of times; pool them with "
            "model='random' or 'fixed' and an interval that is not itself resampled."
        )
    _check_variances(boxes)
    return _rounded(result, boxes, whole("seed", seed, 0))


def _check_variances(boxes: tuple[StudyBox, ...]) -> None:
    """Refuse figures so coarse that some values that round to them leave no variance."""
    for box in boxes:
        corners = np.array(list(product(*zip(box.low, box.high, strict=True))))
        with np.errstate(all="ignore"):
            yi, vi = box.effects(corners)
        if not (np.isfinite(yi) & np.isfinite(vi) & (vi > 0)).all():
            raise DiagnosticsError(
                f"{box.label}: {box.printed}: some values that round to these figures leave no "
                "effect or no variance; look for figures with more digits, or leave the study out."
            )


def _rounded(result: PooledResult, boxes: tuple[StudyBox, ...], seed: int) -> Rounding:
    free = sum(len(box.at) for box in boxes)
    if not free:  # counts: nothing is rounded, whatever the model
        own = {name: float(getattr(result, name)) for name in QUANTITIES}
        still = {name: Range(value, value, True) for name, value in own.items()}
        each = np.repeat(np.array(list(own.values()))[None, :, None], len(boxes), axis=0)
        study, fits = np.repeat(each, 2, axis=2), 0
    else:
        space = PrintedSpace(result, boxes)
        still, fits = ranges(space, seed)
        study = space.study_ranges()
    study.flags.writeable = False
    return Rounding(
        result=result,
        ranges=MappingProxyType(still),
        boxes=boxes,
        study_ranges=study,
        seed=seed,
        fits=fits,
    )


def _from_counts(result: PooledResult) -> bool:
    """Whether the effects come from counts that they carry."""
    recipe = RECIPES.get(result.effects.measure)
    return bool(
        recipe and recipe.counts and set(recipe.columns) <= set(result.effects.columns.keys())
    )
