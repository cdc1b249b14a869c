"""
Columns, order and marks of your own
====================================

Any column of the effects can stand left or right of the plot; studies come in any order; lines and
bands show effects that matter, or do not; the prediction is a curve.
"""

import metaonc as mo

effects = mo.load_registry().effects("pfs")
fit = mo.pool(effects)
figure = mo.forest(
    fit,
    columns=("year", "agent", "arms", "plot", "effect", "weight"),
    sort="-weight",
    prediction="density",
    unimportant=(0.9, 1 / 0.9),
    interval_band=True,
    add={"DerSimonian-Laird": mo.pool(effects, tau2="DL")},
)
