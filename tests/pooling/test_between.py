"""What a result says about tau² beyond its value: error, intervals, certificate, likelihood."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import metaonc as mo
from metaonc.kernels import studies as in_kernels
from metaonc.kernels.likelihood import profile
from tests.reference import Case, cases
from tests.reference import studies as used
from tests.reference.comparison import Comparison
from tests.strategies import Arrays, studies

# metafor's name of an interval -> ours.
INTERVALS = {
    "QP": "QP", "PL": "PL", "HT": "HT", "Wald": "Wald", "wald.log": "Wald-log",
    "wald.sqrt": "Wald-sqrt",
}  # fmt: skip
PFS = mo.load_registry().effects("pfs")


def of(case: Case) -> mo.Effects:
    return mo.Effects(*used(case.source))


@pytest.mark.parametrize("method", ["DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM"])
def test_errors_and_likelihoods_are_those_of_rma(method: str) -> None:
    """metafor `rma`: standard error of tau²; log-likelihood, AIC and BIC where it prints them.

    tau² of an iterated estimator is known to the tolerance times the typical variance, and its
    error follows it.
    """
    chosen = [
        case
        for case in cases("pooling", "rma")
        if case.args == {"method": method, "test": "z"} and case.out["k"] > 1
    ]
    assert len(chosen) >= 70
    for case in chosen:
        fit = mo.pool(of(case), tau2=method, ci="wald")
        compare = Comparison(case, f"{method}, as results give it")
        typical = fit.tau2 / (fit.h2 - 1) if fit.h2 > 1 else fit.tau2_se
        compare("se.tau2", fit.tau2_se, case.out["se.tau2"], floor=typical)
        found = case.out.get("fitstats")
        if found:
            compare("logLik", fit.log_likelihood, found["logLik"], floor=1.0)
            compare("AIC", fit.aic, found["AIC"], floor=1.0)
            compare("BIC", fit.bic, found["BIC"], floor=1.0)
        compare.done()


@pytest.mark.parametrize("kind", INTERVALS)
def test_intervals_of_all_four_are_those_of_confint(kind: str) -> None:
    """metafor `confint`: tau², tau, I² and H² by every method, at 90 and 95%."""
    chosen = [
        case
        for case in (*cases("pooling", "qp"), *cases("tau2_intervals", "likelihood"))
        if case.args["type"] == kind
    ]
    assert len(chosen) >= 70
    for case in chosen:
        fit = mo.pool(of(case), tau2=case.args["method"], ci="wald")
        method, level = INTERVALS[kind], case.out["level"] / 100
        compare = Comparison(case, f"{method}, as results give it")
        limits = fit.tau2_interval(method, level)
        expected = [case.out["ci.lb"], case.out["ci.ub"]]
        compare("tau2", list(limits), expected)
        assert (limits.method, limits.level) == (method, level)
        # Where the limit of tau² is infinite or does not exist, metafor gives no limit of I².
        if math.isfinite(limits.high):
            compare("tau", list(fit.tau_interval(method, level)), case.out["tau"][1:])
            compare("I2", 100 * np.array(fit.i2_interval(method, level)), case.out["I2"][1:])
            compare("H2", list(fit.h2_interval(method, level)), case.out["H2"][1:])
        compare.done()


# Laws --------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(data=studies(min_size=3), method=st.sampled_from(["QP", "BJ", "J", "PL", "BT", "SJ", "HT"]))
def test_the_four_intervals_are_one(data: Arrays, method: str) -> None:
    """tau² = s²(H² - 1) and I² = 1 - 1 / H² at both limits, s² being Higgins and Thompson's."""
    fit = mo.pool(mo.Effects(*data))
    w = 1 / data[1]
    s2 = (len(w) - 1) * w.sum() / (w.sum() ** 2 - (w**2).sum())
    tau2, tau, i2, h2 = (
        np.array(function(method))
        for function in (fit.tau2_interval, fit.tau_interval, fit.i2_interval, fit.h2_interval)
    )
    np.testing.assert_allclose(tau**2, tau2, rtol=1e-12)
    np.testing.assert_allclose(s2 * (h2 - 1), tau2, rtol=1e-9, atol=1e-12 * s2)
    np.testing.assert_allclose(1 - 1 / h2, i2, rtol=1e-9, atol=1e-12)


