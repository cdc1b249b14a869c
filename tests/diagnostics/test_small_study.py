"""Fail-safe numbers, adjusted effects, excess significance, LFK: laws and second computations."""

import json
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

import metaonc as mo
from metaonc.diagnostics import Finding
from tests.strategies import Arrays, studies

FINDINGS = {
    "rosenthal": lambda fit: mo.fail_safe_n(fit, "rosenthal"),
    "rosenberg": lambda fit: mo.fail_safe_n(fit, "rosenberg"),
    "orwin": lambda fit: mo.fail_safe_n(fit, "orwin"),
    "general": lambda fit: mo.fail_safe_n(fit, "general"),
    "pet_peese": mo.pet_peese,
    "beta0": lambda fit: mo.limit_meta_analysis(fit, "beta0"),
    "betalim": lambda fit: mo.limit_meta_analysis(fit, "betalim"),
    "mulim": lambda fit: mo.limit_meta_analysis(fit, "mulim"),
    "chi2": lambda fit: mo.excess_significance(fit, "chi2"),
    "binomial": lambda fit: mo.excess_significance(fit, "binomial"),
    "exact": lambda fit: mo.excess_significance(fit, "exact"),
    "lfk": mo.lfk_index,
    "waap": mo.waap_wls,
}
# What each has that carries the unit of the effects, and what has none.
LENGTHS = ("estimate", "ci_low", "ci_high", "se", "target", "theta")
FREE = ("n", "p_value", "expected", "index", "statistic", "g2", "q_small")


SETTINGS = settings(max_examples=25)


def numbers(found: Finding) -> dict[str, float]:
    """The numbers of a finding; those of PET and PEESE by name."""
    if isinstance(found, mo.diagnostics.PetPeese):
        return {"estimate": found.pet.estimate, "se": found.peese.se, "p_value": found.pet.p_value}
    return found.numbers()


def assume_line(vi: np.ndarray) -> None:
    assume(np.ptp(np.log(vi)) > 0.1)


@given(data=studies(min_size=3), c=st.sampled_from([2.0**-20, 4.0, 2.0**17]))
@SETTINGS
def test_the_unit_of_the_effects_does_not_matter(data: Arrays, c: float) -> None:
    """yi * c and vi * c²: powers of two, so that nothing on an edge falls to the other side."""
    yi, vi = data
    assume_line(vi)
    assume(np.ptp(yi) > 0)
    fits = [mo.pool(mo.Effects(unit * yi, unit**2 * vi)) for unit in (1.0, c)]
    for name, find in FINDINGS.items():
        before, after = (numbers(find(fit)) for fit in fits)
        for key in (*LENGTHS, *FREE):
            if key in before:
                scale = c if key in LENGTHS else 1.0
                near = pytest.approx(before[key], rel=1e-7, abs=1e-9, nan_ok=True)
                assert after[key] / scale == near, (name, key)


@given(data=studies(min_size=3))
@SETTINGS
def test_mirrored_effects_give_the_mirrored_answer(data: Arrays) -> None:
    yi, vi = data
    assume_line(vi)
    assume(np.ptp(yi) > 0)
    fits = [mo.pool(mo.Effects(sign * yi, vi)) for sign in (1.0, -1.0)]
    for name, find in FINDINGS.items():
        if name == "lfk":  # its half a rank has no mirror
            continue
        before, after = (numbers(find(fit)) for fit in fits)
        for key in ("n", "p_value", "se", "expected"):
            if key in before:
                near = pytest.approx(before[key], rel=1e-9, abs=1e-12, nan_ok=True)
                assert after[key] == near, (name, key)
        for key in ("estimate", "target", "theta"):
            if key in before:
                near = pytest.approx(-before[key], rel=1e-9, abs=1e-12, nan_ok=True)
                assert after[key] == near, (name, key)


def test_findings_are_tables_text_and_json() -> None:
    fit = mo.pool(mo.load_registry().effects("pfs"))
    for find in FINDINGS.values():
        found = find(fit)
        assert found.title in found.summary()
        assert len(found.to_frame()) in (1, 2, fit.k)
        assert json.loads(found.to_json())["data_digest"] == fit.effects.digest
        assert found.title in found._repr_html_().replace("&lt;", "<")


# Fail-safe numbers -------------------------------------------------------------------------------


@given(data=studies(min_size=2, spread=1.0))
@SETTINGS
def test_rosenberg_is_the_number_that_takes_significance_away(data: Arrays) -> None:
    """With n studies of mean weight and no effect p passes 5 %, and with one fewer it does not."""
    yi, vi = data
    fit = mo.pool(mo.Effects(yi, vi), model="fixed")
    n = int(mo.fail_safe_n(fit, "rosenberg").n)
    assume(n < 300)
    typical = len(vi) / (1 / vi).sum()

    def p(added: int) -> float:
        more = mo.Effects(np.append(yi, np.zeros(added)), np.append(vi, np.full(added, typical)))
        return mo.pool(more, model="fixed").p_value

    assert p(n) >= 0.05 - 1e-9
    if n > 0:
        assert p(n - 1) < 0.05 + 1e-9


