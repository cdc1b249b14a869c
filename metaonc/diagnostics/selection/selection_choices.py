"""What was asked of a selection model: checked, and filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from metaonc.diagnostics.selection.sides import Alternative
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.kernels.selection.selection_models import SELECTION_TYPES, STEPPED
from metaonc.kernels.selection.selection_weights import SMOOTH

# What weights are allowed to depend on beside the p value.
PRECISIONS = ("sei", "vi")
# Weights of Vevea and Woods 2005, Table 1, up to each p value: one-sided and two-sided selection.
_WOODS_STEPS = (0.005, 0.01, 0.05, 0.1, 0.25, 0.35, 0.5, 0.65, 0.75, 0.9, 0.95, 0.99, 0.995)
_WOODS = {
    ("moderate", False): (1, 0.99, 0.95, 0.8, 0.75, 0.65, 0.6, 0.55, *[0.5] * 6),
    ("severe", False): (1, 0.99, 0.9, 0.75, 0.6, 0.5, 0.4, 0.35, 0.3, 0.25, *[0.1] * 4),
    ("moderate", True): (1, 0.99, 0.95, 0.9, 0.8, 0.75, 0.6, 0.6, 0.75, 0.8, 0.9, 0.95, 0.99, 1.0),
    ("severe", True): (1, 0.99, 0.9, 0.75, 0.6, 0.5, 0.25, 0.25, 0.5, 0.6, 0.75, 0.9, 0.99, 1.0),
}


@dataclass(frozen=True, eq=False)
class SelectionChoices:
    """The choices behind a selection model.

    Attributes
    ----------
    type : str
        Kind of weight function.
    alternative : str
        Side of the p values.
    steps : tuple of float
        Cuts of a step function; or the p value up to which all studies are seen, or none.
    prec : str or None
        What else the weights depend on.
    given : ndarray, shape (q,)
        Fixed parameters of the weight function; NaN for those estimated. Without the weight of
        the first interval of a step function, which is 1.
    said : str or None
        Name of a set of fixed weights.
    """

    type: str
    alternative: Alternative
    steps: tuple[float, ...]
    prec: str | None
    given: FloatArray
    said: str | None

    @property
    def stepped(self) -> bool:
        """Whether weights are constant between p values."""
        return self.type in STEPPED

    @property
    def all_given(self) -> bool:
        """Whether no parameter of the weights is estimated."""
        return not np.isnan(self.given).any()

    @property
    def null(self) -> FloatArray:
        """Parameters at which every study is as likely to be seen."""
        return np.ones(len(self.steps)) if self.stepped else np.array(SMOOTH[self.type].null)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the weight function's parameters, without the one that is 1."""
        first = 2 if self.type == "stepfun" else 1
        return tuple(f"delta_{first + i}" for i in range(len(self.given)))

    @property
    def intervals(self) -> tuple[tuple[float, float], ...]:
        """P values between which a step function is constant; empty for the other kinds."""
        ends = (0.0, *self.steps, 1.0)
        return tuple(pairwise(ends)) if self.stepped else ()


def selection_choices(
    kind: str,
    alternative: Alternative,
    steps: ArrayLike | None,
    delta: str | Sequence[float | None] | None,
    prec: str | None,
) -> SelectionChoices:
    """Check the arguments of a selection model.

    Raises
    ------
    DiagnosticsError
        If one of them is not what it may be, or two do not go together.
    """
    if kind not in SELECTION_TYPES:
        raise DiagnosticsError(
            f"type = {kind!r} must be one of {', '.join(map(repr, SELECTION_TYPES))}."
        )
    if prec is not None and (kind in (*STEPPED, "beta") or prec not in PRECISIONS):
        raise DiagnosticsError(
            f"prec = {prec!r} must be one of {', '.join(map(repr, PRECISIONS))}, and is for the "
            f"types {', '.join(repr(name) for name in SMOOTH if name != 'beta')}."
        )
    said = delta if isinstance(delta, str) else None
    if said is not None:
        if kind != "stepfun" or steps is not None or (said, False) not in _WOODS:
            raise DiagnosticsError(
                f"delta = {said!r} must be 'moderate' or 'severe', the fixed weights of Vevea and "
                "Woods, with type='stepfun' and without `steps`; or give numbers."
            )
        given = np.array(_WOODS[said, alternative == "two-sided"][1:])
        return SelectionChoices(kind, alternative, _WOODS_STEPS, prec, given, said)
    cuts = _steps(kind, alternative, steps)
    numbers = cast("Sequence[float | None] | None", delta)
    return SelectionChoices(kind, alternative, cuts, prec, _given(kind, cuts, numbers), None)


def _steps(kind: str, alternative: Alternative, steps: ArrayLike | None) -> tuple[float, ...]:
    """Cuts strictly between 0 and 1, in increasing order; a final 1 may be said."""
    if kind == "trunc" and (steps is not None or alternative == "two-sided"):
        raise DiagnosticsError(
            "type = 'trunc' separates the effects on either side of 0: it is one-sided and has no "
            "`steps`; use type='stepfun' for p values."
        )
    if steps is None:
        two_sided = alternative == "two-sided"
        return {"stepfun": (0.05 if two_sided else 0.025,), "trunc": (0.5,)}.get(kind, ())
    cuts = np.atleast_1d(np.asarray(steps, dtype=float)).ravel()
    cuts = cuts[:-1] if len(cuts) > 1 and cuts[-1] == 1 else cuts
    inside = np.isfinite(cuts).all() and (cuts > 0).all() and (cuts < 1).all()
    if not (len(cuts) and inside and (np.diff(cuts) > 0).all()):
        raise DiagnosticsError(
            f"steps = {steps!r} must be p values between 0 and 1 in increasing order."
        )
    if kind == "beta" or (kind != "stepfun" and len(cuts) > 1):
        few = "no `steps`" if kind == "beta" else "one value of `steps`, up to which all are seen"
        raise DiagnosticsError(f"type = {kind!r} takes {few}.")
    return tuple(map(float, cuts))


def _given(kind: str, cuts: tuple[float, ...], delta: Sequence[float | None] | None) -> FloatArray:
    """Fixed parameters, NaN where they are estimated."""
    first = int(kind == "stepfun")
    q = len(cuts) if kind in STEPPED else len(SMOOTH[kind].null)
    if delta is None:
        return np.full(q, np.nan)
    values = np.array([np.nan if value is None else value for value in delta], dtype=float)
    fixed = values[~np.isnan(values)]
    lowest = 0.0 if kind not in ("beta", *STEPPED) else np.nextafter(0.0, 1.0)
    if len(values) != q + first or (fixed < lowest).any() or not np.isfinite(fixed).all():
        raise DiagnosticsError(
            f"delta = {delta!r} must be {q + first} values, "
            f"{'positive' if lowest > 0 else 'none below 0'}; None for those to be estimated."
        )
    if first and values[0] != 1:
        raise DiagnosticsError(
            f"delta = {delta!r} must begin with 1: weights are relative to those of the smallest "
            "p values."
        )
    if kind == "negexppow" and values[1] == 0:
        raise DiagnosticsError("the second value of delta must be positive, or None.")
    return values[first:]
