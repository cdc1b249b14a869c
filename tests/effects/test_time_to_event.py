"""Every route to a hazard ratio: the worked trial of Tierney 2007, laws, disagreement, curves."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import metaonc as mo
from metaonc.effects.survival.hazard_routes import from_medians, from_survival
from metaonc.effects.survival.survival_curves import (
    curve_events,
    hazard_ratio_from_curves,
    numbers_at_risk,
)
from metaonc.effects.survival.time_to_event import ROUTES, hazard_ratio_routes
from tests.strategies import rounded

# Chemotherapy in bladder cancer (Lancet 1999;354:533-540), as Tierney 2007 carries it through: 229
# deaths of 491 against 256 of 485, log-rank p = 0.075, HR 0.85 (0.71 to 1.02). A second text on the
# trial (Royston & Parmar, BMC Med Res Methodol 2013;13:152, table 6, BA06) prints HR 0.85, p = 0.07
# and 483 deaths within 6.7 years; how they divide between the arms was not seen again.
TRIAL = {
    "events_1": 229,
    "n_1": 491,
    "events_2": 256,
    "n_2": 485,
    "events": 485,
    "p": 0.075,
    "estimate": 0.85,
    "low": 0.71,
    "high": 1.02,
    "favours": 1,
    "allocation": 1.0,
}
INDIRECT = [
    "HR and p",
    "HR and events per arm",
    "HR, events, patients",
    "HR, events, allocation",
    "p and events per arm",
    "p, events, patients",
    "p, events, allocation",
]


def table(**row: Any) -> pd.DataFrame:
    return pd.DataFrame([row])


@pytest.mark.parametrize("name", INDIRECT)
def test_tierney_2007_route_by_route(name: str) -> None:
    """Each route alone gives the printed ratio and interval, to the digits printed."""
    (route,) = [route for route in ROUTES if route.name == name]
    effects = mo.effect_sizes("HR", table(**{x: TRIAL[x] for x in route.columns}))
    found = effects.to_frame()[["estimate", "low", "high"]].round(2).iloc[0].tolist()
    assert found == [0.85, 0.71, 1.02]
    assert effects.columns["derived"] == (True,)
    assert effects.columns["derivation"] == (f"variance from {name}",)


def test_tierney_2007_side_by_side() -> None:
    """All at once: the interval is preferred, and no log-rank route contradicts it."""
    found = hazard_ratio_routes(table(**TRIAL)).set_index("route")
    assert found.index[0] == "interval"
    assert found["chosen"].tolist() == [True] + [False] * (len(found) - 1)
    assert found.loc[INDIRECT, "agrees"].all()
    variance = 229 * 256 / 485
    z = 1.780464  # of p = 0.075
    row = found.loc["p and events per arm"]
    assert row["estimate"] == pytest.approx(math.exp(-z / math.sqrt(variance)), rel=1e-6)
    assert row["se"] == pytest.approx(1 / math.sqrt(variance), rel=1e-12)


def test_every_route_is_reachable_and_takes_its_own_columns() -> None:
    """One table with everything offers them all, in the declared order."""
    o_minus_e = -1.780464 * math.sqrt(121.25)
    medians = {"median_1": 44.0, "median_2": 37.0}
    medians |= {"survival_1": 0.55, "survival_2": 0.50}
    row = TRIAL | medians | {"se": 0.0924, "o_minus_e": o_minus_e, "variance": 121.25}
    found = hazard_ratio_routes(table(**row))
    assert found["route"].tolist() == [route.name for route in ROUTES]
    assert found["estimate"].between(0.80, 0.90).all()
    effects = mo.effect_sizes("HR", table(**row))
    assert effects.columns["routes"][0].startswith("interval 0.850; standard error 0.850; O-E and")


@given(z=rounded(0.1, 6, 2), events=st.integers(20, 900), favours=st.sampled_from([1, 2]))
def test_a_one_sided_p_is_half_a_two_sided_one(z: float, events: int, favours: int) -> None:
    """And the arm favoured turns the ratio round."""
    p = math.erfc(z / math.sqrt(2))
    row = {"events": events, "allocation": 1.0, "favours": favours}
    two = mo.effect_sizes("HR", table(**row, p=p))
    one = mo.effect_sizes("HR", table(**row, p=p / 2, p_sides=1))
    assert one.yi == pytest.approx(two.yi, rel=1e-9)
    sign = -1 if favours == 1 else 1
    assert two.yi[0] == pytest.approx(sign * z / math.sqrt(events / 4), rel=1e-6)
    assert two.vi[0] == pytest.approx(4 / events)


def test_allocation_is_the_ratio_of_the_patients() -> None:
    row = {"estimate": 0.7, "events": 300}
    by_ratio = mo.effect_sizes("HR", table(**row, allocation=2.0))
    by_patients = mo.effect_sizes("HR", table(**row, n_1=400, n_2=200))
    assert by_ratio.vi == pytest.approx(by_patients.vi)
    assert by_ratio.vi[0] == pytest.approx(1 / (300 * 2 / 9))


def test_each_row_takes_the_first_route_it_has_the_numbers_for() -> None:
    rows = pd.DataFrame(
        {
            "label": ["A", "B", "C"],
            "estimate": [0.8, 0.7, np.nan],
            "low": [0.6, np.nan, np.nan],
            "high": [1.0667, np.nan, np.nan],
            "events_1": [90, 60, np.nan],
            "events_2": [95, 80, 40],
        }
    )
    found = mo.effect_sizes("HR", rows)
    assert found.columns["derived"] == (False, True)
    assert found.columns["derivation"] == ("", "variance from HR and events per arm")
    assert found.vi[1] == pytest.approx(1 / 60 + 1 / 80)
    assert [(out.label, out.reason) for out in found.left_out] == [
        ("C", "estimate and low and high missing")
    ]


def test_routes_that_disagree_are_named() -> None:
    """An interval read as 95% that was none, and a ratio turned round."""
    wrong = TRIAL | {"estimate": 1.18, "low": 0.98, "high": 1.41, "label": "A"}
    (note,) = mo.effect_sizes("HR", table(**wrong)).notes
    assert note.startswith(
        "Routes to the hazard ratio disagree, and the first was taken: A (interval 1.180; "
    )
    assert "p and events per arm 0.850" in note
    assert (
        mo.effect_sizes("HR", table(**{x: TRIAL[x] for x in ("estimate", "low", "high")})).notes
        == ()
    )


@given(rate=rounded(0.05, 1, 2), hr=rounded(0.3, 3, 2), time=rounded(0.5, 3, 1))
def test_exponential_survival_gives_its_hazard_ratio_back(
    rate: float, hr: float, time: float
) -> None:
    """By survival at a time, medians, events and patients, and curves without censoring."""
    curves = [np.exp(-rate * r * np.linspace(0, time, 6)) for r in (hr, 1.0)]
    last = [float(curve[-1]) for curve in curves]
    yi, _ = from_survival(last[0], 200, last[1], 200)
    assert float(yi) == pytest.approx(math.log(hr), abs=1e-9)
    yi, vi = from_medians(math.log(2) / (rate * hr), 50, math.log(2) / rate, 60)
    assert float(yi) == pytest.approx(math.log(hr), abs=1e-9)
    assert float(vi) == pytest.approx(1 / 50 + 1 / 60)
    events = [4000 * (1 - s) for s in last]
    row = {"events_1": events[0], "n_1": 4000, "events_2": events[1], "n_2": 4000}
    assert mo.effect_sizes("HR", table(**row)).yi[0] == pytest.approx(math.log(hr), abs=1e-9)
    fine = [np.exp(-rate * r * np.linspace(0, time, 400)) for r in (hr, 1.0)]
    y, v = hazard_ratio_from_curves(fine[0], 4000 * fine[0], fine[1], 4000 * fine[1])
    assert y == pytest.approx(math.log(hr), abs=0.01)
    assert v == pytest.approx(sum(1 / e for e in events), rel=0.25)


def test_events_of_a_curve_without_censoring_are_those_counted() -> None:
    found = curve_events([1, 0.8, 0.5, 0.4], [50, 40, 25, 20])
    assert found.events == pytest.approx([10, 15, 5])
    assert found.censored == pytest.approx([0, 0, 0], abs=1e-9)


def test_censoring_is_spread_over_the_interval() -> None:
    """100 at risk, 10% of those at risk die, 20 are censored: (100 - 10) * 0.1 deaths."""
    found = curve_events([1, 0.9], [100, 71])
    assert (found.events[0], found.censored[0]) == pytest.approx((9.0, 20.0))


@pytest.mark.parametrize(
    ("survival", "at_risk", "said"),
    [
        ([1, 0.8, 0.9], [9, 8, 7], "survival = [1.0, 0.8, 0.9] must fall from time to time"),
        ([1, 0.8], [7, 8], "at_risk = [7.0, 8.0] must fall from time to time"),
        ([0.9, 0.8], [9, 8], "survival must start at 1"),
        ([1], [9], "survival and at_risk must have one value per time"),
    ],
)
def test_what_is_no_curve_is_refused(survival: Any, at_risk: Any, said: str) -> None:
    with pytest.raises(mo.EffectsError) as raised:
        curve_events(survival, at_risk)
    assert str(raised.value).startswith(said)


@pytest.mark.parametrize("name", ["p_sides", "favours"])
def test_sides_and_arms_are_one_or_two(name: str) -> None:
    with pytest.raises(mo.EffectsError) as raised:
        mo.effect_sizes("HR", table(**TRIAL | {"label": "A", name: 3}))
    if name == "favours":
        said = "A: favours = 3 must be 1 or 2; look the numbers up again."
        assert str(raised.value) == said
    else:
        assert "p_sides = 3 must be 1 or 2" in str(raised.value)


def test_follow_up_stands_in_for_numbers_at_risk() -> None:
    """A simulated trial with even entry over 24 of 36 months: who is at risk, and the ratio."""
    rng = np.random.default_rng(5)
    n, times = 40_000, np.arange(0.0, 37.0, 3.0)
    curves, at_risk = [], []
    for rate in (0.7 / 20, 1 / 20):
        event, followed = rng.exponential(1 / rate, n), rng.uniform(12, 36, n)
        there = np.minimum(event, followed)
        at_risk.append([(there >= t).sum() for t in times])
        curves.append(np.exp(-rate * times))
    for curve, counted in zip(curves, at_risk, strict=True):
        found = numbers_at_risk(curve, times, n, 12, 36)
        assert (abs(found - counted) <= 4 * np.sqrt(found * (1 - found / n))).all()
        assert (found[-1], found[0]) == (0, n)
    first, second = (numbers_at_risk(curve, times, n, 12, 36) for curve in curves)
    y, v = hazard_ratio_from_curves(curves[0], first, curves[1], second)
    assert y == pytest.approx(math.log(0.7), abs=0.03)
    by_counts = hazard_ratio_from_curves(curves[0], at_risk[0], curves[1], at_risk[1])
    assert v == pytest.approx(by_counts[1], rel=0.05)


def test_a_follow_up_that_all_share_leaves_only_the_events() -> None:
    assert numbers_at_risk([1, 0.5], [0, 12], 60, 12, 12).tolist() == [60, 30]


@pytest.mark.parametrize(
    ("times", "follow_up", "said"),
    [
        ([1, 2], (1, 9), "survival needs one value per time, and the times must rise from 0."),
        ([0, 12], (1, 9), "the curve was read at 12, and nobody was followed beyond 9; leave"),
        ([0, 6], (9, 1), "n = 50 and a follow-up of 9 to 1 are none; the longest must be > 0"),
    ],
)
def test_follow_up_that_cannot_be_is_refused(times: Any, follow_up: Any, said: str) -> None:
    with pytest.raises(mo.EffectsError) as raised:
        numbers_at_risk([1, 0.8], times, 50, *follow_up)
    assert str(raised.value).startswith(said)


def test_survival_at_a_time_is_a_route_of_tables() -> None:
    """The same as its function, marked as derived; percentages are refused."""
    row = {"survival_1": 0.62, "n_1": 491, "survival_2": 0.58, "n_2": 485}
    effects = mo.effect_sizes("HR", table(**row))
    yi, vi = from_survival(0.62, 491, 0.58, 485)
    assert (effects.yi[0], effects.vi[0]) == (float(yi), float(vi))
    assert effects.columns["derivation"] == ("variance from survival at a time",)
    with pytest.raises(mo.EffectsError) as raised:
        mo.effect_sizes("HR", table(**row | {"label": "A", "survival_1": 62}))
    assert str(raised.value) == (
        "A: survival_1 = 62 must be the fraction without an event, between 0 and 1; look the "
        "numbers up again."
    )
