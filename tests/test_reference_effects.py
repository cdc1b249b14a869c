"""Study effects from raw tables, against metafor's `escalc` and `conv.wald`."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import metaonc as mo
from metaonc.effects.tables.recipes import RECIPES
from tests.reference import Case, cases, label
from tests.reference.comparison import Comparison

# Their measure -> ours where the names differ, and their columns -> ours.
MEASURES = {"PR": "PRAW", "PLO": "PLOGIT", "OR2D": "OR2DL", "D2OR": "D2ORL"}
# The program searches for a tetrachoric correlation to 1e-4; `tests/effects/test_associations.py`
# solves its equation to rounding.
TETRACHORIC = 5e-3
TWO_ARMS = {"ai": "events_1", "n1i": "n_1", "ci": "events_2", "n2i": "n_2"}
ONE_ARM = {"xi": "events", "ni": "n"}
TWO_RATES = {"x1i": "events_1", "t1i": "time_1", "x2i": "events_2", "t2i": "time_2"}
ONE_RATE = {"xi": "events", "ti": "time"}
TWO_MEANS = {
    "m1i": "mean_1",
    "sd1i": "sd_1",
    "n1i": "n_1",
    "m2i": "mean_2",
    "sd2i": "sd_2",
    "n2i": "n_2",
}
CORRELATION = {"ri": "r", "ni": "n"}
RELIABILITY = {"ai": "alpha", "mi": "items", "ni": "n"}
PRINTED = {"est": "estimate", "ci.lb": "low", "ci.ub": "high"}
META_CI = {"classic": "wald", "HK": "hksj", "HK-se": "hksj-adhoc"}  # meta's -> ours
LOG_RANK = {"OmE": "o_minus_e", "V": "variance"}


def raw_table(case: Case, columns: dict[str, str]) -> pd.DataFrame:
    """The case's table under our column names; a study is called by its row."""
    table = {ours: np.array(case.inputs[theirs], dtype=float) for theirs, ours in columns.items()}
    frame = pd.DataFrame(table)
    return frame.assign(label=[f"study {row}" for row in range(1, len(frame) + 1)])


def assert_same_effects(found: Any, frame: pd.DataFrame, case: Case, method: str) -> None:
    """Same studies in the same order with the same numbers; the others left out, with a reason.

    metafor gives NA for a study without an effect, and a variance of zero for a risk difference
    without events where nothing is added. Neither can be weighted: its `rma` drops both, and so do
    we.
    """
    yi, vi = (np.array(case.out[name], dtype=float) for name in ("yi", "vi"))
    usable = np.isfinite(yi) & np.isfinite(vi) & (vi > 0)
    assert list(found.labels) == list(frame["label"][usable])
    assert [study.label for study in found.left_out] == list(frame["label"][~usable])
    assert all(study.reason for study in found.left_out)
    yi, vi = yi[usable], vi[usable]
    compare = Comparison(case, method)
    compare("yi", found.yi, yi, floor=np.sqrt(vi))  # an effect may be near zero
    compare("vi", found.vi, vi)
    compare.done()


@pytest.mark.parametrize("case", cases("effects", "escalc"), ids=label)
def test_raw_tables_give_the_effects_of_escalc(case: Case) -> None:
    """metafor `escalc`: 50 measures, every zero-cell rule, every kind of variance."""
    options = dict(case.args)
    measure = options.pop("measure")
    measure = MEASURES.get(measure, measure)
    frame = raw_table(case, columns_of(measure))
    found = mo.effect_sizes(measure, frame, **options)
    if case.id == "dat.poole2003/escalc/SMD/AV":
        case = replace(case, out=without_an_average(case))
    if measure in ("RTET", "ZTET"):
        case, frame, found = without_empty_cells(case, frame, found)
    if measure == "UCOR" and "dat.cohen1981" in case.id:
        case, frame, found = without_the_wrong_value(case, frame, found)
    assert_same_effects(found, frame, case, measure)


def columns_of(measure: str) -> dict[str, str]:
    """Their columns -> ours: those the measure is computed from."""
    ours = set(RECIPES[measure].columns)
    tables = (TWO_ARMS, ONE_ARM, TWO_RATES, ONE_RATE, TWO_MEANS, CORRELATION, RELIABILITY)
    return next(table for table in tables if set(table.values()) == ours)


def without_an_average(case: Case) -> dict[str, Any]:
    """Two trials print standard deviations of 0: the program's average effect is then no number.

    Ours leaves them out. Effects as in the program's call without average; variances by hand.
    """
    plain = next(one for one in cases("effects", "escalc") if f"{one.id}/AV" == case.id)
    yi = np.array(plain.out["yi"], dtype=float)
    n_1, n_2 = (np.array(case.inputs[name], dtype=float) for name in ("n1i", "n2i"))
    there = np.isfinite(yi)
    mean = np.sum(yi[there] * (n_1 + n_2)[there]) / np.sum((n_1 + n_2)[there])
    vi = np.where(there, 1 / n_1 + 1 / n_2 + mean**2 / (2 * (n_1 + n_2)), np.nan)
    return {"yi": list(yi), "vi": list(vi)}


