"""Rules on published pooled results that the review plan lists beside their trials."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_DOWN, Decimal

from metaonc.registry.audit.facts import RegistryFacts
from metaonc.registry.audit.numbers import Span, exp, meet, shown, span, z_of_level
from metaonc.registry.audit.ratio import Ratio
from metaonc.registry.audit.rule import Found, RegistryRule
from metaonc.registry.audit.selected import answers
from metaonc.registry.plan import PublishedPool
from metaonc.registry.records import HazardRatio

_Computed = dict[str, Span]


def pool_truncated(facts: RegistryFacts) -> Iterator[Found]:
    r"""A published pooled result is cut off after its last digit, not rounded.

    The figures follow from the trials, but 0.846 is printed as 0.84. Who compares an own result
    with it should know.

    Notes
    -----
    The pooled hazard ratio and its limits are computed from the printed hazard ratios of the listed
    trials (inverse variance, common effect). The rule finds that cutting off gives every printed
    figure, and rounding does not.

    References
    ----------
    Cochrane Handbook for Systematic Reviews of Interventions, section 10.3.
    """
    for pool, found in _computed(facts):
        printed = _printed(pool)
        rounded = all(_decimal(found[name], figure) == figure for name, figure in printed.items())
        if not rounded and _cut_off(found, printed):
            yield _finding(pool, found, "is cut off after the last digit, not rounded")


def pool_not_reproduced(facts: RegistryFacts) -> Iterator[Found]:
    r"""A published pooled result does not follow from its trials.

    It may rest on other trials, another data cut, another model, or on patients counted twice.

    Notes
    -----
    As PO851; each figure of a trial stands for the range of values that print as its digits, and
    the pooled figure for the range that follows. The rule finds a printed estimate or limit outside
    (and not cut off), or :math:`I^2` that is not :math:`(Q - df)/Q`.

    References
    ----------
    Higgins & Thompson, Stat Med 2002;21:1539-1558.
    """
    for pool, found in _computed(facts):
        printed = _printed(pool)
        apart = [name for name, figure in printed.items() if not meet(span(figure), found[name])]
        if apart and not _cut_off(found, printed):
            yield _finding(pool, found, f"does not follow from its trials ({', '.join(apart)})")
        elif pool.q is not None and pool.i2 is not None:
            df, q = len(pool.trials) - 1, span(pool.q)
            i2 = Span(*(max(0.0, 100 * (1 - df / x)) if x > 0 else 0.0 for x in q))
            if not meet(span(pool.i2), i2):
                yield _finding(pool, found, f"prints I2 = {pool.i2}%, which is not (Q - df)/Q")


def _computed(facts: RegistryFacts) -> Iterator[tuple[PublishedPool, _Computed]]:
    """Published results of which every trial is at hand, and what the trials give."""
    plan = facts.plan
    for pool in plan.published if plan else ():
        ratios = [_answer(facts, key, pool.question) for key in pool.trials]
        known = [r for r in ratios if r is not None and r.log is not None and r.se is not None]
        if len(known) == len(ratios):
            yield pool, _pooled(known, float(pool.level))


def _answer(facts: RegistryFacts, key: str, name: str) -> Ratio | None:
    assert facts.plan is not None
    question = next((q for q in facts.plan.questions if q.key == name), None)
    for trial in facts:
        if trial.trial.key == key and question is not None:
            chosen = answers(trial.trial, question.model_copy(update={"eligible": {}}))
            result = chosen.result if chosen else None
            if isinstance(result, HazardRatio):
                return next(r for r in trial.ratios if r.result is result)
    return None


def _pooled(ratios: list[Ratio], level: float) -> _Computed:
    """Common-effect estimate, limits and Q; the ranges follow from those of the estimates."""
    rows = [(r.log, r.se.value**-2) for r in ratios if r.log and r.se]
    weight = sum(w for _, w in rows)
    mean = Span(*(sum(y[at] * w for y, w in rows) / weight for at in range(3)))
    half = z_of_level(level) * weight**-0.5
    q = sum(w * (y.value - mean.value) ** 2 for y, w in rows)
    ends = {"estimate": 0.0, "low": -half, "high": half}
    found = {name: Span(*(exp(x + by) for x in mean)) for name, by in ends.items()}
    return found | {"q": Span(q, q, q)}


def _printed(pool: PublishedPool) -> dict[str, Decimal]:
    return {"estimate": pool.estimate, "low": pool.low, "high": pool.high}


def _decimal(found: Span, like: Decimal, rounding: str | None = None) -> Decimal:
    """A computed figure with the digits of a printed one."""
    return Decimal(repr(found.value)).quantize(like, rounding=rounding)


def _cut_off(found: _Computed, printed: dict[str, Decimal]) -> bool:
    return all(
        _decimal(found[name], figure, ROUND_DOWN) == figure for name, figure in printed.items()
    )


def _finding(pool: PublishedPool, found: _Computed, what: str) -> Found:
    figures = ", ".join(f"{name} {shown(of.value, 4)}" for name, of in found.items() if name != "q")
    heterogeneity = f"; printed Q = {pool.q}" if pool.q is not None else ""
    return Found(
        None,
        f"published {pool.key}",
        f"{pool.estimate} ({pool.low} to {pool.high}) {what}",
        f"the trials give {figures}; Q = {found['q'].value:.2f}{heterogeneity}",
    )


REGISTRY_RULES: tuple[RegistryRule, ...] = (
    RegistryRule("PO851", "pool-truncated", "note", pool_truncated,
                 "compare with the computed figure"),
    RegistryRule("PO852", "pool-not-reproduced", "warning", pool_not_reproduced,
                 "see which trials, data cuts and model it rests on"),
)  # fmt: skip
