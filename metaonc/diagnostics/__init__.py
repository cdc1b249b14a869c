"""How far to trust a result: influence, sensitivity, small-study effects."""

from metaonc.diagnostics.finding import Finding
from metaonc.diagnostics.fragility import FragilityIndex, fragility_index
from metaonc.diagnostics.information_size import RequiredInformation, required_information_size
from metaonc.diagnostics.leave_m_out import LeaveMOut, leave_m_out
from metaonc.diagnostics.next_trial import NextTrial, next_trial
from metaonc.diagnostics.power import Power, power
from metaonc.diagnostics.refits import refit
from metaonc.diagnostics.trial_sequential import SequentialAnalysis, trial_sequential_analysis

__all__ = [
    "Finding",
    "FragilityIndex",
    "LeaveMOut",
    "NextTrial",
    "Power",
    "RequiredInformation",
    "SequentialAnalysis",
    "fragility_index",
    "leave_m_out",
    "next_trial",
    "power",
    "refit",
    "required_information_size",
    "trial_sequential_analysis",
]
