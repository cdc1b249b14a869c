"""
Which trial carries the result
==============================

The result without each trial, what every subset of the trials says, and how far each trial moves
the result: trials that deserve a look are diamonds.
"""

import metaonc as mo

fit = mo.pool(mo.load_registry().effects("pfs"))
without_each = mo.forest(mo.leave_one_out(fit))

# %%
# All 63 subsets; those with HORIZON 2013, the trial in first line, are filled.

subsets = mo.gosh_plot(mo.gosh(fit), highlight="HORIZON 2013")

# %%
# The influence measures of Viechtbauer and Cheung.

measures = mo.influence_plot(mo.influence(fit))

# %%
# Where the heterogeneity comes from.

heterogeneity = mo.baujat_plot(mo.baujat(fit))
