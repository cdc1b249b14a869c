"""Generated pages: every number of a record is on its page, and text is only text."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from docutils.core import publish_doctree
from docutils.utils import Reporter
from hypothesis import given
from hypothesis import strategies as st

import metaonc as mo
from metaonc.registry import Counts, HazardRatio, Question
from metaonc.registry.records import Medians, Survival
from metaonc.reports import Analysis, analyse
from metaonc.reports.pages import (
    alt_text,
    analysis_page,
    escape,
    figure_files,
    front,
    pages,
    trial_page,
    verdict,
)

REGISTRY = mo.load_registry()
ANALYSES = analyse(REGISTRY)
PAGES = pages(REGISTRY, ANALYSES)
AUDIT = REGISTRY.audit()
TRIALS = {trial.key: trial for trial in REGISTRY}
BY_KEY = {analysis.key: analysis for analysis in ANALYSES}


def read(text: str) -> str:
    """What plain reStructuredText says when it is read, without Sphinx."""
    quiet = {"report_level": Reporter.INFO_LEVEL, "halt_level": Reporter.SEVERE_LEVEL}
    document = publish_doctree(text, settings_overrides=quiet | {"warning_stream": ""})
    assert not list(document.findall(lambda node: node.tagname == "system_message"))
    return document.astext()


def test_there_is_a_page_for_every_trial_and_every_question():
    expected = {f"trials/{key}.rst" for key in ("index", *TRIALS)}
    expected |= {f"analyses/{question.key}.rst" for question in REGISTRY.questions}
    expected |= {"analyses/index.rst", "trials/characteristics.rst"}
    expected |= {f"references/{name}" for name in ("index.rst", "references.bib", "references.ris")}
    assert PAGES.keys() == expected


def test_the_same_records_give_the_same_text():
    assert pages(mo.load_registry(), analyse(mo.load_registry())) == PAGES


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


@pytest.mark.parametrize("key", TRIALS)
def test_a_trial_page_prints_every_number_of_its_record(key):
    text = PAGES[f"trials/{key}.rst"]
    words = set(re.findall(r"\d+(?:\.\d+)?", text))
    for result in TRIALS[key].results:
        assert isinstance(result, HazardRatio | Counts | Medians | Survival)
        assert not set(numbers(result)) - words, result
        assert result.note is None or escape(result.note) in text


@pytest.mark.parametrize("key", TRIALS)
def test_a_trial_page_marks_every_status_in_words(key):
    trial, text = TRIALS[key], PAGES[f"trials/{key}.rst"]
    results = text[text.index("\nResults\n") : text.index("\nReferences\n")]
    assert ("No analysis takes this trial: " in results) == bool(trial.unusable)
    cells = re.findall(r"^     - .*:(?:confirmed|awaiting):`", results, re.MULTILINE)
    judged = [one for each in trial.risk_of_bias for one in each.judgements().values()]
    assert len(cells) == len(trial.results) + len(judged)
    awaiting = [result.awaits_confirmation() for result in trial.results]
    awaiting += [one.status == "unconfirmed" for one in (*judged, *trial.risk_of_bias)]
    assert results.count(":awaiting:`awaiting confirmation`") == sum(awaiting)


@pytest.mark.parametrize("key", TRIALS)
def test_a_trial_page_links_every_reference_and_every_analysis(key):
    trial, text = TRIALS[key], PAGES[f"trials/{key}.rst"]
    for reference in trial.references:
        assert f".. _reference-{key}-{reference.key}:" in text
        assert reference.doi is None or f"https://doi.org/{reference.doi}>" in text
        assert (
            reference.pmid is None or f"https://pubmed.ncbi.nlm.nih.gov/{reference.pmid}>" in text
        )
    for analysis in ANALYSES:
        assert f"<../analyses/{analysis.key}>`" in text


def test_a_trial_page_marks_the_figures_that_analyses_take():
    text = PAGES["trials/bolero-2.rst"]
    assert "Analyses take the figures at the final analysis of progression" in text
    assert "| final analysis of progression :primary:`primary`" in text


@pytest.mark.parametrize("key", TRIALS)
def test_a_trial_page_says_what_the_audit_found_and_why_it_stands(key):
    text = PAGES[f"trials/{key}.rst"]
    findings = AUDIT.of(key)
    for finding in findings:
        assert escape(finding.code) in text
        assert escape(finding.message) in text
        assert escape(finding.reason) in text
    assert ("The audit found nothing" in text) == (not findings)


def test_the_registry_overview_has_a_row_and_the_choices_of_every_trial():
    text = PAGES["trials/index.rst"]
    head = text.split(":class: wide filterable")[1]
    choices = re.search(r'data-choices="([^"]+)"', text)
    assert choices is not None
    for column in choices[1].split(","):
        assert re.search(rf"^     - {column}$", head, re.MULTILINE), column
    rows = re.split(r"^   \* - ", head, flags=re.MULTILINE)[2:]
    assert len(rows) == len(TRIALS)
    for trial, row in zip(REGISTRY, rows, strict=True):
        assert row.startswith(f":doc:`{escape(trial.name)} <{trial.key}>`")
        used = sum(
            trial.key in analysis.pooled.effects.columns["trial"]
            for analysis in ANALYSES
            if analysis.pooled
        )
        assert f"- yes ({used})\n" in row if used else "- no\n" in row


def test_the_filters_ask_nobody_and_write_text_only():
    """Works from a file, without a server, and a name with markup in it stays a name."""
    script = (Path(__file__).parent.parent / "docs/_static/filter.js").read_text(encoding="utf-8")
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "http",
                 "fetch", "import", "XMLHttpRequest"):  # fmt: skip
        assert word not in script
    assert 'src="../../_static/filter.js"' in PAGES["trials/index.rst"]


def test_characteristics_hold_every_study_or_its_reason():
    text = PAGES["trials/characteristics.rst"]
    for trial in REGISTRY:
        assert f"<{trial.key}>`" in text
        if trial.unusable:
            assert escape(trial.unusable) in text
        else:
            assert escape(trial.design.population) in text
            for arm in trial.arms:
                assert all(escape(treatment.drug) in text for treatment in arm.treatments)
            for note in trial.notes:
                assert escape(note) in text


def test_the_references_are_numbered_and_linked():
    text = PAGES["references/index.rst"]
    library = REGISTRY.references()
    assert len(re.findall(r"^#\. ", text, re.MULTILINE)) == len(library)
    for entry in library:
        assert escape(entry.reference.citation) in text
        assert entry.reference.doi is None or f"<https://doi.org/{entry.reference.doi}>" in text
    assert PAGES["references/references.bib"] == library.bibtex()
    assert PAGES["references/references.ris"] == library.ris()


def test_a_level_keeps_its_decimals():
    trial = TRIALS["tamrad"]
    at = next(i for i, result in enumerate(trial.results) if isinstance(result, HazardRatio))
    odd = trial.results[at].model_copy(update={"level": "0.975"})
    results = (*trial.results[:at], odd, *trial.results[at + 1 :])
    changed = trial.model_copy(update={"results": results})
    assert "(97.5% CI 0.36 to 0.81)" in trial_page(changed, REGISTRY.plan, ANALYSES)


@pytest.mark.parametrize("key", BY_KEY)
def test_an_analysis_page_says_what_was_pooled_and_what_was_not(key):
    analysis, text = BY_KEY[key], PAGES[f"analyses/{key}.rst"]
    assert analysis.pooled is not None
    effects = analysis.pooled.effects
    assert escape(verdict(analysis.pooled)) in text
    for label, printed in zip(effects.labels, effects.columns["printed"], strict=True):
        assert escape(label) in text
        assert f"**{escape(printed)}**" in text
    for out in analysis.left_out:
        assert escape(out.reason) in text
    assert escape(analysis.pooled.methods()) in text
    assert f'mo.load_registry().effects("{key}")' in text
    assert f"$ metaonc pool {key}" in text


def test_an_analysis_page_shows_its_figures():
    analysis = BY_KEY["pfs"]
    assert figure_files(analysis) == (
        "figures/pfs.svg",
        "figures/pfs.pdf",
        "figures/pfs.html",
    )
    text = PAGES["analyses/pfs.rst"]
    assert ".. figure:: ../figures/pfs.svg" in text
    assert f":alt: {escape(alt_text(analysis))}" in text
    assert "<../figures/pfs.pdf>" in text
    assert "<../figures/pfs.html>" in text


def test_the_source_of_a_study_is_a_link():
    assert ":ref:`Yardley 2013 <reference-bolero-2-yardley-2013>`: " in PAGES["analyses/pfs.rst"]


def test_an_unanswered_question_has_a_page_with_the_reason():
    question = Question(key="qol", title="Quality of life", outcomes=("qol",), measure="HR")
    analysis = Analysis(question=question, result=None, reason="no trial reports it")
    text = analysis_page(REGISTRY, analysis)
    assert "Not pooled: no trial reports it." in text
    assert "figure::" not in text
    assert figure_files(analysis) == ()
    assert "no trial reports it" in front(analysis)
    both = pages(REGISTRY, [*ANALYSES, analysis])
    assert "not pooled: no trial reports it" in both["trials/tamrad.rst"]
    assert "no trial reports it" in both["analyses/index.rst"]


def test_why_studies_are_not_grouped_is_a_note():
    analysis = replace(BY_KEY["cbr"], reason="not grouped by line: TAMRAD has none")
    assert "* Not grouped by line: TAMRAD has none" in analysis_page(REGISTRY, analysis)


def test_the_front_page_says_the_result_and_describes_the_figure():
    text = front(BY_KEY["pfs"])
    result = BY_KEY["pfs"].pooled
    assert result is not None
    assert text.count(escape(verdict(result))) == 2  # in the sentence and in the alt text
    assert ".. figure:: generated/figures/pfs.svg" in text


TEXTS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=60
)


@given(text=TEXTS)
def test_escaped_text_reads_as_it_was_written(text):
    assert " ".join(read(escape(text)).split()) == " ".join(text.split())


@pytest.mark.parametrize(
    "text",
    [
        "P < .0001*",
        "BOLERO2_1 and link_",
        "`code` |bar| *stress*",
        "1. first",
        "A. Author",
        "(i) roman",
        "- item",
        "::",
        "ends with::",
        ".. comment",
        ":field: body",
        ">>> prompt",
        r"back\slash",
        "https://example.org/a_b",
    ],
)
def test_marks_of_the_format_are_only_text(text):
    assert read(escape(text)) == text
