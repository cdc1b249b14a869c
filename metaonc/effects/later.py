"""Names and columns of studies, made when somebody reads them: a million rows wait until then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


class Numbered(Sequence[str]):
    """Names of rows that have none: ``"Study 1"``, ``"Study 2"``, ...

    Parameters
    ----------
    rows : int or ndarray of int
        How many rows, or the positions of those that are left.

    Examples
    --------
    >>> names = Numbered(4).take([True, False, True, True])
    >>> names[1], tuple(names)
    ('Study 3', ('Study 1', 'Study 3', 'Study 4'))
    """

    def __init__(self, rows: int | NDArray[np.intp]) -> None:
        self._rows = np.arange(rows) if isinstance(rows, int) else rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return Numbered(self._rows[index])
        return f"Study {self._rows[index] + 1}"

    def __iter__(self) -> Iterator[str]:
        return (f"Study {row}" for row in (self._rows + 1).tolist())

    def take(self, which: Any) -> Numbered:
        """The names of some rows, which keep their numbers."""
        return Numbered(self._rows[which])


class TableColumns(Mapping[str, tuple[Any, ...]]):
    """Columns of a table as tuples of Python's own values, each made when it is first read.

    Parameters
    ----------
    series : mapping of str to pandas.Series
        The columns; copied, so that the table may change afterwards.

    Examples
    --------
    >>> import pandas as pd
    >>> TableColumns({"line": pd.Series(["first", "second"])})["line"]
    ('first', 'second')
    """

    def __init__(self, series: Mapping[str, pd.Series]) -> None:
        self._series = {name: values.copy() for name, values in series.items()}
        self._read: dict[str, tuple[Any, ...]] = {}

    def __getitem__(self, name: str) -> tuple[Any, ...]:
        if name not in self._read:
            self._read[name] = tuple(self._series[name].tolist())
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._series)

    def __len__(self) -> int:
        return len(self._series)

    def __contains__(self, name: object) -> bool:
        return name in self._series

    def __repr__(self) -> str:
        return repr(dict(self))
