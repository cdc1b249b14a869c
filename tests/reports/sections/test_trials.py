"""Pages of trials: every number of a record stands on its page, with its state and its source."""

from __future__ import annotations

import re

import pytest

from metaonc.registry import Counts, HazardRatio
from metaonc.registry.records import Medians, Survival
from metaonc.reports.document import Link, Paragraph, anchors, links, page_text, plain_text, walk
from metaonc.reports.document.parts import Table
from metaonc.reports.sections import trial_page
from tests.reports.sections.shipped import (
    ANALYSES,
    PAGES,
    REGISTRY,
    TRIALS,
    WORDS,
    sections,
    states,
    tables,
)

AUDIT = REGISTRY.audit()
each_trial = pytest.mark.parametrize("key", TRIALS)


def numbers(result) -> list[str]:
    """Every number that a result prints, as the page must show it."""
    if isinstance(result, HazardRatio):
        return [
            str(x) for x in (result.estimate, result.low, result.high, result.p) if x is not None
        ]
    found = []
    for arm in result.arms.values():
        values = [getattr(arm, "events", None), getattr(arm, "n", None)]
        values += [getattr(arm, "percent", None), getattr(arm, "median", None), arm.low, arm.high]
        found += [str(value) for value in values if value is not None]
    if isinstance(result, Survival):
        found.append(str(result.months))
    return found


@each_trial
def test_the_row_of_a_result_prints_its_numbers_and_its_note(key):
    rows = {}
    for table in tables(PAGES[f"trials/{key}"]):
        for row in table.rows:
            said = [plain_text(cell) for cell in row]
            rows |= dict.fromkeys(anchors_of(row), said)
    for number, result in enumerate(TRIALS[key].results, start=1):
        assert isinstance(result, HazardRatio | Counts | Medians | Survival)
        text = "\n".join(rows[f"result-{number}"])
        assert not set(numbers(result)) - set(re.findall(r"\d+(?:\.\d+)?", text)), result
        assert result.note is None or result.note in text


def anchors_of(row) -> list[str]:
    """Places in the cells of a row."""
    return [
        part.name
        for cell in row
        for line in getattr(cell, "lines", (cell,))
        for part in (line if isinstance(line, tuple) else (line,))
        if hasattr(part, "name")
    ]


@each_trial
def test_every_status_is_said_in_words(key):
    trial, page = TRIALS[key], PAGES[f"trials/{key}"]
    found = sections(page)
    parts = [found[name] for name in ("results", "risk-of-bias") if name in found]
    marks = [states(row[-1]) for table in tables(*parts) for row in table.rows]
    judged = [one for each in trial.risk_of_bias for one in each.judgements().values()]
    assert len([one for one in marks if one]) == len(trial.results) + len(judged)
    awaiting = sum(result.awaits_confirmation() for result in trial.results)
    awaiting += sum(one.status == "unconfirmed" for one in judged)
    assert sum("awaiting" in one for one in marks) == awaiting
    assert ("No analysis takes this trial: " in WORDS[page.key]) == bool(trial.unusable)


@each_trial
def test_every_reference_and_every_analysis_is_linked(key):
    trial, page = TRIALS[key], PAGES[f"trials/{key}"]
    found = set(links(page))
    urls, pages, places = {way.url for way in found}, {way.page for way in found}, anchors(page)
    for reference in trial.references:
        assert f"reference-{reference.key}" in places
        assert reference.doi is None or f"https://doi.org/{reference.doi}" in urls
        assert reference.pmid is None or f"https://pubmed.ncbi.nlm.nih.gov/{reference.pmid}" in urls
    assert {f"analyses/{analysis.key}" for analysis in ANALYSES} <= pages


def test_the_figures_that_analyses_take_are_marked():
    page = PAGES["trials/bolero-2"]
    assert "Analyses take the figures at the final analysis of progression" in WORDS[page.key]
    assert "final analysis of progression primary" in WORDS[page.key]
    cells = [cell for table in tables(page) for row in table.rows for cell in row]
    marked = [cell for cell in cells if "Marked(text='primary', mark='primary')" in repr(cell)]
    assert marked


@each_trial
def test_the_audit_is_told_with_its_arithmetic_and_its_reason(key):
    text, findings = WORDS[f"trials/{key}"], AUDIT.of(key)
    for finding in findings:
        for said in (finding.code, finding.message, finding.arithmetic, finding.reason):
            assert said in text
    assert ("The audit found nothing" in text) == (not findings)


def test_a_level_keeps_its_decimals():
    trial = TRIALS["tamrad"]
    at = next(i for i, result in enumerate(trial.results) if isinstance(result, HazardRatio))
    odd = trial.results[at].model_copy(update={"level": "0.975"})
    results = (*trial.results[:at], odd, *trial.results[at + 1 :])
    changed = trial.model_copy(update={"results": results})
    page = trial_page(changed, REGISTRY.plan, ANALYSES)
    assert "(97.5% CI 0.36 to 0.81)" in page_text(page)


def test_the_overview_has_a_row_and_the_choices_of_every_trial():
    (table,) = [b for b in walk(PAGES["trials/index"].blocks) if isinstance(b, Table)]
    assert set(table.choices) <= set(table.head)
    assert table.searched
    assert len(table.rows) == len(TRIALS)
    for trial, row in zip(REGISTRY, table.rows, strict=True):
        assert row[0].lines[0] == Link(trial.name, page=f"trials/{trial.key}")
        assert all(arm.label in plain_text(row[0]) for arm in trial.arms)
        used = sum(
            trial.key in analysis.pooled.effects.columns["trial"]
            for analysis in ANALYSES
            if analysis.pooled
        )
        assert row[table.head.index("In analyses")] == (f"yes ({used})" if used else "no")


def test_characteristics_hold_every_study_or_its_reason():
    text = WORDS["trials/characteristics"]
    linked = {link.page for link in links(PAGES["trials/characteristics"])}
    for trial in REGISTRY:
        assert f"trials/{trial.key}" in linked
        if trial.unusable:
            assert trial.unusable in text
        else:
            assert trial.design.population in text
            for arm in trial.arms:
                assert all(treatment.drug in text for treatment in arm.treatments)
            for note in trial.notes:
                assert note in text


def test_what_a_record_says_is_text_and_nothing_else():
    """Markup of any format goes through the description unchanged; escaping is for writers."""
    odd = "<script>alert(1)</script> *a* `b` #c $d$ _e_ :role:`f` .. g:: \\h"
    trial = TRIALS["tamrad"].model_copy(update={"title": odd, "summary": odd, "notes": (odd,)})
    page = trial_page(trial, REGISTRY.plan, ANALYSES)
    assert page_text(page).count(odd) == 3
    assert Paragraph(odd, "lead") in page.blocks
