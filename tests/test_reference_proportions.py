"""Single-arm proportions against meta's `metaprop` and metafor's way back from pooled values."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

import metaonc as mo
from tests.reference import Case, cases, label
from tests.reference.comparison import Comparison

META_CI = {"classic": "wald", "HK": "hksj", "HK-se": "hksj-adhoc"}  # meta's -> ours
# The program's search for tau² stops at an absolute distance, which is far off in the units of
# these proportions of 1 in 5000.
TINY_UNITS = ("dat.crisafulli2020", 1e-6)
# The program's own fits stop early here; the converged optima of the same likelihoods are among the
# cases of `test_reference_counts.py`, where ours agree with them to 1e-6.
STOPS_EARLY = (("dat.ursino2021", "dat.roever2022"), 1e-3)


def raw_table(case: Case) -> pd.DataFrame:
    """Events and patients, and the groups where there are some."""
    table = {"events": case.inputs["xi"], "n": case.inputs["ni"]}
    if "subgroup" in case.inputs:
        table["group"] = case.inputs["subgroup"]
    return pd.DataFrame(table).dropna(subset=["events", "n"])


@pytest.mark.parametrize("case", cases("proportions", "interval"), ids=label)
def test_intervals_of_studies_are_those_of_metaprop(case: Case) -> None:
    """meta `metaprop(method.ci=)`, whose limits are printed as log odds.

    At 0/n and n/n Wilson's interval with continuity correction ends at 0 and 1 (Newcombe 1998,
    method 4, p. 859); the program's does not, and leaves the proportion itself out.
    """
    method, level = case.args["method.ci"], case.args.get("level", 0.95)
    frame = raw_table(case)
    effects = mo.effect_sizes("PLOGIT", frame, study_ci=method)
    assert effects.study_interval == method
    _, low, high = effects.intervals(level)
    theirs = [expit(np.array(case.out[side], dtype=float)) for side in ("lower", "upper")]
    if method == "WSCC":
        theirs[0][frame["events"] == 0] = 0.0
        theirs[1][frame["events"] == frame["n"]] = 1.0
    compare = Comparison(case, f"{method} of one study")
    compare("low", low, theirs[0], floor=1e-12)
    compare("high", high, theirs[1])
    compare.done()


@pytest.mark.parametrize("case", cases("proportions", "metaprop"), ids=label)
def test_pooled_proportions_are_those_of_metaprop(case: Case) -> None:
    """meta `metaprop`: log and raw proportions, two correction rules, mixed models.

    The program adds to the cells of raw proportions for their variance only, and to the patients of
    log proportions once, not twice (at n/n for the variance only).
    """
    sm, glmm = case.args["sm"], case.args["method"] == "GLMM"
    options = {"to": case.args.get("method.incr", "only0")}
    effects = mo.effect_sizes(sm, raw_table(case), **options)
    if sm in ("PRAW", "PLN"):
        effects = corrected_as_meta_does(sm, raw_table(case), options["to"])
    compare = Comparison(case, f"{sm}, mixed model" if glmm else sm, rtol=tolerance(case, glmm))
    choice: dict[str, Any] = {"model": "glmm"}
    if not glmm:
        choice = {"model": "random", "tau2": case.args["method.tau"], "ci": "wald"}
    fit = mo.pool(effects, **choice)
    out = case.out
    compare("common", fit.fixed.estimate, out["TE.common"], fit.se)
    compare("common se", fit.fixed.se, out["seTE.common"])
    compare("tau2", fit.tau2, out["tau2"], effects.vi.mean())
    if not glmm:
        compare("q", fit.q, out["Q"])
    for name, row in out["random"].items():
        fit = mo.pool(effects, **choice if glmm else choice | {"ci": META_CI[name]})
        compare("estimate", fit.estimate, row["TE"], fit.se)
        compare("se", fit.se, row["seTE"])
        if not glmm or name == "classic":  # "HK" of a mixed model is the program's t interval
            compare("low", fit.ci_low, row["lower"], fit.se)
            compare("high", fit.ci_high, row["upper"], fit.se)
    classic = mo.pool(effects, **choice)
    for name, row in out["predict"].items():
        predicted = classic.prediction_interval(name)
        compare("prediction", list(predicted), [row["lower"], row["upper"]], classic.se)
    back = {name: values[0] for name, values in out["backtransf"].items()}
    read = classic.display()
    compare("read", read, [back[f"{side}random"] for side in ("", "lower.", "upper.")], 1e-6)
    compare.done()


def tolerance(case: Case, glmm: bool) -> float:
    """That of the case, but for what the program itself does not know better."""
    if glmm and case.source.split("/")[0] in STOPS_EARLY[0]:
        return STOPS_EARLY[1]
    searched = case.args.get("method.tau") == "REML" and case.source.startswith(TINY_UNITS[0])
    return TINY_UNITS[1] if searched and not glmm else case.rtol


def corrected_as_meta_does(sm: str, frame: pd.DataFrame, to: str) -> mo.Effects:
    """Raw and log proportions by the program's own rules for 1/2."""
    x, n = frame["events"].to_numpy(float), frame["n"].to_numpy(float)
    empty = (x == 0) | (x == n)
    half = 0.5 * {"only0": empty, "all": np.ones_like(empty), "if0all": empty | empty.any()}[to]
    if sm == "PLN":
        events = np.where(x == n, x, x + half)  # at n/n only the variance is corrected
        yi = np.where(x == n, 0.0, np.log(events / (n + half)))
        vi = 1 / events - 1 / (n + half)
    else:
        p = (x + half) / (n + 2 * half)
        yi, vi = x / n, p * (1 - p) / (n + 2 * half)
    return mo.Effects(yi, vi, sm)


