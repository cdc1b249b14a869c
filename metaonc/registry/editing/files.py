"""Writing a file so that it is always whole: the old text or the new one, never half of either."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from metaonc.errors import Problem, RecordError
from metaonc.registry.editing.text import format_text


def write_text(path: str | Path, text: str, *, new: bool = False) -> None:
    """Write a text file at once, as UTF-8 with plain newlines.

    The text goes to a temporary file in the same folder, to the disk, and takes the place of the
    old file in one step; the old file's permissions are kept. If anything fails on the way, the old
    file is as it was and nothing else is left behind. A link keeps pointing where it points.

    Parameters
    ----------
    path : str or Path
        The file.
    text : str
        All of its text.
    new : bool, default False
        Refuse to replace a file that exists.

    Raises
    ------
    FileExistsError
        If `new` is set and there is such a file.
    OSError
        If the file cannot be written.
    """
    target = Path(os.path.realpath(path))
    claimed = _claim(target, must_be_new=new)
    temporary = None
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
        temporary = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    except BaseException:
        for leftover in (temporary, target if claimed else None):
            if leftover is not None:
                leftover.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _claim(target: Path, *, must_be_new: bool) -> bool:
    """Create the file where there is none, so that it has the permissions a new file gets."""
    try:
        target.open("x").close()
    except FileExistsError:
        if must_be_new:
            raise
        if not os.access(target, os.W_OK):  # replacing it would get around that
            raise PermissionError(13, "Permission denied", str(target)) from None
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a crash, where the system lets a folder be synced."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@dataclass(frozen=True)
class Formatted:
    """A file in its normal form.

    Attributes
    ----------
    path : Path
        The file.
    before, after : str
        Its text as it is, and as it should be.
    """

    path: Path
    before: str
    after: str

    @property
    def changed(self) -> bool:
        """Whether the normal form differs from the file."""
        return self.before != self.after


def format_file(path: str | Path) -> Formatted:
    """Read a record and bring it into its normal form; the file itself stays as it is.

    Raises
    ------
    RecordError
        If it is not UTF-8, not TOML or not a record.
    OSError
        If it cannot be read.
    """
    raw = Path(path).read_bytes()
    try:
        before = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        rule = f"is not UTF-8 text (byte {error.start})"
        problem = Problem(file=str(path), rule=rule, remedy="save the file as UTF-8")
        raise RecordError([problem]) from error
    after = format_text(before.replace("\r\n", "\n"), path)
    return Formatted(Path(path), before, after)


def record_files(paths: Iterable[Path]) -> list[Path]:
    """The files that `paths` name: each file itself, and every ``.toml`` of each folder.

    Raises
    ------
    RecordError
        If a folder holds none.
    """
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(path.glob("*.toml")) if path.is_dir() else [path]
        if not inside:
            rule, remedy = "holds no record", "name a folder of records, or a file"
            raise RecordError([Problem(file=str(path), rule=rule, remedy=remedy)])
        found.update(dict.fromkeys(inside))
    return list(found)
