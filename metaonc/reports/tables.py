"""Tables for a terminal: what the report found, what the registry holds, one trial in full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.box import Box
from rich.console import Console, JustifyMethod, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from metaonc.registry import Counts, HazardRatio, Records, Trial
from metaonc.registry.derivations import derivations, sums
from metaonc.registry.records import Arm, ArmCount, Medians, Reference, Result, Source, Survival

if TYPE_CHECKING:
    from metaonc.pooling import PooledResult
    from metaonc.registry.audit import Finding
    from metaonc.reports.analyses import Analysis

# A rule under the head and nothing else; plain ASCII, so that it survives every console and pipe.
_PLAIN = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)


def make_console(*, stderr: bool = False) -> Console:
    """Console that prints text as it is: no guessing at numbers and paths, no markup."""
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def _print(console: Console, what: RenderableType) -> None:
    """Print without the blanks that pad every line to the console's width."""
    with console.capture() as captured:
        console.print(what)
    console.file.write("\n".join(map(str.rstrip, captured.get().split("\n"))))


def _table(
    columns: Iterable[str], rows: Iterable[dict[str, str]], *, wrap: Sequence[str] = ()
) -> Table:
    """Rows as a table; a column named in `wrap` is the one that gives way."""
    table = Table(
        box=_PLAIN, show_edge=False, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0)
    )
    columns = tuple(columns)
    for name in columns:
        justify: JustifyMethod = "right" if name in _NUMBERS else "left"
        table.add_column(name, justify=justify, no_wrap=name not in wrap, overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[name]) for name in columns))
    return table


_NUMBERS = ("k", "n", "p", "I²", "tau²", "year", "patients", "confirmed")

# What the report found ----------------------------------------------------------------------

# Widest first: what a narrow terminal loses stands below the table or in the files on disk.
_REMARKS = "remarks"
_ESTIMATE = "estimate [CI]"
_LAYOUTS: tuple[tuple[str, ...], ...] = (
    ("analysis", "k", "n", _ESTIMATE, "p", "I²", "tau²", "prediction", _REMARKS),
    ("analysis", "k", "n", _ESTIMATE, "p", "I²", "tau²", "prediction"),
    ("analysis", "k", "n", _ESTIMATE, "p", "I²", "prediction"),
    ("analysis", "k", _ESTIMATE, "p", "I²"),
    ("analysis", _ESTIMATE),
)


def print_results(console: Console, analyses: Sequence[Analysis]) -> None:
    """Print a line per pooled result, as many columns as fit, then what deserves a remark."""
    rows = [row for analysis in analyses for row in _result_rows(analysis)]
    layout = _print_widest(console, rows, _LAYOUTS) if rows else ()
    below = {analysis.key: [] if _REMARKS in layout else remarks(analysis) for analysis in analyses}
    for analysis in analyses:
        if analysis.reason:
            missing = "" if analysis.pooled else "not answered: "
            below[analysis.key].append(missing + analysis.reason)
    if any(below.values()):
        console.print()
    for key, found in below.items():
        if found:
            _print_hanging(console, f"{key}: ", "; ".join(found))


def _print_widest(
    console: Console, rows: Sequence[dict[str, str]], layouts: Sequence[tuple[str, ...]]
) -> tuple[str, ...]:
    """Print the first layout that fits the console (the last, if none does) and return it."""
    unlimited = console.options.update(max_width=10_000)
    for layout in layouts:
        table = _table(layout, rows)
        if Measurement.get(console, unlimited, table).maximum <= console.width:
            break
    _print(console, table)
    return layout


def _print_hanging(console: Console, head: str, text: str) -> None:
    """Print `text` after `head`, its further lines below its first."""
    grid = Table.grid()
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(head), Text(text))
    _print(console, grid)


def remarks(analysis: Analysis) -> list[str]:
    """What is noteworthy about an answer, in a few words each."""
    from metaonc.pooling import SubgroupResult, p_text
    from metaonc.reports.analyses import unconfirmed

    fit, found = analysis.pooled, []
    if fit is None:
        return []
    awaiting = unconfirmed(fit.effects)
    if awaiting:
        found.append(f"{awaiting} unconfirmed")
    if fit.k == 1:
        found.append("one study")
    if any("narrower" in note for note in fit.notes):
        found.append("HK narrower than Wald")
    if isinstance(analysis.result, SubgroupResult):
        found.append(f"between groups {p_text(analysis.result.q_between_p)}")
    return found


def _result_rows(analysis: Analysis) -> Iterator[dict[str, str]]:
    for name, fit in analysis.rows().items():
        note = "; ".join(remarks(analysis)) if not name else ""
        yield _result_row(f"  {name}" if name else analysis.key, fit) | {"remarks": note}


