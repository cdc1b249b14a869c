"""Where things stand in a record: the order of tables and fields, and what is written inline.

The orders name the fields worth a place of their own; a field that is not named keeps its place
after those that are, so a new field needs an entry here only if it should stand elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable

from metaonc.registry.editing.tree import Node

Path = tuple[str, ...]

_INTERVAL = ("low", "high", "level")
_ORIGIN = ("source", "status")

ORDERS: dict[str, tuple[str, ...]] = {
    "": (
        *("key", "name", "also_known_as", "title", "registrations", "summary", "unusable", "notes"),
        *("randomised", "randomised_source", "randomised_status"),
        *("attributes", "design", "arms", "cuts", "primary", "overlaps", "references", "results"),
        *("derived", "risk_of_bias", "waivers", "protocol", "eligibility", "outcomes"),
        *("questions", "published", "search", "flow", "conduct", "discussion"),
    ),
    "design": (
        *("phase", "allocation", "masking", "setting", "ratio", "population", "stratified_by"),
        *("primary_endpoint", "notes", *_ORIGIN),
    ),
    "arms": ("key", "role", "label", "n", "note", *_ORIGIN, "treatments"),
    "treatments": ("drug", "dose", "schedule"),
    "cuts": ("key", "label", "date", "follow_up", "interim", "superseded_by"),
    "primary": ("cut", "assessment"),
    "overlaps": ("trial", "patients", "keep", "reason"),
    "references": ("key", "kind", "citation", "year", "doi", "pmid", "pmcid", "status"),
    "source": ("reference", "where"),
    "results": (
        *("kind", "outcome", "grade", "months", "weeks", "unit", "sum_of", "cut", "assessment"),
        *("subgroup", "population", "experimental", "control", "estimate", *_INTERVAL, "se"),
        *("o_minus_e", "variance", "reduction", "favours", "p", "p_sides", "events"),
        *("events_total", "adjusted", *_ORIGIN, "unconfirmed", "note"),
    ),
    "figures": ("events", "n", "percent", "events_from", "median", *_INTERVAL),
    "risk_of_bias": (
        *("tool", "outcome", "assessment", "effect", "overall", "judged_by", "note"),
        *("randomisation", "confounding", "selection", "classification", "deviations"),
        *("missing_data", "measurement", "reporting"),
    ),
    "judgement": ("judgement", "reason", *_ORIGIN),
    "waivers": ("rule", "result", "field", "reason"),
    "flow": (
        *("identified", "duplicates", "automation", "removed_otherwise", "screened", "excluded"),
        *("sought", "not_retrieved", "assessed", "excluded_reports", "other"),
        *("included_studies", "included_reports", "note"),
    ),
    "identified": ("name", "kind", "records"),
    "excluded_reports": ("reason", "reports"),
    "other": ("sought", "not_retrieved", "assessed", "excluded_reports"),
    "outcomes": ("label", "event", "happening", "definition"),
    "questions": (
        *("key", "title", "outcomes", "measure", "arm", "grade", "eligible", "where", "exclude"),
        *(
            "cut",
            "assessment",
            "subgroup",
            "note",
            "importance",
            "baselines",
            "thresholds",
            "certainty",
        ),
    ),
    "baselines": (
        *("label", "trial", "control_arms", "survival", "event_probability", "median", "events"),
        *("n", *_INTERVAL, "months", "source"),
    ),
    "certainty": (
        *("judged_by", "status", "start", "risk_of_bias", "inconsistency", "indirectness"),
        *("imprecision", "publication_bias", "large_effect", "dose_response"),
        *("plausible_confounding", "note"),
    ),
    "protocol": (
        *("authors", "rationale", "objectives", "registration", "not_registered", "protocol"),
        *("amendments", "funding", "interests", "data"),
    ),
    "search": ("last", "sources", "limits", "note"),
}
_JUDGEMENTS = ("questions", "certainty")
_SAME = {"derived": "results", "randomised_source": "source"}
_TABLES_OF_TABLES = ("primary", "outcomes")
_WITH_TABLES = (*_TABLES_OF_TABLES, "risk_of_bias")
_KEYED_BY_THE_READER = (("attributes",), ("results", "events"), ("questions", "eligible"))


def ordered(fields: Iterable[str], path: Path) -> list[str]:
    """The fields of the table at `path`, in the order of a record.

    Examples
    --------
    >>> ordered(["status", "n", "remark", "key"], ("arms",))
    ['key', 'n', 'status', 'remark']
    """
    order = {name: i for i, name in enumerate(_order(path))}
    return sorted(fields, key=lambda name: order.get(name, len(order)))  # stable


def _order(path: Path) -> tuple[str, ...]:
    if path in _KEYED_BY_THE_READER or (len(path) == 1 and path[0] in _TABLES_OF_TABLES):
        return ()
    if path[:2] == ("results", "arms"):
        return ORDERS["figures"] if len(path) == 3 else ()
    if path[:1] and path[0] in _TABLES_OF_TABLES:
        return ORDERS[path[0]]
    if (path[:1] == ("risk_of_bias",) and len(path) == 2) or path[:-1] == _JUDGEMENTS:
        return ORDERS["judgement"]
    last = path[-1] if path else ""
    return ORDERS.get(_SAME.get(last, last), ())


def is_section(path: Path, node: Node) -> bool:
    """Whether the table or tables at `path` get headers of their own."""
    if not _is_table(node) and not _is_tables(node):
        return False
    if len(path) == 1:
        return path[0] not in _SAME or path[0] == "derived"
    if len(path) == 2 and _is_table(node):
        return path[0] in _WITH_TABLES or path in (("results", "arms"), _JUDGEMENTS)
    return False


def _is_table(node: Node) -> bool:
    return isinstance(node.value, dict)


def _is_tables(node: Node) -> bool:
    return bool(node.value) and isinstance(node.value, list) and all(map(_is_table, node.value))
