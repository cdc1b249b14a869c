"""
Survival curves
===============

Patients one by one give Kaplan-Meier curves with limits, medians and numbers at risk. These
patients are made; those of a printed curve follow from ``mo.reconstruct_patients``.
"""

import numpy as np
import pandas as pd

import metaonc as mo

rng = np.random.default_rng(2)
arms = {"Everolimus + exemestane": 14.0, "Placebo + exemestane": 8.0}
event, leaves = (
    rng.exponential([[m] for m in arms.values()], (2, 180)),
    rng.uniform(4, 36, (2, 180)),
)
patients = pd.DataFrame(
    {
        "arm": np.repeat(list(arms), 180),
        "time": np.minimum(event, leaves).round(1).ravel(),
        "event": (event <= leaves).astype(int).ravel(),
    }
)
figure = mo.survival_plot(mo.survival_curves(patients, title="A made trial"))

# %%
# What a pooled hazard ratio makes of the survival of a control arm, with the limits of both.

fit = mo.pool(mo.load_registry().effects("pfs"))
absolute = mo.absolute_effects(
    fit, survival=[0.7, 0.5, 0.3, 0.2], at=[3, 6, 9, 12], unit="months", at_risk=[100, 70, 40, 20]
)
expected = mo.survival_plot(absolute)
