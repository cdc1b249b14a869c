"""Damaged records: real ones with something broken, as trees and as text."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from metaonc.registry.loading import shipped_studies

Tree = dict[str, Any]
Place = tuple[str | int, ...]

TEXTS = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted(shipped_studies().glob("*.toml"))
    if path.name != "review.toml"
}
TREES: dict[str, Tree] = {
    key: tomllib.loads(text, parse_float=Decimal) for key, text in TEXTS.items()
}


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Every place in a record, the record itself first."""
    yield at
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for step, below in inner:
            yield from places(below, (*at, step))


PLACES = {key: list(places(tree))[1:] for key, tree in TREES.items()}


def _nested(depth: int) -> Any:
    inner: Any = 1
    for i in range(depth):
        inner = [inner] if i % 2 else {"deeper": inner}
    return inner


_odd_numbers = st.sampled_from(
    [0, 1, -1, 2, 10**6, 10**30, -(10**18), 2**63 - 1,
     *map(Decimal, ("0", "-0.0", "0.5", "1", "99.99", "1e-300", "1e300", "1e999999", "-3.7",
                    "0." + "3" * 60, "NaN", "Infinity", "-Infinity", "1E+40", "100.0"))]
)  # fmt: skip
_texts = st.one_of(
    st.sampled_from(
        ["", " ", "x", "confirmed", "unconfirmed", "control", "everolimus", "pfs", "percent",
         "counts", "hazard_ratio", "none", "!x", "a.b", "a" * 5000, "\u0000", "\ud7ff\u202e",
         "naïve", "µ", "🎗", "0.5", "__class__", "{}", "%s", "NCT00000000", "10.1000/x y"]
    ),
    st.text(max_size=12),
)  # fmt: skip
_others = st.one_of(
    st.booleans(),
    st.just(date(2020, 1, 31)),
    st.just([]),
    st.just({}),
    st.lists(st.one_of(_texts, _odd_numbers), max_size=3),
    st.dictionaries(st.sampled_from(["n", "key", "events", "low", "x y", "💥", ""]), _texts,
                    max_size=2),
    st.integers(1, 60).map(_nested),
)  # fmt: skip
values = st.one_of(_odd_numbers, _texts, _others)


@st.composite
def damaged_trees(draw: st.DrawFn) -> tuple[str, Tree]:
    """A record with one to four things broken: name of the file and its tree."""
    key = draw(st.sampled_from(sorted(TREES)))
    tree = copy.deepcopy(TREES[key])
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.sampled_from(PLACES[key]))
        draw(st.sampled_from(_DAMAGES))(draw, tree, place)
    return key, tree


def _holder(tree: Tree, place: Place) -> Any:
    """What holds the place, or None where earlier damage has removed it."""
    holder: Any = tree
    for step in place[:-1]:
        try:
            holder = holder[step]
        except (KeyError, IndexError, TypeError):
            return None
    try:
        holder[place[-1]]
    except (KeyError, IndexError, TypeError):
        return None
    return holder


def _delete(draw: st.DrawFn, tree: Tree, place: Place) -> None:
    holder = _holder(tree, place)
    if isinstance(holder, dict | list):
        del holder[place[-1]]


def _replace(draw: st.DrawFn, tree: Tree, place: Place) -> None:
    holder = _holder(tree, place)
    if isinstance(holder, dict | list):
        holder[place[-1]] = draw(values)


def _nudge(draw: st.DrawFn, tree: Tree, place: Place) -> None:
    """A number a little off, which may well be a valid one."""
    holder = _holder(tree, place)
    if isinstance(holder, dict | list) and isinstance(holder[place[-1]], int | Decimal):
        factor = draw(st.sampled_from([-1, 0, 2, 10, 100]))
        holder[place[-1]] = holder[place[-1]] * factor + draw(st.integers(-2, 2))


def _rename(draw: st.DrawFn, tree: Tree, place: Place) -> None:
    holder = _holder(tree, place)
    if isinstance(holder, dict):
        holder[draw(_texts)] = holder.pop(place[-1])


def _add(draw: st.DrawFn, tree: Tree, place: Place) -> None:
    holder = _holder(tree, place)
    if isinstance(holder, dict):
        known = ["p", "p_sides", "se", "o_minus_e", "variance", "events", "events_total", "n",
                 "reduction", "favours", "subgroup", "population", "unit", "weeks", "overlaps",
                 "waivers", "derived", "unusable", "superseded_by", "note", "zzz"]  # fmt: skip
        holder[draw(st.sampled_from(known))] = draw(values)


def _twice(draw: st.DrawFn, tree: Tree, place: Place) -> None:
    holder = _holder(tree, place)
    if isinstance(holder, list):
        holder.append(copy.deepcopy(holder[place[-1]]))


def _swap(draw: st.DrawFn, tree: Tree, place: Place) -> None:
    """Two values of one table exchanged: limits, say, or events and n."""
    holder = _holder(tree, place)
    if isinstance(holder, dict) and len(holder) > 1:
        other = draw(st.sampled_from(sorted(holder)))
        holder[place[-1]], holder[other] = holder[other], holder[place[-1]]


def _move(draw: st.DrawFn, tree: Tree, place: Place) -> None:
    """A value of this record at another place of it."""
    holder = _holder(tree, place)
    if isinstance(holder, dict | list):
        source = draw(st.sampled_from(PLACES[draw(st.sampled_from(sorted(TREES)))]))
        found = _holder(tree, source)
        if found is not None:
            holder[place[-1]] = copy.deepcopy(found[source[-1]])


_DAMAGES = (_delete, _replace, _nudge, _rename, _add, _twice, _swap, _move)


@st.composite
def damaged_texts(draw: st.DrawFn) -> tuple[str, bytes]:
    """A record whose text is broken: a line gone, doubled or cut, bytes changed."""
    key = draw(st.sampled_from(sorted(TEXTS)))
    lines = TEXTS[key].split("\n")
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        how = draw(st.sampled_from(["gone", "twice", "cut", "other", "insert", "swap"]))
        if how == "gone":
            lines[at] = ""
        elif how == "twice":
            lines.insert(at, lines[at])
        elif how == "cut":
            lines[at] = lines[at][: draw(st.integers(0, max(0, len(lines[at]) - 1)))]
        elif how == "swap":
            other = draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
        else:
            bad = draw(st.sampled_from(_LINES))
            lines[at] = bad if how == "other" else f"{lines[at]}\n{bad}"
    text = "\n".join(lines).encode("utf-8")
    if draw(st.integers(0, 4)) == 0:
        at = draw(st.integers(0, len(text) - 1))
        text = text[:at] + draw(st.binary(max_size=4)) + text[at + draw(st.integers(0, 3)) :]
    if draw(st.integers(0, 9)) == 0:
        text = text[: draw(st.integers(0, len(text)))]
    return key, text


_LINES = (
    "estimate = nan", "n = 1e400", "n = 0x1F", "low = -inf", "key = ", "[results.arms]",
    "[[arms]]", "[design]", "[[results]]", '"" = 1', "a.b.c = 1", "n = 1979-05-27T07:32:00Z",
    "\u0000", "\ufeff", "x = [" * 200, "x = " + "[" * 2000 + "]" * 2000,
    "x = " + "{ a = " * 400 + "1" + " }" * 400, "events = 99999999999999999999999999",
    "n = " + "9" * 5000, "n = 0x" + "F" * 5000, "percent = 1_000.0", "p_sides = 3",
    "p_sides = true", 'estimate = "0.5"', "level = 95", "level = 0.9500000000000000000000000001",
    "outcome = '''\n'''",
)  # fmt: skip
