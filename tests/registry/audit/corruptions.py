"""Realistic mistakes, one at a time, in clean records: what does the audit make of them?

A mistake is a function that changes one place of a record's data (the TOML as read) and says where
it can be made. `corrupted` draws the same mistakes every time: kinds in turn, places by a seeded
generator, from the shipped records and the simulated ones.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

Data = dict[str, Any]
Change = Callable[[], None]


class Mistake(NamedTuple):
    """One kind of mistake, and every way to make it in a record."""

    name: str
    ways: Callable[[Data], Iterator[Change]]


class Corrupted(NamedTuple):
    """A record with one mistake."""

    kind: str
    record: str
    data: Data


def number(value: Any) -> Decimal:
    """A printed number, from TOML or JSON."""
    return Decimal(str(value))


def like(value: Decimal, printed: Any) -> Decimal:
    """A number with as many decimals as a printed one."""
    return value.quantize(number(printed))


def setting(target: Data, **values: Any) -> Change:
    """The change that sets fields."""
    return lambda: target.update(values)


def of_kind(data: Data, kind: str) -> list[Data]:
    """A record's results of one kind."""
    return [result for result in data.get("results", []) if result["kind"] == kind]


def ratios(data: Data) -> list[Data]:
    """Hazard ratios with an interval."""
    return [r for r in of_kind(data, "hazard_ratio") if "low" in r and "estimate" in r]


def counts(data: Data) -> list[tuple[Data, str, Data]]:
    """Every arm's count: result, arm, count."""
    return [(r, arm, c) for r in of_kind(data, "counts") for arm, c in r["arms"].items()]


def exchanged(text: str) -> Iterator[str]:
    """The number with two neighbouring digits exchanged."""
    for at in range(len(text) - 1):
        pair = text[at : at + 2]
        if pair.isdigit() and pair[0] != pair[1]:
            yield text[:at] + pair[::-1] + text[at + 2 :]


def digits_exchanged_in_interval(data: Data) -> Iterator[Change]:
    """0.45 for 0.54."""
    for result in ratios(data):
        for field in ("estimate", "low", "high"):
            for text in exchanged(str(result[field])):
                if Decimal(text) > 0:
                    yield setting(result, **{field: Decimal(text)})


def decimal_point(data: Data) -> Iterator[Change]:
    """5.4 for 0.54."""
    for result in ratios(data):
        for field in ("estimate", "low", "high"):
            yield setting(result, **{field: number(result[field]) * 10})


def limits_exchanged(data: Data) -> Iterator[Change]:
    """Upper limit first."""
    for result in ratios(data):
        yield setting(result, low=result["high"], high=result["low"])


def level_95(data: Data) -> Iterator[Change]:
    """An 80% or 90% interval called a 95% one."""
    for result in ratios(data):
        if number(result["level"]) < Decimal("0.95"):
            yield setting(result, level=Decimal("0.95"))


def level_90(data: Data) -> Iterator[Change]:
    """A 95% interval called a 90% one."""
    for result in ratios(data):
        if number(result["level"]) == Decimal("0.95"):
            yield setting(result, level=Decimal("0.90"))


def ratio_inverted(data: Data) -> Iterator[Change]:
    """Control over experimental, entered as experimental over control."""
    for result in ratios(data):
        one, low, high = (1 / number(result[key]) for key in ("estimate", "high", "low"))
        yield setting(result, **{
            key: like(value, result[key])
            for key, value in (("estimate", one), ("low", low), ("high", high))
        })  # fmt: skip


def arms_swapped(data: Data) -> Iterator[Change]:
    """The two arms of a hazard ratio exchanged."""
    for result in ratios(data):
        yield setting(result, experimental=result["control"], control=result["experimental"])


def estimate_of_another_cut(data: Data) -> Iterator[Change]:
    """The interim hazard ratio beside the final interval."""
    for result in ratios(data):
        for other in ratios(data):
            same = all(result.get(k) == other.get(k) for k in ("outcome", "experimental"))
            if same and other["cut"] != result["cut"] and other["estimate"] != result["estimate"]:
                yield setting(result, estimate=other["estimate"])


def events_of_another_cut(data: Data) -> Iterator[Change]:
    """The interim number of events beside the final hazard ratio."""
    for result in ratios(data):
        for other in ratios(data):
            for field in ("events", "events_total"):
                same = field in result and field in other and other["cut"] != result["cut"]
                if same and result["outcome"] == other["outcome"]:
                    yield setting(result, **{field: other[field]})


def sides_of_p(data: Data) -> Iterator[Change]:
    """A one-sided p value called two-sided, or the reverse."""
    for result in [*ratios(data), *of_kind(data, "counts")]:
        if "p" in result:
            yield setting(result, p_sides=3 - result["p_sides"])


