"""Commands that answer questions: `report`, `pool`, `forest`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from metaonc.cli.loading import load_registry
from metaonc.cli.looks import Looks
from metaonc.cli.options import (
    ArmOption,
    ByOption,
    ConfirmedOnlyOption,
    DrawsOption,
    IntervalOption,
    JsonOption,
    LevelOption,
    MeasureOption,
    ModelOption,
    PolicyOption,
    QuestionArgument,
    SeedOption,
    SharedControlOption,
    SkipBrokenOption,
    StudiesOption,
    Tau2Option,
    Tau2WeightsOption,
    WhereOption,
    WithinTrialOption,
    takes_options,
)
from metaonc.cli.output import print_json, print_list, refuse
from metaonc.cli.program import Command, app

if TYPE_CHECKING:
    from metaonc.pooling import PooledResult, SubgroupResult
    from metaonc.reports.files import Progress


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question and how to pool it: the options of every command that answers one."""

    question: QuestionArgument
    studies: StudiesOption = None
    model: ModelOption = None
    tau2: Tau2Option = None
    tau2_weights: Tau2WeightsOption = None
    ci: IntervalOption = None
    seed: SeedOption = None
    draws: DrawsOption = None
    within_trial_correlation: WithinTrialOption = None
    level: LevelOption = None
    measure: MeasureOption = None
    arm: ArmOption = None
    where: WhereOption = None
    shared_control: SharedControlOption = None
    by: ByOption = None
    policy: PolicyOption = None
    confirmed_only: ConfirmedOnlyOption = False
    skip_broken: SkipBrokenOption = False

    def answer(self) -> PooledResult | SubgroupResult:
        """Pool the question, by groups where `by` names a trait."""
        from metaonc.registry.filters import read_where
        from metaonc.registry.pooling_words import override

        registry = load_registry(self.studies, self.skip_broken)
        effects = registry.effects(
            self.question,
            measure=self.measure,
            arm=self.arm,
            confirmed_only=self.confirmed_only,
            shared_control=self.shared_control,
            where=read_where(self.where or ()),
        )
        from metaonc.pooling import pool, subgroups

        said: dict[str, Any] = {
            "model": self.model,
            "tau2": _number_or_name(self.tau2),
            "tau2_weights": self.tau2_weights,
            "ci": self.ci,
            "seed": self.seed,
            "draws": self.draws,
            "within_trial_correlation": self.within_trial_correlation,
            "level": self.level,
            "policy": self.policy,
        }
        own = {name: value for name, value in said.items() if value is not None}
        choices = override(registry.pooling(self.question), own)
        return subgroups(effects, self.by, **choices) if self.by else pool(effects, **choices)


@app.command(cls=Command)
def report(
    studies: StudiesOption = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where to write.")
    ] = Path("metaonc-report"),
    confirmed_only: ConfirmedOnlyOption = False,
    skip_broken: SkipBrokenOption = False,
    as_json: JsonOption = False,
) -> None:
    """Answer all questions: a site, one PDF, forest plots and tables.

    Writes the report as pages that need no server (open index.html) and, with
    Typst installed, as report.pdf. Beside them stand one PDF per question of
    the review plan and forest-plots.pdf with all of them, results.json,
    studies.csv, pooled.csv, left-out.csv, sensitivity.csv (how far to trust
    each result) and audit.csv (what the audit finds in the records, and why
    findings that stand are waived); and the harms beside the benefits, if the
    plan names harms, as harms.pdf, harms.csv and harms.json. Files of the same
    name are replaced, nothing is deleted; the same records give the same bytes.

    For example:
      metaonc report
      metaonc report --studies my/studies --output my/report --confirmed-only

    Exit codes: 0 done, also when a question has no answer (it is listed with
    the reason); 2 wrong input.
    """
    registry = load_registry(studies, skip_broken)
    from metaonc.reports import write_report
    from metaonc.reports.files import results_document
    from metaonc.reports.site import WHOLE
    from metaonc.reports.tables import make_console, print_results
    from metaonc.reports.writers.typst import HOW_TO_GET_IT

    with _progress() as progress:
        found = write_report(registry, output, confirmed_only=confirmed_only, progress=progress)
    if as_json:
        document = results_document(registry, found.analyses, confirmed_only=confirmed_only)
        print_json({"files": [str(path) for path in (*found.files, *found.pages)]} | document)
        return
    print_results(make_console(), found.analyses)
    plots = [path for path in found.files if path.suffix == ".pdf"]
    tables = [path.name for path in found.files if path.suffix != ".pdf"]
    print()
    print(f"Report: {found.pages[0]}")
    whole = [path for path in found.pages if path.name == WHOLE]
    if whole:
        print(f"As one PDF: {whole[0]}")
    else:
        print(f"As one PDF: not written, Typst is missing; get it with {HOW_TO_GET_IT}")
    if plots:
        pages = sum(analysis.result is not None for analysis in found.analyses)
        print(f"Forest plots: {plots[0]} ({pages} pages)")
        print_list("One by one: ", [path.name for path in plots[1:]])
    print_list("Tables: ", tables)


@app.command(cls=Command)
@takes_options
def pool(asked: Asked, as_json: JsonOption = False) -> None:
    """Pool one question and print the result.

    For example:
      metaonc pool pfs
      metaonc pool pfs --tau2 DL --ci wald --by resistance
      metaonc pool pfs --where cut=final --where trial!=horizon
      metaonc pool pfs --where assessment=central --where "year>=2015"
      metaonc pool cbr --measure OR --model fixed --level 0.9
      metaonc pool cbr --measure PLOGIT --arm control --json
      metaonc pool pneumonitis --measure OR --model firth

    Exit codes: 0 done; 2 wrong input.
    """
    result = asked.answer()
    if as_json:
        print_json(result.to_dict())
        return
    print(result.summary())


@app.command(cls=Command)
@takes_options
def forest(
    asked: Asked,
    looks: Looks,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="A .pdf, .svg, .png or .html, or its table as .csv; default: QUESTION.pdf.",
        ),
    ] = None,
    dpi: Annotated[
        float | None,
        typer.Option("--dpi", metavar="NUMBER", help="Dots per inch of a .png; default: 200."),
    ] = None,
) -> None:
    """Draw the forest plot of one question.

    A page (.html) can be sorted and folded, and shows where each number comes
    from; it needs no server and no network.

    For example:
      metaonc forest pfs
      metaonc forest pfs -o pfs.svg --by resistance
      metaonc forest os -o os.png --dpi 300 --model fixed --confirmed-only
      metaonc forest pfs -o pfs.html --preset jama --sort -weight
      metaonc forest pfs --paper A4 --columns arms,plot,effect,year

    Exit codes: 0 done; 2 wrong input.
    """
    result = asked.answer()
    from metaonc.plots import forest as draw
    from metaonc.plots import save_figure

    path = output or Path(f"{asked.question}.pdf")
    if dpi is not None and not 10 <= dpi <= 2400:
        refuse(f"--dpi {dpi:g} must lie between 10 and 2400, for example 300.")
    save_figure(draw(result, **looks.arguments()), path, **({} if dpi is None else {"dpi": dpi}))
    print(f"Forest plot: {path}")


def _number_or_name(text: str | None) -> str | float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return text


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """Show a progress bar on stderr where somebody can see it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import Progress as Bar

    from metaonc.reports.tables import make_console

    with Bar(console=make_console(stderr=True), transient=True) as bar:
        task = bar.add_task("Forest plots")

        def show(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what or "Tables")

        yield show
