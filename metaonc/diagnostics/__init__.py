"""How far to trust a result: influence, sensitivity, small-study effects."""

from metaonc.diagnostics.baujat import Baujat, baujat
from metaonc.diagnostics.cumulative import Cumulative, cumulative
from metaonc.diagnostics.finding import Finding
from metaonc.diagnostics.fragility import FragilityIndex, fragility_index
from metaonc.diagnostics.influence import influence
from metaonc.diagnostics.influence_tables import GroupInfluence, Influence
from metaonc.diagnostics.information_size import RequiredInformation, required_information_size
from metaonc.diagnostics.leave_m_out import LeaveMOut, leave_m_out
from metaonc.diagnostics.leave_one_out import LeaveOneOut, leave_one_out
from metaonc.diagnostics.next_trial import NextTrial, next_trial
from metaonc.diagnostics.power import Power, power
from metaonc.diagnostics.refits import refit
from metaonc.diagnostics.rounding import Rounding, rounding
from metaonc.diagnostics.trial_sequential import SequentialAnalysis, trial_sequential_analysis

__all__ = [
    "Baujat",
    "Cumulative",
    "Finding",
    "FragilityIndex",
    "GroupInfluence",
    "Influence",
    "LeaveMOut",
    "LeaveOneOut",
    "NextTrial",
    "Power",
    "RequiredInformation",
    "Rounding",
    "SequentialAnalysis",
    "baujat",
    "cumulative",
    "fragility_index",
    "influence",
    "leave_m_out",
    "leave_one_out",
    "next_trial",
    "power",
    "refit",
    "required_information_size",
    "rounding",
    "trial_sequential_analysis",
]
