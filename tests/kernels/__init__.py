"""The kernels."""

# What a fit says of its mean, and of heterogeneity, by name.
INFERENCE = ("se", "df", "statistic", "p_value", "low", "high")
SPREAD = ("q", "q_df", "q_p", "i2_from_q", "h2_from_q", "i2_from_tau2", "h2_from_tau2")
