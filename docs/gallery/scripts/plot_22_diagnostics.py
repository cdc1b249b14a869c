"""
What diagnostics look like
==========================

Radial plot, normal quantiles, the likelihood of tau² and those of the studies: each is drawn from a
finding whose ``to_frame()`` has the numbers.
"""

import metaonc as mo

fit = mo.pool(mo.load_registry().effects("pfs"))
radial = mo.radial_plot(mo.radial(fit))

# %%
# Standardised residuals against normal quantiles, with their envelope.

quantiles = mo.qq_plot(mo.normal_qq(fit))

# %%
# How well each tau² fits, and the interval that the dashed line cuts.

profile = mo.profile_plot(mo.tau2_profile(fit))

# %%
# What each study says about its effect.

likelihoods = mo.likelihood_plot(mo.study_likelihoods(fit))
