"""Tests of funnel plot asymmetry: when they are done, what they refuse, laws they obey."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import metaonc as mo
from metaonc.diagnostics import RankTest, RegressionTest
from metaonc.diagnostics.small_study.asymmetry_methods import METHODS
from metaonc.pooling import p_text
from tests.strategies import Arrays, studies

OF_ANY_MEASURE = ["egger", "egger-random", "thompson-sharp", "begg"]
OF_COUNTS = [name for name in METHODS if name not in (*OF_ANY_MEASURE, "pustejovsky")]
SETTINGS = settings(max_examples=25)


def counts(k: int = 12) -> mo.Effects:
    """Odds ratios of two-arm trials of different sizes."""
    import pandas as pd

    rng = np.random.default_rng(6)
    n = rng.integers(20, 300, size=k)
    frame = pd.DataFrame({
        "label": [f"trial {i}" for i in range(k)],
        "events_1": rng.binomial(n, 0.2) + 1, "n_1": n + 2,
        "events_2": rng.binomial(n, 0.3) + 1, "n_2": n + 2,
    })  # fmt: skip
    return mo.effect_sizes("OR", frame)


def effects_of(yi: np.ndarray, vi: np.ndarray, c: float = 1.0) -> mo.Effects:
    """The effects in other units, with sizes that go with the precision."""
    return mo.Effects(c * yi, c**2 * vi, columns={"n": np.rint(100 / vi).tolist()})


def done(effects: mo.Effects, method: str, **options: object) -> mo.diagnostics.AsymmetryTest:
    """The test, on any number of studies."""
    return mo.asymmetry_test(mo.pool(effects), method, minimum=0, **options)


def assume_line(vi: np.ndarray) -> None:
    """Standard errors differ enough for a line."""
    assume(np.ptp(np.log(vi)) > 0.1)


# Laws --------------------------------------------------------------------------------------------


@given(data=studies(min_size=4), c=st.sampled_from([1e-6, 3.0, 1e5]))
@SETTINGS
def test_the_unit_of_the_effects_does_not_matter(data: Arrays, c: float) -> None:
    """yi * c and vi * c²: the same test; the slope on the standard error has no unit."""
    assume_line(data[1])
    fits = [mo.pool(effects_of(*data, unit)) for unit in (1.0, c)]
    for method in (*OF_ANY_MEASURE, "macaskill"):
        before, after = (mo.asymmetry_test(fit, method, minimum=0) for fit in fits)
        assert after.reason == before.reason
        if not before.done:
            continue
        assert after.p_value == pytest.approx(before.p_value, rel=1e-7, abs=1e-12)
        assert after.statistic == pytest.approx(before.statistic, rel=1e-7, abs=1e-7)
        if isinstance(before, RegressionTest) and before.predictor == "se":
            assert isinstance(after, RegressionTest)
            assert after.bias == pytest.approx(before.bias, rel=1e-7, abs=1e-7 * before.bias_se)
            width = before.limit_high - before.limit
            assert after.limit / c == pytest.approx(before.limit, rel=1e-7, abs=1e-7 * width)


@given(data=studies(min_size=4))
@SETTINGS
def test_a_mirrored_funnel_has_the_mirrored_slope(data: Arrays) -> None:
    """The sign of all effects: the statistic changes its sign, p stays."""
    yi, vi = data
    assume_line(vi)
    fits = [mo.pool(effects_of(sign * yi, vi)) for sign in (1.0, -1.0)]
    for method in (*OF_ANY_MEASURE, "macaskill"):
        before, after = (mo.asymmetry_test(fit, method, minimum=0) for fit in fits)
        assert after.reason == before.reason
        if not before.done:
            continue
        assert after.statistic == pytest.approx(-before.statistic, rel=1e-9, abs=1e-9)
        assert after.p_value == pytest.approx(before.p_value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("method", OF_COUNTS)
def test_arms_exchanged_mirror_the_tests_of_counts(method: str) -> None:
    """Arm 1 for arm 2 is the sign of a log odds ratio."""
    effects = counts()
    swapped = {
        f"{name}_{i}": effects.columns[f"{name}_{3 - i}"]
        for name in ("events", "n") for i in (1, 2)
    }  # fmt: skip
    other = mo.Effects(-effects.yi, effects.vi, measure="OR", columns=swapped)
    before, after = done(effects, method), done(other, method)
    assert after.p_value == pytest.approx(before.p_value, rel=1e-9)
    assert after.statistic == pytest.approx(-before.statistic, rel=1e-9)


@given(data=studies(min_size=4))
@SETTINGS
def test_eggers_regression_is_that_of_the_radial_plot(data: Arrays) -> None:
    """A second way: least squares of y / se on 1 / se, whose intercept is the slope on se."""
    yi, vi = data
    assume_line(vi)
    sei = np.sqrt(vi)
    design = np.column_stack([np.ones(len(yi)), 1 / sei])
    (bias, limit), *_ = np.linalg.lstsq(design, yi / sei, rcond=None)
    found = done(effects_of(yi, vi), "egger")
    assume(found.done)
    assert isinstance(found, RegressionTest)
    assert found.bias == pytest.approx(bias, abs=1e-6 * max(1.0, found.bias_se))
    assert found.limit == pytest.approx(limit, abs=1e-6 * max(1.0, found.limit_high - found.limit))


def test_arcsine_tests_are_those_of_arcsine_differences() -> None:
    """The tests of odds ratios by arcsine differences, and the tests of these themselves."""
    effects = counts()
    import pandas as pd

    frame = pd.DataFrame({"label": effects.labels} | dict(effects.columns))
    arcsine = mo.effect_sizes("AS", frame)
    for name in ("egger", "begg", "thompson-sharp"):
        assert done(effects, f"as-{name}").p_value == done(arcsine, name).p_value
        assert np.isnan(done(effects, f"as-{name}").to_frame().get("limit", np.nan)).all()


# When it is done ---------------------------------------------------------------------------------


def test_few_studies_are_not_tested_unless_asked() -> None:
    """The guard below 10 says why, and is overridden by an argument."""
    fit = mo.pool(counts(9))
    found = mo.asymmetry_test(fit, "egger")
    assert not found.done
    assert np.isnan(found.p_value)
    assert found.reason.startswith("9 studies: with fewer than 10 a test of asymmetry has too")
    assert "BMJ 2011;343:d4002" in found.reason
    assert "not done" in found.summary()
    assert mo.asymmetry_test(fit, "egger", minimum=9).done
    assert mo.asymmetry_test(mo.pool(counts(10)), "egger").done
    said = mo.asymmetry_test(fit, "egger", minimum=3).summary()
    assert "Only 9 studies: the test has little power" in said


@pytest.mark.parametrize(
    ("vi", "reason"),
    [
        ([0.1, 0.1, 0.1, 0.1], "the values of se are the same in all studies"),
        ([0.1, 0.2], "a line with its error needs 3 studies at least"),
    ],
)
def test_a_line_that_does_not_exist_says_so(vi: list[float], reason: str) -> None:
    found = done(mo.Effects(np.arange(float(len(vi))), vi), "egger")
    assert (found.done, found.reason) == (False, reason)


@pytest.mark.parametrize(
    ("yi", "method", "reason"),
    [
        (np.full(5, 0.3), "egger", "the effects lie on a line but for rounding"),
        (1 + 2 * np.sqrt([0.1, 0.2, 0.3, 0.4, 0.5]), "egger", "the effects lie on a line but for"),
        (np.zeros(5), "egger", "the effects lie on a line but for rounding"),
        (np.zeros(5), "begg", "all studies have the same rank"),
    ],
)
def test_without_scatter_there_is_no_test(yi: np.ndarray, method: str, reason: str) -> None:
    """A factor of 0, whose p value would be that of rounding."""
    for c in (1e-6, 1.0, 1e5):
        found = done(effects_of(yi, np.array([0.1, 0.2, 0.3, 0.4, 0.5]), c), method)
        assert found.reason.startswith(reason)
        assert np.isnan(found.p_value)


def test_tests_of_the_result_that_no_regression_has_are_refused() -> None:
    fit = mo.pool(counts(), ci="permutation")
    with pytest.raises(mo.DiagnosticsError, match="'permutation' is none of a regression"):
        mo.asymmetry_test(fit, "egger-random")
    assert mo.asymmetry_test(fit, "egger").done


def test_the_default_suits_the_measure() -> None:
    effects = counts()
    sizes = {name: effects.columns[name] for name in ("n_1", "n_2")}
    smd = mo.Effects(effects.yi, effects.vi, measure="SMD", columns=sizes)
    hr = mo.Effects(effects.yi, effects.vi, measure="HR")
    tests = [mo.asymmetry_test(mo.pool(each)).method for each in (effects, smd, hr)]
    assert tests == ["harbord", "pustejovsky", "egger"]


def test_studies_that_tell_a_test_nothing_are_named() -> None:
    """A trial without events has no score."""
    effects = counts(11)
    columns = {name: list(values) for name, values in effects.columns.items()}
    columns["events_1"][3] = columns["events_2"][3] = 0
    there = mo.Effects(effects.yi, effects.vi, measure="OR", columns=columns)
    for method in ("harbord", "peters", "schwarzer"):
        found = mo.asymmetry_test(mo.pool(there), method)
        assert (found.k, found.left_out) == (10, ("Study 4",))
        assert "Tell this test nothing: Study 4." in found.sentences


def test_a_test_says_what_the_measure_has_against_it() -> None:
    """Odds ratios and standardised differences after Egger; heterogeneous odds ratios."""
    effects = counts()
    fit = mo.pool(effects, tau2=0.2)
    said = {name: " ".join(mo.asymmetry_test(fit, name).sentences) for name in METHODS
            if name != "pustejovsky"}  # fmt: skip
    for name, text in said.items():
        assert ("depends on the odds ratio" in text) == (name in [*OF_ANY_MEASURE[:2], "begg"])
        assert ("only 'as-thompson-sharp'" in text) != name.startswith("as-"), name
    homogeneous = mo.asymmetry_test(mo.pool(effects, tau2=0.05), "harbord").sentences
    assert "as-thompson-sharp" not in " ".join(homogeneous)
    smd = mo.Effects(effects.yi, effects.vi, measure="SMD")
    assert "'pustejovsky' does not" in mo.asymmetry_test(mo.pool(smd), "egger").summary()


def test_moderators_stay_in_the_line() -> None:
    """Egger's test beside a moderator is the slope of a regression on both."""
    effects = counts()
    columns = dict(effects.columns) | {"year": list(range(12)), "se": effects.sei.tolist()}
    effects = mo.Effects(effects.yi, effects.vi, measure="OR", columns=columns)
    found = done_with(mo.pool(effects, moderators="year"), "egger-random")
    both = mo.pool(effects, moderators="year + se").coefficients.loc["se"]
    assert found.bias == pytest.approx(both["estimate"], rel=1e-9)
    assert found.p_value == pytest.approx(both["p_value"], rel=1e-9)
    assert np.isnan(found.limit)
    follows = mo.pool(effects, moderators="se")
    assert "follow from the moderators" in mo.asymmetry_test(follows, "egger").reason


