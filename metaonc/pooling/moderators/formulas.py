"""`design_of`: a formula, a table or a matrix -> the design of a meta-regression."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from metaonc.effects import Effects
from metaonc.errors import PoolingError
from metaonc.kernels import FloatArray
from metaonc.kernels.moderators import aliased
from metaonc.pooling.moderators.design import (
    WAY_OUT,
    Design,
    bare,
    check_finite,
    check_known,
    materialised,
    model_matrix,
    numbers_of,
)
from metaonc.registry.selection import LeftOut

if TYPE_CHECKING:
    import pandas as pd


def design_of(
    effects: Effects, moderators: Any, names: Sequence[str] | None = None
) -> tuple[Effects, Design]:
    """Make the design of a meta-regression, without the studies that lack a moderator.

    Parameters
    ----------
    effects : Effects
        The studies.
    moderators : str, DataFrame or array_like of shape (k, p)
        A formula over the effects' columns (and their `vi` and `sei`); a table whose columns are
        all moderators, to which an intercept is added; or the whole design matrix.
    names : sequence of str, optional
        Names of the columns of a matrix.

    Returns
    -------
    Effects, Design
        The studies with all moderators, the others under `left_out`, and their design.

    Raises
    ------
    PoolingError
        If a column is unknown, the design cannot be made, has columns that are combinations of
        others, or there are no more studies than coefficients.
    """
    import pandas as pd

    if names is not None and isinstance(moderators, str | pd.DataFrame):
        raise PoolingError("names belong to a matrix of moderators; leave them out.")
    if isinstance(moderators, str):
        table = pd.DataFrame(
            {"vi": effects.vi, "sei": effects.sei}
            | {name: list(values) for name, values in effects.columns.items()}
        )
        used, design = _of_formula(effects, moderators, table)
    elif isinstance(moderators, pd.DataFrame):
        _fits(len(moderators), effects.k)
        table = moderators.reset_index(drop=True)
        formula = " + ".join(["1", *(f"`{name}`" for name in table.columns)])
        used, design = _of_formula(effects, formula, table)
    else:
        used, design = _of_matrix(effects, moderators, names)
    _check_rank(design, used.k)
    return used, design


def _of_formula(effects: Effects, formula: str, table: pd.DataFrame) -> tuple[Effects, Design]:
    from formulaic import Formula

    text = bare(formula)
    parsed = materialised(lambda: Formula(text), formula)
    if "~" in text or not hasattr(parsed, "required_variables") or "|" in text:
        raise PoolingError(
            f"the formula {formula!r} has more than one part; give the moderators only, and "
            f"{WAY_OUT}."
        )
    check_known(sorted(parsed.required_variables), table.columns, "the effects have")
    needed = _variables(parsed, [str(name) for name in table.columns])
    used, keep = _complete(effects, table[needed].isna(), needed)
    kept = table.loc[keep].reset_index(drop=True)
    matrix = model_matrix(formula, kept)
    names = tuple(str(name) for name in matrix.columns)
    design = Design(
        _frozen(matrix, names, used),
        names,
        formula,
        {str(term): tuple(at) for term, at in matrix.model_spec.term_indices.items()},
        kept[needed],
        matrix.model_spec,
    )
    return used, design


def _variables(parsed: Any, columns: list[str]) -> list[str]:
    """Columns that a formula uses, also those inside transformations that keep a state."""
    used = set(parsed.required_variables)
    for factor in (str(factor.expr) for term in parsed for factor in term.factors):
        # Names in backticks need not be Python; ast would not read them.
        used |= {factor, *re.findall("`([^`]+)`", factor)}
        try:
            nodes = list(ast.walk(ast.parse(re.sub("`[^`]+`", "None", factor), mode="eval")))
        except SyntaxError:  # a column whose name is not Python: found by its name
            continue
        used |= {node.id for node in nodes if isinstance(node, ast.Name)}
    return [name for name in columns if name in used]


def _of_matrix(
    effects: Effects, moderators: Any, names: Sequence[str] | None
) -> tuple[Effects, Design]:
    matrix = numbers_of(moderators)
    if matrix.ndim != 2:
        raise PoolingError(
            f"moderators must be a formula, a table or a matrix of shape (k, p), got shape "
            f"{matrix.shape}."
        )
    _fits(len(matrix), effects.k)
    columns = tuple(map(str, names)) if names is not None else _default_names(matrix)
    if len(columns) != matrix.shape[1] or len(set(columns)) != len(columns):
        raise PoolingError(
            f"names must tell the {matrix.shape[1]} columns of moderators apart, got {columns!r}."
        )
    used, keep = _complete(effects, np.isnan(matrix), columns)
    return used, Design(_frozen(matrix[keep], columns, used), columns, None, {})


def _default_names(matrix: FloatArray) -> tuple[str, ...]:
    found: list[str] = []
    for is_one in (matrix == 1).all(axis=0):
        fresh = bool(is_one) and "Intercept" not in found
        found.append("Intercept" if fresh else f"x{len(found) + 1 - ('Intercept' in found)}")
    return tuple(found)


def _complete(
    effects: Effects, missing: Any, names: Sequence[str]
) -> tuple[Effects, NDArray[np.bool_]]:
    """The studies without missing moderators; the others are left out with the reason."""
    gaps: NDArray[np.bool_] = np.asarray(missing, dtype=bool).reshape(effects.k, len(names))
    keep: NDArray[np.bool_] = np.asarray(~np.any(gaps, axis=1))
    if keep.all():
        return effects, keep
    out = [
        LeftOut(
            label, f"no value of {', '.join(n for n, gap in zip(names, row, strict=True) if gap)}"
        )
        for label, row in zip(effects.labels, gaps, strict=True)
        if row.any()
    ]
    if not keep.any():
        raise PoolingError(
            f"no study has a value of every moderator ({', '.join(names)}); leave out the emptiest."
        )
    return effects.take(keep, left_out=(*effects.left_out, *out)), keep


def _check_rank(design: Design, k: int) -> None:
    p = len(design.names)
    if p == 0:
        raise PoolingError(f"there is no coefficient to estimate; {WAY_OUT}.")
    repeated = aliased(design.matrix)
    if repeated:
        listed = ", ".join(repr(design.names[j]) for j in repeated)
        raise PoolingError(
            f"among the {k} studies the moderator columns {listed} are combinations of the "
            "columns before them; leave them out."
        )
    if k <= p:
        raise PoolingError(
            f"{p} coefficients need at least {p + 1} studies with every moderator, got {k}; "
            "use fewer moderators."
        )


def _frozen(matrix: Any, names: Sequence[str], effects: Effects) -> FloatArray:
    found = np.array(matrix, dtype=float)
    check_finite(found, names, effects.labels)
    found.flags.writeable = False
    return found


def _fits(rows: int, k: int) -> None:
    if rows != k:
        raise PoolingError(f"the moderators have {rows} rows for {k} studies; give one per study.")
