"""Pages, figures and tables made from the registry and the plan, before Sphinx reads anything."""

from __future__ import annotations

import tempfile
from pathlib import Path

from audit_pages import audit_pages
from changelog import changelog
from coverage_tables import coverage_tables
from format_tables import command_help, model_sections
from matplotlib.figure import Figure
from reference_tables import reference_tables
from sphinx.application import Sphinx

import metaonc as mo
from metaonc.plots import forest, harms_plot, save_figure
from metaonc.registry import Plan, Trial
from metaonc.reports import analyse
from metaonc.reports.pages import figure_files, front, pages

PARTS = "parts"  # pieces that handwritten pages include
FRONT = "pfs"  # the analysis on the front page


def generate(app: Sphinx) -> None:
    """Bring `generated/` up to date: write what changed, remove what is no longer made."""
    folder = Path(app.srcdir) / "generated"
    registry = mo.load_registry(Path(app.srcdir).parent / "studies")
    analyses = analyse(registry)
    shown = next(analysis for analysis in analyses if analysis.key == FRONT)
    texts = pages(registry, analyses) | {
        f"{PARTS}/front.txt": front(shown),
        f"{PARTS}/trial-format.txt": model_sections(Trial),
        f"{PARTS}/plan-format.txt": model_sections(Plan),
        f"{PARTS}/changes.txt": changelog(Path(app.srcdir).parent / "CHANGELOG.md"),
        f"{PARTS}/commands.txt": command_help(),
    }
    parts = reference_tables(Path(app.srcdir).parent / "tests/reference")
    parts |= coverage_tables(Path(app.srcdir).parent / "benchmarks/results/coverage.json")
    texts |= {f"{PARTS}/{name}": text for name, text in parts.items()}
    texts |= audit_pages(registry)
    made = {name: text.encode() for name, text in texts.items()} | drawn(analyses)
    made["figures/tutorial.svg"] = tutorial_figure(Path(app.srcdir) / "tutorial")
    made["figures/harms.svg"] = svg(harms_plot(mo.harms(registry)))
    for name, content in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).as_posix() not in made:
            path.unlink()


def drawn(analyses: list) -> dict[str, bytes]:
    """Every figure's bytes by its name below `generated/`."""
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        for analysis in analyses:
            names = figure_files(analysis)
            figure = forest(analysis.result) if names else None
            for name in names:
                path = Path(scratch) / Path(name).name
                save_figure(figure, path)
                found[name] = path.read_bytes()
    return found


def tutorial_figure(folder: Path) -> bytes:
    """The forest plot at the end of "How to add a trial"."""
    return svg(forest(mo.pool(mo.load_registry(folder).effects("pfs"))))


def svg(figure: Figure) -> bytes:
    """A figure as SVG."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "figure.svg"
        save_figure(figure, path)
        return path.read_bytes()


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", generate)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
