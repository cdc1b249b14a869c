"""Commands that write records: `new`, `fmt`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from metaonc.cli.output import PROBLEMS_FOUND, WRONG_INPUT, count, remark
from metaonc.cli.program import Command, app


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
