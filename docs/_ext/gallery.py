"""The gallery: scripts are run, and the figures that a block of one has made are shown under it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx_gallery.scrapers import figure_rst

from metaonc.plots import ForestFigure, save_figure


def new_figures(
    block: tuple[Any, ...], block_vars: dict[str, Any], gallery_conf: dict[str, Any]
) -> str:
    """Save the figures of a block that no earlier block has made, and link to them."""
    shown: set[int] = gallery_conf.setdefault("_figures_shown", set())
    figures = {
        id(value): value
        for value in block_vars["example_globals"].values()
        if isinstance(value, ForestFigure)
    }
    paths, titles = [], []
    for key, figure in figures.items():
        if key in shown:
            continue
        shown.add(key)
        _kept.append(figure)
        path = Path(next(block_vars["image_path_iterator"])).with_suffix(".svg")
        save_figure(figure, path)
        paths.append(str(path))
        titles.append(figure.title or "Figure")
    return figure_rst(paths, gallery_conf["src_dir"], " ".join(titles))


_kept: list[ForestFigure] = []  # so that no later figure has the identity of an earlier one

sphinx_gallery_conf = {
    "examples_dirs": "gallery/scripts",
    "gallery_dirs": "gallery/generated",
    "image_scrapers": ("gallery.new_figures",),
    "reset_modules": (),
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 1e9,
    "write_computation_times": False,
    "copyfile_regex": "",
    "remove_config_comments": True,
    "within_subsection_order": "FileNameSortKey",
}
