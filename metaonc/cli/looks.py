"""How a forest plot is to look: options of `metaonc forest`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import typer

from metaonc.cli.output import refuse


@dataclass(frozen=True, kw_only=True)
class Looks:
    """House style, columns, order, marks and paper of a forest plot."""

    preset: Annotated[
        str,
        typer.Option(
            "--preset",
            metavar="NAME",
            help="House style: metaonc, cochrane, jama, bmj, lancet-oncology.",
        ),
    ] = "metaonc"
    paper: Annotated[
        str | None,
        typer.Option(
            "--paper",
            metavar="NAME",
            help="A4, letter, A4-landscape, letter-landscape, one-column, two-column; default: as "
            "large as the text needs.",
        ),
    ] = None
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            metavar="NAME,...",
            help="Columns from left to right, 'plot' among them, e.g. arms,plot,effect,year.",
        ),
    ] = None
    sort: Annotated[
        str | None,
        typer.Option(
            "--sort",
            metavar="NAME",
            help="effect, weight, precision, label or a column; descending with a minus: -weight.",
        ),
    ] = None
    title: Annotated[
        str | None, typer.Option("--title", help="Heading; default: the question's.")
    ] = None
    xlim: Annotated[
        str | None,
        typer.Option("--xlim", metavar="LOW,HIGH", help="Limits of the axis, e.g. 0.25,4."),
    ] = None
    prediction: Annotated[
        Literal["interval", "density", "shade", "none"],
        typer.Option("--prediction", help="How the prediction interval is drawn."),
    ] = "interval"
    reference: Annotated[
        str | None,
        typer.Option("--reference", metavar="VALUE,...", help="Dotted lines, e.g. 0.8."),
    ] = None
    unimportant: Annotated[
        str | None,
        typer.Option(
            "--unimportant", metavar="LOW,HIGH", help="A band of effects too small to matter."
        ),
    ] = None
    interval_band: Annotated[
        bool, typer.Option("--interval-band", help="A band shows the pooled interval.")
    ] = False
    studies_shown: Annotated[
        bool, typer.Option("--rows/--no-rows", help="Show the studies, or only what was pooled.")
    ] = True

    def arguments(self) -> dict[str, Any]:
        """What `metaonc.forest` is called with."""
        return {
            "preset": self.preset,
            "paper": self.paper,
            "columns": _names(self.columns),
            "sort": self.sort,
            "title": self.title,
            "xlim": _pair("--xlim", self.xlim),
            "prediction": self.prediction,
            "reference": _numbers("--reference", self.reference),
            "unimportant": _pair("--unimportant", self.unimportant),
            "interval_band": self.interval_band,
            "studies": self.studies_shown,
        }


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(name.strip() for name in text.split(","))


def _numbers(option: str, text: str | None) -> tuple[float, ...]:
    """Numbers with commas between them."""
    if text is None:
        return ()
    parts = [part.strip() for part in text.split(",")]
    wrong = next((part for part in parts if not _is_number(part)), None)
    if wrong is not None:
        refuse(f"{option} {text}: {wrong!r} is not a number; write for example {option} 0.8,1.25.")
    return tuple(map(float, parts))


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", text) is not None


def _pair(option: str, text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    numbers = _numbers(option, text)
    if len(numbers) != 2:
        refuse(f"{option} {text} must be two numbers, for example {option} 0.25,4.")
    return numbers[0], numbers[1]
