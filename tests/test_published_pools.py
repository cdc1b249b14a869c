"""Published pooled results, and the reference pools, from the shipped records.

Every expected figure is one that a publication prints, or was computed with other code from the
same printed hazard ratios; `by_hand` computes each pool again, from the records' own digits.
"""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, norm

import metaonc as mo
from metaonc.registry.records import HazardRatio

PAGE = Path(__file__).parents[1] / "docs" / "published-meta-analyses.rst"
OTHERS = ("tamrad", "bolero-2", "pre0102", "bolero-5")
ADJUVANT = ("unirad", "s1207")


@pytest.fixture(scope="module")
def registry() -> mo.Registry:
    """The shipped records."""
    return mo.load_registry()


def printed(registry: mo.Registry, outcomes: tuple[str, ...], trials: tuple[str, ...], who=None):
    """The printed hazard ratio of each trial at its primary cut, for all patients or a subgroup."""
    found = []
    for key in trials:
        trial = registry[key]
        rows = [
            result
            for result in trial.results
            if isinstance(result, HazardRatio)
            and (result.outcome in outcomes, result.subgroup) == (True, who)
            and result.low is not None
        ]
        if len(rows) > 1:
            choice = trial.primary[rows[0].outcome]
            rows = [r for r in rows if (r.cut, r.assessment) == (choice.cut, choice.assessment)]
        (row,) = rows
        found.append([float(x) for x in (row.estimate, row.low, row.high, row.level)])
    return np.array(found)


def by_hand(rows: np.ndarray) -> dict[str, tuple[float, ...]]:
    """Inverse-variance pools, common effect and DerSimonian-Laird, written out."""
    estimate, low, high, level = rows.T
    y, z = np.log(estimate), norm.isf((1 - level) / 2)
    v = (np.log(high / low) / (2 * z)) ** 2
    w = 1 / v
    q = float((w * y**2).sum() - (w * y).sum() ** 2 / w.sum())
    tau2 = max(0.0, (q - (len(y) - 1)) / float(w.sum() - (w**2).sum() / w.sum()))
    pools = {}
    for name, weights in (("fixed", w), ("random", 1 / (v + tau2))):
        mean, half = (weights * y).sum() / weights.sum(), norm.isf(0.025) / weights.sum() ** 0.5
        pools[name] = tuple(float(np.exp(x)) for x in (mean, mean - half, mean + half))
    i2 = max(0.0, 1 - (len(y) - 1) / q) if q else 0.0
    return pools | {"heterogeneity": (q, i2)}


def shown(found: tuple[float, ...]) -> str:
    """An estimate and its interval as the documentation prints it."""
    return "{:.3f} ({:.3f} to {:.3f})".format(*found)


PROGRESSION, SURVIVAL = ("pfs", "ttp"), ("os",)
POOLS = {
    "Rotundo, survival": (SURVIVAL, ("tamrad", "bolero-2", "horizon"), None,
        "0.846 (0.717 to 0.999)", "Q 4.47, I² 55.3%", "0.793 (0.592 to 1.063)"),
    "Rotundo, progression": (PROGRESSION, ("tamrad", "bolero-2", "horizon"), None,
        "0.633 (0.563 to 0.712)", "Q 31.34, I² 93.6%", "0.606 (0.365 to 1.008)"),
    "PMID 30220603, three": (PROGRESSION, ("tamrad", "bolero-2", "pre0102"), None,
        "0.480 (0.413 to 0.558)", "", ""),
    "PMID 30220603, four": (PROGRESSION, OTHERS, None,
        "0.485 (0.422 to 0.558)", "2.27, 0.0%", "0.485 (0.422 to 0.558)"),
    "progression": (PROGRESSION, (*OTHERS, "horizon", "miracle"), None,
        "0.623 (0.562 to 0.690)", "32.35, 84.5%", "0.599 (0.449 to 0.798)"),
    "survival": (SURVIVAL, ("tamrad", "bolero-2", "horizon", "pre0102", "miracle"), None,
        "0.863 (0.741 to 1.007)", "6.60, 39.4%", "0.844 (0.670 to 1.063)"),
    "adjuvant, disease-free": (("dfs", "idfs"), ADJUVANT, None,
        "0.943 (0.797 to 1.115)", "0.00, 0.0%", "0.943 (0.797 to 1.115)"),
    "adjuvant, survival": (SURVIVAL, ADJUVANT, None,
        "0.990 (0.782 to 1.253)", "0.14, 0.0%", "0.990 (0.782 to 1.253)"),
    "adjuvant, premenopausal": (("dfs", "idfs"), ADJUVANT, "premenopausal",
        "0.675 (0.492 to 0.925)", "0.24, 0.0%", "0.675 (0.492 to 0.925)"),
}  # fmt: skip


