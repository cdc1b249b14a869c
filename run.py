#!/usr/bin/env python3
"""Run metaonc from a fresh checkout, with Python 3.11 or newer and nothing else installed.

`python3 run.py report` makes every report, `python3 run.py test` runs every check. Either verb
first sees to it that `.venv` beside this file holds the libraries, at the versions `uv.lock` names.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import venv
from pathlib import Path

# Python 3.6 and later can parse this file, and so get as far as this sentence.
if sys.version_info < (3, 11):  # noqa: UP036 - nothing else keeps an older Python out of a script
    sys.exit(
        "run.py: metaonc needs Python 3.11 or newer, and this is Python "
        f"{sys.version_info[0]}.{sys.version_info[1]} ({sys.executable}); "
        "use a newer one, for example `python3.11 run.py`, from your system's packages or from "
        "https://www.python.org/downloads/."
    )

HELP = """\
Run metaonc from this checkout.

  python3 run.py report            every analysis of studies/review.toml -> PDFs, tables, HTML
  python3 run.py report --help     its options: what follows a verb is passed on
  python3 run.py test              every check: style, types, import order, tests, documentation
  python3 run.py test -k forest    only the tests, with these arguments for pytest

The first run needs the network and a minute or two: it installs what metaonc builds on into .venv/
beside this file, at the versions uv.lock names. Delete .venv/ to start afresh. From then on the
whole command line is at hand as well:

  {metaonc} --help
