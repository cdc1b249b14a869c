"""Bootstrap and permutation: known answers, symmetry, the seed, what is refused."""

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

import metaonc as mo
from metaonc.kernels import Fit
from tests.strategies import Arrays, studies


@pytest.fixture(scope="module")
def progression() -> mo.Effects:
    return mo.load_registry().effects("pfs")


# Permutation --------------------------------------------------------------------------------------


@given(data=studies(min_size=2, max_size=5))
@settings(max_examples=25)
def test_signs_are_all_flipped(data: Arrays) -> None:
    """Against pooling each of the 2^k patterns of signs."""
    yi, vi = data
    result = mo.pool(mo.Effects(yi, vi), ci="wald")
    found = mo.permutation_test(result)
    every = [
        abs(mo.pool(mo.Effects(yi * np.array(signs), vi), ci="wald").statistic)
        for signs in product((1, -1), repeat=len(yi))
    ]
    as_large = np.array(every) >= abs(result.statistic) * (1 - 1e-8)
    assert found.p_value == pytest.approx(as_large.mean())
    assert (found.exact, found.seed) == (True, None)


def test_the_interval_by_permutation_has_the_same_p_value(progression: mo.Effects) -> None:
    """Another implementation of the same test."""
    found = mo.permutation_test(mo.pool(progression, ci="wald", tau2="DL"))
    assert found.p_value == mo.pool(progression, ci="permutation", tau2="DL").p_value


def test_moderators_are_all_exchanged(progression: mo.Effects) -> None:
    """Against the test that a meta-regression has of its own; all 720 fits one by one."""
    result = mo.regress(progression, "line", ci="wald", tau2="DL")
    found = mo.permutation_test(result)
    own = result.permutation_test()
    assert found.p_values.tolist() == [own.p_values["line[T.first line]"], own.omnibus_p]
    x = result.design.matrix
    one = mo.permutation_test(result, "line[T.first line]")
    least = abs(result.coefficients["estimate"].iloc[1])
    large = 0
    for order in permutations(range(6)):
        again = mo.regress(progression, x[list(order)], tau2="DL", ci="wald")
        large += abs(again.coefficients["estimate"].iloc[1]) >= least * (1 - 1e-8)
    assert (one.permutations, one.p_value) == (720, pytest.approx(large / 720))


def test_groups_are_exchanged(progression: mo.Effects) -> None:
    """All 720 orders, each group pooled by itself; two of the trials are the first-line ones."""
    whole = mo.subgroups(progression, by="line", model="fixed")
    found = mo.permutation_test(whole)
    large = 0
    for i in range(6):
        for j in range(i):
            line = ["a"] * 6
            line[i] = line[j] = "b"
            effects = mo.Effects(progression.yi, progression.vi, columns={"line": line})
            q = mo.subgroups(effects, by="line", model="fixed").q_between
            large += q >= whole.q_between * (1 - 1e-8)
    assert found.values[0] == pytest.approx(whole.q_between)
    assert found.p_value == pytest.approx(large / 15)


def test_many_permutations_are_drawn_and_the_data_are_one() -> None:
    """20 studies: 10,000 of 524,288 patterns; the exact p value is near."""
    rng = np.random.default_rng(2)
    vi = rng.uniform(0.05, 0.3, 20)
    result = mo.pool(mo.Effects(rng.normal(0.15, np.sqrt(vi + 0.02)), vi), model="fixed")
    first, again = (mo.permutation_test(result, seed=4) for _ in range(2))
    whole = mo.permutation_test(result, draws=2**19)
    assert (first.permutations, first.exact, first.seed) == (10_000, False, 4)
    assert first.p_value == again.p_value
    assert whole.exact
    error = np.sqrt(whole.p_value * (1 - whole.p_value) / 10_000)
    assert first.p_value == pytest.approx(whole.p_value, abs=4 * error)
    assert mo.permutation_test(result, draws=7).p_value >= 1 / 7


def test_any_statistic_can_be_permuted(progression: mo.Effects) -> None:
    result = mo.pool(progression)

    def double(fit: Fit) -> NDArray[np.float64]:
        return 2 * fit.statistic

    mine, theirs = (mo.permutation_test(result, s) for s in (double, "statistic"))
    assert mine.statistics == ("double",)
    assert mine.p_value == theirs.p_value


# Bootstrap ----------------------------------------------------------------------------------------