def without_empty_cells(
    case: Case, frame: pd.DataFrame, found: mo.Effects
) -> tuple[Case, pd.DataFrame, mo.Effects]:
    """Leave out tables with an empty cell, whose tetrachoric correlation is 1, -1 or anything.

    The program gives ±1 with a variance of no meaning; ours corrects them, or leaves them out.
    """
    counts = frame[["events_1", "n_1", "events_2", "n_2"]].to_numpy(float).T
    full = (counts[0] > 0) & (counts[2] > 0) & (counts[0] < counts[1]) & (counts[2] < counts[3])
    out = {name: list(np.array(case.out[name], dtype=float)[full]) for name in ("yi", "vi")}
    frame = frame[full]
    keep = [i for i, label in enumerate(found.labels) if label in set(frame["label"])]
    left_out = [out for out in found.left_out if out.label in set(frame["label"])]
    found = found.take(keep, left_out=left_out)
    return replace(case, out=out, rtol=TETRACHORIC), frame, found


def without_the_wrong_value(
    case: Case, frame: pd.DataFrame, found: mo.Effects
) -> tuple[Case, pd.DataFrame, mo.Effects]:
    """Leave out r = -0.04, n = 12, where the program's hypergeometric function is off by 5e-4.

    `tests/effects/test_associations.py` sums the series for it. An average over all studies, which
    that value enters, is compared to its accuracy.
    """
    row = int(np.flatnonzero(frame["r"] == -0.04)[0])
    keep = np.arange(len(frame)) != row
    out = {name: list(np.array(case.out[name], dtype=float)[keep]) for name in ("yi", "vi")}
    rtol = 1e-6 if case.args.get("vtype") == "AV" else case.rtol
    return replace(case, out=out, rtol=rtol), frame[keep], found.take(keep)


def time_to_event_table(case: Case) -> pd.DataFrame:
    """The columns a time-to-event case starts from: log-rank totals, interval or p-value."""
    if "OmE" in case.inputs:
        return raw_table(case, LOG_RANK)
    frame = raw_table(case, PRINTED)
    if "pval" not in case.args:
        return frame.assign(level=case.inputs["level"] / 100)  # percent there, a fraction here
    rows = np.array(case.out["rows"]) - 1  # the program names the rows it used, from one
    return frame.iloc[rows][["label", "estimate"]].assign(p=case.args["pval"])


@pytest.mark.parametrize("case", cases("effects", "hr"), ids=label)
def test_printed_time_to_event_results_give_the_log_hazard_ratio(case: Case) -> None:
    """Intervals and p-values as metafor `conv.wald`; log-rank totals as (O - E)/V, variance 1/V.

    Two of the tables print odds ratios; on the log scale the arithmetic is that of a hazard ratio.
    """
    frame = time_to_event_table(case)
    kind = "O − E and V" if "OmE" in case.inputs else "p value" if "p" in frame else "interval"
    assert_same_effects(mo.effect_sizes("HR", frame), frame, case, f"HR from {kind}")


@pytest.mark.parametrize("case", cases("effects", "printed"), ids=label)
def test_printed_ratios_are_pooled_as_metagen_pools_them(case: Case) -> None:
    """meta `metagen(lower=, upper=)`, from logs or ratios: from the printed table to the mean."""
    frame = raw_table(case, PRINTED)
    effects = mo.effect_sizes("HR", frame.assign(level=case.inputs["level"] / 100))
    assert_same_pool(effects, case, "DL", "")


def assert_same_pool(effects: mo.Effects, case: Case, tau2: str, prefix: str) -> None:
    """Classic and Hartung-Knapp results, Q and its I², and prediction intervals."""
    out, floor = case.out, float(np.sqrt(effects.vi.min()))
    compare = Comparison(case, tau2)
    for name, row in out["random"].items():
        fit = mo.pool(effects, tau2=tau2, ci=META_CI[name])
        compare.of(f"{prefix}{tau2}" if name == "classic" else f"{prefix}{tau2}, {name}")
        compare("k", fit.k, out["k"])
        compare("tau2", fit.tau2, out["tau2"], effects.vi.mean())  # as the program's search stops
        compare("i2", fit.i2_from_q, out["I2"])
        compare("estimate", fit.estimate, row["TE"], floor)
        compare("se", fit.se, row["seTE"])
        compare("low", fit.ci_low, row["lower"], floor)
        compare("high", fit.ci_high, row["upper"], floor)
        if "Q" in out:
            compare("q", fit.q, out["Q"])
        if "pval" in row:
            compare("p", fit.p_value, row["pval"], 1e-290)
    for name, row in out["predict"].items():
        if row["lower"] is not None:
            predicted = mo.pool(effects, tau2=tau2).prediction_interval(name)
            compare.of(f"{prefix}prediction {name}")
            compare("prediction", list(predicted), [row["lower"], row["upper"]], floor)
    compare.done()


