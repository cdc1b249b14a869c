"""The table of effect measures: every scale goes there and back."""

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import metaonc as mo
from metaonc.effects import MEASURES, measure_named
from metaonc.effects.scales.measures import freeman_tukey_inverse
from tests.strategies import rounded

Forward = Callable[[float], float]


def same(x: float) -> float:
    """A scale that is its own analysis scale."""
    return x


def logit(p: float) -> float:
    """Log odds."""
    return math.log(p / (1 - p))


def arcsine(p: float) -> float:
    """Arcsine square root."""
    return math.asin(math.sqrt(p))


def double_arcsine(x: int, n: int) -> float:
    """Freeman & Tukey 1950, averaged: the formula as it stands in the paper."""
    return (math.asin(math.sqrt(x / (n + 1))) + math.asin(math.sqrt((x + 1) / (n + 1)))) / 2


RATIOS = (
    *("HR", "OR", "RR", "PETO", "MPOR", "MPORC", "MPRR", "IRR", "ROM", "VR", "CVR"),
    *("D2ORN", "D2ORL", "MPPETO", "MPORM", "ROMC", "VRC", "CVRC"),
)
DIFFERENCES = (
    *("RD", "AS", "PBIT", "OR2DN", "OR2DL", "MPRD", "IRD", "IRSD", "MD", "SMD", "SMDH", "SMD1"),
    *("SMD1H", "MN", "MC", "SMCC", "SMCR", "GEN"),
)
RATIO = rounded(0.01, 100, 3)
ANY = rounded(-50, 50, 3)
INSIDE = rounded(0.001, 0.999, 3)
# The way onto the analysis scale, in plain Python, and the values it is tried on.
FORWARD: dict[str, tuple[Forward, st.SearchStrategy[float]]] = {
    **dict.fromkeys(RATIOS, (math.log, RATIO)),
    **dict.fromkeys(DIFFERENCES, (same, ANY)),
    **dict.fromkeys(
        ("ZCOR", "ZPCOR", "ZPHI", "ZTET", "ZPB", "ZBIS"), (math.atanh, rounded(-0.999, 0.999, 3))
    ),
    **dict.fromkeys(("PHI", "YUQ", "YUY", "COR", "UCOR", "PCOR"), (same, rounded(-1, 1, 3))),
    **dict.fromkeys(("RTET", "RPB", "RBIS"), (same, rounded(-1, 1, 3))),
    **dict.fromkeys(("CLESN", "AUC"), (same, INSIDE)),
    **dict.fromkeys(("MNLN", "SDLN", "CVLN", "IRLN"), (math.log, RATIO)),
    **dict.fromkeys(("IRS", "IRFT"), (math.sqrt, RATIO)),  # IRFT for large person-time
    "PRZ": (lambda p: NormalDist().inv_cdf(p), INSIDE),
    "ARAW": (same, rounded(-1, 1, 3)),
    "AHW": (lambda a: 1 - (1 - a) ** (1 / 3), rounded(-1, 1, 3)),
    "ABT": (lambda a: -math.log(1 - a), rounded(-1, 0.999, 3)),
    "PRAW": (same, rounded(0, 1, 3)),
    "PLN": (math.log, INSIDE),
    "PLOGIT": (logit, INSIDE),
    "PAS": (arcsine, rounded(0, 1, 3)),
    "PFT": (arcsine, rounded(0, 1, 3)),  # without a size: the arcsine, its limit for large n
    "IR": (same, RATIO),
}


def test_every_measure_is_tried() -> None:
    """A measure that is added has to be added here."""
    assert set(FORWARD) == set(MEASURES)
    assert all(code == measure.code for code, measure in MEASURES.items())


