"""A tagged PDF, written with reportlab: every piece of text knows its role, language and place in reading order.

reportlab places and embeds; the structure tree (PDF 1.7 §14.7, the ground of PDF/UA) is added here: one `Document`,
in it one `Sect` a letter, in it headings, paragraphs and figures; frames and fold marks are artifacts that screen
readers skip. A document grows in memory until `save`, so callers bound its number of pages.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFPage, PDFString
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
        self._document = self._element("Document", self._registry.Reference(self._root))
        self._sections: list[object] = []
        self._parents: list[object] = []
        self._section = self._document
        self._blocks: list[object] = []

    @contextmanager
    def page(self, language: str) -> Iterator[None]:
        """One page that is one section in `language`."""
        self._section = self._element("Sect", self._registry.Reference(self._document), Lang=PDFString(language))
        self._blocks = []
        yield
        self.canvas.showPage()
        self._section.dict["K"] = PDFArray(self._blocks)
        self._tie_to_page(self._registry.Pages.pages[-1])

    @contextmanager
    def block(self, role: str, alternative: str = "") -> Iterator[None]:
        """A piece of content with its role (`H1`, `P`, `Figure` …), in reading order."""
        extra = {"Alt": PDFString(alternative)} if alternative else {}
        element = self._element(role, self._registry.Reference(self._section), **extra)
        element.dict["Pg"] = self._registry.thisPageRef()
        element.dict["K"] = len(self._blocks)
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

    def save(self) -> None:
        """Close the structure and write the file."""
        self._document.dict["K"] = PDFArray(self._sections)
        self._root.dict["K"] = self._registry.Reference(self._document)
        self._root.dict["ParentTree"] = self._registry.Reference(PDFDictionary({"Nums": PDFArray(self._parents)}))
        self._root.dict["ParentTreeNextKey"] = len(self._sections)
        catalog = self._registry.Catalog
        catalog.StructTreeRoot = self._root
        catalog.MarkInfo = PDFDictionary({"Marked": "true"})
        self.canvas.setViewerPreference("DisplayDocTitle", "true")
        self.canvas.save()

    def _element(self, role: str, parent: object, **more: object) -> PDFDictionary:
        return PDFDictionary({"Type": PDFName("StructElem"), "S": PDFName(role), "P": parent, **more})

    def _tie_to_page(self, page: Any) -> None:
        page.__NoDefault__ = [*PDFPage.__NoDefault__, "StructParents", "Tabs"]
        page.StructParents = len(self._sections)
        page.Tabs = PDFName("S")
        self._parents += [len(self._sections), PDFArray(self._blocks)]
        self._sections.append(self._registry.Reference(self._section))