def digits_of_p(data: Data) -> Iterator[Change]:
    """P = .52 for .25, .08 for .008."""
    for result in [*ratios(data), *of_kind(data, "counts")]:
        if "p" in result:
            yield from (setting(result, p=Decimal(x)) for x in exchanged(str(result["p"])))
            if number(result["p"]) < Decimal("0.1"):
                yield setting(result, p=number(result["p"]) * 10)


def se_is_a_variance(data: Data) -> Iterator[Change]:
    """The squared standard error."""
    for result in ratios(data):
        if "se" in result:
            yield setting(result, se=like(number(result["se"]) ** 2, "0.0001"))


def se_is_a_deviation(data: Data) -> Iterator[Change]:
    """The standard error times the root of the number of patients."""
    n = sum(arm.get("n", 0) for arm in data["arms"])
    for result in ratios(data):
        if "se" in result:
            yield setting(result, se=like(number(result["se"]) * Decimal(n).sqrt(), "0.01"))


def sign_of_o_minus_e(data: Data) -> Iterator[Change]:
    """O - E of the control arm."""
    for result in ratios(data):
        if "o_minus_e" in result:
            yield setting(result, o_minus_e=-number(result["o_minus_e"]))


def weeks_as_months(data: Data) -> Iterator[Change]:
    """Medians printed in weeks, entered as months."""
    for result in of_kind(data, "medians"):
        if result.get("unit") == "weeks":
            yield setting(result, unit="months")
        else:
            scale = Decimal("30.4375") / 7
            arms = {
                arm: {k: like(number(v) * scale, v) if k != "level" else v for k, v in m.items()}
                for arm, m in result["arms"].items()
            }
            yield setting(result, arms=arms)


def median_decimal_point(data: Data) -> Iterator[Change]:
    """86 months for 8.6."""
    for result in of_kind(data, "medians"):
        for arm in result["arms"].values():
            yield setting(arm, median=number(arm["median"]) * 10)


def medians_swapped(data: Data) -> Iterator[Change]:
    """The medians of the two arms exchanged."""
    for result in of_kind(data, "medians"):
        if len(result["arms"]) == 2:
            (a, first), (b, second) = result["arms"].items()
            yield setting(result, arms={a: second, b: first})


def n_of_the_other_arm(data: Data) -> Iterator[Change]:
    """The denominator of the other arm."""
    for result in of_kind(data, "counts"):
        sizes = {arm: c.get("n") for arm, c in result["arms"].items()}
        for arm, count in result["arms"].items():
            for other in sizes.values():
                if arm in sizes and other and count.get("n") and other != count["n"]:
                    yield setting(count, n=other)


def percent_digits(data: Data) -> Iterator[Change]:
    """62.1% for 61.2%."""
    for _, _, count in counts(data):
        if "percent" in count:
            for text in exchanged(str(count["percent"])):
                if Decimal(text) <= 100:
                    yield setting(count, percent=Decimal(text))


def events_digits(data: Data) -> Iterator[Change]:
    """42 events for 24."""
    for _, _, count in counts(data):
        if "events" in count and count.get("n"):
            yield from (
                setting(count, events=int(text))
                for text in exchanged(str(count["events"]))
                if int(text) <= count["n"]
            )


def limit_of_percent(data: Data) -> Iterator[Change]:
    """Digits exchanged in a limit of a percentage."""
    for _, _, count in counts(data):
        for field in ("low", "high"):
            if field in count:
                for text in exchanged(str(count[field])):
                    if Decimal(text) <= 100:
                        yield setting(count, **{field: Decimal(text)})


def level_of_percent(data: Data) -> Iterator[Change]:
    """Another level of the interval of a percentage."""
    for _, _, count in counts(data):
        if "level" in count:
            other = "0.90" if number(count["level"]) != Decimal("0.90") else "0.95"
            yield setting(count, level=Decimal(other))


def response_and_benefit(data: Data) -> Iterator[Change]:
    """Response and clinical benefit exchanged."""
    found = {(r["outcome"], r["cut"], r["assessment"]): r for r in of_kind(data, "counts")}
    for (outcome, cut, look), result in found.items():
        other = found.get(("cbr", cut, look))
        if outcome == "orr" and other is not None:

            def swap(a: Data = result, b: Data = other) -> None:
                a["arms"], b["arms"] = b["arms"], a["arms"]

            yield swap  # fmt: skip


def grades_exchanged(data: Data) -> Iterator[Change]:
    """Any grade and grade 3-4 exchanged."""
    rows = [r for r in of_kind(data, "counts") if "grade" in r]
    for result in rows:
        for other in rows:
            same = all(result[k] == other[k] for k in ("outcome", "cut"))
            if same and (result["grade"], other["grade"]) == ("any", "3-4"):

                def swap(a: Data = result, b: Data = other) -> None:
                    a["grade"], b["grade"] = b["grade"], a["grade"]

                yield swap  # fmt: skip


