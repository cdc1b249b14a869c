"""What is found from a result: a table with a title, sentences below it, and its document."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from metaonc._version import __version__
from metaonc.effects import stored
from metaonc.pooling import html
from metaonc.pooling.columns import ruled
from metaonc.pooling.documents import about
from metaonc.pooling.plain import plain, readable

if TYPE_CHECKING:
    import pandas as pd

    from metaonc.pooling.moderators.meta_regression import MetaRegression
    from metaonc.pooling.result import PooledResult


class Finding(ABC):
    """Something found from a result: read it as a table, as text, in a notebook, or as JSON.

    A finding is a frozen dataclass whose field `result` is what it was found from. It says what its
    table holds, how the table reads, and what to say below it; the rest follows.

    Attributes
    ----------
    result : PooledResult or MetaRegression
        What it was found from.
    kind : str
        What the finding is called in documents; of the class.
    """

    result: PooledResult | MetaRegression
    kind: ClassVar[str]

    @abstractmethod
    def to_frame(self) -> pd.DataFrame:
        """The table, with all its digits."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What the table is, in one line."""

    @abstractmethod
    def cells(self) -> list[list[str]]:
        """The table as a reader wants it: a row of names, whose first cell is empty, then rows."""

    @property
    @abstractmethod
    def sentences(self) -> Sequence[str]:
        """What to say below the table: what follows from it, how it was made, what limits it."""

    def summary(self) -> str:
        """The table and the sentences as text."""
        table = [*ruled(self.cells()), ""] if self.cells() else []
        return "\n".join([self.title, "", *table, *self.sentences])

    def _repr_html_(self) -> str:
        """The summary for a notebook."""
        table = html.table(self.title, self.cells()) if self.cells() else ""
        lines = self.sentences if table else (self.title, *self.sentences)
        return html.block(table, html.paragraphs(lines))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.title}>"

    def numbers(self) -> dict[str, Any]:
        """What the finding has beside its table, by name."""
        return {}

    def _about(self) -> dict[str, Any]:
        """What the document says first: of which data and choices it is."""
        return about(self.result.effects, self.result.choices, __version__)

    def to_dict(self) -> dict[str, Any]:
        """Everything in the finding as plain values, ready for JSON.

        Returns
        -------
        dict
            The data's digest and the result's choices, from which the finding can be made again;
            the numbers; ``rows``, the table; ``notes``, the sentences. None where something is not
            finite or does not apply.
        """
        frame = self.to_frame()
        rows = [
            {str(name): readable(value) for name, value in zip(frame.columns, row, strict=True)}
            for row in frame.itertuples(index=False, name=None)
        ]
        return stored.sealed(
            self.kind,
            {
                **self._about(),
                **{name: plain(value) for name, value in self.numbers().items()},
                "rows": rows,
                "notes": list(self.sentences),
            },
        )

    def to_json(self) -> str:
        """`to_dict` as JSON text; the same finding gives the same bytes."""
        return stored.text_of(self.to_dict())
