"""`pool`: worked analyses, published pools, the default policy, and every refusal."""

import math
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import metaonc as mo
from metaonc.kernels import ESTIMATORS
from tests.pooling import OS, PROGRESSION, RESISTANT, from_print, ratio
from tests.strategies import Arrays, studies

THREE = mo.Effects([-0.6, -0.2, 0.1], [0.04, 0.02, 0.05], measure="HR")

INTERVALS = (
    "'auto', 'wald', 't', 'hksj', 'hksj-adhoc', 'hksj-ci', 'hksj-iqwig', 'kr', 'profile', "
    "'skovgaard', 'hc', 'permutation', 'bootstrap'"
)


@pytest.fixture(params=["print", "registry"])
def progression(request: pytest.FixtureRequest) -> mo.Effects:
    """The six trials' progression, from the printed numbers and from the shipped records."""
    if request.param == "print":
        return from_print(PROGRESSION)
    return mo.load_registry().effects("pfs")


# Worked analyses ---------------------------------------------------------------------------------


def test_progression_as_a_common_effect(progression: mo.Effects) -> None:
    """Computed independently from the printed rows: 0.6229 (0.5621-0.6903), Q 32.352."""
    fit = mo.pool(progression, model="fixed")
    assert ratio(fit) == [0.6229, 0.5621, 0.6903]
    assert (round(fit.q, 3), fit.q_df, fit.k) == (32.352, 5, 6)
    assert round(fit.i2, 4) == 0.8455
    assert fit.tau2 == 0.0


def test_progression_by_dersimonian_laird(progression: mo.Effects) -> None:
    """Computed independently: 0.5991 (0.4494-0.7985), tau² 0.102823, I² 84.55% from Q."""
    fit = mo.pool(progression, tau2="DL", ci="wald")
    assert ratio(fit) == [0.5991, 0.4494, 0.7985]
    assert fit.tau2 == pytest.approx(0.102823, abs=5e-7)
    assert round(fit.i2_from_q, 4) == 0.8455


def test_progression_by_reml(progression: mo.Effects) -> None:
    """Computed independently: 0.6013 (0.4765-0.7587) Wald, (0.4568-0.7914) Hartung-Knapp."""
    assert ratio(mo.pool(progression, ci="wald")) == [0.6013, 0.4765, 0.7587]
    assert ratio(mo.pool(progression, ci="hksj")) == [0.6013, 0.4568, 0.7914]
    assert ratio(mo.pool(progression)) == [0.6013, 0.4568, 0.7914]


def reml_by_halving(effects: mo.Effects, low: str, high: str) -> float:
    """tau² where the slope of the restricted likelihood is 0, to 40 digits, by halving."""
    with localcontext(prec=60):
        y = [Decimal(float(x)) for x in effects.yi]
        v = [Decimal(float(x)) for x in effects.vi]

        def slope(tau2: Decimal) -> Decimal:
            w = [1 / (x + tau2) for x in v]
            total = sum(w)
            mean = sum(a * b for a, b in zip(w, y, strict=True)) / total
            squares = sum((a * (b - mean)) ** 2 for a, b in zip(w, y, strict=True))
            return squares - total + sum(a * a for a in w) / total

        bracket = [Decimal(low), Decimal(high)]
        assert slope(bracket[0]) > 0 > slope(bracket[1])
        for _ in range(140):
            middle = sum(bracket) / 2
            bracket[slope(middle) <= 0] = middle
        return float(bracket[0])


def test_reml_is_the_optimum_itself(progression: mo.Effects) -> None:
    """0.059320 by an optimiser that stopped early; 0.0593173... where the slope is 0."""
    fit = mo.pool(progression, tau2="REML")
    assert fit.tau2 == pytest.approx(0.059320, abs=5e-6)
    exact = reml_by_halving(progression, "0.05", "0.07")
    assert round(exact, 7) == 0.0593173
    assert fit.tau2 == pytest.approx(exact, rel=1e-12)