@pytest.mark.parametrize("name", POOLS)
def test_pools_of_the_records(registry: mo.Registry, name: str) -> None:
    """The library, the formulas written out and the documentation agree on every digit shown."""
    outcomes, trials, who, fixed, heterogeneity, random = POOLS[name]
    rows = printed(registry, outcomes, trials, who)
    z = norm.isf((1 - rows[:, 3]) / 2)
    effects = mo.Effects(
        np.log(rows[:, 0]), (np.log(rows[:, 2] / rows[:, 1]) / (2 * z)) ** 2, measure="HR"
    )
    common = mo.pool(effects, model="fixed")
    moments = mo.pool(effects, model="random", tau2="DL", ci="wald")
    second = by_hand(rows)
    assert common.display() == pytest.approx(second["fixed"], rel=1e-12)
    assert moments.display() == pytest.approx(second["random"], rel=1e-9)
    assert shown(common.display()) == shown(second["fixed"]) == fixed
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert fixed in text
    if heterogeneity:
        q, i2 = second["heterogeneity"]
        assert (common.q, common.i2_from_q) == pytest.approx((q, i2), rel=1e-9, abs=1e-12)
        assert f"{q:.2f}, " in heterogeneity
        assert f"{100 * i2:.1f}%" in heterogeneity
        assert heterogeneity in text
    if random:
        assert shown(moments.display()) == random
        assert random in text


@pytest.mark.parametrize(
    ("question", "name"),
    [("pfs", "progression"), ("os", "survival"), ("adjuvant-dfs", "adjuvant, disease-free"),
     ("adjuvant-os", "adjuvant, survival")],
)  # fmt: skip
def test_the_questions_pool_the_same(registry: mo.Registry, question: str, name: str) -> None:
    """What `Registry.effects` selects is what was pooled above."""
    effects = registry.effects(question)
    assert sorted(effects.column("trial")) == sorted(POOLS[name][1])
    assert shown(mo.pool(effects, model="fixed").display()) == POOLS[name][3]


def test_a_standard_error_from_a_p_value(registry: mo.Registry) -> None:
    """LEO: 0.73 with two-sided P .137 has an SE of .2116, as an interval 0.48 to 1.11."""
    effects = registry.effects("pfs-rapalogues")
    row = effects.column("trial").index("leo")
    se = abs(math.log(0.73)) / norm.isf(0.137 / 2)
    assert round(se, 4) == 0.2116
    assert effects.vi[row] == pytest.approx(se**2, rel=1e-12)
    limits = [math.exp(math.log(0.73) + z * se) for z in (-norm.isf(0.025), norm.isf(0.025))]
    assert [round(x, 2) for x in limits] == [0.48, 1.11]
    rows = printed(registry, PROGRESSION, (*OTHERS, "horizon", "miracle"))
    second = by_hand(np.vstack([rows, [0.73, *limits, 0.95]]))
    common = mo.pool(effects, model="fixed")
    moments = mo.pool(effects, model="random", tau2="DL", ci="wald")
    assert common.display() == pytest.approx(second["fixed"], rel=1e-9)
    text = PAGE.read_text(encoding="utf-8")
    shows = {"0.629 (0.569 to 0.695)": common, "0.614 (0.475 to 0.794)": moments}
    for expected, fit in shows.items():
        assert shown(fit.display()) == expected
        assert expected in text
    assert f"{common.q:.2f}, {100 * common.i2_from_q:.1f}%" == "32.88, 81.8%"
    assert "32.88, 81.8%" in text


