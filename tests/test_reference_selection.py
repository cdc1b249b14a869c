"""Selection models against metafor: no lower likelihood, and the same values at the same maximum.

The reference holds what metafor found, and for most calls an optimum of the same likelihood found
to many digits (`optimum`). Some of these are local maxima, or ends of a search where the likelihood
goes on rising: there metaonc's likelihood is higher, which `HIGHER` counts.
"""

from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest

import metaonc as mo
from metaonc.diagnostics import SelectionModel
from metaonc.kernels.selection.selection_likelihood import Point
from metaonc.kernels.selection.selection_models import (
    fit_selection,
    interval_counts,
    selection_likelihood,
)
from tests.reference import Case, cases, label
from tests.reference.comparison import Comparison

TYPES = {"halfnorm": "halfnormal"}
# A likelihood higher by this is another point: the optima of the reference are closer to theirs,
# except where its search went towards an end of the range, such as tau² = 0, and stopped before.
OTHER, OTHER_OF_METAFOR = 1e-10, 1e-6
# Calls with a clearly higher likelihood than the reference: local maxima there, or a search that
# ended while the likelihood was rising.
HIGHER = {
    "Fleiss1993bin/OR/selmodel/step1/ML",
    "Fleiss1993bin/OR/selmodel/step2/ML",
    "Fleiss1993bin/OR/selmodel/fixed_delta/ML",
    "Fleiss1993bin/OR/selmodel/step1-two.sided/ML",
    "dat.bcg/RR/selmodel/negexppow/ML",
    "dat.collins1985b/OR/selmodel/beta/ML",
    "dat.collins1985b/OR/selmodel/negexppow/ML",
    "dat.li2007/OR/selmodel/step1/ML",
    "dat.nielweise2007/OR/selmodel/trunc/ML",
    "dat.normand1999/MD/selmodel/negexppow/ML",
    "dat.pignon2000/logHR/selmodel/negexppow/ML",
    "hr_cdk46_pfs/logHR/selmodel/trunc/ML",
}
# metafor's optimum has a logarithm of the likelihood of +282 here, 320 above what the likelihood is
# at its parameters: its integrals vanish for a mean far outside the data.
EMPTY_FIRST = "dat.yusuf1985.6/"  # no study of it is significant
WRONG_INTEGRAL = "dat.normand1999/MD/selmodel/negexppow/ML"


def effects_of(case: Case) -> mo.Effects:
    """The studies that every program uses."""
    yi, vi = (np.array(case.inputs[name], dtype=float) for name in ("yi", "vi"))
    usable = np.isfinite(yi) & (vi > 0)
    return mo.Effects(yi[usable], vi[usable])


@cache
def found_by(case: Case) -> SelectionModel:
    """The case's call of ours."""
    args = case.args
    fixed = args["method"] == "FE"
    result = mo.pool(effects_of(case), model="fixed" if fixed else "random")
    steps = None if args["type"] == "trunc" else args.get("steps")
    return mo.selection_model(
        result,
        TYPES.get(args["type"], args["type"]),
        steps=steps,
        alternative=args["alternative"].replace(".", "-"),
        delta=args.get("delta"),
        prec=args.get("prec"),
    )


def reference(case: Case) -> dict[str, Any]:
    """The optimum, where there is one."""
    found: dict[str, Any] = case.out.get("optimum", case.out["metafor"])
    return found


def deltas(case: Case, values: dict[str, Any], name: str = "delta") -> np.ndarray:
    """Weight parameters or their errors, without the first interval's 1."""
    every = np.atleast_1d(np.array(values[name], dtype=float))
    first = case.args["type"] == "stepfun" and (name == "delta" or case.out.get("optimum") is None)
    return every[int(first) :]


def theirs(case: Case, values: dict[str, Any]) -> float:
    """Our log-likelihood at their parameters."""
    found = found_by(case)
    sign = -1.0 if case.args["alternative"] == "less" else 1.0
    beta = np.array([sign * values["beta"]])
    return found._likelihood(Point(beta, values["tau2"], deltas(case, values))).value


