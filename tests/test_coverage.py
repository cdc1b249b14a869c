"""The simulation of coverage: its settings, and that published findings are in the kept results."""

import json
from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks import coverage
from metaonc.batch import pool_many
from metaonc.errors import PoolingError
from metaonc.kernels import studies
from metaonc.kernels.heterogeneity import heterogeneity
from metaonc.kernels.weighting import weigh
from metaonc.pooling.choices import INTERVALS

KEPT = json.loads(coverage.KEPT.read_text(encoding="utf-8"))


@pytest.mark.parametrize("setting", list(coverage.by_size()), ids=str)
def test_a_setting_has_the_i2_it_says(setting: coverage.Setting) -> None:
    """By the kernel that computes I² from tau², at the first row's variances."""
    yi, vi = setting.draw(2, np.random.default_rng(0))
    data = studies(yi, vi)
    tau2 = np.full(2, setting.tau2) / data.unit**2
    found = heterogeneity(data, weigh(data), tau2)
    assert found.i2_from_tau2 == pytest.approx(np.full(2, setting.i2), abs=1e-12)


def test_effects_vary_as_they_should() -> None:
    """Variance of the effects: sampling variance and tau²; variances within their cuts."""
    for setting in (next(coverage.by_size()), [*coverage.by_tau2()][-1]):
        yi, vi = setting.draw(20_000, np.random.default_rng(1))
        assert np.mean(yi**2 / (vi + setting.tau2)) == pytest.approx(1, abs=0.03)
        assert abs(np.mean(yi)) < 0.01
    assert (vi.min() > 0.009, vi.max() < 0.6) == (True, True)


def test_every_interval_is_simulated() -> None:
    """A small run: all that `pool_many` offers, every interval of tau² and of prediction."""
    setting = [*coverage.by_tau2()][5]
    rng = np.random.default_rng(2)
    yi, vi = setting.draw(80, rng)
    of_mean = {one.method.split(", ")[1] for one in coverage.of_mean(setting, yi, vi)}
    for ci in set(INTERVALS) - of_mean:
        with pytest.raises(PoolingError):  # for one meta-analysis at a time only
            pool_many(yi, vi, tau2=coverage.TAU2_OF.get(ci, "REML"), ci=ci)
    assert {"auto", "wald", "hksj", "kr", "profile", "hc"} <= of_mean
    for one in (
        *coverage.of_tau2(setting, yi, vi),
        *coverage.of_prediction(setting, yi, vi, rng),
    ):
        assert one.rows > 0 or one.method.startswith("Wald-log"), one.method
        assert 0 <= one.covered <= 1 or not one.rows, one.method


def kept() -> Iterator[coverage.Coverage]:
    """The kept results, as the simulation makes them."""
    for row in KEPT["coverage"]:
        setting = coverage.Setting(**row["setting"])
        for target, methods in row["covered"].items():
            for method, (covered, rows) in methods.items():
                yield coverage.Coverage(
                    setting=setting, target=target, method=method, covered=covered, rows=rows
                )


def test_published_findings_come_out_again() -> None:
    """From the kept results, by the same rules as in a new run."""
    seen = coverage.patterns(list(kept()))
    assert [one.finding for one in seen] == [one["finding"] for one in KEPT["patterns"]]
    assert all(one.holds for one in seen), [one.finding for one in seen if not one.holds]
