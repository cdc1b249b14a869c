"""Meta-regression: fits, tests, predictions and permutations over `(..., k, p)`."""

from metaonc.kernels.moderators.hypotheses import Hypothesis, hypothesis
from metaonc.kernels.moderators.least_squares import aliased
from metaonc.kernels.moderators.permutations import permuted
from metaonc.kernels.moderators.predictions import predict, predict_new, variance_inflation
from metaonc.kernels.moderators.regression import Regression, maximum_likelihood, regression

__all__ = [
    "Hypothesis",
    "Regression",
    "aliased",
    "hypothesis",
    "maximum_likelihood",
    "permuted",
    "predict",
    "predict_new",
    "regression",
    "variance_inflation",
]
