"""
The style of a journal
======================

One result as RevMan, JAMA, The BMJ and The Lancet Oncology print it: columns, words, brackets,
decimal signs and p values are the house's, the numbers are the same.
"""

import metaonc as mo

fit = mo.pool(mo.load_registry().effects("cbr"))
revman = mo.forest(fit, preset="cochrane")

# %%
# No zero before the point of a p value, the direction words on top.

jama = mo.forest(fit, preset="jama")

# %%
# "0.46 to 0.79", and no spaces around signs.

bmj = mo.forest(fit, preset="bmj")

# %%
# Raised decimal points.

lancet = mo.forest(fit, preset="lancet-oncology")
