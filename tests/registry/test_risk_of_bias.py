"""Judgements of the risk of bias: the tools' algorithms, and whose results they are about."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import metaonc as mo
from metaonc.registry.editing import format_text
from metaonc.registry.records import NonRandomisedBias, RandomisedBias
from metaonc.reports.document import Paragraph, Section, Table, plain_text, walk
from metaonc.reports.sections import trial_page
from tests.registry import RECORD, changed, read
from tests.registry.test_rules import judged

SOURCE = {"reference": "paper", "where": "methods"}
ORIGIN = {"reason": "Said so.", "source": SOURCE, "status": "confirmed"}
ROB2 = ("low", "some concerns", "high")
ROBINS = ("low", "moderate", "serious", "critical")


def assessed(kind, words, **more):
    """An assessment with these words for its domains, one after the other."""
    domains = {
        name: {"judgement": word} | ORIGIN for name, word in zip(kind.domains, words, strict=True)
    }
    tool = "RoB 2" if kind is RandomisedBias else "ROBINS-I"
    about = {"tool": tool, "outcome": "pfs", "overall": "low", "judged_by": "Nobody"}
    return kind.model_validate(about | domains | more)


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        ("low low low low low", ("low",)),
        ("low low some low low", ("some concerns",)),
        ("some low some low low", ("some concerns", "high")),
        ("some high some low low", ("high",)),
        ("low low low low high", ("high",)),
    ],
)
def test_rob_2_as_in_table_1_of_sterne_2019(words, allowed):
    said = [word.replace("some", "some concerns") for word in words.split()]
    assert assessed(RandomisedBias, said).allowed_overall() == allowed


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        ("low low low low low low low", ("low",)),
        ("low low low moderate low low low", ("moderate",)),
        ("moderate low low moderate low low low", ("moderate", "serious")),
        ("moderate low low serious low low low", ("serious",)),
        ("serious low low serious low low low", ("serious", "critical")),
        ("serious critical low critical low low low", ("critical",)),
        ("serious low ni low low low low", ("serious",)),
        ("moderate low ni low low low low", ("moderate", "no information")),
        ("ni ni ni ni ni ni ni", ("no information",)),
    ],
)
def test_robins_i_as_in_table_2_of_sterne_2016(words, allowed):
    said = [word.replace("ni", "no information") for word in words.split()]
    assert assessed(NonRandomisedBias, said).allowed_overall() == allowed


@given(words=st.lists(st.sampled_from(ROB2), min_size=5, max_size=5), worse=st.integers(0, 4))
def test_a_worse_domain_never_makes_rob_2_better(words, worse):
    before = assessed(RandomisedBias, words).allowed_overall()[0]
    step = min(ROB2.index(words[worse]) + 1, 2)
    words[worse] = ROB2[step]
    after = assessed(RandomisedBias, words).allowed_overall()[0]
    assert ROB2.index(after) >= ROB2.index(before)


@given(words=st.lists(st.sampled_from(ROBINS), min_size=7, max_size=7))
def test_robins_i_is_at_least_as_severe_as_its_worst_domain(words):
    allowed = assessed(NonRandomisedBias, words).allowed_overall()
    assert allowed[0] == max(words, key=ROBINS.index)


def test_an_assessment_is_confirmed_once_every_domain_is():
    found = assessed(RandomisedBias, ["low"] * 5)
    assert found.status == "confirmed"
    open_ = found.measurement.model_copy(update={"status": "unconfirmed"})
    assert found.model_copy(update={"measurement": open_}).status == "unconfirmed"


def test_the_closest_assessment_is_taken(tmp_path: Path):
    trial = read(
        tmp_path,
        judged("measurement = some concerns", "overall = some concerns"),
        judged("assessment = central"),
    )
    assert trial.bias_of("pfs", "investigator").overall == "some concerns"
    assert trial.bias_of("pfs", "central").overall == "low"
    assert trial.bias_of("cbr", "investigator") is None


def test_a_missing_domain_and_an_unknown_word_are_named(tmp_path: Path):
    missing = read(tmp_path, judged(), ("[risk_of_bias.measurement]", "[risk_of_bias.measurment]"))
    assert [str(problem) for problem in missing] == [
        "demo.toml: demo: risk of bias 1 (RoB 2, pfs).measurement is required and missing; add it.",
        "demo.toml: demo: risk of bias 1 (RoB 2, pfs).measurment is not a known field; remove it "
        "or correct its name (did you mean `measurement`?).",
    ]
    (word,) = read(tmp_path, judged("deviations = moderate"))
    assert str(word) == (
        "demo.toml: demo: risk of bias 1 (RoB 2, pfs).deviations.judgement = 'moderate' is not a "
        "value this field may have; use one of: 'low', 'some concerns' or 'high'."
    )


def test_a_tool_is_needed_and_known(tmp_path: Path):
    (unknown,) = read(tmp_path, judged("tool = QUADAS"))
    assert str(unknown) == (
        "demo.toml: demo: risk of bias 1 (QUADAS, pfs).tool = 'QUADAS' is not a value this field "
        "may have; use one of: 'RoB 2', 'ROBINS-I'."
    )
    (none,) = read(tmp_path, judged(), ('tool = "RoB 2"\n', ""))
    assert str(none) == (
        "demo.toml: demo: risk of bias 1 (?, pfs).tool is required and missing; use RoB 2 or "
        "ROBINS-I."
    )


def test_the_normal_form_keeps_an_assessment(tmp_path: Path):
    text = changed(RECORD, judged())
    once = format_text(text, "demo.toml")
    assert format_text(once, "demo.toml") == once
    assert once.index("[[risk_of_bias]]") > once.index("[[results]]")
    assert '[risk_of_bias.measurement]\njudgement = "low"\nreason = "Said so."\nsource = {' in once


def test_shipped_judgements_are_provisional_and_say_so():
    judgements = [(trial.key, each) for trial in mo.load_registry() for each in trial.risk_of_bias]
    assert {key for key, _ in judgements} == {
        *("tamrad", "bolero-2", "pre0102", "bolero-5", "miracle", "leo", "manta"),
        "sapanisertib-fulvestrant",
    }
    for _, each in judgements:
        assert each.status == "unconfirmed"
        assert each.note.startswith("Provisional: ")
        assert "not from full papers" in each.judged_by
        assert all(domain.reason.endswith(".") for domain in each.judgements().values())


def test_effects_carry_the_judgements_of_their_own_outcome():
    registry = mo.load_registry()
    pfs, survival = registry.effects("pfs"), registry.effects("os")
    overall = dict(zip(pfs.labels, pfs.columns["bias_overall"], strict=True))
    assert overall["TAMRAD 2012"] == "high"  # time to progression, by investigators, open-label
    assert overall["HORIZON 2013"] == "not judged"
    by_label = dict(zip(survival.labels, survival.columns["bias_measurement"], strict=True))
    assert by_label["TAMRAD 2012"] == "low"
    central = registry.effects("pfs", trial="bolero-2", assessment="central")
    assert "Patients whom" in registry["bolero-2"].bias_of("pfs", "central").missing_data.reason
    assert central.columns["bias_status"] == ("unconfirmed",)
    assert not any(name.startswith("bias") for name in registry.effects("stomatitis").columns)


def test_a_trial_page_lists_every_judgement_with_its_reason():
    registry = mo.load_registry()
    page = trial_page(registry["tamrad"], registry.plan, ())
    (found,) = (b for b in page.blocks if isinstance(b, Section) and b.title == "Risk of bias")
    blocks = list(walk(found.blocks))
    said = [plain_text(block.line) for block in blocks if isinstance(block, Paragraph)]
    assert any("overall: high (awaiting confirmation)" in text for text in said)
    reasons = [row[2] for block in blocks if isinstance(block, Table) for row in block.rows]
    assert reasons.count("Death needs no judgement by an assessor.") == 1


def test_studies_are_grouped_by_their_risk_of_bias():
    found = mo.subgroups(mo.load_registry().effects("pfs"), by="bias_overall")
    assert {name: group.k for name, group in found.groups.items()} == {
        "some concerns": 4,
        "high": 1,
        "not judged": 1,
    }
