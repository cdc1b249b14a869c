"""Every estimator of tau² by its name; metafor's names."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.generalised_q import tau2_genq, tau2_genqm
from metaonc.kernels.tau2 import (
    tau2_dl,
    tau2_dl2,
    tau2_he,
    tau2_hs,
    tau2_hsk,
    tau2_ml,
    tau2_pm,
    tau2_pmm,
    tau2_reml,
    tau2_sj,
)
from metaonc.kernels.weighting import Weighted

ESTIMATORS: dict[str, Callable[..., FloatArray]] = {
    "DL": tau2_dl,
    "DL2": tau2_dl2,
    "HE": tau2_he,
    "HS": tau2_hs,
    "HSk": tau2_hsk,
    "SJ": tau2_sj,
    "ML": tau2_ml,
    "REML": tau2_reml,
    "PM": tau2_pm,
    "PMM": tau2_pmm,
    # The same equation under other names: empirical Bayes, and the limits of the iterated
    # DerSimonian-Laird and Sidik-Jonkman estimators.
    "EB": tau2_pm,
    "DLIT": tau2_pm,
    "SJIT": tau2_pm,
    "GENQ": tau2_genq,
    "GENQM": tau2_genqm,
}
# Those that start from the common-effect fit and take it as a second argument.
_FROM_COMMON = ESTIMATORS.keys() - {"HE", "SJ", "GENQ", "GENQM"}


def estimate_tau2(data: Studies, tau2: str | float, common: Weighted | None = None) -> FloatArray:
    """tau² by the estimator of this name, or the value given in the effects' own units.

    `common`, the fit with tau² = 0, saves finding it again.
    """
    if isinstance(tau2, str):
        known = (common,) if tau2 in _FROM_COMMON else ()
        return ESTIMATORS[tau2](data, *known)
    return np.broadcast_to(np.asarray(tau2, dtype=float), data.unit.shape) / data.unit / data.unit
