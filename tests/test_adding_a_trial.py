"""The tutorial "How to add a trial": each of its commands runs and prints what the page shows."""

import doctest
import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from metaonc.cli import app
from metaonc.registry.loading import shipped_studies

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "adding-a-trial.rst").read_text(encoding="utf-8")
STEP = re.compile(
    r"^\.\. tutorial: (?P<edit>.+)$"
    r"|^\.\. code-block:: console\n   :class: wrapped\n\n(?P<block>(?:   .*\n|\n)+)",
    re.MULTILINE,
)


def edit(words: list[str]) -> None:
    """What a reader does between two commands, by the remark in the page's source."""
    if words[0] == "copy":
        shutil.copy(DOCS / words[1], words[2])
    elif words[0] == "copy-shipped":
        ours = shutil.ignore_patterns("bolero-3.toml")
        for name in ("studies", words[1]):
            shutil.copytree(shipped_studies(), name, ignore=ours)
    else:
        assert words[0] == "replace"
        path = Path(words[3])
        text = path.read_text(encoding="utf-8")
        assert text.count(words[1]) == 1
        path.write_text(text.replace(words[1], words[2].replace("\\n", "\n")), encoding="utf-8")


def commands(block: str) -> list[tuple[str, str]]:
    """The commands of a block, each with the output that it shows."""
    text = re.sub(r"^   ", "", block, flags=re.MULTILINE).strip("\n") + "\n"
    text = text.replace("\\\n", " ")  # a command that goes on in the next line
    parts = re.split(r"^\$ (.+)\n", text, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def run(command: str) -> str:
    program, *arguments = shlex.split(command)
    assert program == "metaonc"
    wide = {"COLUMNS": "100"}
    return CliRunner().invoke(app, arguments, env=wide, prog_name="metaonc").output


def test_each_command_of_the_tutorial_prints_what_the_page_shows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checker, done = doctest.OutputChecker(), 0
    for step in STEP.finditer(PAGE):
        if step["edit"]:
            edit(shlex.split(step["edit"]))
            continue
        for command, shown in commands(step["block"]):
            found = run(command)
            assert checker.check_output(shown, found, doctest.ELLIPSIS), f"{command}\n{found}"
            done += 1
    assert done == PAGE.count("$ metaonc")
    assert Path("pfs.svg").read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize("name", sorted(path.name for path in (DOCS / "tutorial").iterdir()))
def test_the_records_of_the_tutorial_are_tidy_and_fine(name):
    from metaonc.registry import load_records
    from metaonc.registry.editing import format_file

    assert not format_file(DOCS / "tutorial" / name).changed
    assert not load_records(DOCS / "tutorial").audit().findings
