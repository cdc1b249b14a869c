"""Files are replaced whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from metaonc.errors import RecordError
from metaonc.registry.editing import files, format_file, record_files, write_text


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "tamrad.toml"
    file.write_text('key = "tamrad"\n', encoding="utf-8")
    return file


def contents(folder: Path) -> dict[str, str]:
    return {one.name: one.read_text(encoding="utf-8") for one in folder.iterdir()}


def test_the_new_text_takes_the_place_of_the_old_one(path):
    write_text(path, "τ² = 0\n")
    assert path.read_bytes() == "τ² = 0\n".encode()
    assert list(contents(path.parent)) == [path.name]


class BrokenError(Exception):
    """What a step of writing fails with."""


def broken(*_arguments, **_options):
    raise BrokenError


@pytest.mark.parametrize(
    ("owner", "step"),
    [
        (files.os, "fsync"),
        (files.os, "fdopen"),
        (files.tempfile, "mkstemp"),
        (files.Path, "replace"),
        (files.Path, "chmod"),
    ],
    ids=lambda part: getattr(part, "__name__", part),
)
@pytest.mark.parametrize("new", [False, True])
def test_a_failure_at_any_step_leaves_the_folder_as_it_was(path, monkeypatch, owner, step, new):
    target = path.with_name("new.toml") if new else path
    before = contents(path.parent)
    monkeypatch.setattr(owner, step, broken)
    with pytest.raises(BrokenError):
        write_text(target, "lost", new=new)
    monkeypatch.undo()
    assert contents(path.parent) == before


def test_text_that_cannot_be_encoded_leaves_the_folder_as_it_was(path):
    before = contents(path.parent)
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "half of it, then \ud800")
    assert contents(path.parent) == before


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no such permissions")
def test_permissions_are_kept_and_those_of_a_new_file_are_the_usual_ones(path):
    path.chmod(0o640)
    write_text(path, "other")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    usual = path.with_name("usual.toml")
    usual.touch()
    new = path.with_name("new.toml")
    write_text(new, "text")
    assert new.stat().st_mode == usual.stat().st_mode


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_keeps_pointing_where_it_points(path):
    link = path.with_name("link.toml")
    link.symlink_to(path.name)
    write_text(link, "other")
    assert link.is_symlink()
    assert path.read_text(encoding="utf-8") == "other"


def test_a_file_that_may_not_be_written_is_not_replaced(path, monkeypatch):
    monkeypatch.setattr(files.os, "access", lambda *_: False)
    with pytest.raises(PermissionError):
        write_text(path, "other")
    assert path.read_text(encoding="utf-8") == 'key = "tamrad"\n'


def test_a_new_file_replaces_none(path):
    with pytest.raises(FileExistsError):
        write_text(path, "other", new=True)
    assert path.read_text(encoding="utf-8") == 'key = "tamrad"\n'


def test_a_file_is_read_and_left_as_it_is(path):
    path.write_bytes(b"key='tamrad'\r\n")
    found = format_file(path)
    assert found.changed
    assert found.after == 'key = "tamrad"\n'
    assert path.read_bytes() == b"key='tamrad'\r\n"


def test_a_file_that_is_not_utf8_is_named(path):
    path.write_bytes("# é".encode("latin-1"))
    with pytest.raises(RecordError) as raised:
        format_file(path)
    assert str(raised.value) == f"{path}: is not UTF-8 text (byte 2); save the file as UTF-8."


def test_folders_stand_for_the_files_in_them(path):
    other = path.with_name("a.toml")
    other.touch()
    path.with_name("notes.txt").touch()
    assert record_files([path.parent, path]) == [other, path]
    empty = path.parent / "empty"
    empty.mkdir()
    with pytest.raises(RecordError, match="holds no record; name a folder of records, or a file"):
        record_files([empty])
