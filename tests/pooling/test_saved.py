"""Results as documents: there and back without loss, and nothing changed goes unnoticed."""

import copy
import json
import math
import pickle
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metaonc as mo
from metaonc.effects import LeftOut
from metaonc.effects.stored import digest_of
from metaonc.kernels import Fit
from metaonc.pooling.schema import result_schema
from tests.strategies import studies

NAN, INF = math.nan, math.inf
VALUES = st.one_of(
    st.none(), st.booleans(), st.text(max_size=8), st.floats(), st.integers(-(2**70), 2**70)
)
CHOICES = st.one_of(
    st.fixed_dictionaries(
        {
            "tau2": st.sampled_from(["DL", "DL2", "SJ", "ML", "REML", "PM", "PMM", 0.25]),
            "ci": st.sampled_from(["auto", "wald", "t", "hksj-adhoc", "hksj-ci"]),
            "level": st.sampled_from([0.9, 0.95, 0.975]),
        }
    ),
    st.fixed_dictionaries({"policy": st.sampled_from(["metaonc-2026", "iqwig-6", "revman-5"])}),
    st.just({"model": "fixed"}),
    st.sampled_from([{"ci": "kr"}, {"ci": "profile"}, {"ci": "hc"}]),
    st.fixed_dictionaries(
        {
            "ci": st.sampled_from(["permutation", "bootstrap"]),
            "seed": st.integers(0, 9),
            "draws": st.just(99),
        }
    ),
    st.just({"tau2": "GENQ"}),
)


@st.composite
def effects(draw: st.DrawFn, min_size: int = 1) -> mo.Effects:
    """Effects with every kind of word and column."""
    yi, vi = draw(studies(min_size=min_size, max_size=8))
    k = len(yi)
    column = st.lists(VALUES, min_size=k, max_size=k)
    reserved = ("label", "yi", "vi", "estimate", "low", "high")
    names = st.text(max_size=6).filter(lambda name: name not in reserved)
    return mo.Effects(
        yi * draw(st.sampled_from([1e-6, 1.0, 1e6])),
        vi,
        measure=draw(st.sampled_from(["HR", "OR", "MD", "GEN"])),
        labels=draw(st.lists(st.text(max_size=6), min_size=k, max_size=k, unique=True)),
        columns=draw(st.dictionaries(names, column, max_size=2)),
        left_out=[LeftOut(*pair) for pair in draw(st.lists(st.tuples(st.text(), st.text())))],
        notes=draw(st.lists(st.text(max_size=9), max_size=2)),
        title=draw(st.text(max_size=9)),
        favours_low=draw(st.text(max_size=3)),
    )


def same(one: Any, other: Any) -> bool:
    """Equality of anything in a result, to the bit; NaN equals NaN."""
    if isinstance(one, np.ndarray | np.generic):  # a scalar of numpy or an array without axes
        one, other = np.asarray(one), np.asarray(other)
        return bool(
            one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
        )
    if isinstance(one, Fit):  # which finds parts of it when asked for them
        return same(one.arrays(), other.arrays())
    if hasattr(one, "__dataclass_fields__"):
        names = [f.name for f in fields(one)]
        return type(one) is type(other) and all(
            same(getattr(one, name), getattr(other, name)) for name in names
        )
    if hasattr(one, "keys"):
        return list(one) == list(other) and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return (math.isnan(one) and math.isnan(other)) or one.hex() == other.hex()
    return bool(one == other) and type(one) is type(other)


# There and back ----------------------------------------------------------------------------------


@given(before=effects())
def test_effects_come_back_field_by_field(before: mo.Effects) -> None:
    """With every column value and its type, and the same bytes the second time."""
    text = before.to_json()
    after = mo.Effects.from_json(text.encode())
    assert same(before, after)
    assert after.to_json() == text


@given(before=effects(min_size=2), choices=CHOICES)
@settings(max_examples=25)
def test_results_come_back_field_by_field(before: mo.Effects, choices: dict[str, Any]) -> None:
    """Whatever was chosen: the kernels' numbers to the bit, the words, the bytes."""
    fit = mo.pool(before, **choices)
    after = mo.PooledResult.from_json(fit.to_json())
    assert same(fit, after)
    assert (after.summary(), repr(after)) == (fit.summary(), repr(fit))
    assert after.to_json() == fit.to_json()


