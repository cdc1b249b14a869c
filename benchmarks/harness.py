"""Interleaved timings: every contender runs once per round, so a busy machine slows them all.

A contender is a name and a call. What comes out is the median time of each and its ratio to one of
them, the unit, as a table and as JSON.
"""

from __future__ import annotations

import argparse
import gc
import importlib.metadata
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

Call = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Timing:
    """One contender in one setting.

    Attributes
    ----------
    setting, name : str
        What was measured, and who did it.
    seconds : float
        Median time of one call, divided by `per` of the group.
    ratio : float
        Median over the rounds of this time over the unit's time in the same round.
    rounds : int
        Rounds measured.
    """

    setting: str
    name: str
    seconds: float
    ratio: float
    rounds: int


def compare(
    setting: str,
    contenders: Mapping[str, Call],
    *,
    unit: str,
    budget: float = 5.0,
    per: int = 1,
) -> list[Timing]:
    """Time contenders in turn, round after round, for about `budget` seconds.

    Parameters
    ----------
    setting : str
        Title of the group.
    contenders : mapping of str to callable
        What to time; each is called once beforehand.
    unit : str
        The contender whose time is 1.
    budget : float, default 5
        Seconds; there are always at least three rounds.
    per : int, default 1
        Pieces of work in one call: times are given per piece.
    """
    repeats = {name: _repeats(call) for name, call in contenders.items()}
    times: dict[str, list[float]] = {name: [] for name in contenders}
    end = time.perf_counter() + budget
    gc.collect()
    gc.disable()
    try:
        while len(times[unit]) < 3 or time.perf_counter() < end:
            for name, call in contenders.items():
                times[name].append(_time(call, repeats[name]) / per)
    finally:
        gc.enable()
    found = []
    for name, seconds in times.items():
        ratios = [own / one for own, one in zip(seconds, times[unit], strict=True)]
        found.append(
            Timing(
                setting=setting,
                name=name,
                seconds=statistics.median(seconds),
                ratio=statistics.median(ratios),
                rounds=len(seconds),
            )
        )
    return found


def _time(call: Call, repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def _repeats(call: Call) -> int:
    """Calls per round that take about 5 ms, after one call to warm up."""
    call()
    return max(1, min(200, int(0.005 / max(_time(call, 1), 1e-9))))


def table(timings: list[Timing]) -> str:
    """Lines of text, a block per setting."""
    lines: list[str] = []
    for setting in dict.fromkeys(t.setting for t in timings):
        group = [t for t in timings if t.setting == setting]
        lines += ["", setting, f"  {'':<44}{'median':>12}{'ratio':>12}"]
        lines += [f"  {t.name:<44}{_duration(t.seconds):>12}{t.ratio:>12,.3g}" for t in group]
    return "\n".join(lines[1:])


def _duration(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:,.3g} {unit}"
    return f"{seconds / 1e-9:,.3g} ns"


def machine(*packages: str) -> dict[str, object]:
    """What the figures depend on."""
    versions = {}
    for package in ("numpy", "scipy", *packages):
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = "absent"
    return {
        "processor": platform.machine(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "versions": versions,
    }


def options(description: str | None, **numbers: tuple[float, str]) -> argparse.Namespace:
    """Command line of a benchmark: `--json FILE`, and numbers with their defaults."""
    parser = argparse.ArgumentParser(description=(description or "").split("\n")[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures as JSON")
    for name, (default, words) in numbers.items():
        kind = type(default)
        parser.add_argument(f"--{name}", type=kind, default=default, help=f"{words} [{default}]")
    return parser.parse_args()


def report(
    timings: list[Timing], found: argparse.Namespace, *packages: str, **more: object
) -> None:
    """Print the table, and write the JSON if asked for."""
    print(table(timings))
    for name, value in more.items():
        print(f"{name.replace('_', ' ')}: {value}")
    if found.json:
        content = {
            "machine": machine(*packages),
            "timings": [asdict(timing) for timing in timings],
            **more,
        }
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        found.json.write_text(text, encoding="utf-8")
