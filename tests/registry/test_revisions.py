"""Records from a git revision: the folder as it was, or one sentence."""

import shutil
import subprocess

import pytest

from metaonc.errors import RecordError
from metaonc.registry import load_records
from metaonc.registry.loading import shipped_studies
from metaonc.registry.revisions import folder_of

NEITHER = (
    "{}: is neither a folder nor a folder in a revision of this git repository; "
    "name a folder, or a revision such as HEAD~1:studies or v0.1:studies."
)


def git(folder, *arguments):
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "core.hooksPath=")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository whose last commit changed a number of TAMRAD, in studies/ and in kept/in/."""
    for folder in (tmp_path / "studies", tmp_path / "kept" / "in"):
        folder.mkdir(parents=True)
        shutil.copy(shipped_studies() / "tamrad.toml", folder)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    for path in tmp_path.rglob("tamrad.toml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("estimate = 0.54", "estimate = 0.64"), encoding="utf-8")
    git(tmp_path, "commit", "-q", "-a", "-m", "two")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def time_to_progression(name, **options):
    with folder_of(name, **options) as folder:
        results = load_records(folder)["tamrad"].results
    return next(str(result.estimate) for result in results if result.kind == "hazard_ratio")


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("studies", {}, "0.64"),
        ("HEAD", {}, "0.64"),
        ("HEAD~1", {}, "0.54"),
        ("HEAD~1:studies", {}, "0.54"),
        ("HEAD~1:kept/in", {}, "0.54"),
        ("HEAD~1", {"like": "kept/in"}, "0.54"),
    ],
)
def test_a_revision_is_the_folder_as_it_was(repository, name, options, expected):
    assert time_to_progression(name, **options) == expected


@pytest.mark.parametrize(
    "name", ["HEAD~9:studies", "HEAD:nowhere", "nothing", "--output=x:studies", ""]
)
def test_what_is_neither_is_one_sentence(repository, name):
    with pytest.raises(RecordError) as raised, folder_of(name):
        pass
    assert str(raised.value) == NEITHER.format(name or '""')


def test_without_git_a_folder_is_still_a_folder(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert time_to_progression("studies") == "0.64"
    with pytest.raises(RecordError), folder_of("HEAD"):
        pass