ODD = mo.Effects(
    [0.1, -0.0, 5e-324],
    [0.3, 1e-5, 30.0],
    columns={
        "float": [NAN, INF, -INF],
        "text": ["NaN", "Infinity", '{"float": "NaN"}'],
        "missing": [None, pd.NA, pd.NaT],
        "when": [date(2012, 12, 5), Decimal("0.70"), ("a", [1.5, NAN])],
        "numpy": list(np.array([1, 2, 3])),
        "weight": [60, 70, 80],
    },
)


def test_what_json_has_no_word_for_comes_back() -> None:
    """NaN and infinities apart from the texts of the same name; dates, decimals, missing values."""
    after = mo.Effects.from_json(ODD.to_json())
    assert [str(value) for value in after.columns["float"]] == ["nan", "inf", "-inf"]
    assert after.columns["text"] == ODD.columns["text"]
    assert [value is old for value, old in zip(
        after.columns["missing"], ODD.columns["missing"], strict=True
    )] == [True] * 3  # fmt: skip
    assert repr(after.columns["when"]) == repr(ODD.columns["when"])
    assert after.columns["numpy"] == (1, 2, 3)
    assert [x.hex() for x in after.yi] == [x.hex() for x in ODD.yi]
    assert mo.PooledResult.from_dict(mo.pool(ODD).to_dict()).effects.columns["weight"] == (
        60,
        70,
        80,
    )


def test_a_value_that_is_no_data_is_named() -> None:
    """The whole sentence."""
    odd = mo.Effects([0.1], [0.2], labels=["A"], columns={"arm": [{1, 2}]})
    with pytest.raises(mo.EffectsError) as raised:
        odd.to_json()
    assert str(raised.value) == (
        "A: arm = {1, 2} is a set, which JSON cannot hold; turn it into text or a number."
    )


def test_one_study_and_effects_that_covary() -> None:
    """Infinite degrees of freedom and NaN come back, and so does a covariance."""
    one = mo.pool(mo.Effects([0.3], [0.1]))
    assert same(one, mo.PooledResult.from_json(one.to_json()))
    two = mo.Effects([0.1, 0.4], [0.2, 0.3], covariance=[[0.2, 0.1], [0.1, 0.3]])
    assert same(two, mo.Effects.from_json(two.to_json()))
    assert two.digest != mo.Effects([0.1, 0.4], [0.2, 0.3]).digest


PFS = mo.load_registry().effects("pfs")
RESULTS = {
    "pooled": mo.pool(PFS),
    "subgroups": mo.subgroups(PFS, by="line"),
    "crossed": mo.subgroups(PFS, by=["line", "agent"], tau2_common=True, ci="wald"),
    "formula": mo.regress(PFS, "line"),
    "center": mo.regress(PFS, "center(year)", model="fixed"),
    "table": mo.regress(PFS, pd.DataFrame({"phase": pd.Categorical(
        list("aabbba"), categories=["b", "a"], ordered=True), "x": np.arange(6)})[["phase"]]),
    "matrix": mo.regress(PFS, np.column_stack([np.ones(6), np.arange(6.0)]), ci="hksj", tau2="PM"),
    "policies": mo.compare_policies(PFS),
}  # fmt: skip


@pytest.mark.parametrize("before", RESULTS.values(), ids=RESULTS)
def test_every_kind_of_result_comes_back(before: Any) -> None:
    """The same words and the same bytes, from the text and from a pickle; for notebooks too."""
    kind = type(before)
    text = before.to_json()
    after = kind.from_json(text)
    assert after.to_json() == text
    assert (after.summary(), repr(after)) == (before.summary(), repr(before))
    assert after._repr_html_() == before._repr_html_()
    pd.testing.assert_frame_equal(after.to_frame(), before.to_frame(), check_exact=True)
    assert pickle.loads(pickle.dumps(before)).to_json() == text


