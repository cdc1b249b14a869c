"""`pool_many`: every row is what `pool` finds, however the work is cut up."""

import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import metaonc as mo
from metaonc import batch
from metaonc.batch import PooledMany, pool_many
from metaonc.errors import PoolingError
from metaonc.pooling.counts.count_models import COUNT_MODELS
from tests.strategies import Arrays
from tests.strategies import studies as some_studies

NAN = float("nan")
NAMES = (
    *("estimate", "se", "ci_low", "ci_high", "p_value", "statistic", "df", "wald_se", "k"),
    *("tau2", "q", "q_df", "q_p", "i2", "i2_from_q", "i2_from_tau2", "h2"),
)
INTERVALS = ("auto", "wald", "t", "hksj", "hksj-adhoc")
MODELS: tuple[dict[str, Any], ...] = (
    {"model": "fixed"},
    *({"tau2": method} for method in ("DL", "PM", "REML", 0.05)),
)


@st.composite
def ragged(draw: st.DrawFn, rows: int = 3) -> Arrays:
    """`(yi, vi)` of rows with different numbers of studies, the missing ones anywhere."""
    found = [draw(some_studies(min_size=1, max_size=9)) for _ in range(rows)]
    yi, vi = np.full((rows, 10), NAN), np.full((rows, 10), NAN)
    for row, (effects, variances) in enumerate(found):
        places = draw(st.permutations(range(10)))[: len(effects)]
        yi[row, places], vi[row, places] = effects, variances
    return yi, vi


def random_rows(n: int, k: int, seed: int = 0, missing: float = 0.0) -> Arrays:
    """Rows as they are met: variances over two powers of ten, some rows heterogeneous."""
    rng = np.random.default_rng(seed)
    vi = 10.0 ** rng.uniform(-2, 0, size=(n, k))
    yi = rng.normal(0.3, np.sqrt(vi + rng.choice([0, 0.1, 2.0], size=(n, 1))))
    return np.where(rng.random((n, k)) < missing, NAN, yi), vi


def assert_same_bits(one: PooledMany, other: PooledMany) -> None:
    """Every array equal to the last bit."""
    for name in NAMES:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


# Row by row --------------------------------------------------------------------------------------


def assert_row_is(many: PooledMany, row: int, alone: mo.PooledResult) -> None:
    """Equal to 1e-13: of the value, or of the standard error for what may be near zero."""
    se = float(np.sqrt(alone.effects.vi.max() + alone.tau2))
    spread = float(np.ptp(alone.effects.yi)) + se
    scale = {"tau2": float(alone.effects.vi.min()), "estimate": spread, "statistic": spread / se}
    scale |= {"ci_low": spread, "ci_high": spread, "p_value": 1.0}
    for name in NAMES:
        found, expected = getattr(many, name)[row], getattr(alone, name)
        assert found == pytest.approx(
            expected, rel=1e-13, abs=1e-13 * scale.get(name, 1.0), nan_ok=True
        ), name


@pytest.mark.parametrize("how", MODELS, ids=str)
@given(data=ragged(), ci=st.sampled_from(INTERVALS), level=st.sampled_from([0.8, 0.95]))
@settings(max_examples=40)
def test_each_row_is_what_pool_finds(how: Any, data: Arrays, ci: str, level: float) -> None:
    """Ragged rows, against `pool` on the same row with the same studies."""
    yi, vi = data
    many = pool_many(yi, vi, ci=ci, level=level, **how)
    for row in range(len(yi)):
        there = ~np.isnan(yi[row])
        if there.sum() < 2 and ci in ("t", "hksj", "hksj-adhoc"):
            assert np.isnan([many.ci_low[row], many.ci_high[row], many.p_value[row]]).all()
            continue
        effects = mo.Effects(yi[row][there], vi[row][there])
        assert_row_is(many, row, mo.pool(effects, ci=ci, level=level, **how))


