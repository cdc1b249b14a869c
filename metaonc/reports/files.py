"""`write_report`: every analysis of the review plan -> PDFs, JSON and CSV in one folder."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metaonc._version import __version__
from metaonc.effects import Registry, patients
from metaonc.errors import ReportError
from metaonc.pooling import PooledResult, SubgroupResult
from metaonc.reports.analyses import Analysis, analyse, unconfirmed
from metaonc.reports.harms import HARMS_PLOT, harms_table, harms_texts, write_harms_plot
from metaonc.reports.sections import FIGURES, Material
from metaonc.reports.sensitivity import SENSITIVITY_COLUMNS, sensitivity_rows
from metaonc.reports.site import write_pages

SCHEMA_VERSION = 1
ALL_PLOTS = "forest-plots.pdf"

Progress = Callable[[int, int, str], None]

# fmt: off
_STUDY_COLUMNS = (
    "analysis", "label", "trial", "year", "group", "outcome", "cut", "assessment",
    "measure", "estimate", "low", "high", "level", "yi", "vi", "weight_fixed", "weight_random",
    "arm_1", "events_1", "n_1", "arm_2", "events_2", "n_2", "printed", "derived", "derivation",
    "source", "status",
)
_POOLED_COLUMNS = (
    "analysis", "title", "group", "measure", "k", "patients", "unconfirmed",
    "model", "estimate", "low", "high", "level", "p_value",
    "fixed_estimate", "fixed_low", "fixed_high", "fixed_p_value",
    "tau2", "tau2_low", "tau2_high", "q", "q_df", "q_p", "i2", "i2_from_q",
    "prediction_low", "prediction_high", "q_between", "q_between_df", "q_between_p",
    "tau2_method", "ci_method", "policy", "methods",
)
# fmt: on
_LEFT_OUT_COLUMNS = ("analysis", "trial", "reason")
_AUDIT_COLUMNS = (
    "severity", "code", "rule", "trial", "result", "field", "message", "arithmetic", "waived",
    "reason",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Report:
    """What `write_report` wrote.

    Attributes
    ----------
    folder : Path
        Where the files are.
    files : tuple of Path
        Every file written: the combined plots, one plot per answered question, that of the harms
        where the plan names some, then the tables.
    pages : tuple of Path
        Every page: ``index.html`` first; then ``report.pdf``, all of them as one, where Typst is
        installed; the other pages, their style and scripts, references and figures.
    analyses : tuple of Analysis
        The answers behind the files.
    """

    folder: Path
    files: tuple[Path, ...]
    pages: tuple[Path, ...]
    analyses: tuple[Analysis, ...]


def write_report(
    registry: Registry,
    folder: str | Path,
    *,
    confirmed_only: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Answer every question of the review plan and write plots and tables.

    Parameters
    ----------
    registry : Registry
        Trials and the review plan.
    folder : path
        Where to write; made if it does not exist. Files of the same name are replaced, nothing is
        deleted. The same records give the same bytes.
    confirmed_only : bool, default False
        Leave out numbers that still await a look at the paper.
    progress : callable, optional
        Called as ``progress(done, total, next)``: how many of the steps are done, and the name of
        the file that is written next.

    Returns
    -------
    Report

    Raises
    ------
    PlanError
        If there is no question.
    ReportError
        If the folder cannot be written, or a question is called "forest-plots" or "harms".
    """
    root = Path(folder)
    analyses = tuple(analyse(registry, confirmed_only=confirmed_only))
    for analysis in analyses:
        for name, what in ((ALL_PLOTS, "the combined "), (HARMS_PLOT, "that of all harms, ")):
            if f"{analysis.key}.pdf" == name:
                raise ReportError(
                    f"question {analysis.key!r}: its plot would be overwritten by {what}{name}; "
                    "give the question another key."
                )
    table = harms_table(registry, confirmed_only=confirmed_only)
    texts = {
        "results.json": results_json(registry, analyses, confirmed_only=confirmed_only),
        "studies.csv": _csv(_STUDY_COLUMNS, _study_rows(analyses)),
        "pooled.csv": _csv(_POOLED_COLUMNS, _pooled_rows(analyses)),
        "left-out.csv": _csv(_LEFT_OUT_COLUMNS, _left_out_rows(analyses)),
        "sensitivity.csv": _csv(SENSITIVITY_COLUMNS, sensitivity_rows(analyses)),
        "audit.csv": _csv(_AUDIT_COLUMNS, _audit_rows(registry)),
        **harms_texts(table),
    }
    try:
        root.mkdir(parents=True, exist_ok=True)
        plots, forests = _write_plots(analyses, root, progress or _no_progress)
        plots += write_harms_plot(table, root)
        for name, text in texts.items():
            (root / name).write_text(text, encoding="utf-8", newline="\n")
        there = (*plots, *(root / name for name in texts))
        drawn = [root / f"{name}.{form}" for name in forests for form in ("svg", "html")]
        material = Material(registry, analyses, table, confirmed_only)
        pages = write_pages(material, root, [*there, *drawn], forests)
    except OSError as error:
        raise ReportError(_cannot_write(root, error)) from error
    return Report(folder=root, files=there, pages=(*pages, *drawn), analyses=analyses)


def results_document(
    registry: Registry, analyses: Iterable[Analysis], *, confirmed_only: bool
) -> dict[str, Any]:
    """Every analysis as plain values, with the version of this layout and of metaonc."""
    return {
        "schema_version": SCHEMA_VERSION,
        "metaonc_version": __version__,
        "title": registry.plan.title if registry.plan else "",
        "confirmed_only": confirmed_only,
        "analyses": [analysis.to_dict() for analysis in analyses],
    }


