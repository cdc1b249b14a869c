"""
Forest plot
===========

Studies with their weights, both models, the prediction interval, and how it was all found: a
figure that can be made again from its footer.
"""

import metaonc as mo

fit = mo.pool(mo.load_registry().effects("pfs"))
figure = mo.forest(fit)
