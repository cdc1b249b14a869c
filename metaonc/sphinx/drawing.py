"""What directives of figures share: caption, alternative text, links to other forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from docutils import nodes
from docutils.parsers.rst import directives

from metaonc.errors import PlotError
from metaonc.reports.document import Figure, Inline, Link
from metaonc.sphinx.directives import ReviewDirective
from metaonc.sphinx.figures import WORDS
from metaonc.sphinx.options import Options, names

if TYPE_CHECKING:
    from metaonc.plots import ForestFigure
    from metaonc.sphinx.reviews import Review


class Drawing(NamedTuple):
    """A figure that a directive shows.

    Attributes
    ----------
    name : str
        Its files without their suffix: another name for everything that looks different.
    caption : str
        What it is.
    alt : str
        What it shows, for those who do not see it.
    make : callable
        Draws it.
    """

    name: str
    caption: str
    alt: str
    make: Callable[[], ForestFigure]


class FigureDirective(ReviewDirective):
    """A figure; the directive's content, if any, is its caption and legend, as in ``figure``."""

    has_content = True
    forms: ClassVar[tuple[str, ...]] = ("pdf",)
    option_spec: ClassVar[Options] = {
        "studies": directives.path,
        "alt": directives.unchanged,
        "formats": names,
        "name": directives.unchanged,
        "class": directives.class_option,
    }

    def drawing(self, review: Review) -> Drawing:
        """What is drawn."""
        raise NotImplementedError

    def written(self, review: Review) -> list[nodes.Node]:
        """The figure, under the name by which other pages may refer to it."""
        drawing = self.drawing(review)
        alt = self.options.get("alt") or drawing.alt
        block = Figure(drawing.name, alt, self.caption(drawing))
        writer = self.writer(review, {drawing.name: drawing.make})
        (figure,) = writer.figure(block)
        if self.content:
            self.say(figure)
        figure["classes"] += self.options.get("class", [])
        self.add_name(figure)
        self.set_source_info(figure)
        return [figure]

    def caption(self, drawing: Drawing) -> tuple[Inline, ...]:
        """The words of the caption, then links to other forms of the figure."""
        said: list[Inline] = [f"{drawing.caption}."]
        for at, suffix in enumerate(self.options.get("formats", self.forms)):
            if suffix not in WORDS:
                raise PlotError(
                    f":formats: {suffix}: a figure is linked as {', '.join(WORDS)}; name some of "
                    "these, or none."
                )
            link = Link(WORDS[suffix], file=f"{drawing.name}.{suffix}")
            said += [" · " if at else " ", link]
        return tuple(said)

    def say(self, figure: nodes.Element) -> None:
        """Put the directive's content in the place of the caption's own words."""
        caption = figure.children[-1]
        assert isinstance(caption, nodes.caption)
        first, *legend = self.parse_content_to_nodes()
        links = [node for node in caption.children if not isinstance(node, nodes.Text)]
        caption.children = []
        caption.extend([*first.children, nodes.Text(" "), *links])
        caption["support_smartquotes"] = True  # these words are the page's own
        if legend:
            figure += nodes.legend("", *legend)
