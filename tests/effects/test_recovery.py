"""Means and standard deviations recovered from what is printed instead."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import metaonc as mo
from metaonc.effects import recover_means
from metaonc.effects.means.summary_statistics import (
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


def test_quantile_estimation_of_the_example_of_its_authors() -> None:
    """README of their R package estmeansd 1.0.1: 4.347284 and 1.502171, by L-BFGS-B."""
    found = mean_and_sd(100, 4.0, minimum=2.0, maximum=9.0, mean_method="qe", sd_method="qe")
    assert float(found.mean) == pytest.approx(4.347284, rel=2e-5)
    assert float(found.sd) == pytest.approx(1.502171, rel=2e-5)
    assert found.derivation == (
        "mean from median and range (McGrath 2020 by quantile estimation), "
        "SD from range (McGrath 2020 by quantile estimation)"
    )


@pytest.mark.parametrize(
    "distribution",
    [stats.norm(50, 17), stats.lognorm(0.6, scale=9), stats.gamma(2.5, scale=3),
     stats.weibull_min(1.7, scale=12), stats.beta(3, 7)],
    ids=["normal", "log-normal", "gamma", "Weibull", "beta"],
)  # fmt: skip
@pytest.mark.parametrize("given_", ["quartiles", "range", "both"])
def test_quantile_estimation_knows_its_distributions(distribution: Any, given_: str) -> None:
    """True quantiles in, true moments out; the moments are scipy's."""
    n = 200
    low, q1, m, q3, high = distribution.ppf([1 / n, 0.25, 0.5, 0.75, 1 - 1 / n])
    quartiles = {"q1": q1, "q3": q3} if given_ != "range" else {}
    ends = {"minimum": low, "maximum": high} if given_ != "quartiles" else {}
    found = mean_and_sd(n, m, **quartiles, **ends, mean_method="qe", sd_method="qe")
    assert float(found.mean) == pytest.approx(distribution.mean(), rel=1e-4)
    assert float(found.sd) == pytest.approx(distribution.std(), rel=1e-4)


def test_skewed_samples_are_recovered_better_than_by_normal_methods() -> None:
    """150 log-normal samples of 200: less error of the mean and of the SD (McGrath 2020)."""
    x = np.random.default_rng(3).lognormal(2, 0.8, size=(150, 200))
    q1, m, q3 = np.quantile(x, [0.25, 0.5, 0.75], axis=1)
    sizes = np.full(150, 200.0)
    new = mean_and_sd(sizes, m, q1=q1, q3=q3, mean_method="qe", sd_method="qe")
    old = mean_and_sd(sizes, m, q1=q1, q3=q3)
    mean, sd = x.mean(axis=1), x.std(axis=1, ddof=1)
    assert np.mean((new.mean - mean) ** 2) < 0.7 * np.mean((old.mean - mean) ** 2)
    assert np.mean((new.sd - sd) ** 2) < 0.9 * np.mean((old.sd - sd) ** 2)


@given(scale=rounded(0.5, 500, 2))
@settings(max_examples=15)
def test_units_go_through_quantile_estimation(scale: float) -> None:
    five = {"minimum": 1.5, "q1": 3.0, "q3": 8.0, "maximum": 23.0}
    plain = mean_and_sd(80, 5.0, **five, mean_method="qe", sd_method="qe")
    scaled = {name: scale * value for name, value in five.items()}
    moved = mean_and_sd(80, 5 * scale, **scaled, mean_method="qe", sd_method="qe")
    assert float(moved.mean) == pytest.approx(scale * float(plain.mean), rel=1e-6)
    assert float(moved.sd) == pytest.approx(scale * float(plain.sd), rel=1e-6)


def test_a_table_is_filled_by_quantile_estimation() -> None:
    rows = pd.DataFrame({"n": [80], "median": [5.0], "q1": [3.0], "q3": [9.0]})
    found = recover_means(rows, mean_method="qe", sd_method="wan")
    assert found["derivation"].tolist() == [
        "mean from median and quartiles (McGrath 2020 by quantile estimation); "
        "SD from quartiles (Wan 2014)"
    ]


def test_an_unknown_method_is_answered() -> None:
    wrong: Any = "best"
    with pytest.raises(mo.EffectsError) as raised:
        mean_and_sd(20, 1.0, q1=0.5, q3=3.0, sd_method=wrong)
    assert str(raised.value) == "sd_method = 'best' is not one of shi, wan, qe."
