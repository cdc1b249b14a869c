"""
Cumulative meta-analysis
========================

What was known after each trial: the pooled result of all trials up to then.
"""

import metaonc as mo

fit = mo.pool(mo.load_registry().effects("pfs"))
figure = mo.forest(mo.cumulative(fit, "year"))
