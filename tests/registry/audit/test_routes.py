"""Routes to one hazard ratio: no alarm on simulated trials, and each pair that can disagree."""

from __future__ import annotations

from copy import deepcopy

import pytest

from metaonc.registry.records import Trial
from tests.registry.audit.examples import audited, completed
from tests.registry.audit.measure import of, simulated


def of_ratios(*figures: str) -> list[str]:
    """What the rule says of one hazard ratio with these figures."""
    lines = ['[[results]]\nkind = "hazard_ratio"\noutcome = "pfs"', *figures]
    text = "\n".join([*lines, 'experimental = "new"', 'control = "old"'])
    return [f"{f.message} [{f.arithmetic}]" for f in audited(text).only(["PV206"])]


def test_simulated_trials_without_their_intervals_raise_no_alarm() -> None:
    """Log-rank p, Cox ratio and events of 120 simulated records, drawn from patients."""
    trials, with_p = [], 0
    for data in deepcopy(simulated()).values():
        for result in data["results"]:
            if result["kind"] == "hazard_ratio":
                for name in ("low", "high", "level"):
                    result.pop(name, None)
                with_p += "p" in result
        trials.append(Trial.model_validate(completed(data)))
    assert with_p > 100
    assert not [str(f) for f in of(trials).only(["PV206"])]


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        (
            ("o_minus_e = -19.6", "variance = 120.9", "p = 0.30", "p_sides = 2"),
            "the two-sided p value 0.30 does not go with the log-rank totals -19.6 and 120.9 "
            "[|z| = 1.78 to 1.79 from the log-rank totals -19.6 and 120.9; p = 0.30 needs 1.03 to "
            "1.05; hazard ratios 0.85 and 0.91]",
        ),
        (
            ("estimate = 0.70", "se = 0.12", "p = 0.03", "p_sides = 2"),
            "the two-sided p value 0.03 does not go with the hazard ratio 0.70 and its standard "
            "error 0.12 [|z| = 2.8 to 3.16 from the hazard ratio 0.70 and its standard error 0.12; "
            "p = 0.03 needs 2.11 to 2.24; hazard ratios 0.7 and 0.771]",
        ),
    ],
)
def test_each_pair_that_can_disagree_is_shown_side_by_side(
    figures: tuple[str, ...], said: str
) -> None:
    assert of_ratios(*figures) == [said]


@pytest.mark.parametrize(
    "figures",
    [
        ("o_minus_e = -19.6", "variance = 120.9", "p = 0.075", "p_sides = 2"),
        ("estimate = 0.70", "se = 0.12", "p = 0.003", "p_sides = 2"),
        ("estimate = 0.83", "p = 0.075", "p_sides = 2", "events = { new = 190, old = 195 }"),
        ("estimate = 0.85", "p = 0.075", "p_sides = 2", "events_total = 485"),
        ("estimate = 0.85", "events_total = 485"),
    ],
)
def test_routes_that_agree_are_let_be(figures: tuple[str, ...]) -> None:
    assert not of_ratios(*figures)


def test_a_one_sided_p_that_is_called_two_sided_is_named() -> None:
    (said,) = of_ratios("estimate = 0.91", "p = 0.150", "p_sides = 2", "events_total = 485")
    assert "; it would fit as one-sided [" in said
