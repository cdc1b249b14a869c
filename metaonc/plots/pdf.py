"""What matplotlib's PDFs lack: alternative texts on tagged figures, and a list of contents.

Each page becomes one structure element Figure with its Alt, as ISO 32000-1, 14.7 and 14.9.3 have
it; its marked content is the whole page, so words can still be selected and searched.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pypdf import PageObject, PdfWriter
    from pypdf.generic import DictionaryObject, IndirectObject


def finished(
    content: bytes, alternatives: Sequence[str], contents: Sequence[tuple[str, int]]
) -> bytes:
    """A PDF with an alternative text for each page.

    Parameters
    ----------
    content : bytes
        The PDF as matplotlib writes it.
    alternatives : sequence of str
        A text per page.
    contents : sequence of (str, int)
        Entries of the list of contents, and the pages they lead to, counted from 0.
    """
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    _tag(writer, alternatives)
    for title, page in contents:
        writer.add_outline_item(title=title, page_number=page)
    if contents:
        writer.page_mode = "/UseOutlines"
    raw = io.BytesIO()
    writer.write(raw)
    return raw.getvalue()


def _tag(writer: PdfWriter, alternatives: Sequence[str]) -> None:
    """The tree: a document, and one figure for each page."""
    from pypdf.generic import ArrayObject, BooleanObject, NumberObject, TextStringObject

    document, tree = _dictionary(S="Document"), _dictionary(Type="StructTreeRoot")
    root, top = writer._add_object(tree), writer._add_object(document)
    figures, by_number = ArrayObject(), ArrayObject()
    for i, (page, text) in enumerate(zip(writer.pages, alternatives, strict=True)):
        figure = writer._add_object(_figure(page, top, text))
        figures.append(figure)
        by_number += [NumberObject(i), writer._add_object(ArrayObject([figure]))]
        _mark(writer, page, i)
    document.update(_dictionary(P=root, K=figures))
    tree.update(_dictionary(K=top, ParentTree=writer._add_object(_dictionary(Nums=by_number))))
    writer.root_object.update(
        _dictionary(
            StructTreeRoot=root,
            MarkInfo=_dictionary(Marked=BooleanObject(value=True)),
            Lang=TextStringObject("en"),
            ViewerPreferences=_dictionary(DisplayDocTitle=BooleanObject(value=True)),
        )
    )


def _figure(page: PageObject, parent: IndirectObject, text: str) -> DictionaryObject:
    from pypdf.generic import ArrayObject, NumberObject, TextStringObject

    box = ArrayObject(page.mediabox)
    return _dictionary(
        Type="StructElem",
        S="Figure",
        P=parent,
        Pg=page.indirect_reference,
        K=NumberObject(0),
        Alt=TextStringObject(text),
        A=_dictionary(O="Layout", Placement="Block", BBox=box),
    )


def _mark(writer: PdfWriter, page: PageObject, number: int) -> None:
    """Mark all that a page draws as the content of its figure."""
    from pypdf.generic import NameObject, NumberObject, StreamObject

    drawn = page.get_contents()
    marked = StreamObject()
    data = drawn.get_data() if drawn is not None else b""
    marked.set_data(b"/Figure <</MCID 0>> BDC\n" + data + b"\nEMC")
    page[NameObject("/Contents")] = writer._add_object(marked.flate_encode())
    page[NameObject("/StructParents")] = NumberObject(number)
    page[NameObject("/Tabs")] = NameObject("/S")


def _dictionary(**entries: object) -> DictionaryObject:
    """A dictionary; texts are names."""
    from pypdf.generic import DictionaryObject, NameObject

    return DictionaryObject(
        {
            NameObject(f"/{key}"): NameObject(f"/{value}") if type(value) is str else value
            for key, value in entries.items()
        }
    )
