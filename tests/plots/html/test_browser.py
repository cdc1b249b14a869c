"""The forest plot as a page, driven in a browser: by mouse, by keyboard, small, dark, on paper."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import metaonc as mo
from metaonc.plots import forest_html, save_figure
from metaonc.plots.text import text_width
from tests.plots.html.browser import Opened, chromium, needs_chromium, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = needs_chromium
HOSTILE = "<script>window.stolen = 1</script><img src=x onerror='window.stolen = 1'>"


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def grouped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Progression-free survival by resistance."""
    path = tmp_path_factory.mktemp("html") / "grouped.html"
    result = mo.subgroups(mo.load_registry().effects("pfs"), "resistance")
    path.write_text(forest_html(result), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clinical benefit as RevMan prints it, with grouped headings, bands and lines."""
    path = tmp_path_factory.mktemp("html") / "counted.html"
    text = forest_html(
        mo.pool(mo.load_registry().effects("cbr")),
        preset="cochrane",
        prediction="density",
        unimportant=(0.9, 1.11),
        reference=2,
    )
    path.write_text(text, encoding="utf-8")
    return path


def labels(page: "Page") -> list[str]:
    """Names of the studies that are seen, top to bottom."""
    return page.locator("tr.study:visible th").all_inner_texts()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_fits_and_fetches_nothing(
    browser: "Browser", grouped: Path, counted: Path, width: int, scheme: str
) -> None:
    """axe-core finds nothing, with the tooltip open and a group folded; nothing sticks out."""
    for path in (grouped, counted):
        with opened(browser, path, width=width, scheme=scheme) as found:
            root = "document.documentElement"
            assert found.page.evaluate(f"{root}.scrollWidth - {root}.clientWidth") <= 0
            found.page.locator("thead button").first.click()
            if path == grouped:
                found.page.locator("[aria-expanded]").nth(1).click()
            found.page.locator("a.source").first.focus()
            assert found.page.get_by_role("tooltip").is_visible()
            box = found.page.get_by_role("tooltip").bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            found.assert_quiet()
            assert found.violations() == []


def test_night_is_dark_and_paper_is_white(browser: "Browser", grouped: Path) -> None:
    """The page follows the reader's setting; print does not."""
    colour = "getComputedStyle(document.querySelector('.metaonc-forest')).backgroundColor"
    with opened(browser, grouped, scheme="dark") as found:
        assert found.page.evaluate(colour) == "rgb(20, 24, 29)"
        found.page.emulate_media(media="print")
        assert found.page.evaluate(colour) == "rgb(255, 255, 255)"
        assert not found.page.locator("thead .arrow").first.is_visible()


def test_columns_sort_within_their_group(browser: "Browser", grouped: Path) -> None:
    """Up, down, and as at first; the diamond of a group stays under its studies."""
    with opened(browser, grouped) as found:
        page = found.page
        first = labels(page)
        heading = page.locator("thead th", has_text="(95% CI)")
        button = heading.get_by_role("button")
        button.click()
        assert heading.get_attribute("aria-sort") == "ascending"
        resistant = ["BOLERO-2 2012", "BOLERO-5 2024‡", "TAMRAD 2012", "PrE0102 2018"]
        rest = ["HORIZON 2013", "MIRACLE 2021"]
        assert labels(page) == resistant + rest
        assert page.get_by_role("status").inner_text() == (
            "Studies sorted by Hazard ratio (95% CI), ascending."
        )
        kinds = (
            page.locator("tbody").first.locator("tr").evaluate_all("r => r.map(x => x.className)")
        )
        assert kinds[:6] == ["heading", "study", "study", "study", "study", "common"]
        button.click()
        assert heading.get_attribute("aria-sort") == "descending"
        assert labels(page) == resistant[::-1] + rest
        button.click()
        assert heading.get_attribute("aria-sort") is None
        assert labels(page) == first
        page.locator("thead th", has_text="Study").get_by_role("button").click()
        assert labels(page)[:4] == sorted(resistant)
        assert page.locator("[aria-sort]").count() == 1
        found.assert_quiet()


def test_numbers_sort_as_numbers(browser: "Browser", counted: Path) -> None:
    """66 comes before 485."""
    with opened(browser, counted) as found:
        page = found.page
        page.locator("thead th", has_text="Total").first.get_by_role("button").click()
        cells = page.locator("tr.study td[data-heading='mTOR inhibitor Total']").all_inner_texts()
        assert cells == ["54", "66", "80", "485"]


def test_groups_fold_and_keep_their_result(browser: "Browser", grouped: Path) -> None:
    """By keyboard, in both layouts; the diamond stays."""
    for width in (1280, 390):
        with opened(browser, grouped, width=width) as found:
            page = found.page
            button = page.get_by_role("button", name="AI-resistant")
            button.focus()
            page.keyboard.press("Enter")
            assert button.get_attribute("aria-expanded") == "false"
            assert labels(page) == ["HORIZON 2013", "MIRACLE 2021"]
            assert page.locator("tbody").first.locator("tr.random").is_visible()
            page.keyboard.press("Space")
            assert button.get_attribute("aria-expanded") == "true"
            assert len(labels(page)) == 6
            found.assert_quiet()


def test_the_keyboard_reaches_everything_and_shows_where_it_is(
    browser: "Browser", grouped: Path
) -> None:
    """Tab goes through headings, groups and numbers in the order they are read."""
    with opened(browser, grouped) as found:
        page = found.page
        everything = page.locator("main button, main a").count()
        seen = []
        for _ in range(everything):
            page.keyboard.press("Tab")
            seen.append(page.evaluate("document.activeElement.textContent.trim()"))
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline == "solid"
        assert seen[0].startswith("Study")
        assert seen.index("AI-resistant") < seen.index("0.45 (0.38 to 0.54)")
        assert len(set(seen)) == everything


def tip(found: Opened) -> str | None:
    node = found.page.get_by_role("tooltip")
    return node.inner_text() if node.count() and node.is_visible() else None


def test_a_number_says_where_it_comes_from(browser: "Browser", grouped: Path) -> None:
    """Pointed at, or at its mark, or focused; Escape closes; the description is always there."""
    with opened(browser, grouped) as found:
        page = found.page
        row = page.locator("tr.study", has_text="BOLERO-5")
        link = row.locator("a.source")
        assert tip(found) is None
        link.hover()
        said = tip(found)
        assert said is not None
        assert said.startswith("Worked out: HR 0.52 (90% CI 0.38 to 0.71)")
        page.get_by_role("tooltip").hover()  # it stays while it is pointed at
        page.wait_for_timeout(300)
        assert tip(found) == said
        page.keyboard.press("Escape")
        assert tip(found) is None
        row.locator("td.plot").hover()
        assert tip(found) == said
        page.locator("h1").hover()
        page.get_by_role("tooltip").wait_for(state="hidden")
        link.focus()
        assert tip(found) == said
        described = page.evaluate(
            "a => document.getElementById(a.getAttribute('aria-describedby')).innerText",
            link.element_handle(),
        )
        assert described.endswith(said)
        found.assert_quiet()


def test_a_finger_gets_the_source_too(browser: "Browser", counted: Path) -> None:
    """A tap shows it where the number stands; a mouse's click goes to the list."""
    with opened(browser, counted, width=390, touch=True) as found:
        link = found.page.locator("a.source").nth(1)
        link.tap()
        said = tip(found)
        assert said is not None
        assert said.startswith("Worked out: 33/54 v 24/57;")
        assert "#" not in found.page.url
        link.click()
        assert found.page.url.endswith(link.get_attribute("href") or "no link")


def test_it_prints_as_a_table(browser: "Browser", grouped: Path) -> None:
    """On A4, side by side and without what cannot be pressed on paper."""
    with opened(browser, grouped, width=718) as found:  # A4 without margins of a centimetre
        row = found.page.locator("tr.study").first
        assert row.evaluate("r => getComputedStyle(r).display") == "flex"
        found.page.emulate_media(media="print")
        assert row.evaluate("r => getComputedStyle(r).display") == "table-row"
        root = "document.documentElement"
        assert found.page.evaluate(f"{root}.scrollWidth - {root}.clientWidth") <= 0


def test_names_are_text_whatever_is_in_them(browser: "Browser", tmp_path: Path) -> None:
    """Markup in labels, titles, groups and sources neither runs nor shows."""
    effects = mo.Effects(
        [-0.5, -0.2, 0.1],
        [0.04, 0.02, 0.05],
        "HR",
        labels=[HOSTILE, "ניסוי אקראי 2019", "</table></section></script>"],
        columns={"source": [HOSTILE] * 3, "g": [HOSTILE, HOSTILE, "b"], "printed": ["x"] * 3},
        title=HOSTILE,
        favours_low=HOSTILE,
        left_out=[mo.effects.LeftOut(HOSTILE, HOSTILE)],
    )
    path = tmp_path / "hostile.html"
    text = forest_html(mo.subgroups(effects, "g"), columns=("g", "plot", "effect", "source"))
    path.write_text(text, encoding="utf-8")
    with opened(browser, path, width=390) as found:
        assert found.page.evaluate("window.stolen") is None
        assert HOSTILE in labels(found.page)
        assert found.page.locator("img").count() == 0
        assert found.page.locator("script").count() == 2
        assert found.page.locator("tr.study").count() == 3
        found.assert_quiet()
        assert found.violations() == []


def test_a_part_of_another_page_works_there_too(browser: "Browser", tmp_path: Path) -> None:
    """What a notebook shows: twice the same cell, each with its own behaviour."""
    page = forest_html(mo.pool(mo.load_registry().effects("pfs")))
    part = page._repr_html_()
    path = tmp_path / "notebook.html"
    path.write_text(f"<!DOCTYPE html><meta charset=utf-8>{part}{part}", encoding="utf-8")
    with opened(browser, path) as found:
        second = found.page.locator(".metaonc-forest").nth(1)
        second.locator("thead button").first.click()
        names = second.locator("tr.study th").all_inner_texts()
        assert names == sorted(names, key=str.lower)
        assert found.page.locator("[aria-sort]").count() == 1
        found.assert_quiet()


def test_words_of_an_svg_fill_the_boxes_measured_for_them(
    browser: "Browser", tmp_path: Path
) -> None:
    """In a browser, from the embedded letters: no text is wider than it was measured."""
    path = tmp_path / "pfs.svg"
    save_figure(mo.forest(mo.pool(mo.load_registry().effects("pfs"))), path)
    with opened(browser, path) as found:
        found.page.evaluate("document.fonts.ready")
        drawn = found.page.evaluate(
            "[...document.querySelectorAll('text')].map(t => [t.textContent, "
            "t.getComputedTextLength(), getComputedStyle(t).fontSize, "
            "getComputedStyle(t).fontWeight])"
        )
        found.assert_quiet()
    assert len(drawn) > 50
    for text, width, size, weight in drawn:
        points = float(size.removesuffix("px"))  # of the drawing, whose unit is the point
        box = text_width(text, points, "bold" if weight == "700" else "normal")
        assert 0.97 * box < width <= box, (text, re.sub(r"\s", "", size), weight)
