"""Every rule of the audit, by code."""

from __future__ import annotations

import inspect
import re

from metaonc.registry.audit import (
    bias,
    contrasts,
    count_tests,
    duplicates,
    events,
    intervals,
    medians,
    nested,
    p_values,
    pools,
    proportions,
    routes,
    selected,
    sources,
    subgroups,
    sums,
    times,
    triangles,
    units,
    waivers,
)
from metaonc.registry.audit.rule import RegistryRule, TrialRule

TRIAL_RULES: tuple[TrialRule, ...] = (
    *intervals.RULES,
    *p_values.RULES,
    *routes.RULES,
    *count_tests.RULES,
    *events.RULES,
    *proportions.RULES,
    *nested.RULES,
    *sums.RULES,
    *medians.RULES,
    *times.RULES,
    *triangles.RULES,
    *contrasts.RULES,
    *subgroups.RULES,
    *selected.RULES,
    *sources.RULES,
    *bias.RULES,
    *waivers.RULES,
)

REGISTRY_RULES: tuple[RegistryRule, ...] = (
    *units.REGISTRY_RULES,
    *duplicates.REGISTRY_RULES,
    *selected.REGISTRY_RULES,
    *pools.REGISTRY_RULES,
)

_ALL: tuple[TrialRule | RegistryRule, ...] = (*TRIAL_RULES, *REGISTRY_RULES)
RULES: dict[str, TrialRule | RegistryRule] = {
    rule.code: rule for rule in sorted(_ALL, key=lambda rule: rule.code)
}


def explanation(code: str) -> str:
    """What the documentation says about a rule, as plain text.

    Parameters
    ----------
    code : str
        Code of a rule.

    Returns
    -------
    str

    Examples
    --------
    >>> print(explanation("MD502").splitlines()[0])
    MD502 medians-oppose (note)
    """
    rule = RULES[code]
    said = inspect.getdoc(rule.check) or ""
    plain = re.sub(r":math:`([^`]*)`", r"\1", said)
    remedy = f"{rule.remedy[0].upper()}{rule.remedy[1:]}."
    return (
        f"{rule.code} {rule.name} ({rule.severity})\n\n{plain}\n\nWhat to do\n----------\n{remedy}"
    )
