r"""Contrasts of one trial that share an arm: with their covariance, combined, or split.

A contrast is :math:`g(A) - g(C)`, so two of them that share an arm have that arm's own variance as
their covariance. Where each contrast brings its own estimate :math:`c_i` of it, the covariance is
:math:`\sqrt{c_i c_j}`, which leaves the matrix positive definite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np

from metaonc.effects.scales.measures import FloatArray
from metaonc.effects.trials.shared_control import control_variance
from metaonc.errors import EffectsError

SharedControl = Literal["covariance", "combine", "split", "error"]
WAYS: tuple[SharedControl, ...] = ("covariance", "combine", "split", "error")


@dataclass(frozen=True)
class Contrast:
    """One contrast of a trial on the analysis scale, and what each of its arms contributes.

    Attributes
    ----------
    trial, name : str
        Key of the trial, and what the trial is called.
    arms : tuple of str
        Keys of the arms compared.
    yi, vi : float
        Effect and sampling variance.
    parts : tuple of float or None
        The variance that each arm contributes, where it can be worked out.
    basis : str
        From what: "events", "patients", "counts".
    """

    trial: str
    name: str
    arms: tuple[str, ...]
    yi: float
    vi: float
    parts: tuple[float, ...] | None
    basis: str = ""


def hazard_ratio_parts(
    vi: float, events: tuple[int | None, int | None], n: tuple[int | None, int | None]
) -> tuple[tuple[float, float] | None, str]:
    r"""What each of two arms contributes to the variance of a log hazard ratio.

    Parameters
    ----------
    vi : float
        Sampling variance of the log hazard ratio.
    events : tuple of int or None
        Events per arm: each contributes one over them, scaled so that both add up to `vi`.
    n : tuple of int or None
        Patients per arm, for arms whose events are not known: they stand in for them, which takes
        the event rates as equal.

    Returns
    -------
    parts : tuple of float, or None
        Their sum is `vi`; None where neither is known of both arms.
    basis : str
        ``"events"`` or ``"patients"``.

    Notes
    -----
    The variance of a log hazard is about one over the events (Woods, Hawkins & Scott, BMC Med Res
    Methodol 2010;10:54), so :math:`\text{var} \approx 1/d_1 + 1/d_2`. The printed variance also
    holds the strata and covariates of the model, which is why it is shared out in that proportion:
    arm 2 contributes :math:`v\,d_1 / (d_1 + d_2)`.

    Examples
    --------
    >>> hazard_ratio_parts(0.04, (None, None), (67, 65))
    ((0.0196969..., 0.0203030...), 'patients')
    """
    for weights, basis in ((events, "events"), (n, "patients")):
        first, second = weights
        if first and second:
            return (vi * second / (first + second), vi * first / (first + second)), basis
    return None, ""


def count_parts(measure: str, counts: Sequence[tuple[float, float]]) -> tuple[float, ...]:
    """What each arm contributes to the variance of an effect of counts: events and n per arm."""
    return tuple(float(control_variance(measure, events=x, n=n)) for x, n in counts)


def shared_groups(contrasts: Sequence[Contrast]) -> list[list[int]]:
    """Positions of contrasts that hang together by shared arms; groups of two or more."""
    groups: list[list[int]] = []
    for i, contrast in enumerate(contrasts):
        linked = [group for group in groups if any(_shared(contrasts[j], contrast) for j in group)]
        groups = [group for group in groups if group not in linked]
        groups.append(sorted([*(j for group in linked for j in group), i]))
    return sorted(group for group in groups if len(group) > 1)


def _shared(first: Contrast, second: Contrast) -> set[str]:
    if first.trial != second.trial:
        return set()
    return set(first.arms) & set(second.arms)


def covariance_matrix(contrasts: Sequence[Contrast]) -> FloatArray:
    """Sampling covariance of the contrasts: variances, and what shared arms contribute.

    Raises
    ------
    EffectsError
        If the variance of a shared arm cannot be worked out, or one contrast follows from others.
    """
    matrix = np.diag([contrast.vi for contrast in contrasts])
    for group in shared_groups(contrasts):
        _check_parts([contrasts[i] for i in group])
        _check_rank([contrasts[i] for i in group])
        for i, j in combinations(group, 2):
            matrix[i, j] = matrix[j, i] = _covariance(contrasts[i], contrasts[j])
    return matrix


def _covariance(first: Contrast, second: Contrast) -> float:
    return sum(
        float(np.sqrt(part(first, arm) * part(second, arm))) for arm in _shared(first, second)
    )


def part(contrast: Contrast, arm: str) -> float:
    """The variance that one arm contributes to a contrast."""
    assert contrast.parts
    return contrast.parts[contrast.arms.index(arm)]


def _check_parts(group: Sequence[Contrast]) -> None:
    name = group[0].name
    if any(contrast.parts is None for contrast in group):
        raise EffectsError(
            f"{name}: its contrasts share an arm whose variance does not follow from what is "
            "printed (neither the events nor the patients of both arms); use "
            "shared_control='combine' or 'split' with counts, or choose one contrast by "
            "experimental or control."
        )


def _check_rank(group: Sequence[Contrast]) -> None:
    arms = {arm for contrast in group for arm in contrast.arms}
    if len(group) >= len(arms):
        raise EffectsError(
            f"{group[0].name}: {len(group)} contrasts of {len(arms)} arms follow from each other; "
            "choose some by experimental or control, or use shared_control='combine'."
        )


def combined(group: Sequence[Contrast]) -> Contrast:
    """One contrast in place of several that share an arm: their mean, weighted by precision.

    Notes
    -----
    Generalised least squares with the covariance of the contrasts. For log hazard ratios against
    one control arm this is what the events of the experimental arms together would give: variance
    :math:`1/(d_A + d_B) + 1/d_C`.
    """
    weights = np.linalg.solve(covariance_matrix(group), np.ones(len(group)))
    yi = float(weights @ [contrast.yi for contrast in group] / weights.sum())
    arms = tuple(dict.fromkeys(arm for contrast in group for arm in contrast.arms))
    return replace(group[0], yi=yi, vi=float(1 / weights.sum()), arms=arms, parts=None)


def split(contrasts: Sequence[Contrast]) -> list[Contrast]:
    """The contrasts with every shared arm split evenly among those that share it.

    A part of an arm has as many times its variance as there are parts; the parts are independent.
    """
    found = list(contrasts)
    for group in shared_groups(contrasts):
        members = [contrasts[i] for i in group]
        _check_parts(members)
        for i in group:
            extra = sum(
                (sum(arm in other.arms for other in members) - 1) * part(contrasts[i], arm)
                for arm in contrasts[i].arms
            )
            found[i] = replace(found[i], vi=found[i].vi + extra)
    return found


def refuse_shared(contrasts: Sequence[Contrast]) -> None:
    """Refuse contrasts that share an arm.

    Raises
    ------
    EffectsError
        Naming the first trial that has some.
    """
    for group in shared_groups(contrasts):
        first = contrasts[group[0]]
        raise EffectsError(
            f"{first.name}: {len(group)} of its contrasts share an arm, which "
            "shared_control='error' refuses; choose one by experimental or control, or use "
            "shared_control='covariance', 'combine' or 'split'."
        )


def checked_way(way: str) -> SharedControl:
    """`way`, if it is a way to treat shared arms."""
    for known in WAYS:
        if way == known:
            return known
    raise EffectsError(f"shared_control = {way!r} is not one of {', '.join(map(repr, WAYS))}.")
