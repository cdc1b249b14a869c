"""Tests of funnel plot asymmetry one by one: what each regresses or ranks, and where from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from metaonc.diagnostics.small_study.guards import arms_of, patients_of, tables_of
from metaonc.diagnostics.small_study.precision import PRECISIONS
from metaonc.effects import Effects
from metaonc.effects.counts.two_arms import two_arm_effects
from metaonc.kernels import FloatArray
from metaonc.kernels import score_tests as scores


class Material(NamedTuple):
    """What a test works on, shape (k,) each; a study with a NaN tells it nothing.

    Attributes
    ----------
    yi, vi : ndarray
        Effects and variances, or what stands for them.
    x : ndarray
        What they are regressed on; for a rank test, what their standardised values are ranked
        with.
    """

    yi: FloatArray
    vi: FloatArray
    x: FloatArray


class Method(NamedTuple):
    """A test of asymmetry.

    Attributes
    ----------
    words : str
        What it does, and who described it.
    kind : {"multiplied", "added", "model", "ranks", "expected"}
        A regression whose variances are multiplied by a factor, with a tau² added (DL, t), or as
        in the result; rank correlation of effects around their mean, or of counts around what is
        expected of them.
    material : callable
        Effects and a predictor -> what the test works on.
    predictor : str
        What it regresses on unless told.
    free : bool
        Whether the predictor may be another.
    measures : tuple of str
        Measures it is for; empty for all.
    arcsine : bool
        Whether its effects are arcsine differences, so that its line has no limit on the scale of
        the result.
    """

    words: str
    kind: Literal["multiplied", "added", "model", "ranks", "expected"]
    material: Callable[[Effects, str], Material]
    predictor: str = "se"
    free: bool = False
    measures: tuple[str, ...] = ()
    arcsine: bool = False


def _effects(effects: Effects, predictor: str) -> Material:
    return Material(effects.yi, effects.vi, PRECISIONS[predictor].values(effects))


def _ranked(effects: Effects, _: str) -> Material:
    return Material(effects.yi, effects.vi, effects.vi)


def _harbord(effects: Effects, _: str) -> Material:
    way = scores.risk_scores if effects.measure == "RR" else scores.odds_scores
    score, information = way(*tables_of(effects, "Harbord's test"))
    known = np.where((information > 0) & np.isfinite(information), information, np.nan)
    return Material(score / known, 1 / known, known**-0.5)


def _peters(effects: Effects, _: str) -> Material:
    a, n1, c, n2 = tables_of(effects, "Peters' test")
    n, events = n1 + n2, a + c
    information = events * (n - events) / n
    return Material(effects.yi, 1 / np.where(information > 0, information, np.nan), 1 / n)


def _macaskill(effects: Effects, _: str) -> Material:
    return Material(effects.yi, effects.vi, patients_of(effects, "Macaskill's test"))


def _deeks(effects: Effects, _: str) -> Material:
    size = scores.effective_size(*arms_of(effects, "Deeks' test"))
    return Material(effects.yi, 1 / size, size**-0.5)


def _pustejovsky(effects: Effects, _: str) -> Material:
    n1, n2 = arms_of(effects, "Pustejovsky and Rodgers' test")
    return Material(effects.yi, effects.vi, np.sqrt(1 / n1 + 1 / n2))


def _arcsine(effects: Effects, _: str) -> Material:
    yi, vi = two_arm_effects("AS", *tables_of(effects, "an arcsine test"))
    return Material(yi, vi, np.sqrt(vi))


def _arcsine_ranks(effects: Effects, _: str) -> Material:
    yi, vi, _se = _arcsine(effects, "")
    return Material(yi, vi, vi)


def _schwarzer(effects: Effects, _: str) -> Material:
    away, variance = scores.counts_given_margins(*tables_of(effects, "Schwarzer's test"))
    known = np.where(variance > 0, variance, np.nan)
    return Material(away, known, 1 / known)


_TWO_ARM_COUNTS = ("OR", "RR", "RD", "AS", "PETO")
_MULTIPLIED = "variances multiplied by a common factor, t test"

METHODS = {
    "egger": Method(
        f"Linear regression weighted by precision, {_MULTIPLIED} (Egger et al., BMJ "
        "1997;315:629-634)",
        "multiplied", _effects, free=True,
    ),
    "egger-random": Method(
        "Meta-regression with the model of the result (Sterne & Egger, in: Rothstein et al., eds., "
        "Publication Bias in Meta-Analysis, 2005)",
        "model", _effects, free=True,
    ),
    "thompson-sharp": Method(
        "Meta-regression with a between-study variance by moments, t test (Thompson & Sharp, Stat "
        "Med 1999;18:2693-2708)",
        "added", _effects,
    ),
    "begg": Method(
        "Kendall's rank correlation of the standardised effects with their variances (Begg & "
        "Mazumdar, Biometrics 1994;50:1088-1101)",
        "ranks", _ranked,
    ),
    "harbord": Method(
        f"Regression of scores on their precision, {_MULTIPLIED} (Harbord, Egger & Sterne, Stat "
        "Med 2006;25:3443-3457)",
        "multiplied", _harbord, "1/sqrt(information)", measures=("OR", "RR", "PETO"),
    ),
    "peters": Method(
        "Regression on 1 / patients with weights events × non-events / patients, "
        f"{_MULTIPLIED} (Peters et al., JAMA 2006;295:676-680)",
        "multiplied", _peters, "1/n", measures=("OR", "RR", "PETO"),
    ),
    "macaskill": Method(
        f"Regression on the number of patients with weights 1 / variance, {_MULTIPLIED} "
        "(Macaskill, Walter & Irwig, Stat Med 2001;20:641-654)",
        "multiplied", _macaskill, "n",
    ),
    "schwarzer": Method(
        "Kendall's rank correlation of events given all margins of the tables, at the "
        "Mantel-Haenszel odds ratio, with 1 / variance (Schwarzer, Antes & Schumacher, Stat Med "
        "2007;26:721-733)",
        "expected", _schwarzer, measures=("OR", "PETO"),
    ),
    "deeks": Method(
        "Regression on 1 / square root of the effective sample size with that size as weight, "
        f"{_MULTIPLIED} (Deeks, Macaskill & Irwig, J Clin Epidemiol 2005;58:882-893)",
        "multiplied", _deeks, "1/sqrt(effective n)", measures=("OR",),
    ),
    "pustejovsky": Method(
        "Regression on the part of the standard error that does not depend on the effect, "
        f"{_MULTIPLIED} (Pustejovsky & Rodgers, Res Synth Methods 2019;10:57-71)",
        "multiplied", _pustejovsky, "sqrt(1/n_1 + 1/n_2)", measures=("SMD", "SMDH"),
    ),
    "as-egger": Method(
        f"Egger's regression of arcsine differences, {_MULTIPLIED} (Rücker, Schwarzer & "
        "Carpenter, Stat Med 2008;27:746-763)",
        "multiplied", _arcsine, measures=_TWO_ARM_COUNTS, arcsine=True,
    ),
    "as-begg": Method(
        "Kendall's rank correlation of standardised arcsine differences with their variances "
        "(Rücker, Schwarzer & Carpenter, Stat Med 2008;27:746-763)",
        "ranks", _arcsine_ranks, measures=_TWO_ARM_COUNTS,
    ),
    "as-thompson-sharp": Method(
        "Meta-regression of arcsine differences with a between-study variance by moments, t test "
        "(Rücker, Schwarzer & Carpenter, Stat Med 2008;27:746-763)",
        "added", _arcsine, measures=_TWO_ARM_COUNTS, arcsine=True,
    ),
}  # fmt: skip


def default_method(effects: Effects) -> str:
    """The test that suits the measure.

    Harbord's for odds ratios with counts, Pustejovsky and Rodgers' for standardised mean
    differences with sample sizes, Egger's otherwise.
    """
    columns = effects.columns.keys()
    if effects.measure in ("OR", "PETO") and {"events_1", "n_1", "events_2", "n_2"} <= columns:
        return "harbord"
    if effects.measure == "SMD" and {"n_1", "n_2"} <= columns:
        return "pustejovsky"
    return "egger"
