"""The command that asks how far to trust one result: `sensitivity`."""

from __future__ import annotations

from typing import Annotated

import typer

from metaonc.cli.answers import Asked
from metaonc.cli.options import JsonOption, takes_options
from metaonc.cli.output import print_json
from metaonc.cli.program import Command, app


@app.command(cls=Command)
@takes_options
def sensitivity(
    asked: Asked,
    ask: Annotated[
        list[str] | None,
        typer.Option("--ask", metavar="QUESTION", help="Only this question; may be repeated."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask of one result what a reviewer asks.

    Does it hang on one trial, on the model, on the estimator, on figures that
    await confirmation, on how figures were rounded, on trials that seem to be
    missing? Each question gets a verdict and an answer in a sentence, or the
    reason why it cannot be answered. --json has all numbers behind the answers.

    For example:
      metaonc sensitivity pfs
      metaonc sensitivity os --confirmed-only --ask one-trial --ask model
      metaonc sensitivity cbr --model mh --json

    Exit codes: 0 done; 2 wrong input.
    """
    from metaonc.diagnostics import sensitivity as ask_all

    found = ask_all(asked.answer(), ask=ask)
    if as_json:
        print_json(found.to_dict())
        return
    print(found.summary())
