"""
PRISMA 2020 flow diagram
========================

From the search to the included studies. The search behind the shipped trials was not recorded, and
each box says so.
"""

import metaonc as mo
from metaonc.registry import Flow

figure = mo.prisma_diagram(mo.load_registry())

# %%
# With made-up counts: a review that searched databases, a register and reference lists.

flow = Flow.model_validate(
    {
        "identified": [
            {"name": "MEDLINE", "kind": "database", "records": 700},
            {"name": "Embase", "kind": "database", "records": 500},
            {"name": "ClinicalTrials.gov", "kind": "register", "records": 100},
            {"name": "Reference lists", "kind": "other", "records": 12},
        ],
        "duplicates": 300,
        "screened": 1000,
        "excluded": 900,
        "sought": 100,
        "not_retrieved": 4,
        "assessed": 96,
        "excluded_reports": [
            {"reason": "wrong comparison", "reports": 40},
            {"reason": "no hazard ratio", "reports": 30},
        ],
        "other": {
            "sought": 12,
            "not_retrieved": 1,
            "assessed": 11,
            "excluded_reports": [{"reason": "not randomised", "reports": 7}],
        },
        "included_studies": 21,
        "included_reports": 30,
    }
)
made_up = mo.prisma_diagram(flow, title="A made-up review")
