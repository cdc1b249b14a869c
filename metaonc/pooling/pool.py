"""`pool`: effects -> a pooled result."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, overload

from metaonc.effects import Effects
from metaonc.errors import PoolingError
from metaonc.kernels import fit
from metaonc.pooling.choices import NEEDS_TWO_STUDIES, choose
from metaonc.pooling.meta_regression import MetaRegression
from metaonc.pooling.regression import regress
from metaonc.pooling.result import PooledResult


@overload
def pool(
    effects: Effects,
    *,
    model: str | None = None,
    tau2: str | float | None = None,
    ci: str | None = None,
    level: float | None = None,
    policy: str | None = None,
    moderators: None = None,
) -> PooledResult: ...


@overload
def pool(
    effects: Effects,
    *,
    model: str | None = None,
    tau2: str | float | None = None,
    ci: str | None = None,
    level: float | None = None,
    policy: str | None = None,
    moderators: object,
) -> MetaRegression: ...


def pool(
    effects: Effects,
    *,
    model: str | None = None,
    tau2: str | float | None = None,
    ci: str | None = None,
    level: float | None = None,
    policy: str | None = None,
    moderators: Any = None,
) -> PooledResult | MetaRegression:
    """Pool study effects by inverse-variance weighting.

    Parameters
    ----------
    effects : Effects
        One or more studies.
    model : {"fixed", "random"}, optional
        One common effect, or effects that vary between studies. Default: the policy's.
    tau2 : str or float, optional
        Estimator of the between-study variance: DL, DL2, HE, HS, HSk, SJ, ML, REML, PM, PMM, EB,
        DLIT or SJIT; or a value >= 0 to take it as known, in squared units of `yi`. Only for
        random effects. Default: the policy's.
    ci : str, optional
        Test and interval of the mean. ``"wald"``; ``"t"`` with k - 1 df; ``"hksj"``:
        Hartung-Knapp-Sidik-Jonkman; ``"hksj-adhoc"``: the same with a standard error never below
        Wald's; ``"hksj-ci"``: the wider of HKSJ and Wald; ``"hksj-iqwig"``: IQWiG's rule;
        ``"kr"``: Kenward-Roger (REML); ``"profile"``: profile likelihood (ML); ``"hc"``:
        Henmi-Copas (DL, around the common effect); ``"auto"``: HKSJ where tau² > 0 and k > 2,
        else Wald. Default: the policy's for random effects, Wald for a fixed effect.
    level : float, optional
        Confidence level as a fraction. Default: the policy's, 0.95.
    policy : str, optional
        Name of the set of choices that the other arguments modify: ``"metaonc-2026"`` (default),
        ``"revman-2025"``, ``"revman-5"``, ``"metafor-5"``, ``"meta-8"``, ``"stata-19"`` or
        ``"iqwig-6"``. It also decides what I² comes from and which prediction interval there is.

    moderators : str, DataFrame or array_like, optional
        Regress the effects on these instead: see :func:`metaonc.regress`.

    Returns
    -------
    PooledResult
        Or a `MetaRegression`, with moderators.

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
    if moderators is not None:
        return regress(
            effects, moderators, model=model, tau2=tau2, ci=ci, level=level, policy=policy
        )
    chosen = choose(model=model, tau2=tau2, ci=ci, level=level, policy=policy)
    if effects.k < 2 and chosen.ci in NEEDS_TWO_STUDIES:
        if ci is not None:
            raise PoolingError(
                f"ci = {chosen.ci!r} needs at least 2 studies, got {effects.k}; use ci='wald'."
            )
        chosen = replace(chosen, ci="wald")  # a policy's rule is for what one study allows
    found = fit(
        effects.yi,
        effects.vi,
        model=chosen.model,
        tau2=chosen.tau2,
        ci=chosen.ci,
        level=chosen.level,
    )
    return PooledResult(effects, chosen, found)
