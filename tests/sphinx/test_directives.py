"""What directives and roles say, how they complain, and what is built again after a change."""

import re
from pathlib import Path

import pytest
from sphinx.errors import ConfigError

import metaonc as mo
from metaonc.pooling import effect_text
from tests.sphinx.building import EXAMPLE, build, example, project

REGISTRY = mo.load_registry(EXAMPLE / "studies")

WRONG = {
    ".. metaonc-study:: tamrat": "no trial 'tamrat' in",
    ".. metaonc-analysis:: pfs": "is called 'pfs'; questions of the review plan: ",
    ".. metaonc-page:: trials/nobody": "the review has no page 'trials/nobody'",
    ".. metaonc-pool:: progression\n   :tau2: REMl": "tau2 = 'REMl'",
    ".. metaonc-pool:: progression\n   :sections: Pooled": "there is no section 'Pooled' here",
    ".. metaonc-pool:: progression\n   :level: high": "'high' is not a number",
    ".. metaonc-forest:: progression\n   :preset: nejm": "nejm",
    ".. metaonc-forest:: progression\n   :formats: gif": ":formats: gif: a figure is linked as",
    ".. metaonc-forest:: progression\n   :where: agent": "'agent' is not FIELD=VALUE",
    ".. metaonc-plot:: funel progression": "there is no plot 'funel' to draw; there are: funnel",
    ".. metaonc-audit::\n   :severity: bad": ":severity: bad: a finding is one of error, warning",
    ".. metaonc-harms::": "the plan names no harm that the records count",
    ".. metaonc-trials::\n   :studies: /nowhere": "nowhere",
    ":metaonc:`progression.i3`": "a result has no 'i3' to print; there are: estimate",
    ":metaonc:`benefit.prediction`": "there is no prediction interval to print",
    ":metaonc:`benefit.tau2`": "one study shows no heterogeneity",
    ":metaonc:trial:`nobody`": "no page shows the trial nobody",
}


def test_a_mistake_is_one_sentence_with_file_and_line(tmp_path: Path) -> None:
    """And the pages are built all the same."""
    texts = {f"page-{at}": text for at, text in enumerate(WRONG)}
    built = build(project(tmp_path, {"index": "Wrong.", **texts}))
    for (name, text), said in zip(texts.items(), WRONG.values(), strict=True):
        _, here, complaint = "\n".join(built.warnings).partition(f"{name}.rst:4: ")
        assert here, text
        assert said in complaint.partition(".rst:")[0], (text, complaint)
        assert (built.out / f"{name}.html").is_file()


