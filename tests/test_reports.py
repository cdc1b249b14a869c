"""Reports: every question answered or its reason given; files with the same bytes every time."""

import csv
import io
import json
import math
import shutil
from types import SimpleNamespace

import pytest
from rich.console import Console

import metaonc as mo
from metaonc import plots
from metaonc.errors import ReportError
from metaonc.registry.loading import shipped_studies
from metaonc.reports import Report, analyse, write_report
from metaonc.reports.tables import print_results, remarks

PLAN = """
title = "Three questions"
summary = "Grouped, about one arm, and without an answer."

[[questions]]
key = "pfs"
title = "Progression-free survival"
outcomes = ["pfs", "ttp"]
measure = "HR"
eligible = { allocation = ["randomised"] }
subgroup = "resistance"
note = "A note."

[[questions]]
key = "benefit"
title = "Clinical benefit on endocrine therapy"
outcomes = ["cbr"]
measure = "PLOGIT"
arm = "control"

[[questions]]
key = "cough-time"
title = "Time to cough"
outcomes = ["cough"]
measure = "HR"
"""
OUTCOMES = '[outcomes.{0}]\nlabel = "{0}"\nevent = "unwanted"\n'
WORDS = "".join(OUTCOMES.format(key) for key in ("pfs", "ttp", "cbr", "cough"))


EMPTY_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>'


def make_registry(folder, plan=PLAN):
    folder.mkdir(parents=True)
    for path in shipped_studies().glob("*.toml"):
        shutil.copy(path, folder / path.name)
    (folder / "review.toml").write_text(plan + WORDS, encoding="utf-8")
    return mo.load_registry(folder)


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    return make_registry(tmp_path_factory.mktemp("report") / "studies")


@pytest.fixture(scope="module")
def report(registry, tmp_path_factory):
    return write_report(registry, tmp_path_factory.mktemp("report") / "out")


