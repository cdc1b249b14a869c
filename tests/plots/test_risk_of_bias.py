"""Traffic-light tables and summary bars of the risk of bias."""

import pytest
from matplotlib.patches import Circle, Rectangle

import metaonc as mo
from tests.plots.reading import assert_readable

PFS = mo.load_registry().effects("pfs")


def test_a_circle_per_study_and_domain():
    figure = mo.risk_of_bias_plot(PFS)
    assert_readable(figure)
    assert sum(isinstance(artist, Circle) for artist in figure.artists) == 6 * PFS.k
    assert figure.table["measurement"].to_list()[1] == "high"
    assert "TAMRAD 2012: " in figure.description.long
    assert "provisional" in figure.description.long


def test_bars_are_shares_of_studies_or_of_weight():
    plain = mo.risk_of_bias_plot(PFS, kind="summary")
    assert_readable(plain)
    shares = plain.table.set_index("domain")
    assert shares.loc["Overall"].to_dict() == pytest.approx(
        {"low": 0, "some concerns": 4 / 6, "high": 1 / 6, "not judged": 1 / 6}
    )
    fit = mo.pool(PFS)
    weighted = mo.risk_of_bias_plot(fit, kind="summary").table.set_index("domain")
    assert weighted.loc["Overall", "high"] == pytest.approx(fit.weights[1])
    bars = [a for a in plain.artists if isinstance(a, Rectangle) and a.get_height()]
    assert sum(bar.get_width() for bar in bars) == pytest.approx(6 * 300)


def test_what_is_no_figure_is_refused():
    with pytest.raises(mo.PlotError, match="must be 'traffic-light' or 'summary'"):
        mo.risk_of_bias_plot(PFS, kind="pie")
    with pytest.raises(mo.PlotError, match="draws effects or a pooled result, got dict"):
        mo.risk_of_bias_plot({})
