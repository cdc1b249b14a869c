"""Records with the same patients: an analysis takes one of them, or says that it cannot choose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metaonc.registry.records import Overlap, Trial


def without_overlaps(
    trials: Sequence[Trial],
) -> tuple[set[str], list[tuple[Trial, str]], list[str]]:
    """Leave out records whose patients another one of `trials` brings already.

    Parameters
    ----------
    trials : sequence of Trial
        Records that would all enter one analysis; a record may be named more than once.

    Returns
    -------
    kept : set of str
        Keys of the records that stay.
    left_out : list of (Trial, str)
        Those that go, each with the reason, by the rule their records declare (`keep`).
    conflicts : list of str
        Pairs without such a rule, a sentence each; both are still among `kept`.
    """
    here = {trial.key: trial for trial in trials}
    pairs = list(_pairs(here))
    left_out: dict[str, str] = {}
    settled = False
    while not settled:
        settled = True
        for first, second, overlap in pairs:
            gone = _gone(first, second, overlap, set(left_out))
            # A record goes only for one that is itself sure to stay, so that the order of the
            # declarations does not matter.
            if gone and not _may_go(first if gone == second else second, pairs, set(left_out)):
                stays = first if gone == second else second
                left_out[gone] = (
                    f"its patients are in {here[stays].name} ({overlap.reason.removesuffix('.')})"
                )
                settled = False
    conflicts = [
        f"{here[first].name} and {here[second].name} share {overlap.patients} of their patients "
        f"({overlap.reason.removesuffix('.')}); say which one to `keep` in overlaps, or exclude one"
        for first, second, overlap in pairs
        if first not in left_out and second not in left_out
    ]
    return set(here) - set(left_out), [(here[key], why) for key, why in left_out.items()], conflicts


def _pairs(here: dict[str, Trial]) -> Iterator[tuple[str, str, Overlap]]:
    """Every two records that share patients, once; a declaration that names `keep` goes first."""
    declared: dict[frozenset[str], tuple[str, str, Overlap]] = {}
    for trial in here.values():
        for overlap in trial.overlaps:
            if overlap.trial in here and overlap.patients != "none":
                pair = frozenset((trial.key, overlap.trial))
                if pair not in declared or overlap.keep:
                    declared[pair] = (trial.key, overlap.trial, overlap)
    yield from declared.values()


def _gone(first: str, second: str, overlap: Overlap, out: set[str]) -> str:
    if overlap.keep is None or first in out or second in out:
        return ""
    return second if overlap.keep == first else first


def _may_go(key: str, pairs: Sequence[tuple[str, str, Overlap]], out: set[str]) -> bool:
    return any(_gone(*pair, out) == key for pair in pairs)