def rows(report, name):
    with (report.folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(text):
    return float(text) if text else math.nan


# Analyses -------------------------------------------------------------------------------------


def test_every_question_is_answered_in_the_order_of_the_plan(registry):
    pfs, benefit, cough = analyse(registry)
    effects = registry.effects("pfs")
    assert (pfs.key, pfs.reason) == ("pfs", "")
    assert pfs.result.by == "resistance"
    assert pfs.pooled.to_dict() == mo.pool(effects).to_dict()
    assert list(pfs.rows()) == ["", *dict.fromkeys(effects.column("resistance"))]
    assert benefit.pooled is benefit.result
    assert benefit.pooled.to_dict() == mo.pool(registry.effects("benefit")).to_dict()
    assert cough.key == "cough-time"


def test_a_question_without_a_trial_says_so_and_lists_every_trial(registry):
    cough = analyse(registry)[2]
    assert cough.result is None
    assert cough.pooled is None
    assert cough.rows() == {}
    assert cough.reason == f"none of the {len(registry)} trials has a result for it"
    assert [out.label for out in cough.left_out] == [trial.name for trial in registry]
    reasons = {trial.unusable or "no hazard ratio for cough in the record" for trial in registry}
    assert {out.reason for out in cough.left_out} == reasons
    assert len(reasons) == 4  # three trials have no usable result at all


def test_confirmed_only_reaches_every_question():
    registry = mo.load_registry()
    for analysis in analyse(registry, confirmed_only=True):
        if analysis.pooled:
            key = analysis.key
            expected = registry.effects(key, confirmed_only=True)
            assert analysis.pooled.effects.labels == expected.labels, key
    everything = {analysis.key: analysis.pooled.k for analysis in analyse(registry)}
    confirmed = {a.key: a.pooled.k for a in analyse(registry, confirmed_only=True) if a.pooled}
    assert confirmed["os"] < everything["os"]


def test_groups_that_cannot_be_made_leave_the_pooled_result_and_a_reason(tmp_path):
    plan = PLAN.replace('subgroup = "resistance"', 'subgroup = "mood"')
    registry = make_registry(tmp_path / "studies", plan)
    pfs = analyse(registry)[0]
    assert pfs.result is pfs.pooled
    assert pfs.pooled.to_dict() == mo.pool(registry.effects("pfs")).to_dict()
    assert pfs.reason.startswith("not grouped by mood: the effects have no column 'mood'")


def test_a_registry_without_questions_is_refused(tmp_path):
    shutil.copy(shipped_studies() / "tamrad.toml", tmp_path / "tamrad.toml")
    with pytest.raises(mo.PlanError) as caught:
        analyse(mo.load_registry(tmp_path))
    assert str(caught.value) == (
        f"{tmp_path} has no review.toml with questions to answer; add one "
        "(`metaonc schema review` prints the format), or pool one outcome with `metaonc pool`."
    )


# Files ----------------------------------------------------------------------------------------


def test_a_report_lists_the_files_it_wrote(report):
    assert isinstance(report, Report)
    assert [path.name for path in report.files] == [
        "forest-plots.pdf",
        "pfs.pdf",
        "benefit.pdf",
        "results.json",
        "studies.csv",
        "pooled.csv",
        "left-out.csv",
        "sensitivity.csv",
        "audit.csv",
    ]
    assert [path.name for path in report.pages[:2]] == ["index.html", "report.pdf"]
    there = [path for path in report.folder.rglob("*") if path.is_file()]
    assert sorted((*report.files, *report.pages)) == sorted(there)
    assert [analysis.key for analysis in report.analyses] == ["pfs", "benefit", "cough-time"]
    for path in report.files:
        if path.suffix == ".pdf":
            assert path.read_bytes().startswith(b"%PDF"), path.name


def test_the_same_records_give_the_same_bytes(registry, report, tmp_path):
    again = write_report(registry, tmp_path / "again")
    ours, theirs = ((*each.files, *each.pages) for each in (report, again))
    assert [path.name for path in ours] == [path.name for path in theirs]
    for first, second in zip(ours, theirs, strict=True):
        assert first.read_bytes() == second.read_bytes(), first.name


def test_every_answer_is_drawn_as_it_is_and_progress_is_told(registry, tmp_path, monkeypatch):
    drawn, pages, steps = [], [], []
    monkeypatch.setattr(plots, "forest", lambda result: drawn.append(result) or len(drawn))
    monkeypatch.setattr(
        plots,
        "save_figure",
        lambda figure, path: path.write_bytes(quick(path, f"{figure}".encode())),
    )
    monkeypatch.setattr(plots, "save_pages", lambda figures, _: pages.extend(figures))
    found = write_report(registry, tmp_path, progress=lambda *step: steps.append(step))
    assert drawn == [found.analyses[0].result, found.analyses[1].result]
    assert pages == [1, 2]
    assert [(tmp_path / name).read_text() for name in ("pfs.pdf", "benefit.pdf")] == ["1", "2"]
    assert steps == [
        (0, 3, "pfs.pdf"),
        (1, 3, "benefit.pdf"),
        (2, 3, "forest-plots.pdf"),
        (3, 3, ""),
    ]


def test_results_json_holds_every_analysis_without_nan(report):
    def refuse(constant):
        raise AssertionError(f"{constant} in results.json")

    text = (report.folder / "results.json").read_text(encoding="utf-8")
    document = json.loads(text, parse_constant=refuse)
    assert text.endswith("}\n")
    assert text.splitlines()[1] == '  "schema_version": 1,'
    assert "tau²" in text
    assert list(document) == [
        "schema_version", "metaonc_version", "title", "confirmed_only", "analyses",
    ]  # fmt: skip
    assert (document["metaonc_version"], document["confirmed_only"]) == (mo.__version__, False)
    pfs, benefit, cough = document["analyses"]
    assert pfs["result"] == json.loads(json.dumps(report.analyses[0].pooled.to_dict()))
    assert (pfs["question"], pfs["note"], pfs["reason"]) == ("pfs", "A note.", None)
    groups = report.analyses[0].result.groups
    assert list(pfs["subgroups"]["groups"]) == list(groups)
    assert pfs["subgroups"]["by"] == "resistance"
    assert "overall" not in pfs["subgroups"]
    assert (benefit["subgroups"], benefit["measure"]) == (None, "PLOGIT")
    assert cough["result"] is None
    assert cough["reason"] == report.analyses[2].reason
    assert len(cough["left_out"]) == len(report.analyses[2].left_out)


def test_studies_csv_has_a_row_per_study_of_every_analysis(report):
    table = rows(report, "studies.csv")
    expected = [
        (analysis.key, label)
        for analysis in report.analyses
        if analysis.pooled
        for label in analysis.pooled.effects.labels
    ]
    assert [(row["analysis"], row["label"]) for row in table] == expected
    pfs = report.analyses[0].pooled
    estimate, low, high = pfs.effects.intervals()
    for i, row in enumerate(table[: pfs.k]):
        for name, value in (
            ("estimate", estimate[i]),
            ("low", low[i]),
            ("high", high[i]),
            ("yi", pfs.effects.yi[i]),
            ("vi", pfs.effects.vi[i]),
            ("weight_fixed", pfs.fixed.weights[i]),
            ("weight_random", pfs.weights[i]),
            ("n_1", pfs.effects.column("n_1")[i]),
        ):
            assert number(row[name]) == pytest.approx(value, rel=1e-9), name
        for name in ("printed", "source", "status", "trial", "outcome"):
            assert row[name] == pfs.effects.column(name)[i]
        assert row["group"] == pfs.effects.column("resistance")[i]
    benefit = report.analyses[1].pooled.effects
    tamrad = next(row for row in table[pfs.k :] if row["trial"] == "tamrad")
    assert (tamrad["events_1"], tamrad["n_1"], tamrad["n_2"]) == ("24", "57", "")
    assert len(table) == pfs.k + benefit.k


def test_pooled_csv_has_a_row_per_pooled_result(report):
    table = rows(report, "pooled.csv")
    expected = [
        (analysis.key, group, fit)
        for analysis in report.analyses
        for group, fit in analysis.rows().items()
    ]
    assert len(table) == len(expected) > 3
    for row, (key, group, fit) in zip(table, expected, strict=True):
        assert (row["analysis"], row["group"], row["k"]) == (key, group, str(fit.k))
        prediction = fit.effects.display(fit.prediction_interval())
        tau2 = fit.tau2_interval()
        p_value = fit.p_value if fit.effects.measure == "HR" else math.nan
        for names, values in (
            ("estimate low high", fit.display()),
            ("fixed_estimate fixed_low fixed_high", fit.fixed.display()),
            ("tau2 q q_df q_p i2", (fit.tau2, fit.q, fit.q_df, fit.q_p, fit.i2)),
            ("tau2_low tau2_high", tau2),
            ("prediction_low prediction_high", prediction),
            ("p_value level", (p_value, 0.95)),
        ):
            found = [number(row[name]) for name in names.split()]
            assert found == pytest.approx(list(values), rel=1e-9, nan_ok=True), (key, group, names)
        assert row["methods"] == fit.methods()
        assert (row["tau2_method"], row["ci_method"]) == ("REML", fit.ci_method)
    by_resistance = report.analyses[0].result
    assert number(table[0]["q_between_p"]) == pytest.approx(by_resistance.q_between_p, rel=1e-9)
    assert {row["q_between"] for row in table[1:]} == {""}
    effects = by_resistance.overall.effects
    arms = {  # an arm that two contrasts share is counted once
        (trial, effects.column(f"arm_{i}")[at]): effects.column(f"n_{i}")[at]
        for at, trial in enumerate(effects.column("trial"))
        for i in (1, 2)
    }
    assert table[0]["patients"] == str(sum(arms.values()))


def test_left_out_csv_gives_the_reason_for_every_trial_left_out(report):
    table = rows(report, "left-out.csv")
    assert table == [
        {"analysis": analysis.key, "trial": out.label, "reason": out.reason}
        for analysis in report.analyses
        for out in analysis.left_out
    ]
    assert {"pfs", "benefit", "cough-time"} == {row["analysis"] for row in table}


def test_sensitivity_csv_has_every_question_of_every_answer(report):
    table = rows(report, "sensitivity.csv")
    expected = [
        (analysis.key, check.key, check.verdict, check.answer)
        for analysis in report.analyses
        if analysis.pooled
        for check in mo.sensitivity(analysis.pooled).checks
    ]
    names = ("analysis", "key", "verdict", "answer")
    assert [tuple(row[name] for name in names) for row in table] == expected


def test_audit_csv_has_every_finding_and_the_reason_of_every_waiver(report, registry):
    table = rows(report, "audit.csv")
    found = registry.audit()
    assert [(row["code"], row["trial"], row["message"]) for row in table] == [
        (finding.code, finding.trial, finding.message) for finding in found
    ]
    waived = [row for row in table if row["waived"] == "True"]
    assert [row["reason"] for row in waived] == [finding.reason for finding in found.waived]


def quick(path, content=b"new"):
    """What stands for a figure: anything, but for the SVG that the report as PDF shows."""
    return EMPTY_SVG if path.suffix == ".svg" else content


@pytest.fixture
def quick_plots(monkeypatch):
    """Figures that take no time, where only the files around them matter."""
    monkeypatch.setattr(plots, "forest", lambda _: None)
    monkeypatch.setattr(plots, "save_figure", lambda _, path: path.write_bytes(quick(path)))
    monkeypatch.setattr(plots, "save_pages", lambda _, path: path.write_bytes(b"new"))


@pytest.mark.usefixtures("quick_plots")
def test_other_files_in_the_folder_stay(registry, tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "pfs.pdf").write_bytes(b"old")
    found = write_report(registry, tmp_path)
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "pfs.pdf").read_bytes() == b"new"
    assert tmp_path / "mine.txt" not in found.files


