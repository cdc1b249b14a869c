"""
L'Abbé plot
===========

The risk in one arm against that in the other; the curve has the pooled effect.
"""

import metaonc as mo

fit = mo.pool(mo.load_registry().effects("cbr"))
figure = mo.labbe_plot(mo.labbe(fit))
