"""
Risk of bias
============

A circle per study and domain of RoB 2; colour and symbol say the same word. The judgements of the
shipped trials are provisional, and the figures say so.
"""

import metaonc as mo

effects = mo.load_registry().effects("pfs")
figure = mo.risk_of_bias_plot(effects)

# %%
# Shares of each judgement, by weight in the pooled result.

fit = mo.pool(effects)
summary = mo.risk_of_bias_plot(fit, kind="summary")

# %%
# As a column of a forest plot.

forest = mo.forest(fit, columns=("arms", "plot", "effect", "weight", "risk_of_bias"))