@pytest.mark.usefixtures("quick_plots")
def test_a_file_in_place_of_the_folder_is_refused(registry, tmp_path):
    path = tmp_path / "report"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(ReportError) as caught:
        write_report(registry, path)
    assert str(caught.value) == (
        f"{path} is a file; name a folder for the report, or remove the file."
    )
    with pytest.raises(ReportError) as caught:
        write_report(registry, path / "below")
    assert str(caught.value) == (
        f"cannot write {path / 'below'} (Not a directory); name a folder that can be written."
    )
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.usefixtures("quick_plots")
def test_a_file_that_cannot_be_written_is_named(registry, tmp_path):
    (tmp_path / "pooled.csv").mkdir()
    with pytest.raises(ReportError) as caught:
        write_report(registry, tmp_path)
    assert str(caught.value) == (
        f"cannot write {tmp_path / 'pooled.csv'} (Is a directory); "
        "name a folder that can be written."
    )


@pytest.mark.usefixtures("quick_plots")
def test_a_question_may_not_take_the_name_of_the_combined_plots(tmp_path):
    plan = PLAN.replace('key = "pfs"', 'key = "forest-plots"')
    registry = make_registry(tmp_path / "studies", plan)
    with pytest.raises(ReportError) as caught:
        write_report(registry, tmp_path / "out")
    assert str(caught.value) == (
        "question 'forest-plots': its plot would be overwritten by the combined "
        "forest-plots.pdf; give the question another key."
    )
    assert not (tmp_path / "out").exists()


