"""Every rule finds its example, says why, and is documented."""

import inspect
import re

import pytest

from metaonc.registry.audit import RULES
from metaonc.registry.audit.rule import SEVERITIES
from tests.registry.audit.examples import FOLDER, audited, example


def test_every_rule_has_an_example_and_every_example_a_rule():
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(RULES)


@pytest.mark.parametrize("code", RULES)
def test_a_rule_finds_its_example_and_no_other_error(code):
    audit = audited(example(code))
    assert code in {finding.code for finding in audit}
    other = {f.code for f in audit if f.severity != "note" and not f.waived} - {code}
    assert not other, [str(finding) for finding in audit]


@pytest.mark.parametrize("code", RULES)
def test_a_finding_says_what_is_wrong_and_what_to_do(code):
    finding = next(f for f in audited(example(code)) if f.code == code)
    assert str(finding).startswith("studies/")
    assert f"{code} {RULES[code].severity}: " in str(finding)
    assert str(finding).endswith(f"{RULES[code].remedy}.")
    assert not finding.message.endswith(".")
    assert "nan" not in finding.arithmetic
    assert "None" not in str(finding)


@pytest.mark.parametrize("code", RULES)
def test_a_rule_is_documented(code):
    rule = RULES[code]
    assert re.fullmatch(r"[A-Z]{2}\d{3}", code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert rule.severity in SEVERITIES
    said = inspect.getdoc(rule.check)
    assert said
    assert said.splitlines()[0].endswith(".")
    why, _, how = said.partition("\nNotes\n-----\n")
    assert len(why.split("\n\n")) > 1  # what it finds, and why that matters
    assert len(how.split()) > 5


def test_names_are_unique():
    assert len({rule.name for rule in RULES.values()}) == len(RULES)
