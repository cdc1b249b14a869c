"""
Bubble plot
===========

A regression of the effects on a number: bubbles as large as the weights, the line with its band,
and where a new study is expected. Six trials cannot carry much of a slope, and the figure shows it.
"""

import metaonc as mo

fit = mo.pool(mo.load_registry().effects("pfs"), moderators="year")
figure = mo.bubble_plot(fit)
