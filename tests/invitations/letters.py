"""Letters to test with, in the words and brand of the shipped portals."""

import re
import zlib
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from idp.clients.brand import Brand, Colours, Contact, Fund
from idp.invitations import validity
from idp.invitations.letters.content import Letterhead
from idp.invitations.letters.letter import CodeOnPaper
from idp.people.insured import Particulars
from idp.settings import HOME
from idp.wording import Translator, Wording

ZURICH = ZoneInfo("Europe/Zurich")
LANGUAGES = ("fr", "de", "it", "en")
WORDING = Wording(HOME / "templates" / "translations", LANGUAGES, "Europe/Zurich")

CODE = CodeOnPaper(
    reference="4F7K-22QX",
    code="K7M3 9QXA H4TB",
    expires_at=validity.after_days(datetime(2026, 5, 7, 9, tzinfo=UTC), 30, ZURICH),
)
READER = Particulars(
    given_name="Marie-Louise",
    family_name="Zürcher-Šimić",
    honorific="mrs",
    address=("Chemin des Vignes 12", "1009 Pully"),
)
HOURS = {
    "fr": "du lundi au vendredi, de 7 h 30 à 16 h 00 sans interruption",
    "de": "Montag bis Freitag, durchgehend von 7.30 bis 16.00 Uhr",
    "it": "dal lunedì al venerdì, dalle 7.30 alle 16.00 senza interruzione",
    "en": "Monday to Friday, 7:30 to 16:00 without a break",
}


def letterhead(country: str = "CH", *, asks_birth_date: bool = False) -> Letterhead:
    name = {"fr": "connect@Assurés", "de": "connect@Versicherte", "it": "connect@Assicurati", "en": "connect@Insured"}
    return Letterhead(
        brand=Brand(id="b", name=name, colours=Colours(brand="#5B2A6E"), country=country),
        fund=Fund(
            code="AK00",
            name={"fr": "Caisse de compensation Modèle", "de": "Ausgleichskasse Muster"},
            address={"fr": ("Case postale", "3001 Berne"), "de": ("Postfach", "3001 Bern")},
            place={"fr": "Berne", "de": "Bern"},
            desk=Contact(phone="+41 31 390 23 25", email="desk@example.ch", hours=HOURS),
        ),
        register_url="https://login.example.ch/AK00/register",
        today=date(2026, 5, 7),
        lifetime_days=30,
        asks_birth_date=asks_birth_date,
    )


def words(language: str) -> Translator:
    return WORDING.translator(language)


def streams(pdf: Path) -> str:
    """The raw file with its compressed streams opened, as one text to search in."""
    raw = pdf.read_bytes()
    text = raw.decode("latin-1")
    for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", raw, re.DOTALL):
        body = match[1]
        if body.startswith(b"Gb") or body.rstrip().endswith(b"~>"):
            continue
        try:
            text += zlib.decompress(body).decode("latin-1")
        except zlib.error:
            continue
    return text
