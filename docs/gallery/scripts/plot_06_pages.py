"""
A hundred studies on A4
=======================

Rows keep their height however many there are; those that do not fit go on to the next page, under
the same headings. ``figure.savefig("many.pdf")`` writes all pages.
"""

import numpy as np

import metaonc as mo

rng = np.random.default_rng(1)
k = 100
many = mo.Effects(
    rng.normal(-0.3, 0.25, k),
    rng.uniform(0.01, 0.3, k),
    measure="HR",
    labels=[f"Study {i + 1}" for i in range(k)],
    title="A hundred simulated trials",
)
figure = mo.forest(mo.pool(many), paper="A4")
second = figure.pages[1]
