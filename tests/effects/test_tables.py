"""`effect_sizes`: raw tables -> effects; laws, second computations and refusals."""

import math
import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

import metaonc as mo
from metaonc.effects import LeftOut
from metaonc.effects.counts.proportion_intervals import proportion_interval
from tests.strategies import Proportion, Table, proportions, rounded, tables

TWO_ARM = ("OR", "RR", "RD")
ONE_ARM = ("PRAW", "PLOGIT", "PAS", "PFT")


def frame(*rows: Any, **columns: Any) -> pd.DataFrame:
    """A table of `Table`s or `Proportion`s."""
    return pd.DataFrame(rows).assign(**columns)


def two(table: Table, **changes: Any) -> pd.DataFrame:
    """One trial, with changes."""
    return pd.DataFrame([table._asdict() | {"label": "A"} | changes])


def hr(**columns: Any) -> pd.DataFrame:
    """Hazard ratios as printed, with changes."""
    printed = {"label": ["A", "B"], "estimate": [0.5, 0.6], "low": [0.3, 0.4], "high": [0.8, 0.9]}
    return pd.DataFrame(printed | columns)


# Two arms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", TWO_ARM)
@given(table=tables(), to=st.sampled_from(["only0", "all", "if0all"]))
def test_swapping_the_arms_changes_the_sign_and_nothing_else(
    measure: str, table: Table, to: str
) -> None:
    """Log OR, log RR and RD are odd under exchange of the arms; the variance is even."""
    before, after = (
        mo.effect_sizes(measure, frame(rows), to=to) for rows in (table, table.swapped())
    )
    assert after.yi == pytest.approx(-before.yi, rel=1e-9, abs=1e-12)
    assert after.vi == pytest.approx(before.vi, rel=1e-12)


@given(table=tables())
def test_counting_the_opposite_event_turns_or_and_rd_round(table: Table) -> None:
    """OR and RD of "no event" are those of "event" the other way round; RR has no such law."""
    none = table._replace(events_1=table.n_1 - table.events_1, events_2=table.n_2 - table.events_2)
    for measure in ("OR", "RD"):
        before, after = (mo.effect_sizes(measure, frame(rows)) for rows in (table, none))
        assert after.yi == pytest.approx(-before.yi, rel=1e-9, abs=1e-12)
        assert after.vi == pytest.approx(before.vi, rel=1e-9)


@given(table=tables())
def test_two_arm_effects_in_exact_fractions(table: Table) -> None:
    """The Cochrane Handbook's formulas with whole numbers; half an event in tables with a zero."""
    cells = [Fraction(x) for x in (table.events_1, table.n_1, table.events_2, table.n_2)]
    a, n1, c, n2 = cells
    if 0 in (a, n1 - a, c, n2 - c):
        half = Fraction(1, 2)
        a, n1, c, n2 = a + half, n1 + 1, c + half, n2 + 1
    b, d = n1 - a, n2 - c
    expected = {
        "OR": (math.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d),
        "RR": (math.log(a * n2 / (c * n1)), 1 / a - 1 / n1 + 1 / c - 1 / n2),
        "RD": (float(a / n1 - c / n2), a * b / n1**3 + c * d / n2**3),
    }
    for measure, (yi, vi) in expected.items():
        found = mo.effect_sizes(measure, frame(table))
        assert found.yi[0] == pytest.approx(yi, rel=1e-9, abs=1e-13)
        assert found.vi[0] == pytest.approx(float(vi), rel=1e-9)


@given(table=tables(), measure=st.sampled_from(TWO_ARM))
def test_the_correction_is_noted_where_it_was_made(table: Table, measure: str) -> None:
    """Nothing is changed silently: a note names the corrected study, and only such a study."""
    found = mo.effect_sizes(measure, two(table), add=0.25)
    empty = 0 in (table.events_1, table.n_1 - table.events_1) or 0 in (
        table.events_2,
        table.n_2 - table.events_2,
    )
    note = "0.25 was added to every cell of A (continuity correction)."
    assert found.notes == ((note,) if empty else ())
    uncorrected = mo.effect_sizes(measure, two(table), add=0.25, to="all")
    assert uncorrected.notes == (note,)


