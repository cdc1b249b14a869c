"""`compare_policies`: the same studies under several policies, and why the answers differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from metaonc.effects import Effects, level_text, stored
from metaonc.errors import PoolingError
from metaonc.pooling import html
from metaonc.pooling.columns import ruled
from metaonc.pooling.plain import plain
from metaonc.pooling.policies import DEFAULT_POLICY, POLICIES
from metaonc.pooling.pool import pool
from metaonc.pooling.result import PooledResult
from metaonc.pooling.words import (
    estimator_text,
    i2_text,
    interval_method_text,
    p_text,
    prediction_text,
    tau2_text,
)

if TYPE_CHECKING:
    import pandas as pd

_KIND = "policy comparison"


@dataclass(frozen=True, eq=False, repr=False)
class PolicyComparison:
    """One set of studies, pooled under several policies.

    Made by :func:`metaonc.compare_policies`.

    Attributes
    ----------
    effects : Effects
        The studies.
    results : mapping of str to PooledResult
        What each policy makes of them, by its name.
    default : PooledResult
        The default policy's result, which the others are explained against.
    """

    effects: Effects
    results: Mapping[str, PooledResult]
    default: PooledResult

    def __post_init__(self) -> None:
        object.__setattr__(self, "results", MappingProxyType(dict(self.results)))

    def __reduce__(self) -> tuple[Any, ...]:
        return PolicyComparison, (self.effects, dict(self.results), self.default)

    def to_frame(self) -> pd.DataFrame:
        """One row per policy: displayed scale (ratios, proportions), fractions for I².

        Returns
        -------
        pandas.DataFrame
            Columns ``policy estimate ci_low ci_high p_value tau2 i2 prediction_low
            prediction_high``, and in words ``tau2_method ci_method prediction_method i2_method``.
            NaN where there is no prediction interval, or no p value because it is one arm.
        """
        import pandas as pd

        return pd.DataFrame([_row(name, result) for name, result in self.results.items()])

    def differences(self) -> dict[str, tuple[str, ...]]:
        """Choices of each policy that differ from the default's here, with what they lead to."""
        return {name: _differences(result, self.default) for name, result in self.results.items()}

    def to_dict(self) -> dict[str, Any]:
        """Everything in the comparison as plain values, ready for JSON and for `from_dict`.

        Returns
        -------
        dict
            ``policies`` holds the rows of the table and the differences, None where something does
            not apply; ``results`` whole results, as from :meth:`metaonc.PooledResult.to_dict`.
        """
        differences = self.differences()
        content = {
            "title": self.effects.title,
            "measure": self.effects.measure,
            "k": self.effects.k,
            "default": self.default.choices.policy,
            "policies": [
                {key: plain(value) for key, value in _row(name, result).items()}
                | {"differences": list(differences[name]), "program": POLICIES[name].program}
                for name, result in self.results.items()
            ],
            "results": {name: result.to_dict() for name, result in self.results.items()},
            "default_result": self.default.to_dict(),
            "effects": self.effects.to_dict(),
        }
        return stored.sealed(_KIND, content)

    def to_json(self) -> str:
        """`to_dict` as JSON text; the same comparison gives the same bytes."""
        return stored.text_of(self.to_dict())

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> PolicyComparison:
        """The comparison that `to_dict` wrote, without loss.

        Raises
        ------
        PoolingError
            If it is something else, or was changed since.
        """

        def read(content: dict[str, Any]) -> PolicyComparison:
            results = {
                name: PooledResult.from_dict(found) for name, found in content["results"].items()
            }
            default = PooledResult.from_dict(content["default_result"])
            return cls(Effects.from_dict(content["effects"]), results, default)

        return stored.opened(document, _KIND, read, PoolingError)

    @classmethod
    def from_json(cls, text: str | bytes) -> PolicyComparison:
        """The comparison that `to_json` wrote; see `from_dict`."""
        return cls.from_dict(stored.document_of(text, _KIND, PoolingError))

    def summary(self) -> str:
        """The table as text, then a sentence per policy on why its row differs.

        Examples
        --------
        >>> import metaonc as mo
        >>> from metaonc.pooling.compare import compare_policies
        >>> pfs = mo.load_registry().effects("pfs")
        >>> for line in compare_policies(pfs, ["metaonc-2026", "metafor-5"]).summary().split("; "):
        ...     print(line)
        Progression-free survival or time to progression: hazard ratio, k = 6
        <BLANKLINE>
                      Hazard ratio        95% CI          p    tau²   I²    Prediction
        ------------------------------------------------------------------------------
        metaonc-2026          0.60  0.46 to 0.79  p = 0.005  0.0593  76%  0.28 to 1.28
        metafor-5             0.60  0.48 to 0.76  p < 0.001  0.0593  76%  0.35 to 1.02
        <BLANKLINE>
        metafor-5, against metaonc-2026: 95% interval 0.48 to 0.76 by Wald instead of 0.46 to 0.79 \
by Hartung-Knapp-Sidik-Jonkman
        prediction interval 0.35 to 1.02 with the normal quantile instead of 0.28 to 1.28 of \
Higgins-Thompson-Spiegelhalter (k − 2 df).
        """
        return "\n".join([self._title(), "", *ruled(self._cells()), "", *self._sentences()])

    def _repr_html_(self) -> str:
        """The summary for a notebook."""
        return html.block(
            html.table(self._title(), self._cells()), html.paragraphs(self._sentences())
        )

    def _title(self) -> str:
        effects = self.effects
        return f"{effects.title or 'Meta-analysis'}: {effects.scale.name}, k = {effects.k}"

    def _sentences(self) -> list[str]:
        why = [_sentence(*item, self.default) for item in self.differences().items()]
        return [sentence for sentence in why if sentence]

    def _cells(self) -> list[list[str]]:
        scale = self.effects.scale
        level = f"{level_text(self.default.choices.level)} CI"
        return [["", scale.label, level, "p", "tau²", "I²", "Prediction"]] + [
            [name, *_cells(result)] for name, result in self.results.items()
        ]

    def __repr__(self) -> str:
        scale = self.effects.scale
        estimates = [result.display()[0] for result in self.results.values()]
        span = " to ".join(dict.fromkeys(map(scale.number, (min(estimates), max(estimates)))))
        policies = "policy" if len(self.results) == 1 else "policies"
        return (
            f"<PolicyComparison: {len(self.results)} {policies}, k = {self.effects.k}, "
            f"{scale.name} {span}>"
        )