# The table on the terminal --------------------------------------------------------------------


def printed(analyses, width):
    console = Console(file=io.StringIO(), width=width, highlight=False, markup=False)
    print_results(console, analyses)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [45, 60, 80, 120, 200])
def test_every_width_shows_every_estimate_and_no_line_is_too_long(width):
    analyses = analyse(mo.load_registry())
    text = printed(analyses, width)
    assert max(map(len, text.splitlines())) <= width
    for analysis in analyses:
        percent = analysis.pooled.effects.scale.share
        values = [100 * x if percent else x for x in analysis.pooled.display()]
        digits = [1 if percent else 2 if x < 9.995 else 1 if x < 99.95 else 0 for x in values]
        estimate, low, high = (f"{x:.{d}f}" for x, d in zip(values, digits, strict=True))
        unit = "%" if percent else ""
        assert f"{estimate}{unit} [{low} to {high}]" in text, analysis.key


def test_a_wide_terminal_has_a_column_for_what_a_narrow_one_says_below(registry):
    analyses = analyse(registry)
    wide, narrow = printed(analyses, 160), printed(analyses, 80)
    assert "remarks" in wide.splitlines()[0]
    assert "tau²" in wide.splitlines()[0]
    assert "remarks" not in narrow.splitlines()[0]
    assert "prediction" in narrow.splitlines()[0]
    assert "pfs: between groups p" in narrow
    assert "pfs: between groups p" not in wide
    assert "between groups p" in wide
    reason = f"cough-time: not answered: none of the {len(registry)} trials has a result for it"
    assert reason in wide
    assert reason in narrow


def test_remarks_say_how_many_studies_are_unconfirmed():
    by_key = {analysis.key: analysis for analysis in analyse(mo.load_registry())}
    awaiting = by_key["os"].pooled.effects.column("status").count("unconfirmed")
    assert awaiting > 0
    assert f"{awaiting} unconfirmed" in remarks(by_key["os"])
    unanswered = SimpleNamespace(pooled=None)
    assert remarks(unanswered) == []