@pytest.mark.parametrize("name", ["formula", "center", "table", "matrix"])
def test_a_regression_that_came_back_predicts_and_tests_the_same(name: str) -> None:
    """Its formula still knows the means and categories it was made with."""
    before: Any = RESULTS[name]
    after = mo.MetaRegression.from_json(before.to_json())
    assert same(before._fit, after._fit)
    new = {
        "formula": {"line": ["first line", "after AI"]},
        "center": {"year": [2015, 2030]},
        "table": {"phase": ["a", "b"]},
        "matrix": [[1.0, 2.0], [1.0, 9.0]],
    }[name]
    pd.testing.assert_frame_equal(before.predict(new), after.predict(new), check_exact=True)
    last = before.design.names[-1]
    assert before.test(last) == after.test(last)
    assert before.compare() == after.compare()
    assert before.tau2_interval("J") == after.tau2_interval("J")


def test_a_result_is_the_same_in_every_process() -> None:
    """Nothing but the effects and the choices goes into the bytes."""
    assert mo.pool(copy.deepcopy(PFS)).to_json() == mo.pool(PFS).to_json()


# Digests -----------------------------------------------------------------------------------------


def test_the_digest_of_the_data_is_that_of_the_numbers() -> None:
    """Not of titles and notes; of labels, measure and every last digit."""
    base = {"yi": [0.1, 0.2], "vi": [0.3, 0.4], "labels": ["A", "B"], "measure": "HR"}
    digest = mo.Effects(**base).digest
    assert mo.Effects(**base, title="PFS", notes=["n"]).digest == digest
    for change in (
        {"yi": [0.1, np.nextafter(0.2, 1)]}, {"vi": [0.3, 0.5]}, {"labels": ["A", "C"]},
        {"measure": "OR"},
    ):  # fmt: skip
        assert mo.Effects(**base | change).digest != digest
    found = mo.pool(mo.Effects(**base)).to_dict()
    assert found["data_digest"] == digest == found["effects"]["data_digest"]


def test_another_program_may_lay_the_json_out_anew() -> None:
    """Order of keys, spaces and whole numbers without a point do not matter."""
    document = mo.pool(PFS).to_dict()

    def as_javascript(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: as_javascript(value[name]) for name in sorted(value, reverse=True)}
        if isinstance(value, list):
            return [as_javascript(inner) for inner in value]
        return int(value) if isinstance(value, float) and value.is_integer() else value

    text = json.dumps(as_javascript(document), indent=None)
    assert mo.PooledResult.from_json(text).summary() == mo.pool(PFS).summary()


CHANGED = "was changed after metaonc wrote it; make it anew from its data."