@pytest.mark.parametrize("case", cases("proportions", "groups"), ids=label)
def test_groups_of_proportions_are_those_of_metaprop(case: Case) -> None:
    """meta `metaprop(subgroup=)`: each group's mean, with its own or a common tau²."""
    effects = mo.effect_sizes(case.args["sm"], raw_table(case))
    common = case.args["tau.common"]
    found = mo.subgroups(
        effects, by="group", tau2=case.args["method.tau"], ci="wald", tau2_common=common
    )
    compare = Comparison(case, f"{case.args['sm']} in groups", rtol=tolerance(case, glmm=False))
    out = case.out
    at = [list(found.groups).index(name) for name in out["subgroup.levels"]]
    fits = [list(found.groups.values())[i] for i in at]
    compare("k", [fit.k for fit in fits], out["k.w"])
    floor = min(fit.se for fit in fits)
    compare("estimate", [fit.estimate for fit in fits], out["TE.random.w"], floor)
    compare("se", [fit.se for fit in fits], out["seTE.random.w"])
    tau2 = [0.0 if value is None else value for value in out["tau2.w"]]
    compare("tau2", [fit.tau2 for fit in fits], tau2, effects.vi.mean())
    compare.done()


WAYS = {
    "ipft.hm": "harmonic",
    "ipft.mean_n": "arithmetic",
    "ipft.inverse_variance": None,  # 1/se² of the pooled value
}


def stored_effects(case: Case) -> mo.Effects:
    """The effects with the sizes that their variances stand for."""
    measure = {"PR": "PRAW", "PLO": "PLOGIT"}.get(case.inputs["measure"], case.inputs["measure"])
    yi, vi = (np.array(case.inputs[name], dtype=float) for name in ("yi", "vi"))
    usable = np.isfinite(yi) & (vi > 0)
    yi, vi = yi[usable], vi[usable]
    sizes = {"PFT": ("n", (1 / vi - 2) / 4), "IRFT": ("time", 1 / (4 * vi))}
    columns = dict([sizes[measure]]) if measure in sizes else {}
    return mo.Effects(yi, vi, measure, columns=columns)


@pytest.mark.parametrize("case", cases("proportions", "back"), ids=label)
def test_pooled_values_are_read_as_metafor_transforms_them_back(case: Case) -> None:
    """metafor `predict(transf=)`: estimate, interval and prediction interval on the scale read.

    The double arcsine with the harmonic and arithmetic mean of the sizes and with 1/se². Integrals
    over the distribution of the true effects are not offered.
    """
    effects, method = stored_effects(case), case.args.get("method", "REML")
    test = case.args.get("test", "z")
    choice = {"model": "fixed"} if method == "FE" else {"model": "random", "tau2": method}
    fit = mo.pool(effects, ci={"z": "wald", "knha": "hksj"}[test], **choice)
    compare = Comparison(case, effects.measure)
    for way, row in case.out.items():
        kind = WAYS.get(way, "harmonic")
        read = effects
        if effects.measure in ("PFT", "IRFT"):
            read = effects.read_as(back_size=1 / fit.se**2 if kind is None else kind)
        compare.of(f"{effects.measure}, {way}" if way in WAYS else effects.measure)
        found = read.display([fit.estimate, fit.ci_low, fit.ci_high])
        theirs = [row["pred"], row["ci.lb"], row["ci.ub"]]
        compare("read", found, theirs, floor=1e-6)
        if row.get("pi.lb") is not None and method != "FE":
            predicted = read.display(fit.prediction_interval("S" if test == "z" else "HK"))
            compare("prediction", predicted, [row["pi.lb"], row["pi.ub"]], floor=1e-6)
    compare.done()


def test_the_grid_has_not_shrunk() -> None:
    """The number of cases per method, as first selected."""
    intervals = Counter(case.args["method.ci"] for case in cases("proportions", "interval"))
    assert intervals == {"CP": 16} | dict.fromkeys(["WS", "WSCC", "AC", "SA", "SACC", "NAsm"], 8)
    pooled = Counter(
        (case.args["sm"], case.args["method"]) for case in cases("proportions", "metaprop")
    )
    assert pooled == {
        ("PLOGIT", "GLMM"): 8,
        ("PLOGIT", "Inverse"): 16,
        ("PLN", "Inverse"): 8,
        ("PRAW", "Inverse"): 16,
    }
    assert len(cases("proportions", "groups")) == 24
    ways = Counter(way for case in cases("proportions", "back") for way in case.out)
    assert ways["ipft.hm"] == ways["ipft.mean_n"] == ways["ipft.inverse_variance"]
    assert sum(ways.values()) - 2 * ways["ipft.hm"] == 129
