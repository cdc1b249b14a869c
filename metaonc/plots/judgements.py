"""Risk-of-bias judgements as marks: a circle whose colour and symbol both say the word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Circle, PathPatch
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from metaonc.effects.trials.bias import NOT_JUDGED, BiasTable
from metaonc.plots.letters import FAMILY
from metaonc.plots.style import GREY, PAPER, THIN

DIAMETER = 12.0  # points


@dataclass(frozen=True)
class Look:
    """How a judgement is drawn."""

    fill: str
    symbol: str
    ink: str = "black"


# The symbols of robvis (McGuinness & Higgins, Res Synth Methods 2021;12:55-61). Fills get darker
# from step to step, so that they keep apart on a black-and-white copier and for every eye.
LOOKS = {
    "low": Look("#d3e8f2", "+"),
    "some concerns": Look("#f0a94a", "–"),
    "moderate": Look("#f0a94a", "–"),
    "high": Look("#a8321a", "×", PAPER),
    "serious": Look("#a8321a", "×", PAPER),
    "critical": Look("#3d0a05", "!", PAPER),
    "no information": Look(PAPER, "?"),
    NOT_JUDGED: Look(PAPER, ""),
}


def draw_judgement(
    figure: Figure, x: float, y: float, word: str, diameter: float = DIAMETER
) -> None:
    """Draw one judgement around a point of the figure, in points from its lower left corner."""
    look = LOOKS[word]
    points = Affine2D().scale(1 / 72) + figure.dpi_scale_trans
    edge = GREY if look.fill == PAPER else "black"
    dashes = ":" if word == NOT_JUDGED else "-"
    figure.add_artist(
        Circle((x, y), diameter / 2, fc=look.fill, ec=edge, lw=THIN * diameter / DIAMETER,
               ls=dashes, transform=points)
    )  # fmt: skip
    if look.symbol:
        font = FontProperties(family=FAMILY, weight="bold")
        sign = TextPath((0, 0), look.symbol, size=0.8 * diameter, prop=font)
        box = sign.get_extents()
        centred = Affine2D().translate(x - (box.x0 + box.x1) / 2, y - (box.y0 + box.y1) / 2)
        figure.add_artist(
            PathPatch(sign, fc=look.ink, ec="none", transform=centred + points)
        )  # fmt: skip


def key_text(words: Iterable[str]) -> str:
    """What the symbols mean: "+ low, – some concerns"."""
    said = (f"{LOOKS[word].symbol or 'empty'} {word}" for word in words)
    return ", ".join(said)


def bias_notes(table: BiasTable) -> tuple[str, ...]:
    """Letters, symbols, and whether the judgements are provisional: what stands under a figure."""
    letters = "; ".join(
        f"({letter}) {_lower(table.domains[name])}" for name, letter in table.letters.items()
    )
    tools = f" ({' and '.join(table.tools)})" if table.tools else ""
    notes = [f"Risk of bias{tools}: {letters}. Circles: {key_text(table.used)}."]
    if table.provisional:
        whose = "" if len(table.provisional) == _judged(table) else f" of {_list(table)}"
        notes.append(
            f"The judgements{whose} are provisional: they await confirmation in the full papers."
        )
    return tuple(notes)


def _judged(table: BiasTable) -> int:
    return sum(set(row.values()) != {NOT_JUDGED} for row in table.judgements)


def _list(table: BiasTable) -> str:
    return ", ".join(table.provisional)


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
