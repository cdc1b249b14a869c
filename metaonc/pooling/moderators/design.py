"""`Design`: moderators of a meta-regression as a matrix with named columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from metaonc.effects import stored
from metaonc.errors import PoolingError
from metaonc.kernels import FloatArray
from metaonc.kernels.moderators import aliased

if TYPE_CHECKING:
    import pandas as pd

WAY_OUT = "name columns of the effects as in 'agent + year', 'C(line)' or '0 + agent'"


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
            check_known(self.names, table.columns, "the table has")
            table = table[list(self.names)]
        else:
            labels = []
        rows = np.atleast_2d(numbers_of(table))
        if rows.ndim != 2 or rows.shape[1] != len(self.names) or not np.isfinite(rows).all():
            raise PoolingError(
                f"rows for prediction must be finite numbers of shape (rows, {len(self.names)}), "
                f"got shape {rows.shape}; give one value per coefficient."
            )
        return rows, labels or list(range(len(rows)))

    def _encoded(self, table: pd.DataFrame) -> FloatArray:
        assert self._table is not None
        needed = list(self._table.columns)
        check_known(needed, table.columns, "the table has")
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
        matrix = materialised(lambda: self._spec.get_model_matrix(table[needed], context={}))
        found = np.asarray(matrix, dtype=float)
        check_finite(found, self.names, [f"row {label!r}" for label in table.index])
        return found

    # There and back ----------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """The matrix, its names and, after a formula, the table it is evaluated on."""
        table = self._table
        return {
            "matrix": stored.numbers_out(self.matrix),
            "names": list(self.names),
            "formula": self.formula,
            "terms": {name: list(places) for name, places in self.terms.items()},
            "table": None
            if table is None
            else {str(name): _column_out(table[name]) for name in table.columns},
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Design:
        """A design that `to_dict` wrote; the formula is evaluated again on its own table."""
        import pandas as pd

        matrix = stored.array_in(document["matrix"])
        matrix.flags.writeable = False
        table = spec = None
        if document["table"] is not None:
            columns = {name: _column_in(found) for name, found in document["table"].items()}
            table = pd.DataFrame(columns, index=range(len(matrix)))
            spec = model_matrix(document["formula"], table).model_spec
        terms = {name: tuple(places) for name, places in document["terms"].items()}
        return cls(matrix, tuple(document["names"]), document["formula"], terms, table, spec)


def model_matrix(formula: str, table: pd.DataFrame) -> Any:
    """The design matrix of formulaic, its specification beside it."""
    from formulaic import Formula

    return materialised(
        lambda: Formula(bare(formula)).get_model_matrix(table, context={}, na_action="ignore"),
        formula,
    )


def bare(formula: str) -> str:
    """A formula without the tilde that may stand before it."""
    return formula.strip().removeprefix("~").strip()


def _column_out(column: pd.Series[Any]) -> dict[str, Any]:
    """A column of the table with its type, on which the coding of a formula depends."""
    place = f"moderator {column.name}"
    found: dict[str, Any] = {"dtype": str(column.dtype)}
    if found["dtype"] == "category":
        found["categories"] = [stored.value_out(value, place) for value in column.cat.categories]
        found["ordered"] = bool(column.cat.ordered)
    return found | {"values": [stored.value_out(value, place) for value in column]}


def _column_in(found: Mapping[str, Any]) -> pd.Series[Any]:
    import pandas as pd

    dtype: Any = found["dtype"]
    if dtype == "category":
        categories = [stored.value_in(value) for value in found["categories"]]
        dtype = pd.CategoricalDtype(categories, ordered=found["ordered"])
    column: pd.Series[Any] = pd.Series(
        [stored.value_in(value) for value in found["values"]], dtype=dtype
    )
    return column


def check_finite(matrix: FloatArray, names: Sequence[str], labels: Sequence[str]) -> None:
    """Name the first value of a design that is not a finite number."""
    bad = np.argwhere(~np.isfinite(matrix))
    if len(bad):
        i, j = bad[0]
        raise PoolingError(
            f"{labels[i]}: {names[j]} = {matrix[i, j]} is not a finite number; correct the "
            "moderator or leave the study out."
        )


def materialised(make: Any, formula: str = "") -> Any:
    """What formulaic makes, its errors in one sentence."""
    from formulaic.errors import FormulaicError

    try:
        with np.errstate(all="ignore"):  # log(0) and the like are reported with their study
            return make()
    except FormulaicError as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise PoolingError(
            f"the formula {formula!r} cannot be used ({reason}); {WAY_OUT}."
        ) from error


def check_known(names: Sequence[str], columns: Any, place: str) -> None:
    """Name the first column that is not there."""
    have = [str(name) for name in columns]
    for name in names:
        if name not in have:
            listed = ", ".join(have) or "none"
            raise PoolingError(f"{place} no column {name!r}; there are: {listed}.")


def numbers_of(values: Any) -> FloatArray:
    """A matrix of numbers, its errors in one sentence."""
    try:
        return np.array(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise PoolingError(
            "a matrix of moderators must hold numbers only; use a formula or a table for text."
        ) from error


def _is_text(values: pd.Series[Any]) -> bool:
    import pandas as pd

    return not pd.api.types.is_numeric_dtype(values)