@pytest.mark.parametrize("measure", TWO_ARM)
def test_studies_without_an_effect_are_left_out_with_the_reason(measure: str) -> None:
    """Missing numbers, empty arms where that is asked for, empty cells without correction."""
    rows = frame(
        Table(5, 50, 9, 60),
        Table(5, 50, 9, 60),
        Table(0, 50, 0, 60),
        Table(50, 50, 60, 60),
        label=["kept", "missing", "nothing", "everything"],
    ).astype({"events_1": float, "n_2": float})
    rows.loc[1, ["events_1", "n_2"]] = np.nan
    found = mo.effect_sizes(measure, rows, drop00=True)
    assert found.labels == ("kept",)
    both = "no events, or only events, in both arms"
    assert found.left_out == (
        LeftOut("missing", "events_1 and n_2 missing"),
        LeftOut("nothing", both),
        LeftOut("everything", both),
    )
    plain = mo.effect_sizes(measure, rows, to="none")
    cell = "an empty cell leaves no effect or no variance (no continuity correction)"
    assert [out.reason for out in plain.left_out[1:]] == [cell, cell]
    assert mo.effect_sizes(measure, rows).labels == ("kept", "nothing", "everything")


@pytest.mark.parametrize("kind", ["Int64", "Float64", "object"])
def test_every_kind_of_missing_value_is_missing(kind: str) -> None:
    """pandas has several; each study is left out by name."""
    missing = None if kind == "object" else pd.NA
    rows = frame(Table(5, 50, 9, 60), Table(5, 50, 9, 60)).assign(
        events_2=pd.array([9, missing], dtype=kind)
    )
    found = mo.effect_sizes("RR", rows)
    assert found.left_out == (LeftOut("Study 2", "events_2 missing"),)


# One arm -----------------------------------------------------------------------------------------


@given(row=proportions())
def test_proportions_by_hand(row: Proportion) -> None:
    """The four scales in plain Python; arcsine scales need no correction at 0 and n."""
    x, n = float(row.events), float(row.n)
    half = 0.5 if x in (0, n) else 0.0
    p = (x + half) / (n + 2 * half)
    a, b = x + half, n - x + half
    double = math.asin(math.sqrt(x / (n + 1))) + math.asin(math.sqrt((x + 1) / (n + 1)))
    expected = {
        "PRAW": (p, p * (1 - p) / (n + 2 * half)),
        "PLOGIT": (math.log(a / b), 1 / a + 1 / b),
        "PAS": (math.asin(math.sqrt(x / n)), 1 / (4 * n)),
        "PFT": (double / 2, 1 / (4 * n + 2)),
    }
    for measure, (yi, vi) in expected.items():
        found = mo.effect_sizes(measure, frame(row))
        assert found.yi[0] == pytest.approx(yi, rel=1e-12, abs=1e-12)
        assert found.vi[0] == pytest.approx(vi, rel=1e-12)
        assert bool(found.notes) == (half > 0 and measure in ("PRAW", "PLOGIT"))


@given(row=proportions())
def test_counting_the_opposite_event_mirrors_a_proportion(row: Proportion) -> None:
    """p -> 1 - p on each scale: raw 1 - y, logit -y, arcsines pi/2 - y; variances stay."""
    none = Proportion(row.n - row.events, row.n)
    for measure, total in (("PRAW", 1), ("PLOGIT", 0), ("PAS", math.pi / 2), ("PFT", math.pi / 2)):
        before, after = (mo.effect_sizes(measure, frame(rows)) for rows in (row, none))
        assert before.yi + after.yi == pytest.approx(total, abs=1e-9)
        assert after.vi == pytest.approx(before.vi, rel=1e-9)


def tail(x: int, n: int, p: float, upper: bool) -> float:
    """Chance of at least (at most) `x` events in `n`, term by term."""
    terms = range(x, n + 1) if upper else range(x + 1)
    return math.fsum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in terms)


