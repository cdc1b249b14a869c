"""The settings of `conf.py` that begin with ``metaonc_``."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

PAGES_FOLDER = "generated"


def register(app: Sphinx) -> None:
    """Name the settings, their defaults and types."""
    app.add_config_value("metaonc_studies", None, "env", (str, Path, type(None)))
    app.add_config_value("metaonc_pages", False, "env", (bool, str))
    app.add_config_value("metaonc_confirmed_only", False, "env", bool)
    app.add_config_value("metaonc_skip_broken", False, "env", bool)
    app.add_config_value("metaonc_preset", "metaonc", "env", str)
    app.add_config_value("metaonc_manual", "", "env", str)
    app.connect("config-inited", _check)


def _check(_app: Sphinx, config: Config) -> None:
    """Refuse what would otherwise fail on some page, later."""
    pages = config.metaonc_pages
    if isinstance(pages, str) and (not pages or Path(pages).is_absolute() or ".." in pages):
        raise ConfigError(
            f"metaonc_pages = {pages!r} must be True, False or a folder below the one of conf.py, "
            f"such as {PAGES_FOLDER!r}."
        )


def pages_folder(config: Config) -> str | None:
    """Name of the folder of generated pages, below the sources; None for no pages."""
    pages = config.metaonc_pages
    return PAGES_FOLDER if pages is True else pages.strip("/") if pages else None
