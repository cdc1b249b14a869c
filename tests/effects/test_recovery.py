"""Means and standard deviations recovered from what is printed instead."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import metaonc as mo
from metaonc.effects import recover_means
from metaonc.effects.summary_statistics import (
    mean_and_sd,
    pooled_sd_from_difference,
    sd_from_interval,
    sd_from_se,
)
from tests.strategies import rounded

METHODS = [("luo", "shi"), ("wan", "wan")]


@pytest.mark.parametrize(("mean_method", "sd_method"), METHODS)
@pytest.mark.parametrize("n", [17, 61, 401])  # of the form 4Q + 1, as in Wan 2014
@pytest.mark.parametrize("given_", ["quartiles", "range", "both"])
def test_normal_samples_get_their_mean_and_sd_back(
    n: int, given_: str, mean_method: Any, sd_method: Any
) -> None:
    """4,000 normal samples of mean 50 and SD 17: both come back on average (Wan 2014, Luo 2018)."""
    x = np.random.default_rng(n).normal(50, 17, size=(4000, n))
    q1, median, q3 = np.quantile(x, [0.25, 0.5, 0.75], axis=1)
    quartiles = {"q1": q1, "q3": q3} if given_ != "range" else {}
    ends = {"minimum": x.min(axis=1), "maximum": x.max(axis=1)} if given_ != "quartiles" else {}
    sizes = np.full(4000, float(n))
    found = mean_and_sd(
        sizes, median, **quartiles, **ends, mean_method=mean_method, sd_method=sd_method
    )
    assert found.mean.mean() == pytest.approx(50, abs=0.5)
    assert found.sd.mean() == pytest.approx(17, rel=0.05)


@pytest.mark.parametrize("n", [90.0, 700.0])
def test_luo_and_shi_are_no_worse_than_wan(n: int) -> None:
    """What the weights were made for: less error with quartiles and range together."""
    x = np.random.default_rng(7).normal(0, 1, size=(6000, int(n)))
    q1, m, q3 = np.quantile(x, [0.25, 0.5, 0.75], axis=1)
    ends = {"minimum": x.min(axis=1), "maximum": x.max(axis=1)}
    sizes = np.full(6000, n)
    new = mean_and_sd(sizes, m, q1=q1, q3=q3, **ends)
    old = mean_and_sd(sizes, m, q1=q1, q3=q3, **ends, mean_method="wan", sd_method="wan")
    assert np.mean(new.mean**2) < np.mean(old.mean**2)
    assert np.mean((new.sd - 1) ** 2) < 1.02 * np.mean((old.sd - 1) ** 2)


@given(shift=rounded(-50, 50, 1), scale=rounded(0.1, 20, 2), n=st.integers(5, 500))
def test_units_go_through(shift: float, scale: float, n: int) -> None:
    five = {"minimum": 1.0, "q1": 3.0, "q3": 8.0, "maximum": 13.0}
    plain = mean_and_sd(n, 5.0, **five)
    moved = mean_and_sd(n, shift + 5 * scale, **{k: shift + scale * v for k, v in five.items()})
    assert float(moved.mean) == pytest.approx(shift + scale * float(plain.mean), abs=1e-9)
    assert float(moved.sd) == pytest.approx(scale * float(plain.sd), rel=1e-9)


@given(sd=rounded(0.1, 30, 2), n=st.integers(3, 300), level=st.sampled_from([0.9, 0.95]))
def test_standard_deviations_from_errors_and_intervals(sd: float, n: int, level: float) -> None:
    """Print a known SD as a standard error or interval, read it again."""
    se = sd / np.sqrt(n)
    half = stats.t.ppf(0.5 + level / 2, n - 1) * se
    assert float(sd_from_se(se, n)) == pytest.approx(sd)
    assert float(sd_from_interval(5 - half, 5 + half, n, level)) == pytest.approx(sd)
    error = sd * np.sqrt(1 / n + 1 / 40)
    assert float(pooled_sd_from_difference(error, n, 40)) == pytest.approx(sd)


def test_a_table_is_filled_and_says_how() -> None:
    """Printed values stand; each recovered one is marked, and the effects keep the marks."""
    rows = pd.DataFrame(
        {
            "label": ["A", "B", "C"],
            "n_1": [40, 50, 60],
            "mean_1": [5.0, 4.0, np.nan],
            "sd_1": [2.0, np.nan, np.nan],
            "se_1": [np.nan, 0.3, np.nan],
            "median_1": [np.nan, np.nan, 6.0],
            "q1_1": [np.nan, np.nan, 4.5],
            "q3_1": [np.nan, np.nan, 7.0],
            "n_2": [40, 50, 60],
            "mean_2": [6.0, 5.0, 7.0],
            "sd_2": [2.0, 2.1, 2.4],
        }
    )
    found = recover_means(rows)
    assert found["derived"].tolist() == [False, True, True]
    assert found["derivation"].tolist() == [
        "",
        "SD from standard error (group 1)",
        "mean from median and quartiles (Luo 2018) (group 1); "
        "SD from quartiles (Wan 2014) (group 1)",
    ]
    assert found.loc[0, "sd_1"] == 2.0
    assert found.loc[1, "sd_1"] == pytest.approx(0.3 * np.sqrt(50))
    assert np.isnan(rows.loc[1, "sd_1"])
    effects = mo.effect_sizes("MD", found)
    assert effects.k == 3
    assert effects.columns["derived"] == (False, True, True)
    assert [out.label for out in mo.effect_sizes("MD", rows).left_out] == ["B", "C"]


def test_figures_out_of_order_are_refused_by_name() -> None:
    rows = pd.DataFrame({"label": ["A"], "n": [30], "median": [5.0], "q1": [6.0], "q3": [7.0]})
    with pytest.raises(mo.EffectsError) as raised:
        recover_means(rows)
    assert str(raised.value) == (
        "A: minimum, q1, median, q3 and maximum must rise in that order; look them up again."
    )


def test_half_of_a_pair_is_refused() -> None:
    with pytest.raises(mo.EffectsError) as raised:
        mean_and_sd(20, 5.0, q1=3.0)
    assert str(raised.value) == "q1 and q3 belong together; give both or neither."
    with pytest.raises(mo.EffectsError) as raised:
        mean_and_sd(20, 5.0)
    assert str(raised.value).startswith("give q1 and q3, minimum and maximum, or both")