@given(data=studies(min_size=2), seed=st.integers(0, 10**6), scale=st.sampled_from([1e-4, 1e3]))
@settings(max_examples=20)
def test_the_bootstrap_is_reproducible_and_free_of_units(
    data: Arrays, seed: int, scale: float
) -> None:
    """The same seed gives the same limits; other units give the same limits in those units."""
    yi, vi = data
    fit = mo.pool(mo.Effects(yi, vi), tau2="DL")
    found = fit.tau2_interval("bootstrap", seed=seed, draws=99)
    assert (found.seed, found.draws) == (seed, 99)
    assert f"seed={seed}, draws=99" in repr(found)
    assert fit.tau2_interval("bootstrap", seed=seed, draws=99) == found
    other = mo.pool(mo.Effects(yi * scale, vi * scale**2), tau2="DL")
    again = other.tau2_interval("bootstrap", seed=seed, draws=99)
    assert np.array(again) / scale**2 == pytest.approx(np.array(found), rel=1e-7, abs=1e-9)


def test_the_bootstrap_is_that_of_samples_drawn_one_by_one() -> None:
    """Percentiles of DerSimonian and Laird's formula on normal samples; other random numbers."""
    vi = np.array([0.1, 0.2, 0.15, 0.3, 0.12])
    fit = mo.pool(mo.Effects([0.1, 1.5, 0.4, -0.9, 0.6], vi), tau2="DL")
    rng = np.random.default_rng(12345)
    w, found = 1 / vi, []
    for _ in range(20_000):
        y = rng.normal(0, np.sqrt(vi + fit.tau2))
        q = (w * (y - (w * y).sum() / w.sum()) ** 2).sum()
        found.append(max(0.0, (q - 4) / (w.sum() - (w**2).sum() / w.sum())))
    expected = np.quantile(found, [0.05, 0.95])
    interval = fit.tau2_interval("bootstrap", 0.9, seed=1, draws=20_000)
    assert interval.high == pytest.approx(expected[1], rel=0.05)
    assert interval.low == pytest.approx(expected[0], abs=0.01)


@given(data=studies(min_size=2, decades=3.0), method=st.sampled_from(["ML", "REML", "PM", "DL"]))
def test_certificates_hold(data: Arrays, method: str) -> None:
    """Of every estimator; of the likelihood's, no point of a fine grid lies higher."""
    fit = mo.pool(mo.Effects(*data), tau2=method, ci="wald")
    found = fit.certificate()
    assert found.holds, found
    assert "DOES NOT" not in str(found)
    if method in ("ML", "REML"):
        assert found.taken is not None
        assert found.maxima[found.taken] == pytest.approx(fit.tau2, rel=1e-5, abs=1e-9)
        assert max(found.log_likelihoods) == 0
        kernel = in_kernels(*data)
        unit2 = float(kernel.unit) ** 2
        grid = np.append(np.geomspace(1e-6, 1e4, 400), fit.tau2) / unit2
        value = profile(kernel.along(-2), grid, restricted=method == "REML").value
        assert value[-1] >= value[:-1].max() - 1e-9


def test_a_likelihood_with_two_maxima_says_which_was_taken() -> None:
    """Both are stationary points of the likelihood by finite differences, with the heights said."""
    yi, vi = np.array([0.049, -0.012, -1.777]), np.array([0.00237, 0.00023, 0.26081])
    fit = mo.pool(mo.Effects(yi, vi))
    found = fit.certificate()

    def restricted(tau2: float) -> float:
        w = 1 / (vi + tau2)
        mean = (w * yi).sum() / w.sum()
        return 0.5 * float(np.log(w).sum() - np.log(w.sum()) - (w * (yi - mean) ** 2).sum())

    assert (len(found.maxima), found.taken) == (2, 1)
    for place, height in zip(found.maxima, found.log_likelihoods, strict=True):
        step = 1e-4 * place
        assert restricted(place) > max(restricted(place - step), restricted(place + step))
        assert height == pytest.approx(restricted(place) - restricted(fit.tau2), abs=1e-9)
    assert "has 2 maxima" in str(found)
    assert "number 2 was taken, number 2 is the highest" in str(found)


