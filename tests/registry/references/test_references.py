"""References in and out: what independent readers of BibTeX and RIS find in what is written."""

import re

import bibtexparser
import pytest
import rispy
from bibtexparser.middlewares import LatexDecodingMiddleware
from hypothesis import given
from hypothesis import strategies as st

import metaonc as mo
from metaonc.registry.parts import Reference
from metaonc.registry.references import Entry, References, read_citation, references_of
from metaonc.registry.references.bibtex import escape

LIBRARY = mo.load_registry().references()


def from_bibtex(text: str, *, verbatim: bool = False) -> dict[str, dict[str, str]]:
    """The fields of each entry by its key, with LaTeX decoded unless it is to stay."""
    decoding = [] if verbatim else [LatexDecodingMiddleware()]
    found = bibtexparser.parse_string(text, append_middleware=decoding)
    assert not found.failed_blocks
    return {
        entry.key: {name: str(field.value) for name, field in entry.fields_dict.items()}
        for entry in found.entries
    }


def from_ris(text: str) -> dict[str, dict]:
    return {entry["id"]: entry for entry in rispy.loads(text)}


def test_each_publication_is_listed_once_with_every_trial_that_names_it():
    keys = [entry.key for entry in LIBRARY]
    assert len(set(keys)) == len(keys)
    rotundo = next(entry for entry in LIBRARY if entry.reference.key == "rotundo-2016")
    trials = [
        trial.name
        for trial in mo.load_registry()
        if any(ref.doi == "10.18632/oncotarget.7446" for ref in trial.references)
    ]
    assert list(rotundo.trials) == trials
    listed = sum(len(trial.references) for trial in mo.load_registry())
    assert len(LIBRARY) < listed


def test_bibtex_says_what_the_citations_say():
    found = from_bibtex(LIBRARY.bibtex())
    assert list(found) == [entry.key for entry in LIBRARY]
    for entry in LIBRARY:
        fields, said = found[entry.key], entry.citation
        assert fields.get("doi") == entry.reference.doi
        assert fields.get("title", "").strip("{}") == said.title
        assert fields.get("journal", "") == said.journal
        assert fields["year"] == str(entry.reference.year)
        assert len(fields.get("author", "").split(" and ")) >= len(said.authors)


def test_ris_says_what_the_citations_say():
    found = from_ris(LIBRARY.ris())
    assert list(found) == [entry.key for entry in LIBRARY]
    for entry in LIBRARY:
        fields, said = found[entry.key], entry.citation
        assert fields.get("doi") == entry.reference.doi
        assert fields.get("title", "") == said.title
        assert fields.get("secondary_title", "") == said.journal
        assert fields["year"] == str(entry.reference.year)
        assert fields["keywords"] == list(entry.trials)


TAMRAD = """\
@article{bachelot-2012,
  author = {Bachelot, T. and Bourgier, C. and Cropet, C. and others},
  title = {{Randomized phase II trial of everolimus in combination with tamoxifen in patients with \
hormone receptor-positive, human epidermal growth factor receptor 2-negative metastatic breast \
cancer with prior exposure to aromatase inhibitors: a GINECO study}},
  journal = {J Clin Oncol},
  year = {2012},
  volume = {30},
  number = {22},
  pages = {2718--2724},
  doi = {10.1200/JCO.2011.39.0708},
  pmid = {22565002},
  keywords = {TAMRAD},
}
"""


def test_an_article_by_example():
    (entry,) = (one for one in LIBRARY if one.key == "bachelot-2012")
    only = References((entry,))
    assert only.bibtex() == TAMRAD
    assert only.ris().splitlines()[:6] == [
        "TY  - JOUR",
        "ID  - bachelot-2012",
        "AU  - Bachelot, T.",
        "AU  - Bourgier, C.",
        "AU  - Cropet, C.",
        "TI  - Randomized phase II trial of everolimus in combination with tamoxifen in patients "
        "with hormone receptor-positive, human epidermal growth factor receptor 2-negative "
        "metastatic breast cancer with prior exposure to aromatase inhibitors: a GINECO study",
    ]
    assert only.text() == (
        f"1. {entry.reference.citation} doi:10.1200/JCO.2011.39.0708. PMID 22565002.\n"
    )


