"""A headless Chromium of this machine, and what goes wrong in it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PROGRAM = os.environ.get("METAONC_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
needs_chromium = pytest.mark.skipif(
    PROGRAM is None,
    reason="no Chromium on this machine; install one (apt-get install chromium) or name it in "
    "METAONC_CHROMIUM",
)
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as playwright:
        # Its sandbox asks for rights that containers do not give.
        running = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        yield running
        running.close()


@dataclass
class Opened:
    """A page with what it said and asked for while it was open."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def assert_quiet(self) -> None:
        """No message in the console, no error, no request but for the file itself."""
        assert self.said == []
        assert len(self.asked) == 1
        assert self.asked[0].startswith("file:")

    def violations(self) -> list[Any]:
        """What axe-core finds, all its rules on."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run()")
        return [
            (rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found["violations"]
        ]


@contextmanager
def opened(
    browser: Browser, path: Path, *, width: int = 1280, scheme: str = "light", touch: bool = False
) -> Iterator[Opened]:
    """A file in a window of that width."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]
        has_touch=touch,
    )
    page = context.new_page()
    found = Opened(page)
    page.on("console", lambda message: found.said.append(message.text))
    page.on("pageerror", lambda error: found.said.append(str(error)))
    page.on("request", lambda request: found.asked.append(request.url))
    page.goto(path.as_uri())
    yield found
    context.close()
