"""`summary_of_findings`: what a review found, how large it is, and how certain, on one page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from metaonc.effects import Registry, patients
from metaonc.errors import ReportError
from metaonc.pooling import PooledResult
from metaonc.registry import Question
from metaonc.registry.filters import nearest_first
from metaonc.registry.plan import ArmNames
from metaonc.reports.analyses import Analysis, answer
from metaonc.reports.certainty.anticipated import anticipated
from metaonc.reports.certainty.events import event_of
from metaonc.reports.certainty.finding import shown_by
from metaonc.reports.certainty.rating import rate
from metaonc.reports.certainty.statements import statement
from metaonc.reports.certainty.summary_result import Asked, FoundRow, SummaryOfFindings

_SHOWN = ("critical", "important")  # GRADE guidelines 2: what a summary shows


def summary_of_findings(
    registry: Registry,
    questions: Iterable[str] | None = None,
    *,
    analyses: Sequence[Analysis] | None = None,
    confirmed_only: bool = False,
) -> SummaryOfFindings:
    r"""Summary of findings by GRADE: one row per outcome.

    Parameters
    ----------
    registry : Registry
        Trials and the review plan, whose questions say how important their outcome is, from which
        baseline absolute effects start, and how certain the evidence was judged to be.
    questions : iterable of str, optional
        Keys of questions, in the order of the rows. Default: those whose outcome the plan calls
        critical, then those that it calls important; all comparisons if it calls none so.
    analyses : sequence of Analysis, optional
        Answers that were found already, e.g. by a report. Default: the questions are answered now,
        as the plan says that studies are pooled.
    confirmed_only : bool, default False
        Leave out numbers that still await a look at the paper.

    Returns
    -------
    SummaryOfFindings
        Participants and studies, the relative effect, absolute effects per 1000 at each baseline,
        the certainty with its reasons, and what that means in a sentence.

    Raises
    ------
    ReportError
        If there is no such question, or nothing to summarise.

    Notes
    -----
    Rows and columns follow GRADE guidelines 12 [1]_ and the Cochrane Handbook, chapter 14 [2]_. The
    certainty is counted from the judgements in the plan: randomised comparisons start at high,
    others at low, and each reason moves it by the levels it names [3]_. The sentences follow GRADE
    guidelines 26 [4]_, with two stricter rules: nothing is called small or large without thresholds
    in the plan, and where the interval includes no effect, none says more than "may". Absolute
    effects are those of :func:`metaonc.absolute_effects`, so that their limits carry the
    uncertainty of the baseline; for hazard ratios they name their time [5]_.

    .. [1] Guyatt GH, et al. J Clin Epidemiol 2013;66:158-172.
    .. [2] Schünemann HJ, et al. Cochrane Handbook, chapter 14.
    .. [3] Balshem H, et al. J Clin Epidemiol 2011;64:401-406.
    .. [4] Santesso N, et al. J Clin Epidemiol 2020;119:126-135.
    .. [5] Skoetz N, et al. J Clin Epidemiol 2020;118:124-131.

    Examples
    --------
    >>> import metaonc as mo
    >>> found = mo.summary_of_findings(mo.load_registry(), ["os"])
    >>> print(found["os"].certainty)
    ⊕⊕◯◯ low
    """
    wanted = _wanted(registry, questions)
    given = {each.key: each for each in analyses or ()}
    rows = tuple(
        _row(
            registry,
            given.get(each.key) or answer(registry, each, confirmed_only=confirmed_only),
            confirmed_only,
        )
        for each in wanted
    )
    plan = registry.plan
    return SummaryOfFindings(title=plan.title if plan else "", asked=asked_of(registry), rows=rows)


def _wanted(registry: Registry, keys: Iterable[str] | None) -> list[Question]:
    """The questions to summarise, in the order of the rows."""
    if keys is None:
        rated = [q for name in _SHOWN for q in registry.questions if q.importance == name]
        found = rated or [question for question in registry.questions if not question.one_arm]
        if not found:
            raise ReportError(
                f"{registry.folder} has no question that compares treatments, so that there are no "
                "findings to summarise; add one to review.toml."
            )
        return found
    known = {question.key: question for question in registry.questions}
    named = list(keys)
    for key in named:
        if key not in known:
            near = ", ".join(nearest_first(key, known)) or "none"
            raise ReportError(f"no question {key!r} in the review plan; there are: {near}.")
    if not named:
        raise ReportError("no question was named; leave `questions` out for those of the plan.")
    return [known[key] for key in named]


def asked_of(registry: Registry) -> Asked:
    """Patients, treatment and comparison of a review in words."""
    plan = registry.plan
    arms = plan.arms if plan else ArmNames()
    said = plan.eligibility if plan else None
    if said is None:
        return Asked(
            population="", setting="", treatment=arms.experimental, comparison=arms.control
        )
    return Asked(
        population=said.population,
        setting=said.setting or "",
        treatment=said.intervention,
        comparison=said.comparison or "",
    )


def _row(registry: Registry, analysis: Analysis, confirmed_only: bool) -> FoundRow:
    """One outcome."""
    question, result = analysis.question, analysis.pooled
    event = event_of(question, registry.plan)
    if result is None:
        return FoundRow(analysis=analysis, event=event, studies=0, participants=None)
    absolute, reason = anticipated(registry, question, result, confirmed_only=confirmed_only)
    keys = _trials(result)
    rating = rate(question, [registry[key] for key in keys], str(registry.folder / "review.toml"))
    asked = asked_of(registry)
    said = ""
    if not question.one_arm:
        shown = shown_by(result, event, absolute, question.thresholds)
        level = rating.level if rating else None
        said = statement(shown, level, asked.treatment, asked.comparison)
    return FoundRow(
        analysis=analysis,
        event=event,
        studies=len(keys),
        participants=patients(result.effects),
        absolute=absolute,
        no_absolute=reason,
        rating=rating,
        statement=said,
    )


def _trials(result: PooledResult) -> list[str]:
    """Keys of the trials behind a result, each once."""
    return [str(key) for key in dict.fromkeys(result.effects.columns["trial"])]
