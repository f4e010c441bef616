"""« Mes documents »: a few generated PDFs by year, kept five years. That is the portal’s rule, not the provider’s."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

YEARS_KEPT = 5
FIRST_YEAR = 2018
KINDS = (
    ("decompte", "Décompte de cotisations", 3, 15),
    ("attestation", "Attestation fiscale", 1, 31),
    ("decision", "Décision d’allocations", 9, 1),
)


@dataclass(frozen=True)
class Document:
    id: str
    subject: str
    issued: date

    @property
    def title(self) -> str:
        return f"{self.subject} {self.issued.year}"


def kept(today: date) -> list[Document]:
    """Return the documents a person still finds, newest first: nothing older than five years (C-23)."""
    oldest = _years_before(today, YEARS_KEPT)
    found = [document for document in _issued_until(today) if document.issued >= oldest]
    return sorted(found, key=lambda document: document.issued, reverse=True)


def by_year(documents: list[Document]) -> dict[int, list[Document]]:
    """Return the documents under the years they were issued in, in the order given."""
    years: dict[int, list[Document]] = {}
    for document in documents:
        years.setdefault(document.issued.year, []).append(document)
    return years


def pdf(document: Document, name: str) -> bytes:
    """Return the document for this person, one page."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=True)
    canvas.setTitle(document.title)
    canvas.setFont("Helvetica-Bold", 18)
    canvas.drawString(72, 740, document.title)
    canvas.setFont("Helvetica", 12)
    canvas.drawString(72, 710, f"Établi le {document.issued:%d.%m.%Y} pour {name}")
    canvas.drawString(72, 690, "Document de démonstration, sans valeur.")
    canvas.save()
    return buffer.getvalue()


def _issued_until(today: date) -> Iterator[Document]:
    for year in range(FIRST_YEAR, today.year + 1):
        for kind, title, month, day in KINDS:
            issued = date(year, month, day)
            if issued <= today:
                yield Document(f"{kind}-{year}", title, issued)


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
