"""One question with its answer, however it is to be pooled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from metaonc.pooling import pool, subgroups
from metaonc.reports.analyses import Analysis

if TYPE_CHECKING:
    from metaonc.effects import Registry
    from metaonc.registry.filters import Wanted


def ask(
    registry: Registry,
    name: str,
    *,
    by: str | None = None,
    choices: Mapping[str, Any] | None = None,
    where: Mapping[str, Wanted] | None = None,
    **chosen: Any,
) -> Analysis:
    """Answer one question of the plan, or pool one outcome, as asked.

    Parameters
    ----------
    registry : Registry
        Trials and the review plan.
    name : str
        Key of a question, or of an outcome.
    by : str, optional
        Trait to pool by groups. Default: the question's; "" for none.
    choices : mapping, optional
        Arguments of :func:`metaonc.pool`, instead of those that the plan names.
    where : mapping, optional
        Words by which trials and results are chosen, as in `Registry.effects`.
    **chosen
        Other arguments of `Registry.effects`.

    Returns
    -------
    Analysis

    Raises
    ------
    PlanError
        If there is no such question, or nothing to choose by one of the words.
    EffectsError, PoolingError
        If it has no answer.

    Examples
    --------
    >>> import metaonc as mo
    >>> ask(mo.load_registry(), "pfs", choices={"tau2": "DL"}).pooled.choices.tau2
    'DL'
    """
    effects = registry.effects(name, where=where, **chosen)
    question = registry.question(name)
    group = question.subgroup if by is None else by
    said = {**registry.pooling(name), **(choices or {})}
    result = subgroups(effects, group, **said) if group else pool(effects, **said)
    return Analysis(question=question, result=result, left_out=tuple(effects.left_out))
