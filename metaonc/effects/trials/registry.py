"""`Registry`: trial records that answer a question with effects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from metaonc.effects.counts.continuity import Correction
from metaonc.effects.effects import Effects
from metaonc.effects.scales.measures import measure_named
from metaonc.effects.trials.multi_arm import SharedControl, checked_way
from metaonc.effects.trials.selected import effects_of
from metaonc.errors import EffectsError, PlanError
from metaonc.registry import Question, Records, load_records, select
from metaonc.registry.filters import (
    Wanted,
    check_values,
    known_field,
    make_filter,
    single,
    vocabulary,
)
from metaonc.registry.plan import ArmNames
from metaonc.registry.records import Role

if TYPE_CHECKING:
    from metaonc.registry.plan import OneArmMeasure, TwoArmMeasure


@dataclass(frozen=True, repr=False)
class Registry(Records):
    """Trial records, the questions asked of them, and the effects that answer these.

    Made by :func:`load_registry`; everything about the records themselves is inherited from
    `Records`: iterate over it, index it by key, read its `plan` and its `problems`.
    """

    def effects(
        self,
        name: str,
        *,
        measure: str | None = None,
        arm: Role | None = None,
        confirmed_only: bool = False,
        add: float = 0.5,
        to: Correction = "only0",
        shared_control: SharedControl | None = None,
        study_ci: str | None = None,
        back_size: str | float | None = None,
        per: float | None = None,
        where: Mapping[str, Wanted] | None = None,
        **words: Wanted,
    ) -> Effects:
        """Effects that answer a question of the review plan.

        Parameters
        ----------
        name : str
            Key of a question of the plan, e.g. ``"pfs"``; without one, an outcome key, for which
            every trial's primary result is taken.
        measure : str, optional
            Another effect measure than the question's: one of HR; OR, RR, RD; PRAW, PLOGIT, PAS,
            PFT.
        arm : {"experimental", "control"}, optional
            For single proportions: the arm. Default: the question's, or experimental.
        confirmed_only : bool, default False
            Leave out numbers that still await a look at the paper.
        add, to
            Continuity correction, as in :func:`effect_sizes`.
        shared_control : {"covariance", "combine", "split", "error"}, optional
            What becomes of contrasts of one trial that share an arm: they enter with their
            covariance, as one comparison of the arms together, with the shared arm split evenly
            between them (Cochrane Handbook, section 23.3.4), or not at all. Default: the
            question's, or ``"covariance"``.
        study_ci, back_size, per
            How single proportions are read, as in :func:`effect_sizes`.
        where : mapping of str to value or list of values, optional
            More words like `words`, for fields whose names are no Python names.
        **words
            What trials and results must hold, by field: ``trial``, ``year``, ``patients``, ``arms``
            (how many), ``phase``, ``allocation``, ``masking``, ``setting`` and the attributes of
            the records (``agent``, ``line``, ...); ``outcome``, ``cut`` (``"primary"``,
            ``"first"``, ``"latest"``, ``"final"`` = the latest that is not an interim look, or a
            key), ``assessment``, ``status``, ``grade``, ``subgroup`` (default ``"none"``),
            ``population`` (``"everyone"`` = all), ``adjusted`` (``"no"``), ``experimental`` and
            ``control`` (key, label or drug of an arm), ``derived`` (``"yes"`` or ``"no"``),
            ``route`` (what the variance comes from: ``"interval"``, ``"se"``, ``"log-rank"``,
            ``"p"``, ``"counts"``). A list means any of its values, ``"!value"`` anything else,
            ``">=2015"`` a bound for a number. A word takes the place of the question's own word for
            that field; None lifts it.

        Returns
        -------
        Effects
            One study per trial that has a result, or per contrast of a trial with several; the
            others in `left_out`, each with its reason, also a trial that matches in two ways.
            Columns hold arms, counts, traits, source, status and derivation of every study.

        Raises
        ------
        PlanError
            If the registry has no such question or outcome, or nothing to choose by that word; the
            sentence lists what there is, nearest first.
        EffectsError
            If no trial has a result for it, if two records with the same patients would both enter
            and neither says which is kept, or if shared arms cannot be treated as asked.

        Examples
        --------
        >>> import metaonc as mo
        >>> effects = mo.load_registry().effects("pfs")
        >>> effects.k, effects.measure
        (6, 'HR')
        """
        said = {**(where or {}), **words}
        measure = measure or single("measure", said.pop("measure", None))
        role = arm or single("arm", said.pop("arm", None))
        question = self._adapted(self.question(name), measure, role)
        question = question.asked(**self._known(said))
        selection = select(self.trials, question, confirmed_only=confirmed_only)
        if selection.conflicts:
            raise EffectsError(f"{'; '.join(selection.conflicts)}.")
        if not selection.chosen:
            reasons = "; ".join(f"{out.label}: {out.reason}" for out in selection.left_out)
            raise EffectsError(f"no trial answers the question {name!r} ({reasons}).")
        way = checked_way(shared_control or question.shared_control)
        effects = effects_of(selection.chosen, question.measure, way, add=add, to=to)
        described = self._described(effects, question, selection.left_out)
        return described.read_as(study_ci=study_ci, back_size=back_size, per=per)

    def _known(self, words: Mapping[str, Wanted]) -> dict[str, Wanted]:
        """The words by the fields they mean, refused where no record holds such a thing."""
        if not words:
            return {}
        known = vocabulary(self.trials) | {"measure": (), "arm": ()}
        found: dict[str, Wanted] = {}
        for name, wanted in words.items():
            field = known_field(name, known)
            if wanted is not None:
                check_values(make_filter(field, wanted), known)
            found[field] = wanted
        return found

    def _adapted(self, question: Question, measure: str | None, arm: str | None) -> Question:
        """Put the caller's measure and arm in place of the question's own."""
        code = cast("TwoArmMeasure | OneArmMeasure", measure or question.measure)
        one_arm = measure_named(code).null is None
        if arm not in (None, "experimental", "control"):
            raise PlanError(f"arm = {arm!r} is not 'experimental' or 'control'.")
        if arm and not one_arm:
            raise PlanError(
                f"{code} compares two arms, so arm = {arm!r} does not apply; "
                "choose a single proportion (PRAW, PLOGIT, PAS, PFT) or leave arm out."
            )
        chosen_arm = (arm or question.arm or "experimental") if one_arm else None
        return question.model_copy(update={"measure": code, "arm": chosen_arm})

    def _described(self, effects: Effects, question: Question, left_out: Any) -> Effects:
        """Add the words that tables and figures need."""
        low, high = self._favours(question)
        values = {f.name: getattr(effects, f.name) for f in fields(effects)}
        values |= {
            "left_out": (*left_out, *effects.left_out),
            "title": question.title,
            "favours_low": low,
            "favours_high": high,
            "arm_labels": self._arm_labels(question),
        }
        return Effects(**values)

    def _arm_labels(self, question: Question) -> tuple[str, ...]:
        names = self.plan.arms if self.plan else ArmNames()
        if question.arm == "control":
            return (names.control,)
        return (names.experimental,) if question.arm else (names.experimental, names.control)

    def _favours(self, question: Question) -> tuple[str, str]:
        """Whom an effect below and above the null favours; blank where the plan does not say."""
        outcome = self.plan.outcomes.get(question.outcomes[0]) if self.plan else None
        if outcome is None or question.one_arm:
            return "", ""
        better, worse = (f"Favours {name}" for name in self._arm_labels(question))
        return (worse, better) if outcome.event == "wanted" else (better, worse)


def load_registry(folder: str | Path | None = None, *, strict: bool = True) -> Registry:
    """Load trial records and their review plan.

    Parameters
    ----------
    folder : path, optional
        Folder with one TOML file per trial and, usually, a ``review.toml``. Default: the records
        shipped with metaonc.
    strict : bool, default True
        Refuse the folder if any file breaks a rule. Otherwise keep the valid records and list what
        is wrong with the others under `problems`.

    Returns
    -------
    Registry

    Raises
    ------
    RecordError
        With one sentence on the first problem, and all of them under `problems`.

    Examples
    --------
    >>> import metaonc as mo
    >>> registry = mo.load_registry()
    >>> registry["tamrad"].design.phase
    'II'
    """
    records = load_records(folder, strict=strict)
    return Registry(**{f.name: getattr(records, f.name) for f in fields(records)})
