"""Subsets as rows of one size: the same, to rounding, as rows with missing studies."""

import numpy as np
import pytest
from hypothesis import given, settings

from metaonc.kernels import fit, studies
from metaonc.kernels.subsets import all_subsets, fit_subsets, random_subsets, tiles
from tests.strategies import Arrays
from tests.strategies import studies as drawn


@given(data=drawn(min_size=2, max_size=7))
@settings(max_examples=30)
@pytest.mark.parametrize("tau2", ["REML", "PM", 0.3])
def test_packed_rows_are_rows_with_gaps(data: Arrays, tau2: str | float) -> None:
    yi, vi = data
    keep = all_subsets(len(yi), slice(0, 2 ** len(yi) - 1))
    packed = fit_subsets(studies(yi, vi), keep, model="random", tau2=tau2)
    gaps = fit(
        np.where(keep, yi, np.nan), np.where(keep, vi, np.nan), model="random", tau2=tau2, ci="wald"
    )
    unit = gaps.wald_se
    assert packed.estimate == pytest.approx(gaps.estimate, rel=1e-9, abs=1e-9 * unit.min())
    assert packed.wald_se == pytest.approx(unit, rel=1e-9)
    assert packed.tau2 == pytest.approx(gaps.tau2, rel=1e-8, abs=1e-9 * unit.min() ** 2)
    assert packed.q == pytest.approx(gaps.heterogeneity.q, rel=1e-9, abs=1e-9)
    assert packed.i2_from_q == pytest.approx(gaps.heterogeneity.i2_from_q, abs=1e-9)


def test_all_subsets_are_counted_in_binary() -> None:
    """None is empty, none comes twice, and parts of the list are parts of the list."""
    whole = all_subsets(4, slice(0, 15))
    assert (whole @ [1, 2, 4, 8]).tolist() == list(range(1, 16))
    assert np.array_equal(all_subsets(4, slice(5, 9)), whole[5:9])


def test_random_subsets_are_equally_likely() -> None:
    """Seven subsets of three studies, 7,000 draws: chi-square below its 99.99% quantile."""
    found = random_subsets(3, 7000, np.random.default_rng(0)) @ [1, 2, 4]
    counts = np.bincount(found, minlength=8)
    assert counts[0] == 0
    assert ((counts[1:] - 1000) ** 2 / 1000).sum() < 27.9


def test_tiles_cover_every_row_once() -> None:
    rows = [i for tile in tiles(70_000, 15) for i in range(tile.start, tile.stop)]
    assert rows == list(range(70_000))
    assert list(tiles(2, 10**9)) == [slice(0, 1), slice(1, 2)]
