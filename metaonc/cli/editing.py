"""Commands that write records: `new`, `fmt`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metaonc.cli.output import PROBLEMS_FOUND, WRONG_INPUT, count, refuse, remark
from metaonc.cli.program import Command, app

if TYPE_CHECKING:
    from metaonc.registry.plan import Plan


@app.command(cls=Command)
def new(
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="Key of the trial, e.g. bolero-2: the file's name.")
    ],
    folder: Annotated[
        Path,
        typer.Option("--studies", metavar="FOLDER", help="Where to write; default: this folder."),
    ] = Path(),
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The name people use.")] = "",
    arms: Annotated[
        str,
        typer.Option("--arms", metavar="KEYS", help="Of its arms, with commas; the control last."),
    ] = "experimental,control",
    outcomes: Annotated[
        str, typer.Option("--outcomes", metavar="KEYS", help="Of what it reports, with commas.")
    ] = "pfs,os",
    registrations: Annotated[
        list[str] | None,
        typer.Option("--nct", "--registration", metavar="NUMBER", help="At a trial register."),
    ] = None,
) -> None:
    """Begin the record of a trial, to be filled in.

    Writes KEY.toml, with comments that explain, and beside it the schema from
    which editors complete and explain its fields. Replaces no file.

    For example:
      metaonc new bolero-3 --arms everolimus,control --outcomes pfs,os,orr
      metaonc new bolero-3 --studies my/studies --nct NCT01007942
      metaonc new gina --name GINA --arms everolimus --outcomes cbr

    Exit codes: 0 done; 2 wrong input, such as a file that exists.
    """
    from metaonc.registry.editing import Draft, draft_record, write_text
    from metaonc.registry.schema import schema_text

    draft = Draft(
        key=key,
        name=name,
        arms=_listed(arms),
        outcomes=_listed(outcomes),
        registrations=registrations or (),
    )
    text = draft_record(draft, _plan(folder))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{key}.toml"
    try:
        write_text(path, text, new=True)
    except FileExistsError:
        refuse(f"{path}: there is such a file already; choose another key, or edit that file.")
    schema = folder / "trial.schema.json"
    if not schema.exists():
        write_text(schema, schema_text(), new=True)
    print(f"New record: {path}")
    print(f"Fill it in, then: metaonc check {shlex.quote(str(folder))}")


def _listed(keys: str) -> tuple[str, ...]:
    return tuple(filter(None, (key.strip() for key in keys.split(","))))


def _plan(folder: Path) -> Plan | None:
    """The review plan of a folder, where it has one that can be read."""
    from metaonc.registry.loading import PLAN_FILE, read_plan
    from metaonc.registry.plan import Plan

    path = folder / PLAN_FILE
    found = read_plan(path, str(path)) if path.exists() else None
    return found if isinstance(found, Plan) else None


@app.command(cls=Command)
def fmt(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE|FOLDER", help="Records, or folders of them; default: those shipped."
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 if a file would be changed.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Change nothing; print what would be changed.")
    ] = False,
) -> None:
    """Bring records into their normal form.

    Fields and tables in one order, one way to quote and to break lines. No
    comment is lost, and numbers keep their printed digits: 0.70 stays 0.70. A
    file is replaced at once or not at all.

    For example:
      metaonc fmt my/studies
      metaonc fmt my/studies/tamrad.toml --diff
      metaonc fmt --check

    Exit codes: 0 done; 1 `--check` found files that are not in the normal form;
    2 wrong input, such as a file that is not TOML.
    """
    from metaonc.errors import RecordError
    from metaonc.registry.editing import format_file, record_files, write_text
    from metaonc.registry.loading import shipped_studies

    changed, refused = 0, 0
    files = record_files(paths or [shipped_studies()])
    for path in files:
        try:
            found = format_file(path)
        except RecordError as error:
            remark(f"Error: {error}")
            refused += 1
            continue
        changed += found.changed
        if diff:
            _print_diff(found.path, found.before, found.after)
        elif found.changed and check:
            print(f"{path}: is not in the normal form; run `metaonc fmt {path}`.")
        elif found.changed:
            write_text(path, found.after)
            print(f"{path}: rewritten")
    if not diff:
        verb = "to rewrite" if check else "rewritten"
        print(f"{count(changed, 'file')} {verb}, {len(files) - changed - refused} fine as before.")
    if refused:
        raise typer.Exit(WRONG_INPUT)
    if check and changed:
        raise typer.Exit(PROBLEMS_FOUND)


def _print_diff(path: Path, before: str, after: str) -> None:
    from difflib import unified_diff

    names = (str(path), f"{path} (normal form)")
    lines = unified_diff(before.splitlines(), after.splitlines(), *names, lineterm="")
    for line in lines:
        print(line)