@pytest.mark.parametrize(
    "ci", ["hksj-ci", "kr", "profile", "skovgaard", "hc", "permutation", "bootstrap"]
)
def test_intervals_with_tests_of_their_own(ci: str) -> None:
    """Ragged rows, one without studies: limits, statistic and p value are those of `pool`."""
    yi, vi = random_rows(5, 6, seed=8)
    yi[1, 4:], yi[3] = NAN, NAN
    more: dict[str, Any] = {"draws": 99} if ci in ("permutation", "bootstrap") else {}
    many = pool_many(yi, vi, ci=ci, **more)
    assert np.isnan(many.p_value[3])
    assert np.isnan(many.ci_low[3])
    for row in (0, 1, 2, 4):
        there = ~np.isnan(yi[row])
        alone = mo.pool(mo.Effects(yi[row][there], vi[row][there]), ci=ci, **more)
        for name in ("estimate", "ci_low", "ci_high", "statistic", "p_value", "tau2"):
            expected = getattr(alone, name)
            assert getattr(many, name)[row] == pytest.approx(expected, rel=1e-9, abs=1e-9), name


@pytest.mark.parametrize("tau2_interval", ["QP", "J", "PL", "BT", "SJ", "HT"])
@pytest.mark.parametrize("prediction", ["HTS", "V", "HK-PR", "KR"])
def test_other_intervals_are_those_of_pool(tau2_interval: str, prediction: str) -> None:
    """Ragged rows, one with one study and one with none: NaN there."""
    yi, vi = random_rows(6, 5, seed=3)
    yi[1, 3:], yi[2, 1:], yi[4] = NAN, NAN, NAN
    many = pool_many(yi, vi, tau2_interval=tau2_interval, prediction=prediction)
    assert "tau2_low" in many.to_frame()
    names = ("tau2_low", "tau2_high", "prediction_low", "prediction_high")
    found = np.array([getattr(many, name) for name in names])
    assert np.isnan(found[:, [2, 4]]).all()
    for row in (0, 1, 3, 5):
        there = ~np.isnan(yi[row])
        alone = mo.pool(mo.Effects(yi[row][there], vi[row][there]))
        expected = (*alone.tau2_interval(tau2_interval), *alone.prediction_interval(prediction))
        assert found[:, row] == pytest.approx(expected, rel=1e-9, abs=1e-10, nan_ok=True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"tau2_interval": "bootstrap"}, "tau2_interval = 'bootstrap' is not one of 'QP'"),
        ({"prediction": "NNF"}, "prediction = 'NNF' is not one of 'V'"),
        ({"prediction": "V", "model": "fixed"}, "a fixed effect has no prediction interval"),
        ({"model": "mh"}, "model = 'mh' pools counts, and pool_many takes yi and vi; pool one"),
        ({"prediction": "KR", "tau2": "DL"}, "prediction = 'KR' goes with tau2 = 'REML', not 'DL'"),
    ],
)
def test_what_does_not_go_is_refused_in_words(arguments: Any, words: str) -> None:
    with pytest.raises(mo.PoolingError, match=words):
        pool_many([[0.0, 1.0]], [[1.0, 1.0]], **arguments)


@given(data=ragged())
def test_prediction_intervals_are_those_of_pool(data: Arrays) -> None:
    """Every row with three studies or more; NaN for the others and for a fixed effect."""
    yi, vi = data
    many = pool_many(yi, vi, tau2="DL")
    low, high = many.prediction_interval(0.9)
    for row in range(len(yi)):
        there = ~np.isnan(yi[row])
        alone = mo.pool(mo.Effects(yi[row][there], vi[row][there]), tau2="DL")
        expected = alone.prediction_interval(level=0.9)
        assert (low[row], high[row]) == pytest.approx(tuple(expected), abs=1e-12, nan_ok=True)
    assert np.isnan(pool_many(yi, vi, model="fixed").prediction_interval()).all()


@given(data=ragged())
def test_weights_are_those_of_pool(data: Arrays) -> None:
    """Kept when asked for: sum 1, 0 for a missing study; otherwise not stored."""
    yi, vi = data
    many = pool_many(yi, vi, tau2="DL", weights=True)
    assert many.weights is not None
    for row in range(len(yi)):
        there = ~np.isnan(yi[row])
        alone = mo.pool(mo.Effects(yi[row][there], vi[row][there]), tau2="DL")
        assert many.weights[row][there] == pytest.approx(alone.weights, rel=1e-13)
        assert np.all(many.weights[row][~there] == 0)
    assert pool_many(yi, vi, tau2="DL").weights is None


