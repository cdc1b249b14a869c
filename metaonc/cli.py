"""The `metaonc` command: arguments -> calls into the package -> exit code.

Everything heavy is imported inside the commands, so that `metaonc --help` answers at once.
"""

from __future__ import annotations

import codecs
import json
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from metaonc.errors import MetaoncError, RecordError

if TYPE_CHECKING:
    from metaonc.effects import Registry
    from metaonc.pooling import PooledResult, SubgroupResult
    from metaonc.registry import Records
    from metaonc.reports.files import Progress

RecordsOrRegistry = TypeVar("RecordsOrRegistry", bound="Records")
PROBLEMS_FOUND = 1
WRONG_INPUT = 2


class _Verbatim:
    """Help text that keeps its line breaks: it holds examples."""

    help: str | None

    def format_help_text(self, _ctx: Any, formatter: Any) -> None:
        """Write the help as it stands in the source."""
        for line in ("", *(self.help or "").splitlines()):
            formatter.write(f"  {line}".rstrip() + "\n")


class _Command(_Verbatim, TyperCommand):
    """A command whose help keeps its line breaks."""


class _Commands(_Verbatim, TyperGroup):
    """The commands; wrong input becomes one sentence on stderr and exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except MetaoncError as error:
            _refuse(str(error))
        except BrokenPipeError:
            raise  # whoever was reading has had enough; not the user's mistake
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            _refuse(f"{where}{error.strerror or error}; name one that can be read or written.")


app = typer.Typer(
    name="metaonc",
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

# Options that several commands share ----------------------------------------------------------

StudiesOption = Annotated[
    Path | None,
    typer.Option(
        "--studies", metavar="FOLDER", help="Folder with trial records; default: those shipped."
    ),
]
ConfirmedOnlyOption = Annotated[
    bool, typer.Option("--confirmed-only", help="Leave out numbers that await confirmation.")
]
SkipBrokenOption = Annotated[
    bool,
    typer.Option("--skip-broken", help="Go on without records that break a rule; they are named."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON on stdout; remarks go to stderr.")
]
QuestionArgument = Annotated[
    str,
    typer.Argument(
        metavar="QUESTION", help="A question of the review plan (pfs, os, ...) or an outcome."
    ),
]
ModelOption = Annotated[
    Literal["fixed", "random"] | None,
    typer.Option("--model", help="One common effect, or random effects (default)."),
]
Tau2Option = Annotated[
    str | None,
    typer.Option(
        "--tau2",
        metavar="NAME|NUMBER",
        help="Estimator of the between-study variance (REML, DL, PM, ...) or its value.",
    ),
]
IntervalOption = Annotated[
    str | None,
    typer.Option(
        "--ci", metavar="NAME", help="Interval of the mean: auto, wald, t, hksj, hksj-adhoc, ..."
    ),
]
LevelOption = Annotated[
    float | None, typer.Option("--level", metavar="FRACTION", help="Confidence level, e.g. 0.95.")
]
MeasureOption = Annotated[
    str | None,
    typer.Option(
        "--measure",
        metavar="CODE",
        help="Another effect measure: HR; OR, RR, RD; PRAW, PLOGIT, PAS, PFT.",
    ),
]
ArmOption = Annotated[
    Literal["experimental", "control"] | None,
    typer.Option("--arm", help="For a single proportion: the arm."),
]
ByOption = Annotated[
    str | None,
    typer.Option("--by", metavar="TRAIT", help="Also pool by groups, e.g. resistance or agent."),
]
PolicyOption = Annotated[
    str | None,
    typer.Option("--policy", metavar="NAME", help="Named set of defaults; see the methods line."),
]


def _show_version(wanted: bool) -> None:
    if wanted:
        from metaonc._version import __version__

        typer.echo(f"metaonc {__version__}")
        raise typer.Exit


@app.callback()
def metaonc(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Meta-analysis for oncology: from published numbers to pooled results.

    For example:
      metaonc report                      answer every question of the review plan
      metaonc pool pfs                    pool one question and print the result
      metaonc pool pfs --tau2 DL --ci wald --by resistance
      metaonc forest pfs -o pfs.pdf       draw its forest plot
      metaonc studies tamrad              read one trial's record
      metaonc check my/studies            audit records before they are used

    Exit codes: 0 done; 1 `check` found problems; 2 wrong input, with one
    sentence on stderr that says what to do.
    """


