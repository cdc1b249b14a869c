"""How the questions of a plan are pooled, where the plan says more than "by the default policy"."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from metaonc.registry.parts import Part
from metaonc.registry.printed import Level

# The names that `metaonc.pool` knows, spelled out so that a plan is checked, and completed by an
# editor, without loading what computes; a test holds them against the tables they name.
PolicyName = Literal[
    "metaonc-2026", "revman-2025", "revman-5", "metafor-5", "meta-8", "stata-19", "iqwig-6"
]
ModelName = Literal[
    "fixed", "random",
    "mh", "peto", "firth", "beta-binomial", "UM.FS", "UM.RS", "CM.EL", "CM.AL", "glmm",
]  # fmt: skip
EstimatorName = Literal[
    "DL", "DL2", "HE", "HS", "HSk", "SJ", "ML", "REML", "PM", "PMM", "EB", "DLIT", "SJIT",
    "GENQ", "GENQM",
]  # fmt: skip
IntervalName = Literal[
    "auto", "wald", "t", "hksj", "hksj-adhoc", "hksj-ci", "hksj-iqwig", "kr", "profile",
    "skovgaard", "hc", "permutation", "bootstrap",
]  # fmt: skip


def _estimator(value: object) -> object:
    """A known estimator, or tau² itself: one sentence for whatever is neither."""
    names = get_args(EstimatorName)
    number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if value in names or (number and value >= 0):  # type: ignore[operator]
        return value
    expected = f"a number >= 0, or one of: {', '.join(names)}"
    raise PydanticCustomError("literal_error", "Input should be {expected}", {"expected": expected})


Tau2 = Annotated[
    EstimatorName | Decimal,
    BeforeValidator(_estimator),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "enum": list(get_args(EstimatorName))},
                {"type": "number", "minimum": 0},
            ]
        }
    ),
]


class Pooling(Part):
    """How studies are pooled: what is left out follows from the policy."""

    policy: PolicyName | None = None
    """Named set of choices; the default policy where none is named."""
    model: ModelName | None = None
    """`fixed`, one common effect; `random`; or a model of the counts, such as `mh`."""
    tau2: Annotated[Tau2 | None, Field()] = None
    """Estimator of the between-study variance, or its value."""
    ci: IntervalName | None = None
    """Test and interval of the mean."""
    level: Level | None = None
    """Confidence level, as a fraction."""

    def words(self) -> dict[str, Any]:
        """The arguments of `metaonc.pool` that are said here.

        Examples
        --------
        >>> Pooling(model="random", tau2="DL", level="0.9").words()
        {'model': 'random', 'tau2': 'DL', 'level': 0.9}
        """
        said = self.model_dump(exclude_none=True)
        return {k: float(v) if isinstance(v, Decimal | int) else v for k, v in said.items()}


def override(general: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """What is said in general, with what is said of one case in place of it.

    Whoever names another policy or model means it whole: the estimator and the interval said in
    general do not go with it. The level does.

    Examples
    --------
    >>> override({"tau2": "DL", "ci": "wald", "level": 0.9}, {"model": "fixed"})
    {'level': 0.9, 'model': 'fixed'}
    """
    lost: tuple[str, ...] = ()
    if "policy" in own:
        lost = ("policy", "model", "tau2", "ci")
    elif "model" in own:
        lost = ("tau2", "ci")
    return {name: value for name, value in general.items() if name not in lost} | own
