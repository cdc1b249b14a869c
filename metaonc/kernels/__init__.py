"""The arithmetic of pooling: pure functions over arrays `(..., k)`; numpy and scipy only."""

from metaonc.kernels.arrays import FloatArray, Studies, studies
from metaonc.kernels.estimators import ESTIMATORS
from metaonc.kernels.fits import Fit, IntervalMethod, Model, fit
from metaonc.kernels.heterogeneity import Heterogeneity, heterogeneity, q_profile
from metaonc.kernels.intervals import prediction_hts

__all__ = [
    "ESTIMATORS",
    "Fit",
    "FloatArray",
    "Heterogeneity",
    "IntervalMethod",
    "Model",
    "Studies",
    "fit",
    "heterogeneity",
    "prediction_hts",
    "q_profile",
    "studies",
]
