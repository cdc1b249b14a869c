"""`pool`: effects -> a pooled result."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, overload

from metaonc.effects import Effects
from metaonc.errors import PoolingError
from metaonc.pooling.choices import NEEDS_TWO_STUDIES, choose, choose_for_correlated
from metaonc.pooling.data import fit_of
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
    within_trial_correlation: float | None = None,
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
    within_trial_correlation: float | None = None,
    moderators: Any = None,
) -> PooledResult | MetaRegression:
    r"""Pool study effects by inverse-variance weighting.

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
    within_trial_correlation : float, optional
        For effects with a known covariance and random effects: correlation of the true effects of
        contrasts of one trial (the effects' column ``trial``, else those that covary), from 0 to
        below 1. Default: 0.5, which follows if the between-study variance is the same for every
        pair of treatments (Higgins & Whitehead, Stat Med 1996;15:2733-2749; Lu & Ades, Stat Med
        2004;23:3105-3124; Salanti et al., Stat Methods Med Res 2008;17:279-301).
    moderators : str, DataFrame or array_like, optional
        Regress the effects on these instead: see :func:`metaonc.regress`.

    Returns
    -------
    PooledResult
        Or a `MetaRegression`, with moderators.

    Raises
    ------
    PoolingError
        If an argument is not one of the above, a method needs more studies than there are, or is
        not defined for effects with a known covariance.

    Notes
    -----
    With a known covariance V the mean is that of generalised least squares with :math:`V +
    \hat\tau^2 T`, T the correlation matrix of the true effects, and all of the above stays what
    it is with that matrix for the variances. ``tau2="SJ"`` and ``ci="hc"`` are not defined then.

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
    chosen = choose_for_correlated(chosen, effects.covariance is not None, within_trial_correlation)
    return PooledResult(effects, chosen, fit_of(effects, chosen))
