"""Identifiers: the forms that are taken, and the sentence for those that are not."""

import pytest
from pydantic import TypeAdapter, ValidationError

from metaonc.registry.identifiers import (
    REGISTERS,
    Doi,
    Pmcid,
    Pmid,
    Registration,
    register_of,
    registration_url,
)
from metaonc.registry.loading import read_trial, shipped_studies
from metaonc.registry.schema import schema

KINDS = {"registration": Registration, "doi": Doi, "pmcid": Pmcid, "pmid": Pmid}


@pytest.mark.parametrize("register", REGISTERS, ids=lambda register: register.name)
def test_each_register_knows_its_own_numbers_and_no_other_does(register):
    assert register_of(register.example) == register
    assert TypeAdapter(Registration).validate_python(register.example) == register.example
    for wrong in (f"{register.example}0X", f" {register.example}", register.example[:-2]):
        assert register_of(wrong) is None or register.name.startswith("Netherlands")


@pytest.mark.parametrize(
    ("kind", "value", "rule", "remedy"),
    [
        ("registration", "NCT 01298713", "is not the form of its register", "write NCT01298713"),
        ("registration", "nct01298713", "is not the form of its register", "write NCT01298713"),
        (
            "registration",
            "EudraCT 2012-003065-17",
            "is not the form of its register",
            "write 2012-003065-17",
        ),
        (
            "registration",
            "NCT0129871",
            "does not have the form of a number of ClinicalTrials.gov",
            "look it up again; such a number looks like NCT01298713",
        ),
        (
            "registration",
            "S1207",
            "is not a number of a trial register that metaonc knows",
            "write it as the register does, e.g. NCT01298713, 2012-003065-17 or ISRCTN12345678; "
            "a sponsor's or group's own code belongs under also_known_as",
        ),
        (
            "doi",
            "https://doi.org/10.1200/JCO.2011.39.0708.",
            "is not the form of a DOI",
            "write 10.1200/JCO.2011.39.0708",
        ),
        ("doi", "JCO.2011", "is not the form of a DOI", "write it as 10.1200/JCO.2011.39.0708"),
        ("pmcid", "4000187", "is not the form of a PMCID", "write PMC4000187"),
        (
            "pmid",
            225650021,
            "is too long for a PMID",
            "look it up again; a PMID has at most 8 digits",
        ),
    ],
)
def test_what_has_not_the_form_is_answered_with_the_form(kind, value, rule, remedy):
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(KINDS[kind]).validate_python(value)
    (error,) = raised.value.errors()
    assert (error["ctx"]["rule"], error["ctx"]["remedy"]) == (rule, remedy)


def test_a_record_names_the_field_and_the_value(tmp_path):
    text = (shipped_studies() / "tamrad.toml").read_text(encoding="utf-8")
    path = tmp_path / "tamrad.toml"
    path.write_text(text.replace('"NCT01298713"', '"NCT1298713"'), encoding="utf-8")
    (problem,) = read_trial(path, "tamrad.toml")
    assert str(problem) == (
        "tamrad.toml: tamrad: registration 1 = 'NCT1298713' does not have the form of a number of "
        "ClinicalTrials.gov; look it up again; such a number looks like NCT01298713."
    )


def test_addresses_are_those_of_the_registers():
    assert registration_url("NCT01298713") == "https://clinicaltrials.gov/study/NCT01298713"
    assert registration_url("UMIN000001234") == ""
    assert registration_url("S1207") == ""


def test_editors_know_the_forms():
    properties = schema("trial")["properties"]
    assert "NCT" in properties["registrations"]["items"]["pattern"]
