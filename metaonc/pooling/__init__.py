"""How estimates combine: `Effects` -> a result."""

from metaonc.pooling.absolute.absolute_result import AbsoluteEffects
from metaonc.pooling.absolute.effects import absolute_effects
from metaonc.pooling.adverse_events.harms_result import HarmsRow, HarmsTable
from metaonc.pooling.adverse_events.table import harms
from metaonc.pooling.certificate import Certificate
from metaonc.pooling.choices import Choices
from metaonc.pooling.compare import PolicyComparison, compare_policies
from metaonc.pooling.counts.count_result import CountResult
from metaonc.pooling.counts.rare_events import rare_events
from metaonc.pooling.counts.rare_result import RareEvents
from metaonc.pooling.groups.subgroup_result import SubgroupResult
from metaonc.pooling.groups.subgroup_words import difference_text
from metaonc.pooling.groups.subgroups import subgroups
from metaonc.pooling.interval import Interval, Probability
from metaonc.pooling.moderators.meta_regression import MetaRegression
from metaonc.pooling.moderators.regression import regress
from metaonc.pooling.policies import DEFAULT_POLICY, POLICIES, Policy
from metaonc.pooling.pool import pool
from metaonc.pooling.result import PooledResult
from metaonc.pooling.words import effect_text, heterogeneity_text, p_text

__all__ = [
    "DEFAULT_POLICY",
    "POLICIES",
    "AbsoluteEffects",
    "Certificate",
    "Choices",
    "CountResult",
    "HarmsRow",
    "HarmsTable",
    "Interval",
    "MetaRegression",
    "Policy",
    "PolicyComparison",
    "PooledResult",
    "Probability",
    "RareEvents",
    "SubgroupResult",
    "absolute_effects",
    "compare_policies",
    "difference_text",
    "effect_text",
    "harms",
    "heterogeneity_text",
    "p_text",
    "pool",
    "rare_events",
    "regress",
    "subgroups",
]
