"""`trim_and_fill`: how the result would look if the funnel were symmetric."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from metaonc.diagnostics.small_study.guards import CAUTION, pooled
from metaonc.diagnostics.small_study.precision import chosen
from metaonc.diagnostics.small_study.repooled import mean_fit, repooled
from metaonc.diagnostics.words import effect_cell, p_cell
from metaonc.effects import Effects
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.kernels.moderators import aliased, regression
from metaonc.kernels.trimming import ESTIMATORS, signed_ranks
from metaonc.pooling import Choices, PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd

SIDES = ("left", "right")
FILLED = "filled"  # column of the effects that tells filled studies from observed ones
_SIZES = ("n", "n_1", "n_2", "time")


@dataclass(frozen=True, eq=False, repr=False)
class TrimAndFill(Finding):
    """A result with the studies that would make its funnel symmetric.

    Made by :func:`metaonc.trim_and_fill`.

    Attributes
    ----------
    result : PooledResult
        The result as it is.
    filled : PooledResult
        The same with the filled studies, which its effects' column ``filled`` marks.
    estimator, side, center : str
        As in :func:`metaonc.trim_and_fill`.
    missing : int
        Studies estimated to be missing on that side.
    missing_se : float
        Standard error of the estimate.
    p_value : float
        Of "none is missing on that side", for R0; NaN for the others.
    reason : str
        Why there is no estimate; empty if there is.
    """

    result: PooledResult
    filled: PooledResult
    estimator: str
    side: str
    center: str
    missing: int
    missing_se: float
    p_value: float = math.nan
    reason: str = ""
    kind: ClassVar[str] = "trim and fill"

    @property
    def is_filled(self) -> NDArray[np.bool_]:
        """Which studies of `filled` are not real, shape (k + missing,)."""
        return np.asarray(self.filled.effects.columns[FILLED], dtype=bool)

    def to_frame(self) -> pd.DataFrame:
        """One row per study: ``label yi vi filled``, the filled ones last."""
        import pandas as pd

        effects = self.filled.effects
        return pd.DataFrame(
            {"label": effects.labels, "yi": effects.yi, "vi": effects.vi, FILLED: self.is_filled}
        )

    @property
    def title(self) -> str:
        """How many studies are missing, and where."""
        if self.reason:
            return f"Trim and fill, {self.estimator}: no estimate"
        plural = "study" if self.missing == 1 else "studies"
        return (
            f"Trim and fill, {self.estimator}: {self.missing} {plural} missing on the {self.side} "
            f"(se {self.missing_se:.2f})"
        )

    def cells(self) -> list[list[str]]:
        """Both pooled results."""
        if self.reason:
            return []
        effects = self.result.effects
        head = ["", "k", f"{effects.scale.name} (interval)", "p"]
        rows = (("observed", self.result), ("with filled studies", self.filled))
        return [
            head,
            *(
                [name, str(fit.k), effect_cell(effects, fit.estimate, fit.ci_low, fit.ci_high),
                 p_cell(fit.p_value)]
                for name, fit in rows
            ),
        ]  # fmt: skip

    def numbers(self) -> dict[str, Any]:
        """The estimate and both pooled results."""
        names = ("estimator", "side", "center", "missing", "missing_se", "p_value", "reason")
        pooled_names = ("k", "estimate", "ci_low", "ci_high", "p_value", "tau2")
        return {name: getattr(self, name) for name in names} | {
            which: {name: getattr(fit, name) for name in pooled_names}
            for which, fit in (("observed", self.result), (FILLED, self.filled))
        }

    @property
    def sentences(self) -> Sequence[str]:
        """How it was made, and what it is not."""
        if self.reason:
            return (f"No estimate: {self.reason}.",)
        said = [
            (
                f"Duval & Tweedie, J Am Stat Assoc 2000;95:89-98, estimator {self.estimator}; "
                f"studies are trimmed around the mean of {_CENTERS[self.center]}."
            )
        ]
        if not math.isnan(self.p_value):
            said.append(
                f"Test that no study is missing on the {self.side}: p = {p_cell(self.p_value)}."
            )
        said.append(
            "Filled studies are not data: this is how far the result moves if asymmetry comes from "
            "studies that were not published, and it corrects poorly where effects differ."
        )
        return (*said, CAUTION)


_CENTERS = {"model": "the result's model", "common": "the common effect"}


def trim_and_fill(
    result: PooledResult,
    estimator: str = "L0",
    *,
    side: str | None = None,
    center: str = "model",
) -> TrimAndFill:
    r"""Fill a funnel plot with the studies that seem to be missing on one side, and pool again.

    Parameters
    ----------
    result : PooledResult
        Independent effects with their variances.
    estimator : {"L0", "R0", "Q0"}, default "L0"
        How the number of missing studies is estimated.
    side : {"left", "right"}, optional
        Where they are missing: among small or large effects, on the analysis scale. Default: left
        where effects grow with their standard errors, else right.
    center : {"model", "common"}, default "model"
        The mean that studies are trimmed and mirrored around: that of the result's own model, or
        the common effect.

    Returns
    -------
    TrimAndFill
        With `reason` where the estimator has no value, or its iterations do not settle.

    Raises
    ------
    DiagnosticsError
        If an argument is not one of the above, or the result is a model of counts, whose tables
        cannot be mirrored.

    Notes
    -----
    The most extreme studies of the fuller side are trimmed, the mean estimated without them, and
    the missing ones counted around it, until their number stays the same; then the trimmed ones
    are mirrored at that mean [1]_. All are pooled with the choices of `result`.

    .. [1] Duval S, Tweedie R. J Am Stat Assoc 2000;95:89-98.
       doi:10.1080/01621459.2000.10473905; Biometrics 2000;56:455-463.
       doi:10.1111/j.0006-341X.2000.00455.x

    Examples
    --------
    >>> import metaonc as mo
    >>> fit = mo.pool(mo.load_registry().effects("pfs"))
    >>> mo.trim_and_fill(fit)
    <TrimAndFill: Trim and fill, L0: 2 studies missing on the right (se 1.69)>
    """
    pooled(result, "trim_and_fill()")
    if result.choices.count_model is not None:
        raise DiagnosticsError(
            f"model = {result.choices.count_model!r} pools tables, which trim_and_fill() cannot "
            "mirror; pool the effects with their variances (model='random')."
        )
    chosen("estimator", estimator, tuple(ESTIMATORS))
    chosen("center", center, tuple(_CENTERS))
    if side is not None:
        chosen("side", side, SIDES)
    effects, choices = result.effects, result.choices
    where = _side(result) if side is None else side
    trimming = choices if center == "model" else _common(choices)
    found = _missing(effects, trimming, estimator, 1.0 if where == "left" else -1.0)
    said: dict[str, Any] = {
        "result": result, "estimator": estimator, "side": where, "center": center,
        "missing": found.missing, "missing_se": found.se, "reason": found.reason,
    }  # fmt: skip
    if estimator == "R0" and not found.reason:
        said["p_value"] = 0.5 ** (found.missing + 1)
    whole = _filled(effects, found, choices.tau2_weights)
    return TrimAndFill(filled=repooled(whole, choices), **said)


def _common(choices: Choices) -> Choices:
    return Choices(policy=choices.policy, model="fixed", tau2=0.0, ci="wald", level=choices.level)


def _side(result: PooledResult) -> str:
    """Left where effects grow with their standard errors: few small ones among small studies."""
    effects, choices = result.effects, result.choices
    design = np.column_stack([np.ones(effects.k), effects.sei])
    if effects.k < 3 or aliased(design):
        raise DiagnosticsError(
            "all standard errors are the same, or there are fewer than 3 studies, so that no side "
            "of the funnel looks emptier; say side='left' or side='right'."
        )
    found = regression(
        effects.yi, effects.vi, design, model=choices.model, tau2=choices.tau2, ci="wald"
    )
    return "right" if found.coefficients[1] < 0 else "left"


@dataclass(frozen=True)
class _Missing:
    missing: int
    se: float
    trimmed: NDArray[np.int_]  # positions of the studies to mirror
    mirrored: FloatArray
    reason: str = ""


def _missing(effects: Effects, choices: Choices, estimator: str, sign: float) -> _Missing:
    """Trim until the number of studies missing on the left (sign 1) or right (-1) settles."""
    order = np.argsort(sign * effects.yi, kind="stable")
    nothing = _Missing(0, math.nan, order[:0], np.zeros(0))
    trimmed, seen = 0, {0}
    while True:
        kept = effects.take(order[: effects.k - trimmed])
        center = float(mean_fit(kept, choices).estimate)
        away = sign * (effects.yi[order] - center)
        found, se = ESTIMATORS[estimator](signed_ranks(away))
        if math.isnan(found):
            reason = "Q0 has no value, the effects being too lopsided; use L0 or R0"
            return replace(nothing, reason=reason)
        before, trimmed = trimmed, max(0, round(found))
        if trimmed == before:
            outer = order[effects.k - trimmed :]
            return _Missing(trimmed, se, outer, 2 * center - effects.yi[outer])
        if trimmed >= effects.k:
            return replace(nothing, reason=f"{estimator} would trim every study")
        if trimmed in seen:
            reason = f"the iterations go round among {', '.join(map(str, sorted(seen)))} studies"
            return replace(nothing, reason=reason)
        seen.add(trimmed)


def _filled(effects: Effects, found: _Missing, weights: str | None) -> Effects:
    """The studies and the filled ones, which keep the sizes of those they mirror."""
    kept = [name for name in (*_SIZES, weights or "") if name in effects.columns]
    everyone = [*range(effects.k), *found.trimmed.tolist()]
    columns: dict[str, Sequence[Any]] = {
        name: [effects.columns[name][i] for i in everyone] for name in kept
    }
    columns[FILLED] = [i >= effects.k for i in range(len(everyone))]
    labels = (*effects.labels, *(f"Filled: {effects.labels[i]}" for i in found.trimmed))
    return replace(
        effects,
        yi=np.append(effects.yi, found.mirrored),
        vi=np.append(effects.vi, effects.vi[found.trimmed]),
        labels=labels,
        columns=columns,
    )
