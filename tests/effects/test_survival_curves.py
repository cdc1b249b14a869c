"""Kaplan-Meier curves and their reconstruction: published values, scipy, and the way back."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

import metaonc as mo
from metaonc.effects.survival.curves import ArmCurve

# 6-mercaptopurine arm, weeks of remission; + is censored. Freireich et al., Blood 1963;21:699-716.
PURINE = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+".split()  # noqa: SIM905 - readable


def frame_of(times: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "time": [float(t.rstrip("+")) for t in times],
            "event": [0 if t.endswith("+") else 1 for t in times],
        }
    )


def only(frame: pd.DataFrame, **options: object) -> ArmCurve:
    (arm,) = mo.survival_curves(frame, **options).arms
    return arm


@st.composite
def patients(draw: st.DrawFn, largest: int = 60) -> pd.DataFrame:
    n = draw(st.integers(1, largest))
    time = draw(st.lists(st.integers(1, 40), min_size=n, max_size=n))
    event = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    return pd.DataFrame({"time": np.array(time, dtype=float), "event": event})


# Kaplan-Meier -------------------------------------------------------------------------------------


def test_the_published_estimates_of_the_leukaemia_trial() -> None:
    """As printed in Kleinbaum & Klein, Survival analysis, and in many other textbooks."""
    arm = only(frame_of(PURINE), unit="weeks")
    assert arm.time.tolist() == [0, 6, 7, 10, 13, 16, 22, 23, 35]
    printed = [1, 0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448, 0.448]
    assert arm.survival == pytest.approx(printed, abs=5e-4)
    assert arm.at_risk(arm.time).tolist() == [21, 21, 17, 15, 12, 11, 7, 6, 1]
    assert arm.median[0] == 23
    assert (arm.n, arm.events) == (21, 9)


@given(frame=patients(), level=st.sampled_from([0.8, 0.95]))
def test_steps_and_limits_are_scipys(frame: pd.DataFrame, level: float) -> None:
    arm = only(frame, level=level)
    happened = frame["event"] == 1
    data = stats.CensoredData(frame["time"][happened], right=frame["time"][~happened])
    theirs = stats.ecdf(data).sf
    assert_allclose(np.append(1, theirs.probabilities)[-1], arm.survival[-1], atol=1e-12)
    there = happened.any() and (arm.survival[1:] > 0).all()
    if there:
        places = np.searchsorted(theirs.quantiles, arm.time[1:])
        found = theirs.probabilities[places]
        assert_allclose(arm.survival[1:], found, atol=1e-12)
        if np.all(theirs.probabilities < 1) and np.all(theirs.probabilities > 0):
            limits = theirs.confidence_interval(level, method="log-log")
            assert_allclose(arm.low[1:], limits.low.probabilities[places], atol=1e-9)
            assert_allclose(arm.high[1:], limits.high.probabilities[places], atol=1e-9)


@given(frame=patients())
def test_a_curve_falls_within_its_limits_and_nobody_is_lost(frame: pd.DataFrame) -> None:
    arm = only(frame)
    assert arm.survival[0] == 1
    assert (np.diff(arm.survival) <= 0).all()
    held = np.isfinite(arm.low)
    assert (arm.low[held] <= arm.survival[held] + 1e-12).all()
    assert (arm.high[held] >= arm.survival[held] - 1e-12).all()
    assert arm.events + len(arm.censored) == len(frame) == arm.at_risk([0.0])[0]
    assert arm.time[-1] == frame["time"].max()


def test_arms_in_their_order_with_their_words() -> None:
    frame = pd.concat([frame_of(PURINE).assign(arm="B"), frame_of(PURINE[:4]).assign(arm="A")])
    curves = mo.survival_curves(frame, title="Remission", unit="weeks")
    assert [arm.label for arm in curves.arms] == ["B", "A"]
    assert curves.sentences[0].startswith("B: n = 21, 9 with the event, median 23 weeks (95% CI 13")
    assert list(curves.to_frame()) == ["arm", "time", "survival", "low", "high", "at_risk"]
    assert curves.to_dict()["rows"][0]["survival"] == 1.0
    assert curves.to_json() == mo.survival_curves(frame, title="Remission", unit="weeks").to_json()


def test_readings_are_kept_as_they_are_printed() -> None:
    frame = pd.DataFrame({"time": [6, 12], "survival": [0.8, 0.6], "at_risk": [70, 50]})
    arm = only(frame)
    assert arm.time.tolist() == [0, 6, 12]
    assert arm.survival.tolist() == [1, 0.8, 0.6]
    assert arm.at_risk([6, 9, 12])[[0, 2]].tolist() == [70, 50]
    assert np.isnan(arm.median[0])
    assert mo.survival_curves(frame).sentences[0] == "All patients: 60% at 12 months."


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"time": [1]}, "need the columns time and event"),
        ({"time": [1], "event": [2]}, "event = 2 must be 1"),
        ({"time": [-1], "event": [1]}, "time = -1 must be a number >= 0"),
        ({"time": [1, 2], "survival": [0.5, 0.6]}, "rises from 0.5 to 0.6 at 2"),
        ({"time": [1, 1], "survival": [0.5, 0.4]}, "the times must rise"),
        ({"time": [1], "survival": [45]}, "write 45% as 0.45"),
        ({"time": [0], "survival": [0.9]}, "at time 0 must be 1"),
        ({"time": [1], "event": [1], "arm": [None]}, "row 1: no arm"),
    ],
)
def test_what_is_no_curve_is_refused(columns: dict[str, list[object]], said: str) -> None:
    with pytest.raises(mo.EffectsError, match=said):
        mo.survival_curves(pd.DataFrame(columns))


# Back from a printed curve ------------------------------------------------------------------------


def printed(frame: pd.DataFrame, every: float) -> pd.DataFrame:
    """What a careful reader takes off the curve of these patients: steps, and numbers at risk."""
    arm = only(frame)
    marks = np.arange(0.0, arm.time[-1] + 0.5, every)
    rows = pd.DataFrame({"time": arm.time, "survival": arm.survival})
    rows = rows.merge(pd.DataFrame({"time": marks}), on="time", how="outer").sort_values("time")
    at_risk = [arm.at_risk([t])[0] if t in marks else np.nan for t in rows["time"]]
    return rows.assign(at_risk=at_risk)


@given(seed=st.integers(0, 10_000), every=st.sampled_from([3.0, 6.0]))
def test_reconstructed_patients_draw_the_curve_again(seed: int, every: float) -> None:
    """Numbers at risk as printed, the curve to within two patients, events nearly all."""
    rng = np.random.default_rng(seed)
    event, leaves = rng.exponential(10, 150), rng.uniform(3, 30, 150)
    frame = pd.DataFrame(
        {"time": np.minimum(event, leaves).round(2) + 0.01, "event": (event <= leaves).astype(int)}
    )
    rows = printed(frame, every)
    again = mo.reconstruct_patients(rows)
    first, second = only(frame), only(again)
    marks = rows["time"][rows["at_risk"].notna()].to_numpy()
    assert len(again) == 150
    assert (second.at_risk(marks) == first.at_risk(marks)).all()
    seen = rows[(rows["time"] <= marks[-1]) & rows["survival"].notna()]
    heights = second.survival[np.searchsorted(second.time, seen["time"], side="right") - 1]
    left = np.maximum(first.at_risk(seen["time"]), 1)
    assert (np.abs(heights - seen["survival"]) <= 2 * seen["survival"] / left + 1e-9).all()
    assert abs(second.events - first.events) <= 4


def test_a_printed_number_of_events_is_met_after_the_last_number_at_risk() -> None:
    frame = pd.DataFrame(
        {"time": [0, 6, 12, 18, 24], "survival": [1, 0.8, 0.6, 0.45, 0.3],
         "at_risk": [100, 70, 45, None, None]}
    )  # fmt: skip
    for total in (34, 40):
        again = mo.reconstruct_patients(frame, events=total)
        assert again["event"].sum() == total
        assert len(again) == 100


def test_arms_are_rebuilt_on_their_own() -> None:
    one = pd.DataFrame({"time": [0, 6], "survival": [1, 0.5], "at_risk": [10, 5]})
    both = pd.concat([one.assign(arm="A"), one.assign(arm="B")])
    again = mo.reconstruct_patients(both)
    assert again.groupby("arm").size().tolist() == [10, 10]
    with pytest.raises(mo.EffectsError, match="no arm 'C'; the arms are 'A', 'B'"):
        mo.reconstruct_patients(both, events={"C": 3})
    with pytest.raises(mo.EffectsError, match="must be whole numbers that fall"):
        mo.reconstruct_patients(one.assign(at_risk=[10, 12]))
    with pytest.raises(mo.EffectsError, match="first row must be time 0"):
        mo.reconstruct_patients(one.assign(time=[1, 6]))
    with pytest.raises(mo.EffectsError, match="at_risk is missing"):
        mo.reconstruct_patients(one.drop(columns="at_risk"))


# From a pooled hazard ratio -----------------------------------------------------------------------


def test_absolute_effects_over_time_are_curves() -> None:
    fit = mo.pool(mo.load_registry().effects("pfs"))
    found = mo.absolute_effects(fit, survival=[0.3, 0.6], at=[6, 3], unit="months")
    treated, control = found.curves().arms
    assert control.survival.tolist() == pytest.approx([1, 0.6, 0.3])
    assert treated.survival == pytest.approx(control.survival ** np.exp(fit.estimate))
    assert treated.low[1:] == pytest.approx(control.survival[1:] ** np.exp(fit.ci_high), rel=1e-3)
    assert found.curves().unit == "months"
    for bad in ({"at": ["6 months"]}, {"at": [0]}, {}):
        with pytest.raises(mo.PoolingError, match="curves need survival at one or more times"):
            mo.absolute_effects(fit, survival=[0.3], **bad).curves()
