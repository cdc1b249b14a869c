"""Values from established programs, as cases for pytest; where they come from is in `README.md`.

A case is one call of another program: its inputs, its options, what it found and how closely
metaonc has to agree. `cases("pooling", "rma")` gives every case of one family, in the order of the
files.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Case", "cases", "label", "studies"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """One call of another program and what it found.

    Attributes
    ----------
    id : str
        Data set and record, e.g. "dat.bcg/RR/rma/REML/knha"; the id of the test.
    file, family : str
        Where it comes from, e.g. "pooling" and "rma".
    source : str
        Data set and effects or table, e.g. "dat.bcg/RR": the key of `inputs`.
    inputs : dict
        `yi`, `vi` and `measure` of the effects, or the columns of the raw table.
    args, out : dict
        The options of the call and its results, in that program's names and units.
    rtol, atol : float
        Stated tolerance: the record's own where it has one, else that of its class.
    """

    id: str
    file: str
    family: str
    source: str
    inputs: dict[str, Any]
    args: dict[str, Any]
    out: dict[str, Any]
    rtol: float
    atol: float


@cache
def sections(file: str) -> dict[str, dict[str, Any]]:
    """The sections of one of the JSON files, e.g. `sections("pooling")`."""
    path = Path(__file__).with_name(f"{file}.json")
    content: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return content


@cache
def cases(file: str, family: str) -> tuple[Case, ...]:
    """Every case of a family, e.g. `cases("effects", "escalc")`."""
    content = sections(file)
    return tuple(
        Case(
            id=key,
            file=file,
            family=family,
            source=record.get("table") or record["effects"],
            inputs=inputs_of(file, record),
            args=record.get("args", {}),
            out=record["out"],
            **{**content["tolerances"].get(record["class"], {}), **tolerance_of(record)},
        )
        for key, record in content[family].items()
    )


def inputs_of(file: str, record: dict[str, Any]) -> dict[str, Any]:
    """The table or the effects a record is about; some files have the effects of `pooling.json`."""
    own = sections(file)
    if "table" in record:
        table: dict[str, Any] = own["tables"][record["table"]]
        return table
    source = record["effects"]
    effects: dict[str, Any] = own.get("effects", sections("pooling")["effects"])[source]
    patients = own.get("sizes", {}).get(source)
    return effects if patients is None else {**effects, "ni": patients}


def tolerance_of(record: dict[str, Any]) -> dict[str, float]:
    """The tolerance a record states for itself, if it does."""
    return {name: record[name] for name in ("rtol", "atol") if name in record}


def label(case: Case) -> str:
    """The id pytest shows for a case."""
    return case.id


def studies(source: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Effects and variances of `source`, without the studies every program leaves out.

    Those are the studies with no effect or no variance, and those with a variance of zero (two
    trials of dat.poole2003 print standard deviations of 0.0): metafor and meta drop both.
    """
    effects = sections("pooling")["effects"][source]
    yi, vi = (np.array(effects[name], dtype=float) for name in ("yi", "vi"))
    usable = np.isfinite(yi) & (vi > 0)
    return yi[usable], vi[usable]