def test_reml_of_the_resistant_trials(progression: mo.Effects) -> None:
    """Q 2.27 is below its 3 degrees of freedom, and the restricted likelihood still peaks above 0.

    One precise trial and three that all lie above it: the moment estimators give tau² = 0, REML
    does not, and so the default interval is a Hartung-Knapp one.
    """
    chosen = [label.split(" ")[0] in RESISTANT for label in progression.labels]
    fit = mo.pool(progression.take(chosen))
    assert fit.q < fit.q_df
    assert fit.tau2 == pytest.approx(reml_by_halving(fit.effects, "0", "1"), rel=1e-12)
    assert fit.ci_method == "hksj"


def test_the_resistant_trials_alone(progression: mo.Effects) -> None:
    """Computed independently: 0.4855 (0.4223-0.5581), Q 2.27, I² 0%."""
    chosen = [label.split(" ")[0] in RESISTANT for label in progression.labels]
    effects = progression.take(chosen)
    assert effects.k == 4
    for options in ({"model": "fixed"}, {"tau2": "DL"}, {"tau2": "PM"}):
        fit = mo.pool(effects, **options)
        assert ratio(fit) == [0.4855, 0.4223, 0.5581]
        assert (round(fit.q, 2), fit.i2, fit.tau2) == (2.27, 0.0, 0.0)
        assert fit.ci_method == "wald"


@pytest.mark.parametrize(
    ("printed", "model", "expected", "q", "i2"),
    [
        pytest.param(OS, "fixed", [0.846, 0.717, 0.999], 4.47, 0.553, id="survival"),
        pytest.param(OS, "random", [0.793, 0.592, 1.063], 4.47, 0.553, id="survival, random"),
        pytest.param(
            {name: PROGRESSION[name] for name in ("TAMRAD", "BOLERO-2", "HORIZON")},
            "fixed",
            [0.633, 0.563, 0.712],
            31.34,
            0.936,
            id="progression of three",
        ),
        pytest.param(
            {name: PROGRESSION[name] for name in ("TAMRAD", "BOLERO-2", "HORIZON")},
            "random",
            [0.606, 0.365, 1.008],
            31.34,
            0.936,
            id="progression of three, random",
        ),
        pytest.param(
            {name: PROGRESSION[name] for name in ("TAMRAD", "BOLERO-2", "PrE0102")},
            "fixed",
            [0.480, 0.413, 0.558],
            None,
            None,
            id="after an aromatase inhibitor",
        ),
    ],
)
def test_pools_of_published_reviews(
    printed: dict[str, Any], model: str, expected: list[float], q: float | None, i2: float | None
) -> None:
    """Rotundo 2016 (survival 0.84 (0.71-0.99), Q 4.47, I² 55.3%, truncated) and PMID 30220603."""
    options = {"tau2": "DL", "ci": "wald"} if model == "random" else {}
    fit = mo.pool(from_print(printed), model=model, **options)
    assert [round(x, 3) for x in ratio(fit)] == pytest.approx(expected, abs=1e-9)
    if q is not None:
        assert (round(fit.q, 2), round(fit.i2_from_q, 3)) == (q, i2)


def test_survival_of_rotundo_prints_as_the_review_does() -> None:
    """Its figures are truncated to two decimals, not rounded."""
    fit = mo.pool(from_print(OS), model="fixed")
    cut = [math.floor(100 * math.exp(x)) / 100 for x in (fit.estimate, fit.ci_low, fit.ci_high)]
    assert cut == [0.84, 0.71, 0.99]


# Defaults ----------------------------------------------------------------------------------------


def test_the_default_policy_is_written_into_the_result() -> None:
    """DESIGN section 5, RevMan's rule: random effects, REML, Hartung-Knapp or Wald, 95%."""
    choices = mo.pool(THREE).choices
    assert (choices.model, choices.tau2, choices.ci, choices.level) == (
        "random", "REML", "auto", 0.95,
    )  # fmt: skip
    assert choices.policy == "metaonc-2026"


