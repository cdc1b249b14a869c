"""Options that several commands share, and how a command takes a whole set of them."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

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
# Spelled out, as loading the models for --help would load what they compute with.
ModelName = Literal[
    "fixed", "random",
    "mh", "peto", "firth", "beta-binomial", "UM.FS", "UM.RS", "CM.EL", "CM.AL", "glmm",
]  # fmt: skip
ModelOption = Annotated[
    ModelName | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="fixed, one common effect, or random effects (default); or a model of counts: mh, "
        "peto, firth, beta-binomial, UM.FS, UM.RS, CM.EL, CM.AL, glmm.",
    ),
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
        "--ci",
        metavar="NAME",
        help="Interval of the mean: auto, wald, t, hksj, kr, permutation, bootstrap, ...",
    ),
]
Tau2WeightsOption = Annotated[
    str | None,
    typer.Option(
        "--tau2-weights",
        metavar="NAME",
        help="Weights of GENQ and GENQM: 1/sei (default), 1/vi, or a column of the effects.",
    ),
]
SeedOption = Annotated[
    int | None, typer.Option("--seed", help="Seed of a permutation or bootstrap interval.")
]
DrawsOption = Annotated[
    int | None,
    typer.Option("--draws", help="Bootstrap samples, or most sign flips of a permutation test."),
]
WithinTrialOption = Annotated[
    float | None,
    typer.Option(
        "--within-trial-correlation",
        metavar="FRACTION",
        help="Of the true effects of one trial's contrasts, where these covary; default 0.5.",
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
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="FIELD=VALUE",
        help="Only what holds this: setting=advanced, cut=final, trial!=horizon, 'year>=2015'; "
        "repeat it for more fields, or for more values of one.",
    ),
]
SharedControlOption = Annotated[
    Literal["covariance", "combine", "split", "error"] | None,
    typer.Option("--shared-control", help="Contrasts of one trial that share an arm."),
]
ByOption = Annotated[
    str | None,
    typer.Option("--by", metavar="TRAIT", help="Also pool by groups, e.g. resistance or agent."),
]
PolicyOption = Annotated[
    str | None,
    typer.Option("--policy", metavar="NAME", help="Named set of defaults; see the methods line."),
]


def takes_options(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take a dataclass of options: its fields become options of the command.

    A parameter whose annotation is a dataclass is replaced, for whoever reads the signature, by
    the fields of that dataclass; a call gathers them into an instance again.

    Examples
    --------
    >>> @dataclasses.dataclass
    ... class Size:
    ...     width: int
    ...     height: int = 1
    >>> @takes_options
    ... def area(size: Size, label: str = "area") -> None:
    ...     print(label, size.width * size.height)
    >>> str(inspect.signature(area))
    "(*, width: int, height: int = 1, label: str = 'area') -> None"
    >>> area(width=3)
    area 3
    """
    written = inspect.signature(command, eval_str=True)
    sets: dict[str, Any] = {
        name: parameter.annotation
        for name, parameter in written.parameters.items()
        if dataclasses.is_dataclass(parameter.annotation)
    }

    @functools.wraps(command)
    def run(**given: Any) -> None:
        for name, options in sets.items():
            fields = [one for one in inspect.signature(options).parameters if one in given]
            given[name] = options(**{field: given.pop(field) for field in fields})
        command(**given)

    spread = [one for parameter in written.parameters.values() for one in _spread(parameter)]
    run.__signature__ = written.replace(parameters=spread)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in spread}
    return run


def _spread(parameter: inspect.Parameter) -> Iterator[inspect.Parameter]:
    """Yield the parameters that stand for this one: the fields of a dataclass, or itself."""
    options = parameter.annotation
    if not dataclasses.is_dataclass(options):
        yield parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        return
    kinds = typing.get_type_hints(options, include_extras=True)
    for field in dataclasses.fields(options):
        required = field.default is dataclasses.MISSING
        yield inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if required else field.default,
            annotation=kinds[field.name],
        )
