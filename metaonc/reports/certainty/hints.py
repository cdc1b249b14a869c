"""What the numbers say about each domain of GRADE: hints with their arithmetic, no judgements."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from metaonc.diagnostics import asymmetry_test, required_information_size
from metaonc.errors import MetaoncError, ReportError
from metaonc.pooling import PooledResult, SubgroupResult, p_text
from metaonc.pooling.finding import Finding
from metaonc.registry.review.certainty import LOWERING
from metaonc.reports.document import capital

if TYPE_CHECKING:
    import pandas as pd

Says = Literal["consider lowering", "nothing seen", "cannot be said"]
_LOW, _HIGH = ("low",), ("high", "serious", "critical")
_NO_JUDGEMENT = (
    "Hints are no judgements: they follow from the numbers alone, and whoever judges may have "
    "reasons that no number shows."
)
# Substantial heterogeneity may begin here: Cochrane Handbook, section 10.10.2.
_I2 = 0.5
# Relative effect for the optimal information size: Guyatt et al., J Clin Epidemiol 2011;64:1283-93.
_CHANGE = 0.25


@dataclass(frozen=True)
class Hint:
    """What the numbers say about one domain.

    Attributes
    ----------
    domain : str
        E.g. ``"imprecision"``.
    says : {"consider lowering", "nothing seen", "cannot be said"}
        What they suggest. People judge.
    arithmetic : str
        Why, with the numbers.
    """

    domain: str
    says: Says
    arithmetic: str

    @property
    def name(self) -> str:
        """The domain in words."""
        return LOWERING[self.domain]


@dataclass(frozen=True, eq=False, repr=False)
class CertaintyHints(Finding):
    """Hints for a judgement of certainty; made by :func:`metaonc.certainty_hints`.

    Attributes
    ----------
    result : PooledResult
        What they are about.
    hints : tuple of Hint
        One per domain that may lower the certainty.
    """

    kind: ClassVar[str] = "hints on certainty"
    result: PooledResult
    hints: tuple[Hint, ...]

    def __getitem__(self, domain: str) -> Hint:
        """Return the hint on a domain."""
        return next(hint for hint in self.hints if hint.domain == domain)

    def to_frame(self) -> pd.DataFrame:
        """One row per domain: ``domain says arithmetic``."""
        import pandas as pd

        names = ("domain", "says", "arithmetic")
        return pd.DataFrame([{name: getattr(each, name) for name in names} for each in self.hints])

    @property
    def title(self) -> str:
        """What the hints are about."""
        return f"Hints on certainty: {self.result.effects.title or 'meta-analysis'}"

    def cells(self) -> list[list[str]]:
        """Domains with what the numbers suggest."""
        return [["", "the numbers say"], *([each.name, each.says] for each in self.hints)]

    @property
    def sentences(self) -> Sequence[str]:
        """The arithmetic, a line each, and what hints are not."""
        return (
            *(f"{each.name}: {each.arithmetic}" for each in self.hints),
            _NO_JUDGEMENT,
        )

    def numbers(self) -> dict[str, Any]:
        """Nothing beside the table."""
        return {}


def certainty_hints(result: PooledResult | SubgroupResult) -> CertaintyHints:
    """What the numbers of a result suggest for a judgement of its certainty by GRADE.

    Parameters
    ----------
    result : PooledResult or SubgroupResult
        The result; of subgroups all studies together.

    Returns
    -------
    CertaintyHints
        Per domain "consider lowering", "nothing seen" or "cannot be said", with the arithmetic:
        the weight of studies by their risk of bias; I², the prediction interval and how many
        studies point the same way; the interval and the optimal information size; a test of funnel
        plot asymmetry. Indirectness is for people to judge.

    Raises
    ------
    ReportError
        If `result` is not a pooled one.

    Notes
    -----
    The rules, each a hint only: less than half the weight at low risk of bias [1]_; I² of 50% or
    more [2]_, or a prediction interval that includes no effect where the confidence interval does
    not and tau² > 0; a confidence interval that includes no effect, or fewer events or patients
    than one trial would need to show a relative change of 25% (two-sided 5%, power 80%) [3]_;
    p < 0.1 of Egger's test or the one the measure asks for, from ten studies on [4]_.

    .. [1] Guyatt GH, et al. J Clin Epidemiol 2011;64:407-415.
    .. [2] Cochrane Handbook, section 10.10.2; Guyatt GH, et al. J Clin Epidemiol 2011;64:1294-1302.
    .. [3] Guyatt GH, et al. J Clin Epidemiol 2011;64:1283-1293.
    .. [4] Sterne JAC, et al. BMJ 2011;343:d4002.

    Examples
    --------
    >>> import metaonc as mo
    >>> found = certainty_hints(mo.pool(mo.load_registry().effects("os")))
    >>> print(found["imprecision"].says)
    consider lowering
    """
    overall = result.overall if isinstance(result, SubgroupResult) else result
    if not isinstance(overall, PooledResult):
        raise ReportError(
            f"certainty_hints() is about the result of pool() or subgroups(), got "
            f"{type(result).__name__}."
        )
    return CertaintyHints(overall, tuple(_hints(overall)))


def _hints(result: PooledResult) -> Iterator[Hint]:
    for domain, answer in _ANSWERS.items():
        says, arithmetic = answer(result)
        first = arithmetic.split(maxsplit=1)[0]
        text = arithmetic if "(" in first else capital(arithmetic)  # functions keep their letters
        yield Hint(domain, says, text)


_Answer = tuple[Says, str]


def _risk_of_bias(result: PooledResult) -> _Answer:
    if "bias_overall" not in result.effects.columns:
        return "cannot be said", "the studies carry no risk of bias."
    shares: dict[str, float] = {}
    for word, share in zip(result.effects.columns["bias_overall"], result.weights, strict=True):
        shares[str(word)] = shares.get(str(word), 0.0) + float(share)
    said = ", ".join(f"{word} {share:.0%}" for word, share in shares.items())
    low = sum(share for word, share in shares.items() if word in _LOW)
    high = sum(share for word, share in shares.items() if word in _HIGH)
    says: Says = "nothing seen" if low >= 0.5 and high == 0 else "consider lowering"
    return says, f"weight by overall judgement: {said}; {low:.0%} of it is at low risk."


def _inconsistency(result: PooledResult) -> _Answer:
    if result.k < 2:
        return "cannot be said", "one study shows no inconsistency."
    text = f"I² {result.i2:.0%}, test of heterogeneity {p_text(result.q_p)}"
    at = _null(result)
    if at is not None:
        sides = np.sign(result.effects.yi - at)
        same = int(max(np.sum(sides > 0), np.sum(sides < 0)))
        text += f"; {same} of {result.k} studies point the same way"
    predicted, wider = _prediction(result, at)
    seen = result.i2 >= _I2 or (wider and result.tau2 > 0)
    return ("consider lowering" if seen else "nothing seen"), f"{text}{predicted}."


def _prediction(result: PooledResult, at: float | None) -> tuple[str, bool]:
    """The prediction interval in words, and whether it alone includes no effect."""
    found, scale = result.prediction_interval(), result.effects.scale
    if not found.applies:
        return "", False
    text = (
        f"; prediction interval {scale.interval_text(*map(float, result.effects.display(found)))}"
    )
    if at is None:
        return f"{text}{scale.unit}", False
    inside = found.low <= at <= found.high
    verb = "includes" if inside else "excludes"
    return f"{text}{scale.unit}, which {verb} no effect", inside and not _includes(result, at)


def _indirectness(result: PooledResult) -> _Answer:
    return (
        "cannot be said",
        "no number shows whether these are the patients and outcomes asked about.",
    )


def _imprecision(result: PooledResult) -> _Answer:
    at, scale = _null(result), result.effects.scale
    if at is None:
        return "cannot be said", "a single proportion has no value of no effect."
    _, low, high = result.display()
    includes = _includes(result, at)
    verb = "includes" if includes else "excludes"
    enough, size = _information(result)
    text = f"the interval, {scale.interval_text(low, high)}{scale.unit}, {verb} no effect; {size}."
    return ("nothing seen" if enough and not includes else "consider lowering"), text


def _information(result: PooledResult) -> tuple[bool, str]:
    """Whether the optimal information size is reached, and the arithmetic."""
    scale = result.effects.scale
    if not scale.log_axis:
        return True, "the optimal information size is not worked out for differences"
    effect = 1 - _CHANGE if result.display()[0] <= 1 else 1 + _CHANGE
    try:
        found = required_information_size(result, effect=effect, diversity=0)
    except MetaoncError as error:
        why = str(error).split(";")[0].removesuffix(".")
        return True, f"the optimal information size cannot be worked out: {why}"
    unit = found.information.unit
    reached = "reached" if found.fraction >= 1 else "not reached"
    return found.fraction >= 1, (
        f"optimal information size for a {scale.name} of {scale.number(effect)} {reached}: "
        f"{found.accrued:,.0f} {unit} of {found.required:,.0f}"
    )


def _publication_bias(result: PooledResult) -> _Answer:
    try:
        found = asymmetry_test(result)
    except MetaoncError as error:
        return "cannot be said", str(error)
    if not found.done:
        return "cannot be said", f"{found.reason.split('; pass ')[0]}."
    return ("consider lowering" if found.p_value < 0.1 else "nothing seen"), f"{found.title}."


def _null(result: PooledResult) -> float | None:
    """No effect on the analysis scale."""
    null = result.effects.scale.null
    return None if null is None else float(result.effects.analysis(null))


def _includes(result: PooledResult, at: float) -> bool:
    return result.ci_low <= at <= result.ci_high


_ANSWERS: dict[str, Callable[[PooledResult], _Answer]] = {
    "risk_of_bias": _risk_of_bias,
    "inconsistency": _inconsistency,
    "indirectness": _indirectness,
    "imprecision": _imprecision,
    "publication_bias": _publication_bias,
}