@pytest.mark.parametrize("before", RESULTS.values(), ids=RESULTS)
def test_any_number_that_is_changed_is_noticed(before: Any) -> None:
    """At the top, deep inside, or among the inputs."""

    def leaves(value: Any, place: tuple[Any, ...] = ()) -> Any:
        if isinstance(value, dict | list):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            for name, inner in items:
                yield from leaves(inner, (*place, name))
        elif isinstance(value, float):
            yield place

    places = list(leaves(before.to_dict()))
    for place in places[:: max(1, len(places) // 5)]:
        document = before.to_dict()
        inner = document
        for name in place[:-1]:
            inner = inner[name]
        inner[place[-1]] = np.nextafter(inner[place[-1]], 9.0)
        with pytest.raises(mo.PoolingError, match="does not match its digest"):
            type(before).from_dict(document)


def resealed(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A document with changes and a digest that fits them."""
    content = {name: value for name, value in (document | changes).items() if name != "digest"}
    return content | {"digest": digest_of(content)}


def test_what_cannot_be_read_is_answered_in_one_sentence() -> None:
    """Each with its way out."""
    fit = mo.pool(mo.Effects([0.1, 0.2], [0.3, 0.4], title="PFS"))
    document = fit.to_dict()
    for text, said in (
        ("", "because it is not JSON (Expecting value: line 1 column 1 (char 0)); write one with "
             "to_json()."),
        ('{"a": NaN}', "because it is not JSON (NaN is not JSON); write one with to_json()."),
        ("[1, 2]", "this is not a pooled result written by metaonc; write one with to_json()."),
        ("{}", "this is not a pooled result written by metaonc; write one with to_json()."),
        (mo.subgroups(PFS, by="line").to_json(),
         "this is a subgroup result, not a pooled result; read it as what it is."),
        (json.dumps(document | {"schema_version": 9}),
         "this pooled result is in format 9 and this metaonc reads 1; use the metaonc that wrote "
         "it, or a newer one."),
        (json.dumps(document | {"estimate": 0.5}),
         f"the pooled result 'PFS' does not match its digest, so it {CHANGED}"),
        (json.dumps(resealed(document, effects={})),
         "the pooled result cannot be read: this is not a metaonc effects written by metaonc; "
         "write one with to_json()."),
        (json.dumps(resealed(document, choices={"policy": "x"})),
         "the pooled result cannot be read (TypeError: "),
        (json.dumps(resealed(document, fit={})),
         "the pooled result cannot be read (KeyError: 'q'); make it anew from its data."),
    ):  # fmt: skip
        with pytest.raises(mo.PoolingError) as raised:
            mo.PooledResult.from_json(text)
        assert said in str(raised.value)
        assert str(raised.value).endswith(".")
    with pytest.raises(mo.EffectsError, match="this is a pooled result, not a metaonc effects"):
        mo.Effects.from_dict(document)


# What a reader finds -----------------------------------------------------------------------------


def test_a_document_says_all_of_itself() -> None:
    """Settings, version, policy, what was left out."""
    found = mo.pool(PFS, ci="wald").to_dict()
    assert (found["kind"], found["schema_version"]) == ("pooled result", 1)
    assert found["metaonc_version"] == mo.__version__
    assert found["policy"]["name"] == found["choices"]["policy"] == "metaonc-2026"
    assert found["policy"]["source"].startswith("Cochrane RevMan's methods")
    assert found["intervals"]["prediction"]["method"] == "HTS"
    assert [out["label"] for out in found["left_out"]] == [out.label for out in PFS.left_out]
    assert "BOLERO-4" in [out["label"] for out in found["left_out"]]
    one = mo.pool(mo.Effects([0.1], [0.2])).to_dict()
    assert one["intervals"]["tau2"] == {
        "low": None, "high": None, "method": "QP", "level": 0.95,
        "reason": "one study cannot show heterogeneity", "seed": None, "draws": None,
    }  # fmt: skip


def fits(value: Any, schema: dict[str, Any], definitions: dict[str, Any]) -> bool:
    """The words of JSON Schema that the published one uses."""
    if "$ref" in schema:
        return fits(value, definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    if "anyOf" in schema:
        return any(fits(value, one, definitions) for one in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        return value in schema.get("enum", [schema.get("const")])
    kinds = {
        "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None),
        "integer": int, "number": (int, float),
    }  # fmt: skip
    named = schema["type"]
    allowed = [kinds[name] for name in ([named] if isinstance(named, str) else named)]
    if not any(isinstance(value, kind) for kind in allowed):
        return False
    if isinstance(value, dict):
        known = schema.get("properties", {})
        others = schema.get("additionalProperties", {})
        return set(schema.get("required", ())) <= set(value) and all(
            fits(inner, known.get(name, others), definitions)
            for name, inner in value.items()
            if known.get(name, others)
        )
    if isinstance(value, list) and "items" in schema:
        return all(fits(inner, schema["items"], definitions) for inner in value)
    return True


@pytest.mark.parametrize("choices", [{}, {"model": "fixed"}, {"policy": "revman-5"}])
def test_documents_are_what_the_schema_says(choices: dict[str, Any]) -> None:
    """Every key is described, and every key that is described is there."""
    schema = result_schema()
    for data in (PFS, ODD, mo.Effects([0.1], [0.2])):
        document = mo.pool(data, **choices).to_dict()
        assert set(document) == set(schema["properties"]) == set(schema["required"])
        assert fits(document, schema, schema["$defs"])
    assert not fits(document | {"k": "two"}, schema, schema["$defs"])


def test_notebooks_get_tables_that_are_safe() -> None:
    """A label is text, never markup; nothing is fetched; rows and columns are named as such."""
    evil = mo.Effects(
        [0.1, 0.4], [0.2, 0.3], labels=["<script>alert(1)</script>", "B & C"], title="<b>",
        columns={"g": ["<i>", "b"]},
    )  # fmt: skip
    for result in (mo.pool(evil), mo.subgroups(evil, by="g"), mo.compare_policies(evil)):
        page = result._repr_html_()
        assert "<script" not in page
        assert "<b>" not in page
        assert "<i>" not in page
        assert "http" not in page
        assert '<th scope="row"' in page
        assert '<th scope="col"' in page
        assert "<caption" in page
