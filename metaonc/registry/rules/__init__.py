"""Rules that compare the values of a record with each other.

Each rule is a function from a trial to the breaches it finds; `BY_CODE` lists them all under codes
that do not change.
"""

from __future__ import annotations

from metaonc.registry.records import Trial
from metaonc.registry.rules import bias, figures, links, reports
from metaonc.registry.rules.breach import Breach, Rule, describe, describe_bias

__all__ = ["BY_CODE", "RULES", "Breach", "Rule", "breaches", "describe", "describe_bias"]

BY_CODE: dict[str, Rule] = {
    "RE001": links.keys_are_unique,
    "RE002": links.references_exist,
    "RE003": links.cuts_exist,
    "RE004": links.cuts_are_superseded_later,
    "RE005": links.arms_exist,
    "RE006": links.contrast_has_two_arms,
    "RE007": links.overlaps_are_with_others,
    "RE008": links.waivers_name_results,
    "RE009": figures.hazard_ratios_have_a_figure,
    "RE010": figures.intervals_are_complete,
    "RE011": figures.intervals_contain_their_estimate,
    "RE012": figures.events_within_n,
    "RE013": figures.n_within_arm,
    "RE014": figures.something_was_counted,
    "RE015": figures.events_print_as_percent,
    "RE016": figures.p_values_say_their_sides,
    "RE017": figures.time_points_have_one_unit,
    "RE018": reports.there_are_results,
    "RE019": reports.totals_have_a_source,
    "RE020": reports.arms_without_size_say_why,
    "RE021": reports.unconfirmed_fields_exist,
    "RE022": reports.one_primary_per_outcome,
    "RE023": reports.results_are_reported_once,
    "RE024": reports.sums_add_up_counts,
    "RE025": links.attributes_have_their_own_names,
    "RE026": bias.overall_follows_domains,
    "RE027": bias.outcomes_are_reported,
    "RE028": bias.judged_once,
    "RE029": bias.tool_fits_design,
}
RULES: tuple[Rule, ...] = tuple(BY_CODE.values())


def breaches(trial: Trial) -> list[Breach]:
    """Every breach of every rule, in the order of the rules."""
    return [breach._replace(code=code) for code, rule in BY_CODE.items() for breach in rule(trial)]
