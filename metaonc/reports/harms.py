"""The table of harms among the files of a report."""

from __future__ import annotations

from pathlib import Path

from metaonc.effects import Registry
from metaonc.pooling import HarmsTable, harms

HARMS_PLOT = "harms.pdf"


def harms_table(registry: Registry, *, confirmed_only: bool = False) -> HarmsTable | None:
    """The table of harms of a registry whose plan names some; None where there is nothing to show.

    Parameters
    ----------
    registry : Registry
        Trials and the review plan.
    confirmed_only : bool, default False
        Leave out numbers that still await a look at the paper.

    Examples
    --------
    >>> import metaonc as mo
    >>> harms_table(mo.load_registry())
    <HarmsTable: 15 harms and 2 benefits, mh>
    """
    if registry.plan is None or not any(o.harm for o in registry.plan.outcomes.values()):
        return None
    table = harms(registry, confirmed_only=confirmed_only)
    return table if table.rows else None


def harms_texts(table: HarmsTable | None) -> dict[str, str]:
    """File name -> text: the rows as CSV and everything as JSON."""
    if table is None:
        return {}
    rows = table.to_frame().to_csv(index=False, lineterminator="\n", float_format="%.10g")
    return {"harms.csv": rows, "harms.json": table.to_json()}


def write_harms_plot(table: HarmsTable | None, root: Path) -> list[Path]:
    """Draw the table, if there is one; the paths written."""
    if table is None:
        return []
    from metaonc.plots import harms_plot

    path = root / HARMS_PLOT
    harms_plot(table).savefig(path)
    return [path]
