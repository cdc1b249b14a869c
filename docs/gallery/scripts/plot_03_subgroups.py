"""
Subgroups
=========

Each group with its own diamonds and prediction interval, all studies, and the test of difference.
"""

import metaonc as mo

effects = mo.load_registry().effects("pfs")
groups = mo.subgroups(effects, by="resistance")
figure = mo.forest(groups)

# %%
# Only what was pooled, without the studies.

short = mo.forest(groups, studies=False, title="Progression by resistance")
