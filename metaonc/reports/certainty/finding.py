"""What a pooled result shows and what it leaves open: the facts that every sentence rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from metaonc.effects import level_text
from metaonc.pooling import PooledResult
from metaonc.registry.review.baselines import Thresholds
from metaonc.reports.certainty.anticipated import Anticipated
from metaonc.reports.certainty.events import Event

Side = Literal[-1, 0, 1]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a comparison shows.

    Attributes
    ----------
    event : Event
        What happens to patients.
    side : {-1, 0, 1}
        Fewer events, no difference, or more, by the estimate.
    excludes_null : bool
        Whether the confidence interval excludes no effect.
    predicted : bool or None
        Whether the prediction interval excludes no effect too; None where there is none.
    size : str
        "trivial", "small", "moderate", "large", or "" where no threshold says so.
    all_trivial : bool
        Whether every difference within the interval is trivial.
    interval : str
        Measure, limits and level: ``"95% CI of the hazard ratio 0.46 to 0.79"``.
    """

    event: Event
    side: Side
    excludes_null: bool
    predicted: bool | None
    size: str
    all_trivial: bool
    interval: str


def shown_by(
    result: PooledResult,
    event: Event,
    absolute: tuple[Anticipated, ...] = (),
    thresholds: Thresholds | None = None,
) -> Shown:
    """What a pooled comparison shows.

    The size is that of the smallest absolute difference among the baselines, so that no patient is
    promised more than the evidence gives.
    """
    effects, scale = result.effects, result.effects.scale
    null = scale.null
    assert null is not None  # a comparison
    at = float(effects.analysis(null))
    estimate, low, high = result.display()
    prediction = result.prediction_interval()
    size, trivial = "", False
    if thresholds is not None and absolute:
        least = min((1000 * each.difference.estimate for each in absolute), key=abs)
        size = thresholds.size(least)
        trivial = all(
            thresholds.size(1000 * end) == "trivial" for each in absolute for end in each.difference
        )
    level = level_text(result.choices.level)
    return Shown(
        event=event,
        side=-1 if estimate < null else 1 if estimate > null else 0,
        excludes_null=not result.ci_low <= at <= result.ci_high,
        predicted=not prediction.low <= at <= prediction.high if prediction.applies else None,
        size=size,
        all_trivial=trivial,
        interval=f"{level} CI of the {scale.name} {scale.interval_text(low, high)}{scale.unit}",
    )
