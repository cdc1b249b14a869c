"""What happens to patients, in words that cannot turn a result round.

"Reduces progression-free survival" is the opposite of "reduces progression or death" (Skoetz et
al., J Clin Epidemiol 2020;118:124-131): sentences speak of the event by its name, or say that a
time gets longer or shorter.
"""

from __future__ import annotations

from dataclasses import dataclass

from metaonc.registry import Outcome, Question
from metaonc.registry.plan import Plan

_TIMES = ("survival", "time to", "time on", "time until", "duration", "time from")


@dataclass(frozen=True, kw_only=True)
class Event:
    """The event of an outcome.

    Attributes
    ----------
    noun : str
        What sentences speak of: ``"death"``, or ``"overall survival"`` where it has no name.
    timed : bool
        Whether `noun` is the time until the event, which fewer events make longer.
    wanted : bool or None
        Whether the event is good; None where nobody said so.
    hazard : bool
        Whether the result is about the rate of the event.
    """

    noun: str
    timed: bool = False
    wanted: bool | None = None
    hazard: bool = False

    def verb(self, side: int, form: str) -> str:
        """What fewer or more events are to the noun.

        Parameters
        ----------
        side : int
            Below 0 for fewer events, above it for more.
        form : {"s", "", "noun"}
            "reduces", "reduce" or "reduction in".

        Examples
        --------
        >>> Event(noun="death").verb(-1, "s"), Event(noun="survival", timed=True).verb(-1, "s")
        ('reduces', 'lengthens')
        """
        words = _LENGTHEN if self.timed else _REDUCE
        return words[-1 if side < 0 else 1][form]

    def better(self, side: int) -> bool | None:
        """Whether fewer (-1) or more (1) events are good for patients; None if nobody said so."""
        return None if self.wanted is None or side == 0 else (side > 0) == self.wanted

    @property
    def people(self) -> str:
        """What people with the event do, for natural frequencies.

        Examples
        --------
        >>> [Event(noun=noun).people for noun in ("death", "progression or death", "rash")]
        ['die', 'have progression or die', 'have rash']
        """
        if self.timed:
            return f"have an event that is counted in {self.noun}"
        if self.noun == "death":
            return "die"
        return f"have {self.noun.removesuffix(' or death')}" + (
            " or die" if self.noun.endswith(" or death") else ""
        )


_REDUCE = {
    -1: {"s": "reduces", "": "reduce", "noun": "reduction in"},
    1: {"s": "increases", "": "increase", "noun": "increase in"},
}
_LENGTHEN = {
    -1: {"s": "lengthens", "": "lengthen", "noun": "lengthening of"},
    1: {"s": "shortens", "": "shorten", "noun": "shortening of"},
}


def event_of(question: Question, plan: Plan | None) -> Event:
    """The event of a question: that of its first outcome."""
    key = question.outcomes[0]
    outcome = plan.outcomes.get(key) if plan is not None else None
    hazard = question.measure == "HR"
    if outcome is None:
        return Event(noun=f"the event of “{key}”", hazard=hazard)
    wanted = outcome.event == "wanted"
    if outcome.happening is not None:
        return Event(noun=outcome.happening, wanted=wanted, hazard=hazard)
    noun = lower_first(outcome.label)
    return Event(noun=noun, timed=_is_time(outcome), wanted=wanted, hazard=hazard)


def _is_time(outcome: Outcome) -> bool:
    return any(word in outcome.label.lower() for word in _TIMES)


def lower_first(text: str) -> str:
    """The text as it stands within a sentence: names and acronyms keep their letters.

    Examples
    --------
    >>> lower_first("Overall survival"), lower_first("Ki67 response"), lower_first("ECG changes")
    ('overall survival', 'Ki67 response', 'ECG changes')
    """
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    plain = first.replace("-", "")
    ordinary = plain.isalpha() and (plain[1:].islower() or len(plain) == 1)
    return text[:1].lower() + text[1:] if ordinary else text
