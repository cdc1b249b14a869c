"""Means, changes, correlations, printed estimates: published values, laws, second computations."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import metaonc as mo
from metaonc.effects.means.mean_differences import bias_factor
from tests.strategies import rounded

FLEISS = pd.DataFrame(
    {
        "label": ["Davis", "Florell", "Gruen", "Hart", "Wilson"],
        "n_1": [13, 30, 35, 20, 8],
        "mean_1": [5.0, 4.9, 22.5, 12.5, 6.5],
        "sd_1": [4.7, 1.71, 3.44, 1.47, 0.76],
        "n_2": [13, 50, 35, 20, 8],
        "mean_2": [6.5, 6.1, 24.9, 12.3, 7.38],
        "sd_2": [3.8, 2.3, 10.65, 1.66, 1.41],
    }
)


def one(measure: str, options: dict[str, Any] | None = None, **row: float) -> tuple[float, float]:
    found = mo.effect_sizes(measure, pd.DataFrame([row]), **(options or {}))
    return float(found.yi[0]), float(found.vi[0])


def test_revman_pools_fleiss_1993() -> None:
    """RevMan's published result, 8 digits: MD, inverse variance, common effect."""
    fit = mo.pool(mo.effect_sizes("MD", FLEISS), model="fixed")
    found = (fit.estimate, fit.ci_low, fit.ci_high)
    assert found == pytest.approx((-0.70938839, -1.25848502, -0.16029176), abs=5.1e-9)


def test_morris_2008() -> None:
    """Morris 2008, Table 1: raw-score standardised changes, treated less control, two decimals."""
    treated = pd.DataFrame(
        {
            "mean_pre": [30.6, 23.5, 0.5, 53.4, 35.6],
            "mean_post": [38.5, 26.8, 0.7, 75.9, 36.0],
            "sd_pre": [15.0, 3.1, 0.1, 14.5, 4.7],
            "sd_post": [11.6, 4.1, 0.1, 4.4, 4.6],
            "n": [20, 50, 9, 10, 14],
            "r": [0.47, 0.64, 0.77, 0.89, 0.44],
        }
    )
    control = treated.assign(
        mean_pre=[23.1, 24.9, 0.6, 55.7, 34.8],
        mean_post=[19.7, 25.3, 0.6, 60.7, 33.4],
        sd_pre=[13.8, 4.1, 0.2, 17.3, 3.1],
        n=[20, 42, 9, 11, 14],
    )
    found = [mo.effect_sizes("SMCR", table) for table in (treated, control)]
    difference = found[0].yi - found[1].yi
    assert difference.round(2).tolist() == [0.74, 0.95, 1.81, 1.15, 0.51]
    assert found[0].vi == pytest.approx([0.0594, 0.0254, 0.2322, 0.1225, 0.0802], abs=6e-5)


@pytest.mark.parametrize(
    ("measure", "row", "yi", "vi"),
    [
        ("MNLN", {"mean": 10, "sd": 2, "n": 20}, 2.3026, 0.0020),
        ("CVLN", {"mean": 10, "sd": 2, "n": 20}, -1.5831, 0.0283),
        ("SDLN", {"mean": 10, "sd": 2, "n": 20}, 0.7195, 0.0263),
        ("PCOR", {"r": 0.3012, "n": 218, "controls": 3}, 0.3012, 0.0039),
        ("ZPCOR", {"r": 0.3012, "n": 218, "controls": 3}, 0.3108, 0.0047),
        ("IRS", {"events": 10, "time": 20}, 0.7071, 0.0125),
        ("IRFT", {"events": 10, "time": 20}, 0.7244, 0.0125),
    ],
)
def test_values_metafor_prints(measure: str, row: Any, yi: float, vi: float) -> None:
    """From the examples and tests of metafor, to the digits typed there."""
    assert one(measure, **row) == pytest.approx((yi, vi), abs=6e-5)


def test_bonett_2008() -> None:
    """60 patients measured twice, correlation 0.7."""
    row = dict(mean_post=26, mean_pre=22, sd_pre=math.sqrt(30), sd_post=math.sqrt(20), n=60, r=0.7)
    assert one("MC", **row) == pytest.approx((4.0, 0.2618), abs=6e-5)


@pytest.mark.parametrize("df", [2, 3, 10, 41, 180])
def test_the_bias_factor_is_that_of_the_chi_distribution(df: int) -> None:
    """Hedges 1981: J is the reciprocal of E[1/sqrt(chi²/df)], here integrated."""
    inverse = stats.chi(df).expect(lambda x: math.sqrt(df) / x)
    exact = float(bias_factor(df))
    assert exact == pytest.approx(1 / inverse, rel=1e-6)
    assert float(bias_factor(df, "approximate")) == pytest.approx(exact, abs=0.05 / df**2)
    assert float(bias_factor(df, correct=False)) == 1.0


def test_g_exact_approximate_and_d() -> None:
    """8 and 8 patients: d times 1, times 1 - 3/55, times the exact factor."""
    row = FLEISS.iloc[[4]].drop(columns="label")
    d = (6.5 - 7.38) / math.sqrt((7 * 0.76**2 + 7 * 1.41**2) / 14)
    for correct, factor in ((False, 1.0), ("approximate", 1 - 3 / 55), (True, 0.9452877286)):
        found = mo.effect_sizes("SMD", row, correct=correct)  # type: ignore[arg-type]
        assert found.yi[0] == pytest.approx(d * factor, rel=1e-9)


