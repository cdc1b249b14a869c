"""Rules that compare the values of a record with each other.

Each rule is a function from a trial to the breaches it finds; `RULES` is the list of them all.
"""

from __future__ import annotations

from metaonc.registry.records import Trial
from metaonc.registry.rules import figures, links, reports
from metaonc.registry.rules.breach import Breach, Rule, describe

__all__ = ["RULES", "Breach", "Rule", "breaches", "describe"]

RULES: tuple[Rule, ...] = (
    links.keys_are_unique,
    links.references_exist,
    links.cuts_exist,
    links.cuts_are_superseded_later,
    links.arms_exist,
    links.contrast_has_two_arms,
    links.overlaps_are_with_others,
    links.waivers_name_results,
    figures.hazard_ratios_have_a_figure,
    figures.intervals_are_complete,
    figures.intervals_contain_their_estimate,
    figures.events_within_n,
    figures.n_within_arm,
    figures.something_was_counted,
    figures.events_print_as_percent,
    figures.p_values_say_their_sides,
    figures.time_points_have_one_unit,
    reports.there_are_results,
    reports.totals_have_a_source,
    reports.arms_without_size_say_why,
    reports.unconfirmed_fields_exist,
    reports.one_primary_per_outcome,
    reports.results_are_reported_once,
    reports.sums_add_up_counts,
)


def breaches(trial: Trial) -> list[Breach]:
    """Every breach of every rule, in the order of the rules."""
    return [breach for rule in RULES for breach in rule(trial)]
