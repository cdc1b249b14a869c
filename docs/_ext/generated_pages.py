"""Pages and tables about metaonc itself, made before Sphinx reads anything.

The pages of the registry's review are made by `metaonc.sphinx`.
"""

from __future__ import annotations

from pathlib import Path

from audit_pages import audit_pages
from changelog import changelog
from coverage_tables import coverage_tables
from format_tables import command_help, model_sections
from reference_tables import reference_tables
from sphinx.application import Sphinx

import metaonc as mo
from metaonc.registry import Plan, Trial

PARTS = "parts"  # pieces that handwritten pages include
AUDIT = "audit"  # a page per rule


def generate(app: Sphinx) -> None:
    """Bring `generated/` up to date: write what changed, remove what is no longer made."""
    folder = Path(app.srcdir) / "generated"
    registry = mo.load_registry(Path(app.srcdir).parent / "studies")
    texts = {
        f"{PARTS}/trial-format.txt": model_sections(Trial),
        f"{PARTS}/plan-format.txt": model_sections(Plan),
        f"{PARTS}/changes.txt": changelog(Path(app.srcdir).parent / "CHANGELOG.md"),
        f"{PARTS}/commands.txt": command_help(),
    }
    parts = reference_tables(Path(app.srcdir).parent / "tests/reference")
    parts |= coverage_tables(Path(app.srcdir).parent / "benchmarks/results/coverage.json")
    texts |= {f"{PARTS}/{name}": text for name, text in parts.items()}
    texts |= audit_pages(registry)
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for own in (PARTS, AUDIT):
        for path in (folder / own).iterdir():
            if path.relative_to(folder).as_posix() not in texts:
                path.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", generate)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
