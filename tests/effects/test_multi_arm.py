"""Contrasts that share an arm: covariance, combined, split; nobody counted twice silently."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import metaonc as mo
from metaonc.effects import patients
from metaonc.effects.trials.multi_arm import (
    Contrast,
    combined,
    covariance_matrix,
    hazard_ratio_parts,
    shared_groups,
    split,
)
from tests.registry import RECORD, changed, write

THIRD = """\
[[arms]]
key = "newer"
role = "experimental"
label = "Newer"
treatments = [{ drug = "vistusertib" }]
n = 60
source = { reference = "paper", where = "Table 1" }
status = "confirmed"

[[results]]
kind = "hazard_ratio"
outcome = "pfs"
cut = "late"
assessment = "investigator"
experimental = "newer"
control = "old"
estimate = 0.88
low = 0.63
high = 1.24
level = 0.95
source = { reference = "paper", where = "Table 2" }
status = "confirmed"

[[results]]
kind = "hazard_ratio"
outcome = "pfs"
cut = "late"
assessment = "investigator"
experimental = "newer"
control = "new"
estimate = 1.10
low = 0.80
high = 1.51
level = 0.95
source = { reference = "paper", where = "Table 2" }
status = "confirmed"

"""


def three_arms(folder: Path, *changes: tuple[str, str]) -> mo.Registry:
    """DEMO with a second experimental arm, counted beside the others."""
    counted = (
        "old = { events = 24, n = 57,",
        "newer = { events = 30, n = 60 }\nold = { events = 24, n = 57,",
    )
    first = '[[references]]\nkey = "paper"'
    write(folder, changed(RECORD, counted, (first, THIRD + first), *changes))
    return mo.load_registry(folder)


def test_hazard_ratios_enter_with_their_covariance(tmp_path: Path) -> None:
    """The control arm's part of each variance by its patients, worked out by hand."""
    effects = three_arms(tmp_path).effects("pfs")
    assert set(effects.labels) == {"DEMO 2020, New", "DEMO 2020, Newer"}
    new, newer = (effects.labels.index(f"DEMO 2020, {name}") for name in ("New", "Newer"))
    v_new = (math.log(0.96 / 0.51) / (2 * 1.959963984540054)) ** 2
    v_newer = (math.log(1.24 / 0.63) / (2 * 1.959963984540054)) ** 2
    shared = math.sqrt(v_new * 54 / (54 + 57) * v_newer * 60 / (60 + 57))
    assert effects.covariance is not None
    assert effects.covariance[new, newer] == pytest.approx(shared, rel=1e-12)
    assert np.diag(effects.covariance) == pytest.approx(effects.vi)
    assert effects.notes[0] == (
        "DEMO 2020: contrasts that share an arm (Newer; New) enter with their covariance; the "
        "shared arm's variance follows from the patients per arm."
    )
    assert set(effects.column("trial")) == {"demo"}


def test_events_go_before_patients(tmp_path: Path) -> None:
    """Printed with the hazard ratio, or counted beside it."""
    printed = ("estimate = 0.70", "estimate = 0.70\nevents = { new = 30, old = 40 }")
    other = ("estimate = 0.88", "estimate = 0.88\nevents = { newer = 35, old = 40 }")
    effects = three_arms(tmp_path, printed, other).effects("pfs")
    v = dict(zip(effects.labels, effects.vi, strict=True))
    shared = math.sqrt(v["DEMO 2020, New"] * 30 / 70 * v["DEMO 2020, Newer"] * 35 / 75)
    assert effects.covariance is not None
    assert effects.covariance[0, 1] == pytest.approx(shared, rel=1e-12)
    assert "follows from the events per arm" in effects.notes[0]


def test_counts_have_the_control_arms_own_variance(tmp_path: Path) -> None:
    """Log risk ratio: 1/24 - 1/57; log odds ratio: 1/24 + 1/33."""
    registry = three_arms(tmp_path)
    for measure, variance in (("RR", 1 / 24 - 1 / 57), ("OR", 1 / 24 + 1 / 33)):
        covariance = registry.effects("cbr", measure=measure).covariance
        assert covariance is not None
        assert covariance[0, 1] == pytest.approx(variance, rel=1e-12)


def test_combined_counts_are_all_experimental_patients(tmp_path: Path) -> None:
    """Cochrane Handbook 23.3.4: 33 + 30 of 54 + 60."""
    effects = three_arms(tmp_path).effects("cbr", shared_control="combine")
    row = [effects.column(name) for name in ("events_1", "n_1", "events_2", "n_2")]
    assert (effects.labels, row) == (("DEMO 2020",), [(63,), (114,), (24,), (57,)])
    assert effects.yi[0] == pytest.approx(math.log((63 / 114) / (24 / 57)))
    assert (effects.column("arm_1"), effects.covariance) == (("New + Newer",), None)


def test_split_counts_share_the_control_patients(tmp_path: Path) -> None:
    """Cochrane Handbook 23.3.4: half of the 24 of 57 for each."""
    effects = three_arms(tmp_path).effects("cbr", shared_control="split")
    assert effects.column("events_2") == (12, 12)
    assert effects.column("n_2") == (28.5, 28.5)
    assert effects.column("arm_2") == ("Old, part 1 of 2", "Old, part 2 of 2")
    assert effects.covariance is None


@pytest.mark.parametrize("way", ["covariance", "combine", "split"])
@pytest.mark.parametrize("question", ["pfs", "cbr"])
def test_every_patient_is_counted_once(way: str, question: str, tmp_path: Path) -> None:
    """54 + 60 + 57, whichever way."""
    effects = three_arms(tmp_path).effects(question, shared_control=way)
    assert patients(effects) == 54 + 60 + 57


