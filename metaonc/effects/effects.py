"""`Effects`: what each study estimates, on the analysis scale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from metaonc.effects import reading, stored
from metaonc.effects.counts.proportion_intervals import DEFAULT_INTERVAL
from metaonc.effects.covariance import checked_covariance
from metaonc.effects.later import Numbered, TableColumns
from metaonc.effects.scales.measures import FloatArray, Measure, checked_level, measure_named
from metaonc.errors import EffectsError
from metaonc.registry.selection import LeftOut

if TYPE_CHECKING:
    import pandas as pd


# Columns of `to_frame` that the effects themselves fill.
RESERVED = ("label", "yi", "vi", "estimate", "low", "high")
_KIND = "metaonc effects"


@dataclass(frozen=True, eq=False)
class Effects:
    """Study effects and their sampling variances, with all a reader needs to trace them.

    Parameters
    ----------
    yi : array_like of float, shape (k,)
        Effects on the analysis scale (natural logs for ratios).
    vi : array_like of float, shape (k,)
        Their sampling variances, each > 0, in squared units of `yi`.
    measure : str, default "GEN"
        Code of the effect measure, e.g. ``"HR"``; see :mod:`metaonc.effects.scales.measures`.
    labels : sequence of str, optional
        One name per study. Default: ``"Study 1"``, ``"Study 2"``, ...
    columns : mapping of str to sequence, optional
        More about each study, e.g. ``events_1``, ``n_1``, or moderators: one value per study.
    covariance : array_like of float, shape (k, k), optional
        Known sampling covariance of the effects, symmetric and positive definite, with `vi` on its
        diagonal: for effects that are not independent, e.g. contrasts against one control arm (see
        :func:`metaonc.effects.shared_control_covariance`). A column ``trial``, if there is one,
        says which contrasts belong to one trial; otherwise those that covary do. Default: None,
        independent effects; so is a matrix without covariances.
    left_out : iterable of LeftOut, optional
        Studies without an effect, and why.
    notes : sequence of str, optional
        What a reader should know about how the effects were made.
    title, favours_low, favours_high : str, optional
        Words for tables and figures: what was analysed, and whom an effect below and above
        the null value favours.
    arm_labels : sequence of str, default ("Experimental", "Control")
        What the two arms are called in tables and figures.
    study_ci : str, optional
        Interval of each single proportion with its counts: ``"CP"``, ``"WS"``, ``"WSCC"``,
        ``"AC"``, ``"SA"``, ``"SACC"`` or ``"NAsm"``, see
        :func:`metaonc.effects.counts.proportion_intervals.proportion_interval`; ``"NAsm"`` is
        Wald's on the analysis scale. Default: ``"CP"``, exact, for proportions, and empty for the
        others.
    back_size : str or float, default "harmonic"
        For PFT and IRFT, the sample size (person-time) with which pooled values are transformed
        back: ``"harmonic"``, ``"geometric"`` or ``"arithmetic"`` mean of the studies' sizes, or a
        number.
    per : float, optional
        What tables and figures print a proportion, a rate or a risk difference per: 100 is percent.
        Numbers in frames and documents stay as they are. Default: 100 for proportions, else 1.

    Raises
    ------
    EffectsError
        If lengths differ, a value is not finite, a variance is not > 0, a label is repeated, the
        covariance cannot be one, or there is no study.

    Examples
    --------
    >>> effects = Effects([-0.62, -0.80], [0.043, 0.008], measure="HR", labels=["A", "B"])
    >>> effects
    <Effects: k=2, hazard ratio>
    """

    yi: FloatArray
    vi: FloatArray
    measure: str = "GEN"
    labels: Sequence[str] = field(default_factory=tuple)
    columns: Mapping[str, Sequence[Any]] = field(default_factory=dict, kw_only=True)
    covariance: FloatArray | None = field(default=None, kw_only=True)
    left_out: Iterable[LeftOut] = field(default=(), kw_only=True)
    notes: Sequence[str] = field(default=(), kw_only=True)
    title: str = field(default="", kw_only=True)
    favours_low: str = field(default="", kw_only=True)
    favours_high: str = field(default="", kw_only=True)
    arm_labels: Sequence[str] = field(default=("Experimental", "Control"), kw_only=True)
    study_ci: str = field(default="", kw_only=True)
    back_size: str | float = field(default="harmonic", kw_only=True)
    per: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        code = measure_named(self.measure).code
        yi, vi = _frozen_floats("yi", self.yi), _frozen_floats("vi", self.vi)
        labels = self.labels if isinstance(self.labels, Numbered) else tuple(map(str, self.labels))
        if len(labels) == 0:
            labels = Numbered(len(yi))
        _check(yi, vi, labels)
        set_field = object.__setattr__
        set_field(self, "measure", code)
        set_field(self, "yi", yi)
        set_field(self, "vi", vi)
        if isinstance(labels, Numbered):  # made when they are first read
            set_field(self, "_numbered", labels)
            object.__delattr__(self, "labels")
        else:
            set_field(self, "labels", labels)
        set_field(self, "columns", _checked_columns(self.columns, len(yi)))
        set_field(self, "covariance", checked_covariance(self.covariance, vi, labels))
        set_field(self, "left_out", tuple(self.left_out))
        set_field(self, "notes", tuple(self.notes))
        set_field(self, "arm_labels", tuple(self.arm_labels))
        if self.study_ci:
            reading.check_study_ci(self.scale, self.study_ci, self._counted)
        reading.check_back_size(self.scale, self.back_size)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The labels of studies without names: asked for once, then kept."""
            if name != "labels" or "_numbered" not in self.__dict__:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            labels = tuple(self._numbered)
            object.__setattr__(self, "labels", labels)
            return labels

    def __reduce__(self) -> tuple[Any, ...]:
        # Copies and pickles are made by the constructor, so they are checked and frozen too.
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return _remake, (values | {"columns": dict(self.columns)},)

    def __len__(self) -> int:
        return len(self.yi)

    def __repr__(self) -> str:
        title = f"{self.title}, " if self.title else ""
        correlated = "" if self.covariance is None else ", correlated"
        return f"<Effects: {title}k={len(self)}, {self.scale.name}{correlated}>"

    @property
    def k(self) -> int:
        """Number of studies."""
        return len(self.yi)

    @property
    def scale(self) -> Measure:
        """The effect measure: names, null value, transformations, and what it is printed per."""
        measure = measure_named(self.measure)
        return measure if self.per is None else measure.printed_per(self.per)

    @property
    def sei(self) -> FloatArray:
        """Standard errors, shape (k,): square roots of `vi`."""
        return np.sqrt(self.vi)

    def column(self, name: str) -> tuple[Any, ...]:
        """Return the values of one column, one per study.

        Raises
        ------
        EffectsError
            If there is no such column.
        """
        if name not in self.columns:
            known = ", ".join(self.columns) or "none"
            raise EffectsError(f"the effects have no column {name!r}; there are: {known}.")
        return tuple(self.columns[name])

    def take(self, which: ArrayLike, **changes: Any) -> Effects:
        """Return the studies at the given positions, in that order, as new effects.

        Parameters
        ----------
        which : array_like of int or bool
            Positions, or a mask of length k.
        **changes
            Other fields to set, e.g. ``title``.

        Notes
        -----
        The covariance, if there is one, keeps the rows and columns of these studies.
        """
        positions = np.arange(self.k)[np.asarray(which)]
        columns = {
            name: tuple(values[i] for i in positions) for name, values in self.columns.items()
        }
        return replace(
            self,
            yi=self.yi[positions],
            vi=self.vi[positions],
            labels=tuple(self.labels[i] for i in positions),
            columns=columns,
            **{"covariance": self._covariance_of(positions)} | changes,
        )

    def read_as(
        self,
        *,
        study_ci: str | None = None,
        back_size: str | float | None = None,
        per: float | None = None,
    ) -> Effects:
        """The same effects, read with another `study_ci`, `back_size` or `per`.

        Raises
        ------
        EffectsError
            If the measure has no use for one of them.

        Examples
        --------
        >>> effects = Effects([-4.6], [0.1], measure="PLOGIT", labels=["A"])
        >>> effects.scale.number(0.01), effects.read_as(per=1000).scale.number(0.01)
        ('1.0', '10.0')
        """
        changed = (study_ci, back_size, per) != (None, None, None)
        plain = (self.study_ci, self.back_size, self.per) == (study_ci, back_size, per)
        if plain or not changed:
            return self
        kept = vars(self)
        return replace(
            self,
            labels=kept.get("labels", kept.get("_numbered", ())),  # those not made stay unmade
            study_ci=self.study_ci if study_ci is None else study_ci,
            back_size=self.back_size if back_size is None else back_size,
            per=self.per if per is None else per,
        )

    def _covariance_of(self, positions: np.ndarray) -> FloatArray | None:
        return None if self.covariance is None else self.covariance[np.ix_(positions, positions)]

    def covariance_frame(self) -> pd.DataFrame:
        """Sampling covariance of the effects, shape (k, k), by label; diagonal if independent.

        Examples
        --------
        >>> Effects(
        ...     [-0.6, -0.4],
        ...     [0.04, 0.05],
        ...     covariance=[[0.04, 0.02], [0.02, 0.05]],
        ...     labels=["A", "B"],
        ... ).covariance_frame()
              A     B
        A  0.04  0.02
        B  0.02  0.05
        """
        import pandas as pd

        matrix = np.diag(self.vi) if self.covariance is None else self.covariance
        return pd.DataFrame(matrix, index=list(self.labels), columns=list(self.labels))

    def display(self, values: ArrayLike) -> FloatArray:
        """Transform pooled values to the displayed scale (ratios, proportions).

        For the Freeman-Tukey scales this takes the sample size (person-time) of `back_size`.
        """
        return self.scale.display(values, self.pooled_size())

    def analysis(self, values: ArrayLike) -> FloatArray:
        """Transform from the displayed scale to the analysis scale: the inverse of `display`.

        Raises
        ------
        EffectsError
            If a value lies outside the displayed scale, e.g. a hazard ratio below 0.
        """
        return self.scale.analysis(values, self.pooled_size())

    @property
    def _counted(self) -> bool:
        """Whether these are single proportions with their counts."""
        return self.scale.share and {"events", "n"} <= self.columns.keys()

    @property
    def study_interval(self) -> str:
        """Which interval the studies' proportions have; empty where it is Wald's or as printed."""
        return (self.study_ci or DEFAULT_INTERVAL) if self._counted else ""

    @property
    def _size_column(self) -> str:
        """What the transformation of a study depends on: patients, or person-time for rates."""
        return "time" if self.measure == "IRFT" else "n"

    def pooled_size(self, kind: str | float | None = None) -> float | None:
        """Size with which a pooled value is transformed back; None where none is needed.

        Parameters
        ----------
        kind : str or float, optional
            As `back_size`, which is the default.
        """
        if not (self.scale.per_patient_size and self._size_column in self.columns):
            return None
        sizes = np.asarray(self.columns[self._size_column], dtype=float)
        return reading.mean_size(sizes, self.back_size if kind is None else kind)

    def to_frame(self, level: float = 0.95) -> pd.DataFrame:
        """One row per study on the displayed scale.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level of the studies' intervals: as printed where a study was printed with
            this level; by `study_ci` for single proportions with their counts; otherwise Wald
            intervals on the analysis scale.

        Returns
        -------
        pandas.DataFrame
            Columns ``label yi vi estimate low high`` and then the effects' own columns. For a known
            covariance see `covariance_frame`.

        Examples
        --------
        >>> Effects([0.0], [0.01], measure="HR", labels=["A"]).to_frame().round(3)
          label   yi    vi  estimate    low   high
        0     A  0.0  0.01       1.0  0.822  1.217
        """
        import pandas as pd

        estimate, low, high = self.intervals(level)
        data = {
            "label": self.labels,
            "yi": self.yi,
            "vi": self.vi,
            "estimate": estimate,
            "low": low,
            "high": high,
        }
        return pd.DataFrame(data | dict(self.columns))

    def intervals(self, level: float = 0.95) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Each study's estimate and interval on the displayed scale: three arrays of shape (k,)."""
        from scipy.special import ndtri

        level = checked_level(level)
        if self.study_interval not in ("", "NAsm"):
            return self._count_intervals(level)
        half = ndtri(0.5 + level / 2) * self.sei
        n = self.columns.get(self._size_column)
        estimate, low, high = (
            self.scale.display(values, n) for values in (self.yi, self.yi - half, self.yi + half)
        )
        if self.measure == "HR" and {"printed_low", "printed_high"} <= self.columns.keys():
            levels = self.columns.get("printed_level", [0.95] * self.k)
            limits = [np.array(self.columns[f"printed_{x}"], float) for x in ("low", "high")]
            printed = (np.array(levels, float) == level) & np.isfinite(limits).all(axis=0)
            low, high = np.where(printed, limits[0], low), np.where(printed, limits[1], high)
        return estimate, low, high

    # There and back ----------------------------------------------------------------------------

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the numbers: measure, labels, effects, variances and covariances.

        Two effects with the same digest give the same result under the same choices.

        Examples
        --------
        >>> Effects([0.0], [0.01], measure="HR", labels=["A"]).digest[:14]
        'sha256:1b30a01'
        """
        names = ("measure", "labels", "yi", "vi", "covariance")
        return stored.digest_of({name: _plain(getattr(self, name, None)) for name in names})

    def to_dict(self) -> dict[str, Any]:
        """Everything in the effects as plain values, ready for JSON and for `from_dict`.

        Numbers of numpy in the columns become those of Python; see :mod:`metaonc.effects.stored`
        for values that JSON has no word for.

        Raises
        ------
        EffectsError
            If a column holds something that is not a number, text, truth value, date or None.
        """
        content = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}
        columns = {
            name: [
                stored.value_out(value, f"{label}: {name}")
                for label, value in zip(self.labels, values, strict=True)
            ]
            for name, values in self.columns.items()
        }
        left_out = [asdict(out) for out in self.left_out]
        return stored.sealed(
            _KIND, content | {"columns": columns, "left_out": left_out, "data_digest": self.digest}
        )

    def to_json(self) -> str:
        """`to_dict` as JSON text; the same effects give the same bytes."""
        return stored.text_of(self.to_dict())

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Effects:
        """Effects that `to_dict` wrote, without loss.

        Raises
        ------
        EffectsError
            If it is something else, or was changed since.

        Examples
        --------
        >>> effects = Effects([0.1, 0.3], [0.01, 0.02], columns={"line": ["first", None]})
        >>> Effects.from_dict(effects.to_dict()).columns["line"]
        ('first', None)
        """
        return stored.opened(document, _KIND, _restored, EffectsError)

    @classmethod
    def from_json(cls, text: str | bytes) -> Effects:
        """Effects that `to_json` wrote; see `from_dict`."""
        return cls.from_dict(stored.document_of(text, _KIND, EffectsError))

    def _count_intervals(self, level: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        from metaonc.effects.counts.proportion_intervals import proportion_interval

        events, n = np.asarray(self.columns["events"]), np.asarray(self.columns["n"])
        low, high = proportion_interval(events, n, level, self.study_interval)
        return events / n, low, high


def _remake(values: dict[str, Any]) -> Effects:
    return Effects(**values)


def _plain(value: Any) -> Any:
    """A field of the effects as plain values."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    return list(value) if isinstance(value, tuple) else value