@app.command(cls=_Command)
def report(
    studies: StudiesOption = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where to write.")
    ] = Path("metaonc-report"),
    confirmed_only: ConfirmedOnlyOption = False,
    skip_broken: SkipBrokenOption = False,
    as_json: JsonOption = False,
) -> None:
    """Answer all questions: forest plots and tables.

    Writes one PDF per question of the review plan and forest-plots.pdf with
    all of them, results.json, studies.csv, pooled.csv and left-out.csv. Files
    of the same name are replaced, nothing is deleted; the same records give the
    same bytes.

    For example:
      metaonc report
      metaonc report --studies my/studies --output my/report --confirmed-only

    Exit codes: 0 done, also when a question has no answer (it is listed with
    the reason); 2 wrong input.
    """
    registry = _registry(studies, skip_broken)
    from metaonc.reports import write_report
    from metaonc.reports.files import results_document
    from metaonc.reports.tables import make_console, print_results

    with _progress() as progress:
        found = write_report(registry, output, confirmed_only=confirmed_only, progress=progress)
    if as_json:
        document = results_document(registry, found.analyses, confirmed_only=confirmed_only)
        _print_json({"files": [str(path) for path in found.files]} | document)
        return
    print_results(make_console(), found.analyses)
    plots = [path for path in found.files if path.suffix == ".pdf"]
    tables = [path.name for path in found.files if path.suffix != ".pdf"]
    print()
    if plots:
        print(f"Forest plots: {plots[0]} ({len(plots) - 1} pages)")
        _print_list("One by one: ", [path.name for path in plots[1:]])
    _print_list("Tables: ", tables)


@app.command(cls=_Command)
def pool(
    question: QuestionArgument,
    studies: StudiesOption = None,
    model: ModelOption = None,
    tau2: Tau2Option = None,
    ci: IntervalOption = None,
    level: LevelOption = None,
    measure: MeasureOption = None,
    arm: ArmOption = None,
    by: ByOption = None,
    policy: PolicyOption = None,
    confirmed_only: ConfirmedOnlyOption = False,
    skip_broken: SkipBrokenOption = False,
    as_json: JsonOption = False,
) -> None:
    """Pool one question and print the result.

    For example:
      metaonc pool pfs
      metaonc pool pfs --tau2 DL --ci wald --by resistance
      metaonc pool cbr --measure OR --model fixed --level 0.9
      metaonc pool cbr --measure PLOGIT --arm control --json

    Exit codes: 0 done; 2 wrong input.
    """
    result = _answer(
        _registry(studies, skip_broken), question, measure, arm, by, confirmed_only,
        {"model": model, "tau2": tau2, "ci": ci, "level": level, "policy": policy},
    )  # fmt: skip
    if as_json:
        _print_json(result.to_dict())
        return
    print(result.summary())


@app.command(cls=_Command)
def forest(
    question: QuestionArgument,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="A .pdf, .svg or .png; default: QUESTION.pdf."
        ),
    ] = None,
    studies: StudiesOption = None,
    model: ModelOption = None,
    tau2: Tau2Option = None,
    ci: IntervalOption = None,
    level: LevelOption = None,
    measure: MeasureOption = None,
    arm: ArmOption = None,
    by: ByOption = None,
    policy: PolicyOption = None,
    confirmed_only: ConfirmedOnlyOption = False,
    skip_broken: SkipBrokenOption = False,
) -> None:
    """Draw the forest plot of one question.

    For example:
      metaonc forest pfs
      metaonc forest pfs -o pfs.svg --by resistance
      metaonc forest os -o os.png --model fixed --confirmed-only

    Exit codes: 0 done; 2 wrong input.
    """
    result = _answer(
        _registry(studies, skip_broken), question, measure, arm, by, confirmed_only,
        {"model": model, "tau2": tau2, "ci": ci, "level": level, "policy": policy},
    )  # fmt: skip
    from metaonc.plots import forest as draw
    from metaonc.plots import save_figure

    path = output or Path(f"{question}.pdf")
    save_figure(draw(result), path)
    print(f"Forest plot: {path}")


@app.command(cls=_Command)
def studies(
    trial: Annotated[
        str | None, typer.Argument(metavar="TRIAL", help="Key of one trial, e.g. tamrad.")
    ] = None,
    studies: StudiesOption = None,
    skip_broken: SkipBrokenOption = False,
    as_json: JsonOption = False,
) -> None:
    """List the trials, or read one trial's record in full.

    For example:
      metaonc studies
      metaonc studies tamrad              every number, its source and status
      metaonc studies tamrad --json

    Exit codes: 0 done; 2 wrong input, such as a trial that is not there.
    """
    from metaonc.registry import load_records

    records = _load(load_records, studies, skip_broken)
    if trial is None and as_json:
        _print_json(records.to_frame().to_dict("records"))
        return
    from metaonc.reports.tables import make_console, print_trial, print_trials

    if trial is None:
        print_trials(make_console(), records)
        return
    try:
        record = records[trial]
    except KeyError as error:
        _refuse(f"{error.args[0]}.")
    if as_json:
        _print_json(record.model_dump(exclude_unset=True))
    else:
        print_trial(make_console(), record)


