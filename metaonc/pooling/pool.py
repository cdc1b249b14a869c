"""`pool`: effects -> a pooled result."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, overload

from metaonc.effects import Effects
from metaonc.errors import PoolingError
from metaonc.kernels.resampled_fits import DEFAULT_DRAWS
from metaonc.pooling.between import simulation_of
from metaonc.pooling.choices import (
    NEEDS_TWO_STUDIES,
    POOLED_MODELS,
    SIMULATED_INTERVALS,
    Choices,
    choose,
    choose_for_correlated,
)
from metaonc.pooling.counts.sparse import sparse_model
from metaonc.pooling.data import fit_of
from metaonc.pooling.moderators.meta_regression import MetaRegression
from metaonc.pooling.moderators.regression import regress
from metaonc.pooling.policies import policy_named
from metaonc.pooling.result import PooledResult, result_class


@overload
def pool(
    effects: Effects,
    *,
    model: str | None = None,
    tau2: str | float | None = None,
    ci: str | None = None,
    level: float | None = None,
    policy: str | None = None,
    tau2_weights: str | None = None,
    seed: int | None = None,
    draws: int | None = None,
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
    tau2_weights: str | None = None,
    seed: int | None = None,
    draws: int | None = None,
    within_trial_correlation: float | None = None,
    moderators: Any = None,
) -> PooledResult | MetaRegression:
    r"""Pool study effects by inverse-variance weighting.

    Parameters
    ----------
    effects : Effects
        One or more studies.
    model : str, optional
        ``"fixed"``, one common effect, or ``"random"``, effects that vary between studies, from
        `yi` and `vi`; or a model of the counts that the effects carry: ``"mh"``, Mantel-Haenszel
        (OR, RR, RD, IRR, IRD); ``"peto"``, Peto's one-step odds ratio (OR);
        ``"firth"``, logistic regression with Firth's penalty (OR); the generalised linear
        mixed models ``"UM.FS"``, ``"UM.RS"``, ``"CM.EL"`` (OR, IRR), ``"CM.AL"`` (OR) and, for one
        arm, ``"glmm"`` (PLOGIT, IRLN); ``"beta-binomial"`` (OR, RR, RD; PLOGIT, PLN, PRAW). See
        :doc:`/methods/counts`. Default: the policy's. The default policy takes
        ``"glmm"`` for log odds and log rates of single arms if a study has no event, or nothing
        but events, and `tau2` and `ci` are left out too; the result says so.
    tau2 : str or float, optional
        Estimator of the between-study variance: DL, DL2, HE, HS, HSk, SJ, ML, REML, PM, PMM, EB,
        DLIT, SJIT, GENQ or GENQM; or a value >= 0 to take it as known, in squared units of `yi`.
        Only for random effects. Default: the policy's, and ML for models of counts.
    ci : str, optional
        Test and interval of the mean. ``"wald"``; ``"t"`` with k - 1 df; ``"hksj"``:
        Hartung-Knapp-Sidik-Jonkman; ``"hksj-adhoc"``: the same with a standard error never below
        Wald's; ``"hksj-ci"``: the wider of HKSJ and Wald; ``"hksj-iqwig"``: IQWiG's rule;
        ``"kr"``: Kenward-Roger (REML); ``"profile"``: profile likelihood (ML); ``"skovgaard"``: its
        second-order correction (ML); ``"hc"``: Henmi-Copas (DL, around the common effect);
        ``"permutation"``: signs of the effects flipped, all of them or a sample;
        ``"bootstrap"``: parametric, of the Wald statistic; ``"auto"``: HKSJ where tau² > 0 and
        k > 2, else Wald. Default: the policy's for random effects, Wald for a fixed effect.
    level : float, optional
        Confidence level as a fraction. Default: the policy's, 0.95.
    policy : str, optional
        Name of the set of choices that the other arguments modify: ``"metaonc-2026"`` (default),
        ``"revman-2025"``, ``"revman-5"``, ``"metafor-5"``, ``"meta-8"``, ``"stata-19"`` or
        ``"iqwig-6"``. It also decides what I² comes from and which prediction interval there is.
    tau2_weights : str, optional
        Weights of the generalised Q statistic behind GENQ and GENQM: ``"1/sei"`` (default),
        ``"1/vi"``, or the name of a column of the effects. They serve tau² only; the mean has the
        weights 1 / (vi + tau²) whatever the estimator.
    seed : int, optional
        Seed of a resampled interval; the same seed gives the same limits. Default: 0.
    draws : int, optional
        Samples of the bootstrap, 1999 by default, or most sign flips of the permutation test, 4096
        by default: all of them are taken where 2^(k - 1) is no more than that, up to 13 studies.
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
    if model is None and tau2 is None and ci is None:
        model = sparse_model(effects, policy_named(policy))
    chosen = choose(
        model=model,
        tau2=tau2,
        ci=ci,
        level=level,
        policy=policy,
        tau2_weights=tau2_weights,
        models=POOLED_MODELS,
    )
    if effects.k < 2 and chosen.ci in NEEDS_TWO_STUDIES:
        if ci is not None:
            raise PoolingError(
                f"ci = {chosen.ci!r} needs at least 2 studies, got {effects.k}; use ci='wald'."
            )
        chosen = replace(chosen, ci="wald")  # a policy's rule is for what one study allows
    chosen = choose_for_correlated(chosen, effects.covariance is not None, within_trial_correlation)
    chosen = with_simulation(chosen, effects.k, seed, draws)
    return result_class(chosen)(effects, chosen, fit_of(effects, chosen))


def with_simulation(
    choices: Choices, k: int | None, seed: int | None, draws: int | None
) -> Choices:
    """The choices with the seed and the draws of a resampled interval.

    `k` is the number of studies, None for many meta-analyses.
    """
    simulated = choices.ci in SIMULATED_INTERVALS
    if not simulated and seed is None and draws is None:
        return choices
    default = DEFAULT_DRAWS.get(choices.ci, 1)
    found = simulation_of(choices.ci, simulated, seed, draws, default)
    if choices.ci == "permutation" and k is not None and 2 ** (k - 1) <= (found.draws or default):
        found = found._replace(seed=None, draws=2 ** (k - 1))  # all of them
    return replace(choices, **found._asdict())