def test_split_hazard_ratios_by_hand(tmp_path: Path) -> None:
    """Half an arm has twice its variance."""
    registry = three_arms(tmp_path)
    whole, halves = registry.effects("pfs"), registry.effects("pfs", shared_control="split")
    sizes = dict(zip(whole.labels, (60, 54) if "Newer" in whole.labels[0] else (54, 60),
                     strict=True))  # fmt: skip
    for label, before, after in zip(whole.labels, whole.vi, halves.vi, strict=True):
        assert after == pytest.approx(before * (1 + sizes[label] / (sizes[label] + 57)))
    assert halves.column("printed_low") == (None, None)
    low, high = halves.to_frame().loc[0, ["low", "high"]]
    half = 1.959963984540054 * math.sqrt(halves.vi[0])
    assert (low, high) == pytest.approx(
        (math.exp(halves.yi[0] - half), math.exp(halves.yi[0] + half))
    )


def test_a_choice_of_arms_leaves_one_contrast(tmp_path: Path) -> None:
    """By drug, label or key."""
    registry = three_arms(tmp_path)
    for word in ("vistusertib", "Newer", "newer"):
        effects = registry.effects("pfs", experimental=word)
        assert (effects.labels, effects.covariance) == (("DEMO 2020",), None)
        assert effects.column("printed") == ("HR 0.88 (95% CI 0.63 to 1.24)",)


def test_error_refuses_and_names_the_ways_out(tmp_path: Path) -> None:
    """The whole sentence."""
    with pytest.raises(mo.EffectsError) as raised:
        three_arms(tmp_path).effects("pfs", shared_control="error")
    assert str(raised.value) == (
        "DEMO: 2 of its contrasts share an arm, which shared_control='error' refuses; choose one "
        "by experimental or control, or use shared_control='covariance', 'combine' or 'split'."
    )
    with pytest.raises(mo.EffectsError, match="'both' is not one of 'covariance', 'combine'"):
        three_arms(tmp_path).effects("pfs", shared_control="both")


def test_an_arm_without_size_or_events_is_said_so(tmp_path: Path) -> None:
    """No variance of the shared arm can be derived: covariance is refused."""
    unknown = (
        'label = "Old"\ntreatments = [{ drug = "tamoxifen" }]\nn = 57',
        'label = "Old"\ntreatments = [{ drug = "tamoxifen" }]\nnote = "Not stated."',
    )
    with pytest.raises(mo.EffectsError, match="whose variance does not follow from what is"):
        three_arms(tmp_path, unknown).effects("pfs")


def test_contrasts_that_follow_from_each_other_are_refused() -> None:
    """Two experimental against two control arms: four contrasts of four arms."""
    four = [
        Contrast("t", "T", (e, c), 0.0, 2.0, (1.0, 1.0)) for e in ("a", "b") for c in ("x", "y")
    ]
    with pytest.raises(mo.EffectsError, match="4 contrasts of 4 arms follow from each other"):
        covariance_matrix(four)


# Laws --------------------------------------------------------------------------------------------

events = st.lists(st.integers(1, 400), min_size=3, max_size=6)


def star(d: list[int]) -> list[Contrast]:
    """Contrasts of every arm but the last with the last, variances from their events."""
    *arms, control = d
    found = []
    for i, x in enumerate(arms):
        vi = 1 / x + 1 / control
        parts, basis = hazard_ratio_parts(vi, (x, control), (None, None))
        found.append(Contrast("t", "T", (f"a{i}", "c"), 0.1 * i, vi, parts, basis))
    return found


@given(d=events)
def test_covariance_is_that_of_differences_of_independent_arms(d: list[int]) -> None:
    """V = A diag(1/d) A', with the rows of A the contrasts."""
    k = len(d) - 1
    contrast = np.hstack([np.eye(k), -np.ones((k, 1))])
    expected = contrast @ np.diag(1 / np.array(d)) @ contrast.T
    assert covariance_matrix(star(d)) == pytest.approx(expected, rel=1e-9)


@given(d=events)
def test_combining_is_adding_up_the_events(d: list[int]) -> None:
    """1 / (sum of experimental events) + 1 / control events."""
    found = combined(star(d))
    assert found.vi == pytest.approx(1 / sum(d[:-1]) + 1 / d[-1], rel=1e-9)


@given(d=events)
def test_splitting_loses_precision_and_combining_loses_none(d: list[int]) -> None:
    """Independent parts of an arm pool to what the whole arm gives, combined, but no better."""
    contrasts = star(d)
    parts = split(contrasts)
    pooled = 1 / sum(1 / contrast.vi for contrast in parts)
    assert pooled >= combined(contrasts).vi * (1 - 1e-9)


@given(d=events, scale=st.floats(1e-3, 1e3))
def test_the_matrix_scales_with_the_effects(d: list[int], scale: float) -> None:
    """yi times c, vi times c²."""
    scaled = [
        Contrast(c.trial, c.name, c.arms, c.yi * scale, c.vi * scale**2,
                 tuple(part * scale**2 for part in c.parts or ()), c.basis)
        for c in star(d)
    ]  # fmt: skip
    assert covariance_matrix(scaled) == pytest.approx(covariance_matrix(star(d)) * scale**2)


def test_only_arms_of_one_trial_are_shared() -> None:
    """The same key in another trial is another arm."""
    found = [
        Contrast("t", "T", ("a", "c"), 0, 1, None), Contrast("u", "U", ("a", "c"), 0, 1, None),
        Contrast("t", "T", ("b", "d"), 0, 1, None), Contrast("t", "T", ("b", "c"), 0, 1, None),
    ]  # fmt: skip
    assert shared_groups(found) == [[0, 2, 3]]
