"""The command that turns a pooled ratio into numbers per 1000 patients: `absolute`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

import typer

from metaonc.cli.answers import Asked
from metaonc.cli.options import JsonOption, takes_options
from metaonc.cli.output import print_json, refuse
from metaonc.cli.program import Command, app


def _fraction(name: str, help_text: str) -> Any:
    return typer.Option(name, metavar="FRACTION", help=help_text)


@dataclass(frozen=True, kw_only=True)
class BaselineOptions:
    """Patients without the treatment: the options of `metaonc.absolute_effects`."""

    survival: Annotated[
        float | None, _fraction("--survival", "Untreated patients that are event-free at --at.")
    ] = None
    event_probability: Annotated[
        float | None, _fraction("--event-probability", "Untreated patients with the event.")
    ] = None
    median: Annotated[
        float | None,
        typer.Option("--median", help="Median time of untreated patients; needs a number --at."),
    ] = None
    shape: Annotated[
        float, typer.Option("--shape", help="Of Weibull survival; 1 is exponential.")
    ] = 1.0
    events: Annotated[
        float | None, typer.Option("--events", help="Untreated patients with the event, of --n.")
    ] = None
    n: Annotated[float | None, typer.Option("--n", help="Untreated patients.")] = None
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="Time of the baseline: 12.")
    ] = None
    unit: Annotated[str, typer.Option("--unit", help="Unit of that time: months.")] = ""
    se: Annotated[float | None, typer.Option("--se", help="Standard error of the baseline.")] = None
    interval: Annotated[
        tuple[float, float] | None,
        typer.Option("--interval", metavar="LOW HIGH", help="95% interval of the baseline."),
    ] = None
    at_risk: Annotated[
        float | None, typer.Option("--at-risk", help="Untreated patients at risk at that time.")
    ] = None
    event: Annotated[
        Literal["unwanted", "wanted"] | None,
        typer.Option("--event", help="Whether the event is bad or good; default: as planned."),
    ] = None

    def given(self) -> dict[str, Any]:
        """The arguments, the time as a number where it is one."""
        return {**asdict(self), "at": _time(self.at)}


def _time(text: str | None) -> float | str | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


@app.command(cls=Command)
@takes_options
def absolute(asked: Asked, baseline: BaselineOptions, as_json: JsonOption = False) -> None:
    """Turn one pooled ratio into numbers per 1000 patients.

    From survival without the treatment, or its median, and a pooled hazard
    ratio: survival with it, the difference, the number needed to treat, with
    the uncertainty of both. Odds and risk ratios take an event probability.

    For example:
      metaonc absolute pfs --survival 0.40 --interval 0.34 0.46 --at "3 months"
      metaonc absolute pfs --median 2.83 --interval 2.76 4.14 --at 6
      metaonc absolute stomatitis --events 12 --n 100 --json

    Exit codes: 0 done; 2 wrong input.
    """
    from metaonc.pooling import PooledResult, absolute_effects

    result = asked.answer()
    if not isinstance(result, PooledResult):
        refuse("a baseline goes with one pooled result; leave --by out, or use --where.")
    found = absolute_effects(result, **baseline.given())
    if as_json:
        print_json(found.to_dict())
        return
    print(found.summary())
