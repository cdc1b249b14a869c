"""`pool`: effects -> a pooled result."""

from __future__ import annotations

import math
from typing import cast

import numpy as np

from metaonc.effects import Effects, checked_level
from metaonc.errors import PoolingError
from metaonc.kernels import ESTIMATORS, IntervalMethod, Model, fit
from metaonc.pooling.policies import policy_named
from metaonc.pooling.result import Choices, PooledResult

MODELS = ("fixed", "random")
INTERVALS = ("auto", "wald", "t", "hksj", "hksj-adhoc")
NEEDS_TWO_STUDIES = ("t", "hksj", "hksj-adhoc")


def pool(
    effects: Effects,
    *,
    model: str | None = None,
    tau2: str | float | None = None,
    ci: str | None = None,
    level: float | None = None,
    policy: str | None = None,
) -> PooledResult:
    """Pool study effects by inverse-variance weighting.

    Parameters
    ----------
    effects : Effects
        One or more studies.
    model : {"fixed", "random"}, optional
        One common effect, or effects that vary between studies. Default: the policy's.
    tau2 : str or float, optional
        Estimator of the between-study variance: DL, DL2, HE, HS, HSk, SJ, ML, REML, PM, PMM, EB,
        DLIT or SJIT; or a value >= 0 to take it as known, in squared
        units of `yi`. Only for random effects. Default: the policy's.
    ci : {"auto", "wald", "t", "hksj", "hksj-adhoc"}, optional
        Test and interval of the mean. ``"hksj"``: Hartung-Knapp-Sidik-Jonkman with k - 1 df;
        ``"hksj-adhoc"``: the same, never narrower than Wald; ``"auto"``: HKSJ where tau² > 0 and
        k > 2, else Wald. Default: the policy's for random effects, Wald for a fixed effect.
    level : float, optional
        Confidence level as a fraction. Default: the policy's, 0.95.
    policy : str, optional
        Name of the set of choices that the other arguments modify. Default ``"metaonc-2026"``.

    Returns
    -------
    PooledResult

    Raises
    ------
    PoolingError
        If an argument is not one of the above, or a method needs more studies than there are.

    Examples
    --------
    >>> import metaonc as mo
    >>> fit = mo.pool(mo.load_registry().effects("pfs"))
    >>> fit
    <PooledResult: hazard ratio 0.60 (95% CI 0.46 to 0.79), k = 6, random effects, tau² = 0.0593>
    """
    base = policy_named(policy)
    chosen_model = cast(Model, _one_of("model", base.model if model is None else model, MODELS))
    fixed = chosen_model == "fixed"
    if fixed and tau2 is not None:
        raise PoolingError(
            f"tau2 = {tau2!r} does not apply to a fixed effect; use model='random' or leave it out."
        )
    default_ci = "wald" if fixed else base.ci
    chosen = Choices(
        policy=base.name,
        model=chosen_model,
        tau2=0.0 if fixed else _tau2_choice(base.tau2 if tau2 is None else tau2),
        ci=cast(IntervalMethod, _one_of("ci", default_ci if ci is None else ci, INTERVALS)),
        level=checked_level(base.level if level is None else level, PoolingError),
    )
    if effects.k < 2 and chosen.ci in NEEDS_TWO_STUDIES:
        raise PoolingError(
            f"ci = {chosen.ci!r} needs at least 2 studies, got {effects.k}; use ci='wald'."
        )
    return PooledResult(
        effects,
        chosen,
        fit(
            effects.yi,
            effects.vi,
            model=chosen.model,
            tau2=chosen.tau2,
            ci=chosen.ci,
            level=chosen.level,
        ),
    )


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise PoolingError(f"{name} = {value!r} is not one of {', '.join(map(repr, allowed))}.")
    return value


def _tau2_choice(tau2: object) -> str | float:
    if isinstance(tau2, str):
        return _one_of("tau2", tau2, tuple(ESTIMATORS))
    if not (isinstance(tau2, int | float | np.number) and math.isfinite(tau2) and tau2 >= 0):
        raise PoolingError(
            f"tau2 = {tau2!r} must be a number >= 0 or one of {', '.join(ESTIMATORS)}."
        )
    return float(tau2)