@pytest.mark.parametrize(
    ("conf", "said"),
    [
        ("metaonc_pages = '../elsewhere'", "must be True, False or a folder below"),
        ("metaonc_pages = True\nsource_suffix = {'.txt': 'restructuredtext'}", "add '.rst'"),
    ],
)
def test_settings_that_cannot_be_are_refused(tmp_path: Path, conf: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        build(project(tmp_path, {"index": "Start."}, conf))


def test_records_that_break_a_rule_are_named_with_file_and_field(tmp_path: Path) -> None:
    source = project(tmp_path, {"index": ".. metaonc-trials::"})
    trial = source / "studies/tamrad.toml"
    trial.write_text(trial.read_text().replace("high = 0.81", "high = 0.31"), encoding="utf-8")
    (complaint,) = build(source).warnings
    assert "index.rst:4:" in complaint
    assert "tamrad.toml: tamrad: " in complaint
    assert ").low = 0.36 must be below the upper limit" in complaint


def test_records_may_be_left_out_with_a_warning_for_each(tmp_path: Path) -> None:
    pages = {"index": ":metaonc:`progression.k`"}
    source = project(tmp_path, pages, "metaonc_skip_broken = True")
    trial = source / "studies/tamrad.toml"
    trial.write_text(trial.read_text().replace("high = 0.81", "high = 0.31"), encoding="utf-8")
    built = build(source, "text")
    (complaint,) = built.warnings
    assert complaint.startswith("WARNING: skipped: ")
    assert complaint.endswith("[metaonc.record]")
    assert built.text("index.txt").endswith("2\n")


def test_numbers_in_a_sentence_are_those_of_the_result(tmp_path: Path) -> None:
    names = ("", ".estimate", ".interval", ".prediction", ".p", ".k", ".patients", ".i2", ".tau2")
    said = " | ".join(f":metaonc:`progression{name}`" for name in names)
    built = build(project(tmp_path, {"index": said}), "text")
    fit = mo.pool(REGISTRY.effects("progression"))
    low, high = fit.effects.display(fit.prediction_interval())
    wanted = [
        effect_text(fit), "0.61", "0.24 to 1.52", f"{low:.4f} to {high:.0f}", "p = 0.15", "3",
        "1,947", f"{fit.i2:.0%}", f"{fit.tau2:.4f}",
    ]  # fmt: skip
    assert built.warnings == ()
    text = " ".join(built.text("index.txt").split())
    assert " | ".join(wanted) in text


def test_options_pool_and_draw_as_asked(tmp_path: Path) -> None:
    options = "   :model: fixed\n   :level: 0.9\n   :where: agent=everolimus"
    pool = f".. metaonc-pool:: progression\n{options}"
    text = f"{pool}\n\n.. metaonc-forest:: progression\n   :no-studies:\n   :alt: Only the mean."
    built = build(project(tmp_path, {"index": text}))
    assert built.warnings == ()
    fit = mo.pool(REGISTRY.effects("progression", agent="everolimus"), model="fixed", level=0.9)
    html = built.text("index.html")
    assert effect_text(fit) in html
    assert 'alt="Only the mean."' in html
    assert "HORIZON" not in re.sub(r"\s+", " ", html).partition("Left out")[0]
    (drawn,) = (built.out / "_images").glob("*.svg")
    assert "TAMRAD" not in drawn.read_text(encoding="utf-8")


def test_what_was_found_is_a_table_and_a_statement(tmp_path: Path) -> None:
    text = (
        ".. metaonc-summary-of-findings::\n\n.. metaonc-certainty:: progression\n\n"
        ".. metaonc-protocol::"
    )
    built = build(project(tmp_path, {"index": text}), "text")
    assert built.warnings == ()
    said = " ".join(built.text("index.txt").split())
    assert "Anticipated absolute effects" in said
    found = mo.summary_of_findings(REGISTRY)
    assert " ".join(next(iter(found)).statement.split()[:6]) in said
    assert "Does an mTOR inhibitor added to endocrine therapy" in said


def test_parts_stand_where_sections_may_not(tmp_path: Path) -> None:
    text = ".. note::\n\n   .. metaonc-study:: tamrad\n\n.. metaonc-study:: horizon"
    built = build(project(tmp_path, {"index": text}))
    assert built.warnings == ()
    html = built.text("index.html")
    assert '<p class="rubric" id="arms">' in html
    assert '<section id="arms-2">' in html


def test_pages_are_read_again_when_the_records_change_and_only_then(tmp_path: Path) -> None:
    pages = {
        "index": "Start.",
        "about": "No records here.",
        "trial": ".. metaonc-study:: tamrad",
        "number": ":metaonc:`progression`",
    }
    source = project(tmp_path, pages, "metaonc_pages = True")
    first = build(source)
    assert set(pages) <= set(first.read)
    assert build(source).read == ()
    trial = source / "studies/tamrad.toml"
    trial.write_text(trial.read_text().replace("estimate = 0.54", "estimate = 0.55"), "utf-8")
    again = build(source)
    assert {"trial", "number"} <= set(again.read)
    assert not {"index", "about"} & set(again.read)
    assert "0.55" in again.text("trial.html")
    assert "0.55" in (again.out / "_images/progression.svg").read_text(encoding="utf-8")
    trial.unlink()
    (source / "trial.rst").write_text("trial\n=====\n", encoding="utf-8")
    assert "generated/trials/tamrad" not in build(source).read
    assert not (source / "generated/trials/tamrad.rst").exists()
    assert (source / "generated/trials/horizon.rst").exists()


@pytest.mark.parametrize("builder", ["text", "latex", "singlehtml", "epub", "man", "dirhtml"])
def test_other_formats_say_the_same(tmp_path: Path, builder: str) -> None:
    text = ".. metaonc-pool:: progression\n\n.. metaonc-forest:: progression\n\n.. metaonc-trials::"
    conf = 'version = "1"\nepub_uid = "test"\nepub_identifier = "test"'
    built = build(project(tmp_path, {"index": text}, conf), builder)
    assert [w for w in built.warnings if "metaonc" in w] == []
    name = {"latex": "test.tex", "text": "index.txt", "epub": "index.xhtml", "man": "test.1"}
    said = " ".join(built.text(name.get(builder, "index.html")).split())
    assert "hazard ratio 0.61 (95% CI 0.24 to 1.52)" in said.replace("\\%", "%")
    linked = "page to sort" in said
    assert linked == (builder in ("singlehtml", "dirhtml"))
    if builder == "latex":
        assert list(built.out.glob("progression-forest-*.pdf"))


def test_several_processes_read_and_write_the_same_pages(tmp_path: Path) -> None:
    alone = build(example(tmp_path / "one"))
    together = build(example(tmp_path / "two"), jobs=2)
    assert alone.warnings == together.warnings == ()
    for path in sorted(alone.out.rglob("*.html")):
        name = path.relative_to(alone.out).as_posix()
        assert together.text(name) == alone.text(name), name
