"""Models for counts against metafor: Mantel-Haenszel and Peto."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest

import metaonc as mo
from metaonc.kernels.mantel_haenszel import mantel_haenszel
from metaonc.kernels.table_tests import breslow_day, cochran_mantel_haenszel
from metaonc.pooling.count_result import CountResult
from tests.reference import Case, cases, label
from tests.reference.comparison import Comparison

PATIENTS = {"events_1": "ai", "n_1": "n1i", "events_2": "ci", "n_2": "n2i"}
TIMES = {"events_1": "x1i", "time_1": "t1i", "events_2": "x2i", "time_2": "t2i"}
_TINY = 1e-12  # p values and I² of 0 or 1


def table(case: Case) -> pd.DataFrame:
    """The counts of a case under our names."""
    names = TIMES if "x1i" in case.inputs else PATIENTS
    frame = pd.DataFrame({ours: case.inputs[theirs] for ours, theirs in names.items()})
    return frame.astype(float)


def effects_of(case: Case) -> mo.Effects:
    """The studies' own effects, with 1/2 in the cells of tables that have an empty one."""
    frame, measure = table(case), case.args.get("measure", "OR")
    if "time_1" not in frame:
        return mo.effect_sizes(measure, frame, drop00=case.args.get("drop00") == [True, True])
    x1, t1, x2, t2 = frame.to_numpy().T
    half = 0.5 * ((x1 == 0) | (x2 == 0))
    x1, x2 = x1 + half, x2 + half
    if measure == "IRR":
        yi, vi = np.log(x1 / t1 / (x2 / t2)), 1 / x1 + 1 / x2
    else:
        yi, vi = x1 / t1 - x2 / t2, x1 / t1**2 + x2 / t2**2
    return mo.Effects(yi, vi, measure=measure, columns=frame.to_dict("list"))


def assert_same(compare: Comparison, fit: mo.PooledResult, out: dict[str, Any]) -> None:
    """Mean, test, interval and heterogeneity."""
    compare("estimate", fit.estimate, out["beta"], fit.se)
    compare("se", fit.se, out["se"])
    compare("low", fit.ci_low, out["ci.lb"], fit.se)
    compare("high", fit.ci_high, out["ci.ub"], fit.se)
    compare("z", fit.statistic, out["zval"], 1.0)
    compare("p", fit.p_value, out["pval"], _TINY)
    compare("q", fit.q, out["QE"])
    compare("q p", fit.q_p, out["QEp"], _TINY)
    compare("i2", 100 * fit.i2, out["I2"], 100.0)
    compare("h2", fit.h2, out["H2"])


@pytest.mark.parametrize("case", cases("counts", "mh"), ids=label)
def test_mantel_haenszel_agrees_with_rma_mh(case: Case) -> None:
    """metafor `rma.mh`: the counts as they are, and with 1/2 in tables that have an empty cell."""
    compare = Comparison(case, f"{case.args['measure']}, Mantel-Haenszel")
    if "add" in case.args:
        assert_same_corrected(compare.of(f"{compare.method}, corrected"), case)
    else:
        fit = mo.pool(effects_of(case), model="mh")
        assert isinstance(fit, CountResult)
        assert_same(compare, fit, case.out)
        assert_same_tests(compare, fit, case)
    compare.done()


def assert_same_tests(compare: Comparison, fit: CountResult, case: Case) -> None:
    """Cochran-Mantel-Haenszel, Breslow-Day, Tarone, where the program gives them."""
    out = case.out
    if out["MH"] is not None:
        found = fit.association_test(correct=case.args.get("correct", True))
        compare("CMH", found.statistic, out["MH"])
        compare("CMH p", found.p_value, out["MHp"], _TINY)
    if out["BD"] is not None:
        for name, tarone in (("BD", False), ("TA", True)):
            test = fit.homogeneity_test(tarone=tarone)
            compare(name, test.statistic, out[name])
            compare(f"{name} p", test.p_value, out[f"{name}p"], _TINY)


def assert_same_corrected(compare: Comparison, case: Case) -> None:
    """The kernels, from counts that were added to: `pool` adds to none."""
    x1, n1, x2, n2 = table(case).dropna().to_numpy().T
    half = 0.5 * ((x1 == 0) | (x2 == 0) | (x1 == n1) | (x2 == n2))
    counts = x1 + half, n1 + 2 * half, x2 + half, n2 + 2 * half
    mean, out = mantel_haenszel(case.args["measure"], *counts), case.out
    compare("estimate", mean.estimate, out["beta"], mean.se)
    compare("se", mean.se, out["se"])
    if out["MH"] is not None:
        compare("CMH", cochran_mantel_haenszel(*counts).statistic, out["MH"])
    if out["BD"] is not None:
        compare("BD", breslow_day(*counts, tarone=False).statistic, out["BD"])
        compare("TA", breslow_day(*counts).statistic, out["TA"])


@pytest.mark.parametrize("case", cases("counts", "peto"), ids=label)
def test_peto_agrees_with_rma_peto(case: Case) -> None:
    """metafor `rma.peto`."""
    compare = Comparison(case, "OR, Peto")
    assert_same(compare, mo.pool(effects_of(case), model="peto"), case.out)
    compare.done()


def test_revman_prints_the_same_for_fleiss() -> None:
    """Cochrane RevMan, Fleiss 1993 (aspirin after infarction), OR by Mantel-Haenszel, as exported.

    RevMan's Q is around the Mantel-Haenszel mean, as here.
    """
    (case,) = (one for one in cases("counts", "mh") if one.id == "Fleiss1993bin/mh/OR")
    fit = mo.pool(effects_of(case), model="mh")
    assert fit.display() == pytest.approx((0.89686556, 0.8405144, 0.95699471), abs=5e-9)
    assert fit.q == pytest.approx(9.94605598, abs=5e-9)
    assert 100 * fit.i2 == pytest.approx(39.67458046, abs=5e-9)


def test_the_grid_has_not_shrunk() -> None:
    """The number of cases per measure, as first selected."""
    mh = Counter(case.args["measure"] for case in cases("counts", "mh"))
    assert mh == {"OR": 76, "RR": 57, "RD": 57, "IRR": 4, "IRD": 2}
    assert len(cases("counts", "peto")) == 19
