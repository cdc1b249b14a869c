"""Rounding: no value that prints the same leads beyond the bounds, and some reach them."""

from decimal import Decimal
from itertools import product

import numpy as np
import pandas as pd
import pytest

import metaonc as mo
from metaonc.diagnostics.alternatives.printed_figures import study_boxes
from metaonc.diagnostics.alternatives.rounding_ranges import QUANTITIES

TRIALS = pd.DataFrame(
    {
        "label": ["A", "B", "C", "D"],
        "estimate": ["0.43", "0.9", "0.71", "1.05"],
        "low": ["0.32", "0.7", "0.50", "0.80"],
        "high": ["0.58", "1.2", "1.01", "1.38"],
        "level": ["0.95", "0.90", "0.95", "0.95"],
    }
)
MODELS = {
    "REML, auto": {},
    "common effect": {"model": "fixed"},
    "DL, Wald": {"tau2": "DL", "ci": "wald"},
    "tau² known": {"tau2": 0.05, "ci": "t"},
    "PM, Hartung-Knapp": {"tau2": "PM", "ci": "hksj"},
}


def numbers(result: mo.PooledResult) -> list[float]:
    return [getattr(result, name) for name in QUANTITIES]


def drawn(frame: pd.DataFrame, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """n tables of values that round to the printed ones: yi and vi of shape (n, k).

    Parsed here from the text alone; half of the values lie at an end of their range.
    """
    random = np.random.default_rng(seed)
    values = {}
    for name in ("estimate", "low", "high"):
        centre = frame[name].astype(float).to_numpy()
        half = np.array([0.5 * 10.0 ** -len(text.partition(".")[2]) for text in frame[name]])
        moves = random.uniform(-1, 1, (n, len(frame)))
        moves = np.where(random.random(moves.shape) < 0.5, np.sign(moves), moves)
        values[name] = centre + half * moves
    from scipy.stats import norm

    z = norm.isf((1 - frame["level"].astype(float).to_numpy()) / 2)
    yi = np.log(values["estimate"])
    return yi, ((np.log(values["high"]) - np.log(values["low"])) / (2 * z)) ** 2


@pytest.mark.parametrize("how", MODELS)
def test_random_tables_never_leave_the_bounds(how: str) -> None:
    """20,000 tables that print the same, pooled by another door."""
    found = mo.rounding(mo.pool(mo.effect_sizes("HR", TRIALS), **MODELS[how]))
    many = mo.pool_many(*drawn(TRIALS, 20_000, seed=5), **MODELS[how])
    for name in QUANTITIES:
        low, high, exact = found.ranges[name]
        values = getattr(many, name)
        slack = 1e-9 * (1 + abs(high)) + (0 if exact else 1e-4 * (high - low))
        assert values.min() >= low - slack, name
        assert values.max() <= high + slack, name


@pytest.mark.parametrize("how", MODELS)
def test_corners_come_close_to_the_bounds(how: str) -> None:
    """All 2^8 tables of effects and variances at their ends span nearly all of it.

    Not quite all: a Hartung-Knapp limit may be most extreme with a variance inside its range.
    """
    found = mo.rounding(mo.pool(mo.effect_sizes("HR", TRIALS), **MODELS[how]))
    ends = np.array(list(product([0, 1], repeat=8)))
    boxes = study_boxes(found.result.effects)
    low, high = (np.array([getattr(box, end) for box in boxes]) for end in ("low", "high"))
    yi = low[:, 0] + ends[:, :4] * (high - low)[:, 0]
    vi = low[:, 1] + ends[:, 4:] * (high - low)[:, 1]
    many = mo.pool_many(yi, vi, **MODELS[how])
    for name in ("estimate", "ci_low", "ci_high", "tau2"):
        found_low, found_high, _ = found.ranges[name]
        values, width = getattr(many, name), found_high - found_low
        assert found_low - 1e-12 <= values.min() <= found_low + 1e-2 * width + 1e-12, name
        assert found_high - 1e-2 * width - 1e-12 <= values.max() <= found_high + 1e-12, name


def test_search_and_formula_agree() -> None:
    """A tau² that is known is the same as one that is estimated as 0, but searched for."""
    agreeing = TRIALS.assign(estimate=["0.70"] * 4, low=["0.50"] * 4, high=["0.98"] * 4)
    effects = mo.effect_sizes("HR", agreeing)
    exact = mo.rounding(mo.pool(effects, tau2=0.0, ci="wald"))
    searched = mo.rounding(mo.pool(effects, tau2="DL", ci="wald"))
    for name in ("estimate", "ci_low", "ci_high", "p_value"):
        assert exact.ranges[name].exact
        assert not searched.ranges[name].exact
        ends = zip(exact.ranges[name][:2], searched.ranges[name][:2], strict=True)
        for formula, search in ends:
            assert search == pytest.approx(formula, rel=1e-7), name


def test_a_printed_figure_is_the_interval_that_rounds_to_it() -> None:
    box, ninety, *_ = study_boxes(mo.effect_sizes("HR", TRIALS))
    assert np.exp([box.low[0], box.high[0]]) == pytest.approx([0.425, 0.435])
    assert np.exp([ninety.low[0], ninety.high[0]]) == pytest.approx([0.85, 0.95])
    z = 1.6448536269514722
    widths = np.log([1.15 / 0.75, 1.25 / 0.65]) / (2 * z)
    assert np.sqrt([ninety.low[1], ninety.high[1]]) == pytest.approx(widths)


def test_a_level_is_exact_unless_told_otherwise() -> None:
    effects = mo.effect_sizes("HR", TRIALS)
    exact, rounded = (study_boxes(effects, level_rounded=told)[0] for told in (False, True))
    assert rounded.high[1] > exact.high[1]
    assert rounded.low[1] < exact.low[1]


ROUTES = {
    "O-E and V": ({"o_minus_e": "-10.5", "variance": "30.2"}, False),
    "HR and SE": ({"estimate": "0.70", "se": "0.18"}, True),
    "HR and p": ({"estimate": "0.70", "p": "0.03"}, False),
    "HR, events per arm": ({"estimate": "0.70", "events_1": 60, "events_2": 70}, True),
    "p, events per arm": ({"p": "0.03", "events_1": 60, "events_2": 70, "favours": 1}, True),
}


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_to_a_hazard_ratio(route: str) -> None:
    """Whatever is printed, random values of it lead to effects inside the study's box."""
    figures, separate = ROUTES[route]
    frame = pd.DataFrame([figures, figures])
    effects = mo.effect_sizes("HR", frame)
    box = study_boxes(effects)[0]
    assert box.separate == separate
    assert not box.reason
    random = np.random.default_rng(2)
    rows = []
    for _ in range(200):
        row = dict(figures)
        for name, text in figures.items():
            if isinstance(text, str):
                half = 0.5 * 10.0 ** -len(text.partition(".")[2])
                row[name] = float(text) + half * random.uniform(-1, 1)
        rows.append(row)
    other = mo.effect_sizes("HR", pd.DataFrame(rows))
    names = ("yi", "vi")
    if separate:
        for i, name in enumerate(names):
            values = getattr(other, name)
            slack = 1e-12 * (1 + np.abs(values).max())
            assert box.low[i] - slack <= values.min() <= values.max() <= box.high[i] + slack
    found = mo.rounding(mo.pool(effects, model="fixed"))
    pairs = other.yi.reshape(-1, 2), other.vi.reshape(-1, 2)
    many = mo.pool_many(*pairs, model="fixed")
    for name in ("estimate", "ci_low", "ci_high", "p_value"):
        low, high, exact = found.ranges[name]
        assert exact == separate
        values = getattr(many, name)
        slack = 1e-6 * (high - low) + 1e-12
        assert low - slack <= values.min() <= values.max() <= high + slack


def test_means_and_standard_deviations_are_figures_too() -> None:
    frame = pd.DataFrame(
        {
            "mean_1": ["10.2", "11"],
            "sd_1": ["2.1", "3"],
            "n_1": [30, 40],
            "mean_2": ["9.0", "9"],
            "sd_2": ["2.0", "2"],
            "n_2": [31, 42],
        }
    )
    first, second = study_boxes(mo.effect_sizes("MD", frame))
    assert (first.low[0], first.high[0]) == pytest.approx((1.1, 1.3))
    assert (second.low[0], second.high[0]) == pytest.approx((1.0, 3.0))
    assert first.low[1] == pytest.approx(2.05**2 / 30 + 1.95**2 / 31)
    assert "mean_1 10.2" in first.printed


def test_records_of_the_registry_keep_their_digits() -> None:
    effects = mo.load_registry().effects("pfs")
    found = mo.rounding(mo.pool(effects))
    bolero5 = next(box for box in found.boxes if box.label.startswith("BOLERO-5"))
    assert bolero5.printed == "estimate 0.52, low 0.38, high 0.71, level 0.90"
    again = mo.rounding(mo.pool(mo.Effects.from_json(effects.to_json())))
    assert again.to_json() == found.to_json()


def test_significance_of_overall_survival_hangs_on_rounding() -> None:
    """p = 0.061 as printed; other values that print the same lie on the other side of 0.05."""
    found = mo.rounding(mo.pool(mo.load_registry().effects("os"), model="fixed"))
    assert found.result.p_value > 0.05 > found.ranges["p_value"].low
    assert not found.conclusion_stable
    assert "whether the interval includes the null depends on them" in found.summary()


def test_whose_rounding_matters_most() -> None:
    """The share of a study's width, and the coarsest figures first."""
    found = mo.rounding(mo.pool(mo.effect_sizes("HR", TRIALS), model="fixed"))
    assert found.matters_most == "B"
    assert found.shares.sum() == pytest.approx(1)
    widths = np.ptp(found.study_ranges[:, 0], axis=1)
    everything = found.ranges["estimate"].high - found.ranges["estimate"].low
    assert widths.sum() == pytest.approx(everything, rel=0.05)  # nearly additive


def test_stable_where_figures_are_fine() -> None:
    fine = TRIALS.assign(
        estimate=["0.4312", "0.4334", "0.4301", "0.4305"],
        low=["0.320023"] * 4,
        high=["0.580062"] * 4,
    )
    found = mo.rounding(mo.pool(mo.effect_sizes("HR", fine)))
    assert found.stable
    assert found.title == "Stable to reporting precision: yes"
    assert "stays on its side of the null throughout" in found.summary()
    assert found.to_dict()["stable"] is True


def test_floats_have_lost_their_digits() -> None:
    floats = TRIALS.assign(**{n: TRIALS[n].astype(float) for n in ("estimate", "low", "high")})
    result = mo.pool(mo.effect_sizes("HR", floats))
    with pytest.raises(mo.DiagnosticsError, match="no effect carries printed figures"):
        mo.rounding(result)
    told = mo.rounding(result, digits=2)
    assert np.exp([told.boxes[0].low[0], told.boxes[0].high[0]]) == pytest.approx([0.425, 0.435])


def test_decimals_and_text_are_the_same() -> None:
    decimals = TRIALS.assign(**{n: TRIALS[n].map(Decimal) for n in ("estimate", "low", "high")})
    first, second = (
        mo.rounding(mo.pool(mo.effect_sizes("HR", frame))) for frame in (TRIALS, decimals)
    )
    assert first.ranges == second.ranges


def test_some_studies_without_figures_are_named() -> None:
    mixed = TRIALS.astype(object)
    for name in ("estimate", "low", "high"):
        mixed.loc[3, name] = float(TRIALS.loc[3, name])
    found = mo.rounding(mo.pool(mo.effect_sizes("HR", mixed), model="fixed"))
    assert found.boxes[3].reason
    assert found.shares[3] == 0
    assert "D is taken as exact: its figures are counts, or carry no printed" in found.summary()


def test_counts_are_exact() -> None:
    frame = pd.DataFrame(
        {"events_1": [4, 8], "n_1": [60, 90], "events_2": [12, 17], "n_2": [60, 90]}
    )
    for model in ("fixed", "mh"):
        found = mo.rounding(mo.pool(mo.effect_sizes("OR", frame), model=model))
        assert found.stable
        assert found.ranges["estimate"].low == found.ranges["estimate"].high
        assert found.matters_most == ""


def test_what_cannot_be_followed() -> None:
    with pytest.raises(mo.DiagnosticsError, match="no effect carries printed figures"):
        mo.rounding(mo.pool(mo.Effects([0.1, 0.2], [0.1, 0.1])))
    correlated = mo.Effects([0.1, 0.2], [0.1, 0.1], covariance=[[0.1, 0.05], [0.05, 0.1]])
    with pytest.raises(mo.DiagnosticsError, match="have a known covariance; combine"):
        mo.rounding(mo.pool(correlated))
    resampled = mo.pool(mo.effect_sizes("HR", TRIALS), ci="bootstrap", draws=99)
    with pytest.raises(mo.DiagnosticsError, match="an interval that is not itself resampled"):
        mo.rounding(resampled)


def test_counts_from_a_percentage_may_be_any_that_print_the_same() -> None:
    """BOLERO-2 prints whole percentages; every pair of counts is tried."""
    effects = mo.load_registry().effects("stomatitis")
    found = mo.rounding(mo.pool(effects, model="fixed"))
    bolero2 = next(box for box in found.boxes if box.label.startswith("BOLERO-2"))
    assert "events_1 284 (282 to 286)" in bolero2.printed
    assert found.matters_most == bolero2.label
    assert not found.boxes[1].reason or found.shares[1] == 0
    place = effects.labels.index(bolero2.label)
    frame = pd.DataFrame(
        {name: effects.columns[name] for name in ("events_1", "n_1", "events_2", "n_2")}
    )
    estimates = []
    for first, second in product(range(282, 287), _second_arm(bolero2.printed)):
        frame.loc[place, ["events_1", "events_2"]] = first, second
        estimates.append(mo.pool(mo.effect_sizes("RR", frame), model="fixed").estimate)
    assert (min(estimates), max(estimates)) == pytest.approx(found.ranges["estimate"][:2], abs=1e-9)
    with pytest.raises(mo.DiagnosticsError, match="pool them with model='random' or 'fixed'"):
        mo.rounding(mo.pool(effects, model="mh"))


def _second_arm(printed: str) -> range:
    """The counts of the control arm, from the words of the box."""
    part = next(part for part in printed.split(", ") if part.startswith("events_2"))
    if "to" not in part:
        return range(int(part.split()[1]), int(part.split()[1]) + 1)
    low, high = part.partition("(")[2].rstrip(")").split(" to ")
    return range(int(low), int(high) + 1)


def test_an_empty_cell_is_a_count_like_any_other() -> None:
    """The continuity correction is no figure: pneumonitis has arms without an event."""
    found = mo.rounding(mo.pool(mo.load_registry().effects("pneumonitis")))
    assert found.stable
    assert "its figures are counts" in found.summary()


def test_figures_too_coarse_for_a_variance_are_refused() -> None:
    frame = pd.DataFrame({"estimate": ["1", "1"], "low": ["1", "1"], "high": ["2", "2"]})
    with pytest.raises(mo.DiagnosticsError, match="Study 1: estimate 1, low 1, high 2: some"):
        mo.rounding(mo.pool(mo.effect_sizes("HR", frame)))


def test_slow_intervals_are_searched_from_where_wald_s_are_extreme() -> None:
    """Random tables stay inside, but for a hair."""
    how = {"ci": "profile"}
    found = mo.rounding(mo.pool(mo.effect_sizes("HR", TRIALS), **how))
    many = mo.pool_many(*drawn(TRIALS, 300, seed=8), **how)
    for name in ("estimate", "ci_low", "ci_high"):
        low, high, _ = found.ranges[name]
        values, slack = getattr(many, name), 0.01 * (high - low)
        assert low - slack <= values.min() <= values.max() <= high + slack, name