@pytest.mark.parametrize(
    ("yi", "vi", "least"),
    [
        ([0.9, 1.1, 1.0, 0.95], [0.2, 0.25, 0.3, 0.22], 1),
        ([1.0, 1.0, 1.0, 1.0, 1.0], [1e-4, 2e-4, 1e-4, 3e-4, 1e-4], 2000),  # found by halves
    ],
)
def test_general_without_heterogeneity_is_a_mixture(yi: list, vi: list, least: int) -> None:
    """A second way: the studies in two populations, tau² of the whole from its variance."""
    k = len(yi)
    fit = mo.pool(mo.Effects(yi, vi))
    assert fit.tau2 == 0
    n = int(mo.fail_safe_n(fit, "general").n)
    assert n >= least

    def z(added: int) -> float:
        effects = np.append(yi, np.zeros(added))
        true = np.append(np.full(k, fit.estimate), np.zeros(added))
        spread = np.append(vi, np.full(added, k / (1 / fit.effects.vi).sum())) + np.var(true)
        w = 1 / spread
        return abs((w * effects).sum()) / np.sqrt(w.sum())

    assert z(n) < norm.isf(0.025) <= z(n - 1)


def test_targets() -> None:
    """Orwin's mean, diluted by hand; targets are read on the displayed scale, sign as it is."""
    effects = mo.Effects(np.log([0.5, 0.6, 0.4]), [0.1, 0.1, 0.1], measure="HR")
    fit = mo.pool(effects, model="fixed")
    mean = float(np.log([0.5, 0.6, 0.4]).mean())
    found = mo.fail_safe_n(fit, "orwin", target=0.9)
    assert found.n == np.ceil(3 * (mean - np.log(0.9)) / np.log(0.9))
    assert found.n == mo.fail_safe_n(fit, "general", target=0.9).n
    assert "hazard ratio 0.90" in found.summary()
    assert mo.fail_safe_n(fit, "orwin").n == 3
    assert mo.fail_safe_n(fit, "orwin", target=1.0).n == np.inf
    assert mo.fail_safe_n(fit, "general", target=1.0).n == np.inf


def test_nothing_to_overturn_needs_no_study() -> None:
    fit = mo.pool(mo.Effects([0.1, -0.1, 0.05], [0.1, 0.2, 0.3]))
    for method in ("rosenthal", "rosenberg", "general"):
        assert mo.fail_safe_n(fit, method).n == 0


# Excess significance -----------------------------------------------------------------------------


def test_the_exact_test_counts_all_outcomes() -> None:
    """Every combination of significant studies, by its probability."""
    fit = mo.pool(mo.Effects([0.5, 0.9, 0.2, 0.8, -0.1], [0.05, 0.1, 0.2, 0.08, 0.04]))
    found = mo.excess_significance(fit, "exact")
    tail = sum(
        np.prod(np.where(outcome, found.power, 1 - found.power))
        for outcome in product((True, False), repeat=5)
        if sum(outcome) >= found.observed
    )
    assert found.p_value == pytest.approx(tail, rel=1e-12)


def test_power_is_that_of_a_study_whose_true_effect_varies() -> None:
    """The integral over true effects."""
    fit = mo.pool(mo.Effects([0.5, 0.9, -0.6, 0.8], [0.05, 0.1, 0.2, 0.08]))
    found = mo.excess_significance(fit, alpha=0.1)
    z, tau = norm.isf(0.05), fit.tau
    assert tau > 0
    for se, power in zip(fit.effects.sei, found.power, strict=True):

        def given_true(x: float, se: float = se) -> float:
            beyond = norm.sf(z - x / se) + norm.cdf(-z - x / se)
            return float(beyond * norm.pdf(x, fit.estimate, tau))

        whole, _ = quad(given_true, fit.estimate - 10 * tau, fit.estimate + 10 * tau)
        assert power == pytest.approx(whole, rel=1e-8)


def test_theta_is_read_on_the_displayed_scale() -> None:
    effects = mo.Effects(np.log([0.5, 0.6, 0.4]), [0.1, 0.1, 0.1], measure="HR")
    found = mo.excess_significance(mo.pool(effects, model="fixed"), theta=0.5)
    assert found.theta == pytest.approx(np.log(0.5))
    assert found.ratio == found.observed / found.expected


# Adjusted effects --------------------------------------------------------------------------------


@given(data=studies(min_size=4))
@SETTINGS
def test_pet_is_eggers_limit(data: Arrays) -> None:
    """And PEESE that of the regression on the variance."""
    assume_line(data[1])
    fit = mo.pool(mo.Effects(*data))
    found = mo.pet_peese(fit)
    for at, predictor in ((found.pet, "se"), (found.peese, "variance")):
        egger = mo.asymmetry_test(fit, "egger", predictor=predictor, minimum=0)
        assume(egger.done)
        assert (at.estimate, at.slope_p) == (egger.limit, egger.p_value)
    assert found.adjusted == (found.peese if found.pet.p_value < 0.1 else found.pet)


