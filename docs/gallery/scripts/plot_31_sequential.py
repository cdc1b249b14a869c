"""
Trial sequential analysis
=========================

Overall survival, trial by trial, against O'Brien-Fleming boundaries on events for a hazard ratio of
0.8.
"""

import metaonc as mo

fit = mo.pool(mo.load_registry().effects("os"))
figure = mo.sequential_plot(mo.trial_sequential_analysis(fit, effect=0.8))
