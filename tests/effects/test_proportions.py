"""Single proportions: intervals of studies, sizes for the way back, and what they are read per."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import metaonc as mo
from metaonc.effects import PROPORTION_INTERVALS, measure_named, proportion_interval
from metaonc.effects.reading import mean_size
from metaonc.errors import EffectsError

FROM_COUNTS = [code for code in PROPORTION_INTERVALS if code != "NAsm"]


def frame(events: list[int], n: list[int]) -> pd.DataFrame:
    labels = [f"Study {i}" for i in range(1, len(n) + 1)]
    return pd.DataFrame({"label": labels, "events": events, "n": n})


# Intervals of studies ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "n", "limits"),
    [
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
)
def test_newcombes_examples(events: int, n: int, limits: tuple[float, float]) -> None:
    """Newcombe, Stat Med 1998;17:857-872, table I: Wilson's interval (his method 3)."""
    found = [float(x) for x in proportion_interval(events, n, method="WS")]
    assert found == pytest.approx(limits, abs=5.1e-5)


@given(
    n=st.integers(1, 500),
    share=st.floats(0, 1),
    level=st.sampled_from([0.8, 0.95, 0.99]),
    method=st.sampled_from(FROM_COUNTS),
)
def test_swapping_events_and_others_mirrors_the_interval(
    n: int, share: float, level: float, method: str
) -> None:
    events = round(share * n)
    low, high = proportion_interval(events, n, level, method)
    other_low, other_high = proportion_interval(n - events, n, level, method)
    assert float(low) == pytest.approx(1 - float(other_high), abs=1e-9)
    assert float(high) == pytest.approx(1 - float(other_low), abs=1e-9)
    assert 0 <= low <= events / n + 1e-12
    assert events / n - 1e-12 <= high <= 1


@given(n=st.integers(1, 500), share=st.floats(0, 1), level=st.sampled_from([0.8, 0.95, 0.99]))
def test_wilsons_intervals_are_scipys(n: int, share: float, level: float) -> None:
    """`scipy.stats.binomtest(...).proportion_ci`, another program."""
    events = round(share * n)
    for code, name in (("WS", "wilson"), ("WSCC", "wilsoncc")):
        expected = stats.binomtest(events, n).proportion_ci(level, method=name)
        found = proportion_interval(events, n, level, code)
        assert [float(x) for x in found] == pytest.approx(list(expected), abs=1e-12)


def test_the_interval_changes_the_studies_and_not_the_pooled_result() -> None:
    rows = frame([3, 8, 20], [20, 30, 40])
    exact = mo.pool(mo.effect_sizes("PLOGIT", rows))
    wilson = mo.pool(mo.effect_sizes("PLOGIT", rows, study_ci="WS"))
    assert wilson.display() == exact.display()
    assert (wilson.to_frame()["low"][:3] != exact.to_frame()["low"][:3]).all()
    assert "; Wilson score intervals of the studies; policy" in wilson.methods()
    assert "; exact (Clopper-Pearson) intervals of the studies; policy" in exact.methods()


def test_wald_on_the_analysis_scale_is_the_transformed_one() -> None:
    effects = mo.effect_sizes("PLOGIT", frame([3, 0], [20, 30]), study_ci="NAsm")
    half = stats.norm.ppf(0.975) * effects.sei
    _, low, high = effects.intervals()
    assert low == pytest.approx(1 / (1 + np.exp(-(effects.yi - half))))
    assert high == pytest.approx(1 / (1 + np.exp(-(effects.yi + half))))


def test_documents_keep_how_effects_are_read() -> None:
    rows = frame([3, 8], [20, 30])
    effects = mo.effect_sizes("PFT", rows, study_ci="AC", back_size="geometric", per=1000)
    again = mo.Effects.from_json(effects.to_json())
    assert (again.study_ci, again.back_size, again.per) == ("AC", "geometric", 1000)
    assert mo.Effects.from_dict(mo.pool(effects).to_dict()["effects"]).per == 1000


