"""How a house prints numbers: decimal sign, brackets, intervals, p values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from metaonc.effects import Measure

_MINUS = re.compile(r"(?<!\w)-(?=\d)")  # a hyphen that is a sign


@dataclass(frozen=True, kw_only=True)
class NumberStyle:
    """A way to print numbers.

    Attributes
    ----------
    decimal : str
        Decimal sign.
    to : str
        What stands between the limits of an interval of positive numbers; " to " where one of them
        has a sign of its own.
    brackets : (str, str)
        Around an interval.
    p_letter, p_relation : str
        ``"p"`` or ``"P"``, and the signs for "equals" and "less", spaces included.
    p_smallest : float
        P values below are printed as less than this.
    p_decimals : tuple of (float, int), optional
        Decimals for p values below a bound. None: two significant digits.
    p_zero : bool
        Whether a zero stands before the decimal sign of a p value.
    """

    decimal: str = "."
    to: str = " to "
    brackets: tuple[str, str] = ("(", ")")
    p_letter: str = "p"
    p_relation: str = " = "
    p_smallest: float = 0.001
    p_decimals: tuple[tuple[float, int], ...] | None = ((0.1, 3), (1.0, 2))
    p_zero: bool = True

    def written(self, text: str) -> str:
        """Text with plain numbers in it, in this style.

        Examples
        --------
        >>> NumberStyle(decimal="·").written("tau² = 0.0593, z = -2.5")
        'tau² = 0·0593, z = −2·5'
        """
        text = _MINUS.sub("−", text)
        return text if self.decimal == "." else re.sub(r"(?<=\d)\.(?=\d)", self.decimal, text)

    def number(self, measure: Measure, value: float) -> str:
        """One value of a displayed scale."""
        return self.written(measure.number(value))

    def interval(self, measure: Measure, low: float, high: float) -> str:
        """An interval in its brackets.

        Examples
        --------
        >>> from metaonc.effects import measure_named
        >>> lancet = NumberStyle(decimal="·", to="–")
        >>> lancet.interval(measure_named("HR"), 0.46, 0.79)
        '(0·46–0·79)'
        >>> lancet.interval(measure_named("MD"), -0.46, 0.79)
        '(−0·460 to 0·790)'
        """
        first, last = self.number(measure, low), self.number(measure, high)
        plain = first[:1].isdigit() and last[:1].isdigit()  # no minus, no "<0.001"
        between = self.to if plain else ", " if self.to == ", " else " to "
        return f"{self.brackets[0]}{first}{between}{last}{self.brackets[1]}"

    def effect(self, measure: Measure, estimate: float, low: float, high: float) -> str:
        """An estimate with its interval."""
        return f"{self.number(measure, estimate)} {self.interval(measure, low, high)}"

    def p(self, value: float) -> str:
        """A p value with its letter, never equal to 0.

        Examples
        --------
        >>> NumberStyle().p(0.0053), NumberStyle().p(1e-9)
        ('p = 0.005', 'p < 0.001')
        >>> jama = NumberStyle(p_letter="P", p_decimals=((0.01, 3), (1.0, 2)), p_zero=False)
        >>> jama.p(0.0053), jama.p(0.9999)
        ('P = .005', 'P > .99')
        >>> NumberStyle(decimal="·", p_relation="=", p_smallest=1e-4, p_decimals=None).p(0.00534)
        'p=0·0053'
        """
        less, more = (self.p_relation.replace("=", sign) for sign in "<>")
        if value < self.p_smallest:
            return f"{self.p_letter}{less}{self._p_number(f'{self.p_smallest:.10f}'.rstrip('0'))}"
        if value > 0.99:
            return f"{self.p_letter}{more}{self._p_number('0.99')}"
        return f"{self.p_letter}{self.p_relation}{self._p_number(self._p_digits(value))}"

    def _p_digits(self, value: float) -> str:
        if self.p_decimals is None:
            return f"{float(f'{value:.2g}'):.10f}".rstrip("0")
        decimals = next(digits for bound, digits in self.p_decimals if value < bound)
        return f"{value:.{decimals}f}"

    def _p_number(self, text: str) -> str:
        return self.written(text if self.p_zero else text.removeprefix("0"))
