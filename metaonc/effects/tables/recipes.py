"""What each measure is computed from, and by which function: the table behind `effect_sizes`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from metaonc.effects.associations import (
    correlation_effects,
    partial_correlation_effects,
    reliability_effects,
)
from metaonc.effects.counts.matched_pairs import marginal_pair_effects, matched_pair_effects
from metaonc.effects.counts.proportions import proportion_effects
from metaonc.effects.counts.rates import rate_effects, two_rate_effects
from metaonc.effects.counts.two_arms import two_arm_effects
from metaonc.effects.means.biserial import (
    area_effects,
    common_language_effects,
    group_correlation_effects,
)
from metaonc.effects.means.mean_differences import mean_effects
from metaonc.effects.means.single_means import change_effects, single_mean_effects
from metaonc.effects.scales.transforms import FloatArray

Compute = Callable[..., tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How one measure is computed from the columns of a raw table.

    Attributes
    ----------
    columns : tuple of str
        Columns of the table, in the order in which `compute` takes them after the measure.
    compute : callable
        The family's function.
    vtypes : tuple of str
        The kinds of variance it offers, the default first.
    counts : bool
        Whether the columns hold counts, which may be corrected for empty cells.
    corrected : bool
        Whether they are; the variance-stabilised scales have a value there.
    unbiased : bool
        Whether `compute` takes the option `correct`.
    """

    columns: tuple[str, ...]
    compute: Compute
    vtypes: tuple[str, ...] = ("LS",)
    counts: bool = False
    corrected: bool = False
    unbiased: bool = False


def _recipes(
    columns: str, compute: Compute, measures: dict[str, tuple[str, ...]], **details: bool
) -> dict[str, Recipe]:
    """The same columns and function for several measures, each with its kinds of variance."""
    return {
        code: Recipe(
            columns=tuple(columns.split()),
            compute=compute,
            vtypes=("LS", *vtypes),
            **{**details, "corrected": details.get("counts", False) and code not in _AT_ZERO},
        )
        for code, vtypes in measures.items()
    }


# A value at 0 events and at nothing but events: nothing to correct.
_AT_ZERO = ("AS", "PHI", "ZPHI", "PAS", "PFT", "IRSD", "IRS", "IRFT")
_TWO_MEANS = "mean_1 sd_1 n_1 mean_2 sd_2 n_2"

RECIPES: dict[str, Recipe] = {
    **_recipes(
        "events_1 n_1 events_2 n_2",
        two_arm_effects,
        {
            "OR": ("AV",),
            "RR": ("AV",),
            "RD": ("UB", "AV"),
            "PHI": ("CS", "ST"),
            "ZPHI": ("CS", "ST"),
            **dict.fromkeys(("AS", "PETO", "YUQ", "YUY", "PBIT", "OR2DN", "OR2DL"), ()),
            **dict.fromkeys(("RTET", "ZTET"), ()),
        },
        counts=True,
    ),
    **_recipes(
        "both only_1 only_2 neither",
        matched_pair_effects,
        dict.fromkeys(("MPOR", "MPORC", "MPPETO", "MPRR", "MPRD"), ()),
        counts=True,
    ),
    **_recipes("events_1 events_2 n r", marginal_pair_effects, {"MPORM": ()}),
    **_recipes(
        "events n",
        proportion_effects,
        {
            "PRAW": ("UB", "AV"),
            "PLN": ("AV",),
            "PLOGIT": ("AV",),
            **dict.fromkeys(("PRZ", "PAS", "PFT"), ()),
        },
        counts=True,
    ),
    **_recipes(
        "events_1 time_1 events_2 time_2",
        two_rate_effects,
        dict.fromkeys(("IRR", "IRD", "IRSD"), ()),
        counts=True,
    ),
    **_recipes(
        "events time",
        rate_effects,
        dict.fromkeys(("IR", "IRLN", "IRS", "IRFT"), ()),
        counts=True,
    ),
    **_recipes(
        _TWO_MEANS,
        mean_effects,
        {
            "MD": ("HO",),
            "SMD": ("LS2", "UB", "AV"),
            "SMDH": ("LS2",),
            "SMD1": ("LS2",),
            "ROM": ("HO", "AV", "AVHO"),
            **dict.fromkeys(("SMD1H", "VR", "CVR", "D2ORN", "D2ORL"), ()),
        },
        unbiased=True,
    ),
    **_recipes(
        _TWO_MEANS,
        group_correlation_effects,
        {"RPB": ("ST", "CS"), "ZPB": ("ST", "CS"), "RBIS": (), "ZBIS": ()},
    ),
    **_recipes(_TWO_MEANS, common_language_effects, {"CLESN": ()}),
    **_recipes("area n_1 n_2", area_effects, {"AUC": ()}),
    **_recipes(
        "mean sd n",
        single_mean_effects,
        dict.fromkeys(("MN", "MNLN", "SDLN", "CVLN"), ()),
        unbiased=True,
    ),
    **_recipes(
        "mean_pre sd_pre mean_post sd_post n r",
        change_effects,
        dict.fromkeys(("MC", "SMCC", "SMCR", "ROMC", "VRC", "CVRC"), ()),
        unbiased=True,
    ),
    **_recipes(
        "r n",
        correlation_effects,
        {"COR": ("AV", "H0"), "UCOR": ("AV", "UB"), "ZCOR": ()},
    ),
    **_recipes("r n controls", partial_correlation_effects, dict.fromkeys(("PCOR", "ZPCOR"), ())),
    **_recipes("alpha items n", reliability_effects, dict.fromkeys(("ARAW", "AHW", "ABT"), ())),
}