@pytest.mark.parametrize("k", [1, 2, 7, 8, 9, 255, 256, 257, 2000])
def test_long_and_short_rows_agree_with_pool(k: int) -> None:
    """On both sides of the length at which the order of sums in memory changes."""
    yi, vi = random_rows(3, k)
    for how in ({"model": "fixed"}, {"tau2": "DL"}):
        many = pool_many(yi, vi, **how)
        for row in range(3):
            alone = mo.pool(mo.Effects(yi[row], vi[row]), **how)
            for name in ("estimate", "se", "tau2", "q", "p_value"):
                expected = getattr(alone, name)
                assert getattr(many, name)[row] == pytest.approx(expected, rel=1e-11), name


# Rows without studies, arrays without rows -------------------------------------------------------


@pytest.mark.parametrize("how", MODELS, ids=str)
@pytest.mark.parametrize("ci", INTERVALS)
def test_a_row_without_studies_is_nan_and_changes_nothing_else(how: Any, ci: str) -> None:
    """NaN in the effects, in the variances or both; k = 0."""
    yi, vi = random_rows(6, 4)
    full = pool_many(yi[::2], vi[::2], ci=ci, **how)
    yi[1], vi[3], yi[5], vi[5] = NAN, NAN, NAN, NAN
    many = pool_many(yi, vi, ci=ci, weights=True, **how)
    assert many.k.tolist() == [4, 0, 4, 0, 4, 0]
    assert many.q_df.tolist() == [3, 0, 3, 0, 3, 0]
    assert many.weights is not None
    assert np.all(many.weights[1::2] == 0)
    for name in set(NAMES) - {"k", "q_df"}:
        assert np.isnan(getattr(many, name)[1::2]).all(), name
        np.testing.assert_array_equal(getattr(many, name)[::2], getattr(full, name), err_msg=name)


@pytest.mark.parametrize("shape", [(0, 5), (0, 0), (3, 0)])
def test_arrays_without_rows_or_without_studies(shape: tuple[int, int]) -> None:
    """No failure: nothing in, nothing out; no studies in, NaN out."""
    many = pool_many(np.empty(shape), np.empty(shape), weights=True)
    assert len(many) == shape[0]
    assert many.weights is not None
    assert many.weights.shape == shape
    assert np.isnan(many.estimate).all()
    assert many.k.tolist() == [0] * shape[0]
    assert many.to_frame().shape == (shape[0], len(NAMES))


def test_one_study_needs_no_second_under_the_default() -> None:
    """The study itself, its own interval, tau² = 0, Q = 0 with p = 1."""
    many = pool_many([[0.4, NAN]], [[0.04, NAN]])
    assert_row_is(many, 0, mo.pool(mo.Effects(np.array([0.4]), np.array([0.04]))))
    assert (many.q[0], many.q_p[0], many.tau2[0]) == (0, 1, 0)


# Cutting up the work -----------------------------------------------------------------------------


