"""What a project shows of a review, and where: links between pages that Sphinx may shuffle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.domains import Domain, ObjType
from sphinx.util.nodes import make_refnode

from metaonc.sphinx.names import NamedRole

if TYPE_CHECKING:
    from docutils.nodes import Element
    from sphinx.addnodes import pending_xref
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

_FOLDERS = {"trial": "trials/", "analysis": "analyses/"}  # beginnings of the keys of their pages


class Shown(NamedTuple):
    """A page of a review where a project shows it."""

    docname: str
    node_id: str
    title: str
    places: dict[str, str]  # places on it -> ids


class MetaoncDomain(Domain):
    """Trials and analyses that the pages of a project show."""

    name = "metaonc"
    label = "metaonc"
    object_types: ClassVar = {
        "trial": ObjType("trial", "trial"),
        "analysis": ObjType("analysis", "analysis"),
    }
    roles: ClassVar = {kind: NamedRole(kind) for kind in ("trial", "analysis")}
    initial_data: ClassVar[dict[str, Any]] = {
        "shown": {},  # (review, page) -> docname -> Shown
        "read": {},  # docname -> review's place -> digest of what was read
        "files": {},  # docname -> names of the files it links
    }
    dangling_warnings: ClassVar = {
        "trial": "no page shows the trial %(target)s: add `.. metaonc-study::` or metaonc_pages",
        "analysis": "no page shows the analysis %(target)s: add `.. metaonc-analysis::` or "
        "metaonc_pages",
    }

    # What is where ---------------------------------------------------------------------------

    def note_shown(self, review: str, page: str, shown: Shown) -> None:
        """A page of a review is shown on a page of the project."""
        self.data["shown"].setdefault((review, page), {}).setdefault(shown.docname, shown)

    def note_read(self, docname: str, place: object, digest: str) -> None:
        """A page of the project says what the records of a place say."""
        self.data["read"].setdefault(docname, {})[place] = digest

    def note_file(self, docname: str, name: str) -> None:
        """A page of the project links a file that is delivered with it."""
        self.data["files"].setdefault(docname, set()).add(name)

    @property
    def read(self) -> Mapping[str, Mapping[Any, str]]:
        """Page of the project -> place of records -> digest of what was read there."""
        return cast("Mapping[str, Mapping[Any, str]]", self.data["read"])

    @property
    def files(self) -> set[str]:
        """Every file that a page links."""
        return {name for names in self.data["files"].values() for name in names}

    def where(self, review: str, page: str) -> Shown | None:
        """Where a page of a review is shown; the first in the order of names, if several do."""
        found = self.data["shown"].get((review, page), {})
        # Whole pages come before parts of others: those have no id of their own.
        return min(found.values(), key=lambda one: (one.node_id, one.docname), default=None)

    # What Sphinx asks ------------------------------------------------------------------------

    def clear_doc(self, docname: str) -> None:
        """Forget a page of the project."""
        for shown in self.data["shown"].values():
            shown.pop(docname, None)
        self.data["read"].pop(docname, None)
        self.data["files"].pop(docname, None)

    def merge_domaindata(self, docnames: Set[str], otherdata: dict[str, Any]) -> None:
        """Take over what another process has read."""
        for key, pages in otherdata["shown"].items():
            mine = self.data["shown"].setdefault(key, {})
            mine |= {docname: shown for docname, shown in pages.items() if docname in docnames}
        for name in ("read", "files"):
            theirs = otherdata[name]
            self.data[name] |= {key: theirs[key] for key in theirs if key in docnames}

    def resolve_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: pending_xref,
        contnode: Element,
    ) -> nodes.reference | None:
        """Make a link, or words where a generated text names what the project does not show."""
        page = target if typ == "page" else f"{_FOLDERS[typ]}{target}"
        shown = self.where(node.get("review", ""), page)
        if shown is None:
            # Sphinx wants an element in place of the link; that it be a reference is its hint only.
            return cast("nodes.reference", contnode) if typ == "page" else None
        place = node.get("place", "")
        node_id = shown.places.get(place, shown.node_id) if place else shown.node_id
        return make_refnode(builder, fromdocname, shown.docname, node_id, contnode)

    def resolve_any_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: pending_xref,
        contnode: Element,
    ) -> list[tuple[str, nodes.reference]]:
        """Find what ``:any:`` names."""
        found = []
        for typ in self.roles:
            made = self.resolve_xref(env, fromdocname, builder, typ, target, node, contnode)
            if made is not None:
                found.append((f"metaonc:{typ}", made))
        return found

    def get_objects(self) -> Iterable[tuple[str, str, str, str, str, int]]:
        """Trials and analyses, for the search and for other projects that link here."""
        for review, page in sorted(self.data["shown"]):
            shown = self.where(review, page)
            for kind, beginning in _FOLDERS.items():
                key = page.removeprefix(beginning)
                if shown and not review and key not in (page, "index"):
                    yield key, shown.title, kind, shown.docname, shown.node_id, 1


def domain_of(env: BuildEnvironment) -> MetaoncDomain:
    """The domain of a project."""
    return cast("MetaoncDomain", env.get_domain("metaonc"))


def register(app: Sphinx) -> None:
    """Add the domain."""
    app.add_domain(MetaoncDomain)
