"""The table of a forest plot in HTML: headings that sort, groups that fold, linked numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html import escape

from metaonc.effects.trials.bias import LEVELS
from metaonc.plots.forest_plot.axis import Axis
from metaonc.plots.forest_plot.description import Block, Column, ForestTable, Row
from metaonc.plots.forest_plot.spoken import effect_words
from metaonc.plots.forest_plot.widths import column_groups, favours_words
from metaonc.plots.html.marks import axis_picture, judgement_picture, row_picture

_AXIS_WIDTH = 220.0  # of the narrowest plot, for its labels
_NUMBER = re.compile(r"[-−<>]?\d[\d,]*(\.\d+)?")


@dataclass(frozen=True)
class Writer:
    """Writes the parts of one table; ids begin with `key`, and `heading` is the title's element."""

    table: ForestTable
    axis: Axis
    key: str
    heading: str

    def lines(self) -> Iterator[str]:
        """Caption, head, one body for each block, and the axis at the foot."""
        title = self.table.title or "Forest plot"
        short = self.table.alt_text().short
        yield (
            f'<caption><{self.heading} class="title" id="{self.key}-title" dir="auto">'
            f"{escape(title)}</{self.heading}>"
            f'<span class="short">{escape(short)}</span></caption>'
        )
        yield "<thead>"
        yield from self._head()
        yield "</thead>"
        for number, block in enumerate(self.table.blocks):
            yield "<tbody>"
            yield from self._block(block, number)
            yield "</tbody>"
        yield "<tfoot>"
        yield from self._foot()
        yield "</tfoot>"

    @cached_property
    def _sides(self) -> tuple[list[Column], list[Column]]:
        columns = self.table.columns
        return [c for c in columns if c.side == "left"], [c for c in columns if c.side == "right"]

    @cached_property
    def _numeric(self) -> set[str]:
        """Columns whose texts all start with a number."""
        texts: dict[str, list[str]] = {column.key: [] for column in self.table.columns}
        for row in self.table.rows():
            for key, text in row.cells.items():
                if row.kind == "study" and text and key in texts:
                    texts[key].append(text)
        return {
            key
            for key, found in texts.items()
            if found and all(self._number(text) is not None for text in found)
        }

    @cached_property
    def _first_rows(self) -> list[int]:
        """Number of the first row of each block, among all rows."""
        starts = [0]
        for block in self.table.blocks:
            starts.append(starts[-1] + len(block.rows))
        return starts

    # Head ----------------------------------------------------------------------------------------

    def _head(self) -> Iterator[str]:
        left, right = self._sides
        groups = {keys[0]: (name, keys) for name, keys in column_groups(self.table)}
        if groups:
            yield '<tr class="groups"><td></td>'
            yield from self._group_cells(left, groups)
            yield "<td></td>"
            yield from self._group_cells(right, groups)
            yield "</tr>"
        yield "<tr>"
        yield self._heading(self.table.heading, "label", "text")
        yield from map(self._column_heading, left)
        yield self._heading(f"{self.table.measure.label}\n(plot)", "plot", "number")
        yield from map(self._column_heading, right)
        yield "</tr>"

    def _group_cells(
        self, columns: list[Column], groups: dict[str, tuple[str, list[str]]]
    ) -> Iterator[str]:
        inside: set[str] = set()
        for column in columns:
            if column.key in groups:
                name, keys = groups[column.key]
                inside |= set(keys)
                yield f'<th scope="colgroup" colspan="{len(keys)}">{escape(name)}</th>'
            elif column.key not in inside:
                yield "<td></td>"

    def _column_heading(self, column: Column) -> str:
        number = column.key in self._numeric or column.key == "effect" or column.draw != "text"
        kind = "number" if number else "text"
        return self._heading(column.heading or column.key, column.align, kind, column.group)

    def _heading(self, heading: str, place: str, kind: str, group: str = "") -> str:
        lines = " <br>".join(escape(line) for line in heading.split("\n") if line)
        over = f'<span class="group">{escape(group)} </span>' if group else ""
        return (
            f'<th scope="col" class="{place}" data-kind="{kind}"><button type="button">'
            f'{over}<span>{lines}</span><span class="arrow" aria-hidden="true"></span>'
            "</button></th>"
        )

    # Body ----------------------------------------------------------------------------------------

    def _block(self, block: Block, number: int) -> Iterator[str]:
        width = len(self.table.columns) + 2
        if block.heading:
            name = f'<span dir="auto">{escape(block.heading)}</span>'
            if any(row.kind == "study" for row in block.rows):
                name = f'<button type="button" aria-expanded="true">{name}</button>'
            yield (f'<tr class="heading"><th scope="rowgroup" colspan="{width}">{name}</th></tr>')
        for i, row in enumerate(block.rows, start=self._first_rows[number]):
            if row.kind == "text":
                yield f'<tr class="text"><td colspan="{width}">{escape(row.label)}</td></tr>'
            elif row.kind != "space":
                yield self._row(row, i)

    def _row(self, row: Row, i: int) -> str:
        left, right = self._sides
        sourced = bool(row.source)
        in_label = sourced and not row.cells.get("effect")
        label = self._linked(escape(row.label), i) if in_label else escape(row.label)
        cells = [f'<th scope="row" class="label" dir="auto">{label}</th>']
        cells += [self._cell(column, row, i) for column in left]
        cells.append(self._plot_cell(row))
        cells += [self._cell(column, row, i) for column in right]
        return f'<tr class="{row.kind}">{"".join(cells)}</tr>'

    def _linked(self, content: str, i: int) -> str:
        """A number that leads to its source."""
        goal = f"{self.key}-s{i}"
        return f'<a class="source" href="#{goal}" aria-describedby="{goal}">{content}</a>'

    def _cell(self, column: Column, row: Row, i: int) -> str:
        text = row.cells.get(column.key, "")
        judged = column.draw == "judgement" and text
        content = judgement_picture(text) if judged else self._aligned(column, text)
        if column.key == "effect" and row.source:
            content = self._linked(content, i)
        value = row.estimate if column.key == "effect" else self._number(text)
        value = float(LEVELS.index(text)) if judged else value
        sort = "" if value is None or math.isnan(value) else f' data-sort="{value!r}"'
        heading = " ".join(filter(None, [column.group, *column.heading.split("\n")]))
        kind = f"{column.align} effect" if column.key == "effect" else column.align
        named = f' data-heading="{escape(heading)}"'
        return f'<td class="{kind}"{sort}{named}>{content}</td>'

    def _plot_cell(self, row: Row) -> str:
        picture = row_picture(self.table, self.axis, row, self._largest)
        sort = "" if math.isnan(row.estimate) else f' data-sort="{row.estimate!r}"'
        words = ""
        if not row.cells.get("effect"):  # nothing else in the row says the numbers
            words = f'<span class="unseen">{escape(effect_words(self.table, row))}</span>'
        return f'<td class="plot"{sort}>{picture}{words}</td>'

    @cached_property
    def _largest(self) -> float:
        return max((row.weight for row in self.table.rows()), default=1.0) or 1.0

    def _number(self, text: str) -> float | None:
        """The number that a text starts with."""
        plain = text.replace(self.table.preset.numbers.decimal, ".")
        found = _NUMBER.match(plain)
        if found is None:
            return None
        return float(found[0].lstrip("<>").replace(",", "").replace("−", "-"))

    def _aligned(self, column: Column, text: str) -> str:
        """A text whose decimal sign stands under those of its column."""
        if column.align != "point" or not text:
            return escape(text)
        decimal = self.table.preset.numbers.decimal
        if text.startswith(self.table.preset.numbers.brackets[0]):
            room = self.table.measure.decimals + 1
            return self._rest(column, text, f";padding-left:{room}ch")
        first, space, rest = text.partition(" ")
        whole, point, decimals = first.partition(decimal)
        return escape(whole) + self._rest(column, point + decimals + space + rest, "")

    def _rest(self, column: Column, text: str, more: str) -> str:
        room = self._room[column.key]
        return f'<span class="rest" style="width:{room:.3g}em{more}">{escape(text)}</span>'

    @cached_property
    def _room(self) -> dict[str, float]:
        """Room right of the decimal sign in em, for each column aligned by it."""
        decimal, found = self.table.preset.numbers.decimal, {}
        for column in self.table.columns:
            texts = (row.cells.get(column.key, "") for row in self.table.rows())
            after = [len(text) - text.find(decimal) for text in texts if decimal in text]
            found[column.key] = 0.49 * max(after, default=0)
        return found

    # Foot ----------------------------------------------------------------------------------------

    def _foot(self) -> Iterator[str]:
        left, right = self._sides
        low, high = favours_words(self.table)
        favours = ""
        if low or high:
            favours = (
                f'<div class="favours"><span dir="auto">{escape(low)}</span>'
                f'<span dir="auto">{escape(high)}</span></div>'
            )
        yield (
            f'<tr><td colspan="{len(left) + 1}"></td><td class="plot axis">'
            f"{axis_picture(self.table, self.axis, _AXIS_WIDTH)}{favours}"
            f"<div>{escape(self.table.axis_label)}</div></td>"
            + (f'<td colspan="{len(right)}"></td>' if right else "")
            + "</tr>"
        )