def _result_row(label: str, fit: PooledResult) -> dict[str, str]:
    from metaonc.effects import patients
    from metaonc.pooling import p_text

    compares = fit.effects.scale.null is not None  # one arm has no null value to test against
    predicted = fit.prediction_interval()
    low, high = fit.effects.display(predicted)
    random = fit.choices.model == "random"
    return {
        "analysis": label,
        "k": str(fit.k),
        "n": str(patients(fit.effects) or ""),
        _ESTIMATE: estimate_text(fit),
        "p": p_text(fit.p_value).removeprefix("p ").removeprefix("= ") if compares else "",
        "I²": f"{fit.i2:.0%}" if fit.k > 1 else "",
        "tau²": f"{fit.tau2:.3f}" if random and fit.k > 1 else "",
        "prediction": fit.effects.scale.interval_text(low, high) if predicted.applies else "",
    }


def estimate_text(fit: PooledResult) -> str:
    """Pooled estimate with its interval: ``HR 0.60 [0.46 to 0.79]``, ``57.5% [38.3 to 74.7]``."""
    estimate, low, high = fit.display()
    scale = fit.effects.scale
    number = scale.number(estimate)
    value = f"{number}{scale.unit}" if scale.share else f"{scale.code} {number}{scale.unit}"
    return f"{value} [{scale.interval_text(low, high)}]"


# What the registry holds --------------------------------------------------------------------


def print_trials(console: Console, records: Records) -> None:
    """Print a line per trial, then what is asked of them."""
    columns = ("trial", "year", "phase", "allocation", "patients", "arms", "confirmed")
    rows = [
        {
            "trial": trial.key,
            "year": str(trial.year),
            "phase": trial.design.phase,
            "allocation": trial.design.allocation,
            "patients": "not known" if trial.patients is None else str(trial.patients),
            "arms": "\nv ".join(arm.label for arm in trial.arms),
            "confirmed": _confirmed_of(trial),
        }
        for trial in records
    ]
    _print(console, _table(columns, rows, wrap=("arms",)))
    console.print("\nconfirmed: results that were seen in the source named, of all in the record.")
    if records.questions:
        keys = ", ".join(question.key for question in records.questions)
        _print_hanging(console, "Questions of the review plan: ", keys)


def _confirmed_of(trial: Trial) -> str:
    confirmed = sum(not result.awaits_confirmation() for result in trial.results)
    return f"{confirmed} of {len(trial.results)}"


# One trial in full ----------------------------------------------------------------------------


def print_trial(console: Console, trial: Trial, findings: Sequence[Finding] = ()) -> None:
    """Print a trial's record: every number with where it is printed and whether it is confirmed.

    What the audit found (`findings`, of this trial) stands with the results that it is about.
    """
    console.print(Text(f"{trial.name} ({trial.key}), {trial.year}", style="bold"))
    more = [f"registered as {', '.join(trial.registrations)}" if trial.registrations else ""]
    more += [f"also known as {', '.join(trial.also_known_as)}" if trial.also_known_as else ""]
    for line in (trial.title, "; ".join(filter(None, more)), trial.summary):
        if line:
            console.print(line)
    if trial.unusable:
        _print_hanging(console, "In no analysis: ", trial.unusable)
    _heading(console, "Design")
    for name, value in _design_facts(trial):
        _print_hanging(console, f"{name}: ", value)
    _status_line(console, trial.design.status, trial.design.source)
    _heading(console, "Arms")
    for arm in trial.arms:
        drugs = (f"{drug.drug} {_words(drug.dose, drug.schedule)}" for drug in arm.treatments)
        console.print(f"{arm.label} ({_words(arm.key, arm.role)}), n = {_size(arm)}")
        _indented(console, "; ".join(map(str.strip, drugs)))
        if arm.note:
            _indented(console, f"note: {arm.note}")
        _status_line(console, arm.status, arm.source)
    if trial.randomised is not None and trial.randomised_source is not None:
        console.print(f"In all: {trial.randomised}")
        status = trial.randomised_status or "unconfirmed"
        _status_line(console, status, trial.randomised_source)
    _heading(console, f"Results ({_confirmed_of(trial)} confirmed)")
    for number, result in enumerate(trial.results, start=1):
        console.print(Text(_what(trial, result), style="bold"))
        for line in printed_lines(result):
            _indented(console, line)
        for line in derivations(trial, result):
            _indented(console, f"derived: {line}")
        _status_line(console, result.status, result.source, result.unconfirmed)
        if result.note:
            _indented(console, f"note: {result.note}")
        for finding in findings:
            if finding.result == number:
                _indented(console, finding_text(finding))
    if trial.derived:
        _heading(console, "Derived")
    for total in sums(trial):
        console.print(Text(f"{total.outcome}, {total.where}", style="bold"))
        for line in total.arithmetic:
            _indented(console, line)
    general = [finding_text(finding) for finding in findings if finding.result is None]
    general += [f"shares patients with {one.trial} ({one.patients}): {one.reason}"
                for one in trial.overlaps]  # fmt: skip
    if general:
        _heading(console, "Audit")
    for line in general:
        _print_hanging(console, "- ", line)
    _heading(console, "References")
    for reference in trial.references:
        console.print(reference.key)
        _indented(console, _citation(reference))
    if trial.notes:
        _heading(console, "Notes")
        for note in trial.notes:
            _print_hanging(console, "- ", note)


