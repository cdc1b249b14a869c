"""What a file carries inside: the letters it uses, and the numbers it shows."""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from metaonc._version import __version__
from metaonc.plots.letters import FAMILY

if TYPE_CHECKING:
    import pandas as pd


def table_json(title: str, table: pd.DataFrame) -> str:
    """A table as JSON: a list of rows; what is no number is null.

    Examples
    --------
    >>> import pandas as pd
    >>> table_json("A", pd.DataFrame({"estimate": [0.5, float("nan")]}))
    '{"title": "A", "metaonc_version": "...", "rows": [{"estimate": 0.5}, {"estimate": null}]}'
    """
    rows = [
        {name: _plain(value) for name, value in row.items()} for row in table.to_dict("records")
    ]
    document = {"title": title, "metaonc_version": __version__, "rows": rows}
    return json.dumps(document, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def font_faces(letters: Mapping[str, Iterable[str]]) -> str:
    """CSS that embeds the letters of each weight; nothing for a weight without any."""
    return "".join(
        f"@font-face{{font-family:'metaonc {FAMILY}';font-weight:{weight};"
        f"src:url(data:font/woff;base64,{_font(weight, text)}) format('woff')}}"
        for weight, found in letters.items()
        if (text := "".join(sorted(found)))
    )


@lru_cache(maxsize=32)
def _font(weight: str, text: str) -> str:
    """The part of the font that writes a text, in base64."""
    from fontTools import subset
    from matplotlib.font_manager import FontProperties, findfont

    options = subset.Options(
        flavor="woff",
        hinting=False,
        name_IDs=[],
        notdef_outline=True,
        # Letters stand where they were measured, so without ligatures of Latin letters.
        layout_features=["kern", "mark", "mkmk", "ccmp", "init", "medi", "fina", "isol", "rlig"],
    )
    options.drop_tables += ["FFTM"]
    raw = io.BytesIO()
    with subset.load_font(findfont(FontProperties(family=FAMILY, weight=weight)), options) as font:
        chosen = subset.Subsetter(options)
        chosen.populate(text=text)
        chosen.subset(font)
        subset.save_font(font, raw, options)
    return base64.b64encode(raw.getvalue()).decode()
