"""The risk of bias of one trial: a table per assessed outcome."""

from __future__ import annotations

from metaonc.registry import Trial
from metaonc.registry.plan import Plan
from metaonc.reports.pages.rst import AWAITING, escape, section, table
from metaonc.reports.pages.words import outcome_label, source_text, status_word


def bias_sections(trial: Trial, plan: Plan | None) -> list[str]:
    """Judgements with reason, source and status; a provisional one says so above its table."""
    found = []
    for each in trial.risk_of_bias:
        about = outcome_label(plan, each.outcome)
        whose = f", {each.assessment}" if each.assessment else ""
        rows = [
            [
                escape(each.domains[name]),
                each.said()[name],
                escape(judgement.reason),
                source_text(trial, judgement.source),
                status_word(judgement.status),
            ]
            for name, judgement in each.judgements().items()
        ]
        awaiting = f" ({AWAITING})" if each.status == "unconfirmed" else ""
        said = f"{each.tool}, effect of {each.effect}; overall: **{each.overall}**{awaiting}."
        who = f"Judged by: {escape(each.judged_by.rstrip('.'))}. {escape(each.note or '')}".strip()
        head = ["Domain", "Judgement", "Reason", "Source", "Status"]
        found.append(section(f"{about}{whose}", said, who, table(head, rows), line="~"))
    return found
