"""What stands under a forest plot: methods, what marks mean, who is not there."""

from __future__ import annotations

from collections.abc import Sequence

from metaonc.effects import LeftOut
from metaonc.plots.forest_plot.presets import Preset
from metaonc.plots.forest_plot.rows import study_marks
from metaonc.plots.forest_plot.sentences import effect_test_sentence
from metaonc.pooling import PooledResult

_NAMED_AT_MOST = 8  # trials left out that a note under the plot names one by one


def footnotes(result: PooledResult, preset: Preset) -> tuple[str, ...]:
    """Test, methods, meaning of the marks, notes, and trials that are not in the analysis."""
    effects = result.effects
    marks = "".join(study_marks(effects))
    notes = []
    if effects.scale.null is not None and "test" not in preset.pooled:
        notes.append(f"{effect_test_sentence(result, preset)}.")
    notes.append(f"Methods: {result.methods()}")
    if "†" in marks:
        notes.append("† Awaiting confirmation in the paper.")
    if "‡" in marks:
        notes.append("‡ Printed with an interval of another level than 95%, converted.")
    if "§" in marks:
        notes.append("§ Not printed: worked out from printed figures.")
    notes += [
        note
        for note in result.notes
        if not note.startswith(("Awaiting", "Printed with an interval of another level"))
    ]
    if effects.left_out:
        notes.append(f"Not in this analysis: {_left_out_text(tuple(effects.left_out))}.")
    return tuple(notes)


def _left_out_text(left_out: Sequence[LeftOut]) -> str:
    """Who is not there: by name, but of many trials those that are not eligible by number."""
    if len(left_out) <= _NAMED_AT_MOST:
        return ", ".join(out.label for out in left_out)
    names = [out.label for out in left_out if not out.reason.startswith("not eligible")]
    rest = len(left_out) - len(names)
    counted = [f"{rest} {'trial that is' if rest == 1 else 'trials that are'} not eligible"]
    return ", ".join(names + (counted if rest else []))
