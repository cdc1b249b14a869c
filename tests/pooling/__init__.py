"""The analyses of the shipped review from the printed numbers, shared by the pooling tests."""

import math

import metaonc as mo

__all__ = ["OS", "PROGRESSION", "RESISTANT", "from_print", "ratio"]

# Hazard ratio, limits and level as the trials print them; HORIZON's survival is recalled.
PROGRESSION = {
    "TAMRAD": (0.54, 0.36, 0.81, 0.95),
    "BOLERO-2": (0.45, 0.38, 0.54, 0.95),
    "PrE0102": (0.61, 0.40, 0.92, 0.95),
    "BOLERO-5": (0.52, 0.38, 0.71, 0.90),
    "HORIZON": (0.90, 0.76, 1.07, 0.95),
    "MIRACLE": (0.64, 0.46, 0.89, 0.95),
}
RESISTANT = ("TAMRAD", "BOLERO-2", "PrE0102", "BOLERO-5")
OS = {
    "TAMRAD": (0.45, 0.24, 0.81, 0.95),
    "BOLERO-2": (0.89, 0.73, 1.10, 0.95),
    "HORIZON": (0.89, 0.65, 1.23, 0.95),
}
_Z = {0.95: 1.959963984540054, 0.90: 1.6448536269514722}


def from_print(printed: dict[str, tuple[float, float, float, float]]) -> mo.Effects:
    """Effects from printed hazard ratios in plain Python, without metaonc's own conversion."""
    yi = [math.log(estimate) for estimate, *_ in printed.values()]
    vi = [(math.log(high / low) / (2 * _Z[level])) ** 2 for _, low, high, level in printed.values()]
    return mo.Effects(yi, vi, measure="HR", labels=list(printed))


def ratio(fit: mo.PooledResult) -> list[float]:
    """Pooled hazard ratio and limits to four decimals."""
    return [round(math.exp(x), 4) for x in (fit.estimate, fit.ci_low, fit.ci_high)]