def results_json(registry: Registry, analyses: Iterable[Analysis], *, confirmed_only: bool) -> str:
    """`results_document` as JSON text."""
    document = results_document(registry, analyses, confirmed_only=confirmed_only)
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _no_progress(done: int, total: int, what: str) -> None:
    pass


def _cannot_write(root: Path, error: OSError) -> str:
    if root.exists() and not root.is_dir():
        return f"{root} is a file; name a folder for the report, or remove the file."
    why = error.strerror or str(error)
    return f"cannot write {error.filename or root} ({why}); name a folder that can be written."


# Plots ---------------------------------------------------------------------------------------


def _write_plots(
    analyses: Iterable[Analysis], root: Path, progress: Progress
) -> tuple[list[Path], dict[str, str]]:
    """One plot per answer in three formats, and all of them as pages of one PDF.

    Returns the PDFs, the combined one first; and the HTML of each plot by the name it has on pages.
    """
    from metaonc.plots import forest, forest_html, save_figure, save_pages

    answered = [(analysis.key, analysis.result) for analysis in analyses if analysis.result]
    figures, paths, forests = [], [], {}
    total = len(answered) + 1
    (root / FIGURES).mkdir(exist_ok=True)
    for done, (key, result) in enumerate(answered):
        path = root / f"{key}.pdf"
        progress(done, total, path.name)
        figure, page, name = forest(result), forest_html(result), f"{FIGURES}/{key}"
        save_figure(figure, path)
        save_figure(figure, root / f"{name}.svg")
        (root / f"{name}.html").write_text(page, encoding="utf-8", newline="\n")
        forests[name] = page.section
        figures.append(figure)
        paths.append(path)
    if figures:
        progress(total - 1, total, ALL_PLOTS)
        paths.insert(0, root / ALL_PLOTS)
        save_pages(figures, paths[0])
    progress(total, total, "")
    return paths, forests


# Tables --------------------------------------------------------------------------------------


def _csv(columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    """A value as text: ten significant digits, and nothing where there is nothing."""
    if value is None or value != value:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _study_rows(analyses: Iterable[Analysis]) -> Iterator[dict[str, Any]]:
    for analysis in analyses:
        if analysis.pooled is None:
            continue
        effects, fit = analysis.pooled.effects, analysis.pooled
        estimate, low, high = effects.intervals(fit.choices.level)
        for i, label in enumerate(effects.labels):
            kept = {name: values[i] for name, values in effects.columns.items()}
            first = {"events_1": kept.get("events"), "n_1": kept.get("n")}  # one arm
            row = {name: kept[name] for name in _STUDY_COLUMNS if name in kept}
            yield (
                (first if "n" in kept else {})
                | row
                | {
                    "analysis": analysis.key,
                    "label": label,
                    "group": kept[analysis.result.by]
                    if isinstance(analysis.result, SubgroupResult)
                    else "",
                    "measure": effects.measure,
                    "estimate": float(estimate[i]),
                    "low": float(low[i]),
                    "high": float(high[i]),
                    "level": fit.choices.level,
                    "yi": float(effects.yi[i]),
                    "vi": float(effects.vi[i]),
                    "weight_fixed": float(fit.fixed.weights[i]),
                    "weight_random": float(fit.weights[i])
                    if fit.choices.model == "random"
                    else None,
                }
            )


def _pooled_rows(analyses: Iterable[Analysis]) -> Iterator[dict[str, Any]]:
    for analysis in analyses:
        for group, fit in analysis.rows().items():
            row = _pooled_cells(fit) | {
                "analysis": analysis.key,
                "title": analysis.question.title,
                "group": group,
            }
            if isinstance(analysis.result, SubgroupResult) and not group:
                row |= {
                    "q_between": analysis.result.q_between,
                    "q_between_df": analysis.result.q_between_df,
                    "q_between_p": analysis.result.q_between_p,
                }
            yield row


def _pooled_cells(fit: PooledResult) -> dict[str, Any]:
    compares = fit.effects.scale.null is not None  # one arm has no null value to test against
    cells: dict[str, Any] = {
        "measure": fit.effects.measure,
        "k": fit.k,
        "patients": patients(fit.effects),
        "model": fit.choices.model,
        "level": fit.choices.level,
        "p_value": fit.p_value if compares else None,
        "fixed_p_value": fit.fixed.p_value if compares else None,
        "tau2": fit.tau2,
        "q": fit.q,
        "q_df": fit.q_df,
        "q_p": fit.q_p,
        "i2": fit.i2,
        "i2_from_q": fit.i2_from_q,
        "unconfirmed": unconfirmed(fit.effects),
        "tau2_method": fit.choices.tau2,
        "ci_method": fit.ci_method,
        "policy": fit.choices.policy,
        "methods": fit.methods(),
    }
    cells |= zip(("estimate", "low", "high"), fit.display(), strict=True)
    cells |= zip(("fixed_estimate", "fixed_low", "fixed_high"), fit.fixed.display(), strict=True)
    cells |= zip(("tau2_low", "tau2_high"), fit.tau2_interval(), strict=True)
    predicted = map(float, fit.effects.display(fit.prediction_interval()))
    cells |= zip(("prediction_low", "prediction_high"), predicted, strict=True)
    return cells


def _audit_rows(registry: Registry) -> Iterator[dict[str, Any]]:
    """What the audit found in the records, with the reasons of what they waive."""
    for finding in registry.audit():
        yield {name: getattr(finding, name) for name in _AUDIT_COLUMNS}


def _left_out_rows(analyses: Iterable[Analysis]) -> Iterator[dict[str, str]]:
    for analysis in analyses:
        for out in analysis.left_out:
            yield {"analysis": analysis.key, "trial": out.label, "reason": out.reason}
