"""Damaged records: refused with a sentence that names the field, or loaded; never a traceback.

`METAONC_DAMAGED=10000 pytest tests/registry/test_damage.py -n 0` tries ten thousand of them.
"""

import contextlib
import json
import os
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
from hypothesis import HealthCheck, given, settings

import metaonc as mo
from metaonc.errors import MetaoncError, Problem
from metaonc.registry.audit.run import run_audit
from metaonc.registry.derivations import derivations, sums
from metaonc.registry.loading import read_trial, trial_of
from metaonc.registry.records import Trial
from metaonc.registry.schema import schema
from metaonc.registry.selection import select
from tests.registry.damage import TREES, Tree, damaged_texts, damaged_trees

MANY = int(os.environ.get("METAONC_DAMAGED", "300"))
VALIDATOR = jsonschema.Draft202012Validator(schema())
QUESTIONS = mo.load_registry().questions
some = settings(
    max_examples=MANY // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def plain(value: Any) -> Any:
    """A record as JSON would hold it, for the JSON Schema."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return float(value) if isinstance(value, Decimal) else value


def is_answered(found: Trial | list[Problem], key: str, tree: Tree | None) -> None:
    """Refused in sentences that name a field, or accepted and usable everywhere."""
    if isinstance(found, Trial):
        is_valid(found, tree)
        return
    assert found
    for problem in found:
        sentence = str(problem)
        assert sentence.startswith(f"{key}.toml: ")
        assert sentence.endswith(".")
        assert "\n" not in sentence
        assert len(sentence) < 1500, sentence
        assert problem.field or "TOML" in problem.rule or "UTF-8" in problem.rule, sentence


def is_valid(trial: Trial, tree: Tree | None) -> None:
    """An accepted record keeps to the JSON Schema, and nothing that reads it breaks."""
    if tree is not None:
        VALIDATOR.validate(json.loads(json.dumps(plain(tree))))
    for result in trial.results:
        derivations(trial, result)
    sums(trial)
    registry = mo.Registry(Path("studies"), (trial,), None)
    for question in QUESTIONS:
        selection = select([trial], question)
        assert selection.chosen or selection.left_out
        with contextlib.suppress(MetaoncError):  # a sentence, not a traceback
            registry.effects(question.outcomes[0], measure=question.measure)
    run_audit(Path("studies"), [trial], None).summary()


@some
@given(damaged=damaged_trees())
def test_a_damaged_tree(damaged: tuple[str, Tree]) -> None:
    """Values, keys and tables changed."""
    key, tree = damaged
    is_answered(trial_of(tree, f"{key}.toml", key), key, tree)


@some
@given(damaged=damaged_texts())
def test_a_damaged_text(tmp_path: Path, damaged: tuple[str, bytes]) -> None:
    """Lines and bytes changed."""
    key, text = damaged
    path = tmp_path / f"{key}.toml"
    path.write_bytes(text)
    found = read_trial(path, f"{key}.toml")
    is_answered(found, key, tomllib.loads(text.decode()) if isinstance(found, Trial) else None)


def test_undamaged_records_are_accepted() -> None:
    """Else the damage would not be what is refused."""
    for key, tree in TREES.items():
        found = trial_of(tree, f"{key}.toml", key)
        assert isinstance(found, Trial), found
        is_valid(found, tree)