def finding_text(finding: Finding) -> str:
    """What the audit found, with its arithmetic, or why the record lets it stand."""
    shown = f" [{finding.arithmetic}]" if finding.arithmetic else ""
    waived = f"; waived: {finding.reason}" if finding.waived else ""
    return f"audit {finding.code}, {finding.severity}: {finding.message}{shown}{waived}"


def _size(arm: Arm) -> str:
    return "not known" if arm.n is None else str(arm.n)


def _words(*parts: str | None) -> str:
    """The parts that are there, each once, with commas."""
    return ", ".join(dict.fromkeys(part for part in parts if part))


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold underline"))


def _indented(console: Console, text: str) -> None:
    _print_hanging(console, "  ", text)


def _status_line(
    console: Console, status: str, source: Source, but_for: Sequence[str] = ()
) -> None:
    """Say whether something is confirmed, and where it is printed."""
    sure = status == "confirmed" and not but_for
    text = f"{status} except {', '.join(but_for)}" if but_for else status
    line = Text(text, style="green" if sure else "yellow")
    grid = Table.grid()
    grid.add_row("  ", line.append(f": {source.reference}, {source.where}", style="default"))
    _print(console, grid)


def _design_facts(trial: Trial) -> Iterator[tuple[str, str]]:
    design = trial.design
    kind = (
        f"phase {design.phase}",
        design.allocation,
        design.masking,
        design.setting,
        design.ratio,
    )
    yield "design", _words(*kind)
    yield "population", design.population
    if design.stratified_by:
        yield "stratified by", "; ".join(design.stratified_by)
    if design.primary_endpoint:
        yield "primary endpoint", design.primary_endpoint
    for note in design.notes:
        yield "note", note
    if trial.attributes:
        yield "traits", "; ".join(f"{trait} {value}" for trait, value in trial.attributes.items())
    for cut in trial.cuts:
        yield f"data cut {cut.key}", _words(cut.label, cut.date, cut.follow_up)
    for outcome, choice in trial.primary.items():
        yield f"an analysis of {outcome} takes", f"{choice.cut}, {choice.assessment}"


def _what(trial: Trial, result: Result) -> str:
    """What a result is about: outcome, grade or month, patients, cut, assessment."""
    grade = getattr(result, "grade", None)
    time_point = result.time_point if isinstance(result, Survival) else None
    return _words(
        result.outcome,
        f"grade {grade}" if grade else "",
        f"at {time_point}" if time_point else "",
        result.subgroup,
        result.population,
        f"cut {result.cut}" if len(trial.cuts) > 1 else "",
        result.assessment if result.assessment != "not stated" else "",
    )


def printed_lines(result: Result) -> list[str]:
    """The numbers of a result in the digits of its source, one line per arm or contrast."""
    if isinstance(result, HazardRatio):
        estimate = "not printed" if result.estimate is None else result.estimate
        ratio = f"HR {estimate}{_interval(result.low, result.high, result.level)}"
        return [ratio + _p(result), *(f"{name}: {figure}" for name, figure in result.figures())]
    lines = []
    if isinstance(result, Counts):
        lines = [f"{key}: {_count(arm)}" for key, arm in result.arms.items()]
    if isinstance(result, Medians):
        lines = [
            f"{key}: median {arm.median} {result.unit}{_interval(arm.low, arm.high, arm.level)}"
            for key, arm in result.arms.items()
        ]
    if isinstance(result, Survival):
        lines = [
            f"{key}: {arm.percent}%{_interval(arm.low, arm.high, arm.level)}"
            for key, arm in result.arms.items()
        ]
    return [*lines, *filter(None, [_p(result).removeprefix(", ")])]


def _count(arm: ArmCount) -> str:
    interval = _interval(arm.low, arm.high, arm.level)
    if arm.events is None:
        of = "" if arm.n is None else f" of {arm.n}"
        return f"{arm.percent}%{of}{interval}"
    percent = "" if arm.percent is None else f", {arm.percent}%"
    return f"{arm.events}/{arm.n}{percent}{interval}"


def _interval(low: Decimal | None, high: Decimal | None, level: Decimal | None) -> str:
    if low is None or high is None or level is None:
        return ""
    return f" ({float(level) * 100:g}% CI {low} to {high})"


def _p(result: Result) -> str:
    p, printed_sides = getattr(result, "p", None), getattr(result, "p_sides", None)
    if p is None:
        return ""
    sides = {1: "one-sided ", 2: ""}[printed_sides or 2]
    return f", {sides}p = {p}"


def _citation(reference: Reference) -> str:
    links = _words(
        f"doi:{reference.doi}" if reference.doi else "",
        f"PMID {reference.pmid}" if reference.pmid else "",
        reference.pmcid,
        "unconfirmed" if reference.status == "unconfirmed" else "",
    )
    return f"{reference.citation} {links}".strip()
