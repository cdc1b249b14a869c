"""Intervals of tau² and of prediction for whole tiles, where they are asked for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metaonc.errors import PoolingError
from metaonc.kernels import Fit, FloatArray, Studies
from metaonc.kernels.prediction import PREDICTION_INTERVALS
from metaonc.kernels.tau2_intervals import TAU2_INTERVALS
from metaonc.pooling.choices import Choices, one_of


class MoreIntervals(NamedTuple):
    """The methods asked for, by name; None for none."""

    tau2: str | None = None
    prediction: str | None = None

    def checked(self, choices: Choices) -> MoreIntervals:
        """The same, or an error that says what is wrong.

        Raises
        ------
        PoolingError
            If there is no such method, or it does not go with the model or the estimator.
        """
        if self.tau2 is not None:
            one_of("tau2_interval", self.tau2, TAU2_INTERVALS)
        if self.prediction is not None:
            one_of("prediction", self.prediction, PREDICTION_INTERVALS)
            if choices.model == "fixed":
                raise PoolingError("a fixed effect has no prediction interval; leave it out.")
            if self.prediction.startswith("KR") and choices.tau2 != "REML":
                raise PoolingError(
                    f"prediction = {self.prediction!r} goes with tau2 = 'REML', not "
                    f"{choices.tau2!r}; use another method."
                )
        return self

    def names(self) -> list[str]:
        """Names of the arrays they fill."""
        found = ["tau2_low", "tau2_high"] if self.tau2 else []
        return found + (["prediction_low", "prediction_high"] if self.prediction else [])

    def limits(self, data: Studies, found: Fit, level: float) -> dict[str, FloatArray]:
        """Limits of every row, in the units of the effects; NaN where a row has too few studies."""
        limits: list[FloatArray] = []
        several = data.k > 1
        if self.tau2:
            square = data.unit * data.unit
            found_limits = TAU2_INTERVALS[self.tau2](data, level)
            limits += [np.where(several, limit * square, np.nan) for limit in found_limits]
        if self.prediction:
            predicted = PREDICTION_INTERVALS[self.prediction](
                data, found.heterogeneity.between, level
            )
            limits += [predicted.low * data.unit, predicted.high * data.unit]
        return dict(zip(self.names(), limits, strict=True))