@pytest.mark.parametrize("how", MODELS, ids=str)
@pytest.mark.parametrize("k", [5, 11])
def test_tiles_and_threads_change_no_bit(how: Any, k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles of one row, of a few with a short last one, of all; one thread and three."""
    yi, vi = random_rows(23, k, missing=0.2)
    whole = pool_many(yi, vi, workers=1, **how)
    for rows in (1, 4, 22):
        monkeypatch.setattr(batch.tiles, "_TILE_STUDIES", rows * k)
        monkeypatch.setattr(batch.ragged, "_ENOUGH_ROWS", rows)
        for workers in (1, 3):
            assert_same_bits(pool_many(yi, vi, workers=workers, **how), whole)


def test_the_layout_of_the_input_changes_no_bit() -> None:
    """Row by row, study by study, every second row, single precision, lists, a masked array."""
    yi, vi = (values.astype(np.float32) for values in random_rows(9, 6))
    expected = pool_many(yi.astype(float), vi.astype(float))
    wide = np.repeat(yi, 2, axis=0), np.repeat(vi, 2, axis=0)
    for other in (
        (np.asfortranarray(yi), np.asfortranarray(vi)),
        (wide[0][::2], wide[1][::2]),
        (yi, vi),
        (yi.tolist(), vi.tolist()),
    ):
        assert_same_bits(pool_many(*other), expected)
    gap = np.arange(6) == np.arange(9)[:, None]
    masked = np.ma.MaskedArray(yi.astype(float), mask=gap)
    assert_same_bits(pool_many(masked, vi), pool_many(np.where(gap, NAN, yi), vi))


@pytest.mark.parametrize("workers", [1, 3])
def test_progress_rises_to_the_number_of_rows(
    workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One call per block of tiles, from small to large."""
    monkeypatch.setattr(batch.tiles, "_TILE_STUDIES", 35)
    monkeypatch.setattr(batch.tiles, "_BLOCK_TILES", 1)
    calls: list[tuple[int, int]] = []
    pool_many(
        *random_rows(23, 5), tau2="DL", workers=workers, progress=lambda *at: calls.append(at)
    )
    assert calls == [(done, 23) for done in (7, 14, 21, 23)]


@pytest.mark.parametrize("workers", [1, 3])
def test_a_failing_progress_callback_stops_the_work(
    workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own error comes out, and no thread is left behind."""
    monkeypatch.setattr(batch.tiles, "_TILE_STUDIES", 5)
    monkeypatch.setattr(batch.tiles, "_BLOCK_TILES", 1)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt(f"{done} of {total}")

    with pytest.raises(KeyboardInterrupt, match="1 of 50"):
        pool_many(*random_rows(50, 5), tau2="DL", workers=workers, progress=stop)


MEMORY = """
import resource, sys
import numpy as np
from metaonc.batch import pool_many

rng = np.random.default_rng(0)
pool_many(rng.normal(size=(2000, 10)), np.full((2000, 10), 0.1), tau2=sys.argv[1])
vi = rng.uniform(0.01, 1, size=(int(sys.argv[2]), 10))
yi = rng.normal(size=vi.shape)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
many = pool_many(yi, vi, tau2=sys.argv[1])
assert np.isfinite(many.estimate).all()
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ru_maxrss has other units there")
def test_memory_stays_at_input_and_output() -> None:
    """Half a million rows: above the input at most the outputs (54 MB) and 64 MiB."""
    pytest.importorskip("resource")
    command = [sys.executable, "-c", MEMORY, "DL", "500000"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(run.stdout) < 54 + 64


# The door ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("yi", "vi", "message"),
    [
        (1.0, 2.0, r"yi must have shape \(n, k\), .* got shape \(\); use pool\(\) for one"),
        ([1.0, 2.0], [1.0, 2.0], r"yi must have shape \(n, k\), .* got shape \(2,\)"),
        (np.ones((1, 2, 3)), np.ones((1, 2, 3)), r"yi must .* got shape \(1, 2, 3\)"),
        ([[1.0, 2.0]], [1.0, 2.0], r"vi must have shape \(n, k\), .* got shape \(2,\)"),
        (np.ones((2, 3)), np.ones((3, 2)), r"yi has shape \(2, 3\) and vi has shape \(3, 2\); "),
        ([["a", "b"]], [[1.0, 1.0]], r"yi must be an array of numbers, shape \(n, k\): "),
        ([["1", "2"]], [[1.0, 1.0]], r"yi must be an array of numbers, shape \(n, k\): "),
        ([[1.0, 2.0], [3.0]], [[1.0, 1.0]], r"yi must be an array of numbers, shape \(n, k\): "),
        ([[1j, 2.0]], [[1.0, 1.0]], r"yi must be an array of numbers, .*: Cannot cast array data"),
        (np.ones((2, 2)), [[1, 1], [1, 0]], r"^row 1, study 1 .*: vi = 0.0 must be finite and > 0"),
        (np.ones((2, 2)), [[1, -3], [-1, 0]], r"^row 0, study 1 .*: vi = -3.0 must be finite"),
        ([[1.0, 2.0]], [[1.0, np.inf]], r"^row 0, study 1 .*: vi = inf must be finite and > 0"),
        ([[-np.inf, 2.0]], [[1.0, 1]], r"^row 0, study 0 .*: yi = -inf must be finite, or NaN"),
    ],
)
def test_what_is_not_two_arrays_of_studies_is_refused(yi: Any, vi: Any, message: str) -> None:
    """One sentence with the first offending row and study."""
    with pytest.raises(mo.EffectsError, match=message):
        pool_many(yi, vi)


def test_the_offending_row_is_named_far_into_the_array() -> None:
    """Counted from the start of the array, not of the part that is being looked at."""
    yi, vi = np.zeros((300_000, 2)), np.ones((300_000, 2))
    vi[250_123, 1] = 0
    with pytest.raises(mo.EffectsError, match=r"^row 250123, study 1 "):
        pool_many(yi, vi, model="fixed")


@pytest.mark.parametrize(("effect", "variance"), [(NAN, 0.0), (NAN, -1.0), (np.inf, NAN)])
def test_what_stands_beside_a_nan_does_not_matter(effect: float, variance: float) -> None:
    """A missing study may have any effect and any variance."""
    many = pool_many([[1.0, 2.0, effect]], [[1.0, 1.0, variance]])
    assert_same_bits(many, pool_many([[1.0, 2.0, NAN]], [[1.0, 1.0, NAN]]))


@pytest.mark.parametrize(
    "arguments",
    [
        {"model": "mixed"},
        {"tau2": "XX"},
        {"tau2": -1.0},
        {"ci": "bayes"},
        {"level": 95},
        {"policy": "none"},
        {"model": "fixed", "tau2": "DL"},
    ],
    ids=str,
)
def test_arguments_are_refused_in_the_words_of_pool(arguments: Any) -> None:
    """The same error and the same text."""
    with pytest.raises(mo.MetaoncError) as expected:
        mo.pool(mo.Effects(np.array([0.0, 1.0, 2.0]), np.ones(3)), **arguments)
    with pytest.raises(type(expected.value)) as found:
        pool_many(np.ones((2, 2)), np.ones((2, 2)), **arguments)
    # Models of counts need counts, which only `pool` takes.
    counts = "".join(f", {name!r}" for name in COUNT_MODELS)
    assert str(found.value) == str(expected.value).replace(counts, "")


@pytest.mark.parametrize("workers", [0, -1, 1.5, True, "two"])
def test_workers_are_a_number_of_threads(workers: Any) -> None:
    """A whole number from 1."""
    with pytest.raises(mo.PoolingError, match=r"^workers = .* must be a whole number >= 1\.$"):
        pool_many(np.ones((2, 2)), np.ones((2, 2)), workers=workers)


# The result --------------------------------------------------------------------------------------


def test_arrays_are_read_only_and_the_input_is_left_alone() -> None:
    """Fields, properties, weights and prediction limits."""
    yi, vi = random_rows(5, 4)
    kept = yi.copy(), vi.copy()
    many = pool_many(yi, vi, weights=True, tau2_interval="QP", prediction="V")
    arrays = [getattr(many, name) for name in NAMES]
    arrays += [getattr(many, f.name) for f in fields(many) if f.name[0] != "_"][1:]
    for values in (*arrays, *many.prediction_interval()):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 0
    np.testing.assert_array_equal((yi, vi), kept)
    yi[0, 0] = 1.0  # still writable


def test_rows_and_frames_name_what_the_arrays_hold() -> None:
    """Plain numbers in a row, columns in a frame."""
    many = pool_many(*random_rows(5, 4), tau2="DL")
    frame = many.to_frame()
    assert set(frame) == set(NAMES)
    row = many.row(3)
    assert set(row) == set(NAMES)
    assert {type(value) for value in row.values()} == {int, float}
    for name in NAMES:
        assert frame[name].tolist() == getattr(many, name).tolist()
        assert row[name] == getattr(many, name)[3]
    with pytest.raises(IndexError):
        many.row(5)


def test_the_repr_says_how_many_and_how() -> None:
    """Number of fits, range of k, model, interval."""
    yi, vi = np.array([[0.1, 0.2, 0.3], [0.1, 0.2, NAN]]), np.ones((2, 3))
    assert repr(pool_many(yi, vi, tau2="DL")) == (
        "<PooledMany: 2 fits, k = 2 to 3, random effects, tau² DL, ci auto>"
    )
    assert repr(pool_many(yi[:1], vi[:1], model="fixed")) == (
        "<PooledMany: 1 fit, k = 3, fixed effect, ci wald>"
    )
    assert repr(pool_many(yi[:0], vi[:0])).startswith("<PooledMany: 0 fits, ")


# Whatever comes ----------------------------------------------------------------------------------


def anything(n: int, k: int, seed: int) -> Arrays:
    """Variances over eight powers of ten; effects that agree, vary, or lie far apart."""
    rng = np.random.default_rng(seed)
    vi = 10.0 ** rng.uniform(-4, 4, size=(n, k))
    tau = 10.0 ** rng.uniform(-4, 5, size=(n, 1)) * rng.integers(0, 2, size=(n, 1))
    return rng.normal(0, np.sqrt(vi + tau**2)), vi


@pytest.mark.parametrize("method", ["DL", "PM", "REML"])
def test_no_data_set_is_too_wild(method: str) -> None:
    """Every number finite, every probability in [0, 1], limits in order; warnings are failures."""
    for k in (2, 3, 5, 10, 30):
        many = pool_many(*anything(400, k, seed=k), tau2=method)
        values: dict[str, NDArray[Any]] = {name: getattr(many, name) for name in NAMES}
        for name in set(NAMES) - {"df"}:
            assert np.isfinite(values[name]).all(), (name, k)
        for name in ("p_value", "q_p", "i2", "i2_from_q", "i2_from_tau2"):
            assert np.all((values[name] >= 0) & (values[name] <= 1)), (name, k)
        assert np.all(many.tau2 >= 0)
        assert np.all((many.ci_low <= many.estimate) & (many.estimate <= many.ci_high))


@pytest.mark.parametrize("policy", ["metaonc-2026", "revman-5", "meta-8", "iqwig-6"])
def test_a_policy_means_the_same_as_in_pool(policy: str) -> None:
    """Estimator, interval and what I² comes from, row by row."""
    rng = np.random.default_rng(4)
    yi, vi = rng.normal(-0.3, 0.4, size=(6, 7)), rng.uniform(0.01, 0.2, size=(6, 7))
    many = mo.pool_many(yi, vi, policy=policy)
    for i in range(len(yi)):
        one = mo.pool(mo.Effects(yi[i], vi[i]), policy=policy)
        for name in ("estimate", "ci_low", "ci_high", "p_value", "tau2", "i2", "h2"):
            assert getattr(many, name)[i] == pytest.approx(getattr(one, name), rel=1e-12)


# Files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weights", [False, True])
def test_many_results_come_back_from_a_file(tmp_path: Path, weights: bool) -> None:
    """Every array to the bit and read-only, the choices, and the same bytes the second time."""
    yi = np.array([[0.1, 0.4, np.nan], [0.2, np.nan, np.nan], [np.nan] * 3])
    many = pool_many(yi, np.full((3, 3), 0.1), ci="hksj", tau2="PM", weights=weights)
    path, second = tmp_path / "many.npz", tmp_path / "again"
    many.save(path)
    after = PooledMany.load(path)
    assert (repr(after), after.choices) == (repr(many), many.choices)
    pd.testing.assert_frame_equal(after.to_frame(), many.to_frame(), check_exact=True)
    assert (after.weights is None) == (not weights)
    if weights:
        assert np.array_equal(after.weights, many.weights)
    assert not after.estimate.flags.writeable
    after.save(str(second))
    assert path.read_bytes() == second.read_bytes()


def test_files_that_are_not_many_results_are_refused(tmp_path: Path) -> None:
    """Something else, other arrays, and an array that was changed."""
    path = tmp_path / "x.npz"
    path.write_bytes(b"nothing of the kind")
    said = f"{path} does not hold many pooled results; write one with PooledMany.save()."
    with pytest.raises(PoolingError) as raised:
        PooledMany.load(path)
    assert str(raised.value) == said
    np.savez(path, a=np.ones(3))
    with pytest.raises(PoolingError) as raised:
        PooledMany.load(path)
    assert str(raised.value) == said
    pool_many([[0.1, 0.2]], [[0.1, 0.1]]).save(path)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    np.savez(path, **arrays | {"estimate": np.array([9.0])})
    with pytest.raises(
        PoolingError, match="arrays do not match their digests; pool the data again"
    ):
        PooledMany.load(path)
