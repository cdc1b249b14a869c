"""Folders of records as they were: a revision of a git repository instead of a folder."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from metaonc.errors import Problem, RecordError

DEFAULT_FOLDER = "studies"


@contextmanager
def folder_of(name: str, *, like: str | None = None) -> Iterator[Path]:
    """The records that `name` means, as a folder that lasts as long as the block.

    Parameters
    ----------
    name : str
        A folder; or a git revision (``HEAD~1``, ``v0.1``, a commit), with the folder in it after a
        colon (``HEAD~1:studies``), of the repository of the current folder.
    like : str, optional
        A folder on disk: where `name` names no folder, the same one in the revision. Otherwise it
        is ``studies``.

    Raises
    ------
    RecordError
        If it is neither a folder nor such a revision.
    """
    if name and Path(name).is_dir():
        yield Path(name)
        return
    revision, _, inside = name.partition(":")
    where = inside or _inside_repository(like) or DEFAULT_FOLDER
    tree = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}:{where}")
    if tree is None:
        rule = "is neither a folder nor a folder in a revision of this git repository"
        remedy = "name a folder, or a revision such as HEAD~1:studies or v0.1:studies"
        raise RecordError([Problem(file=name or '""', rule=rule, remedy=remedy)])
    archive = _git("archive", "--format=tar", tree.decode().strip())
    assert archive is not None
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(scratch, filter="data")
        yield Path(scratch)


def _git(*arguments: str) -> bytes | None:
    """What git prints; None if it cannot."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def _inside_repository(folder: str | None) -> str:
    """The path of a folder from the top of its repository, as `git` writes paths."""
    if folder is None or not Path(folder).is_dir():
        return ""
    found = _git("-C", folder, "rev-parse", "--show-prefix")
    return found.decode().strip().rstrip("/") if found else ""