def _restored(document: dict[str, Any]) -> Effects:
    values = {f.name: document[f.name] for f in fields(Effects) if f.name in document}
    columns = {
        name: [stored.value_in(value) for value in column]
        for name, column in values["columns"].items()
    }
    left_out = [LeftOut(**out) for out in values["left_out"]]
    return Effects(**values | {"columns": columns, "left_out": left_out})


def _frozen_floats(name: str, values: ArrayLike) -> FloatArray:
    try:
        array = np.array(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise EffectsError(f"{name} must be numbers, got {values!r}.") from error
    if array.ndim != 1:
        raise EffectsError(f"{name} must have one dimension, shape (k,), got shape {array.shape}.")
    array.flags.writeable = False
    return array


def _checked_columns(columns: Mapping[str, Sequence[Any]], k: int) -> Mapping[str, Sequence[Any]]:
    """The columns, read-only, each with a value per study and none of a name that is taken."""
    taken = next((name for name in columns if name in RESERVED), None)
    if taken is not None:
        raise EffectsError(
            f"a column may not be called {taken!r}, which to_frame() computes; rename it."
        )
    if isinstance(columns, TableColumns):  # rows of one table, as many as there are effects
        return columns
    made = {name: tuple(values) for name, values in columns.items()}
    for name, values in made.items():
        if len(values) != k:
            raise EffectsError(
                f"column {name!r} has {len(values)} values for {k} studies; give one per study."
            )
    return MappingProxyType(made)


def _check(yi: FloatArray, vi: FloatArray, labels: Sequence[str]) -> None:
    if not len(yi) == len(vi) == len(labels):
        raise EffectsError(
            f"yi, vi and labels must have one value per study, got {len(yi)}, {len(vi)} "
            f"and {len(labels)}."
        )
    if len(yi) == 0:
        raise EffectsError("there is no study to analyse; give at least one.")
    for name, values, good, rule in (
        ("yi", yi, np.isfinite(yi), "must be finite"),
        ("vi", vi, np.isfinite(vi) & (vi > 0), "must be finite and > 0"),
    ):
        if not good.all():
            i = int(np.argmin(good))
            raise EffectsError(
                f"{labels[i]}: {name} = {values[i]} {rule}; correct the study or leave it out."
            )
    if not isinstance(labels, Numbered) and len(set(labels)) < len(labels):
        repeated = [label for label, times in Counter(labels).items() if times > 1]
        raise EffectsError(
            f"labels must tell studies apart, but {min(repeated)!r} is used more than once; "
            "add the year or the arm."
        )
