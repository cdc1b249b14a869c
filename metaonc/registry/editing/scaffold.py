"""The text of a record that is still to be filled in: `metaonc new`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from metaonc.errors import Problem, RecordError
from metaonc.registry.editing.text import format_text
from metaonc.registry.editing.tree import quoted
from metaonc.registry.identifiers import registration_fault
from metaonc.registry.plan import Plan

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*")
_TIME_TO_EVENT = re.compile(r"(pfs|ttp|os|dfs|idfs|efs|rfs|ddfs|time-to-.*|.*-free-survival)")

HEAD = """\
#:schema ./trial.schema.json

# A new record. Editors that know TOML schemas (VS Code with "Even Better TOML", PyCharm, Helix)
# complete its fields and explain them. Fill in what is empty, give every number the digits that
# are printed (0.70 stays 0.70), say where each stands, and delete what you do not need.
# `metaonc check` then says what is missing or does not add up, `metaonc fmt` tidies.

"""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What is known of a trial before anything is typed.

    Attributes
    ----------
    key : str
        The record's key: the name of its file.
    name : str, default ""
        The name people use.
    arms : sequence of str, default ("experimental", "control")
        Keys of the arms; the last of several is the control.
    outcomes : sequence of str, default ("pfs", "os")
        Keys of the outcomes that the trial reports.
    registrations : sequence of str, default ()
        Registration numbers.
    """

    key: str
    name: str = ""
    arms: Sequence[str] = ("experimental", "control")
    outcomes: Sequence[str] = ("pfs", "os")
    registrations: Sequence[str] = ()


def draft_record(draft: Draft, plan: Plan | None = None) -> str:
    """A record to be filled in, with comments that explain; in the normal form.

    Every place that is still empty is one that ``metaonc check`` names.

    Parameters
    ----------
    draft : Draft
        What is known of the trial.
    plan : Plan, optional
        The review plan of the folder: an outcome that one of its questions asks for as a hazard
        ratio is reported as one. Otherwise the names of outcomes decide.

    Raises
    ------
    RecordError
        If a key or a registration number has not its form, or one is named twice.
    """
    _check(draft)
    text = HEAD + "\n".join(_lines(draft, plan)) + "\n"
    return format_text(text, f"{draft.key}.toml")


def _check(draft: Draft) -> None:
    named = [("key", draft.key), *(("arms", key) for key in draft.arms)]
    named += [("outcomes", key) for key in draft.outcomes]
    for field, key in named:
        if not _KEY.fullmatch(key):
            rule = "is not a key"
            remedy = "use lower case letters, digits, hyphens and underscores, e.g. bolero-2"
            raise RecordError([_problem(draft, field, key, rule, remedy)])
    for field, keys in (("arms", draft.arms), ("outcomes", draft.outcomes)):
        if not keys:
            rule, remedy = "is empty", "name at least one, e.g. everolimus,control or pfs,os"
            raise RecordError([_problem(draft, field, "", rule, remedy)])
    for number in draft.registrations:
        fault = registration_fault(number)
        if fault:
            raise RecordError([_problem(draft, "registrations", number, *fault)])
    for field, keys in (("arms", draft.arms), ("outcomes", draft.outcomes)):
        twice = [key for i, key in enumerate(keys) if key in keys[:i]]
        if twice:
            remedy = "give each its own key"
            raise RecordError([_problem(draft, field, twice[0], "is named twice", remedy)])


def _problem(draft: Draft, field: str, value: str, rule: str, remedy: str) -> Problem:
    return Problem(
        file=f"{draft.key}.toml", field=field, value=repr(value), rule=rule, remedy=remedy
    )


def _lines(draft: Draft, plan: Plan | None) -> Iterator[str]:
    numbers = ", ".join(map(quoted, draft.registrations))
    randomised = len(draft.arms) > 1
    yield f"""\
key = "{draft.key}"
name = {quoted(draft.name)}  # the name people use
registrations = [{numbers}]
summary = ""  # one or two sentences for a reader who does not know the trial
notes = []  # what a reader should know, a sentence each

# What subgroups and moderators go by.
[attributes]
agent = ""

[design]
phase = "not stated"
allocation = "{"randomised" if randomised else "single-arm"}"
masking = "not stated"
setting = "advanced"
population = ""  # who was treated, in a sentence
source = {{ reference = "main", where = "" }}  # where: abstract, a table, a page
status = "unconfirmed"  # confirmed: somebody saw it there
"""
    for i, arm in enumerate(draft.arms):
        yield from _arm(arm, control=randomised and i == len(draft.arms) - 1, first=i == 0)
    yield """\
# The states of follow-up that are reported, oldest first.
[[cuts]]
key = "main"
label = "published analysis"

[[references]]
key = "main"  # e.g. baselga-2012; what `reference` above and below names
kind = "article"
citation = ""  # Baselga J, Campone M, et al. Title. N Engl J Med 2012;366(6):520-9.
# year =
# doi = "10."
# pmid =
status = "unconfirmed"
"""
    for outcome in draft.outcomes:
        yield from _results(outcome, draft.arms, plan)


def _arm(key: str, *, control: bool, first: bool) -> Iterator[str]:
    known = "" if key in ("experimental", "control", "placebo") else key
    yield f"""\
[[arms]]
key = "{key}"
role = "{"control" if control else "experimental"}"
label = {quoted(known.capitalize())}{"  # what tables and figures call the arm" if first else ""}
# n = {"   # patients allocated to it" if first else ""}
source = {{ reference = "main", where = "" }}
status = "unconfirmed"
treatments = [{{ drug = "{known}" }}]{'  # also: dose = "10 mg", schedule = "daily"' * first}
"""


def _results(outcome: str, arms: Sequence[str], plan: Plan | None) -> Iterator[str]:
    time_to_event = _is_time_to_event(outcome, plan)
    label = plan.outcomes[outcome].label if plan and outcome in plan.outcomes else outcome
    yield f"# {label} ".ljust(97, "-") + "\n"
    origin = 'source = { reference = "main", where = "" }\nstatus = "unconfirmed"\n'
    about = f'outcome = "{outcome}"\ncut = "main"\nassessment = "not stated"\n'
    *experimental, control = arms
    if time_to_event:
        for arm in experimental:
            yield f"""\
[[results]]
kind = "hazard_ratio"
{about}experimental = "{arm}"
control = "{control}"
# estimate =
# low =
# high =
# level = 0.95  # of the interval, as printed; never assumed
# p =
# p_sides =     # 1 or 2; goes with p
{origin}"""
    kind = "medians" if time_to_event else "counts"
    figures = "median = , low = , high = , level = 0.95" if time_to_event else "events = , n ="
    yield f'[[results]]\nkind = "{kind}"\n{about}{origin}\n[results.arms]\n' + "".join(
        f"# {arm} = {{ {figures} }}\n" for arm in arms
    )


def _is_time_to_event(outcome: str, plan: Plan | None) -> bool:
    questions = plan.questions if plan else ()
    asked = [question for question in questions if outcome in question.outcomes]
    if asked:
        return any(question.measure == "HR" for question in asked)
    return bool(_TIME_TO_EVENT.fullmatch(outcome))
