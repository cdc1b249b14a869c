"""How far to trust a result: influence, sensitivity, small-study effects."""

from metaonc.diagnostics.asymmetry import asymmetry_test
from metaonc.diagnostics.asymmetry_results import AsymmetryTest, RankTest, RegressionTest
from metaonc.diagnostics.baujat import Baujat, baujat
from metaonc.diagnostics.bootstrap import Bootstrap, bootstrap
from metaonc.diagnostics.copas_model import CopasModel, copas
from metaonc.diagnostics.cumulative import Cumulative, cumulative
from metaonc.diagnostics.doi import LfkIndex, lfk_index
from metaonc.diagnostics.excess import ExcessSignificance, excess_significance
from metaonc.diagnostics.fail_safe import FailSafeN, fail_safe_n
from metaonc.diagnostics.finding import Finding
from metaonc.diagnostics.fragility import FragilityIndex, fragility_index
from metaonc.diagnostics.funnel import Funnel, funnel
from metaonc.diagnostics.gosh import Gosh, gosh
from metaonc.diagnostics.influence import influence
from metaonc.diagnostics.influence_tables import GroupInfluence, Influence
from metaonc.diagnostics.information_size import RequiredInformation, required_information_size
from metaonc.diagnostics.labbe import Labbe, labbe
from metaonc.diagnostics.leave_m_out import LeaveMOut, leave_m_out
from metaonc.diagnostics.leave_one_out import LeaveOneOut, leave_one_out
from metaonc.diagnostics.likelihood_curves import (
    StudyLikelihoods,
    Tau2Profile,
    study_likelihoods,
    tau2_profile,
)
from metaonc.diagnostics.limit_meta import LimitMetaAnalysis, limit_meta_analysis
from metaonc.diagnostics.next_trial import next_trial
from metaonc.diagnostics.next_trial_results import NextTrial
from metaonc.diagnostics.normal_qq import NormalQQ, normal_qq
from metaonc.diagnostics.p_uniform_star import PUniformStar, p_uniform_star
from metaonc.diagnostics.permutation import PermutationTest, permutation_test
from metaonc.diagnostics.pet_peese import PetPeese, pet_peese
from metaonc.diagnostics.power import Power, power
from metaonc.diagnostics.radial import Radial, radial
from metaonc.diagnostics.refits import refit
from metaonc.diagnostics.rounding import rounding
from metaonc.diagnostics.rounding_results import Rounding
from metaonc.diagnostics.selection_model import selection_model
from metaonc.diagnostics.selection_result import SelectionModel
from metaonc.diagnostics.sensitivity import Sensitivity, sensitivity
from metaonc.diagnostics.sensitivity_checks import Check
from metaonc.diagnostics.sequential_results import SequentialAnalysis
from metaonc.diagnostics.specification_curve import specification_curve
from metaonc.diagnostics.specification_results import SpecificationCurve
from metaonc.diagnostics.trial_sequential import trial_sequential_analysis
from metaonc.diagnostics.trim_fill import TrimAndFill, trim_and_fill
from metaonc.diagnostics.waap import WaapWls, waap_wls

__all__ = [
    "AsymmetryTest",
    "Baujat",
    "Bootstrap",
    "Check",
    "CopasModel",
    "Cumulative",
    "ExcessSignificance",
    "FailSafeN",
    "Finding",
    "FragilityIndex",
    "Funnel",
    "Gosh",
    "GroupInfluence",
    "Influence",
    "Labbe",
    "LeaveMOut",
    "LeaveOneOut",
    "LfkIndex",
    "LimitMetaAnalysis",
    "NextTrial",
    "NormalQQ",
    "PUniformStar",
    "PermutationTest",
    "PetPeese",
    "Power",
    "Radial",
    "RankTest",
    "RegressionTest",
    "RequiredInformation",
    "Rounding",
    "SelectionModel",
    "Sensitivity",
    "SequentialAnalysis",
    "SpecificationCurve",
    "StudyLikelihoods",
    "Tau2Profile",
    "TrimAndFill",
    "WaapWls",
    "asymmetry_test",
    "baujat",
    "bootstrap",
    "copas",
    "cumulative",
    "excess_significance",
    "fail_safe_n",
    "fragility_index",
    "funnel",
    "gosh",
    "influence",
    "labbe",
    "leave_m_out",
    "leave_one_out",
    "lfk_index",
    "limit_meta_analysis",
    "next_trial",
    "normal_qq",
    "p_uniform_star",
    "permutation_test",
    "pet_peese",
    "power",
    "radial",
    "refit",
    "required_information_size",
    "rounding",
    "selection_model",
    "sensitivity",
    "specification_curve",
    "study_likelihoods",
    "tau2_profile",
    "trial_sequential_analysis",
    "trim_and_fill",
    "waap_wls",
]
