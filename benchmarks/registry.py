"""A registry of 5,000 records: reading, checking and auditing it, beside parsing the files alone.

The records are the shipped ones over and over, each with its own name, numbers, publications and
arm sizes. `tomllib` alone is the unit: written in Python, it takes most of the time of loading.
"""

from __future__ import annotations

import itertools
import re
import tempfile
import tomllib
from pathlib import Path

if __package__ in (None, ""):
    import sys

    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.harness import compare, options, report
from metaonc.registry import load_records
from metaonc.registry.loading import PLAN_FILE, shipped_studies


def generate(folder: Path, n: int) -> list[Path]:
    """Write `n` records and return their files."""
    shipped = [path for path in sorted(shipped_studies().glob("*.toml")) if path.name != PLAN_FILE]
    files = []
    for i in range(n):
        source = shipped[i % len(shipped)]
        key = f"{source.stem}-{i}"
        text = source.read_text(encoding="utf-8")
        files.append(folder / f"{key}.toml")
        files[-1].write_text(_another(text, source.stem, key, i, i // len(shipped)), "utf-8")
    return files


def _another(text: str, stem: str, key: str, number: int, more: int) -> str:
    """A record of another trial: other names, publications and patients, `more` in every arm."""
    arms, publications = text.count("[[arms]]"), itertools.count(10**6 + 100 * number)
    text = text.replace(f'key = "{stem}"', f'key = "{key}"', 1)
    for pattern, other in (
        (r'^name = "', f'name = "{number} '),
        (r"NCT\d{8}", f"NCT{number:08d}"),
        (r'^doi = "([^"]*)"', rf'doi = "\1.{number}"'),
        (r"^pmid = \d+", lambda _: f"pmid = {next(publications)}"),
        (r"^n = (\d+)", lambda found: f"n = {int(found[1]) + more}"),
        (r"^randomised = (\d+)", lambda found: f"randomised = {int(found[1]) + more * arms}"),
        (r"^overlaps = \[(.|\n)*?^\]\n", ""),
    ):
        text = re.sub(pattern, other, text, flags=re.MULTILINE)
    return text


def parse(files: list[Path]) -> int:
    """Parse every file and keep nothing."""
    return sum(len(tomllib.loads(path.read_text(encoding="utf-8"))) for path in files)


def main() -> None:
    """Measure and print."""
    found = options(__doc__, n=(5000, "records"), budget=(60.0, "seconds"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = generate(folder, int(found.n))
        assert len(load_records(folder)) == len(files)
        timings = compare(
            f"{found.n:,} records, per record",
            {
                "tomllib alone": lambda: parse(files),
                "load (parse, check, rules)": lambda: load_records(folder),
                "load and audit": lambda: load_records(folder).audit(),
            },
            unit="tomllib alone",
            budget=float(found.budget),
            per=len(files),
        )
        size = sum(path.stat().st_size for path in files) / len(files)
        report(timings, found, "pydantic", bytes_per_record=round(size))


if __name__ == "__main__":
    main()