def test_a_bootstrap_of_a_normal_mean_is_normal() -> None:
    """A fixed effect: the mean of parametric samples is normal with Wald's standard error."""
    result = mo.pool(mo.Effects([0.2, 0.5, 0.1, 0.4], [0.04, 0.09, 0.05, 0.02]), model="fixed")
    for method in ("percentile", "basic", "normal", "bca"):
        found = mo.bootstrap(result, method=method, draws=40_000, seed=1)
        assert found.se == pytest.approx(result.se, rel=0.02)
        assert found.bias == pytest.approx(0, abs=5 * result.se / 200)
        near = pytest.approx((result.ci_low, result.ci_high), abs=0.05 * result.se)
        if method != "bca":  # its acceleration is that of the studies, not of the model
            assert (found.low, found.high) == near


def test_studies_with_replacement_by_enumeration() -> None:
    """Three studies have 27 samples: the standard deviation of the mean over all of them."""
    yi, vi = np.array([0.1, 0.4, 0.7]), np.full(3, 0.04)
    result = mo.pool(mo.Effects(yi, vi), model="fixed")
    means = [yi[list(chosen)].mean() for chosen in product(range(3), repeat=3)]
    found = mo.bootstrap(result, sampling="studies", draws=20_000)
    assert set(found.replicates.round(9)) == set(np.round(means, 9))
    assert found.se == pytest.approx(np.std(means), rel=0.03)


def test_a_seed_makes_a_bootstrap_again(progression: mo.Effects) -> None:
    result = mo.pool(progression)
    first, again, other = (mo.bootstrap(result, "tau2", seed=s, draws=200) for s in (3, 3, 4))
    assert np.array_equal(first.replicates, again.replicates)
    assert not np.array_equal(first.replicates, other.replicates)
    assert first.to_dict()["seed"] == 3
    assert "default_rng(3)" in first.summary()


def test_tau2_of_the_bootstrap_is_that_of_the_interval(progression: mo.Effects) -> None:
    """Another implementation of the parametric bootstrap of tau², to the error of simulation."""
    result = mo.pool(progression)
    found = mo.bootstrap(result, "tau2", draws=8000)
    other = result.tau2_interval("bootstrap", draws=8000, seed=9)
    assert found.high == pytest.approx(other.high, rel=0.05)


def test_samples_without_a_statistic_are_counted(progression: mo.Effects) -> None:
    """Samples of trials all of one line cannot tell the coefficients apart."""
    result = mo.regress(progression, "line")
    found = mo.bootstrap(result, "line[T.first line]", sampling="studies", draws=500)
    gone = int(np.isnan(found.replicates).sum())
    expected = 500 * ((4 / 6) ** 6 + (2 / 6) ** 6)
    assert abs(gone - expected) < 5 * np.sqrt(expected)
    assert found.sentences[-1] == f"{gone} samples have no finite line[T.first line]."


# Refusals -----------------------------------------------------------------------------------------


def test_what_cannot_be_resampled_is_refused(progression: mo.Effects) -> None:
    result = mo.pool(progression)
    with pytest.raises(mo.DiagnosticsError, match="statistic = 'mean' is not one of 'estimate'"):
        mo.bootstrap(result, "mean")
    with pytest.raises(mo.DiagnosticsError, match="sampling = 'cases' is not one of"):
        mo.bootstrap(result, sampling="cases")
    with pytest.raises(mo.DiagnosticsError, match="return one number per fit"):
        mo.bootstrap(result, lambda fit: fit.weights)
    with pytest.raises(mo.DiagnosticsError, match="resampled already"):
        mo.bootstrap(mo.pool(progression, ci="permutation"))
    covariance = np.array([[0.04, 0.02], [0.02, 0.05]])
    correlated = mo.pool(mo.Effects([0.1, 0.4], np.diag(covariance), covariance=covariance))
    with pytest.raises(mo.DiagnosticsError, match="these effects covary"):
        mo.permutation_test(correlated)
    proportion = mo.pool(mo.Effects([0.1, 0.3], [0.1, 0.1], measure="PLOGIT"))
    with pytest.raises(mo.DiagnosticsError, match="one arm has no null value"):
        mo.permutation_test(proportion)
    with pytest.raises(mo.DiagnosticsError, match="only the intercept"):
        mo.permutation_test(mo.regress(progression, "1"))
    groups = mo.subgroups(progression, by="line")
    with pytest.raises(mo.DiagnosticsError, match="leave statistic out"):
        mo.permutation_test(groups, "tau2")
    with pytest.raises(mo.DiagnosticsError, match="not Effects"):
        mo.permutation_test(progression)  # type: ignore[arg-type]
