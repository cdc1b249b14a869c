"""One sentence per outcome: what the treatment does, no surer than the evidence.

After GRADE guidelines 26 (Santesso et al., J Clin Epidemiol 2020;119:126-135): the verb follows
the certainty (high: "reduces", moderate: "probably reduces", low: "may reduce", very low: "the
evidence is very uncertain"), and the noun the size of the effect. Two rules are stricter here. An
effect is small, large or trivial only where the plan says from which difference on. And where the
interval includes no effect, no sentence says more than "may", whatever the certainty.
"""

from __future__ import annotations

from metaonc.registry.review.certainty import Certainty
from metaonc.reports.certainty.finding import Shown
from metaonc.reports.document import capital

NOT_ASSESSED = "Certainty not assessed"
_HEDGES: dict[str, str] = {"high": "", "moderate": "probably ", "low": "may "}


def statement(shown: Shown, level: Certainty | None, treatment: str, comparison: str) -> str:
    """What the treatment does to an outcome, in one sentence.

    Parameters
    ----------
    shown : Shown
        What the result shows.
    level : {"high", "moderate", "low", "very low"} or None
        The certainty; None where nobody judged it.
    treatment, comparison : str
        The two in words; `comparison` may be empty.

    Examples
    --------
    >>> from metaonc.reports.certainty.events import Event
    >>> death = Event(noun="death", wanted=False)
    >>> found = Shown(
    ...     event=death,
    ...     side=-1,
    ...     excludes_null=True,
    ...     predicted=None,
    ...     size="",
    ...     all_trivial=False,
    ...     interval="95% CI of the risk ratio 0.50 to 0.90",
    ... )
    >>> statement(found, "moderate", "aspirin", "placebo")
    'Aspirin probably reduces death compared with placebo.'
    """
    against = f" compared with {comparison}" if comparison else ""
    subject, noun = capital(treatment), shown.event.noun
    if level is None:
        return (
            f"{NOT_ASSESSED}: the pooled estimate says {_more(shown)} with {treatment}"
            f"{against} ({shown.interval})."
        )
    if level == "very low":
        return f"The evidence is very uncertain about the effect of {treatment} on {noun}{against}."
    if shown.all_trivial:
        return f"{subject} {_verb(level, 'result')} in little to no difference in {noun}{against}."
    if not shown.excludes_null:
        open_still = f"but the interval includes no effect ({shown.interval})"
        return f"{subject} {_open(shown)}{against}, {open_still}."
    return f"{subject} {_effect(shown, level)}{against}."


def _verb(level: Certainty, plain: str) -> str:
    """A verb with its hedge: "results", "probably results", "may result"."""
    return f"{_HEDGES[level]}{plain}{'' if level == 'low' else 's'}"


def _effect(shown: Shown, level: Certainty) -> str:
    """What an effect whose interval excludes none does, by its size."""
    event = shown.event
    if shown.size == "trivial":  # the interval allows for more than that
        return f"may result in little to no difference in {event.noun}"
    if shown.size == "large":
        return f"{_verb(level, 'result')} in a large {event.verb(shown.side, 'noun')} {event.noun}"
    slightly = " slightly" if shown.size == "small" else ""
    verb = event.verb(shown.side, "" if level == "low" else "s")
    return f"{_HEDGES[level]}{verb} {event.noun}{slightly}"


def _open(shown: Shown) -> str:
    """What an effect whose interval includes none may do."""
    if shown.side == 0:
        return f"may make no difference to {shown.event.noun}"
    return f"may {shown.event.verb(shown.side, '')} {shown.event.noun}"


def _more(shown: Shown) -> str:
    """Fewer or more events, said of the estimate alone."""
    if shown.side == 0:
        return f"no difference in {shown.event.noun}"
    if shown.event.timed:
        return f"{'longer' if shown.side < 0 else 'shorter'} {shown.event.noun}"
    return f"{'less' if shown.side < 0 else 'more'} {shown.event.noun}"
