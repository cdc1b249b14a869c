"""A page per rule of the audit, made from the rule itself, its example, and what it finds today."""

from __future__ import annotations

import inspect
import re
from typing import NamedTuple

from rst import bullets, escape, section, table

import metaonc as mo
from metaonc.registry.audit import RULES, Finding
from metaonc.registry.audit.rule import SEVERITIES, RegistryRule, TrialRule
from metaonc.registry.rules import BY_CODE
from tests.registry.audit.examples import audited, example
from tests.registry.audit.measure import OUTCOMES, measured, shipped, simulated

AnyRule = TrialRule | RegistryRule
FAMILIES = {
    "CI": "Intervals of hazard ratios",
    "PV": "P values",
    "EV": "Events",
    "CT": "Counts and percentages",
    "MD": "Medians and survival",
    "CO": "Contrasts, subgroups and models",
    "DU": "Patients twice",
    "SE": "What analyses take",
    "SO": "Sources",
    "PO": "Published pooled results",
    "RB": "Judgements of the risk of bias",
    "WA": "Waivers",
}
_WORDS = {"error": "cannot be right", "warning": "doubtful", "note": "for the reader to know"}


class Told(NamedTuple):
    """A rule's documentation, by part."""

    summary: str
    why: str
    how: str
    sources: str


def audit_pages(registry: mo.Registry) -> dict[str, str]:
    """The pages and the parts that handwritten pages include."""
    found = registry.audit().findings
    texts = {
        f"audit/{code}.rst": rule_page(rule, [f for f in found if f.code == code])
        for code, rule in RULES.items()
    }
    return texts | {
        "parts/audit-rules.txt": _families(),
        "parts/audit-form.txt": _form(),
        "parts/audit-measured.txt": _measured(),
    }


def told(rule: AnyRule) -> Told:
    """Take a rule's docstring apart."""
    text = inspect.getdoc(rule.check) or ""
    body, _, sources = text.partition("\nReferences\n----------\n")
    body, _, how = body.partition("\nNotes\n-----\n")
    summary, _, why = body.partition("\n")
    return Told(*(_literal(part.strip()) for part in (summary, why, how, sources)))


def _literal(text: str) -> str:
    """Single backticks are words of a record here, as in every docstring of the package."""
    marked = r":[a-z]+:`[^`]*`|``[^`]*``|`([^`]+)`"
    said = re.sub(marked, lambda m: f"``{m[1]}``" if m[1] else m[0], text)
    return re.sub(r"\b[A-Z]{2}\d{3}\b", _link, said)


def _link(code: re.Match[str]) -> str:
    """Another rule's code as a link to its page."""
    return f":ref:`{code[0]} <audit-{code[0]}>`" if code[0] in RULES else code[0]


def rule_page(rule: AnyRule, findings: list[Finding]) -> str:
    """One rule: what it finds, why that matters, how it is computed, an example, what to do."""
    said, title = told(rule), f"{rule.code} {rule.name}"
    head = [
        f".. _audit-{rule.code}:",
        f"{title}\n{'=' * len(title)}",
        f"**{rule.severity.capitalize()}** ({_WORDS[rule.severity]}): {said.summary}",
        said.why,
    ]
    parts = [
        section("How it is computed", said.how),
        section("Sources", said.sources),
        section("Example", *_example(rule)),
        section("What to do", f"{rule.remedy[0].upper()}{rule.remedy[1:]}.", _waiver(rule)),
        section("In the records of this review", _found(findings)),
    ]
    return "\n\n".join(part for part in [*head, *parts] if part) + "\n"


def _example(rule: AnyRule) -> list[str]:
    text = example(rule.code)
    finding = next(f for f in audited(text) if f.code == rule.code)
    say, _, record = text.partition("\n\n")
    return [
        escape(say.removeprefix("# ")),
        _block("toml", record.strip()),
        "Sources and status are left out here. ``metaonc check`` says:",
        _block("text", str(finding)),
    ]