@pytest.mark.parametrize("code", FORWARD)
@given(data=st.data())
def test_display_undoes_the_transformation(code: str, data: st.DataObject) -> None:
    """x -> analysis scale, in plain Python -> displayed scale is x, for every measure."""
    forward, values = FORWARD[code]
    x = data.draw(values)
    assert float(measure_named(code).display(forward(x))) == pytest.approx(x, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("code", FORWARD)
@given(data=st.data())
def test_display_never_turns_an_interval_round(code: str, data: st.DataObject) -> None:
    """A larger value on the analysis scale is never a smaller one on the displayed scale."""
    low, high = sorted(data.draw(st.tuples(ANY, ANY)))
    found = measure_named(code).display([low, high])
    assert found.shape == (2,)
    assert found[0] <= found[1]


@pytest.mark.parametrize("code", [code for code, measure in MEASURES.items() if measure.null])
def test_no_effect_is_zero_on_the_analysis_scale(code: str) -> None:
    """Every ratio measure: null value 1, drawn on a log axis."""
    measure = measure_named(code)
    assert (float(measure.display(0.0)), measure.null, measure.log_axis) == (1.0, 1.0, True)
    assert code in RATIOS


@pytest.mark.parametrize("n", range(1, 61))
def test_freeman_tukey_goes_back_exactly(n: int) -> None:
    """Miller 1978, eq. (3): x/n comes back for every x, 0 and n included."""
    values = [double_arcsine(x, n) for x in range(n + 1)]
    found = freeman_tukey_inverse(values, n)
    assert found == pytest.approx([x / n for x in range(n + 1)], abs=1e-13)


@given(n=rounded(1, 5000, 2), value=st.floats(-1, 3))
def test_freeman_tukey_goes_back_to_a_proportion(n: float, value: float) -> None:
    """Whatever is pooled, harmonic mean sizes included; beyond 0/n and n/n it is 0 and 1."""
    found = float(freeman_tukey_inverse(value, n))
    assert 0.0 <= found <= 1.0
    lowest = math.asin(math.sqrt(1 / (n + 1))) / 2
    if value <= lowest:
        assert found == pytest.approx(0.0, abs=1e-12)
    if value >= math.pi / 2 - lowest:
        assert found == pytest.approx(1.0, abs=1e-12)


@given(low=st.floats(0, math.pi / 2), high=st.floats(0, math.pi / 2), n=rounded(1, 500, 1))
def test_freeman_tukey_never_falls(low: float, high: float, n: float) -> None:
    """The inverse keeps the order of limits, to rounding."""
    low, high = sorted((low, high))
    found = freeman_tukey_inverse([low, high], n)
    assert found[0] <= found[1] + 1e-7  # the inverse is known to a root of rounding at 1/2


def test_a_pooled_freeman_tukey_goes_back_at_the_harmonic_mean() -> None:
    """Miller 1978: the size of a pooled value is the harmonic mean of the studies' sizes."""
    sizes = [10, 40]
    effects = mo.Effects([0.5, 0.6], [0.02, 0.006], measure="PFT", columns={"n": sizes})
    harmonic = 2 / (1 / 10 + 1 / 40)
    assert harmonic == 16
    assert float(effects.display(double_arcsine(4, 16))) == pytest.approx(0.25, abs=1e-13)


def test_each_study_goes_back_at_its_own_size() -> None:
    """Without event counts the interval is Wald, and the estimate is still x/n."""
    sizes, events = [10, 40], [3, 30]
    yi = [double_arcsine(x, n) for x, n in zip(events, sizes, strict=True)]
    vi = [1 / (4 * n + 2) for n in sizes]
    effects = mo.Effects(yi, vi, measure="PFT", columns={"n": sizes})
    assert effects.to_frame()["estimate"].tolist() == pytest.approx([0.3, 0.75], abs=1e-12)


def test_unknown_codes_are_answered_with_the_known_ones() -> None:
    """The whole text; codes are in capitals."""
    with pytest.raises(mo.EffectsError) as raised:
        measure_named("or")
    assert str(raised.value) == (f"no effect measure 'or'; the measures are {', '.join(MEASURES)}.")


def test_display_keeps_the_shape() -> None:
    """A single number stays one; arrays keep theirs."""
    assert measure_named("HR").display(0.0).shape == ()
    assert measure_named("PFT").display(np.zeros((2, 3)), 5).shape == (2, 3)
