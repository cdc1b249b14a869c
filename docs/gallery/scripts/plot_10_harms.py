"""
Harms beside benefits
=====================

Risk ratio, odds ratio and risk difference of every harm, beside the benefits, with the counts.
"""

import metaonc as mo

figure = mo.harms_plot(mo.harms(mo.load_registry()))
