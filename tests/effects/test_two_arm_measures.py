"""Two-arm counts, rates and matched pairs: laws, published values, second computations."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.stats.meta_analysis import effectsize_2proportions

import metaonc as mo
from metaonc.effects.tables.recipes import RECIPES
from tests.strategies import Table, tables

COUNTS = [code for code, recipe in RECIPES.items() if "events_1" in recipe.columns]
TWO_BY_TWO = [code for code in COUNTS if "n_1" in RECIPES[code].columns]
RATES = [code for code in COUNTS if "time_1" in RECIPES[code].columns]
ADDS = [code for code in COUNTS if RECIPES[code].corrected]


def frame(*rows: Table) -> pd.DataFrame:
    return pd.DataFrame([row._asdict() for row in rows])


def one(measure: str, table: pd.DataFrame, **options: Any) -> tuple[float, float]:
    found = mo.effect_sizes(measure, table, **options)
    return float(found.yi[0]), float(found.vi[0])


@pytest.mark.parametrize(
    ("measure", "yi", "sei"),
    [
        ("PHI", 0.1309, 0.0789),
        ("YUQ", 0.3846, 0.1901),
        ("YUY", 0.2000, 0.1071),
        ("PBIT", 0.4399, 0.2456),
        ("OR2DL", 0.4471, 0.2460),
        ("OR2DN", 0.4915, 0.2704),
    ],
)
def test_the_handbook_of_research_synthesis(measure: str, yi: float, sei: float) -> None:
    """Table 13.4, p. 242: 135 of 150 against 40 of 50."""
    found = one(measure, frame(Table(135, 150, 40, 50)))
    assert (found[0], math.sqrt(found[1])) == pytest.approx((yi, sei), abs=6e-5)


@pytest.mark.parametrize("measure", TWO_BY_TWO)
@given(table=tables(), to=st.sampled_from(["only0", "all"]))
def test_swapping_the_arms_inverts_every_measure(measure: str, table: Table, to: str) -> None:
    assume(len({table.events_1 == 0, table.events_2 == 0}) == 2 or table.events_1 > 0)
    assume(table.events_1 + table.events_2 < table.n_1 + table.n_2 and table.n_1 + table.n_2 > 3)
    assume(abs(table.events_1 / table.n_1 - table.events_2 / table.n_2) < 1)  # PHI is 1 there
    before, after = (one(measure, frame(rows), to=to) for rows in (table, table.swapped()))
    assert after[0] == pytest.approx(-before[0], rel=1e-9, abs=1e-12)
    assert after[1] == pytest.approx(before[1], rel=1e-8, abs=1e-13)


@pytest.mark.parametrize("measure", [code for code in TWO_BY_TWO if code != "RR"])
@given(table=tables())
def test_swapping_events_and_non_events_inverts_all_but_the_risk_ratio(
    measure: str, table: Table
) -> None:
    assume(0 < table.events_1 + table.events_2 < table.n_1 + table.n_2)
    assume(table.n_1 + table.n_2 > 3)
    other = table._replace(events_1=table.n_1 - table.events_1, events_2=table.n_2 - table.events_2)
    assume(abs(table.events_1 / table.n_1 - table.events_2 / table.n_2) < 1)  # PHI is 1 there
    before, after = (one(measure, frame(rows)) for rows in (table, other))
    assert after[0] == pytest.approx(-before[0], rel=1e-9, abs=1e-12)
    assert after[1] == pytest.approx(before[1], rel=1e-8, abs=1e-13)


@pytest.mark.parametrize("measure", RATES)
def test_swapping_the_arms_inverts_rates(measure: str) -> None:
    rows = pd.DataFrame({"events_1": [4], "time_1": [120.5], "events_2": [9], "time_2": [98.0]})
    other = rows.rename(columns=lambda name: name[:-1] + str(3 - int(name[-1])))
    before, after = one(measure, rows), one(measure, other)
    assert after == pytest.approx((-before[0], before[1]))


@pytest.mark.parametrize("measure", ADDS)
@pytest.mark.parametrize("add", [0.5, 0.1, "TACC"])
@given(full=tables(), sparse=tables())
def test_a_correction_touches_only_what_it_says(
    measure: str, add: float | str, full: Table, sparse: Table
) -> None:
    """A table without an empty cell is the same alone, uncorrected, and beside an empty one."""
    if measure in RATES:
        columns = {"n_1": "time_1", "n_2": "time_2"}
        assume(full.events_1 and full.events_2)
    else:
        columns = {}
        cells = (full.events_1, full.n_1 - full.events_1, full.events_2, full.n_2 - full.events_2)
        assume(0 not in cells)
    sparse = sparse._replace(events_1=0)
    both = frame(full, sparse).rename(columns=columns)
    alone = one(measure, both.iloc[:1], to="none")
    assert one(measure, both, add=add) == alone
    noted = mo.effect_sizes(measure, both, add=add).notes  # type: ignore[arg-type]
    assert [("Study 2" in note, "Study 1" in note) for note in noted] == [(True, False)]


def test_the_treatment_arm_correction_by_hand() -> None:
    """Sweeting 2004: with 20 against 60 patients, 1/4 and 3/4 go to the cells of each arm."""
    found = one("OR", frame(Table(0, 20, 6, 60)), add="TACC")
    a, b, c, d = 0.25, 20.25, 6.75, 54.75
    expected = math.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d
    assert found == pytest.approx(expected, rel=1e-12)
    rates = pd.DataFrame({"events_1": [0], "time_1": [20.0], "events_2": [6], "time_2": [60.0]})
    assert one("IRR", rates, add="TACC") == pytest.approx(
        (math.log(0.25 / 20 / (6.75 / 60)), 1 / 0.25 + 1 / 6.75)
    )
    with pytest.raises(mo.EffectsError) as raised:
        mo.effect_sizes("PLOGIT", pd.DataFrame({"events": [0], "n": [5]}), add="TACC")
    assert str(raised.value) == 'add = "TACC" needs two arms; give an amount, e.g. 0.5.'


def test_double_zeros_are_dropped_by_name() -> None:
    rows = pd.DataFrame(
        {"events_1": [0, 3], "time_1": [9.0, 9.0], "events_2": [0, 2], "time_2": [8.0, 8.0]}
    )
    found = mo.effect_sizes("IRR", rows, drop00=True)
    assert [(out.label, out.reason) for out in found.left_out] == [
        ("Study 1", "no events, or only events, in both arms")
    ]


STATSMODELS = {"OR": "odds-ratio", "RR": "risk-ratio", "RD": "diff", "AS": "arcsin"}


@pytest.mark.parametrize("measure", STATSMODELS)
@given(table=tables())
def test_statsmodels_agrees_where_no_cell_is_empty(measure: str, table: Table) -> None:
    assume(0 < table.events_1 < table.n_1 and 0 < table.events_2 < table.n_2)
    counts = ([table.events_1], [table.n_1], [table.events_2], [table.n_2])
    yi, vi = effectsize_2proportions(*map(np.array, counts), statistic=STATSMODELS[measure])
    assert one(measure, frame(table)) == pytest.approx((yi[0], vi[0]), rel=1e-9, abs=1e-12)


def test_a_correction_for_one_table_leaves_the_others() -> None:
    """statsmodels' float `zero_correction` adds to every table; ours only where a cell is empty.

    By hand: 12/40 against 20/41 has the odds ratio (12 * 21) / (28 * 20) = 0.45. statsmodels makes
    it 12.5/40 against 20.5/41.
    """
    rows = frame(Table(0, 20, 3, 20), Table(12, 40, 20, 41))
    arrays = [rows[name].to_numpy() for name in rows]
    shifted, _ = effectsize_2proportions(*arrays, statistic="odds-ratio", zero_correction=0.5)
    ours = mo.effect_sizes("OR", rows)
    assert math.exp(ours.yi[1]) == pytest.approx(0.45, rel=1e-14)
    assert math.exp(shifted[1]) == pytest.approx(12.5 * 20.5 / (27.5 * 20.5), rel=1e-12)
    assert ours.yi[0] == pytest.approx(math.log(0.5 * 17.5 / (20.5 * 3.5)), rel=1e-14)


@pytest.mark.parametrize(
    ("measure", "yi", "vi"),
    [
        ("MPRD", 0.0909, 0.0048),
        ("MPRR", 0.1823, 0.0200),
        ("MPOR", 0.3646, 0.0782),
        ("MPORC", 0.6931, 0.3000),
    ],
)
def test_matched_pairs_as_metafor_prints_them(measure: str, yi: float, vi: float) -> None:
    """metafor's own tests, 55 pairs: 20 both, 10 and 5 one only, 20 neither."""
    rows = pd.DataFrame({"both": [20], "only_1": [10], "only_2": [5], "neither": [20]})
    assert one(measure, rows) == pytest.approx((yi, vi), abs=6e-5)


