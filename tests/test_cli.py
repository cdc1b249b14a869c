"""The command line: arguments, output, error sentences and exit codes."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import typing
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

import metaonc as mo
from metaonc import reports
from metaonc.cli import app
from metaonc.cli.options import ModelName
from metaonc.plots import forest_html, forest_table
from metaonc.pooling.choices import POOLED_MODELS
from metaonc.registry.loading import shipped_studies
from metaonc.registry.schema import schema_text
from metaonc.reports.tables import printed_lines

COMMANDS = (
    *("report", "pool", "absolute", "sensitivity", "forest", "studies", "show", "check", "diff"),
    *("new", "fmt", "references", "schema"),
)


def run(*arguments, width=80):
    return CliRunner().invoke(
        app, [str(part) for part in arguments], env={"COLUMNS": str(width)}, prog_name="metaonc"
    )


def process(*arguments, **environment):
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "metaonc", *arguments],
        capture_output=True,
        env={**os.environ, "COLUMNS": "80", **environment},
        check=False,
    )


def flat(text):
    """`text` without its line breaks and repeated blanks."""
    return " ".join(text.split())


@pytest.fixture
def folder(tmp_path):
    """Two of the shipped records and their review plan, without baselines from a third."""
    for name in ("tamrad.toml", "miracle.toml", "review.toml"):
        shutil.copy(shipped_studies() / name, tmp_path / name)
    plan = (tmp_path / "review.toml").read_text(encoding="utf-8")
    plan = re.sub(r"^baselines = \[(\n(    .*\n)+\]|.*trial = .*)\n", "", plan, flags=re.MULTILINE)
    (tmp_path / "review.toml").write_text(plan, encoding="utf-8")
    return tmp_path


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), encoding="utf-8")


# Wrong records ------------------------------------------------------------------------------

TOO_MANY_EVENTS = (
    "everolimus = { events = 33, n = 54,",
    "everolimus = { events = 60, n = 54,",
    "tamrad: result 1 (cbr counts).arms.everolimus.events = 60 must not exceed n = 54; "
    "look up the count and its denominator.",
)
LIMIT_ABOVE_ESTIMATE = (
    "low = 0.36",
    "low = 0.63",
    "tamrad: result 2 (ttp hazard ratio).low = 0.63 must not exceed the estimate 0.54; "
    "look the estimate and its interval up again.",
)
NO_SOURCE = (
    'source = { reference = "skolariki-2022", where = "Table 1" }\n',
    "",
    "tamrad: result 1 (cbr counts).source is required and missing; "
    "say where the number is printed: source = { reference = ..., where = ... }.",
)
UNKNOWN_KEY = (
    "estimate = 0.54",
    "estimate = 0.54\nlevle = 0.95",
    "tamrad: result 2 (ttp hazard ratio).levle = 0.95 is not a known field; "
    "remove it or correct its name (did you mean `level`?).",
)
NOT_TOML = (
    'key = "tamrad"',
    "key = tamrad",
    "is not TOML: invalid value (at line 3, column 7); "
    "correct the line, or see https://toml.io for the syntax.",
)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [TOO_MANY_EVENTS, LIMIT_ABOVE_ESTIMATE, NO_SOURCE, UNKNOWN_KEY, NOT_TOML],
)
def test_a_broken_record_gets_one_sentence_and_exit_code_1(folder, old, new, sentence):
    change(folder / "tamrad.toml", old, new)
    result = run("check", folder)
    first, *counted = result.stdout.splitlines()
    assert re.sub(r"RE\d{3} error: ", "", first) == f"{folder / 'tamrad.toml'}: {sentence}"
    assert counted == [
        "1 error, 0 warnings, 0 notes, 0 waived in 1 record.",
        "0 of 9 results unconfirmed.",
    ]
    assert (result.exit_code, result.stderr) == (1, "")


def test_a_record_that_is_not_utf8_is_named(folder):
    path = folder / "tamrad.toml"
    path.write_bytes("# Gynécologie\n".encode("latin-1") + path.read_bytes())
    result = run("check", folder)
    expected = f"{path}: RE000 error: is not UTF-8 text (byte 5); save the file as UTF-8."
    assert result.stdout.splitlines()[0] == expected
    assert result.exit_code == 1


def test_check_lists_every_problem_at_once(folder):
    for old, new, _ in (TOO_MANY_EVENTS, LIMIT_ABOVE_ESTIMATE):
        change(folder / "tamrad.toml", old, new)
    change(folder / "review.toml", 'key = "os"\n', 'key = "pfs"\n')
    *problems, count, _ = run("check", folder).stdout.splitlines()
    assert [re.sub(r"RE\d{3} error: ", "", problem) for problem in problems] == [
        f"{folder / 'review.toml'}: question pfs: key = 'pfs' is used twice; "
        "give each question its own key.",
        f"{folder / 'tamrad.toml'}: {LIMIT_ABOVE_ESTIMATE[2]}",
        f"{folder / 'tamrad.toml'}: {TOO_MANY_EVENTS[2]}",
    ]
    assert count == "3 errors, 0 warnings, 0 notes, 0 waived in 1 record."


def test_check_as_json_holds_the_sentence_and_its_parts(folder):
    change(folder / "tamrad.toml", *TOO_MANY_EVENTS[:2])
    result = run("check", folder, "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (found["records_fine"], found["results"], found["results_unconfirmed"]) == (1, 9, 0)
    assert found["files_with_problems"] == [str(folder / "tamrad.toml")]
    (problem,) = found["findings"]
    assert (problem["trial"], problem["severity"]) == ("tamrad", "error")
    assert problem["field"] == "result 1 (cbr counts).arms.everolimus.events"
    assert problem["message"].endswith("events = 60 must not exceed n = 54")
    sentence = re.sub(r"RE\d{3} error: ", "", problem["sentence"])
    assert sentence == f"{folder / 'tamrad.toml'}: {TOO_MANY_EVENTS[2]}"


def test_the_shipped_records_are_fine():
    result = run("check")
    assert result.exit_code == 0
    assert re.fullmatch(
        r"(.*\n)*0 errors, .* in (\d+) records .*\n\d+ of \d+ results unconfirmed\.\n",
        result.stdout,
    )


def test_check_selects_rules_and_lists_notes_where_it_is_strict(folder):
    plain = run("check", folder)
    assert (plain.exit_code, plain.stdout.splitlines()[0][:9]) == (0, "0 errors,")
    strict = run("check", folder, "--strictness", "note")
    first, *_ = strict.stdout.splitlines()
    assert strict.exit_code == 1
    assert first.startswith(
        f"{folder / 'tamrad.toml'}: tamrad: result 1 (cbr counts).p: PV204 note: p = 0.045"
    )
    assert run("check", folder, "--strictness", "note", "--ignore", "pv204").exit_code == 0
    assert run("check", folder, "--strictness", "note", "--select", "CI,EV3").exit_code == 0
    wrong = run("check", folder, "--select", "CI1011")
    assert wrong.exit_code == 2
    assert wrong.stderr.startswith("Error: no rule of the audit is called 'CI1011'; did you mean ")


def test_a_contradiction_fails_a_check_and_a_waiver_mends_that(folder):
    change(folder / "tamrad.toml", "low = 0.36", "low = 0.26")
    found = run("check", folder)
    assert found.exit_code == 1
    assert "result 2 (ttp hazard ratio).estimate: CI101 error: " in found.stdout
    path = folder / "tamrad.toml"
    waiver = '\n[[waivers]]\nrule = "CI101"\nreason = "Printed so."\n'
    path.write_text(path.read_text(encoding="utf-8") + waiver, encoding="utf-8")
    waived = run("check", folder, "--json")
    assert waived.exit_code == 0
    (finding,) = [f for f in json.loads(waived.stdout)["findings"] if f["waived"]]
    assert (finding["code"], finding["reason"]) == ("CI101", "Printed so.")


def test_check_explains_a_rule():
    said = run("check", "--explain", "ci101").stdout
    assert said.startswith("CI101 estimate-off-centre (error)\n\nThe hazard ratio is not where")
    assert "What to do\n----------\nLook up estimate and limits again" in said
    assert run("check", "--explain", "PV").stdout.count("What to do") == 6
    assert "what the format refuses" in run("check", "--explain", "RE000").stdout


def test_a_broken_record_stops_a_pool_unless_it_is_to_be_skipped(folder):
    change(folder / "tamrad.toml", *TOO_MANY_EVENTS[:2])
    sentence = f"{folder / 'tamrad.toml'}: {TOO_MANY_EVENTS[2]}"
    refused = run("pool", "pfs", "--studies", folder)
    assert refused.stderr == (
        f"Error: {sentence} (--skip-broken goes on with the other 1 record.)\n"
    )
    assert (refused.exit_code, refused.stdout) == (2, "")
    skipped = run("pool", "pfs", "--studies", folder, "--skip-broken", "--json")
    assert skipped.exit_code == 0
    assert skipped.stderr == f"Skipped: {sentence}\n"
    assert [row["trial"] for row in json.loads(skipped.stdout)["studies"]] == ["miracle"]


def test_a_broken_review_plan_is_not_skipped(folder):
    change(folder / "review.toml", 'key = "os"\n', 'key = "pfs"\n')
    result = run("pool", "pfs", "--studies", folder, "--skip-broken")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"Error: {folder / 'review.toml'}: question pfs: key = 'pfs' is used twice; "
        "give each question its own key.\n"
    )


# Wrong input ----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["check"], ["studies", "--studies"], ["report", "--studies"]])
def test_a_folder_without_records_is_wrong_input(command, tmp_path):
    empty = run(*command, tmp_path)
    assert empty.exit_code == 2
    assert empty.stderr == (
        f"Error: {tmp_path}: holds no trial record; "
        "add one TOML file per trial (`metaonc schema` prints the format).\n"
    )
    missing = run(*command, tmp_path / "nowhere")
    assert missing.exit_code == 2
    assert missing.stderr == (
        f"Error: {tmp_path / 'nowhere'}: is not a folder; name a folder with trial records.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("pool pfs --level 95", "level = 95.0 must lie between 0 and 1; write 95% as 0.95."),
        (
            "pool pfs --policy old",
            "no policy 'old'; the policies are metaonc-2026, revman-2025, revman-5, metafor-5, "
            "meta-8, stata-19, iqwig-6.",
        ),
        (
            "pool pfs --model fixed --tau2 DL",
            "tau2 = 'DL' does not apply to a fixed effect; use model='random' or leave it out.",
        ),
        (
            "pool pneumonitis --measure OR --model mh",
            "model = 'mh' has no finite log odds ratio with a standard error for these counts "
            "(88 and 0 events in all); pool odds ratios with model='firth', or risk differences.",
        ),
        (
            "forest pfs --arm control",
            "HR compares two arms, so arm = 'control' does not apply; "
            "choose a single proportion (PRAW, PLOGIT, PAS, PFT) or leave arm out.",
        ),
    ],
)
def test_a_choice_that_cannot_be_is_one_sentence_and_exit_code_2(arguments, sentence):
    result = run(*arguments.split())
    assert result.stderr == f"Error: {sentence}\n"
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ("pool nothing", ["'nothing'", "pfs", "stomatitis"]),
        ("pool pfs --tau2 XX", ["'XX'", "'REML'", "'DL'"]),
        ("pool pfs --ci XX", ["'XX'", "'hksj'", "'wald'"]),
        ("pool pfs --measure XX", ["'XX'", "HR", "PLOGIT"]),
        ("pool pfs --model XX", ["'XX'", "'random'", "'mh'", "'UM.RS'", "'beta-binomial'"]),
        ("pool pfs --by mood", ["'mood'", "resistance", "agent"]),
        ("studies nothing", ["'nothing'", "tamrad", "bolero-2"]),
        ("pool pfs --arm neither", ["'neither'", "'experimental'", "'control'"]),
        ("forest pfs -o pfs.bmp", ["pfs.bmp", ".pdf", ".svg", ".png"]),
        ("frobnicate", ["'frobnicate'"]),
    ],
)
def test_a_name_that_does_not_exist_is_answered_with_those_that_do(arguments, named):
    result = run(*arguments.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr
    assert [name for name in named if name not in result.stderr] == []


def test_a_figure_in_a_folder_that_is_not_there_is_one_sentence(tmp_path):
    path = tmp_path / "nowhere" / "pfs.pdf"
    result = run("forest", "pfs", "-o", path)
    assert result.exit_code == 2
    assert result.stderr == (
        f"Error: {path}: No such file or directory; name one that can be read or written.\n"
    )


def test_an_error_in_a_process_of_its_own_has_no_traceback():
    result = process("pool", "pfs", "--level", "95")
    assert result.returncode == 2
    assert result.stdout == b""
    assert result.stderr.decode().strip() == (
        "Error: level = 95.0 must lie between 0 and 1; write 95% as 0.95."
    )


def test_the_models_are_those_of_pool():
    assert typing.get_args(ModelName) == POOLED_MODELS


# Results --------------------------------------------------------------------------------------


def plain(result):
    return json.loads(json.dumps(result.to_dict()))


@pytest.mark.parametrize(
    ("options", "effects", "choices"),
    [
        ("", {}, {}),
        ("--model fixed", {}, {"model": "fixed"}),
        ("--measure OR --model mh", {"measure": "OR"}, {"model": "mh"}),
        ("--measure OR --model CM.EL --ci t", {"measure": "OR"}, {"model": "CM.EL", "ci": "t"}),
        ("--tau2 DL", {}, {"tau2": "DL"}),
        ("--tau2 0.1", {}, {"tau2": 0.1}),
        ("--tau2 GENQ --tau2-weights 1/vi", {}, {"tau2": "GENQ", "tau2_weights": "1/vi"}),
        ("--ci bootstrap --seed 3 --draws 99", {}, {"ci": "bootstrap", "seed": 3, "draws": 99}),
        ("--ci wald --level 0.9", {}, {"ci": "wald", "level": 0.9}),
        ("--measure OR", {"measure": "OR"}, {}),
        ("--measure PLOGIT --arm control", {"measure": "PLOGIT", "arm": "control"}, {}),
        ("--confirmed-only", {"confirmed_only": True}, {}),
        ("--policy metaonc-2026", {}, {"policy": "metaonc-2026"}),
    ],
)
def test_options_of_pool_are_the_arguments_of_the_library(options, effects, choices):
    expected = mo.pool(mo.load_registry().effects("cbr", **effects), **choices)
    result = run("pool", "cbr", *options.split(), "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == plain(expected)


def test_pool_by_a_trait_prints_the_groups_and_their_difference():
    expected = mo.subgroups(mo.load_registry().effects("pfs"), by="resistance", tau2="DL")
    arguments = ("pool", "pfs", "--by", "resistance", "--tau2", "DL")
    assert json.loads(run(*arguments, "--json").stdout) == plain(expected)
    text = run(*arguments, width=100).stdout
    assert text == f"{expected.summary()}\n"
    for name, group in expected.groups.items():
        estimate, low, high = group.display()
        row = rf"^{name} +{group.k} +{estimate:.2f} +{low:.2f} to {high:.2f}"
        assert re.search(row, text, re.MULTILINE)
    assert f"Test for subgroup differences: Q = {expected.q_between:.2f}, df = 2, " in text


def test_pool_prints_the_summary():
    expected = mo.pool(mo.load_registry().effects("os")).summary()
    assert run("pool", "os").stdout == f"{expected}\n"


@pytest.mark.parametrize(("ending", "magic"), [("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_forest_writes_the_file_and_says_where(tmp_path, ending, magic):
    path = tmp_path / f"plot.{ending}"
    result = run("forest", "pfs", "-o", path, "--by", "resistance")
    assert (result.exit_code, result.stdout) == (0, f"Forest plot: {path}\n")
    assert path.read_bytes().startswith(magic)


def test_forest_looks_as_asked(tmp_path):
    """Every option reaches the plot."""
    path = tmp_path / "plot.csv"
    options = "--preset bmj --columns plot,effect,year --sort -effect --reference 0.8,1.25"
    more = "--xlim 0.1,4 --unimportant 0.9,1.11 --interval-band --title T --prediction none"
    result = run("forest", "pfs", "-o", path, *options.split(), *more.split())
    assert (result.exit_code, result.stderr) == (0, "")
    expected = forest_table(
        mo.pool(mo.load_registry().effects("pfs")),
        preset="bmj",
        columns=("plot", "effect", "year"),
        sort="-effect",
        prediction="none",
    )
    read = pd.read_csv(
        path, keep_default_na=False, na_values={"estimate": [""]}, dtype={"year": str}
    )
    pd.testing.assert_frame_equal(read, expected.to_frame(), check_dtype=False)


def test_forest_as_a_page_is_that_of_the_library(tmp_path):
    path = tmp_path / "plot.html"
    run("forest", "os", "-o", path, "--xlim", "0.1,4", "--no-rows", "--reference", "0.8")
    result = mo.pool(mo.load_registry().effects("os"))
    expected = forest_html(result, xlim=(0.1, 4), studies=False, reference=0.8)
    assert path.read_text("utf-8") == expected


def test_forest_at_a_resolution_on_paper(tmp_path):
    path = tmp_path / "plot.png"
    run("forest", "os", "-o", path, "--dpi", "72", "--paper", "A4")
    with Image.open(path) as image:
        assert image.size == (595, 841)
        assert image.info["dpi"] == pytest.approx((72, 72), abs=0.01)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("--xlim 1", "--xlim 1 must be two numbers, for example --xlim 0.25,4."),
        (
            "--reference 0.8,x",
            "--reference 0.8,x: 'x' is not a number; write for example --reference 0.8,1.25.",
        ),
        ("--dpi 0", "--dpi 0 must lie between 10 and 2400, for example 300."),
        (
            "--preset nature",
            "no preset called 'nature'; use one of 'metaonc', 'cochrane', 'jama', 'bmj', "
            "'lancet-oncology'.",
        ),
        (
            "--paper A5",
            "paper = 'A5' must be one of 'A4', 'A4-landscape', 'letter', 'letter-landscape', "
            "'one-column', 'two-column', or None.",
        ),
    ],
)
def test_a_look_that_cannot_be_is_one_sentence(options, sentence, tmp_path):
    result = run("forest", "pfs", "-o", tmp_path / "a.pdf", *options.split())
    assert (result.exit_code, result.stderr) == (2, f"Error: {sentence}\n")
    assert not (tmp_path / "a.pdf").exists()


def test_forest_without_a_name_is_named_after_the_question(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("forest", "os", "--model", "fixed").stdout == "Forest plot: os.pdf\n"
    assert Path("os.pdf").read_bytes().startswith(b"%PDF")


def test_report_prints_the_table_and_where_the_files_are(folder):
    output = folder / "out"
    result = run("report", "--studies", folder, "--output", output, "--confirmed-only")
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.search(r"^pfs +2 +310 +HR 0\.\d\d \[", result.stdout, re.MULTILINE)
    assert "orr: not answered: none of the 2 trials has a result for it" in result.stdout
    assert f"Forest plots: {output / 'forest-plots.pdf'}" in flat(result.stdout)
    assert f"Report: {output / 'index.html'}" in flat(result.stdout)
    names = {path.name for path in output.glob("*.[cp]*")}  # PDF and CSV
    assert [name for name in names if name not in result.stdout] == []
    assert max(map(len, result.stdout.split("Report:")[0].splitlines())) <= 80


def test_report_as_json_is_the_results_file_with_the_files(folder):
    output = folder / "out"
    result = run("report", "--studies", folder, "-o", output, "--json")
    document = json.loads(result.stdout)
    files = document.pop("files")
    assert document == json.loads((output / "results.json").read_text(encoding="utf-8"))
    there = [str(path) for path in output.rglob("*") if path.is_file()]
    assert sorted(files) == sorted(there)


# Records --------------------------------------------------------------------------------------


def test_studies_lists_every_trial_and_question():
    registry = mo.load_registry()
    text = run("studies").stdout
    lines = text.splitlines()
    assert [line.split()[0] for line in lines if re.match(r"\S+ +(19|20)\d\d ", line)] == [
        trial.key for trial in registry
    ]
    assert max(map(len, lines)) <= 80
    assert [q.key for q in registry.questions if q.key not in text] == []
    rows = json.loads(run("studies", "--json").stdout)
    assert [row["key"] for row in rows] == [trial.key for trial in registry]
    assert {"year", "phase", "allocation", "patients", "arms", "confirmed"} <= set(rows[0])


@pytest.mark.parametrize("key", [trial.key for trial in mo.load_registry()])
def test_one_trial_is_shown_with_every_number_its_source_and_status(key):
    trial = mo.load_registry()[key]
    text = run("studies", key, width=80).stdout
    rest = flat(text.split("Results (")[1])
    for result in trial.results:  # in the order of the record
        source = f"{result.source.reference}, {result.source.where}"
        parts = [result.outcome, *printed_lines(result), result.status, source, result.note or ""]
        for part in map(flat, parts):
            assert part in rest, part
            rest = rest[rest.index(part) + len(part) :]
    assert max(map(len, text.splitlines())) <= 80


def test_one_trial_as_json_is_the_record_with_what_follows_from_it():
    found = json.loads(run("show", "rugo-2017", "--json").stdout)
    assert found == json.loads(run("studies", "rugo-2017", "--json").stdout)
    trial = mo.load_registry()["rugo-2017"]
    findings = found.pop("findings")
    assert [one["code"] for one in findings] == [
        one.code for one in mo.load_registry().audit().of("rugo-2017")
    ]
    assert found.pop("derived_results") == []
    assert any("95% interval" in told for one in found.pop("derived_figures")
               for told in one["derivations"])  # fmt: skip
    assert type(trial).model_validate(found).model_dump() == trial.model_dump()


def test_show_prints_what_the_audit_found_beside_the_result():
    audit = mo.load_registry().audit()
    for key in ("bolero-2", "horizon"):
        text = flat(run("show", key, width=500).stdout)
        assert audit.of(key)
        for finding in audit.of(key):
            assert flat(f"audit {finding.code}, {finding.severity}: {finding.message}") in text


@pytest.mark.parametrize("which", ["trial", "review"])
def test_the_schema_files_are_those_of_the_models(which):
    printed = run("schema", which).stdout
    assert printed == schema_text(which)
    shipped = shipped_studies() / f"{which}.schema.json"
    assert shipped.read_text(encoding="utf-8") == printed, "run `metaonc schema` and save it there"
    assert json.loads(printed)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


# Help and start-up ----------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_teaches_with_examples_that_work_and_exit_codes(command):
    text = run(*command.split(), "--help").stdout
    assert "Exit codes: 0 done" in flat(text) or "Exit codes: 0 no problem" in flat(text)
    block = text.split("For example:\n")[1].split("\n\n")[0]
    examples = [re.split(r"\s{3,}| > ", line.strip())[0] for line in block.splitlines()]
    assert examples
    for example in examples:
        metaonc, name, *arguments = shlex.split(example)
        assert metaonc == "metaonc"
        assert name in COMMANDS
        assert run(name, *arguments, "--help").exit_code == 0, example
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80


def test_help_names_every_command():
    text = run("--help").stdout
    assert re.findall(r"^  (\w+)  +[A-Z]", text, re.MULTILINE) == list(COMMANDS)
    assert "..." not in text.split("Commands:")[1]


def test_version():
    assert run("--version").stdout == f"metaonc {mo.__version__}\n"


HEAVY = {"matplotlib", "numpy", "pandas", "rich", "scipy", "statsmodels"}


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    # Typer itself uses pydantic as soon as a command has parameters.
    [(["--help"], HEAVY | {"pydantic"}), (["pool", "--help"], HEAVY)],
)
def test_help_loads_nothing_heavy(arguments, heavy):
    script = (
        "import sys, metaonc.cli\n"
        f"sys.argv = ['metaonc', *{arguments}]\n"
        "try:\n    metaonc.cli.main()\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "print('LOADED', *sorted({name.split('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split("LOADED")[1].split())
    assert "typer" in loaded
    assert loaded & heavy == set()


def test_a_console_that_is_not_utf8_gets_plain_ascii():
    done = process("pool", "pfs", "--by", "resistance", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode("ascii")
    assert "Heterogeneity: tau2 = " in text
    assert "?" not in text


def test_json_on_a_console_that_is_not_utf8_loses_nothing():
    done = process("pool", "pfs", "--json", PYTHONIOENCODING="ascii")
    assert "tau²" in json.loads(done.stdout.decode("ascii"))["methods"]


def test_a_reader_that_stops_early_causes_no_traceback():
    command = [sys.executable, "-m", "metaonc", "studies", "bolero-2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert b"Traceback" not in running.stderr.read()


def test_the_reports_room_is_what_the_command_uses(folder, monkeypatch):
    """The thin skin hands its arguments over as they are."""
    seen = {}

    def write_report(registry, output, **options):
        seen.update(options, folder=registry.folder, output=output)
        return reports.Report(folder=output, files=(), pages=(output / "index.html",), analyses=())

    monkeypatch.setattr(reports, "write_report", write_report)
    result = run("report", "--studies", folder, "-o", folder / "out", "--confirmed-only")
    assert result.exit_code == 0
    assert seen["confirmed_only"] is True
    assert (seen["folder"], seen["output"]) == (folder, folder / "out")


# Editing --------------------------------------------------------------------------------------


def test_fmt_rewrites_what_is_not_in_the_normal_form_and_only_that(folder):
    other = (folder / "miracle.toml").read_bytes()
    tidy = (folder / "tamrad.toml").read_text(encoding="utf-8")
    change(folder / "tamrad.toml", "estimate = 0.70", "estimate=0.70")
    untidy = (folder / "tamrad.toml").read_text(encoding="utf-8")
    path = folder / "tamrad.toml"
    checked = run("fmt", folder, "--check")
    assert (checked.exit_code, path.read_text(encoding="utf-8")) == (1, untidy)
    assert checked.stdout == (
        f"{path}: is not in the normal form; run `metaonc fmt {path}`.\n"
        "1 file to rewrite, 2 fine as before.\n"
    )
    shown = run("fmt", folder, "--diff")
    assert (shown.exit_code, path.read_text(encoding="utf-8")) == (0, untidy)
    assert "\n-estimate=0.70\n+estimate = 0.70\n" in shown.stdout
    done = run("fmt", folder)
    assert (done.exit_code, path.read_text(encoding="utf-8")) == (0, tidy)
    assert done.stdout == f"{path}: rewritten\n1 file rewritten, 2 fine as before.\n"
    assert (folder / "miracle.toml").read_bytes() == other
    assert run("fmt", path, "--check").exit_code == 0


def test_fmt_goes_on_past_a_file_that_is_not_toml(folder):
    change(folder / "miracle.toml", 'key = "miracle"', "key = miracle")
    broken = (folder / "miracle.toml").read_bytes()
    change(folder / "tamrad.toml", "estimate = 0.70", "estimate=0.70")
    result = run("fmt", folder)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {folder / 'miracle.toml'}: is not TOML: ")
    assert result.stdout.endswith("1 file rewritten, 1 fine as before.\n")
    assert (folder / "miracle.toml").read_bytes() == broken


@pytest.mark.parametrize("name", ["nowhere.toml", "empty"])
def test_fmt_of_nothing_is_wrong_input(tmp_path, name):
    (tmp_path / "empty").mkdir()
    result = run("fmt", tmp_path / name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"Error: {tmp_path / name}: ")


def test_new_begins_a_record_that_check_asks_to_fill_in(tmp_path):
    folder = tmp_path / "my studies"
    result = run(
        "new", "gina", "--studies", folder, "--arms", "everolimus", "--outcomes", "cbr,orr"
    )
    assert result.exit_code == 0
    assert result.stdout == (
        f"New record: {folder / 'gina.toml'}\nFill it in, then: metaonc check '{folder}'\n"
    )
    assert (folder / "trial.schema.json").read_text(encoding="utf-8") == schema_text("trial")
    assert run("fmt", folder, "--check").exit_code == 0
    checked = run("check", folder)
    assert checked.exit_code == 1
    sentence = "gina: RE000 error: summary = '' is empty; fill it in."
    assert f"{folder / 'gina.toml'}: {sentence}" in checked.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            "new tamrad",
            "tamrad.toml: there is such a file already; choose another key, or edit that file.",
        ),
        (
            "new BOLERO",
            "BOLERO.toml: key = 'BOLERO' is not a key; use lower case letters, digits, hyphens and "
            "underscores, e.g. bolero-2.",
        ),
        (
            "new x --arms a,a",
            "x.toml: arms = 'a' is named twice; give each its own key.",
        ),
        (
            "new x --outcomes ,",
            "x.toml: outcomes = '' is empty; name at least one, e.g. everolimus,control or pfs,os.",
        ),
        (
            "new x --nct 01298713",
            "x.toml: registrations = '01298713' is not a number of a trial register that metaonc "
            "knows; write it as the register does, e.g. NCT01298713, 2012-003065-17 or "
            "ISRCTN12345678; a sponsor's or group's own code belongs under also_known_as.",
        ),
    ],
)
def test_new_refuses_what_cannot_be_a_record_and_replaces_nothing(
    folder, monkeypatch, arguments, sentence
):
    monkeypatch.chdir(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    result = run(*arguments.split())
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"Error: {sentence}\n")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("form", "start"), [("bibtex", "@article{"), ("ris", "TY  - "), ("text", "1. ")]
)
def test_references_go_to_stdout_or_to_a_file(tmp_path, form, start):
    text = run("references", "tamrad", "--format", form).stdout
    assert text.startswith(start)
    path = tmp_path / "references.txt"
    result = run("references", "tamrad", "--format", form, "-o", path)
    assert result.stdout == f"5 references: {path}\n"
    assert path.read_text(encoding="utf-8") == text
    assert "'nothing'" in run("references", "nothing").stderr


def test_diff_prints_the_numbers_and_the_pooled_results(folder, tmp_path):
    after = tmp_path / "after"
    shutil.copytree(folder, after, ignore=shutil.ignore_patterns("after"))
    same = run("diff", folder, after)
    assert same.exit_code == 0
    assert same.stdout.startswith("Numbers: 0 added, 0 changed, 0 removed; words: 0.\n")
    change(after / "tamrad.toml", "estimate = 0.54", "estimate = 0.64")
    text = run("diff", folder, after).stdout
    assert "estimate: 0.54 -> 0.64" in text
    assert re.search(
        r"^  pfs: HR 0\.\d\d .* -> HR 0\.\d\d .*; moved by tamrad$", text, re.MULTILINE
    )
    document = json.loads(run("diff", folder, after, "--json").stdout)
    assert document["numbers"] == {"added": 0, "changed": 1, "removed": 0}
    wrong = run("diff", tmp_path / "nowhere", after)
    assert wrong.exit_code == 2
    assert "is neither a folder nor a folder in a revision" in wrong.stderr


# Choosing ---------------------------------------------------------------------------------------


def test_where_chooses_as_the_keywords_of_python_do():
    """The same words, one repeated and one excluded; what is left out is in the document."""
    asked = ("--where", "assessment=central", "--where", "trial=bolero-2", "--where",
             "trial=bolero-5", "--where", "trial!=horizon", "--where", "year>=2010")  # fmt: skip
    document = json.loads(run("pool", "pfs", *asked, "--json").stdout)
    effects = mo.load_registry().effects(
        "pfs", assessment="central", trial=["bolero-2", "bolero-5", "!horizon"], year=">=2010"
    )
    assert effects.k == document["k"] == 2
    assert [study["label"] for study in document["studies"]] == list(effects.labels)
    assert {out["label"] for out in document["left_out"]} == {out.label for out in effects.left_out}


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("settin=advanced", "Error: 'settin' is nothing that trials or results are chosen by; "
                            "there are: setting, "),
        ("cut=finale", "Error: cut = 'finale' is in no record; use one of: final, "),
        ("advanced", "Error: --where 'advanced' is not FIELD=VALUE, FIELD!=VALUE or a comparison "),
    ],
)  # fmt: skip
def test_a_word_for_nothing_is_wrong_input(asked, sentence):
    result = run("pool", "pfs", "--where", asked)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(sentence)


def test_shared_control_is_an_option():
    """MANTA's two vistusertib arms against one control: two contrasts, or one."""
    manta = ("pool", "pfs", "--where", "trial=manta", "--where", "target=mTORC1; mTORC1 and mTORC2")
    ways = {way: json.loads(run(*manta, "--shared-control", way, "--json").stdout)
            for way in ("covariance", "combine", "split")}  # fmt: skip
    assert {way: found["k"] for way, found in ways.items()} == {
        "covariance": 2, "combine": 1, "split": 2,
    }  # fmt: skip
    refused = run(*manta, "--shared-control", "error")
    assert refused.exit_code == 2
    assert refused.stderr.startswith("Error: MANTA: 2 of its contrasts share an arm")


def test_absolute_prints_what_the_library_finds():
    """Numbers per 1000 of one question, as text and as JSON."""
    baseline = ("--survival", "0.40", "--interval", "0.34", "0.46", "--at", "3", "--unit", "months")
    fit = mo.pool(mo.load_registry().effects("pfs"))
    found = mo.absolute_effects(fit, survival=0.40, interval=(0.34, 0.46), at=3, unit="months")
    assert run("absolute", "pfs", *baseline).stdout == f"{found.summary()}\n"
    assert json.loads(run("absolute", "pfs", *baseline, "--json").stdout) == found.to_dict()
    named = run("absolute", "pfs", "--median", 2.83, "--at", 6, "--events", 90).stdout
    assert "median 2.83 (events 90), exponential survival" in named


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--survival", 40), "Error: survival = 40 must be a fraction; write 40% as 0.4."),
        (("--survival", 0.4, "--by", "agent"), "Error: a baseline goes with one pooled result;"),
        (("--median", 6, "--at", "a year"), "Error: at = 'a year' must be a time, a number"),
    ],
)
def test_absolute_answers_a_baseline_that_cannot_be(options, said):
    result = run("absolute", "pfs", *options)
    assert result.exit_code == 2
    assert flat(result.stderr).startswith(said)
