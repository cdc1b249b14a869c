"""Every question of the review plan with its answer, or the reason why there is none."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from metaonc.effects import Effects, LeftOut, Registry
from metaonc.errors import EffectsError, MetaoncError, PlanError
from metaonc.pooling import PooledResult, SubgroupResult, pool, subgroups
from metaonc.registry import Question, select


@dataclass(frozen=True, eq=False, kw_only=True)
class Analysis:
    """One question of the review plan and its answer.

    Attributes
    ----------
    question : Question
        What was asked.
    result : PooledResult, SubgroupResult or None
        The answer, by groups where the question names some; None where there is none.
    reason : str
        Why there is no answer, or no groups; "" where nothing is missing.
    left_out : tuple of LeftOut
        Trials without an effect in the analysis, and why.
    """

    question: Question
    result: PooledResult | SubgroupResult | None
    reason: str = ""
    left_out: tuple[LeftOut, ...] = ()

    @property
    def key(self) -> str:
        """Key of the question."""
        return self.question.key

    @property
    def pooled(self) -> PooledResult | None:
        """All studies pooled, whether or not they were grouped as well."""
        return self.result.overall if isinstance(self.result, SubgroupResult) else self.result

    def rows(self) -> dict[str, PooledResult]:
        """Every pooled result by its group's name; all studies together come first, under ""."""
        groups = self.result.groups if isinstance(self.result, SubgroupResult) else {}
        return ({"": self.pooled} if self.pooled else {}) | dict(groups)

    def to_dict(self) -> dict[str, Any]:
        """Everything in the analysis as plain values, ready for JSON.

        Returns
        -------
        dict
            ``result`` holds all studies pooled and ``subgroups`` the groups, each None where there
            is none.
        """
        groups = self.result.to_dict() if isinstance(self.result, SubgroupResult) else None
        if groups:
            del groups["overall"], groups["digest"]  # the whole stands under "result"
        return {
            "question": self.key,
            "title": self.question.title,
            "note": self.question.note,
            "measure": self.question.measure,
            "reason": self.reason or None,
            "result": self.pooled.to_dict() if self.pooled else None,
            "subgroups": groups,
            "left_out": [asdict(out) for out in self.left_out],
        }


def analyse(registry: Registry, *, confirmed_only: bool = False) -> list[Analysis]:
    """Answer every question of the review plan, pooled as the plan says or by the default policy.

    Parameters
    ----------
    registry : Registry
        Trials and the review plan.
    confirmed_only : bool, default False
        Leave out numbers that still await a look at the paper.

    Returns
    -------
    list of Analysis
        One per question, in the plan's order. A question that cannot be answered does not stop the
        others: its analysis carries the reason.

    Raises
    ------
    PlanError
        If there is no question.

    Examples
    --------
    >>> import metaonc as mo
    >>> pfs = analyse(mo.load_registry())[0]
    >>> pfs.key, pfs.pooled.k
    ('pfs', 6)
    """
    if not registry.questions:
        raise PlanError(
            f"{registry.folder} has no review.toml with questions to answer; add one "
            "(`metaonc schema review` prints the format), or pool one outcome with `metaonc pool`."
        )
    return [
        answer(registry, question, confirmed_only=confirmed_only) for question in registry.questions
    ]


def answer(registry: Registry, question: Question, *, confirmed_only: bool = False) -> Analysis:
    """Answer one question of the review plan, or say why there is no answer."""
    selection = select(registry.trials, question, confirmed_only=confirmed_only)
    if not selection.chosen:
        return Analysis(
            question=question,
            result=None,
            reason=f"none of the {len(registry)} trials has a result for it",
            left_out=selection.left_out,
        )
    try:
        effects = registry.effects(question.key, confirmed_only=confirmed_only)
    except (EffectsError, PlanError) as error:
        return Analysis(
            question=question, result=None, reason=_clause(error), left_out=selection.left_out
        )
    left_out = tuple(effects.left_out)
    choices = registry.pooling(question.key)
    try:
        whole = pool(effects, **choices)
    except MetaoncError as error:
        return Analysis(question=question, result=None, reason=_clause(error), left_out=left_out)
    if question.subgroup is None:
        return Analysis(question=question, result=whole, left_out=left_out)
    try:
        grouped = subgroups(effects, by=question.subgroup, **choices)
    except MetaoncError as error:
        reason = f"not grouped by {question.subgroup}: {_clause(error)}"
        return Analysis(question=question, result=whole, reason=reason, left_out=left_out)
    return Analysis(question=question, result=grouped, left_out=left_out)


def _clause(error: MetaoncError) -> str:
    return str(error).removesuffix(".")


def unconfirmed(effects: Effects) -> int:
    """How many of the studies rest on numbers that await a look at the paper."""
    return list(effects.columns.get("status", ())).count("unconfirmed")
