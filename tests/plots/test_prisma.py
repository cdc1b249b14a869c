"""The PRISMA 2020 flow diagram: each count in its box, nothing on anything else."""

import pytest
from matplotlib.patches import Rectangle

import metaonc as mo
from metaonc.registry.flow import Flow
from tests.plots.reading import assert_readable, text_boxes
from tests.registry.test_flow import COMPLETE

FLOW = Flow.model_validate(COMPLETE)
LONG = "no result of either arm alone, although both abstract and registration announce it"


def text_by_box(figure):
    """What stands in each box that is drawn, top to bottom; text must lie wholly inside one."""
    with_area = [artist for artist in figure.artists if isinstance(artist, Rectangle)]
    places = {artist: tuple(artist.get_window_extent().extents) for artist in with_area}
    said = {artist: [] for artist in with_area}
    for name, (x0, y0, x1, y1) in text_boxes(figure).items():
        for artist, (left, low, right, high) in places.items():
            if left < x0 and low < y0 and x1 < right and y1 < high:
                said[artist].append((-y1, name.partition(": ")[2]))
    return [" ".join(text for _, text in sorted(lines)) for lines in said.values()]


def test_every_count_stands_in_its_box():
    figure = mo.prisma_diagram(FLOW)
    assert_readable(figure)
    assert sorted(text_by_box(figure)) == sorted(
        [
            "Identification of studies via databases and registers",
            "Identification of studies via other methods",
            "Identification",
            "Screening",
            "Included",
            "Records identified from: Databases (n = 1200) MEDLINE (n = 700) Embase (n = 500) "
            "Registers (n = 100) ClinicalTrials.gov (n = 100)",
            "Records removed before screening: Duplicate records (n = 280) Records marked as "
            "ineligible by automation tools (n = 20)",
            "Records screened (n = 1000)",
            "Records excluded (n = 900)",
            "Reports sought for retrieval (n = 100)",
            "Reports not retrieved (n = 4)",
            "Reports assessed for eligibility (n = 96)",
            "Reports excluded: wrong comparison (n = 40) no hazard ratio (n = 30)",
            "Records identified from: Reference lists (n = 12)",
            "Reports sought for retrieval (n = 12)",
            "Reports not retrieved (n = 1)",
            "Reports assessed for eligibility (n = 11)",
            "Reports excluded: not randomised (n = 7)",
            "Studies included in review (n = 21) Reports of included studies (n = 30)",
        ]
    )


def test_the_table_and_the_words_have_the_counts():
    figure = mo.prisma_diagram(FLOW, title="A review")
    table = figure.table.set_index(["stage", "route", "what"])["count"]
    assert table["Identification", "databases and registers", "Databases"] == 1200
    assert table["Screening", "other methods", "not randomised"] == 7
    assert figure.description.short == "PRISMA 2020 flow diagram: A review"
    assert (
        "Screening, databases and registers: Reports excluded: wrong comparison (n = 40); "
        "no hazard ratio (n = 30)."
    ) in figure.description.long.split("\n")


def test_the_shipped_diagram_says_what_was_not_recorded():
    registry = mo.load_registry()
    figure = mo.prisma_diagram(registry)
    assert_readable(figure)
    assert f"Studies included in review (n = {len(registry.trials)})" in figure.description.long
    counts = figure.table["count"]
    assert counts.notna().sum() == 1
    assert str(figure.description).count("(not recorded)") == len(counts) - 1
    assert registry.plan.flow.note in figure.description.long
    assert "Identification of studies via other methods" not in text_by_box(figure)


def test_long_reasons_and_names_stay_in_their_boxes():
    reasons = [{"reason": f"{LONG} ({i})", "reports": i} for i in range(6)]
    flow = Flow.model_validate(COMPLETE | {"excluded_reports": reasons, "included_reports": None})
    figure = mo.prisma_diagram(flow)
    assert_readable(figure)
    assert any(text.count(LONG) == 6 for text in text_by_box(figure))


def test_a_database_without_its_count_leaves_no_sum():
    sources = [{"name": "MEDLINE", "kind": "database", "records": 700}]
    sources.append({"name": "Embase", "kind": "database"})
    text = str(mo.prisma_diagram(Flow.model_validate({"identified": sources})).description)
    assert "Databases (not recorded); MEDLINE (n = 700); Embase (not recorded)." in text
    assert "Studies included in review (not recorded)" in text


def test_what_cannot_be_drawn_is_refused(tmp_path):
    with pytest.raises(mo.PlotError, match="draws a registry or a flow, got dict"):
        mo.prisma_diagram({})
    with pytest.raises(mo.PlotError, match=r"flow.assessed = 95 must be 96 \(sought: 100, less 4"):
        mo.prisma_diagram(Flow.model_validate(COMPLETE | {"assessed": 95}))
    source = mo.load_registry().folder / "tamrad.toml"
    (tmp_path / "tamrad.toml").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(mo.PlotError, match=r"has no \[flow\] table"):
        mo.prisma_diagram(mo.load_registry(tmp_path))
