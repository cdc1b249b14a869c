"""How far to trust a result: influence, sensitivity, small-study effects."""

from metaonc.diagnostics.alternatives.rounding import rounding
from metaonc.diagnostics.alternatives.rounding_results import Rounding
from metaonc.diagnostics.alternatives.specification_curve import specification_curve
from metaonc.diagnostics.alternatives.specification_results import SpecificationCurve
from metaonc.diagnostics.conclusions.fragility import FragilityIndex, fragility_index
from metaonc.diagnostics.conclusions.information_size import (
    RequiredInformation,
    required_information_size,
)
from metaonc.diagnostics.conclusions.leave_m_out import LeaveMOut, leave_m_out
from metaonc.diagnostics.conclusions.next_trial import next_trial
from metaonc.diagnostics.conclusions.next_trial_results import NextTrial
from metaonc.diagnostics.conclusions.power import Power, power
from metaonc.diagnostics.conclusions.sequential_results import SequentialAnalysis
from metaonc.diagnostics.conclusions.trial_sequential import trial_sequential_analysis
from metaonc.diagnostics.deletion.cumulative import Cumulative, cumulative
from metaonc.diagnostics.deletion.influence import influence
from metaonc.diagnostics.deletion.influence_tables import GroupInfluence, Influence
from metaonc.diagnostics.deletion.leave_one_out import LeaveOneOut, leave_one_out
from metaonc.diagnostics.pictures.baujat import Baujat, baujat
from metaonc.diagnostics.pictures.drapery import Drapery, drapery
from metaonc.diagnostics.pictures.gosh import Gosh, gosh
from metaonc.diagnostics.pictures.labbe import Labbe, labbe
from metaonc.diagnostics.pictures.likelihood_curves import (
    StudyLikelihoods,
    Tau2Profile,
    study_likelihoods,
    tau2_profile,
)
from metaonc.diagnostics.pictures.normal_qq import NormalQQ, normal_qq
from metaonc.diagnostics.pictures.radial import Radial, radial
from metaonc.diagnostics.refits import refit
from metaonc.diagnostics.resampling.bootstrap import Bootstrap, bootstrap
from metaonc.diagnostics.resampling.permutation import PermutationTest, permutation_test
from metaonc.diagnostics.selection.copas_model import CopasModel, copas
from metaonc.diagnostics.selection.p_uniform_star import PUniformStar, p_uniform_star
from metaonc.diagnostics.selection.selection_model import selection_model
from metaonc.diagnostics.selection.selection_result import SelectionModel
from metaonc.diagnostics.sensitivity import Sensitivity, sensitivity
from metaonc.diagnostics.sensitivity_checks import Check
from metaonc.diagnostics.small_study.asymmetry import asymmetry_test
from metaonc.diagnostics.small_study.asymmetry_results import (
    AsymmetryTest,
    RankTest,
    RegressionTest,
)
from metaonc.diagnostics.small_study.doi import LfkIndex, lfk_index
from metaonc.diagnostics.small_study.excess import ExcessSignificance, excess_significance
from metaonc.diagnostics.small_study.fail_safe import FailSafeN, fail_safe_n
from metaonc.diagnostics.small_study.funnel import Funnel, funnel
from metaonc.diagnostics.small_study.limit_meta import LimitMetaAnalysis, limit_meta_analysis
from metaonc.diagnostics.small_study.pet_peese import PetPeese, pet_peese
from metaonc.diagnostics.small_study.trim_fill import TrimAndFill, trim_and_fill
from metaonc.diagnostics.small_study.waap import WaapWls, waap_wls
from metaonc.pooling.finding import Finding

__all__ = [
    "AsymmetryTest",
    "Baujat",
    "Bootstrap",
    "Check",
    "CopasModel",
    "Cumulative",
    "Drapery",
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
    "drapery",
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
