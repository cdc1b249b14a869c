"""Commands that read records: `studies`, `show`, `check`, `references`, `schema`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from metaonc.cli.loading import load_records
from metaonc.cli.options import JsonOption, SkipBrokenOption, StudiesOption
from metaonc.cli.output import PROBLEMS_FOUND, count, print_json, refuse
from metaonc.cli.program import Command, app

if TYPE_CHECKING:
    from metaonc.registry import Records, Trial


def _trial(records: Records, key: str) -> Trial:
    try:
        return records[key]
    except KeyError as error:
        refuse(f"{error.args[0]}.")


@app.command(cls=Command)
def studies(
    trial: Annotated[
        str | None, typer.Argument(metavar="TRIAL", help="Key of one trial, e.g. tamrad.")
    ] = None,
    studies: StudiesOption = None,
    skip_broken: SkipBrokenOption = False,
    as_json: JsonOption = False,
) -> None:
    """List the trials, or read one as `metaonc show` prints it.

    For example:
      metaonc studies
      metaonc studies --json
      metaonc studies tamrad

    Exit codes: 0 done; 2 wrong input, such as a trial that is not there.
    """
    records = load_records(studies, skip_broken)
    if trial is None and as_json:
        frame = records.to_frame().astype(object)
        print_json(frame.where(frame.notna(), None).to_dict("records"))
        return
    if trial is not None:
        _show(records, trial, as_json=as_json)
        return
    from metaonc.reports.tables import make_console, print_trials

    print_trials(make_console(), records)


@app.command(cls=Command)
def show(
    trial: Annotated[str, typer.Argument(metavar="TRIAL", help="Key of a trial, e.g. tamrad.")],
    studies: StudiesOption = None,
    skip_broken: SkipBrokenOption = False,
    as_json: JsonOption = False,
) -> None:
    """Read one trial's record: every number and what is known of it.

    Design, arms, data cuts; every printed result with its source and whether it
    is confirmed there; what is derived from it, with the arithmetic; what the
    audit found, and what the record says about that.

    For example:
      metaonc show tamrad
      metaonc show bolero-6 --json

    Exit codes: 0 done; 2 wrong input, such as a trial that is not there.
    """
    _show(load_records(studies, skip_broken), trial, as_json=as_json)


def _show(records: Records, key: str, *, as_json: bool) -> None:
    record = _trial(records, key)
    findings = records.audit().of(key)
    if as_json:
        from dataclasses import asdict

        from metaonc.registry.derivations import derivations

        found = enumerate(record.results, start=1)
        derived = [
            {"result": number, "derivations": list(told)}
            for number, told in ((i, derivations(record, result)) for i, result in found)
            if told
        ]
        print_json(
            record.model_dump(exclude_unset=True)
            | {"derived_figures": derived, "derived_results": _sums(record)}
            | {"findings": [asdict(finding) for finding in findings]}
        )
        return
    from metaonc.reports.tables import make_console, print_trial

    print_trial(make_console(), record, findings)


def _sums(record: Trial) -> list[list[str]]:
    """Outcome, where, and arithmetic of every arm of every sum."""
    from metaonc.registry.derivations import sums

    return [[one.outcome, one.where, told] for one in sums(record) for told in one.arithmetic]


@app.command(cls=Command)
def check(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="Folder with trial records; default: those shipped."),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option("--select", metavar="CODES", help="Only these rules: CT401, or CT, or CI,PV."),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", metavar="CODES", help="All rules but these."),
    ] = None,
    strictness: Annotated[
        Literal["error", "warning", "note"],
        typer.Option("--strictness", help="What makes the check fail; note also lists the notes."),
    ] = "error",
    explain: Annotated[
        str | None,
        typer.Option("--explain", metavar="CODE", help="Say what a rule finds, and how."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Audit every record for figures that do not add up.

    An error is a number that cannot be right, a warning one that is doubtful, a
    note something that a reader should know. Each finding shows its arithmetic;
    the documentation has a page for each rule. A record may waive a finding,
    with a reason, under [[waivers]].

    For example:
      metaonc check
      metaonc check my/studies --strictness warning
      metaonc check --select CI,PV --json
      metaonc check --explain CI101

    Exit codes: 0 no problem; 1 errors found (or worse than --strictness allows),
    one sentence each on stdout; 2 wrong input, such as a folder without records.
    """
    from metaonc.registry import load_records as load
    from metaonc.registry.audit.run import codes

    if explain is not None:
        print(explained(explain))
        return
    records = load(folder, strict=False)
    audit = records.audit().only(select=codes(select or ()), ignore=codes(ignore or ()))
    results = [result for trial in records for result in trial.results]
    awaiting = sum(result.awaits_confirmation() for result in results)
    if as_json:
        print_json(
            {
                "records_fine": len(records),
                "files_with_problems": sorted({problem.file for problem in records.problems}),
                "results_unconfirmed": awaiting,
                **audit.to_dict(),
            }
        )
    else:
        print(audit.summary(notes=strictness == "note"))
        print(f"{awaiting} of {count(len(results), 'result')} unconfirmed.")
    if audit.fails(strictness):
        raise typer.Exit(PROBLEMS_FOUND)


@app.command(cls=Command)
def references(
    trials: Annotated[
        list[str] | None,
        typer.Argument(metavar="TRIAL", help="Keys of trials; default: all of them."),
    ] = None,
    form: Annotated[
        Literal["text", "bibtex", "ris"],
        typer.Option("--format", help="A numbered list, or a file for a reference manager."),
    ] = "text",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write there instead of on stdout."),
    ] = None,
    studies: StudiesOption = None,
    skip_broken: SkipBrokenOption = False,
) -> None:
    """List the publications behind the records.

    Each publication once, with its DOI, PMID and PMCID. What the records do not
    know of it, such as a title that nobody has seen, is left out and said.

    For example:
      metaonc references
      metaonc references tamrad bolero-2
      metaonc references --format bibtex -o trials.bib
      metaonc references --format ris -o trials.ris

    Exit codes: 0 done; 2 wrong input, such as a trial that is not there.
    """
    records = load_records(studies, skip_broken)
    from metaonc.registry.references import references_of

    wanted = [_trial(records, key) for key in trials] if trials else records.trials
    found = references_of(wanted)
    if output is None:
        print(found.to(form), end="")
        return
    from metaonc.registry.editing import write_text

    write_text(output, found.to(form))
    print(f"{count(len(found), 'reference')}: {output}")


def explained(code: str) -> str:
    """The documentation of a rule, or of every rule that a code begins."""
    from metaonc.registry.audit.run import codes
    from metaonc.registry.audit.table import RULES, explanation

    (start,) = codes([code])
    found = [explanation(rule) for rule in RULES if rule.startswith(start)]
    if not found:
        return f"{start}: what the format refuses when a record is loaded; the sentence says why."
    return "\n\n\n".join(found)


@app.command(cls=Command)
def schema(
    which: Annotated[
        Literal["trial", "review", "result"],
        typer.Argument(
            help="A trial's record, the review plan, or a pooled result.", show_default=True
        ),
    ] = "trial",
) -> None:
    """Print the format of records or results as JSON Schema.

    Editors complete and check a record that starts with the line
    #:schema ./trial.schema.json

    For example:
      metaonc schema > my/studies/trial.schema.json
      metaonc schema review > my/studies/review.schema.json
      metaonc schema result > pooled-result.schema.json

    Exit codes: 0 done; 2 wrong input.
    """
    if which == "result":
        from metaonc.pooling.schema import result_schema

        print_json(result_schema())
        return
    from metaonc.registry.schema import schema as make_schema

    print_json(make_schema(which))
