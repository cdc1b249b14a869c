"""What one study's counts say about its own effect: likelihoods with their derivatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from scipy.special import expit, gammaln, xlogy

from metaonc.kernels.arrays import FloatArray

_STEPS = 200


class Terms(NamedTuple):
    """A log-likelihood, its slope and its curvature, shape (..., k) each."""

    value: FloatArray
    slope: FloatArray
    curvature: FloatArray


class Counts(Protocol):
    """Counts of k studies, each with a likelihood of one parameter; concave in it."""

    def terms(self, parameter: FloatArray) -> Terms:
        """The log-likelihoods at these parameters, shape (..., k)."""
        ...

    def highest(self) -> FloatArray:
        """The highest log-likelihoods, shape (k,), at the counts' own parameters."""
        ...


@dataclass(frozen=True)
class Binomial:
    """Events of n, the log odds being the parameter plus a known offset; shape (k,) each."""

    events: FloatArray
    n: FloatArray
    offset: FloatArray | float = 0.0

    def terms(self, parameter: FloatArray) -> Terms:
        """The log-likelihoods at these parameters, shape (..., k)."""
        logit = parameter + self.offset
        p = expit(logit)
        constant = (
            gammaln(self.n + 1) - gammaln(self.events + 1) - gammaln(self.n - self.events + 1)
        )
        value = constant + self.events * logit - self.n * np.logaddexp(0.0, logit)
        return Terms(value, self.events - self.n * p, -self.n * p * (1 - p))

    def highest(self) -> FloatArray:
        """The highest log-likelihoods, shape (k,), at the proportions observed."""
        x, n = self.events, self.n
        constant = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
        return np.asarray(constant + xlogy(x, x / n) + xlogy(n - x, 1 - x / n))


@dataclass(frozen=True)
class Poisson:
    """Events in a time, the log rate being the parameter; shape (k,) each."""

    events: FloatArray
    time: FloatArray

    def terms(self, parameter: FloatArray) -> Terms:
        """The log-likelihoods at these parameters, shape (..., k)."""
        expected = self.time * np.exp(np.minimum(parameter, 700.0))
        constant = xlogy(self.events, self.time) - gammaln(self.events + 1)
        value = constant + self.events * parameter - expected
        return Terms(value, self.events - expected, -expected)

    def highest(self) -> FloatArray:
        """The highest log-likelihoods, shape (k,), at the rates observed."""
        x = self.events
        return np.asarray(xlogy(x, x) - x - gammaln(x + 1))


class Hypergeometric:
    """Events of arm 1 given all margins of a 2x2 table: the parameter is the log odds ratio.

    Parameters
    ----------
    events_1, n_1, events_2, n_2 : ndarray, shape (k,)
        Events and patients of the two arms.

    Notes
    -----
    The non-central hypergeometric distribution (Fisher, J R Stat Soc 1935;98:39-82; Breslow & Day,
    Statistical Methods in Cancer Research I (1980), section 4.2), summed exactly over its support.
    """

    def __init__(
        self, events_1: FloatArray, n_1: FloatArray, events_2: FloatArray, n_2: FloatArray
    ) -> None:
        total = events_1 + events_2
        low, high = np.maximum(0.0, total - n_2), np.minimum(n_1, total)
        # Counted from the observed table, so that what is observed is 0 and its weight 1.
        self._away = low[:, None] - events_1[:, None] + np.arange(int((high - low).max()) + 1)
        x1 = events_1[:, None] + self._away
        there = x1 <= high[:, None]
        x1 = np.where(there, x1, low[:, None])
        cells = np.stack([x1, n_1[:, None] - x1, total[:, None] - x1, (n_2 - total)[:, None] + x1])
        logs = -np.asarray(gammaln(cells + 1)).sum(axis=0)
        observed = np.take_along_axis(logs, (events_1 - low).astype(int)[:, None], axis=1)
        self._log_weights = np.where(there, logs - observed, -np.inf)

    def terms(self, parameter: FloatArray) -> Terms:
        """The log-likelihoods at these parameters, shape (..., k)."""
        log_terms = self._log_weights + np.asarray(parameter)[..., None] * self._away
        highest = log_terms.max(axis=-1, keepdims=True)
        shares = np.exp(log_terms - highest)
        whole = shares.sum(axis=-1)
        mean = (shares * self._away).sum(axis=-1) / whole
        square = (shares * self._away**2).sum(axis=-1) / whole
        return Terms(-np.log(whole) - highest[..., 0], -mean, -(square - mean**2))

    def highest(self) -> FloatArray:
        """The highest log-likelihoods, shape (k,); 0 at an end of the support."""
        at = np.zeros(len(self._away))
        support = np.where(np.isfinite(self._log_weights), self._away, 0.0)
        inside = (support.min(axis=-1) < 0) & (support.max(axis=-1) > 0)
        for _ in range(_STEPS):
            found = self.terms(at)
            step = np.where(inside, np.clip(-found.slope / found.curvature, -1.0, 1.0), 0.0)
            at = at + step
            if np.abs(step).max() < 1e-10:
                break
        return np.where(inside, self.terms(at).value, 0.0)