def done_with(result: mo.MetaRegression, method: str) -> RegressionTest:
    """A test that was done, of a meta-regression."""
    found = mo.asymmetry_test(result, method)
    assert isinstance(found, RegressionTest)
    return found


# What is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "options", "says"),
    [
        ("OR", {"method": "fail"}, "method = 'fail' is not one of 'egger', 'egger-random', "),
        ("HR", {"method": "harbord"}, "'harbord' is for OR, RR, PETO, and these effects are HR"),
        ("OR", {"method": "pustejovsky"}, "'pustejovsky' is for SMD, SMDH"),
        ("OR", {"method": "peters", "predictor": "n"}, "goes with 'egger' and 'egger-random'"),
        ("OR", {"method": "egger", "predictor": "size"}, "predictor = 'size' is not one of 'se',"),
        ("OR", {"method": "egger", "exact": True}, "exact = True goes with rank tests"),
        ("HR", {"method": "macaskill"}, "Study 1: Macaskill's test needs its 'n_1'"),
        ("OR", {"method": "peters"}, "Study 1: Peters' test needs its 'events_1'"),
        ("HR", {"method": "egger", "predictor": "1/n"}, "the number of patients needs its 'n_1'"),
    ],
)
def test_what_does_not_apply_says_why(measure: str, options: dict, says: str) -> None:
    fit = mo.pool(mo.Effects(np.arange(12.0), np.linspace(0.1, 0.2, 12), measure=measure))
    with pytest.raises(mo.DiagnosticsError, match=says):
        mo.asymmetry_test(fit, **options)


