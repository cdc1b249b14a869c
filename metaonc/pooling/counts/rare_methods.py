"""The methods for rare events: how each pools, and whether what it takes for granted holds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from metaonc.pooling.counts.count_result import CountResult
from metaonc.pooling.counts.rare_tables import (
    BIAS_IN_ERRORS,
    FEW_STUDIES,
    HOMOGENEITY_P,
    PETO_BIAS,
    RareTables,
)
from metaonc.pooling.result import PooledResult
from metaonc.pooling.words import p_text

Verdict = tuple[bool | None, str]  # whether the assumptions hold (None: cannot be told), and why


@dataclass(frozen=True, kw_only=True)
class RareMethod:
    """A method for rare events.

    Attributes
    ----------
    name : str
        The `model` of :func:`metaonc.pool`; ``"arcsine"`` is inverse-variance pooling.
    words : str
        What it is called.
    takes : str
        What it takes for granted, in words.
    verdict : callable
        Whether that holds in these tables with this result, and why, in a sentence.
    zero_weight : str
        Why a study without events in either arm weighs what it does.
    """

    name: str
    words: str
    takes: str
    verdict: Callable[[RareTables, PooledResult], Verdict]
    zero_weight: str


def _one_ratio(tables: RareTables) -> Verdict:
    """Whether one odds ratio fits all studies."""
    p = tables.homogeneity_p
    if tables.informative < 2:
        return None, "one study only has events, and nothing to differ from"
    if math.isnan(p):
        return None, "one arm has no event in any study, so odds ratios cannot be compared"
    if p < HOMOGENEITY_P:
        return False, f"the odds ratios of the studies differ (Tarone's test {p_text(p)})"
    return True, f"one odds ratio fits the studies (Tarone's test {p_text(p)})"


def _mantel_haenszel(tables: RareTables, fit: PooledResult) -> Verdict:
    return _one_ratio(tables)


def _peto(tables: RareTables, fit: PooledResult) -> Verdict:
    """The guard: what the method would find if the penalised odds ratio were the true one."""
    true, found = math.exp(tables.log_odds_ratio), math.exp(tables.peto_of_it)
    number = tables.effects.scale.number
    why = (
        f"with arms of up to {tables.allocation:.2g} to 1 and events in {tables.risk:.1%} of "
        f"patients it finds {number(found)} on average where the odds ratio is {number(true)}"
    )
    if tables.peto_bias > PETO_BIAS:
        return False, why
    one, other = _one_ratio(tables)
    return one, f"{why}; {other}"


def _mixed(tables: RareTables, fit: PooledResult) -> Verdict:
    studies = f"{tables.informative} {'study has' if tables.informative == 1 else 'studies have'}"
    if tables.informative < FEW_STUDIES:
        return False, f"only {studies} events, too few to tell how much true effects differ"
    if fit.tau2 == 0:
        return True, f"{studies} events; their effects differ no more than by chance (tau² = 0)"
    return True, f"{studies} events, enough to estimate how much true effects differ"


def _beta_binomial(tables: RareTables, fit: PooledResult) -> Verdict:
    k = fit.k
    if k < FEW_STUDIES:
        return False, f"only {k} studies, too few to tell how much risks differ between them"
    found = tables.beta_binomial_of_none(fit.rho if isinstance(fit, CountResult) else 0.0)
    off = abs(found) / fit.se
    ratio = tables.effects.scale.number(math.exp(found))
    return off <= BIAS_IN_ERRORS, (
        "it compares the arms across studies: where those of each study have the same risk, it "
        f"finds {ratio} on average, {off:.1g} standard errors from 1"
    )


def _penalised(tables: RareTables, fit: PooledResult) -> Verdict:
    holds, why = _one_ratio(tables)
    if holds is None and tables.informative > 1:
        return None, f"{why}; the penalty makes the estimate finite, and draws it towards 1"
    return holds, why


def _arcsine(tables: RareTables, fit: PooledResult) -> Verdict:
    """The guard: what the method would find if the arms had the same risks."""
    found = tables.arcsine_of_none(fit.weights)
    off = abs(found) / fit.se
    why = (
        f"where the arms have the same risks it finds {found:.2g} on average, {off:.1g} standard "
        "errors from 0; read the p value, as its scale has no clinical reading"
    )
    return off <= BIAS_IN_ERRORS, why


_NO_RATIO = "without events it says nothing of a ratio"
METHODS = (
    RareMethod(
        name="mh",
        words="Mantel-Haenszel, no correction",
        takes="one odds ratio in all studies; events in both arms of the whole",
        verdict=_mantel_haenszel,
        zero_weight=_NO_RATIO,
    ),
    RareMethod(
        name="peto",
        words="Peto's one-step odds ratio",
        takes="one odds ratio, not far from 1, arms of similar size and rare events",
        verdict=_peto,
        zero_weight="observed and expected events are 0, and so is the variance",
    ),
    RareMethod(
        name="CM.EL",
        words="Hypergeometric-normal mixed model",
        takes="normal true effects, and enough studies with events to see how much they differ",
        verdict=_mixed,
        zero_weight="given no events at all, its likelihood is 1 whatever the effect",
    ),
    RareMethod(
        name="UM.RS",
        words="Binomial-normal mixed model",
        takes="normal true effects and levels, and enough studies to see how much they differ",
        verdict=_mixed,
        zero_weight="it says that the risk is low in both arms, which bears on the levels",
    ),
    RareMethod(
        name="beta-binomial",
        words="Beta-binomial regression",
        takes="arms that can be compared across studies, and enough studies to see how much risks "
        "differ",
        verdict=_beta_binomial,
        zero_weight="its patients count in both arms' proportions",
    ),
    RareMethod(
        name="firth",
        words="Penalised logistic regression",
        takes="one odds ratio in all studies",
        verdict=_penalised,
        zero_weight="the penalty stands for events, half a leverage in each arm",
    ),
    RareMethod(
        name="arcsine",
        words="Arcsine difference, random effects",
        takes="arms of similar size, or more than a few events expected in each",
        verdict=_arcsine,
        zero_weight="the arcsine has a variance where there is no event: 1 / (4 n)",
    ),
)
