"""Numbers exactly as a paper prints them, digits included: `0.70` stays `0.70`."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

FROM_TOML = {"toml": True}  # validation context of a file; JSON keeps printed digits as text


def _number(value: object, info: ValidationInfo) -> object:
    """In a file nothing but a number is a number: neither text nor yes or no."""
    kind = type(value)
    if kind is Decimal or kind is int or (info.context is None and kind is not bool):
        return value
    raise PydanticCustomError("number_type", "Input should be a number")


ONLY_NUMBERS = BeforeValidator(_number)
_LARGEST = 1_000_000  # no hazard ratio, time or variance comes near it

# TOML floats are parsed as Decimal, so the number of printed digits (the rounding) is kept.
Positive = Annotated[
    Decimal,
    ONLY_NUMBERS,
    Field(gt=0, le=_LARGEST, allow_inf_nan=False),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": _LARGEST}),
]
Signed = Annotated[
    Decimal,
    ONLY_NUMBERS,
    Field(ge=-_LARGEST, le=_LARGEST, allow_inf_nan=False),
    WithJsonSchema({"type": "number", "minimum": -_LARGEST, "maximum": _LARGEST}),
]
Probability = Annotated[
    Decimal,
    ONLY_NUMBERS,
    Field(ge=0, le=1),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1}),
]
Level = Annotated[
    Decimal,
    ONLY_NUMBERS,
    Field(gt=Decimal("0.5"), lt=1, description="confidence level of the interval, e.g. 0.95"),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0.5, "exclusiveMaximum": 1}),
]
Percent = Annotated[
    Decimal,
    ONLY_NUMBERS,
    Field(ge=0, le=100),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100}),
]
Count = Annotated[int, Field(ge=0, le=10**8, strict=True)]
Patients = Annotated[int, Field(gt=0, le=10**8, strict=True)]
Sides = Annotated[Literal[1, 2], ONLY_NUMBERS]


def rounding_half_width(printed: Decimal) -> Decimal:
    """Half a unit of the last printed digit: the true value lies within this of `printed`.

    Examples
    --------
    >>> rounding_half_width(Decimal("12.6"))
    Decimal('0.05')
    """
    exponent = printed.as_tuple().exponent
    assert isinstance(exponent, int)  # finite by the type's own rule
    return Decimal(5).scaleb(exponent - 1)


def counts_printed_as(percent: Decimal, n: int) -> range:
    """The event counts out of `n` that print as `percent`.

    Parameters
    ----------
    percent : Decimal
        The percentage with its printed digits.
    n : int
        Patients, > 0.

    Returns
    -------
    range
        Every count that rounds to the printed percentage; empty if none does. A value on the
        edge counts on both sides, since papers round halves up, down or to even.

    Examples
    --------
    >>> list(counts_printed_as(Decimal("61"), 54))
    [33]
    >>> list(counts_printed_as(Decimal("59"), 482))
    [282, 283, 284, 285, 286]
    >>> list(counts_printed_as(Decimal("49"), 31))
    []
    """
    half = rounding_half_width(percent)
    lowest = max(Decimal(0), percent - half) * n / 100
    highest = min(Decimal(100), percent + half) * n / 100
    first = int(lowest.to_integral_value(rounding="ROUND_CEILING"))
    return range(first, int(highest) + 1)
