"""Confidence intervals of the between-study variance tau², each a kernel over `(..., k)`.

Every interval is a function of `Studies`, with or without moderators, and a confidence level, and
returns its limits in their units: both 0 where every tau² > 0 is excluded, NaN where there are no
more studies than coefficients. To add one, write a function and list it in `TAU2_INTERVALS`.
"""

from __future__ import annotations

from collections.abc import Callable

from metaonc.kernels.arrays import Studies
from metaonc.kernels.heterogeneity import q_profile
from metaonc.kernels.tau2_intervals.approximations import (
    biggerstaff_tweedie,
    h_based,
    sidik_jonkman,
)
from metaonc.kernels.tau2_intervals.generalised_q import (
    biggerstaff_jackson,
    generalised_q,
    inverse_standard_errors,
    inverse_variances,
    jackson,
    q_tails,
    q_weights,
    tau2_where_q_is_median,
)
from metaonc.kernels.tau2_intervals.likelihoods import (
    profile_likelihood,
    profile_ml,
    profile_reml,
    wald_log_reml,
    wald_reml,
    wald_sqrt_reml,
)
from metaonc.kernels.tau2_intervals.tails import Interval

__all__ = [
    "TAU2_INTERVALS", "biggerstaff_jackson", "biggerstaff_tweedie", "generalised_q", "h_based",
    "inverse_standard_errors", "inverse_variances", "jackson", "profile_likelihood", "profile_ml",
    "profile_reml", "q_tails", "q_weights", "sidik_jonkman", "tau2_where_q_is_median",
    "wald_log_reml", "wald_reml", "wald_sqrt_reml",
]  # fmt: skip


TAU2_INTERVALS: dict[str, Callable[[Studies, float], Interval]] = {
    "QP": q_profile,
    "BJ": biggerstaff_jackson,
    "J": jackson,
    "PL": profile_reml,
    "PL-ML": profile_ml,
    "BT": biggerstaff_tweedie,
    "SJ": sidik_jonkman,
    "Wald": wald_reml,
    "Wald-log": wald_log_reml,
    "Wald-sqrt": wald_sqrt_reml,
    "HT": h_based,
}