@pytest.mark.parametrize("measure", ["MD", "SMD", "SMDH", "ROM", "VR", "CVR", "D2ORL"])
def test_swapping_the_arms_inverts(measure: str) -> None:
    swapped = FLEISS.rename(
        columns=lambda name: name[:-1] + str(3 - int(name[-1])) if name[-1] in "12" else name
    )
    before, after = (mo.effect_sizes(measure, table) for table in (FLEISS, swapped))
    assert after.yi == pytest.approx(-before.yi, rel=1e-12)
    assert after.vi == pytest.approx(before.vi, rel=1e-12)


@pytest.mark.parametrize("measure", ["SMD", "SMDH", "SMD1", "SMD1H", "VR", "ROM", "CVR"])
def test_units_do_not_matter(measure: str) -> None:
    """Standardised differences and ratios are the same in centimetres and in inches."""
    inches = FLEISS.assign(**{name: FLEISS[name] / 2.54 for name in FLEISS if name[0] in "ms"})
    before, after = (mo.effect_sizes(measure, table) for table in (FLEISS, inches))
    assert after.yi == pytest.approx(before.yi, rel=1e-12)
    assert after.vi == pytest.approx(before.vi, rel=1e-12)


@given(r=rounded(-0.95, 0.95, 2), n=st.integers(6, 900))
def test_the_correlation_without_bias_by_its_series(r: float, n: int) -> None:
    """Olkin & Pratt 1958: r times 2F1(1/2, 1/2; (n-2)/2; 1-r²), summed term by term."""
    k = np.arange(200_000)
    terms = np.cumprod((0.5 + k) ** 2 * (1 - r**2) / (((n - 2) / 2 + k) * (k + 1)))
    assert one("UCOR", r=r, n=n)[0] == pytest.approx(r * (1 + terms.sum()), rel=1e-6, abs=1e-12)


def test_the_series_where_the_reference_program_is_off() -> None:
    k = np.arange(2_000_000)
    terms = np.cumprod((0.5 + k) ** 2 * (1 - 0.04**2) / ((5 + k) * (k + 1)))
    assert one("UCOR", r=-0.04, n=12)[0] == pytest.approx(-0.04 * (1 + terms.sum()), rel=1e-12)


@given(r=rounded(-0.95, 0.95, 2), n=st.integers(6, 900))
def test_a_partial_correlation_without_controls_is_a_correlation(r: float, n: int) -> None:
    assert one("PCOR", r=r, n=n, controls=0) == one("COR", r=r, n=n)
    assert one("ZPCOR", r=r, n=n, controls=0) == one("ZCOR", r=r, n=n)


@given(estimate=rounded(0.1, 9, 2), se=rounded(0.05, 1, 3))
def test_printed_odds_ratios(estimate: float, se: float) -> None:
    """Interval, standard error of the log, p value and (yi, vi) say the same."""
    half = stats.norm.ppf(0.95) * se
    expected = pytest.approx((math.log(estimate), se**2), rel=1e-8, abs=1e-12)
    limits = {"low": estimate * math.exp(-half), "high": estimate * math.exp(half)}
    assert one("OR", estimate=estimate, level=0.9, **limits) == expected
    assert one("OR", estimate=estimate, se=se) == expected
    assert one("OR", yi=math.log(estimate), vi=se**2) == expected
    p = 2 * stats.norm.sf(abs(math.log(estimate)) / se)
    if estimate != 1 and p > 1e-290:
        assert one("OR", estimate=estimate, p=p)[1] == pytest.approx(se**2, rel=1e-6)


REFUSED: dict[str, tuple[str, dict[str, Any], dict[str, Any], str]] = {
    "a negative standard deviation": (
        "MN",
        {"mean": 3, "sd": -1, "n": 5},
        {},
        "Study 1: sd = -1 must be >= 0; look the numbers up again.",
    ),
    "a correlation beyond 1": (
        "COR",
        {"r": 1.2, "n": 5},
        {},
        "Study 1: r = 1.2 must lie between -1 and 1; look the numbers up again.",
    ),
    "a variance it does not have": (
        "ZCOR",
        {"r": 0.2, "n": 15},
        {"vtype": "AV"},
        "vtype = 'AV' is not offered for ZCOR; use LS.",
    ),
    "a ratio below 0": (
        "OR",
        {"estimate": -0.5, "se": 0.1},
        {},
        "Study 1: estimate = -0.5 is not a odds ratio, which lies in 0 to inf; "
        "look the numbers up again.",
    ),
    "a standard error of 0": (
        "MD",
        {"estimate": -0.5, "se": 0.0},
        {},
        "Study 1: se = 0 must be > 0; look the numbers up again.",
    ),
}


@pytest.mark.parametrize(("measure", "row", "options", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused(
    measure: str, row: dict[str, Any], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(mo.EffectsError) as raised:
        mo.effect_sizes(measure, pd.DataFrame([row]), **options)
    assert str(raised.value) == said


def test_a_ratio_of_means_of_opposite_sign_is_left_out() -> None:
    rows = FLEISS.assign(mean_1=[-5.0, 4.9, 22.5, 12.5, 6.5])
    (out,) = mo.effect_sizes("ROM", rows).left_out
    assert (out.label, out.reason) == (
        "Davis",
        "the numbers leave no effect or no variance for the ratio of means",
    )


@pytest.mark.parametrize("measure", ["PRAW", "PLN", "PLOGIT", "PRZ"])
def test_direction_words_need_two_groups(measure: str) -> None:
    effects = mo.effect_sizes(measure, pd.DataFrame({"events": [3], "n": [9]}))
    assert effects.scale.direction(0.4) == ""