def _block(language: str, text: str) -> str:
    body = "\n".join(f"   {line}".rstrip() for line in text.splitlines())
    return f".. code-block:: {language}\n   :class: wrapped\n\n{body}"


def _waiver(rule: AnyRule) -> str:
    if rule.severity == "note" or rule.code.startswith("WA"):
        return ""
    waiver = f'[[waivers]]\nrule = "{rule.code}"\nresult = 1\nreason = "..."'
    return f"Where the figure stands all the same, the record says why:\n\n{_block('toml', waiver)}"


def _found(findings: list[Finding]) -> str:
    """What the rule finds in the shipped records; the reason where it is waived."""
    if not findings:
        return "Nothing."
    said = []
    for finding in findings:
        where = f":doc:`../trials/{finding.trial}`: " if finding.trial else ""
        end = f" Waived: {escape(finding.reason)}" if finding.waived else ""
        said.append(f"{where}{escape(finding.message)}.{end}")
    return bullets(said)


def _families() -> str:
    parts = []
    for family, title in FAMILIES.items():
        rows = [
            (f":ref:`{code} <audit-{code}>`", rule.name, rule.severity, told(rule).summary)
            for code, rule in RULES.items()
            if code.startswith(family)
        ]
        parts.append(section(title, table(("Code", "Name", "Severity", "What it finds"), rows)))
    ordered = [code for family in FAMILIES for code in RULES if code.startswith(family)]
    toctree = "\n".join(f"   ../generated/audit/{code}" for code in ordered)
    return "\n\n".join([*parts, f".. toctree::\n   :hidden:\n\n{toctree}"]) + "\n"


def _form() -> str:
    rows = [
        (f"``{code}``", (inspect.getdoc(rule) or "").partition("\n")[0])
        for code, rule in BY_CODE.items()
    ]
    first = ("``RE000``", "The file is TOML in UTF-8, and every field has a value of its type.")
    return table(("Code", "What must hold"), [first, *rows]) + "\n"


def _measured() -> str:
    """Recall by kind of mistake, false alarms, severities."""
    made = {"simulated": measured(simulated()), "shipped": measured(shipped())}
    severities = {name: sum(r.severity == name for r in RULES.values()) for name in SEVERITIES}
    counted = ", ".join(f"{number} {name}s" for name, number in severities.items())
    clean = [
        (
            name.capitalize(), str(of["clean"]["records"]), str(of["clean"]["results"]),
            str(of["clean"]["alarms"]), str(of["clean"]["waived"]), str(of["clean"]["notes"]),
        )
        for name, of in made.items()
    ]  # fmt: skip
    rows = [
        (
            name.capitalize(), str(of["corruptions"]),
            f"{of['found']} ({100 * of['found'] / of['corruptions']:.1f}%)",
            *(str(of["outcomes"][outcome]) for outcome in OUTCOMES),
        )
        for name, of in made.items()
    ]  # fmt: skip
    kinds = [
        (escape(kind), *(_caught(made[name]["by_kind"][kind]) for name in made))
        for kind in made["simulated"]["by_kind"]
    ]
    return "\n\n".join(
        [
            f"The audit has {len(RULES)} rules ({counted}).",
            section(
                "False alarms on clean records",
                table(("Records", "How many", "Results", "False alarms", "Waived", "Notes"), clean),
            ),
            section(
                "Mistakes found",
                table(
                    ("Records", "Mistakes", "Found", "Refused", "Error", "Warning",
                     "Note only", "Missed"),
                    rows,
                ),
            ),
            section(
                "By kind of mistake",
                "Found of those made.",
                table(("Mistake", "Simulated records", "Shipped records"), kinds),
            ),
        ]
    ) + "\n"  # fmt: skip


def _caught(found: dict[str, int]) -> str:
    made = sum(found.values())
    return f"{made - found['missed'] - found['note']} of {made}" if made else ""
