"""Influence measures: laws, the same by hand for correlated effects, what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import metaonc as mo
from metaonc.pooling import MetaRegression
from tests.pooling.test_regression import LOST_DIGITS, problem
from tests.strategies import Arrays, heterogeneous, studies

NAMES = ("rstandard", "rstudent", "dffits", "cooks_distance", "covariance_ratio", "hat", "dfbetas")


@given(data=studies(min_size=3, max_size=8), power=st.integers(-30, 30))
def test_units_do_not_matter(data: Arrays, power: int) -> None:
    """Effects in other units, by a power of two: the same to the last digit."""
    yi, vi = data
    first, second = (
        mo.influence(mo.pool(mo.Effects(yi * c, vi * c**2))).to_frame() for c in (1.0, 2.0**power)
    )
    for name in NAMES:
        assert first[name].to_numpy() == pytest.approx(second[name].to_numpy(), nan_ok=True)


@given(data=heterogeneous())
def test_a_group_of_one_is_the_study(data: Arrays) -> None:
    """By groups of one study each, by matrices, against by study, by sums."""
    yi, vi = data
    fit = mo.pool(mo.Effects(yi, vi, columns={"own": range(len(yi))}))
    alone, groups = mo.influence(fit), mo.influence(fit, by="own")
    assert groups.distance == pytest.approx(alone.residuals.rstudent**2, rel=1e-7, abs=1e-12)
    for name in ("cooks_distance", "covariance_ratio", "dfbetas"):
        theirs = getattr(alone.moved, name)
        assert getattr(groups.moved, name) == pytest.approx(theirs, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("design", LOST_DIGITS)
def test_years_cost_no_digits(design: str) -> None:
    """Where the reference program loses digits: the year counted from another origin."""
    effects, x = problem(design)
    moved = x.copy()
    moved[:, -1] -= np.round(moved[:, -1].mean())
    first, second = (mo.influence(mo.regress(effects, m, tau2="DL", ci="wald")) for m in (x, moved))
    for name in ("rstudent", "dffits", "hat"):
        one, other = (getattr(found.residuals, name) for found in (first, second))
        assert one == pytest.approx(other, rel=1e-9, abs=1e-10), name
    assert first.moved.cooks_distance == pytest.approx(second.moved.cooks_distance, rel=1e-8)


COVARIANCE = np.array(
    [[0.04, 0.02, 0, 0], [0.02, 0.05, 0, 0], [0, 0, 0.03, 0.01], [0, 0, 0.01, 0.06]]
)


def test_trials_with_several_effects_are_left_out_whole() -> None:
    """Generalised least squares by hand, with tau² given."""
    yi = np.array([0.1, 0.4, -0.2, 0.3])
    effects = mo.Effects(yi, np.diag(COVARIANCE), covariance=COVARIANCE)
    fit = mo.pool(effects, tau2=0.1)
    found = mo.influence(fit, by="trial").to_frame()
    true = np.kron(np.eye(2), [[1, 0.5], [0.5, 1]])
    matrix = COVARIANCE + 0.1 * true
    for i, (gone, kept) in enumerate(((slice(0, 2), slice(2, 4)), (slice(2, 4), slice(0, 2)))):
        inverse = np.linalg.inv(matrix[kept, kept])
        variance = 1 / inverse.sum()
        mean = variance * inverse.sum(axis=0) @ yi[kept]
        away = yi[gone] - mean
        expected = away @ np.linalg.inv(matrix[gone, gone] + variance) @ away
        assert found["rstudent_chi2"][i] == pytest.approx(expected)
        assert found["covariance_ratio"][i] == pytest.approx(variance / fit.wald_se**2)
        shift = (fit.estimate - mean) / fit.wald_se
        assert found["cooks_distance"][i] == pytest.approx(shift**2)
        assert found["dfbetas"][i] == pytest.approx(shift)  # tau² is the same with and without it
    assert found["k"].tolist() == [2, 2]


def test_half_a_trial_is_weighed_with_the_other_half() -> None:
    """Groups that covary with the rest: the variance of what is left over, by simulation-free sums.

    The residual is linear in the effects, so its variance follows from their covariance.
    """
    yi = np.array([0.1, 0.4, -0.2, 0.3])
    columns = {"part": ["a", "b", "c", "c"]}
    effects = mo.Effects(yi, np.diag(COVARIANCE), covariance=COVARIANCE, columns=columns)
    found = mo.influence(mo.pool(effects, tau2=0.1), by="part").to_frame()
    matrix = COVARIANCE + 0.1 * np.kron(np.eye(2), [[1, 0.5], [0.5, 1]])
    inverse = np.linalg.inv(matrix[1:, 1:])
    combination = np.concatenate([[1.0], -inverse.sum(axis=0) / inverse.sum()])
    expected = (combination @ yi) ** 2 / (combination @ matrix @ combination)
    assert found["rstudent_chi2"][0] == pytest.approx(expected)


def test_a_study_that_alone_decides_a_coefficient_has_no_residual() -> None:
    """One study in a category: nothing without it, and nothing to compare with."""
    effects = mo.Effects(
        [0.1, 0.3, 0.5, 0.2], [0.02, 0.05, 0.03, 0.04], columns={"arm": ["a", "a", "b", "a"]}
    )
    fit = mo.regress(effects, "arm")
    assert isinstance(fit, MetaRegression)
    found = mo.influence(fit).to_frame()
    numbers = found.loc[2, ["rstandard", "rstudent", "cooks_distance", "tau2_deleted"]]
    assert numbers.isna().all()
    assert found["hat"][2] == pytest.approx(1)
    assert found["rstandard"].notna().sum() == 3


def test_an_outlier_is_found_and_named() -> None:
    effects = mo.Effects([0.1, 0.3, 0.0, 0.2, 0.1, 0.2, 0.3, 1.5], [0.1] * 8)
    found = mo.influence(mo.pool(effects, model="fixed"))
    assert found.influential.tolist() == [False] * 7 + [True]
    assert found.sentences[0] == (
        "Influential by the rule below: Study 8 (DFFITS, Cook's distance, DFBETAS)."
    )
    assert found.cells()[-1][-1] == "*"
    assert mo.baujat(found.result).sentences == [
        "Most heterogeneity comes from Study 8; the result would move most without Study 8."
    ]


def test_what_has_no_such_measures_is_refused() -> None:
    effects = mo.Effects([0.1, 0.4, -0.2, 0.3], np.diag(COVARIANCE), covariance=COVARIANCE)
    with pytest.raises(mo.DiagnosticsError, match="by='trial'"):
        mo.influence(mo.pool(effects))
    plain = mo.Effects([0.1, 0.4, -0.2], [0.04, 0.05, 0.03])
    with pytest.raises(mo.DiagnosticsError, match="not defined for 'hc'"):
        mo.influence(mo.pool(plain, ci="hc"))
    with pytest.raises(mo.DiagnosticsError, match="not Effects"):
        mo.influence(plain)  # type: ignore[call-overload]
    with pytest.raises(mo.DiagnosticsError, match="two studies or groups at least"):
        mo.influence(mo.pool(plain.take([0])))