@app.command(cls=_Command)
def check(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="Folder with trial records; default: those shipped."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Audit every record; list all problems at once.

    For example:
      metaonc check
      metaonc check my/studies --json

    Exit codes: 0 no problem; 1 problems found, one sentence each on stdout;
    2 wrong input, such as a folder without records.
    """
    from metaonc.registry import load_records

    records = load_records(folder, strict=False)
    broken = {problem.file for problem in records.problems}
    results = [result for trial in records for result in trial.results]
    awaiting = sum(result.awaits_confirmation() for result in results)
    if as_json:
        from dataclasses import asdict

        problems = [asdict(found) | {"sentence": str(found)} for found in records.problems]
        _print_json(
            {
                "folder": str(records.folder),
                "records_fine": len(records),
                "files_with_problems": sorted(broken),
                "results": len(results),
                "results_unconfirmed": awaiting,
                "problems": problems,
            }
        )
    else:
        for problem in records.problems:
            print(problem)
        wrong = _count(len(records.problems), "problem") if broken else "No problem"
        where = f" in {_count(len(broken), 'file')}" if broken else ""
        print(
            f"{wrong}{where}; {_count(len(records), 'record')} fine, "
            f"{awaiting} of {_count(len(results), 'result')} unconfirmed."
        )
    if broken:
        raise typer.Exit(PROBLEMS_FOUND)


@app.command(cls=_Command)
def schema(
    which: Annotated[
        Literal["trial", "review"],
        typer.Argument(help="A trial's record, or the review plan.", show_default=True),
    ] = "trial",
) -> None:
    """Print the format of the records as JSON Schema.

    Editors complete and check a record that starts with the line
    #:schema ./trial.schema.json

    For example:
      metaonc schema > my/studies/trial.schema.json
      metaonc schema review > my/studies/review.schema.json

    Exit codes: 0 done; 2 wrong input.
    """
    from metaonc.registry.schema import schema as make_schema

    _print_json(make_schema(which))


def main() -> None:
    """Run the `metaonc` command on the arguments of the process."""
    _survive_any_encoding()
    app(prog_name="metaonc")


# Behind the commands ---------------------------------------------------------------------------


def _load(
    load: Callable[..., RecordsOrRegistry], folder: Path | None, skip_broken: bool
) -> RecordsOrRegistry:
    """Load the records; say on stderr what is skipped. A broken review plan never is."""
    from metaonc.registry.loading import PLAN_FILE

    found = load(folder, strict=False)
    if not found.problems:
        return found
    plan = [problem for problem in found.problems if Path(problem.file).name == PLAN_FILE]
    if plan or not found.trials:
        raise RecordError(plan or found.problems)
    if not skip_broken:
        _refuse(
            f"{RecordError(found.problems)} "
            f"(--skip-broken goes on with the other {_count(len(found), 'record')}.)"
        )
    for problem in found.problems:
        _remark(f"Skipped: {problem}")
    return found


def _registry(folder: Path | None, skip_broken: bool) -> Registry:
    from metaonc.effects import load_registry

    return _load(load_registry, folder, skip_broken)


def _answer(
    registry: Registry,
    question: str,
    measure: str | None,
    arm: Literal["experimental", "control"] | None,
    by: str | None,
    confirmed_only: bool,
    choices: dict[str, Any],
) -> PooledResult | SubgroupResult:
    """Pool a question, by groups where `by` names a trait."""
    from metaonc.pooling import pool, subgroups

    effects = registry.effects(question, measure=measure, arm=arm, confirmed_only=confirmed_only)
    choices["tau2"] = _number_or_name(choices["tau2"])
    return subgroups(effects, by, **choices) if by else pool(effects, **choices)


def _number_or_name(text: str | None) -> str | float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return text


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """Show a progress bar on stderr where somebody can see it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import Progress as Bar

    from metaonc.reports.tables import make_console

    with Bar(console=make_console(stderr=True), transient=True) as bar:
        task = bar.add_task("Forest plots")

        def show(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what or "Tables")

        yield show


def _print_json(data: Any) -> None:
    """Print JSON; a console that is not UTF-8 gets escapes, so nothing is lost."""
    narrow = codecs.lookup(sys.stdout.encoding or "ascii").name != "utf-8"
    print(json.dumps(data, indent=2, ensure_ascii=narrow, allow_nan=False, default=float))


def _print_list(head: str, names: list[str]) -> None:
    import shutil
    import textwrap

    width = shutil.get_terminal_size().columns
    indent = " " * len(head)
    print(textwrap.fill(", ".join(names), width, initial_indent=head, subsequent_indent=indent,
                        break_on_hyphens=False, break_long_words=False))  # fmt: skip


def _remark(text: str) -> None:
    print(text, file=sys.stderr)


def _refuse(sentence: str) -> NoReturn:
    _remark(f"Error: {sentence}")
    raise typer.Exit(WRONG_INPUT)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _survive_any_encoding() -> None:
    """Print what the console's encoding lacks as plain ASCII instead of failing."""
    codecs.register_error("metaonc-plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="metaonc-plain")


def _plain(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    spelled = {"–": "-", "—": "-", "‐": "-", "‑": "-", "≥": ">=", "≤": "<=", "×": "x", "τ": "tau",
               "χ": "chi", "±": "+/-", "’": "'", "‘": "'", "“": '"', "”": '"', "·": ".", "…": "...",
               "\N{MINUS SIGN}": "-"}  # fmt: skip
    found = []
    for character in error.object[error.start : error.end]:
        plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
        found.append(spelled.get(character) or plain or "?")
    return "".join(found), error.end
