"""Points, limits and contours of funnel plots."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

import metaonc as mo
from metaonc.diagnostics.small_study.funnel import HEIGHTS
from tests.strategies import Arrays, studies

YI, VI, N = [0.1, 0.4, -0.2, 0.9], [0.01, 0.04, 0.09, 0.25], [400, 100, 44, 16]
EFFECTS = mo.Effects(YI, VI, columns={"n": N, "year": [2001, 2004, 2003, 2008]}, measure="MD")
FIT = mo.pool(EFFECTS)


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        ("se", [0.1, 0.2, 0.3, 0.5]),
        ("variance", VI),
        ("1/se", [10, 5, 10 / 3, 2]),
        ("1/variance", [100, 25, 100 / 9, 4]),
        ("n", N),
        ("1/n", [1 / 400, 0.01, 1 / 44, 1 / 16]),
        ("sqrt(n)", [20, 10, 44**0.5, 4]),
        ("1/sqrt(n)", [0.05, 0.1, 44**-0.5, 0.25]),
        ("log(n)", np.log(N)),
        ("weight", FIT.weights),
    ],
)
def test_ten_vertical_axes(y: str, expected: list[float]) -> None:
    found = mo.funnel(FIT, y)
    assert found.heights == pytest.approx(np.array(expected))
    assert found.effects == pytest.approx(np.array(YI))
    assert found.to_frame()["height"].tolist() == found.heights.tolist()
    assert len(HEIGHTS) == 10


@given(data=studies(min_size=2), level=st.sampled_from([0.8, 0.95, 0.99]))
@settings(max_examples=25)
@pytest.mark.parametrize("y", ["se", "variance", "1/se", "1/variance"])
def test_limits_say_the_same_on_every_axis(data: Arrays, level: float, y: str) -> None:
    """A study is outside where its distance from the pooled effect passes z standard errors."""
    fit = mo.pool(mo.Effects(*data))
    for tau2 in (False, True):
        found = mo.funnel(fit, y, level=level, tau2=tau2)
        spread = np.sqrt(data[1] + (fit.tau2 if tau2 else 0.0))
        half = norm.isf((1 - level) / 2) * spread
        low, high = found.limits(found.heights)
        assert low == pytest.approx(fit.estimate - half, rel=1e-9, abs=1e-9)
        assert high == pytest.approx(fit.estimate + half, rel=1e-9, abs=1e-9)
        away = np.abs(data[0] - fit.estimate)
        clear = np.abs(away - half) > 1e-9
        assert (found.outside == (away > half))[clear].all()


def test_contours_are_where_a_study_has_that_p_value() -> None:
    found = mo.funnel(FIT, contours=True)
    assert found.levels == (0.9, 0.95, 0.99)
    for level in found.levels:
        low, high = found.contour(level, [0.2])
        assert 2 * norm.sf(high / 0.2) == pytest.approx(1 - level)
        assert low == -high
    assert mo.funnel(FIT, contours=[0.99, 0.8]).levels == (0.8, 0.99)
    assert "p < 0.2, 0.01" in " ".join(mo.funnel(FIT, contours=[0.99, 0.8]).sentences)


def test_a_meta_regression_has_a_funnel_of_residuals() -> None:
    fit = mo.pool(EFFECTS, moderators="year")
    found = mo.funnel(fit, tau2=True)
    line = fit.coefficients["estimate"]
    fitted = line["Intercept"] + line["year"] * np.array(EFFECTS.columns["year"])
    assert found.effects == pytest.approx(np.array(YI) - fitted, abs=1e-9)
    assert (found.center, found.residual, found.tau2) == (0.0, True, fit.tau2)
    assert mo.funnel(fit, "weight").heights.sum() == pytest.approx(1.0)


def test_trim_and_fill_adds_its_studies() -> None:
    filled = mo.trim_and_fill(mo.pool(mo.load_registry().effects("pfs")))
    found = mo.funnel(filled)
    assert found.filled.sum() == filled.missing == 2
    assert found.center == filled.filled.estimate
    assert "Hollow: 2 filled studies, no data." in found.sentences
    assert "of 6 are outside" in found.sentences[0]


def test_sizes_and_weights_have_no_limits() -> None:
    for y in ("n", "weight"):
        found = mo.funnel(FIT, y)
        assert not found.has_limits
        assert not found.outside.any()
        with pytest.raises(mo.DiagnosticsError, match="does not say what the standard error is"):
            found.limits([1.0])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"y": "sei"}, "y = 'sei' is not one of 'se', 'variance'"),
        ({"level": 95}, "level = 95 must lie between 0 and 1"),
        ({"y": "n", "contours": True}, "contours surround the null value"),
    ],
)
def test_wrong_arguments_are_answered(options: dict, says: str) -> None:
    with pytest.raises(mo.DiagnosticsError, match=says):
        mo.funnel(FIT, **options)


def test_unknown_sizes_and_single_groups_are_answered() -> None:
    with pytest.raises(mo.DiagnosticsError, match="the number of patients needs its 'n_1'"):
        mo.funnel(mo.pool(mo.Effects(YI, VI)), "n")
    single = mo.pool(mo.Effects(YI, VI, measure="PLOGIT"))
    with pytest.raises(mo.DiagnosticsError, match="no single groups"):
        mo.funnel(single, contours=True)
    with pytest.raises(mo.DiagnosticsError, match="no residuals"):
        mo.funnel(mo.pool(EFFECTS, moderators="year"), contours=True)