def test_certificates_without_a_search() -> None:
    """The whole sentences."""
    for options, said in (
        ({"tau2": "DL"}, "DL tau² = 0.1028 holds: a closed form, nothing was searched for."),
        ({"tau2": 0.1}, "Nothing to verify of tau² = 0.1000: it was given, not estimated."),
        ({"model": "fixed"}, "Nothing to verify of tau² = 0: it was given, not estimated."),
    ):
        assert str(mo.pool(PFS, **options).certificate()) == said
    one = mo.pool(mo.Effects([0.1], [0.2])).certificate()
    assert str(one) == "Nothing to verify of tau² = 0: one study shows no heterogeneity."
    alike = mo.pool(mo.Effects([0.1, 0.1], [0.2, 0.3])).certificate()
    assert str(alike) == (
        "REML tau² = 0 holds: the estimating function falls from tau² = 0 on; "
        "the likelihood has one maximum."
    )


# What does not apply -----------------------------------------------------------------------------


def test_what_was_not_estimated_has_no_error() -> None:
    """A fixed effect, a tau² that was given, one study, an estimator of unknown variance."""
    assert math.isnan(mo.pool(PFS, model="fixed").tau2_se)
    assert math.isnan(mo.pool(PFS, tau2=0.2).tau2_se)
    assert math.isnan(mo.pool(PFS, tau2="DL2").tau2_se)
    assert math.isnan(mo.pool(mo.Effects([0.1], [0.2])).tau2_se)
    assert mo.pool(PFS, tau2=0.25).tau == 0.5


def test_the_likelihood_of_a_common_effect_is_that_of_normal_effects() -> None:
    """scipy's normal density."""
    fit = mo.pool(PFS, model="fixed")
    expected = stats.norm.logpdf(PFS.yi, fit.estimate, PFS.sei).sum()
    assert fit.log_likelihood == pytest.approx(expected, rel=1e-12)
    assert fit.aic == pytest.approx(2 - 2 * expected, rel=1e-12)


@pytest.mark.parametrize(
    ("options", "arguments", "said"),
    [
        ({"tau2": "DL"}, {"method": "Wald"}, "the interval 'Wald' of tau² needs tau2='REML'."),
        (
            {"tau2": 0.1}, {"method": "bootstrap"},
            "the bootstrap needs a tau² that is estimated, with random effects; use 'QP'.",
        ),
        (
            {}, {"method": "QP", "seed": 1},
            "method 'QP' is not simulated; leave out seed and draws.",
        ),
        (
            {}, {"method": "bootstrap", "seed": -1},
            "seed = -1 must be a whole number >= 0.",
        ),
        (
            {}, {"method": "bootstrap", "draws": 2.5},
            "draws = 2.5 must be a whole number >= 1.",
        ),
        ({}, {"level": 95}, "level = 95 must lie between 0 and 1; write 95% as 0.95."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(options: dict, arguments: dict, said: str) -> None:
    """The whole sentences."""
    fit = mo.pool(PFS, **options)
    for function in (fit.tau2_interval, fit.tau_interval, fit.i2_interval, fit.h2_interval):
        with pytest.raises(mo.PoolingError) as raised:
            function(**arguments)
        assert str(raised.value) == said


def test_intervals_that_do_not_apply_say_why() -> None:
    """One study has none; Higgins and Thompson's needs three."""
    one = mo.pool(mo.Effects([0.1], [0.2])).i2_interval()
    assert (one.applies, one.reason) == (False, "one study cannot show heterogeneity")
    two = mo.pool(mo.Effects([0.1, 0.2], [0.2, 0.1])).i2_interval("HT")
    assert two.reason == "HT needs more than 2 studies"
    assert math.isnan(two.low)


def test_a_regression_has_them_all_too() -> None:
    """Residual tau², k - p degrees of freedom: Q-profile by its own definition."""
    fit = mo.regress(PFS, "line")
    for method in ("QP", "BJ", "J", "PL", "BT", "SJ", "Wald", "HT", "bootstrap"):
        found = fit.tau2_interval(method)
        assert found.applies
        assert found.low <= found.high
    assert fit.certificate().holds
    for limit, tail in zip(fit.tau2_interval("QP", 0.8), (0.1, 0.9), strict=True):
        if limit > 0:
            w = 1 / (PFS.vi + limit)
            root = np.sqrt(w)[:, None]
            left = np.linalg.lstsq(root * fit.design.matrix, root[:, 0] * PFS.yi, rcond=None)[1]
            assert stats.chi2.sf(left[0], 4) == pytest.approx(tail, rel=1e-6)