def compare_policies(
    effects: Effects, policies: Iterable[str] | str | None = None
) -> PolicyComparison:
    """Pool the same studies under several policies.

    Parameters
    ----------
    effects : Effects
        One or more studies.
    policies : iterable of str, optional
        Names of policies, in the order of the rows. Default: all.

    Returns
    -------
    PolicyComparison

    Raises
    ------
    PoolingError
        If there is no such policy, or none is named.

    Examples
    --------
    >>> import metaonc as mo
    >>> from metaonc.pooling.compare import compare_policies
    >>> compare_policies(mo.load_registry().effects("pfs"))
    <PolicyComparison: 7 policies, k = 6, hazard ratio 0.60>
    """
    chosen = POLICIES if policies is None else [policies] if isinstance(policies, str) else policies
    names = list(dict.fromkeys(chosen))
    if not names:
        raise PoolingError("no policies to compare; name some, or leave `policies` out for all.")
    results = {name: pool(effects, policy=name) for name in names}
    default = results.get(DEFAULT_POLICY.name) or pool(effects)
    return PolicyComparison(effects, results, default)


def _row(name: str, result: PooledResult) -> dict[str, Any]:
    estimate, low, high = result.display()
    predicted = result.prediction_interval()
    prediction_low, prediction_high = map(float, result.effects.display(predicted))
    compares = result.effects.scale.null is not None  # one arm has nothing to be tested against
    return {
        "policy": name,
        "estimate": estimate,
        "ci_low": low,
        "ci_high": high,
        "p_value": result.p_value if compares else float("nan"),
        "tau2": result.tau2,
        "i2": result.i2,
        "prediction_low": prediction_low,
        "prediction_high": prediction_high,
        "tau2_method": estimator_text(result.choices.tau2).removeprefix("tau² by "),
        "ci_method": interval_method_text(result.ci_method),
        "prediction_method": prediction_text(predicted.method),
        "i2_method": i2_text(result.heterogeneity_from),
    }


def _cells(result: PooledResult) -> list[str]:
    scale = result.effects.scale
    estimate, low, high = result.display()
    predicted = result.prediction_interval()
    several = result.k > 1
    return [
        scale.number(estimate),
        scale.interval_text(low, high),
        p_text(result.p_value) if scale.null is not None else "",
        tau2_text(result.tau2) if several else "",
        f"{result.i2:.0%}" if several else "",
        scale.interval_text(*map(float, result.effects.display(predicted)))
        if predicted.applies
        else "none",
    ]


def _differences(result: PooledResult, default: PooledResult) -> tuple[str, ...]:
    """What was chosen otherwise and matters for these studies, with what comes of it."""
    pairs = zip(_choices(result), _choices(default), strict=True)
    return tuple(
        f"{name} {_join(value, how)} instead of {_join(other_value, other_how)}"
        for (name, value, how), (_, other_value, other_how) in pairs
        if how != other_how
    )


def _choices(result: PooledResult) -> list[tuple[str, str, str]]:
    """Quantity, its value and how it was found; one study has neither tau² nor I²."""
    _, limits, _, tau2, i2, predicted = _cells(result)
    applies = result.prediction_interval().applies
    interval = f"{level_text(result.choices.level)} interval"
    found = [
        (interval, limits, f"by {interval_method_text(result.ci_method)}"),
        (
            "prediction interval",
            predicted,
            prediction_text(result.prediction_interval().method) if applies else "",
        ),
    ]
    if result.k < 2:
        return found
    estimator = estimator_text(result.choices.tau2).removeprefix("tau² ")
    heterogeneity = ("I²", i2, i2_text(result.heterogeneity_from))
    return [("tau²", tau2, estimator), *found, heterogeneity]


def _join(value: str, how: str) -> str:
    return f"{value} {how}" if how else value


def _sentence(name: str, differences: tuple[str, ...], default: PooledResult) -> str:
    against = default.choices.policy
    if name == against:
        return ""
    if not differences:
        return f"{name} makes the same choices as {against} for these studies."
    return f"{name}, against {against}: {'; '.join(differences)}."
