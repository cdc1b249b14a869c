"""The example of the documentation: it builds without a warning, wherever, and asks nobody."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.sphinx.building import TRIALS, Built, build, example


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    source = example(tmp_path_factory.mktemp("here"))
    trial = source / "studies/tamrad.toml"
    text = trial.read_text(encoding="utf-8")
    assert text.count('name = "TAMRAD"') == 1
    odd = text.replace('name = "TAMRAD"', f"name = {ODD!r}")
    trial.write_text(odd, encoding="utf-8")
    return build(source)


# Markup of HTML, of reStructuredText, and quotes that smart ones would replace.
ODD = '<script>alert("TAMRAD")</script> *not* `marked` |up| _at_ all -- "really"'


class Links(HTMLParser):
    """What a page would fetch, where it leads, and the places in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.leads: list[str] = []
        self.places: set[str] = set()
        self.scripts = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.fetched += [said["src"] or ""] if "src" in said else []
        self.fetched += [said["href"] or ""] if tag == "link" else []
        self.leads += [said["href"] or ""] if tag == "a" and "href" in said else []
        self.places |= {said["id"] or ""} if "id" in said else set()
        self.scripts += tag == "script"


def pages(built: Built) -> dict[str, Links]:
    found = sorted(built.out.rglob("*.html"))
    return {
        path.relative_to(built.out).as_posix(): Links(path.read_text(encoding="utf-8"))
        for path in found
        if "_downloads" not in path.parts and path.parent.name != "_static"
    }


def test_it_builds_without_a_warning(built: Built) -> None:
    assert built.warnings == ()


def test_every_trial_and_analysis_has_a_page(built: Built) -> None:
    wanted = {f"generated/trials/{name}.html" for name in (*TRIALS, "index", "characteristics")}
    wanted |= {f"generated/analyses/{name}.html" for name in ("progression", "benefit", "index")}
    assert wanted | {"generated/references/index.html"} <= set(pages(built))


def test_no_page_fetches_anything_from_elsewhere(built: Built) -> None:
    for name, links in pages(built).items():
        assert not [one for one in links.fetched if "//" in one], name
        folder = (built.out / name).parent
        for one in links.fetched:
            if one == "#":  # the page itself, as a relation
                continue
            assert (folder / one.partition("?")[0]).is_file(), (name, one)
    for path in built.out.glob("_static/metaonc*"):
        assert "http" not in path.read_text(encoding="utf-8")


def test_every_link_within_the_project_leads_somewhere(built: Built) -> None:
    found = pages(built)
    for name, links in found.items():
        for link in links.leads:
            if "//" in link or link == "#":
                continue
            path, _, place = link.partition("#")
            target = (built.out / name).parent / path if path else built.out / name
            assert target.resolve().is_file(), (name, link)
            key = target.resolve().relative_to(built.out.resolve()).as_posix()
            if place and key in found:
                assert place in found[key].places, (name, link)


def test_a_number_leads_from_the_sentence_to_its_source(built: Built) -> None:
    """Sentence -> analysis -> printed result -> reference -> the paper's address."""
    found = pages(built)
    assert "generated/analyses/progression.html" in found["index.html"].leads
    assert any(
        link.startswith("../trials/bolero-2.html#result-")
        for link in found["generated/analyses/progression.html"].leads
    )
    trial = found["generated/trials/bolero-2.html"]
    assert "#reference-yardley-2013" in trial.leads
    assert "https://doi.org/10.1007/s12325-013-0060-1" in trial.leads


def test_what_a_record_says_is_text(built: Built) -> None:
    """A name that looks like markup is shown as what it is, quotes and dashes included."""
    shown = (
        "&lt;script&gt;alert(&quot;TAMRAD&quot;)&lt;/script&gt; *not* `marked` |up| _at_ all "
        "-- &quot;really&quot;"
    )
    text = built.text("generated/trials/tamrad.html")
    assert shown in text
    assert f"<h1>{shown}" in text
    for name in pages(built):
        assert '<script>alert("TAMRAD")' not in built.text(name)
    assert shown in built.text("generated/analyses/progression.html")


def test_the_style_sheet_is_loaded_only_where_it_is_needed(built: Built) -> None:
    assert "metaonc-review.css" in built.text("index.html")
    assert "metaonc-review.css" not in built.text("search.html")
    assert "metaonc-filters.js" in built.text("generated/trials/index.html")
    assert "metaonc-filters.js" not in built.text("index.html")


def test_figures_say_in_words_what_they_show(built: Built) -> None:
    text = built.text("index.html")
    alts = re.findall(r'<img alt="([^"]*)"', text)
    assert len(alts) == 2
    assert all(alt.startswith("Forest plot of Time to progression. ") for alt in alts)
    assert "hazard ratio 0.61" in alts[0]
    assert "hazard ratio 0.46" in alts[1]


def test_the_same_records_give_the_same_bytes_in_another_folder(
    built: Built, tmp_path: Path
) -> None:
    away = tmp_path / "a folder with another name"
    shutil.copytree(built.source, away / "source")
    again = build(away / "source")
    files = {p.relative_to(built.out) for p in built.out.rglob("*") if p.is_file()}
    assert files == {p.relative_to(again.out) for p in again.out.rglob("*") if p.is_file()}
    differing = [
        name for name in files if (built.out / name).read_bytes() != (again.out / name).read_bytes()
    ]
    assert differing == []
