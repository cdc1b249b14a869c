"""Specification curves: every point is what `pool` gives for it, and duplicates count once."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

import metaonc as mo

TAU2 = ("REML", "DL", 0.04)
CI = ("auto", "wald", "hksj")


@pytest.fixture(scope="module")
def registry() -> mo.Registry:
    return mo.load_registry()


def test_every_point_is_what_pool_gives(registry: mo.Registry) -> None:
    """Data, model, estimator and interval read back from the table, analysed one by one."""
    curve = mo.specification_curve(
        registry,
        "pfs",
        cut=["primary", "first"],
        assessment=["primary", "investigator", "central"],
        tau2=TAU2,
        ci=CI,
    )
    assert len(curve) == 2 * 3 * (1 + len(TAU2) * len(CI))
    for row in curve.to_frame().to_dict("records"):
        effects = registry.effects("pfs", cut=row["cut"], assessment=row["assessment"])
        how = {"model": row["model"]}
        if row["model"] == "random":
            tau2 = row["tau²"]
            how |= {"tau2": 0.04 if tau2 == "0.04" else tau2, "ci": row["interval"]}
        fit = mo.pool(effects, **how)
        assert row["k"] == fit.k
        found = [row[name] for name in ("estimate", "low", "high", "p_value")]
        assert found == pytest.approx([*fit.display(), fit.p_value], rel=1e-9)


def test_sorted_with_shares_of_unique_specifications(registry: mo.Registry) -> None:
    curve = mo.specification_curve(
        registry, "os", status=[None, "confirmed"], leave_out=1, threshold=0.85
    )
    frame = curve.to_frame()
    assert frame["estimate"].is_monotonic_increasing
    unique = frame[~frame["duplicate"]]
    includes = (unique["low"] <= 1) & (unique["high"] >= 1)
    assert curve.share_crossing_null == pytest.approx(includes.mean())
    beyond = unique["estimate"] <= 0.85
    assert curve.share_beyond_threshold == pytest.approx(beyond.mean())
    around = (unique["low"] <= 0.85) & (unique["high"] >= 0.85)
    assert curve.share_crossing_threshold == pytest.approx(around.mean())
    assert np.exp(curve.median) == pytest.approx(unique["estimate"].median(), rel=1e-3)
    assert np.exp(curve.estimate_range) == pytest.approx(
        [unique["estimate"].min(), unique["estimate"].max()]
    )


def test_the_same_data_count_once(registry: mo.Registry) -> None:
    """Confirmed or not makes no difference to progression; every second point is a duplicate."""
    once = mo.specification_curve(registry, "pfs", cut=["primary"])
    twice = mo.specification_curve(registry, "pfs", cut=["primary"], status=[None, "confirmed"])
    assert len(twice) == 2 * len(once)
    assert twice.fits == once.fits == once.unique.sum() == twice.unique.sum()
    for name in ("share_crossing_null", "median", "estimate_range"):
        assert getattr(twice, name) == getattr(once, name)
    for place, other in enumerate(twice.duplicate_of):
        if other >= 0:
            assert twice.estimate[place] == twice.estimate[other]
            assert twice.unique[other]
    assert "10 more lead to the same data with the same method" in twice.summary()


def test_every_way_to_leave_studies_out() -> None:
    effects = mo.Effects([0.1, 0.5, -0.2, 0.4], [0.04, 0.02, 0.03, 0.05], labels=list("ABCD"))
    curve = mo.specification_curve(effects, model=["fixed"], leave_out=2)
    rows = {row["left out"]: row for row in curve.to_frame().to_dict("records")}
    expected = [", ".join(out) or "none" for m in range(3) for out in combinations("ABCD", m)]
    assert sorted(rows) == sorted(expected)
    fit = mo.pool(effects.take([0, 2]), model="fixed")
    assert rows["B, D"]["estimate"] == pytest.approx(fit.estimate)


def test_named_lists_of_studies() -> None:
    effects = mo.Effects([0.1, 0.5, -0.2], [0.04, 0.02, 0.03], labels=list("ABC"))
    named = {"all": [], "without B": ["B"], "too few": ["A", "B"]}
    curve = mo.specification_curve(effects, model=["fixed"], leave_out=named)
    assert set(curve.to_frame()["studies"]) == {"all", "without B"}
    (out,) = curve.impossible
    assert (out.choices["studies"], out.reason) == ("too few", "fewer than two studies are left")


def test_models_of_counts_and_measures() -> None:
    frame = pd.DataFrame(
        {"events_1": [4, 8, 0], "n_1": [60, 90, 40], "events_2": [9, 15, 3], "n_2": [60, 90, 40]}
    )
    data = {measure: mo.effect_sizes(measure, frame) for measure in ("OR", "RR")}
    curve = mo.specification_curve(data, model=["random", "mh", "peto"], tau2=["DL"], ci=["wald"])
    rows = {(row["data"], row["model"]): row for row in curve.to_frame().to_dict("records")}
    assert set(rows) == {
        ("OR", "random"),
        ("OR", "mh"),
        ("OR", "peto"),
        ("RR", "random"),
        ("RR", "mh"),
    }
    assert rows["RR", "mh"]["estimate"] == pytest.approx(
        mo.pool(data["RR"], model="mh").display()[0]
    )
    (out,) = curve.impossible
    assert out.choices["data"] == "RR"
    assert "model = 'peto' is for OR" in out.reason


def test_effects_with_a_covariance_are_pooled_with_it() -> None:
    effects = mo.Effects(
        [0.1, 0.5, -0.2],
        [0.04, 0.02, 0.03],
        covariance=[[0.04, 0.01, 0], [0.01, 0.02, 0], [0, 0, 0.03]],
    )
    curve = mo.specification_curve(effects, tau2=["REML"], ci=["wald"])
    for row in curve.to_frame().to_dict("records"):
        how = {"tau2": "REML", "ci": "wald"} if row["model"] == "random" else {}
        fit = mo.pool(effects, model=row["model"], **how)
        assert row["estimate"] == pytest.approx(fit.estimate, rel=1e-9)


def test_intervals_that_bring_their_own_estimator(registry: mo.Registry) -> None:
    curve = mo.specification_curve(
        registry, "pfs", model=["random"], tau2=["REML", "ML"], ci=["kr", "profile"]
    )
    frame = curve.to_frame()
    assert set(zip(frame["tau²"], frame["interval"], strict=True)) == {
        ("REML", "kr"),
        ("ML", "profile"),
    }
    assert len(curve.impossible) == 2
    assert "2 declared combinations could not be analysed" in curve.summary()


def test_what_has_no_answer_is_listed(registry: mo.Registry) -> None:
    curve = mo.specification_curve(registry, "os", assessment=["primary", "central"])
    (out,) = curve.impossible
    assert out.choices == {"assessment": "central"}
    assert "e.g. assessment central: no trial answers the question 'os'." in curve.summary()
    listed = curve.to_dict()["impossible"]
    assert listed[0]["choices"] == {"assessment": "central"}


@pytest.mark.parametrize(
    ("said", "error", "message"),
    [
        ({"cuts": ["primary"]}, mo.PlanError, "cuts"),
        ({"cut": ["primry"]}, mo.PlanError, "primry"),
        (
            {"cut": "primary"},
            mo.DiagnosticsError,
            r"cut = 'primary' must be a list of alternatives",
        ),
        ({"cut": []}, mo.DiagnosticsError, r"cut = \[\] must be a list"),
        ({"tau2": ["RELM"]}, mo.PoolingError, "tau2 = 'RELM' is not one of"),
        ({"ci": ["bootstrap"]}, mo.DiagnosticsError, "resamples every fit"),
        ({"leave_out": -1}, mo.DiagnosticsError, "leave_out = -1 must be a whole number >= 0"),
        ({"leave_out": {"x": ["Z"]}}, mo.DiagnosticsError, "'x' names 'Z', which is no study"),
        ({"leave_out": {"x": "Z"}}, mo.DiagnosticsError, "'x' must list labels of studies"),
        ({"leave_out": 3, "max_fits": 30}, mo.DiagnosticsError, "makes 42 data sets, more than"),
        ({"max_fits": 5}, mo.DiagnosticsError, "10 fits are more than max_fits = 5"),
        ({"model": []}, mo.DiagnosticsError, "no method is left"),
        ({"trial": ["tamrad"]}, mo.DiagnosticsError, "no data set can be pooled: fewer than two"),
    ],
)
def test_what_cannot_be_declared(
    registry: mo.Registry, said: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        mo.specification_curve(registry, "pfs", **said)


def test_what_a_registry_or_effects_need(registry: mo.Registry) -> None:
    effects = registry.effects("pfs")
    with pytest.raises(mo.DiagnosticsError, match="name the question of the registry"):
        mo.specification_curve(registry)
    with pytest.raises(mo.DiagnosticsError, match="name = 'pfs' is for a registry"):
        mo.specification_curve(effects, "pfs")
    with pytest.raises(mo.DiagnosticsError, match="cut: words choose among the records"):
        mo.specification_curve(effects, cut=["primary"])
    other = mo.Effects([1.0, 2.0], [0.1, 0.1], "MD")
    with pytest.raises(mo.DiagnosticsError, match="HR and MD do not share a scale"):
        mo.specification_curve({"a": effects, "b": other})


def test_one_arm_has_no_null(registry: mo.Registry) -> None:
    curve = mo.specification_curve(registry, "orr-experimental", leave_out=1, threshold=0.1)
    assert np.isnan(curve.share_crossing_null)
    assert 0 <= curve.share_beyond_threshold <= 1
    assert "side of the main analysis" not in curve.summary()