def arm_size(data: Data) -> Iterator[Change]:
    """Digits exchanged in the size of an arm."""
    for arm in data["arms"]:
        if "n" in arm and "randomised" in data:
            yield from (setting(arm, n=int(text)) for text in exchanged(str(arm["n"])))


def reduction_is_the_ratio(data: Data) -> Iterator[Change]:
    """A reduction of 54% for a hazard ratio of 0.54."""
    for result in ratios(data):
        if "reduction" in result:
            yield setting(result, reduction=like(100 * number(result["estimate"]), "1"))


def older_cut(data: Data) -> Iterator[Change]:
    """The interim figure called primary."""
    first = data["cuts"][0]["key"]
    for outcome, choice in data.get("primary", {}).items():
        has = {r["cut"] for r in data["results"] if r["outcome"] == outcome
               and r["assessment"] == choice["assessment"]}  # fmt: skip
        if choice["cut"] != first and first in has:
            yield setting(choice, cut=first)


def survival_digits(data: Data) -> Iterator[Change]:
    """Digits exchanged in a survival percentage."""
    for result in of_kind(data, "survival"):
        for arm in result["arms"].values():
            for text in exchanged(str(arm["percent"])):
                if Decimal(text) <= 100:
                    yield setting(arm, percent=Decimal(text))


def entered_twice(data: Data) -> Iterator[Change]:
    """The trial entered once more under another key; the original stays."""
    if data.get("registrations"):
        yield setting(data, key=f"{data['key']}-again", name=f"{data.get('name', '')} again")


MISTAKES = (
    Mistake("digits exchanged in a hazard ratio or its limits", digits_exchanged_in_interval),
    Mistake("decimal point of a hazard ratio or its limits", decimal_point),
    Mistake("limits exchanged", limits_exchanged),
    Mistake("80% or 90% interval called 95%", level_95),
    Mistake("95% interval called 90%", level_90),
    Mistake("hazard ratio inverted", ratio_inverted),
    Mistake("arms of a hazard ratio swapped", arms_swapped),
    Mistake("estimate of another cut with this interval", estimate_of_another_cut),
    Mistake("events of another cut", events_of_another_cut),
    Mistake("sidedness of p", sides_of_p),
    Mistake("digits of p", digits_of_p),
    Mistake("variance as standard error", se_is_a_variance),
    Mistake("standard deviation as standard error", se_is_a_deviation),
    Mistake("sign of O-E", sign_of_o_minus_e),
    Mistake("weeks as months", weeks_as_months),
    Mistake("decimal point of a median", median_decimal_point),
    Mistake("medians of the arms swapped", medians_swapped),
    Mistake("denominator of the other arm", n_of_the_other_arm),
    Mistake("digits of a percentage", percent_digits),
    Mistake("digits of a count", events_digits),
    Mistake("limit of a percentage", limit_of_percent),
    Mistake("level of the interval of a percentage", level_of_percent),
    Mistake("response and clinical benefit exchanged", response_and_benefit),
    Mistake("grades exchanged", grades_exchanged),
    Mistake("size of an arm", arm_size),
    Mistake("hazard ratio as reduction", reduction_is_the_ratio),
    Mistake("interim cut as primary", older_cut),
    Mistake("digits of a survival percentage", survival_digits),
    Mistake("trial entered twice", entered_twice),
)


def corrupted(records: dict[str, Data], how_many: int, seed: int) -> list[Corrupted]:
    """Records with one mistake each: every kind in turn, record and place drawn at random.

    A kind of which no record offers a chance is left out.

    Parameters
    ----------
    records : dict of str to dict
        Clean records by key.
    how_many : int
        How many mistakes to make.
    seed : int
        The same seed makes the same mistakes.
    """
    draw = random.Random(seed)
    keys, kinds = sorted(records), list(MISTAKES)
    made: list[Corrupted] = []
    while len(made) < how_many and kinds:
        for mistake in kinds[: how_many - len(made)]:
            case = _one(mistake, records, draw.sample(keys, len(keys)), draw)
            if case is None:
                kinds.remove(mistake)
            else:
                made.append(case)
    return made


def _one(
    mistake: Mistake, records: dict[str, Data], keys: list[str], draw: random.Random
) -> Corrupted | None:
    """The mistake in the first of the records that offers a chance to make it."""
    for key in keys:
        data = copy.deepcopy(records[key])
        ways = list(mistake.ways(data))
        if ways:
            draw.choice(ways)()
            return Corrupted(mistake.name, key, data)
    return None
