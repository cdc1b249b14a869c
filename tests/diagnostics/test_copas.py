"""The Copas model against its likelihood written down again, and another search."""

import numpy as np
import pytest
from scipy import integrate, optimize, stats

import metaonc as mo
from metaonc.kernels.selection.copas import CopasLikelihood, fit_copas, gammas, unpublished

YI = np.array([-0.9, -0.7, -0.6, -0.5, -0.45, -0.4, -0.3, -0.2, -0.1, 0.05])
SEI = np.sqrt([0.09, 0.08, 0.06, 0.05, 0.04, 0.03, 0.05, 0.02, 0.03, 0.02])


def result(sign: float = 1.0, scale: float = 1.0, **choices: object) -> mo.PooledResult:
    return mo.pool(mo.Effects(sign * scale * YI, (scale * SEI) ** 2, measure="GEN"), **choices)


def log_likelihood(
    mean: float, rho: float, tau2: float, gamma0: float, gamma1: float, slope: float = 0.0
) -> float:
    """Copas and Shi 2000, with scipy's normal distribution, study by study."""
    total = 0.0
    for y, s in zip(YI, SEI, strict=True):
        u = gamma0 + gamma1 / s
        mills = stats.norm.pdf(u) / stats.norm.cdf(u)
        sigma = s / np.sqrt(1 - mills * (u + mills) * rho**2)
        spread = np.sqrt(tau2 + sigma**2)
        inner = rho * sigma / spread
        residual = (y - mean - slope * s) / spread
        v = (u + inner * residual) / np.sqrt(1 - inner**2)
        total += stats.norm.logpdf(residual) - np.log(spread)
        total += stats.norm.logcdf(v) - stats.norm.logcdf(u)
    return float(total)


def test_the_likelihood_and_its_slopes() -> None:
    gamma0, gamma1 = gammas(SEI, np.array([0.4]), np.array([0.95]))
    likelihood = CopasLikelihood(YI, SEI, gamma0[:, None] + gamma1[:, None] / SEI, 1.0)
    at, row = np.array([[-0.2, 0.1, -0.6, np.log1p(0.03)]]), np.array([0])
    value, slopes = likelihood(at, row)
    expected = log_likelihood(-0.2, -0.6, 0.03, gamma0[0], gamma1[0], 0.1)
    assert value[0] == pytest.approx(expected, abs=1e-10)
    for i in range(4):
        step = np.zeros(4)
        step[i] = 1e-5
        ends = [likelihood(at + side * step, row)[0][0] for side in (1, -1)]
        assert slopes[0, i] == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-6)


def test_each_density_is_one_of_the_studies_that_are_seen() -> None:
    """With rho as it is, effects that are seen have a density that integrates to one."""
    s, u, rho, tau2, mean = 0.25, 0.4, -0.7, 0.04, -0.3

    def density(y: float) -> float:
        likelihood = CopasLikelihood(np.array([y]), np.array([s]), np.array([[u]]), 1.0)
        at = np.array([[mean, 0.0, rho, np.log1p(tau2)]])
        return float(np.exp(likelihood(at, np.array([0]))[0][0]))

    assert integrate.quad(density, -6, 6)[0] == pytest.approx(1.0, abs=1e-9)


def test_no_point_of_a_wide_search_is_better() -> None:
    gamma0, gamma1 = gammas(SEI, np.array([0.7, 0.4]), np.array([0.999, 0.9]))
    likelihood = CopasLikelihood(YI, SEI, gamma0[:, None] + gamma1[:, None] / SEI, 1.0)
    for with_slope in (False, True):
        found = fit_copas(YI, SEI, gamma0, gamma1, with_slope=with_slope)
        for i in range(2):

            def minus(theta: np.ndarray, i: int = i) -> float:
                slope = theta[3] if len(theta) > 3 else 0.0
                at = np.array([[theta[0], slope, theta[1], np.log1p(theta[2])]])
                return -float(likelihood(at, np.array([i]))[0][0])

            box = [(-2.0, 2.0), (-0.9999, 0.9999), (0.0, 1.0), (-9.0, 9.0)][: 3 + with_slope]
            best = optimize.differential_evolution(minus, box, seed=1, maxiter=60, popsize=10)
            assert found.log_likelihood[i] >= -best.fun - 1e-6
            point = found.mean[i], found.rho[i], found.tau2[i], gamma0[i], gamma1[i]
            slope = found.slope[i] if with_slope else 0.0
            assert log_likelihood(*point, slope) == pytest.approx(found.log_likelihood[i], abs=1e-8)


def test_probabilities_become_gammas_and_back() -> None:
    gamma0, gamma1 = gammas(SEI, np.array([0.3]), np.array([0.9]))
    seen = stats.norm.cdf(gamma0 + gamma1 / SEI)
    assert (seen[SEI.argmax()], seen[SEI.argmin()]) == pytest.approx((0.3, 0.9))
    expected = ((1 - seen) / seen).sum()
    assert unpublished(SEI, gamma0, gamma1)[0] == pytest.approx(expected)


def test_the_path_begins_without_selection() -> None:
    found = mo.copas(result())
    plain = result(tau2="ML", ci="wald")
    assert found.unadjusted == pytest.approx(plain.estimate, rel=1e-8)
    assert found.path["tau2"].iloc[0] == pytest.approx(plain.tau2, rel=1e-7)
    assert found.asymmetry_p < 0.001
    assert found.adjusted
    assert abs(found.estimate) < abs(found.unadjusted)
    before = found.path["residual_p"].iloc[: found.chosen]
    assert (before < 0.1).all()
    assert found.path["residual_p"].iloc[found.chosen] >= 0.1
    assert found.grid.columns.tolist() == found.path.columns.tolist()


def test_units_and_the_side_do_not_matter() -> None:
    one, other = mo.copas(result()), mo.copas(result(-1.0, 1e4))
    assert other.chosen == one.chosen
    assert other.path["estimate"].to_numpy() / -1e4 == pytest.approx(
        one.path["estimate"].to_numpy(), abs=1e-6
    )
    assert other.path["residual_p"].to_numpy() == pytest.approx(
        one.path["residual_p"].to_numpy(), abs=1e-6
    )


def test_summary_and_document() -> None:
    found = mo.copas(result())
    assert "no selection" in found.summary()
    assert "cannot be estimated" in found.summary()
    assert found.to_dict()["chosen"] == found.chosen
    symmetric = mo.copas(mo.pool(mo.Effects([0.1, 0.2, 0.1, 0.2], [0.01, 0.01, 0.04, 0.05])))
    assert symmetric.chosen == 0
    assert not symmetric.adjusted
    assert "no selection is needed" in symmetric.summary()


def test_wrong_input_is_answered() -> None:
    with pytest.raises(mo.DiagnosticsError, match="significance = 0 must lie"):
        mo.copas(result(), significance=0)
    with pytest.raises(mo.DiagnosticsError, match="needs four studies"):
        mo.copas(mo.pool(mo.Effects([0.1, 0.2], [0.1, 0.2])))
    with pytest.raises(mo.DiagnosticsError, match="all standard errors are the same"):
        mo.copas(mo.pool(mo.Effects([0.1, 0.2, 0.3, 0.1], [0.1, 0.1, 0.1, 0.1])))
    effects = mo.Effects(YI, SEI**2, columns={"x": list(range(10))})
    with pytest.raises(mo.DiagnosticsError, match="no moderators"):
        mo.copas(mo.regress(effects, "x"))
