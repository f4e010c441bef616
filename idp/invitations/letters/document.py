"""A tagged PDF, written with reportlab: every piece of text knows its role, language and place in reading order.

reportlab places and embeds; the structure tree (PDF 1.7 §14.7, the ground of PDF/UA) is added here: one `Document`,
in it one `Sect` a letter, in it headings, paragraphs and figures; frames and fold marks are artifacts that screen
readers skip. A document grows in memory until `save`, so callers bound its number of pages.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, Protocol

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFDictionary,
    PDFName,
    PDFObject,
    PDFPage,
    PDFStream,
    PDFString,
    PDFZCompress,
)
from reportlab.pdfgen.canvas import Canvas

from idp.invitations.letters import fonts


class MarkingCanvas(Canvas):
    """reportlab's canvas, which has no public way to its page stream and to the objects of the file."""

    _code: list[str]
    _doc: Any

    @property
    def objects(self) -> Any:
        """The registry of the file's objects: `Reference(thing)` makes a thing an indirect object."""
        return self._doc

    def operator(self, text: str) -> None:
        """Append an operator to the page stream."""
        self._code.append(text)

    def append(self, operators: Sequence[str]) -> None:
        """Append operators that stood in a page stream of this document before."""
        self._code += operators

    def operators_since(self, place: int) -> list[str]:
        """Return the operators of the page stream from this place on."""
        return self._code[place:]

    @property
    def place(self) -> int:
        """The number of operators in the page stream."""
        return len(self._code)


class Written(Protocol):
    """A thing of the file, which writes itself: a reference, a text."""

    def format(self, document: object) -> bytes: ...


class StructureElement(PDFObject):
    """An element of the structure tree (PDF 1.7 §14.7.2). A letter has two dozen, and reportlab's own dictionaries
    would take most of the time of a page.

    `K` is what belongs to it: the number of a piece of its page, or references to elements.
    """

    def __init__(self, role: str, parent: Written, page: Written | None = None, **more: Written) -> None:
        self._role = role
        self._objects: dict[str, Written] = {"P": parent, **({"Pg": page} if page is not None else {}), **more}
        self.K: int | Sequence[Written] = ()

    def format(self, document: object) -> bytes:
        """Return the dictionary as reportlab writes it into the file."""
        named = b"".join(b" /%b %b" % (name.encode(), each.format(document)) for name, each in self._objects.items())
        kids = b"%d" % self.K if isinstance(self.K, int) else b"[%b]" % b" ".join(k.format(document) for k in self.K)
        return b"<< /Type /StructElem /S /%b%b /K %b >>" % (self._role.encode(), named, kids)


class TaggedDocument:
    """Pages with structure. Draw on `canvas` inside `block` or `artifact`, inside `page`."""

    def __init__(self, file: BinaryIO, *, title: str, author: str, language: str) -> None:
        fonts.register()
        self.canvas = MarkingCanvas(
            file,
            pagesize=A4,
            pageCompression=1,
            lang=language,
            pdfVersion=(1, 7),
            initialFontName=fonts.TEXT,  # type: ignore[arg-type]  # the stubs take it for a number
        )
        self.canvas.setTitle(title)
        self.canvas.setAuthor(author)
        self.canvas.setCreator("Vestibule")
        self._registry = self.canvas.objects
        self._root = PDFDictionary({"Type": PDFName("StructTreeRoot")})
        self._document = StructureElement("Document", self._registry.Reference(self._root))
        self._reference = self._registry.Reference(self._document)
        self._sections: list[Written] = []
        self._parents: list[object] = []
        self._section = self._reference
        self._page = self._reference
        self._blocks: list[Written] = []
        self._drawn: dict[Hashable, list[str]] = {}

    @contextmanager
    def page(self, language: str) -> Iterator[None]:
        """One page that is one section in `language`."""
        section = StructureElement("Sect", self._reference, Lang=PDFString(language))
        self._section = self._registry.Reference(section)
        self._page = self._registry.thisPageRef()
        self._blocks = []
        yield
        self.canvas.showPage()
        section.K = self._blocks
        self._tie_to_page(self._registry.Pages.pages[-1])

    @contextmanager
    def block(self, role: str, alternative: str = "") -> Iterator[None]:
        """A piece of content with its role (`H1`, `P`, `Figure` …), in reading order."""
        extra = {"Alt": PDFString(alternative)} if alternative else {}
        element = StructureElement(role, self._section, self._page, **extra)
        element.K = len(self._blocks)
        self.canvas.operator(f"/{role} <</MCID {len(self._blocks)}>> BDC")
        self._blocks.append(self._registry.Reference(element))
        yield
        self.canvas.operator("EMC")

    @contextmanager
    def artifact(self) -> Iterator[None]:
        """Something to look at only: a frame, a bar, a fold mark."""
        self.canvas.operator("/Artifact BMC")
        yield
        self.canvas.operator("EMC")

    def drawn(self, what: Hashable, draw: Callable[[], None]) -> None:
        """Draw, or append the operators of the first time that this was drawn: most of a letter is in all of them.

        `draw` sets every colour, width and typeface that it uses: nothing of the page so far reaches it.
        """
        known = self._drawn.get(what)
        if known is not None:
            self.canvas.append(known)
            return
        begin = self.canvas.place
        draw()
        self._drawn[what] = self.canvas.operators_since(begin)

    def save(self) -> None:
        """Close the structure and write the file."""
        self._document.K = self._sections
        self._root.dict["K"] = self._reference
        self._root.dict["ParentTree"] = self._registry.Reference(PDFDictionary({"Nums": PDFArray(self._parents)}))
        self._root.dict["ParentTreeNextKey"] = len(self._sections)
        catalog = self._registry.Catalog
        catalog.StructTreeRoot = self._root
        catalog.MarkInfo = PDFDictionary({"Marked": "true"})
        self.canvas.setViewerPreference("DisplayDocTitle", "true")
        self.canvas.save()

    def _tie_to_page(self, page: Any) -> None:
        page.__NoDefault__ = [*PDFPage.__NoDefault__, "StructParents", "Tabs"]
        page.StructParents = len(self._sections)
        page.Tabs = PDFName("S")
        page.Contents = PDFStream(content=page.stream, filters=[PDFZCompress])  # not as text, as reportlab does it
        self._parents += [len(self._sections), PDFArray(self._blocks)]
        self._sections.append(self._section)