def corrected_as_meta_does(sm: str, frame: pd.DataFrame) -> mo.Effects:
    """Risk ratios and differences with zero cells, by meta's own rules for 1/2.

    Ratios: added to the events and once (not twice) to the patients. Differences: added to all
    cells for the variance, to none for the difference.
    """
    a, n1, c, n2 = (frame.dropna()[name].to_numpy() for name in TWO_ARMS.values())
    half = 0.5 * ((a == 0) | (c == 0) | (a == n1) | (c == n2))
    if sm == "RR":
        keep = ~(((a == 0) & (c == 0)) | ((a == n1) & (c == n2)))
        a, n1, c, n2 = a + half, n1 + half, c + half, n2 + half
        yi, vi = np.log(a / n1 / (c / n2)), 1 / a - 1 / n1 + 1 / c - 1 / n2
        return mo.Effects(yi[keep], vi[keep], measure="RR")
    v1, v2 = ((x + half) * (n - x + half) / (n + 2 * half) ** 3 for x, n in ((a, n1), (c, n2)))
    return mo.Effects(a / n1 - c / n2, v1 + v2, measure="RD")


@pytest.mark.parametrize("case", cases("effects", "raw"), ids=label)
def test_raw_tables_are_pooled_as_metabin_and_metaprop_pool_them(case: Case) -> None:
    """meta `metabin` and `metaprop`, method="Inverse": from counts to the pooled effect."""
    sm = case.args["sm"]
    frame = raw_table(case, TWO_ARMS if "ai" in case.inputs else ONE_ARM)
    drop = {"drop00": True} if sm in ("OR", "RR") else {}  # trials without events in either arm
    effects = mo.effect_sizes(sm, frame, **drop)
    if sm in ("RR", "RD") and (frame[["events_1", "events_2"]] == 0).any(axis=None):
        effects = corrected_as_meta_does(sm, frame)
    assert_same_pool(effects, case, case.args["method.tau"], f"{sm}, ")


def test_the_grid_has_not_shrunk() -> None:
    """The number of cases per measure and per kind of printed result, as first selected."""
    escalc = Counter(case.args["measure"] for case in cases("effects", "escalc"))
    assert escalc == {
        **dict.fromkeys(["RD"], 176),
        **dict.fromkeys(["RR", "OR"], 154),
        **dict.fromkeys(["PHI"], 44),
        **dict.fromkeys(["PR"], 32),
        **dict.fromkeys(["SMD"], 30),
        **dict.fromkeys(["ROM"], 25),
        **dict.fromkeys(["PLN", "PLO"], 24),
        **dict.fromkeys(["AS", "PETO", "YUQ", "YUY", "PBIT", "OR2DN", "OR2DL"], 22),
        **dict.fromkeys(["PRZ", "PAS", "PFT"], 16),
        **dict.fromkeys(["MD", "SMDH", "SMD1", "VR"], 12),
        **dict.fromkeys(["CVR"], 10),
        **dict.fromkeys(["COR", "UCOR"], 9),
        **dict.fromkeys(["IRR", "IRD"], 8),
        **dict.fromkeys(["ZPHI", "RTET", "ZTET", "OR2D"], 22),
        **dict.fromkeys(["RPB"], 18),
        **dict.fromkeys(["SMD1H", "D2ORN", "D2ORL", "D2OR"], 6),
        **dict.fromkeys(["ZPB", "RBIS", "ZBIS", "CLESN"], 6),
        **dict.fromkeys(["ZCOR"], 3),
        **dict.fromkeys(["IRSD", "IR", "IRLN", "IRS", "IRFT"], 2),
        **dict.fromkeys(["ARAW", "AHW", "ABT"], 1),
    }
    printed = Counter(case.id.split("/", 1)[1] for case in cases("effects", "hr"))
    assert len(cases("effects", "printed")) == 14
    raw = Counter(case.args["sm"] for case in cases("effects", "raw"))
    assert raw == {"OR": 19, "RR": 19, "RD": 19, "PLOGIT": 32, "PAS": 8, "PFT": 32}
    assert printed == {"conv.wald": 7, "conv.wald/pval": 7, "oev/peto_pooled": 1}
