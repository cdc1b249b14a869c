"""How a house prints its forest plots: columns, rows, words, numbers and colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from metaonc.errors import PlotError
from metaonc.plots.forest_plot.numbers import NumberStyle
from metaonc.plots.style import ACCENT, GREY, INK, PAPER


@dataclass(frozen=True, kw_only=True)
class Colours:
    """Colours of the marks, dark enough to differ in black and white."""

    study: str = INK
    pooled: str = ACCENT
    pooled_edge: str = ACCENT
    common: str = PAPER
    band: str = "#f3e3da"
    line: str = GREY


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A house's way to print a forest plot.

    Attributes
    ----------
    name : str
        What :func:`metaonc.forest` calls it.
    house : str
        Whose figures it follows.
    columns : tuple of str
        Columns from left to right, ``"plot"`` among them; see `forest`.
    pooled : tuple of str
        Rows below the studies: ``"common"``, ``"random"``, ``"pooled"`` (the result's model),
        ``"prediction"``, ``"heterogeneity"``, ``"test"``.
    heading : str
        Heading of the studies' names.
    words : mapping
        Labels of the pooled rows; ``{level}`` is the confidence level.
    sentences : str
        Whose wording heterogeneity and tests have: ``"metaonc"``, ``"cochrane"``, ``"jama"``,
        ``"bmj"`` or ``"lancet"``.
    numbers : NumberStyle
    colours : Colours
    favours : str
        Spelling of "Favours".
    favours_on_top : bool
        Whether the direction words stand above the plot, in bold, instead of under the axis.
    footnotes : bool
        Whether methods and notes stand under the plot.
    """

    name: str
    house: str
    columns: tuple[str, ...]
    pooled: tuple[str, ...]
    heading: str = "Study"
    words: Mapping[str, str] = field(default_factory=dict)
    sentences: str = "metaonc"
    numbers: NumberStyle = field(default_factory=NumberStyle)
    colours: Colours = field(default_factory=Colours)
    favours: str = "Favours"
    favours_on_top: bool = False
    footnotes: bool = True


METAONC = Preset(
    name="metaonc",
    house="metaonc",
    columns=("arms", "plot", "effect", "weights"),
    pooled=("common", "random", "prediction", "heterogeneity"),
    words={
        "common": "Common effect",
        "random": "Random effects",
        "prediction": "Prediction interval",
    },
)
COCHRANE = Preset(
    name="cochrane",
    house="Cochrane's RevMan",
    columns=("log_effect", "counts", "weight", "effect", "plot"),
    pooled=("pooled", "prediction", "heterogeneity", "test"),
    heading="Study or subgroup",
    words={
        "common": "Total ({level} CI)",
        "random": "Total ({level} CI)",
        "prediction": "Prediction interval",
    },
    sentences="cochrane",
    numbers=NumberStyle(
        to=", ",
        brackets=("[", "]"),
        p_letter="P",
        p_smallest=1e-5,
        p_decimals=None,
    ),
    colours=Colours(
        study="#1a5fb4",
        pooled="#000000",
        pooled_edge="#000000",
        common="#000000",
        band="#e8e8e8",
        line="#000000",
    ),
)
JAMA = Preset(
    name="jama",
    house="JAMA Network journals",
    columns=("arms", "effect", "plot", "weight"),
    pooled=("pooled", "prediction", "heterogeneity", "test"),
    heading="Source",
    words={
        "common": "Common-effect model",
        "random": "Random-effects model",
        "prediction": "Prediction interval",
    },
    sentences="jama",
    numbers=NumberStyle(
        to="-",
        p_letter="P",
        p_decimals=((0.01, 3), (1.0, 2)),
        p_zero=False,
    ),
    colours=Colours(
        study="#0b3c6f",
        pooled="#7fb2dd",
        pooled_edge="#0b3c6f",
        common="#7fb2dd",
        band="#e4eff8",
        line="#5f6770",
    ),
    favours="Favors",
    favours_on_top=True,
)
BMJ = Preset(
    name="bmj",
    house="The BMJ",
    columns=("arms", "plot", "weight", "effect"),
    pooled=("pooled", "prediction", "heterogeneity", "test"),
    words={
        "common": "Total ({level} CI)",
        "random": "Total ({level} CI)",
        "prediction": "Prediction interval",
    },
    sentences="bmj",
    numbers=NumberStyle(p_letter="P", p_relation="=", p_decimals=((0.01, 3), (1.0, 2))),
    colours=Colours(
        study="#2a6ebb",
        pooled="#14365c",
        pooled_edge="#14365c",
        common="#ffffff",
        band="#dfe9f4",
        line="#6d7278",
    ),
)
LANCET_ONCOLOGY = Preset(
    name="lancet-oncology",
    house="The Lancet Oncology",
    columns=("arms", "plot", "effect", "weight"),
    pooled=("pooled", "prediction", "heterogeneity", "test"),
    words={
        "common": "Overall (common effect)",
        "random": "Overall (random effects)",
        "prediction": "Prediction interval",
    },
    sentences="lancet",
    numbers=NumberStyle(
        decimal="·",
        to="–",
        p_relation="=",
        p_smallest=1e-4,
        p_decimals=None,
    ),
    colours=Colours(
        study="#222222",
        pooled="#a8341f",
        pooled_edge="#a8341f",
        common="#ffffff",
        band="#f2dfdb",
        line="#6d6d6d",
    ),
)
PRESETS = {preset.name: preset for preset in (METAONC, COCHRANE, JAMA, BMJ, LANCET_ONCOLOGY)}


def preset_named(preset: str | Preset) -> Preset:
    """A preset by its name, or itself.

    Raises
    ------
    PlotError
        If there is none of that name.
    """
    if isinstance(preset, Preset):
        return preset
    if preset not in PRESETS:
        raise PlotError(f"no preset called {preset!r}; use one of {', '.join(map(repr, PRESETS))}.")
    return PRESETS[preset]
