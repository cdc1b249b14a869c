"""
Several outcomes in one figure
==============================

Results of one measure, each a block under its name. What all of them share is said once.
"""

import metaonc as mo

registry = mo.load_registry()
results = {
    "Progression-free survival or time to progression": mo.pool(registry.effects("pfs")),
    "Overall survival": mo.pool(registry.effects("os")),
}
figure = mo.forest(results, title="mTOR inhibitor and endocrine therapy", preset="jama")
