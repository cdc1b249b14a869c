"""
Specification curve
===================

Progression-free survival under every combination of data cut, assessment, route to the hazard
ratio, model, estimator and interval. Light intervals include no difference.
"""

import metaonc as mo

curve = mo.specification_curve(
    mo.load_registry(),
    "pfs",
    cut=["primary", "first"],
    assessment=["primary", "investigator", "central"],
    route=["!p", None],
    threshold=0.8,
)
figure = mo.specification_plot(curve)