@pytest.mark.parametrize(
    ("yi", "method", "df"),
    [
        ([-0.9, 0.0, 0.8], "hksj", 2),
        ([-0.9, 0.8], "wald", math.inf),  # k = 2
        ([0.0, 0.01, -0.01], "wald", math.inf),  # tau² = 0
        ([0.3], "wald", math.inf),
    ],
)
def test_hartung_knapp_where_tau2_is_positive_and_k_above_2(
    yi: list[float], method: str, df: float
) -> None:
    """RevMan's rule and nothing else decides."""
    fit = mo.pool(mo.Effects(yi, [0.04] * len(yi)))
    assert (fit.ci_method, fit.df) == (method, df)


@given(data=studies())
def test_auto_is_the_interval_it_names(data: Arrays) -> None:
    """Asking for `ci_method` by name gives the same interval."""
    effects = mo.Effects(*data)
    auto = mo.pool(effects)
    named = mo.pool(effects, ci=auto.ci_method)
    assert auto.ci_method == ("hksj" if auto.tau2 > 0 and auto.k > 2 else "wald")
    assert (auto.ci_low, auto.ci_high, auto.p_value, auto.se) == (
        named.ci_low,
        named.ci_high,
        named.p_value,
        named.se,
    )


def test_a_fixed_effect_has_a_wald_interval_unless_told_otherwise() -> None:
    """The policy's interval rule is for random effects."""
    assert mo.pool(THREE, model="fixed").ci_method == "wald"
    assert mo.pool(THREE, model="fixed", ci="hksj").ci_method == "hksj"