TITLES = st.text(
    st.characters(codec="utf-8", categories=("L", "N"), include_characters=" .,{}\\%$&#_~^"),
    min_size=1,
    max_size=40,
)


def published(**parts) -> Entry:
    given = {"key": "x", "kind": "article", "year": 2020, "status": "confirmed"} | parts
    return Entry("x", Reference(**given), ("A & B",))


@given(title=TITLES)
def test_any_citation_survives_both_formats(title):
    entry = published(citation=title, doi="10.1000/a_b%c")
    said = entry.citation
    bib = from_bibtex(References((entry,)).bibtex())["x"]
    assert bib["keywords"] == "A & B"
    # The parser reads \textasciicircum as a look-alike of the caret.
    caret = str.maketrans("\N{MODIFIER LETTER CIRCUMFLEX ACCENT}", "^")
    assert bib.get("title", "").translate(caret) == " ".join(said.title.split()).translate(caret)
    assert from_bibtex(References((entry,)).bibtex(), verbatim=True)["x"]["doi"] == "10.1000/a_b%c"
    ris = from_ris(References((entry,)).ris())["x"]
    assert ris.get("title", "") == " ".join(said.title.split())


@given(text=TITLES)
def test_escaped_text_is_one_balanced_argument_of_latex(text):
    found = escape(text)
    bare = re.sub(r"\\(textbackslash|textasciitilde|textasciicircum)\{\}|\\[&%$#_{}]", "", found)
    assert not set(bare) & set("\\{}&%$#_~^")


@pytest.mark.parametrize(
    ("citation", "expected"),
    [
        ("Cazzaniga, et al. Oncotarget 2018;9:31877-87 (patients aged 65 or older).",
         (("Cazzaniga",), True, "", "Oncotarget", "9", "", "31877", "31887")),
        ("Pritchard KI, Burris HA 3rd, Ito Y, et al. Safety. Clin Breast Cancer 2013;13(6):421.",
         (("Pritchard KI", "Burris HA 3rd", "Ito Y"), True, "Safety", "Clin Breast Cancer", "13",
          "6", "421", "")),
        ("Correction. Oncotarget 2018;9:36720-21.",
         ((), False, "Correction", "Oncotarget", "9", "", "36720", "36721")),
        ("MANTA. Barts Cancer Institute, trial portfolio.",
         ((), False, "MANTA. Barts Cancer Institute, trial portfolio", "", "", "", "", "")),
        ("Is it so? A question. Ann Oncol 2019;30(suppl 5):v104-v142.",
         ((), False, "Is it so? A question", "Ann Oncol", "30", "suppl 5", "v104", "v142")),
    ],
)  # fmt: skip
def test_citations_of_many_forms(citation, expected):
    said = read_citation(citation)
    assert (
        said.authors, said.more_authors, said.title, said.journal, said.volume, said.issue,
        said.first_page, said.last_page,
    ) == expected  # fmt: skip


def test_what_nobody_has_seen_is_said():
    entry = published(citation="Baselga, et al. (title not seen).", status="unconfirmed")
    assert entry.notes == ("title not seen", "bibliographic details unconfirmed")
    assert "note = {title not seen; bibliographic details unconfirmed}" in (
        References((entry,)).bibtex()
    )


def test_publications_meet_by_any_identifier_and_keep_the_fullest_entry():
    tamrad = mo.load_registry()["tamrad"]
    ref = tamrad.reference("bachelot-2012")
    poorer = ref.model_copy(update={"doi": None})
    other = ref.model_copy(update={"doi": "10.1200/jco.2011.39.0708", "pmid": None})
    unlike = ref.model_copy(update={"doi": "10.1000/another", "pmid": 1})
    trials = [
        tamrad.model_copy(update={"key": f"t{i}", "name": f"T{i}", "references": (one,)})
        for i, one in enumerate((poorer, ref, other, unlike))
    ]
    found = references_of(trials)
    assert [(one.key, one.trials) for one in found] == [
        ("t1-bachelot-2012", ("T0", "T1", "T2")),
        ("t3-bachelot-2012", ("T3",)),
    ]
