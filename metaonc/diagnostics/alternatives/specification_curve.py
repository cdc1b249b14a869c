"""`specification_curve`: declared choices -> the curve."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import comb
from types import MappingProxyType
from typing import Any

import numpy as np

from metaonc.diagnostics.alternatives.specification_results import SpecificationCurve
from metaonc.diagnostics.alternatives.specifications import (
    DataSet,
    Fitted,
    Impossible,
    LeaveOut,
    Method,
    Said,
    data_sets,
    fits,
    methods,
    registry_effects,
)
from metaonc.diagnostics.arguments import whole
from metaonc.effects import Effects, Registry
from metaonc.errors import DiagnosticsError
from metaonc.pooling import PooledResult, pool

_TAU2, _CI = ("REML", "DL", "PM"), ("auto", "wald", "hksj-adhoc")


def specification_curve(
    data: Registry | Effects | Mapping[str, Effects],
    name: str | None = None,
    *,
    model: Sequence[str] = ("random", "fixed"),
    tau2: Sequence[str | float] = _TAU2,
    ci: Sequence[str] = _CI,
    leave_out: LeaveOut = None,
    threshold: float | None = None,
    level: float | None = None,
    policy: str | None = None,
    max_fits: int = 500_000,
    where: Mapping[str, Sequence[Any]] | None = None,
    **words: Sequence[Any],
) -> SpecificationCurve:
    """Pool under every combination of declared choices.

    Parameters
    ----------
    data : Registry, Effects, or mapping of str to Effects
        A registry, with the `name` of a question or outcome; effects; or several data sets, each
        with the name of the choice behind it.
    name : str, optional
        The question, for a registry.
    model, tau2, ci : sequence
        Models, estimators of tau² and intervals, as :func:`metaonc.pool` takes them. Estimators and
        intervals apply to random effects; other models stand once.
    leave_out : int, or mapping of str to list of labels, optional
        Studies left out: every way to leave out up to that many, or named lists (``{"all": [],
        "without X": ["X 2012"]}``).
    threshold : float, optional
        An effect that matters, on the scale people read: shares on either side of it are given.
    level, policy
        As in :func:`metaonc.pool`.
    max_fits : int, default 500,000
        Refuse more than that.
    where, **words
        For a registry: alternatives of each word that :meth:`metaonc.Registry.effects` takes, e.g.
        ``cut=["primary", "latest"]``, ``assessment=["investigator", "central"]``,
        ``status=[None, "confirmed"]``, ``route=[None, "interval"]``, ``measure=["OR", "RR"]``;
        None lifts a word, and a list within the list means any of its values.

    Returns
    -------
    SpecificationCurve
        Draw it with :func:`metaonc.specification_plot`.

    Raises
    ------
    DiagnosticsError
        If nothing can be analysed, the measures do not share a scale, or there is too much to fit.
    PlanError
        If a word or value does not exist.
    PoolingError
        If a model, estimator or interval does not exist.

    Notes
    -----
    Simonsohn, Simmons & Nelson, Nat Hum Behav 2020;4:1208-1214; for meta-analyses Voracek,
    Kossmeier & Tran, Z Psychol 2019;227:64-82. Specifications with the same data and method are
    fitted and counted once. All data sets go through the kernels in one batch per method.

    Examples
    --------
    >>> import metaonc as mo
    >>> curve = mo.specification_curve(
    ...     mo.load_registry(), "pfs", cut=["primary", "first"], threshold=0.8
    ... )
    >>> len(curve), curve.fits, round(curve.share_crossing_null, 2)
    (20, 20, 0.0)
    """
    alternatives = _alternatives(data, {**(where or {}), **words})
    pairs, impossible = _pairs(data, name, alternatives)
    if not isinstance(leave_out, Mapping | None):
        whole("leave_out", leave_out, 0)
    limit_fits = whole("max_fits", max_fits)
    _check_amount(pairs, leave_out, limit_fits)
    sets, short = data_sets(pairs, leave_out)
    if not sets:
        reasons = dict.fromkeys(out.reason for out in (*impossible, *short))
        raise DiagnosticsError(f"no data set can be pooled: {next(iter(reasons), 'none is given')}")
    _check_scales(sets)
    ways, undefined = methods(model, tau2, ci, level=level, policy=policy)
    if not ways:
        raise DiagnosticsError("no method is left; declare a model, and tau2 and ci that match.")
    result = pool(_main_effects(data, name, sets), level=level, policy=policy)
    limit = None
    if threshold is not None:
        limit = float(result.effects.analysis([threshold])[0])
    return _curve(result, sets, ways, [*impossible, *short, *undefined], limit, limit_fits)


def _check_amount(pairs: list[tuple[Said, Effects]], leave_out: LeaveOut, most: int) -> None:
    """Refuse more data sets than fits are allowed, before they are made."""
    if leave_out is None or isinstance(leave_out, Mapping):
        return
    number = sum(comb(effects.k, m) for _, effects in pairs for m in range(leave_out + 1))
    if number > most:
        raise DiagnosticsError(
            f"leave_out = {leave_out} makes {number:,} data sets, more than max_fits = {most:,}; "
            "leave out fewer, or raise it."
        )


def _alternatives(data: object, said: dict[str, Any]) -> dict[str, Sequence[Any]]:
    if said and not isinstance(data, Registry):
        raise DiagnosticsError(
            f"{', '.join(said)}: words choose among the records of a registry; give data sets by "
            "name, {'primary cut': effects, ...}, for choices of your own."
        )
    for word, values in said.items():
        if isinstance(values, str) or not (isinstance(values, Iterable) and list(values)):
            raise DiagnosticsError(
                f"{word} = {values!r} must be a list of alternatives, e.g. [{values!r}]."
            )
    return said


def _pairs(
    data: Registry | Effects | Mapping[str, Effects],
    name: str | None,
    alternatives: Mapping[str, Sequence[Any]],
) -> tuple[list[tuple[Said, Effects]], list[Impossible]]:
    if isinstance(data, Registry):
        if name is None:
            raise DiagnosticsError("name the question of the registry, e.g. 'pfs'.")
        return registry_effects(data, name, alternatives)
    if name is not None:
        raise DiagnosticsError(f"name = {name!r} is for a registry; leave it out.")
    if isinstance(data, Effects):
        return [({}, data)], []
    return [({"data": said}, effects) for said, effects in data.items()], []


def _main_effects(
    data: Registry | Effects | Mapping[str, Effects], name: str | None, sets: list[DataSet]
) -> Effects:
    """The question as it stands where the curve has that scale, else the first data set."""
    if isinstance(data, Registry) and name is not None:
        own = data.effects(name)
        if own.measure in {found.effects.measure for found in sets}:
            return own
    return sets[0].effects


def _check_scales(sets: list[DataSet]) -> None:
    scales = {(s.effects.scale.null, s.effects.scale.log_axis): s.effects.measure for s in sets}
    if len(scales) > 1:
        raise DiagnosticsError(
            f"{' and '.join(scales.values())} do not share a scale; make a curve for each."
        )


def _curve(
    result: PooledResult,
    sets: list[DataSet],
    ways: list[Method],
    impossible: list[Impossible],
    threshold: float | None,
    max_fits: int,
) -> SpecificationCurve:
    places: dict[Any, int] = {}
    group = np.array([places.setdefault(data.key, len(places)) for data in sets])
    first = np.unique(group, return_index=True)[1]
    distinct = [sets[i] for i in first]
    if len(distinct) * len(ways) > max_fits:
        raise DiagnosticsError(
            f"{len(distinct) * len(ways):,} fits are more than max_fits = {max_fits:,}; declare "
            "fewer choices, or raise it."
        )
    columns, rows = [], []
    for method, way in enumerate(ways):
        fitted, reasons = fits(distinct, way)
        impossible = impossible + [
            Impossible(distinct[i].said | way.said, why) for i, why in reasons.items()
        ]
        columns.append(np.stack(fitted)[:, group])
        rows += [(data, method, group[data]) for data in range(len(sets))]
    return _sorted(result, sets, ways, rows, np.concatenate(columns, axis=1), impossible, threshold)


def _sorted(
    result: PooledResult,
    sets: list[DataSet],
    ways: list[Method],
    rows: list[tuple[int, int, int]],
    values: np.ndarray,
    impossible: list[Impossible],
    threshold: float | None,
) -> SpecificationCurve:
    data, method, group = np.array(rows).T
    order = np.lexsort((method, data, values[0]))
    order = order[np.isfinite(values[:, order]).all(axis=0)]
    data, method, group = data[order], method[order], group[order]
    dimensions, codes = _codes(sets, ways, data, method)
    first: dict[tuple[int, int], int] = {}
    duplicate_of = np.array(
        [
            -1 if (at := first.setdefault(key, place)) == place else at
            for place, key in enumerate(zip(group.tolist(), method.tolist(), strict=True))
        ]
    )
    fitted = Fitted(*values[:, order])
    arrays = {
        "codes": codes,
        "k": np.array([len(s.kept) for s in sets])[data],
        "duplicate_of": duplicate_of,
        **fitted._asdict(),
    }
    for array in arrays.values():
        array.flags.writeable = False
    return SpecificationCurve(
        result=result,
        dimensions=MappingProxyType(dimensions),
        threshold=threshold,
        impossible=tuple(impossible),
        fits=len(first),
        **arrays,
    )


def _codes(
    sets: list[DataSet], ways: list[Method], data: np.ndarray, method: np.ndarray
) -> tuple[dict[str, tuple[str, ...]], np.ndarray]:
    """The kinds of choices with their alternatives, and the place of each specification's."""
    dimensions, columns = {}, []
    for parts, at in ((sets, data), (ways, method)):
        for name in parts[0].said:
            said = [part.said[name] for part in parts]
            alternatives = tuple(dict.fromkeys(said))
            number = {value: i for i, value in enumerate(alternatives)}
            dimensions[name] = alternatives
            columns.append(np.array([number[value] for value in said])[at])
    return dimensions, np.stack(columns, axis=1)