@given(row=proportions(largest=80), level=st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_the_exact_interval_cuts_equal_binomial_tails(row: Proportion, level: float) -> None:
    """Clopper & Pearson's definition: at a limit the tail beyond the count is half of 1 - level."""
    low, high = (float(limit) for limit in proportion_interval(row.events, row.n, level))
    half = (1 - level) / 2
    if row.events == 0:
        assert low == 0.0
    else:
        assert tail(row.events, row.n, low, upper=True) == pytest.approx(half, rel=1e-9)
    if row.events == row.n:
        assert high == 1.0
    else:
        assert tail(row.events, row.n, high, upper=False) == pytest.approx(half, rel=1e-9)


@given(row=proportions(), level=st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_the_exact_interval_is_scipys(row: Proportion, level: float) -> None:
    """`scipy.stats.binomtest(...).proportion_ci(method="exact")`, another program."""
    expected = stats.binomtest(row.events, row.n).proportion_ci(level, method="exact")
    found = proportion_interval(row.events, row.n, level)
    assert [float(limit) for limit in found] == pytest.approx(list(expected), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("measure", ONE_ARM)
def test_single_proportions_have_exact_intervals_on_every_scale(measure: str) -> None:
    """TAMRAD, clinical benefit at 6 months: 61% (47-74) and 42% (29-56) as printed."""
    rows = frame(Proportion(33, 54), Proportion(24, 57))
    table = 100 * mo.effect_sizes(measure, rows).to_frame()[["estimate", "low", "high"]]
    assert table.round().to_numpy().tolist() == [[61, 47, 74], [42, 29, 56]]


@pytest.mark.parametrize(
    ("events", "n", "printed"),
    [
        (7, 80, [8.8, 4.2, 15.8]),
        (1, 79, [1.3, 0.1, 5.9]),
        (28, 80, [35.0, 26.1, 44.7]),
        (13, 79, [16.5, 10.0, 24.9]),
    ],
)
def test_bolero_5_prints_exact_90_percent_intervals(
    events: int, n: int, printed: list[float]
) -> None:
    """BOLERO-5, response and clinical benefit per arm, to the printed decimal."""
    table = mo.effect_sizes("PLOGIT", frame(Proportion(events, n))).to_frame(level=0.90)
    found = 100 * table.loc[0, ["estimate", "low", "high"]].to_numpy(dtype=float)
    assert np.abs(found - printed).max() <= 0.05 + 1e-9  # 7/80 = 8.75% prints as 8.8


# Time to event -----------------------------------------------------------------------------------


@given(
    estimate=rounded(0.05, 20, 2),
    se=rounded(0.05, 1, 3),
    level=st.sampled_from([0.8, 0.9, 0.95, 0.99]),
)
def test_an_interval_of_any_level_gives_the_variance_back(
    estimate: float, se: float, level: float
) -> None:
    """Print a known log hazard ratio at a level, read it again."""
    half = stats.norm.ppf(0.5 + level / 2) * se
    row = {"estimate": estimate, "low": estimate * np.exp(-half), "high": estimate * np.exp(half)}
    found = mo.effect_sizes("HR", pd.DataFrame([row | {"level": level}]))
    assert found.yi[0] == pytest.approx(math.log(estimate), abs=1e-12)
    assert found.vi[0] == pytest.approx(se**2, rel=1e-9)


@given(estimate=rounded(0.05, 20, 2), se=rounded(0.05, 1, 3))
def test_a_p_value_gives_the_variance_back(estimate: float, se: float) -> None:
    """Altman & Bland 2011 turned round: p of a known z, read again."""
    p = float(2 * stats.norm.sf(abs(math.log(estimate)) / se))
    assume(estimate != 1 and p > 1e-300)
    found = mo.effect_sizes("HR", pd.DataFrame({"estimate": [estimate], "p": [p]}))
    assert found.vi[0] == pytest.approx(se**2, rel=1e-6)


def test_a_90_percent_interval_is_read_at_its_own_level() -> None:
    """BOLERO-5: 0.52 (90% CI 0.38-0.71) and 0.46 (0.32-0.67) read 0.36-0.75, 0.30-0.71 at 95%."""
    rows = pd.DataFrame(
        {"estimate": [0.52, 0.46], "low": [0.38, 0.32], "high": [0.71, 0.67], "level": 0.9}
    )
    effects = mo.effect_sizes("HR", rows)
    assert effects.to_frame()[["low", "high"]].round(2).to_numpy().tolist() == [
        [0.36, 0.75],
        [0.30, 0.71],
    ]
    printed = effects.to_frame(0.90)[["low", "high"]].to_numpy().tolist()
    assert printed == [[0.38, 0.71], [0.32, 0.67]]


def test_log_rank_totals() -> None:
    """Peto: (O - E) / V with variance 1 / V, by hand."""
    effects = mo.effect_sizes("HR", pd.DataFrame({"o_minus_e": [-12.5], "variance": [25.0]}))
    assert (effects.yi[0], effects.vi[0]) == (-0.5, 0.04)


def test_hazard_ratios_without_a_variance_are_left_out() -> None:
    """A p value beside a ratio of 1 and an interval without width say nothing of the variance."""
    said = "the numbers leave no variance for the hazard ratio"
    by_p = mo.effect_sizes("HR", pd.DataFrame({"estimate": [0.5, 1.0], "p": [0.03, 0.99]}))
    assert by_p.left_out == (LeftOut("Study 2", said),)
    by_interval = mo.effect_sizes("HR", hr(low=[0.3, 0.6], high=[0.8, 0.6]))
    assert by_interval.left_out == (LeftOut("B", said),)


def test_a_missing_level_is_named_as_the_reason() -> None:
    """An interval whose level is missing is not one of 95%, and the reason says so."""
    found = mo.effect_sizes("HR", hr(level=[0.95, np.nan]))
    assert found.left_out == (LeftOut("B", "level missing"),)


@pytest.mark.parametrize("measure", TWO_ARM)
def test_printed_figures_never_stand_in_for_computed_ones(measure: str) -> None:
    """A table of counts may hold printed ratios as well; the frame shows what was computed."""
    rows = frame(Table(5, 50, 9, 60))
    printed = rows.assign(estimate=9.0, low=8.0, high=10.0)
    names = ["estimate", "low", "high"]
    plain, beside = (mo.effect_sizes(measure, table).to_frame() for table in (rows, printed))
    assert beside[names].to_numpy().tolist() == plain[names].to_numpy().tolist()


# Refusals ----------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[str, pd.DataFrame, dict[str, Any], str]] = {
    "more events than patients": (
        "OR",
        two(Table(51, 50, 9, 60)),
        {},
        "A: events_1 = 51 must not exceed n_1; look the numbers up again.",
    ),
    "negative events": (
        "RR",
        two(Table(5, 50, -1, 60)),
        {},
        "A: events_2 = -1 must be >= 0; look the numbers up again.",
    ),
    "no patients": (
        "PRAW",
        pd.DataFrame({"label": ["A", "B"], "events": [1, 0], "n": [9, 0]}),
        {},
        "B: n = 0 must be > 0; look the numbers up again.",
    ),
    "a ratio below 0": (
        "HR",
        hr(estimate=[0.5, -0.6]),
        {},
        "B: estimate = -0.6 must be > 0 for a hazard ratio; look the numbers up again.",
    ),
    "a limit at 0": (
        "HR",
        hr(low=[0.0, 0.4]),
        {},
        "A: low = 0 must be > 0 for a hazard ratio; look the numbers up again.",
    ),
    "a lower limit above": (
        "HR",
        hr(low=[0.3, 0.61]),
        {},
        "B: low = 0.61 must not exceed the estimate; look the numbers up again.",
    ),
    "an upper limit below": (
        "HR",
        hr(high=[0.49, 0.9]),
        {},
        "A: high = 0.49 must not be below the estimate; look the numbers up again.",
    ),
    "a level in percent": (
        "HR",
        hr(level=[0.9, 95]),
        {},
        "B: level = 95 must be a fraction such as 0.95; look the numbers up again.",
    ),
    "a p value of 0": (
        "HR",
        pd.DataFrame({"label": ["A"], "estimate": [0.5], "p": [0.0]}),
        {},
        "A: p = 0 must lie between 0 and 1; look the numbers up again.",
    ),
    "log-rank variance of 0": (
        "HR",
        pd.DataFrame({"label": ["A"], "o_minus_e": [-3.0], "variance": [0.0]}),
        {},
        "A: variance = 0 must be > 0 events²; look the numbers up again.",
    ),
    "words": (
        "HR",
        hr(estimate=["0.5", "half"]),
        {},
        "column 'estimate' must hold numbers: could not convert string to float: 'half'.",
    ),
    "a missing column": (
        "OR",
        two(Table(5, 50, 9, 60)).drop(columns="n_2"),
        {},
        "OR needs the columns events_1, n_1, events_2, n_2 or yi, vi or estimate, low, high or "
        "estimate, se or estimate, p; "
        "the table has events_1, n_1, events_2, label.",
    ),
    "no way to a hazard ratio": (
        "HR",
        hr().drop(columns="low"),
        {},
        "HR needs the columns estimate, low, high or estimate, se or o_minus_e, variance or "
        "estimate, variance or estimate, p or o_minus_e, p or variance, p, favours or estimate, "
        "events_1, events_2 or estimate, events, n_1, n_2 or estimate, events, allocation or p, "
        "events_1, events_2, favours or p, events, n_1, n_2, favours or p, events, allocation, "
        "favours or events_1, n_1, events_2, n_2 or survival_1, n_1, survival_2, n_2 or median_1, "
        "events_1, median_2, events_2; the table has label, estimate, high.",
    ),
    "no way to a correlation": (
        "ZCOR",
        hr().drop(columns="estimate"),
        {},
        "ZCOR needs the columns r, n or yi, vi or estimate, low, high or estimate, se or estimate, "
        "p; the table has label, low, high.",
    ),
    "an unknown rule": (
        "OR",
        two(Table(5, 50, 9, 60)),
        {"to": "some"},
        "to = 'some' is not a correction rule; use one of only0, all, if0all, none.",
    ),
    "a negative correction": (
        "OR",
        two(Table(5, 50, 9, 60)),
        {"add": -0.5},
        "add = -0.5 must be a number >= 0, e.g. 0.5.",
    ),
    "no study left": (
        "OR",
        two(Table(0, 50, 9, 60)),
        {"to": "none"},
        "no study of the table has a OR (A: an empty cell leaves no effect or no variance "
        "(no continuity correction)); give at least one.",
    ),
    "one label twice": (
        "HR",
        hr(label=["A", "A"]),
        {},
        "labels must tell studies apart, but 'A' is used more than once; add the year or the arm.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("measure", "table", "options", "said"), REFUSED.values(), ids=REFUSED)
def test_bad_tables_are_refused_with_one_sentence(
    measure: str, table: pd.DataFrame, options: dict[str, Any], said: str
) -> None:
    """The whole text: the study, the column, the value and the rule."""
    with pytest.raises(mo.EffectsError) as raised:
        mo.effect_sizes(measure, table, **options)
    assert str(raised.value) == said


def test_the_other_columns_stay_beside_the_effects() -> None:
    """Moderators keep their names; printed figures of a hazard ratio get "printed_"."""
    found = mo.effect_sizes("HR", hr(level=[0.95, 0.9], agent=["x", "y"]))
    assert set(found.columns) == {
        "printed_estimate", "printed_low", "printed_high", "printed_level", "agent",
    }  # fmt: skip
    assert found.column("agent") == ("x", "y")


def test_the_table_is_not_changed() -> None:
    """The caller's frame is only read."""
    rows = frame(Table(0, 50, 9, 60), label=["A"])
    before = rows.copy(deep=True)
    mo.effect_sizes("OR", rows)
    pd.testing.assert_frame_equal(rows, before)


def test_labels_and_columns_are_made_when_read() -> None:
    """Rows without names keep their numbers; the table may change afterwards."""
    frame = pd.DataFrame(
        {
            "events_1": [3.0, np.nan, 5.0],
            "n_1": [20, 20, 20],
            "events_2": [4, 4, 4],
            "n_2": [20, 20, 20],
            "line": ["first", "second", None],
        }
    )
    effects = mo.effect_sizes("OR", frame)
    frame["line"] = "changed"
    frame.loc[2, "n_1"] = 99
    assert "labels" not in vars(effects)
    assert effects.labels == ("Study 1", "Study 3")
    assert vars(effects)["labels"] is effects.labels
    assert effects.columns["line"][0] == "first"
    assert effects.column("n_1") == (20, 20)
    assert "nothing" not in effects.columns
    assert pickle.loads(pickle.dumps(effects)).labels == effects.labels
    with pytest.raises(AttributeError) as raised:
        effects.nothing  # type: ignore[attr-defined]  # noqa: B018
    assert str(raised.value) == "'Effects' object has no attribute 'nothing'"


def test_many_named_rows_keep_their_routes() -> None:
    """Which row an effect came from is looked up, not searched for."""
    k = 3000
    rows = pd.DataFrame({"label": [f"T{i}" for i in range(k)], "estimate": 0.8, "se": 0.1})
    rows.loc[::7, "se"] = np.nan
    effects = mo.effect_sizes("HR", rows)
    assert effects.labels[0] == "T1"
    assert len(effects.left_out) == len(range(0, k, 7))
    assert set(effects.columns["derivation"]) == {"variance from standard error"}