@pytest.mark.parametrize("measure", ["MPRD", "MPRR", "MPOR", "MPORC"])
@given(pairs=st.lists(st.integers(1, 80), min_size=4, max_size=4))
def test_matched_pairs_vary_as_the_delta_method_says(measure: str, pairs: list[int]) -> None:
    """Gradient by differences, covariance of the multinomial: a second way to the variance."""
    names = ("both", "only_1", "only_2", "neither")
    n = sum(pairs)
    p = np.array(pairs) / n

    def value(shares: Any) -> float:
        rows = pd.DataFrame([dict(zip(names, n * np.asarray(shares), strict=True))])
        return one(measure, rows, to="none")[0] if measure != "MPRD" else _difference(shares)

    step = 1e-6 * p
    slope = [(value(p + h) - value(p - h)) / (2 * h.sum()) for h in np.diag(step)]
    covariance = (np.diag(p) - np.outer(p, p)) / n
    expected = slope @ covariance @ np.array(slope)
    rows = pd.DataFrame([dict(zip(names, pairs, strict=True))])
    if measure == "MPRD" and pairs[1] == pairs[2] == 0:
        return
    assert one(measure, rows, to="none")[1] == pytest.approx(expected, rel=2e-4, abs=1e-7)


def _difference(shares: Any) -> float:
    return float(shares[1] - shares[2])


@pytest.mark.parametrize("n", [5, 17, 240])
def test_freeman_tukey_scales_go_back(n: int) -> None:
    """PFT of every x/n, IRFT of every x over n years: back where they came from."""
    x = np.arange(n + 1)
    counts = mo.effect_sizes("PFT", pd.DataFrame({"events": x, "n": n}))
    assert counts.to_frame()["estimate"].to_numpy() == pytest.approx(x / n, abs=1e-12)
    rates = mo.effect_sizes("IRFT", pd.DataFrame({"events": x, "time": 1.5 * n}))
    assert rates.to_frame()["estimate"].to_numpy() == pytest.approx(x / (1.5 * n), abs=1e-12)
    pooled = rates.analysis(0.3)
    assert float(rates.display(pooled)) == pytest.approx(0.3, rel=1e-12)
