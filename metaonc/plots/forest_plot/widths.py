"""How wide columns are: as their widest text, and as the headings over several of them."""

from __future__ import annotations

from collections.abc import Iterator

from metaonc.plots.forest_plot.description import Column, ForestTable
from metaonc.plots.forest_plot.lines import row_weight
from metaonc.plots.judgements import DIAMETER
from metaonc.plots.style import BODY, SMALL
from metaonc.plots.text import Weight, text_width

GAP = 14.0  # points between columns


def column_size(column: Column, table: ForestTable) -> tuple[float, float]:
    """Room that a column needs left and right of its decimal signs; all left where it has none."""
    cells = [
        (row.cells[column.key], row_weight(row)) for row in table.rows() if column.key in row.cells
    ]
    heading = text_width(column.heading, BODY, "bold")
    if column.draw == "judgement":
        return max(heading, DIAMETER), 0.0
    if column.align != "point":
        return max([heading, *(text_width(text, BODY, weight) for text, weight in cells)]), 0.0
    after = [after_point(text, table, weight) for text, weight in cells]
    before = [
        text_width(text, BODY, weight) - rest
        for (text, weight), rest in zip(cells, after, strict=True)
    ]
    right = max(after, default=0.0)
    return max([heading - right, 0.0, *before]), right


def after_point(text: str, table: ForestTable, weight: Weight) -> float:
    """Room that a text needs right of where the decimal signs of its column stand.

    An interval without an estimate stands where intervals behind estimates do.
    """
    numbers = table.preset.numbers
    if text.startswith(numbers.brackets[0]):
        estimate = f"{numbers.decimal}{'0' * table.measure.decimals} "
        return text_width(estimate + text, BODY, weight)
    return text_width(_from_point(text, numbers.decimal), BODY, weight)


def _from_point(text: str, decimal: str) -> str:
    """A text from its first decimal sign on; a number without one ends where its digits end.

    Examples
    --------
    >>> _from_point("0.60 (0.46 to 0.79)", "."), _from_point("12 (3.1 to 40)", ".")
    ('.60 (0.46 to 0.79)', ' (3.1 to 40)')
    """
    first, space, rest = text.partition(" ")
    _, point, decimals = first.partition(decimal)
    return point + decimals + space + rest


def group_extra(table: ForestTable, sizes: dict[str, tuple[float, float]]) -> dict[str, float]:
    """What the first column of a group needs so that the group's heading fits over its columns."""
    extra = {}
    for name, keys in column_groups(table):
        room = sum(sum(sizes[key]) for key in keys) + GAP * (len(keys) - 1)
        extra[keys[0]] = max(0.0, text_width(name, BODY, "bold") - room)
    return extra


def column_groups(table: ForestTable) -> Iterator[tuple[str, list[str]]]:
    """Neighbouring columns under a common heading: the heading, and their keys."""
    name, keys, side = "", [], ""
    for column in table.columns:
        if column.group and (column.group, column.side) == (name, side):
            keys.append(column.key)
            continue
        if name:
            yield name, keys
        name, keys, side = column.group, [column.key], column.side
    if name:
        yield name, keys


def favours_width(table: ForestTable) -> float:
    """Room that the direction words need side by side."""
    weight: Weight = "bold" if table.preset.favours_on_top else "normal"
    low, high = (text_width(words, SMALL, weight) for words in favours_words(table))
    return low + high + 2 * GAP


def favours_words(table: ForestTable) -> tuple[str, str]:
    """The direction words with their arrows."""
    low, high = table.favours
    return (f"← {low}" if low else "", f"{high} →" if high else "")