@given(data=studies(min_size=3))
@SETTINGS
def test_without_heterogeneity_every_limit_study_is_where_the_line_ends(data: Arrays) -> None:
    assume_line(data[1])
    fit = mo.pool(mo.Effects(*data), model="fixed")
    found = mo.limit_meta_analysis(fit)
    egger = mo.asymmetry_test(fit, "egger", minimum=0)
    assume(egger.done)
    near = pytest.approx(egger.limit, abs=1e-8 * max(1.0, found.se))
    assert found.limits == pytest.approx(np.full(fit.k, found.beta))
    assert found.estimate == near
    assert found.curve(0.0) == near


def test_the_curve_of_a_limit_meta_analysis_ends_at_its_estimate() -> None:
    found = mo.limit_meta_analysis(mo.pool(mo.load_registry().effects("pfs")))
    assert found.tau2 > 0
    assert found.curve(0.0) == pytest.approx(found.estimate)
    assert found.curve([0.1, 0.2]).shape == (2,)


def test_waap_is_the_common_effect_of_powered_studies() -> None:
    yi, vi = np.array([0.5, 0.6, 0.1, 0.4]), np.array([0.01, 0.02, 0.2, 0.5])
    found = mo.waap_wls(mo.pool(mo.Effects(yi, vi)))
    assert found.powered.tolist() == [True, True, False, False]
    alone = mo.pool(mo.Effects(yi[:2], vi[:2]), model="fixed", ci="hksj")
    assert (found.estimate, found.ci_low) == (alone.estimate, alone.ci_low)
    weak = mo.waap_wls(mo.pool(mo.Effects(yi, 10 * vi)))
    assert (weak.method, weak.df) == ("WLS", 3)
    assert "Fewer than two" in weak.summary()


# LFK ---------------------------------------------------------------------------------------------


@given(data=studies(min_size=3))
@SETTINGS
def test_the_index_study_by_study(data: Arrays) -> None:
    """Ranks counted one by one."""
    yi, vi = data
    assume(np.ptp(yi) > 0 and len(set(yi)) == len(yi))
    sizes = 100 * vi.max() / vi
    ranks = [sizes[yi < y].sum() + n / 2 for y, n in zip(yi, sizes, strict=True)]
    z = norm.ppf((np.array(ranks) - 0.5) / sizes.sum())
    tip = yi[np.argmin(np.abs(z))]
    slope = (z.max() - z.min()) / (yi.max() - yi.min())
    index = 5 / (2 * len(yi)) * sum(z + slope * (yi - tip))
    found = mo.lfk_index(mo.pool(mo.Effects(yi, vi)))
    assert found.z == pytest.approx(z, abs=1e-9)
    assert found.index == pytest.approx(index, abs=1e-6)
    assert found.asymmetry == (
        "none" if abs(index) <= 1 else "minor" if abs(index) <= 2 else "major"
    )


# What is refused ---------------------------------------------------------------------------------

ONE_ARM = mo.pool(mo.Effects([0.1, 0.3, 0.2], [0.1, 0.2, 0.3], measure="PLOGIT"))
EQUAL = mo.pool(mo.Effects([0.1, 0.3, 0.2], [0.1, 0.1, 0.1]))
SAME = mo.pool(mo.Effects([0.1, 0.1, 0.1], [0.1, 0.2, 0.3]))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: mo.fail_safe_n(EQUAL, "fisher"), "method = 'fisher' is not one of 'rosenthal'"),
        (lambda: mo.fail_safe_n(EQUAL, target=0.1), "goes with 'orwin' and 'general'"),
        (lambda: mo.fail_safe_n(EQUAL, alpha=5), "alpha = 5 must lie between 0 and 1"),
        (lambda: mo.fail_safe_n(ONE_ARM), "has no null value"),
        (lambda: mo.excess_significance(ONE_ARM), "has no null value"),
        (lambda: mo.excess_significance(EQUAL, "z"), "test = 'z' is not one of 'chi2'"),
        (lambda: mo.waap_wls(ONE_ARM), "a measure with a null value"),
        (lambda: mo.pet_peese(EQUAL), "at least 3 studies whose standard errors"),
        (lambda: mo.limit_meta_analysis(EQUAL), "at least 3 studies whose standard errors"),
        (lambda: mo.limit_meta_analysis(SAME, "alpha"), "method = 'alpha' is not one of 'beta0'"),
        (lambda: mo.lfk_index(SAME), "at least 3 studies that are not all the same"),
        (lambda: mo.pet_peese("pfs"), r"pet_peese\(\) takes the result of pool\(\), got str"),
    ],
)
def test_what_cannot_be_says_why(call: object, says: str) -> None:
    with pytest.raises(mo.DiagnosticsError, match=says):
        call()  # type: ignore[operator]
