"""Measures of association behind tables and groups: tetrachoric, biserial, chances, pairs."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

import metaonc as mo
from metaonc.effects.counts.tetrachoric import tetrachoric, tetrachoric_variance

CELL = st.integers(1, 400)


def effect(measure: str, **columns: float) -> tuple[float, float]:
    """Effect and variance of one study."""
    found = mo.effect_sizes(measure, pd.DataFrame({n: [v] for n, v in columns.items()}))
    return float(found.yi[0]), float(found.vi[0])


def two_arms(a: int, b: int, c: int, d: int) -> dict[str, float]:
    return {"events_1": a, "n_1": a + b, "events_2": c, "n_2": c + d}


# Tetrachoric -------------------------------------------------------------------------------------


@given(a=CELL, b=CELL, c=CELL, d=CELL)
def test_the_bivariate_normal_gives_the_cell_its_share(a: int, b: int, c: int, d: int) -> None:
    """Pearson 1900, by scipy's own bivariate normal distribution."""
    rho, _ = effect("RTET", **two_arms(a, b, c, d))
    n = a + b + c + d
    cuts = stats.norm.ppf([(a + b) / n, (a + c) / n])
    if abs(rho) < 0.9999:
        found = stats.multivariate_normal.cdf(cuts, cov=[[1, rho], [rho, 1]], abseps=1e-12)
        assert found == pytest.approx(a / n, abs=2e-8)


def test_cuts_in_the_middle_have_sheppards_correlation() -> None:
    """Sheppard 1899: with both margins even the share is 1/4 + arcsin(rho) / (2 pi)."""
    rho, _ = effect("RTET", **two_arms(30, 20, 20, 30))
    assert rho == pytest.approx(math.sin(2 * math.pi * (0.3 - 0.25)), rel=1e-13)


@pytest.mark.parametrize("cells", [(20, 12, 5, 33), (3, 40, 9, 60), (50, 7, 11, 80)])
def test_the_variance_follows_from_small_changes_of_the_cells(cells: tuple[int, ...]) -> None:
    """The delta method again, with differences instead of derivatives."""
    counts = np.array(cells, dtype=float)
    n, step = counts.sum(), 1e-4
    rho = tetrachoric(*counts[:, None])
    slopes = []
    for i in range(4):
        ends = []
        for sign in (1, -1):
            moved = counts.copy()
            moved[i] += sign * step
            ends.append(float(tetrachoric(*moved[:, None])[0]))
        slopes.append((ends[0] - ends[1]) / (2 * step) * n)
    share = counts / n
    spread = np.sum(np.square(slopes) * share) - np.sum(slopes * share) ** 2
    assert tetrachoric_variance(*counts[:, None], rho)[0] == pytest.approx(spread / n, rel=1e-6)


@given(a=CELL, b=CELL, c=CELL, d=CELL)
def test_swapped_arms_change_the_sign_of_the_correlation(a: int, b: int, c: int, d: int) -> None:
    for measure in ("RTET", "ZPHI"):
        one, other = (effect(measure, **two_arms(*x)) for x in ((a, b, c, d), (c, d, a, b)))
        assert one[0] == pytest.approx(-other[0], abs=1e-9)
        assert one[1] == pytest.approx(other[1], rel=1e-6)


def test_an_empty_cell_is_corrected_or_left_out_with_the_reason() -> None:
    rows = pd.DataFrame([two_arms(0, 20, 5, 15), two_arms(4, 16, 6, 14)]).assign(label=["A", "B"])
    corrected = mo.effect_sizes("RTET", rows)
    assert corrected.notes == ("0.5 was added to every cell of A (continuity correction).",)
    plain = mo.effect_sizes("RTET", rows, to="none")
    assert plain.labels == ("B",)
    assert [out.label for out in plain.left_out] == ["A"]


# Two groups --------------------------------------------------------------------------------------

GROUPS = {"mean_1": 5.0, "sd_1": 2.0, "n_1": 40, "mean_2": 3.9, "sd_2": 2.4, "n_2": 25}


def test_the_point_biserial_is_pearsons_correlation_with_the_group() -> None:
    """Made-up values with these means and standard deviations, and a column of 1 and 0."""
    rng = np.random.default_rng(1)
    values, groups = [], []
    for i, code in (("1", 1.0), ("2", 0.0)):
        n = int(GROUPS[f"n_{i}"])
        raw = rng.normal(size=n)
        raw = (raw - raw.mean()) / raw.std(ddof=1)
        values.append(GROUPS[f"mean_{i}"] + GROUPS[f"sd_{i}"] * raw)
        groups.append(np.full(n, code))
    expected = np.corrcoef(np.concatenate(values), np.concatenate(groups))[0, 1]
    assert effect("RPB", **GROUPS)[0] == pytest.approx(expected, rel=1e-12)
    assert effect("ZPB", **GROUPS)[0] == pytest.approx(math.atanh(expected), rel=1e-12)