@given(data=studies(), level=st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_levels_widen_the_interval_only(data: Arrays, level: float) -> None:
    """Estimate and p value stay; the half-width is the quantile times the standard error."""
    effects = mo.Effects(*data)
    usual, other = mo.pool(effects), mo.pool(effects, level=level)
    assert (other.estimate, other.p_value, other.se) == (usual.estimate, usual.p_value, usual.se)
    half = stats.t.ppf(0.5 + level / 2, other.df) * other.se
    assert other.ci_high - other.estimate == pytest.approx(half, rel=1e-7, abs=1e-12)
    assert other.estimate - other.ci_low == pytest.approx(half, rel=1e-7, abs=1e-12)


@given(data=studies(min_size=2), ci=st.sampled_from(["wald", "t", "hksj", "hksj-adhoc"]))
def test_the_p_value_is_the_level_at_which_the_interval_touches_zero(data: Arrays, ci: str) -> None:
    """Test and interval are one: at level 1 - p a limit is 0."""
    fit = mo.pool(mo.Effects(*data), ci=ci)
    if 1e-6 < fit.p_value < 1 - 1e-6:
        at = mo.pool(mo.Effects(*data), ci=ci, level=1 - fit.p_value)
        nearest = min(abs(at.ci_low), abs(at.ci_high))
        assert nearest == pytest.approx(0, abs=1e-6 * max(at.se, abs(at.estimate)))


@given(data=studies(min_size=2), method=st.sampled_from([m for m in ESTIMATORS if m != "GENQM"]))
def test_the_ad_hoc_interval_is_never_narrower_than_wald(data: Arrays, method: str) -> None:
    """DESIGN section 4: "never narrower than Wald"; nor than Hartung-Knapp."""
    effects = mo.Effects(*data)
    wald, knapp, adhoc = (
        mo.pool(effects, tau2=method, ci=ci) for ci in ("wald", "hksj", "hksj-adhoc")
    )
    for other in (wald, knapp):
        assert adhoc.ci_low <= other.ci_low
        assert adhoc.ci_high >= other.ci_high


def test_a_given_tau2_is_used() -> None:
    """Including an integer and zero."""
    for given_tau2 in (0, 0.5, 2):
        fit = mo.pool(THREE, tau2=given_tau2, ci="wald")
        assert (fit.tau2, fit.choices.tau2) == (given_tau2, given_tau2)
        w = 1 / (THREE.vi + given_tau2)
        assert fit.estimate == pytest.approx(np.average(THREE.yi, weights=w), rel=1e-12)


# Refusals ----------------------------------------------------------------------------------------

MODELS = (
    "'fixed', 'random', 'mh', 'peto', 'firth', 'beta-binomial', 'UM.FS', 'UM.RS', 'CM.EL', "
    "'CM.AL', 'glmm'"
)
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "model": ({"model": "mixed"}, f"model = 'mixed' is not one of {MODELS}."),
    "no model": ({"model": ""}, f"model = '' is not one of {MODELS}."),
    "ci": (
        {"ci": "hk"},
        f"ci = 'hk' is not one of {INTERVALS}.",
    ),
    "no ci": (
        {"ci": ""},
        f"ci = '' is not one of {INTERVALS}.",
    ),
    "negative tau2": (
        {"tau2": -0.1},
        f"tau2 = -0.1 must be a number >= 0 or one of {', '.join(ESTIMATORS)}.",
    ),
    "tau2 is nan": (
        {"tau2": math.nan},
        f"tau2 = nan must be a number >= 0 or one of {', '.join(ESTIMATORS)}.",
    ),
    "infinite tau2": (
        {"tau2": math.inf},
        f"tau2 = inf must be a number >= 0 or one of {', '.join(ESTIMATORS)}.",
    ),
    "unknown tau2": (
        {"tau2": "reml"},
        f"tau2 = 'reml' is not one of {', '.join(map(repr, ESTIMATORS))}.",
    ),
    "tau2 of a fixed effect": (
        {"model": "fixed", "tau2": "DL"},
        "tau2 = 'DL' does not apply to a fixed effect; use model='random' or leave it out.",
    ),
    "zero tau2 of a fixed effect": (
        {"model": "fixed", "tau2": 0},
        "tau2 = 0 does not apply to a fixed effect; use model='random' or leave it out.",
    ),
    "level in percent": (
        {"level": 95},
        "level = 95 must lie between 0 and 1; write 95% as 0.95.",
    ),
    "level 1": ({"level": 1.0}, "level = 1.0 must lie between 0 and 1; write 95% as 0.95."),
    "level 0": ({"level": 0}, "level = 0 must lie between 0 and 1; write 95% as 0.95."),
    "level is nan": (
        {"level": math.nan},
        "level = nan must lie between 0 and 1; write 95% as 0.95.",
    ),
    "policy": (
        {"policy": "revman"},
        "no policy 'revman'; the policies are metaonc-2026, revman-2025, revman-5, metafor-5, "
        "meta-8, stata-19, iqwig-6.",
    ),
}


@pytest.mark.parametrize(("options", "said"), REFUSED.values(), ids=REFUSED)
def test_wrong_arguments_are_refused_with_one_sentence(options: dict[str, Any], said: str) -> None:
    """The whole text: the argument, its value and what it may be."""
    with pytest.raises(mo.PoolingError) as raised:
        mo.pool(THREE, **options)
    assert str(raised.value) == said


@pytest.mark.parametrize("options", [{"level": "0.95"}, {"tau2": [0.1]}, {"tau2": {}}])
def test_arguments_of_the_wrong_type_are_refused_as_well(options: dict[str, Any]) -> None:
    """Not a TypeError from the middle of the code."""
    with pytest.raises(mo.PoolingError):
        mo.pool(THREE, **options)


@pytest.mark.parametrize("ci", ["t", "hksj", "hksj-adhoc"])
def test_one_study_has_no_t_interval(ci: str) -> None:
    """No degrees of freedom; the way out is in the sentence."""
    with pytest.raises(mo.PoolingError) as raised:
        mo.pool(mo.Effects([0.1], [0.2]), ci=ci)
    assert str(raised.value) == f"ci = {ci!r} needs at least 2 studies, got 1; use ci='wald'."


def test_pooling_leaves_the_effects_as_they_were() -> None:
    """The result carries them."""
    fit = mo.pool(THREE)
    assert fit.effects is THREE
