"""
Small studies and selection
===========================

Doi plot, limit meta-analysis, a selection model and Copas' model: what small or missing studies may
hide. With few trials they say little, and their notes say so.
"""

import numpy as np

import metaonc as mo

rng = np.random.default_rng(7)
se = rng.uniform(0.08, 0.5, 25)
effects = mo.Effects(
    rng.normal(-0.2 - 0.6 * se, np.hypot(se, 0.1)),
    se**2,
    measure="HR",
    labels=[f"Study {i + 1}" for i in range(25)],
    title="Made studies, the small ones more favourable",
)
fit = mo.pool(effects)
doi = mo.doi_plot(mo.lfk_index(fit))

# %%
# Effects as they would be in studies without sampling error.

limit = mo.limit_plot(mo.limit_meta_analysis(fit))

# %%
# How likely a study is seen, given its p value.

selection = mo.selection_plot(mo.selection_model(fit, "stepfun", steps=[0.025]))

# %%
# The pooled effect as fewer studies are assumed to be published.

copas = mo.copas_plot(mo.copas(fit))
