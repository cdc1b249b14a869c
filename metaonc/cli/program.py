"""The program itself: help that keeps its line breaks, wrong input as one sentence."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from metaonc.cli.output import refuse
from metaonc.errors import MetaoncError


class _Verbatim:
    """Help text that keeps its line breaks: it holds examples."""

    help: str | None

    def format_help_text(self, _ctx: Any, formatter: Any) -> None:
        """Write the help as it stands in the source."""
        for line in ("", *(self.help or "").splitlines()):
            formatter.write(f"  {line}".rstrip() + "\n")


class Command(_Verbatim, TyperCommand):
    """A command whose help keeps its line breaks."""


_ORDER = ("report", "pool", "absolute", "sensitivity", "forest", "studies", "show", "check", "diff",
          "new", "fmt", "references", "schema")  # fmt: skip


class Commands(_Verbatim, TyperGroup):
    """The commands; wrong input becomes one sentence on stderr and exit code 2."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name the commands as one meets them: answers, records, editing; then all others."""
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: _ORDER.index(name) if name in _ORDER else 99)

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except MetaoncError as error:
            refuse(str(error))
        except BrokenPipeError:
            raise  # whoever was reading has had enough; not the user's mistake
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            refuse(f"{where}{error.strerror or error}; name one that can be read or written.")


app = typer.Typer(
    name="metaonc",
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


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
      metaonc show tamrad                 read one trial's record
      metaonc check my/studies            audit records before they are used

    Exit codes: 0 done; 1 `check` found problems; 2 wrong input, with one
    sentence on stderr that says what to do.
    """