@pytest.mark.parametrize(
    ("measure", "options", "message"),
    [
        (
            "PLOGIT",
            {"study_ci": "Wald"},
            "study_ci = 'Wald' is not an interval of a proportion; use one of CP, WS, WSCC, AC, "
            "SA, SACC, NAsm.",
        ),
        (
            "PLOGIT",
            {"back_size": "mean"},
            "back_size = 'mean' is not one of harmonic, geometric, arithmetic, or a number > 0.",
        ),
        (
            "PLOGIT",
            {"back_size": 100},
            "back_size = 100: the way back from PLOGIT depends on no sample size; leave it out, or "
            "use PFT or IRFT.",
        ),
        ("PAS", {"per": 0}, "per = 0 is not a number > 0, e.g. 100 or 1000."),
    ],
)
def test_what_cannot_be_read_so_is_refused(
    measure: str, options: dict[str, object], message: str
) -> None:
    with pytest.raises(EffectsError) as error:
        mo.effect_sizes(measure, frame([3], [20]), **options)  # type: ignore[arg-type]
    assert str(error.value) == message


def test_other_effects_have_no_interval_of_counts() -> None:
    with pytest.raises(EffectsError) as error:
        mo.Effects([0.1], [0.1], "HR", study_ci="WS")
    assert str(error.value) == (
        "study_ci = 'WS' is for single proportions with the columns events and n, and these are "
        "HR effects without them; leave it out."
    )
    with pytest.raises(EffectsError, match=r"^per = 1000: a hazard ratio \(HR\) is not printed"):
        mo.Effects([0.1], [0.1], "HR", per=1000)


# The way back of the double arcsine --------------------------------------------------------------


@given(n=st.lists(st.integers(1, 10_000), min_size=1, max_size=8))
def test_means_of_sizes_are_in_order(n: list[int]) -> None:
    sizes = np.array(n, dtype=float)
    harmonic, geometric, arithmetic = (
        mean_size(sizes, kind) for kind in ("harmonic", "geometric", "arithmetic")
    )
    assert harmonic <= geometric * (1 + 1e-12)
    assert geometric <= arithmetic * (1 + 1e-12)


def test_the_documented_pitfall_of_the_double_arcsine() -> None:
    """Schwarzer et al. 2019: with sizes from 29 to over two million the harmonic mean misleads.

    A pooled double arcsine of ordinary size is then below that of 0 events in the harmonic mean of
    the sizes, and is read as 0%, though every large study has events.
    """
    rows = frame([0, 10, 1500], [12, 20_000, 3_000_000])
    effects = mo.effect_sizes("PFT", rows)
    fit = mo.pool(effects, model="fixed")
    assert fit.display()[0] == 0.0
    assert 1e-4 < float(effects.read_as(back_size="arithmetic").display(fit.estimate)) < 1e-3
    [note] = [note for note in fit.notes if "Freeman-Tukey" in note]
    assert "0.0% here (35.98), 0.0% with the geometric mean" in note
    assert "compare the mixed model of the counts" in note


def test_one_study_is_read_with_its_own_size_and_has_no_note() -> None:
    fit = mo.pool(mo.effect_sizes("PFT", frame([7], [80])))
    assert fit.display()[0] == pytest.approx(7 / 80, rel=1e-12)
    assert not any("Freeman-Tukey" in note for note in fit.notes)


# Printed per -------------------------------------------------------------------------------------


def test_numbers_are_printed_per_what_is_asked_and_stay_what_they_are() -> None:
    rows = frame([2, 5], [1000, 1200])
    plain, scaled = (mo.pool(mo.effect_sizes("PLOGIT", rows, per=per)) for per in (None, 1000))
    assert scaled.to_frame().equals(plain.to_frame())
    assert "Proportion (per 1000)" in scaled.summary()
    assert "Proportion (%)" in plain.summary()
    assert "per 1000 (95% CI" in repr(scaled)
    estimate = scaled.display()[0]
    assert f"{1000 * estimate:.1f} per 1000" in repr(scaled)
    assert f"{100 * estimate:.1f}% (" in repr(plain)


@pytest.mark.parametrize("code", ["PRAW", "PLOGIT", "PFT", "IR", "IRLN", "IRD", "RD"])
def test_measures_that_may_be_printed_per_a_number(code: str) -> None:
    measure = measure_named(code).printed_per(1000)
    assert measure.number(0.0123) == "12.3"
    assert measure.unit == " per 1000"
    assert measure_named(code).printed_per(1).number(0.0123) == "0.012"
