"""
Drapery plot
============

The p value of every effect, not of "no effect" alone: where a curve crosses a dotted line are the
limits of its interval. The random effects' curve is Hartung and Knapp's, the shaded one that of a
new study.
"""

import metaonc as mo

fit = mo.pool(mo.load_registry().effects("pfs"))
figure = mo.drapery_plot(mo.drapery(fit))

# %%
# In even steps of p, as p-value functions usually are.

even = mo.drapery_plot(mo.drapery(fit), scale="p")
