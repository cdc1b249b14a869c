"""Rules on where figures come from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from metaonc.registry.audit.facts import TrialFacts
from metaonc.registry.audit.rule import Found, TrialRule

_UNSEEN = re.compile(
    r"\b(?:not (?:yet )?seen|unseen|unknown|recalled|to be found)\b", re.IGNORECASE
)


def confirmed_unseen(facts: TrialFacts) -> Iterator[Found]:
    """A figure is called confirmed, and its source says that nobody has seen it.

    `confirmed` means that somebody saw the number at the place that `where` names. A reader who
    trusts the word must be able to find the place.

    Notes
    -----
    `where` says "not yet seen", "not seen", "unseen", "unknown", "recalled" or "to be found", and
    the status is `confirmed`.
    """
    trial = facts.trial
    for index, result in enumerate(trial.results):
        if result.status == "confirmed" and _UNSEEN.search(result.source.where):
            yield Found(
                index,
                "status",
                f'is confirmed, and its source says "{result.source.where}"',
            )
    parts = [("design", trial.design.status, trial.design.source)]
    parts += [(f"arm {arm.key}", arm.status, arm.source) for arm in trial.arms]
    parts += [
        (f"risk_of_bias {i}.{domain}", judged.status, judged.source)
        for i, each in enumerate(trial.risk_of_bias, start=1)
        for domain, judged in each.judgements().items()
    ]
    for name, status, source in parts:
        if status == "confirmed" and _UNSEEN.search(source.where):
            yield Found(
                None, f"{name}.status", f'is confirmed, and its source says "{source.where}"'
            )


RULES: tuple[TrialRule, ...] = (
    TrialRule("SO801", "confirmed-unseen", "error", confirmed_unseen,
              "say where the figure was seen, or set the status to unconfirmed"),
)  # fmt: skip
