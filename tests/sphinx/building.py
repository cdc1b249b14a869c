"""Sphinx projects for tests: the example of the docs, and small ones around its records."""

from __future__ import annotations

import io
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/sphinx-review"
TRIALS = ("bolero-2", "horizon", "tamrad")


@dataclass(frozen=True)
class Built:
    """A build of a project: where its files are, and what Sphinx complained of."""

    source: Path
    out: Path
    warnings: tuple[str, ...]
    read: tuple[str, ...]  # pages that were read

    def text(self, name: str) -> str:
        return (self.out / name).read_text(encoding="utf-8")


def project(folder: Path, pages: dict[str, str], conf: str = "") -> Path:
    """A project with the records of the example and pages of its own; `index` heads the others."""
    source = folder / "source"
    shutil.copytree(EXAMPLE / "studies", source / "studies", dirs_exist_ok=True)
    (source / "conf.py").write_text(
        'project = "Test"\nextensions = ["metaonc.sphinx"]\nmetaonc_studies = "studies"\n'
        f'html_theme = "alabaster"\n{conf}\n',
        encoding="utf-8",
    )
    others = [f"   {name}\n" for name in pages if name != "index"]
    contents = f"\n.. toctree::\n\n{''.join(others)}" if others else ""
    for name, text in pages.items():
        end = contents if name == "index" else ""
        heading = f"{name}\n{'=' * len(name)}\n\n"
        (source / f"{name}.rst").write_text(f"{heading}{text}\n{end}", encoding="utf-8")
    return source


def example(folder: Path) -> Path:
    """A copy of the example, without what was built in it."""
    source = folder / "source"
    ignored = shutil.ignore_patterns("generated", "_build")
    shutil.copytree(EXAMPLE, source, ignore=ignored)
    return source


def build(source: Path, builder: str = "html", *, jobs: int = 1) -> Built:
    """Build a project beside its sources."""
    out, warnings, read = source.parent / builder, io.StringIO(), list[str]()
    with patch_docutils(str(source)), docutils_namespace():
        app = Sphinx(
            source,
            source,
            out,
            source.parent / "doctrees",
            builder,
            status=None,
            warning=warnings,
            parallel=jobs,
        )
        app.connect("env-before-read-docs", lambda _app, _env, names: read.extend(names))
        app.build()
    said = re.sub(r"\x1b\[[0-9;]*m", "", warnings.getvalue())  # without colours
    return Built(source, out, tuple(said.splitlines()), tuple(sorted(read)))
