"""`Design`: moderators of a meta-regression as a matrix with named columns."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from metaonc.effects import Effects
from metaonc.errors import PoolingError
from metaonc.kernels import FloatArray
from metaonc.kernels.regression import aliased
from metaonc.registry.selection import LeftOut

if TYPE_CHECKING:
    import pandas as pd

_WAY_OUT = "name columns of the effects as in 'agent + year', 'C(line)' or '0 + agent'"


@dataclass(frozen=True, eq=False, repr=False)
class Design:
    """A design matrix and how it was made.

    Attributes
    ----------
    matrix : ndarray, shape (k, p)
        One row per study; read-only.
    names : tuple of str
        Names of the coefficients.
    formula : str or None
        The formula behind it, if any.
    terms : dict of str to tuple of int
        Positions of the columns of each term of the formula.
    """

    matrix: FloatArray
    names: tuple[str, ...]
    formula: str | None
    terms: Mapping[str, tuple[int, ...]]
    _table: pd.DataFrame | None = None
    _spec: Any = None

    @property
    def intercept(self) -> bool:
        """Whether a column is 1 in every study."""
        return bool((self.matrix == 1).all(axis=0).any())

    @property
    def moderators(self) -> NDArray[np.bool_]:
        """Which columns are not the intercept, shape (p,)."""
        return np.asarray(~(self.matrix == 1).all(axis=0))

    def spans_constant(self) -> bool:
        """Whether a mean alone is a special case of the model."""
        whole = np.column_stack([self.matrix, np.ones(len(self.matrix))])
        return aliased(whole) == [len(self.names)]

    def positions(self, names: str | Sequence[str]) -> list[int]:
        """Columns of coefficients or terms, by name.

        Raises
        ------
        PoolingError
            If there is no such coefficient or term.
        """
        found: list[int] = []
        for name in [names] if isinstance(names, str) else list(names):
            if name in self.names:
                found.append(self.names.index(name))
            elif name in self.terms:
                found += self.terms[name]
            else:
                raise PoolingError(
                    f"no coefficient or term {name!r}; there are: {', '.join(self.names)}."
                )
        if not found:
            raise PoolingError(f"no coefficient is named; there are: {', '.join(self.names)}.")
        return list(dict.fromkeys(found))

    def rows(self, table: Any) -> tuple[FloatArray, list[Any]]:
        """Rows of the design for new values of the moderators, and their labels.

        Parameters
        ----------
        table : DataFrame, mapping of str to values, or array_like of shape (rows, p)
            Values of the variables of the formula; or columns of the design.

        Raises
        ------
        PoolingError
            If a variable is missing or has a value no study had, or the shape does not fit.
        """
        import pandas as pd

        if isinstance(table, Mapping):
            scalar = all(np.ndim(value) == 0 for value in table.values())
            table = pd.DataFrame(dict(table), index=[0] if scalar else None)
        if isinstance(table, pd.DataFrame):
            labels = list(table.index)
            if self._spec is not None:
                return self._encoded(table), labels
            _known(self.names, table.columns, "the table has")
            table = table[list(self.names)]
        else:
            labels = []
        rows = np.atleast_2d(_numbers(table))
        if rows.ndim != 2 or rows.shape[1] != len(self.names) or not np.isfinite(rows).all():
            raise PoolingError(
                f"rows for prediction must be finite numbers of shape (rows, {len(self.names)}), "
                f"got shape {rows.shape}; give one value per coefficient."
            )
        return rows, labels or list(range(len(rows)))

    def _encoded(self, table: pd.DataFrame) -> FloatArray:
        assert self._table is not None
        needed = list(self._table.columns)
        _known(needed, table.columns, "the table has")
        for name in needed:
            seen = self._table[name]
            if _is_text(seen):
                for value in table[name]:
                    if value not in set(seen):
                        raise PoolingError(
                            f"{name} = {value!r} is a value no study has; the studies have: "
                            f"{', '.join(map(repr, dict.fromkeys(seen)))}."
                        )
            elif table[name].isna().any():
                raise PoolingError(f"the table has no value of {name!r} in some row; fill it in.")
        if not needed:  # an intercept alone: one row per row of the table
            return np.ones((len(table), 1))
        matrix = _materialised(lambda: self._spec.get_model_matrix(table[needed], context={}))
        found = np.asarray(matrix, dtype=float)
        _finite(found, self.names, [f"row {label!r}" for label in table.index])
        return found


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

    text = formula.strip().removeprefix("~").strip()
    parsed = _materialised(lambda: Formula(text), formula)
    if "~" in text or not hasattr(parsed, "required_variables") or "|" in text:
        raise PoolingError(
            f"the formula {formula!r} has more than one part; give the moderators only, and "
            f"{_WAY_OUT}."
        )
    _known(sorted(parsed.required_variables), table.columns, "the effects have")
    needed = _variables(parsed, [str(name) for name in table.columns])
    used, keep = _complete(effects, table[needed].isna(), needed)
    kept = table.loc[keep].reset_index(drop=True)
    matrix = _materialised(
        lambda: parsed.get_model_matrix(kept, context={}, na_action="ignore"), formula
    )
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
    matrix = _numbers(moderators)
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
        raise PoolingError(f"there is no coefficient to estimate; {_WAY_OUT}.")
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
    _finite(found, names, effects.labels)
    found.flags.writeable = False
    return found


def _finite(matrix: FloatArray, names: Sequence[str], labels: Sequence[str]) -> None:
    bad = np.argwhere(~np.isfinite(matrix))
    if len(bad):
        i, j = bad[0]
        raise PoolingError(
            f"{labels[i]}: {names[j]} = {matrix[i, j]} is not a finite number; correct the "
            "moderator or leave the study out."
        )


def _materialised(make: Any, formula: str = "") -> Any:
    """What formulaic makes, its errors in one sentence."""
    from formulaic.errors import FormulaicError

    try:
        with np.errstate(all="ignore"):  # log(0) and the like are reported with their study
            return make()
    except FormulaicError as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise PoolingError(
            f"the formula {formula!r} cannot be used ({reason}); {_WAY_OUT}."
        ) from error


def _known(names: Sequence[str], columns: Any, place: str) -> None:
    have = [str(name) for name in columns]
    for name in names:
        if name not in have:
            listed = ", ".join(have) or "none"
            raise PoolingError(f"{place} no column {name!r}; there are: {listed}.")


def _fits(rows: int, k: int) -> None:
    if rows != k:
        raise PoolingError(f"the moderators have {rows} rows for {k} studies; give one per study.")


def _numbers(values: Any) -> FloatArray:
    try:
        return np.array(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise PoolingError(
            "a matrix of moderators must hold numbers only; use a formula or a table for text."
        ) from error


def _is_text(values: pd.Series[Any]) -> bool:
    import pandas as pd

    return not pd.api.types.is_numeric_dtype(values)