def test_contrasts_with_one_control_arm_are_pooled_with_their_covariance(
    registry: mo.Registry,
) -> None:
    """MANTA and the sapanisertib trial by generalised least squares, written out.

    The control arm's part of a variance is n of the other arm over n of both; its square roots
    multiply to the covariance of the two contrasts.
    """
    trials = {
        "manta": ("vistusertib-daily", "vistusertib-intermittent"),
        "sapanisertib-fulvestrant": ("sapanisertib-daily", "sapanisertib-weekly"),
    }
    y, v, blocks = [], [], []
    for key, arms in trials.items():
        trial, parts = registry[key], []
        control = trial.arm("control").n
        for arm in arms:
            (row,) = (
                r
                for r in trial.results
                if isinstance(r, HazardRatio) and (r.experimental, r.control) == (arm, "control")
            )
            estimate, low, high = (float(x) for x in (row.estimate, row.low, row.high))
            y.append(math.log(estimate))
            v.append((math.log(high / low) / (2 * norm.isf(0.025))) ** 2)
            parts.append(v[-1] * trial.arm(arm).n / (trial.arm(arm).n + control))
        blocks.append(math.sqrt(parts[0] * parts[1]))
    matrix = np.diag(v)
    matrix[0, 1] = matrix[1, 0] = blocks[0]
    matrix[2, 3] = matrix[3, 2] = blocks[1]
    weights = np.linalg.inv(matrix)
    mean, se = weights.sum(axis=0) @ y / weights.sum(), weights.sum() ** -0.5
    fit = mo.pool(registry.effects("pfs-dual"), model="fixed")
    expected = [math.exp(mean + z * se) for z in (0, -norm.isf(0.025), norm.isf(0.025))]
    assert fit.display() == pytest.approx(expected, rel=1e-9)
    assert mo.pool(registry.effects("pfs-dual")).k == 4
    independent = math.sqrt(1 / np.sum(1 / np.array(v)))
    assert se > 1.1 * independent  # the control patients are not counted twice


def test_the_menopausal_strata_of_s1207_interact(registry: mo.Registry) -> None:
    """They pool to 0.939 (Q 5.35, P .021) and 0.984 (Q 7.55, P .006): computed independently."""
    for outcome, estimate, q, p in (("idfs", 0.939, 5.35, 0.021), ("os", 0.984, 7.55, 0.006)):
        rows = np.concatenate([
            printed(registry, (outcome,), ("s1207",), who)
            for who in ("premenopausal", "postmenopausal")
        ])  # fmt: skip
        pools = by_hand(rows)
        assert round(pools["fixed"][0], 3) == estimate
        assert round(pools["heterogeneity"][0], 2) == q
        assert round(float(chi2.sf(pools["heterogeneity"][0], 1)), 3) == p


def test_one_published_pool_holds_five_copies_of_a_trial(registry: mo.Registry) -> None:
    """PMID 25419366 prints 0.44 (0.41-0.48); BOLERO-2 alone has five times its variance."""
    _, low, high, _ = printed(registry, PROGRESSION, ("bolero-2",))[0]
    copies = (math.log(high / low) / math.log(0.48 / 0.41)) ** 2
    assert round(copies, 2) == 4.97
    assert 5 * registry["bolero-2"].patients == 3620 < 3693
    assert registry["horizon"].patients + 992 == 2104


def test_rotundos_response_is_that_of_the_absence_of_response(registry: mo.Registry) -> None:
    """0.889 for BOLERO-2; with HORIZON at 1.00 Q is 8.1, not the 2.11 printed."""
    counts = registry.effects("orr", measure="RR")
    row = counts.labels.index("BOLERO-2 2012")
    (a, n), (c, m) = (
        (counts.column(f"events_{i}")[row], counts.column(f"n_{i}")[row]) for i in (1, 2)
    )
    frame = pd.DataFrame(
        {
            "label": ["BOLERO-2", "HORIZON, 27% v 27%"],
            "events_1": [n - a, 406],
            "n_1": [n, 556],
            "events_2": [m - c, 406],
            "n_2": [m, 556],
        }
    )
    absent = mo.effect_sizes("RR", frame)
    assert round(math.exp(absent.yi[0]), 3) == 0.889
    assert round(mo.pool(absent, model="fixed").q, 1) == 8.1


def test_the_p_value_of_one_published_response_does_not_fit() -> None:
    """4.37 (0.79-24.27) implies .091; the publication prints .21."""
    se = math.log(24.27 / 0.79) / (2 * norm.isf(0.025))
    assert round(2 * float(norm.sf(math.log(4.37) / se)), 3) == 0.091
