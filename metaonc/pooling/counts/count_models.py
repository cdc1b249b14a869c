"""The models that pool counts themselves: what each is for, needs and is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_PATIENTS = ("events_1", "n_1", "events_2", "n_2")
_TIMES = ("events_1", "time_1", "events_2", "time_2")

_LRT = "Q is the likelihood-ratio statistic of an effect of each study's own"


@dataclass(frozen=True, kw_only=True)
class CountModel:
    """A model that takes the effects' counts instead of `yi` and `vi`.

    Attributes
    ----------
    name : str
        The `model` of :func:`metaonc.pool`.
    columns : mapping of str to tuple of str
        Measures it is defined for, and the columns of the effects it takes for each: events and
        patients or person-time of an arm in turn.
    random : bool
        Whether the true effects vary between studies.
    intervals : tuple of str
        Intervals of the mean it has.
    words : str
        What a methods section calls it.
    q : str
        What Cochran's Q is, in a sentence.
    """

    name: str
    columns: Mapping[str, tuple[str, ...]]
    random: bool = False
    intervals: tuple[str, ...] = ("wald",)
    words: str
    q: str


COUNT_MODELS = {
    model.name: model
    for model in (
        CountModel(
            name="mh",
            columns=dict.fromkeys(("OR", "RR", "RD"), _PATIENTS)
            | dict.fromkeys(("IRR", "IRD"), _TIMES),
            words="Mantel-Haenszel pooling of the counts without continuity correction",
            q="Q is that of the studies' effects around the Mantel-Haenszel mean",
        ),
        CountModel(
            name="peto",
            columns={"OR": _PATIENTS, "PETO": _PATIENTS},
            words="Peto's one-step pooling of observed minus expected events",
            q="Q is that of the one-step estimates",
        ),
        CountModel(
            name="firth",
            columns={"OR": _PATIENTS},
            words="Logistic regression with a level of each study's own and Firth's penalty",
            q="Q is the deviance of the fit",
        ),
        CountModel(
            name="beta-binomial",
            columns=dict.fromkeys(("OR", "RR", "RD"), _PATIENTS)
            | dict.fromkeys(("PLOGIT", "PLN", "PRAW"), ("events", "n")),
            intervals=("wald", "t"),
            words="Beta-binomial regression of the counts with a common intra-class correlation, "
            "maximum likelihood",
            q="Q is the likelihood-ratio statistic of a proportion of each study's and arm's own, "
            "without overdispersion",
        ),
        CountModel(
            name="UM.FS",
            columns={"OR": _PATIENTS, "IRR": _TIMES},
            random=True,
            intervals=("wald", "t"),
            words="Generalised linear mixed model of both arms' counts, fixed study effects",
            q=_LRT,
        ),
        CountModel(
            name="UM.RS",
            columns={"OR": _PATIENTS, "IRR": _TIMES},
            random=True,
            intervals=("wald", "t"),
            words="Generalised linear mixed model of both arms' counts, random study effects",
            q=f"{_LRT}, with fixed study effects",
        ),
        CountModel(
            name="CM.EL",
            columns={"OR": _PATIENTS, "IRR": _TIMES},
            random=True,
            intervals=("wald", "t"),
            words="Generalised linear mixed model of the counts given their totals, "
            "exact likelihood",
            q=_LRT,
        ),
        CountModel(
            name="CM.AL",
            columns={"OR": _PATIENTS},
            random=True,
            intervals=("wald", "t"),
            words="Generalised linear mixed model of the counts given their totals, approximate "
            "(binomial) likelihood",
            q=_LRT,
        ),
        CountModel(
            name="glmm",
            columns={"PLOGIT": ("events", "n"), "IRLN": ("events", "time")},
            random=True,
            intervals=("wald", "t"),
            words="Generalised linear mixed model of the counts of one arm",
            q=_LRT,
        ),
    )
}
