"""`absolute_effects`: a pooled ratio and a baseline -> risks, differences, numbers to treat."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from metaonc.effects import Effects
from metaonc.errors import PoolingError
from metaonc.kernels.absolute import LINKS, SplitT, by_delta, propagated
from metaonc.kernels.prediction import PREDICTION_INTERVALS
from metaonc.pooling.absolute.absolute_result import AbsoluteEffect, AbsoluteEffects, Event
from metaonc.pooling.absolute.baseline import Baseline, baseline_of
from metaonc.pooling.absolute.baseline_given import spread
from metaonc.pooling.absolute.baseline_rules import EVENT, check_over_time
from metaonc.pooling.result import PooledResult

Numbers = float | Sequence[float]
Method = Literal["propagated", "delta"]
_METHODS = {"propagated": propagated, "delta": by_delta}


def absolute_effects(
    fit: PooledResult,
    *unnamed: object,
    survival: Numbers | None = None,
    event_probability: Numbers | None = None,
    median: Numbers | None = None,
    shape: Numbers = 1.0,
    events: Numbers | None = None,
    n: Numbers | None = None,
    at: float | str | Sequence[float | str] | None = None,
    unit: str = "",
    se: Numbers | None = None,
    interval: tuple[float, float] | Sequence[tuple[float, float]] | None = None,
    interval_level: Numbers = 0.95,
    at_risk: Numbers | None = None,
    event: Event | None = None,
    method: Method = "propagated",
) -> AbsoluteEffects:
    r"""What a pooled hazard, odds or risk ratio means for patients of a given baseline risk.

    Parameters
    ----------
    fit : PooledResult
        Pooled hazard ratios, odds ratios (``OR``, ``PETO``), risk ratios or risk differences.
    *unnamed
        A baseline without a name is refused: it could be either of the next two.
    survival : float or sequence, optional
        Fraction of untreated patients that are event-free at the time `at`; hazard ratios only.
    event_probability : float or sequence, optional
        Fraction that has had the event. Several baselines give one row each.
    median : float or sequence, optional
        Median time of untreated patients, with a numeric `at` in the same unit: survival at that
        time then follows from an exponential, or a Weibull with the given `shape`. Beside a
        survival it only checks it.
    shape : float, default 1
        Shape of the Weibull; 1 is the exponential.
    events, n : float or sequence, optional
        Untreated patients with the event, and all of them: right where all were followed to `at`.
        ``n`` beside `event_probability` is the number behind it; ``events`` beside `median` too.
    at : float, str or sequence, optional
        The time the baseline is about, e.g. ``12`` or ``"12 months"``.
    unit : str, default ""
        Unit of a numeric `at`, for the text.
    se : float or sequence, optional
        Standard error of the survival or event probability (or of the median).
    interval : (float, float) or sequence of pairs, optional
        Its confidence interval, of level `interval_level` (default 0.95).
    at_risk : float or sequence, optional
        Patients still at risk at `at`, from which a standard error of survival follows. Without any
        of these the baseline is taken as known.
    event : {"unwanted", "wanted"}, optional
        Whether the event is bad, such as death, or good, such as response. Default: as the review
        plan says, else unwanted.
    method : {"propagated", "delta"}, default "propagated"
        How the limits carry both uncertainties; see Notes.

    Returns
    -------
    AbsoluteEffects
        Risks in both arms, their difference and the number needed to treat, with the limits of the
        result's level, for the mean effect and for the effect in a new study.

    Raises
    ------
    PoolingError
        If the measure has no absolute effect, the baseline is not named, a figure contradicts
        another, or a risk ratio takes the risk above 1.

    Notes
    -----
    With a hazard ratio, survival becomes :math:`S_1 = S_0^{\mathrm{HR}}` (proportional hazards)
    [1]_ [2]_; an odds ratio is added on the logit scale, a risk ratio multiplies the risk. The
    number needed to treat is the reciprocal of the difference; where its interval crosses 0 it runs
    from benefit through infinity to harm [3]_. The uncertainty of the baseline is normal on the
    scale of log(-log S) (of the logit, for the other measures), independent of the pooled effect,
    whose distribution is that of its interval. ``"propagated"`` takes the limits from the
    distribution of the difference that follows, so that they exclude 0 exactly where those of the
    pooled effect do; ``"delta"`` is the usual approximation, symmetric around the estimate. From
    the number at risk R, the standard error is :math:`S\sqrt{(1-S)/R}` [4]_.

    .. [1] Altman DG, Andersen PK. BMJ 1999;319:1492-1495.
    .. [2] Skoetz N, et al. J Clin Epidemiol 2020;118:124-131.
    .. [3] Altman DG. BMJ 1998;317:1309-1312.
    .. [4] Peto R, et al. Br J Cancer 1977;35:1-39.

    Examples
    --------
    >>> import metaonc as mo
    >>> fit = mo.pool(mo.load_registry().effects("pfs"))
    >>> found = absolute_effects(fit, survival=0.30, interval=(0.25, 0.35), at="6 months")
    >>> found.to_frame(per=1000)[["control", "experimental", "difference"]].round()
       control  experimental  difference
    0    300.0         485.0       185.0
    """
    link = LINKS.get(_checked(fit, unnamed))
    assert link is not None  # one of the measures that were checked
    if method not in _METHODS:
        raise PoolingError(f"method = {method!r} is not one of {', '.join(_METHODS)}.")
    given = spread(
        {
            "survival": survival,
            "event_probability": event_probability,
            "events": events,
            "n": n,
            "median": median,
            "shape": shape,
            "se": se,
            "interval": interval,
            "interval_level": interval_level,
            "at_risk": at_risk,
            "at": at,
            "unit": unit,
        }
    )
    check_over_time(given)
    found = [baseline_of(each, fit.effects.measure) for each in given]
    kind, said_so = _kind(fit.effects, event)
    effect, predicted = _mean_effect(fit), _new_effect(fit)

    def absolute(baseline: Baseline) -> AbsoluteEffect:
        level = fit.choices.level
        risk, difference = _METHODS[method](link, baseline.risk, effect, level)
        if risk.estimate > 1 or risk.estimate < 0:
            raise PoolingError(
                f"a {fit.effects.scale.name} of {fit.display()[0]:.3g} makes {risk.estimate:.3g} "
                f"of a baseline risk of {baseline.risk.value:.3g}, and no risk lies outside 0 to "
                "1; pool odds ratios for patients of this risk."
            )
        new = predicted and _METHODS[method](link, baseline.risk, predicted, level)
        return AbsoluteEffect(baseline, risk, difference, new[1] if new else None)

    return AbsoluteEffects(
        result=fit,
        rows=tuple(absolute(baseline) for baseline, _ in found),
        named=found[0][1] if fit.effects.measure == "HR" else EVENT,
        event=kind,
        event_stated=said_so,
        method=method,
    )


def _checked(fit: object, unnamed: tuple[object, ...]) -> str:
    if not isinstance(fit, PooledResult):
        raise PoolingError(
            f"absolute effects need a pooled result, not a {type(fit).__name__}; pool the effects "
            "first."
        )
    if unnamed:
        raise PoolingError(
            f"the baseline {unnamed[0]!r} has no name, and may be survival (event-free) or event "
            "probability; mixing them up turns the answer round, so write survival=… or "
            "event_probability=…."
        )
    if fit.effects.measure not in LINKS:
        raise PoolingError(
            f"a {fit.effects.scale.name} has no absolute effect at a baseline risk; the measures "
            f"that have one are {', '.join(LINKS)}."
        )
    return fit.effects.measure


def _kind(effects: Effects, event: Event | None) -> tuple[Event, bool]:
    """Whether the event is bad, and whether anybody said so."""
    if event is not None:
        if event not in ("wanted", "unwanted"):
            raise PoolingError(f"event = {event!r} must be 'unwanted' or 'wanted'.")
        return event, True
    experimental = f"Favours {effects.arm_labels[0]}"
    if effects.favours_high == experimental != effects.favours_low:
        return "wanted", True
    return "unwanted", effects.favours_low == experimental


def _mean_effect(fit: PooledResult) -> SplitT:
    if math.isnan(fit.ci_low) or math.isnan(fit.ci_high):
        raise PoolingError("the pooled result has no interval; pool it with ci='wald'.")
    df = math.inf if math.isnan(fit.df) else fit.df
    return SplitT.of_interval(fit.estimate, fit.ci_low, fit.ci_high, df, fit.choices.level)


def _new_effect(fit: PooledResult) -> SplitT | None:
    """The effect in a new study; None where there is no prediction interval."""
    found = fit.prediction_interval()
    if not found.applies:
        return None
    df = math.inf
    if found.method in PREDICTION_INTERVALS:
        df = float(fit._predicted(found.method, found.level).df)
    return SplitT.of_interval(fit.estimate, *found, df, found.level)
