"""
Funnel plots
============

Effects against precision, with contours of the studies' own p values; hollow are the studies that
would make the funnel symmetrical.
"""

import metaonc as mo

fit = mo.pool(mo.load_registry().effects("pfs"))
figure = mo.funnel_plot(mo.funnel(mo.trim_and_fill(fit), contours=True))

# %%
# With limits that allow for heterogeneity, on another axis.

inflated = mo.funnel_plot(mo.funnel(fit, "1/se", tau2=True))

# %%
# Every study moved to where it would be if it were infinitely large.

limits = mo.limit_plot(mo.limit_meta_analysis(fit))

# %%
# A Doi plot, with its index of asymmetry.

doi = mo.doi_plot(mo.lfk_index(fit))
