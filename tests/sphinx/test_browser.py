"""The table of trials in a browser: its filters, by name and by choice, and what is read out."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.plots.html.browser import AXE, chromium, needs_chromium, opened
from tests.sphinx.building import build, project

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def page_of_trials(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with the table of trials and the result of one, without any theme's own looks."""
    text = ".. metaonc-trials::\n\n.. metaonc-study:: tamrad\n   :sections: Results"
    source = project(tmp_path_factory.mktemp("trials"), {"index": text}, "html_theme = 'basic'")
    built = build(source)
    assert built.warnings == ()
    return built.out / "index.html"


def shown(page: "Page") -> list[str]:
    cells = page.locator(".metaonc-filtered tbody tr:visible th").all_inner_texts()
    return [cell.split("\n")[0] for cell in cells]  # the name; its arms stand below


def test_rows_are_found_by_name_and_by_choice(browser: "Browser", page_of_trials: Path) -> None:
    with opened(browser, page_of_trials) as found:
        page, told = found.page, found.page.get_by_role("status")
        assert shown(page) == ["TAMRAD", "BOLERO-2", "HORIZON"]
        assert told.inner_text() == "3 of 3 shown, 1,947 patients"
        page.get_by_label("Agent").select_option("temsirolimus")
        assert shown(page) == ["HORIZON"]
        assert told.inner_text() == "1 of 3 shown, 1,112 patients"
        page.get_by_role("button", name="Show all").click()
        page.get_by_label("Find in names").fill("exemestane 2013")
        assert shown(page) == ["BOLERO-2"]
        assert found.said == []
        assert all(one.startswith("file:") for one in found.asked)


def test_without_scripts_the_table_is_whole(browser: "Browser", page_of_trials: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_of_trials.as_uri())
    assert shown(page) == ["TAMRAD", "BOLERO-2", "HORIZON"]
    assert not page.locator(".metaonc-filters").is_visible()
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_what_the_extension_adds_is_accessible_and_fits(
    browser: "Browser", page_of_trials: Path, width: int
) -> None:
    with opened(browser, page_of_trials, width=width) as found:
        root = "document.documentElement"
        assert found.page.evaluate(f"{root}.scrollWidth - {root}.clientWidth") <= 0
        found.page.evaluate(AXE.read_text(encoding="utf-8"))
        said = found.page.evaluate("axe.run('div.body')")
        assert [(one["id"], one["nodes"][0]["html"]) for one in said["violations"]] == []