"""

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "run.json"  # what the environment was made of; one without a stamp is made again

UV = "uv==0.13.9"  # pinned, so that uv.lock is read by the version that wrote it
PIP_ON_PYPI = "https://pypi.org/pypi/pip/json"

SPHINX = ["sphinx-build", "-W", "-q", "-d", "docs/_build/doctrees"]  # pages are parsed only once
CHECKS = [  # the quick ones first: the first to fail ends `test`
    ["ruff", "check", "."],
    ["ruff", "format", "--check", "."],
    ["mypy"],
    ["lint-imports", "--no-logo"],
    ["pytest", "-n", "auto"],
    [*SPHINX, "-b", "html", "docs", "docs/_build/html"],
    [*SPHINX, "-b", "doctest", "docs", "docs/_build/doctest"],
]


def main(argv: list[str]) -> int:
    """Carry out the verb and return the exit code."""
    verb, arguments = (argv[0], argv[1:]) if argv else ("--help", [])
    if verb in {"-h", "--help", "help"}:
        print(HELP.format(metaonc=shown(BIN / "metaonc")))
        return 0
    if verb == "report":
        prepare(dev=False)
        return call(["metaonc", "report", *arguments], cwd=Path.cwd())  # results land where you are
    if verb == "test":
        prepare(dev=True)
        return call(["pytest", *arguments]) if arguments else check_everything()
    sys.stderr.write(f"run.py: no verb {verb!r}: use `report` or `test` (python3 run.py --help).\n")
    return 2


def check_everything() -> int:
    """Run every check in turn, up to the first that fails."""
    began = time.monotonic()
    for number, command in enumerate(CHECKS, start=1):
        say(f"{number}/{len(CHECKS)}  {' '.join(command)}")
        code = call(command)
        if code:
            alone = " ".join([shown(BIN / command[0]), *command[1:]])
            say(f"FAILED (exit code {code}). Only this check again: {alone}")
            return code
    say(f"All {len(CHECKS)} checks passed in {time.monotonic() - began:.0f} s.")
    return 0


def call(command: list[str], cwd: Path = ROOT) -> int:
    """Run a program of the environment, with the terminal as its own, and return its exit code."""
    program = shutil.which(command[0], path=str(BIN))
    if program is None:
        sys.exit(f"run.py: {command[0]} is gone from {VENV}; delete that folder and run again.")
    done = subprocess.run([program, *command[1:]], cwd=cwd, env=environment(), check=False)
    return done.returncode


# ----------------------------------------------------------------------------- the environment


def prepare(*, dev: bool) -> None:
    """Bring `.venv` in line with `uv.lock`; return at once where it already is."""
    stamp = {"home": str(ROOT), "python": "{}.{}".format(*sys.version_info), "inputs": inputs()}
    found = read_stamp()
    if not PYTHON.exists() or any(found.get(key) != stamp[key] for key in ("home", "python")):
        make_environment(stamp["python"])
    elif found == {**stamp, "dev": True} or found == {**stamp, "dev": dev}:
        return
    install_uv()
    install_libraries(dev=dev)
    STAMP.write_text(json.dumps({**stamp, "dev": dev}), encoding="utf-8")


def inputs() -> str:
    """Return a fingerprint of the files that decide which libraries are installed."""
    names = ("pyproject.toml", "uv.lock")
    return hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in names)).hexdigest()


def read_stamp() -> dict[str, object]:
    """Return what the last complete set-up noted, or nothing."""
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def make_environment(python: str) -> None:
    """Make `.venv` anew, without pip: not every Python can provide it (Debian's keeps it apart)."""
    say(f"Making {shown(VENV)} with Python {python}")
    venv.EnvBuilder(clear=True, symlinks=os.name != "nt").create(VENV)


def install_uv() -> None:
    """Install uv, which installs the rest."""
    if not succeeds([PYTHON, "-m", "uv", "--version"], printing=UV.replace("==", " ")):
        say(f"Installing {UV}")
        quietly([*pip(), "install", "--quiet", "--disable-pip-version-check", UV])


def install_libraries(*, dev: bool) -> None:
    """Install metaonc in place and what it builds on; `--inexact` keeps what `test` installed."""
    say("Installing what metaonc builds on" + (" and what checks it" if dev else ""))
    groups = ["--group", "dev"] if dev else ["--no-default-groups"]
    groups += ["--extra", "pdf"]  # a report from a checkout is complete
    quietly([PYTHON, "-m", "uv", "sync", "--locked", "--inexact", "--python", PYTHON, *groups])


def pip() -> list[str | Path]:
    """Return the command for pip: the environment's, Python's own copy, or the wheel from PyPI."""
    if succeeds([PYTHON, "-m", "pip", "--version"]) or succeeds([PYTHON, "-m", "ensurepip"]):
        return [PYTHON, "-m", "pip"]
    return [PYTHON, download_pip() / "pip"]  # Python runs a package inside a wheel


def download_pip() -> Path:
    """Fetch pip's wheel from PyPI, checked against the hash PyPI states."""
    try:
        files = json.loads(download(PIP_ON_PYPI))["urls"]
        wheel = next(file for file in files if file["packagetype"] == "bdist_wheel")
        content = download(urllib.parse.urljoin(PIP_ON_PYPI, wheel["url"]))
    except OSError as error:
        sys.exit(no_network(error))
    if hashlib.sha256(content).hexdigest() != wheel["digests"]["sha256"]:
        sys.exit(f"run.py: {wheel['filename']} arrived damaged; run the same command again.")
    path = VENV / str(wheel["filename"])
    path.write_bytes(content)
    return path


def download(url: str) -> bytes:
    """Return what is at an https address."""
    with urllib.request.urlopen(url, timeout=60) as response:
        return bytes(response.read())


# ------------------------------------------------------------------------- programs and words


def environment() -> dict[str, str]:
    """Return the variables our programs run under: the caller's, pointed at `.venv`."""
    ours = {
        "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)]),
        "VIRTUAL_ENV": str(VENV),
        "PIP_USER": "0",  # a user who prefers `--user` would send uv outside the environment
        "UV_PROJECT_ENVIRONMENT": str(VENV),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_SYSTEM_CERTS": os.environ.get("UV_SYSTEM_CERTS", "1"),  # as pip and urllib do
    }
    return {**{k: v for k, v in os.environ.items() if k != "PYTHONHOME"}, **ours}


def succeeds(command: list[str | Path], printing: str = "") -> bool:
    """Tell whether a command exits with 0 and prints the given text."""
    done = run_captured(command)
    return done.returncode == 0 and printing in done.stdout


def quietly(command: list[str | Path]) -> None:
    """Run a step of the set-up; if it fails, say why and end."""
    done = run_captured(command)
    if done.returncode == 0:
        return
    try:
        download(PIP_ON_PYPI)
    except OSError as error:
        sys.exit(no_network(error))
    words = " ".join(map(str, command))
    sys.exit(f"{done.stdout}\nrun.py: the set-up failed in `{words}`; its own words are above.")


def run_captured(command: list[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a command and keep what it prints."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def no_network(error: OSError) -> str:
    """Say that PyPI is out of reach, and what to do."""
    return (
        f"run.py: pypi.org cannot be reached ({getattr(error, 'reason', error)}), and libraries "
        "that metaonc needs are not installed yet; connect to the network, then run this again."
    )


def say(line: str) -> None:
    """Print a line of our own, ahead of what the programs after it print."""
    print(f"[run.py] {line}", flush=True)


def shown(path: Path) -> str:
    """Return a path as one would type it from here."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
