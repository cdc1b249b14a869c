"""Figures in words, for those who do not see them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AltText:
    """What a figure shows, in words.

    Attributes
    ----------
    short : str
        One paragraph: what is plotted, and what it says.
    long : str
        Everything in the figure, a line each; empty where `short` says it all.
    """

    short: str
    long: str = ""

    def __str__(self) -> str:
        return "\n".join(filter(None, (self.short, self.long)))
