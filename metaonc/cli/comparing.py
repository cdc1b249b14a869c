"""The command that compares two versions of the records: `diff`."""

from __future__ import annotations

from typing import Annotated

import typer

from metaonc.cli.options import JsonOption
from metaonc.cli.output import print_json
from metaonc.cli.program import Command, app


@app.command(cls=Command)
def diff(
    before: Annotated[
        str, typer.Argument(metavar="BEFORE", help="A folder, or a git revision: HEAD~1:studies.")
    ],
    after: Annotated[
        str | None, typer.Argument(metavar="AFTER", help="The same; default: the shipped records.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two versions of the records.

    Lists the numbers and words that were added, changed or removed, and what
    that does to each pooled result of the review plan: before, after, and which
    trial moved it. A git revision stands for its folder `studies` unless another
    one is named after a colon.

    For example:
      metaonc diff HEAD~1:studies studies
      metaonc diff v0.1 HEAD --json
      metaonc diff old/studies new/studies

    Exit codes: 0 done, different or not; 2 wrong input.
    """
    from metaonc.effects import load_registry
    from metaonc.registry.loading import shipped_studies
    from metaonc.registry.revisions import folder_of
    from metaonc.reports.differences import compare

    names = before, after or str(shipped_studies())
    with (
        folder_of(names[0], like=names[1]) as old,
        folder_of(names[1], like=names[0]) as new,
    ):
        found = compare(load_registry(old), load_registry(new), names=names)
    if as_json:
        print_json(found.to_dict())
    else:
        print(found.summary())
