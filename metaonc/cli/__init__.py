"""The `metaonc` command: arguments -> calls into the package -> exit code.

One module per family of commands; importing it adds its commands to :data:`app`. Everything heavy
is imported inside the commands, so that help answers at once.
"""

from metaonc.cli import absolute, answers, comparing, editing, records, trusting
from metaonc.cli.output import survive_any_encoding
from metaonc.cli.program import app

__all__ = ["absolute", "answers", "app", "comparing", "editing", "main", "records", "trusting"]


def main() -> None:
    """Run the `metaonc` command on the arguments of the process."""
    survive_any_encoding()
    app(prog_name="metaonc")