def test_effects_that_covary_and_other_objects_are_refused() -> None:
    covariance = np.diag(np.linspace(0.1, 0.2, 12))
    covariance[0, 1] = covariance[1, 0] = 0.05
    effects = mo.Effects(np.arange(12.0), np.diag(covariance), covariance=covariance)
    with pytest.raises(mo.DiagnosticsError, match="for independent effects"):
        mo.asymmetry_test(mo.pool(effects))
    with pytest.raises(mo.DiagnosticsError, match=r"takes the result of pool\(\) or regress\(\)"):
        mo.asymmetry_test(effects)  # type: ignore[arg-type]
    columns = {"year": list(range(12))}
    plain = mo.Effects(np.arange(12.0), np.diag(covariance), columns=columns)
    with pytest.raises(mo.DiagnosticsError, match="has no place for moderators"):
        mo.asymmetry_test(mo.pool(plain, moderators="year"), "begg")


def test_findings_are_tables_text_and_json() -> None:
    """Two kinds of test side by side make one table, and every finding is a document."""
    import json

    import pandas as pd

    fit = mo.pool(counts())
    found = [mo.asymmetry_test(fit, name) for name in METHODS if name != "pustejovsky"]
    table = pd.concat([each.to_frame() for each in found])
    assert table["method"].tolist() == [name for name in METHODS if name != "pustejovsky"]
    for each in found:
        assert p_text(each.p_value) in each.summary()
        assert json.loads(each.to_json())["method"] == each.method
        assert "<table>" in each._repr_html_()
    assert isinstance(found[3], RankTest)