def test_a_biserial_correlation_undoes_the_cut_of_a_normal_variable() -> None:
    """Means of y above and below a cut of x, with x and y bivariate normal of correlation 0.6."""
    rho, share = 0.6, 0.3
    cut = stats.norm.isf(share)
    above, below = stats.norm.pdf(cut) / share, -stats.norm.pdf(cut) / (1 - share)
    moments = [rho * above, rho * below]
    squares = [1 + rho**2 * cut * mean for mean in (above, below)]
    sds = [math.sqrt(s - m**2) for s, m in zip(squares, moments, strict=True)]
    n = 10**9
    found, _ = effect(
        "RBIS",
        mean_1=moments[0],
        sd_1=sds[0],
        n_1=share * n,
        mean_2=moments[1],
        sd_2=sds[1],
        n_2=(1 - share) * n,
    )
    assert found == pytest.approx(rho, rel=1e-6)


def test_the_common_language_effect_is_the_chance_of_a_higher_value() -> None:
    first = stats.norm(GROUPS["mean_1"], GROUPS["sd_1"])
    second = stats.norm(GROUPS["mean_2"], GROUPS["sd_2"])
    expected, _ = integrate.quad(lambda x: first.pdf(x) * second.cdf(x), -20, 30)
    assert effect("CLESN", **GROUPS)[0] == pytest.approx(expected, rel=1e-8)


def test_the_variance_of_an_area_is_that_of_the_paper() -> None:
    """Hanley & McNeil 1982, eq. (1)-(2), with plain Python arithmetic."""
    area, n1, n2 = 0.82, 45, 70
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    top = area * (1 - area) + (n1 - 1) * (q1 - area**2) + (n2 - 1) * (q2 - area**2)
    assert effect("AUC", area=area, n_1=n1, n_2=n2) == pytest.approx((area, top / (n1 * n2)))
    with pytest.raises(mo.EffectsError, match="area = 82 must lie between 0 and 1"):
        effect("AUC", area=82, n_1=n1, n_2=n2)


# Pairs and changes: metafor 3.8-1, escalc() ------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "yi", "vi"),
    [
        ("MPPETO", 0.823529411764706, 0.235294117647059),
        ("MPORC", 0.8754687373539, 0.283333333333333),
        ("MPOR", 0.415936407975459, 0.0583845029239766),
    ],
)
def test_matched_pairs_are_those_of_escalc(measure: str, yi: float, vi: float) -> None:
    """escalc(measure, ai=20, bi=12, ci=5, di=33)."""
    found = effect(measure, both=20, only_1=12, only_2=5, neither=33)
    assert found == pytest.approx((yi, vi), rel=1e-12)


def test_pairs_known_by_their_margins_are_those_of_escalc() -> None:
    """escalc("MPORM", ai=32, bi=38, ci=25, di=45, ri=0.4)."""
    found = effect("MPORM", events_1=32, events_2=25, n=70, r=0.4)
    assert found == pytest.approx((0.415936407975459, 0.0719090219319326), rel=1e-12)


def test_margins_with_an_impossible_correlation_are_left_out() -> None:
    with pytest.raises(mo.EffectsError, match="leave no effect or no variance"):
        effect("MPORM", events_1=5, events_2=60, n=70, r=0.9)


@given(both=CELL, only_1=CELL, only_2=CELL, neither=CELL)
def test_margins_with_the_pairs_own_correlation_give_the_pairs_result(
    both: int, only_1: int, only_2: int, neither: int
) -> None:
    n = both + only_1 + only_2 + neither
    p1, p2 = (both + only_1) / n, (both + only_2) / n
    r = (both / n - p1 * p2) / math.sqrt(p1 * (1 - p1) * p2 * (1 - p2))
    expected = effect("MPOR", both=both, only_1=only_1, only_2=only_2, neither=neither)
    found = effect("MPORM", events_1=both + only_1, events_2=both + only_2, n=n, r=r)
    assert found[0] == pytest.approx(expected[0], abs=1e-9)
    assert found[1] == pytest.approx(expected[1], rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(
    ("measure", "yi", "vi"),
    [
        ("ROMC", 0.139966044835302, 0.00226393023535588),
        ("VRC", -0.176930708159078, 0.0188235294117647),
        ("CVRC", -0.31689675299438, 0.0210874596471206),
    ],
)
def test_ratios_of_change_are_those_of_escalc(measure: str, yi: float, vi: float) -> None:
    """escalc(measure, m1i=24.5, sd1i=6.2, m2i=21.3, sd2i=7.4, ni=35, ri=0.6); 1 is after here."""
    found = effect(measure, mean_post=24.5, sd_post=6.2, mean_pre=21.3, sd_pre=7.4, n=35, r=0.6)
    assert found == pytest.approx((yi, vi), rel=1e-12)


# Codes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("PR", "PRAW"), ("PLO", "PLOGIT"), ("OR2D", "OR2DL"), ("D2OR", "D2ORL")],
)
def test_codes_of_other_programs_mean_ours(theirs: str, ours: str) -> None:
    assert mo.Effects([0.1], [0.1], theirs).measure == ours
