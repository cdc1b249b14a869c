"""How estimates combine: `Effects` -> a result."""

from metaonc.pooling.choices import Choices
from metaonc.pooling.compare import PolicyComparison, compare_policies
from metaonc.pooling.interval import Interval
from metaonc.pooling.policies import DEFAULT_POLICY, POLICIES, Policy
from metaonc.pooling.pool import pool
from metaonc.pooling.regression import MetaRegression, regress
from metaonc.pooling.result import PooledResult
from metaonc.pooling.subgroups import SubgroupResult, subgroups
from metaonc.pooling.words import difference_text, effect_text, heterogeneity_text, p_text

__all__ = [
    "DEFAULT_POLICY",
    "POLICIES",
    "Choices",
    "Interval",
    "MetaRegression",
    "Policy",
    "PolicyComparison",
    "PooledResult",
    "SubgroupResult",
    "compare_policies",
    "difference_text",
    "effect_text",
    "heterogeneity_text",
    "p_text",
    "pool",
    "regress",
    "subgroups",
]
