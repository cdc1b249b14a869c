"""The same record as different people would type it: a writer of TOML without any habits."""

import json
from random import Random
from typing import Any

from hypothesis import strategies as st

COMMENTS = ("#", "# τ² [a] = 1", "#:x", '# it\'s "one", {two} # three', "# -----", "#\tno 'end")


class Number(str):
    """A number by its typed digits, as `tomllib` hands it to `parse_float`."""


class Writer:
    """Takes one way of typing a record; `spoken` lists the comments in it."""

    def __init__(self, random: Random, *, comments: bool) -> None:
        self.random = random
        self.talks = comments
        self.spoken: list[str] = []

    def chance(self) -> bool:
        return self.random.random() < 0.5

    def comment(self) -> str:
        """A comment now and then, at most one."""
        if not self.talks or self.random.random() > 0.15:
            return ""
        self.spoken.append(self.random.choice(COMMENTS))
        return self.spoken[-1]

    def gap(self) -> str:
        return self.random.choice(["", " ", "  ", "\t"])

    def line(self, text: str) -> str:
        """A line, perhaps with comments and blank lines above it, or one beside it."""
        above = self.random.choice(["", "", "\n", "\n\n"])
        spoken = self.comment()
        if spoken:
            above += f"{self.gap()}{spoken}\n{self.random.choice(['', chr(10)])}"
        beside = self.comment()
        return f"{above}{self.gap()}{text}{self.gap()}{beside}\n"

    def string(self, text: str) -> str:
        if "'" not in text and self.chance():
            return f"'{text}'"
        return json.dumps(text, ensure_ascii=self.chance())

    def value(self, value: Any, *, inside: bool = False) -> str:
        if isinstance(value, Number):
            return str(value)
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int):
            return str(value)
        if isinstance(value, str):
            return self.string(value)
        if isinstance(value, list):
            return self.array(value, inside=inside)
        fields = self.shuffled(value)
        pairs = [f"{k}{self.gap()}={self.gap()}{self.value(v, inside=True)}" for k, v in fields]
        return f"{{{self.gap()}{', '.join(pairs)}{self.gap()}}}"

    def array(self, items: list[Any], *, inside: bool) -> str:
        if inside or self.chance():
            return f"[{', '.join(self.value(item, inside=True) for item in items)}]"
        text = "["
        for item in items:
            text += f"{self.comment()}\n{self.gap()}"
            text += f"{self.value(item, inside=True)}{self.gap()},{self.gap()}"
        return f"{text}{self.comment()}\n{self.gap()}]"

    def shuffled(self, fields: dict[str, Any]) -> list[tuple[str, Any]]:
        return self.random.sample(list(fields.items()), len(fields))

    def table(self, fields: dict[str, Any], path: tuple[str, ...] = ()) -> str:
        """The fields of a table; tables in it inline, dotted or under a header of their own."""
        plain, later = "", ""
        for name, value in self.shuffled(fields):
            here = (*path, name)
            header = ".".join(here)
            if isinstance(value, dict) and value and self.chance():
                later += self.line(f"[{header}]") + self.table(value, here)
            elif isinstance(value, dict) and value and self.chance():
                for key, inner in self.shuffled(value):
                    plain += self.line(f"{name}.{key} = {self.value(inner)}")
            elif self.tables(value) and self.chance():
                for item in value:
                    later += self.line(f"[[{header}]]") + self.table(item, here)
            else:
                plain += self.line(f"{name}{self.gap()}={self.gap()}{self.value(value)}")
        return plain + later

    @staticmethod
    def tables(value: Any) -> bool:
        return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def untidy(
    records: list[dict[str, Any]], *, comments: bool
) -> st.SearchStrategy[tuple[dict[str, Any], str, list[str]]]:
    """A record, one way of typing it, and the comments in that.

    The way follows from a seed: a choice for every blank would be too many for hypothesis.
    """

    def typed(record: dict[str, Any], seed: int) -> tuple[dict[str, Any], str, list[str]]:
        writer = Writer(Random(seed), comments=comments)
        return record, writer.table(record), writer.spoken

    return st.builds(typed, st.sampled_from(records), st.integers(0, 2**32))