@pytest.mark.parametrize("case", cases("selection", "selmodel"), ids=label)
def test_selection_models_agree_with_selmodel(case: Case) -> None:
    """metafor `selmodel`: the likelihood, and where the maximum is the same, what is there."""
    if case.id.startswith(EMPTY_FIRST) and "step" in case.id:
        assert_refused(case)
        return
    found, expected = found_by(case), reference(case)
    compare = Comparison(case, case.args["type"])
    at_theirs = theirs(case, expected)
    if case.id != WRONG_INTEGRAL:
        compare("log-likelihood there", at_theirs, expected["logLik"], 1.0)
    else:
        compare("log-likelihood there", theirs(case, case.out["metafor"]), -38.147398, 1.0)
    highest = max(at_theirs, theirs(case, case.out["metafor"]))
    assert found.log_likelihood >= highest - 1e-9
    gain = found.log_likelihood - at_theirs
    assert (gain > 1e-3) == (case.id in HIGHER)
    if gain < (OTHER if "optimum" in case.out else OTHER_OF_METAFOR):
        assert_same(compare, found, expected, case)
    compare.done()


def assert_refused(case: Case) -> None:
    """No study in the first interval: there the reference's weights went to infinity."""
    with pytest.raises(mo.DiagnosticsError, match="no study has a p value up to"):
        found_by(case)
    yi, vi = effects_of(case).yi, effects_of(case).vi
    two_sided = case.args["alternative"] == "two.sided"
    likelihood = selection_likelihood(
        yi if two_sided else -yi,
        vi,
        np.ones((len(yi), 1)),
        kind="stepfun",
        cuts=np.atleast_1d(case.args["steps"]),
        two_sided=two_sided,
    )
    empty = interval_counts(likelihood)[1:] == 0
    given = np.where(empty, 0.0, np.nan)
    tau2 = 0.0 if case.args["method"] == "FE" else None
    found = fit_selection(likelihood, given=given, tau2=tau2)
    compare = Comparison(case, "stepfun")
    compare("log-likelihood", found.log_likelihood, reference(case)["logLik"], 1.0)
    assert "rising" in found.states
    compare.done()


def assert_same(
    compare: Comparison, found: SelectionModel, expected: dict[str, Any], case: Case
) -> None:
    """Mean, variance, weights, and their errors where nothing is at an end of its range."""
    least = float(found.result.effects.vi.min())
    compare.location("mean", found.estimate, expected["beta"])
    compare("tau2", found.tau2, expected["tau2"], least)
    estimated = np.isfinite(found.delta) & ~np.isclose(found.delta, 0)
    compare("delta", found.delta[estimated], deltas(case, expected)[estimated], 0.1)
    if {*found.states} <= {"estimated", "given"}:
        assert_same_errors(compare, found, expected, case)


def assert_same_errors(
    compare: Comparison, found: SelectionModel, expected: dict[str, Any], case: Case
) -> None:
    compare("se", found.se, expected["se"])
    if case.args["method"] == "ML":
        compare("se tau2", found.tau2_se, expected["se.tau2"], float(found.result.effects.vi.min()))
    if found.lr_df:
        compare("se delta", found.delta_se, deltas(case, expected, "se.delta"))
        same = abs(case.out["metafor"]["logLik"] - expected["logLik"]) < OTHER
        if same and case.args["type"] in ("stepfun", "trunc"):
            test = case.out["metafor"]
            compare("LRT", found.lr_statistic, test["LRT"], 1.0)
            compare("LRT p", found.lr_p, test["LRTp"], 1.0)
            assert found.lr_df == test["LRTdf"]


@pytest.mark.parametrize("case", cases("selection", "copas"), ids=label)
def test_copas_agrees_where_nothing_is_adjusted(case: Case) -> None:
    """metasens `copas`: no asymmetry beyond p = 0.1, so that the mean is the unadjusted one."""
    found = mo.copas(mo.pool(effects_of(case)))
    compare = Comparison(case, "unadjusted")
    assert found.chosen == 0
    compare.location("mean", found.estimate, case.out["TE.adjust"])
    compare("se", found.se, case.out["seTE.adjust"])
    compare.done()


def test_every_type_is_compared() -> None:
    types = Counter(case.args["type"] for case in cases("selection", "selmodel"))
    assert types["stepfun"] > 100
    assert len(types) == 8
