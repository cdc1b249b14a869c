"""Records with the same patients: nobody is counted twice without a word."""

from pathlib import Path

import pytest

import metaonc as mo
from metaonc.effects import LeftOut
from metaonc.registry.overlaps import without_overlaps
from metaonc.registry.records import Overlap, Trial
from tests.registry import RECORD, changed, write


def records(folder: Path, overlap: str) -> mo.Registry:
    """DEMO, and OTHER that declares the overlap with it."""
    write(folder)
    other = changed(
        RECORD,
        ('key = "demo"', 'key = "other"'),
        ('name = "DEMO"', 'name = "OTHER"'),
        ("[attributes]", f"overlaps = [{overlap}]\n[attributes]"),
    )
    write(folder, other, "other.toml")
    return mo.load_registry(folder)


@pytest.mark.parametrize(("keep", "stays", "goes"), [("demo", "demo", "OTHER"),
                                                      ("other", "other", "DEMO")])  # fmt: skip
def test_the_declared_record_is_kept(keep: str, stays: str, goes: str, tmp_path: Path) -> None:
    """Either of the two, with the reason in the list of what is left out."""
    names = {"demo": "DEMO", "other": "OTHER"}
    overlap = f'{{ trial = "demo", patients = "all", keep = "{keep}", reason = "An update." }}'
    effects = records(tmp_path, overlap).effects("pfs")
    assert effects.column("trial") == (stays,)
    assert effects.left_out == (LeftOut(goes, f"its patients are in {names[keep]} (An update)"),)


def test_without_a_rule_the_pool_is_refused(tmp_path: Path) -> None:
    """The sentence names both records and the way out; one of them alone is fine."""
    registry = records(tmp_path, '{ trial = "demo", patients = "some", reason = "One centre." }')
    with pytest.raises(mo.EffectsError) as raised:
        registry.effects("pfs")
    assert str(raised.value) == (
        "OTHER and DEMO share some of their patients (One centre); say which one to `keep` in "
        "overlaps, or exclude one."
    )
    assert registry.effects("pfs", trial="!demo").column("trial") == ("other",)


def test_no_patients_in_common_is_no_overlap(tmp_path: Path) -> None:
    """`none` settles a suspicion."""
    overlap = '{ trial = "demo", patients = "none", reason = "Other centres." }'
    assert records(tmp_path, overlap).effects("pfs").k == 2


@pytest.mark.parametrize(
    ("overlap", "said"),
    [
        (
            '{ trial = "third", patients = "all", reason = "Same." }',
            "overlaps.trial = 'third' is not a trial of the folder; use one of: demo, other.",
        ),
    ],
)
def test_an_overlap_is_with_a_record_that_is_there(overlap: str, said: str, tmp_path: Path) -> None:
    """Else it would say nothing."""
    with pytest.raises(mo.RecordError) as raised:
        records(tmp_path, overlap)
    assert str(raised.value).endswith(said)


def test_two_records_that_keep_different_ones_are_refused(tmp_path: Path) -> None:
    """The declarations contradict each other."""
    demo = 'overlaps = [{ trial = "other", patients = "all", keep = "demo", reason = "x" }]\n'
    records(tmp_path, '{ trial = "demo", patients = "all", keep = "other", reason = "x" }')
    write(tmp_path, changed(RECORD, ("[attributes]", demo + "[attributes]")))
    with pytest.raises(mo.RecordError, match="keeps demo, and other keeps other"):
        mo.load_registry(tmp_path)


def test_a_record_goes_only_for_one_that_stays(tmp_path: Path) -> None:
    """Three reports, each kept over the one before: the middle one goes, and so may the last."""
    write(tmp_path)
    demo = mo.load_registry(tmp_path)["demo"]

    def record(key: str, *overlaps: tuple[str, str]) -> Trial:
        declared = tuple(
            Overlap(trial=other, patients="all", keep=keep, reason="Same.")
            for other, keep in overlaps
        )
        return demo.model_copy(update={"key": key, "name": key, "overlaps": declared})

    chain = [record("a", ("b", "a")), record("b", ("c", "b")), record("c")]
    for order in (chain, chain[::-1]):
        kept, left_out, conflicts = without_overlaps(order)
        assert (kept, conflicts) == ({"a", "c"}, [])
        gone = [(trial.key, why) for trial, why in left_out]
        assert gone == [("b", "its patients are in a (Same)")]
