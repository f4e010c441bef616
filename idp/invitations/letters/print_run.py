"""From insured persons to files on paper, a bounded part at a time.

A part is: `select` (people who get a letter, and the reasons of the others) → `draw` codes (one short transaction) →
`letters` and `write_pdf` (no transaction); after the last part `campaigns.finish` says that all are on paper. A crash
leaves codes that are `created`: ordering the same letters again replaces them, so nobody ends with two that work. The
caller opens the transactions.

A program that waits for few letters gets them all or none: `draw_unstored` → `letters` → `store`, in one transaction
with the end of the campaign, if the readers `still_wait`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from io import BytesIO
from pathlib import Path
from types import ModuleType

from idp.database import Transaction
from idp.invitations import issuing, status, validity
from idp.invitations.issuing import IssuedRegistrationCode, RegistrationCodeRequest
from idp.invitations.letters import content, print_shop
from idp.invitations.letters.content import Letterhead
from idp.invitations.letters.letter import CodeOnPaper, Design, Letter, designed
from idp.invitations.registration_code import Channel, RegistrationCodeKind, RegistrationCodeState
from idp.people import email_replacements, phone_replacements
from idp.people import insured as register
from idp.people.insured import InsuredDetails
from idp.wording import Text, Translator, text

PART = 500
"""Letters per file: bounds memory, and a jam in the printer costs one file."""

UNPRINTED = CodeOnPaper(reference="XXXX-XXXX", code="XXXX XXXX XXXX", expires_at=datetime(2999, 1, 1, tzinfo=UTC))
"""Stands in for a code while it is checked whether a letter can be printed at all."""

HOLDS_LETTER = text("This person holds a letter that is still valid; reissue it to replace it.")

Translators = Callable[[str], Translator]


@dataclass(frozen=True)
class LetterOrder:
    """An order for letters: portal, fund, campaign and letterhead.

    `replace_live`: also for people who hold a live letter, which then dies (C-17). `language`: of all letters; empty:
    each is in its reader's.
    """

    client_id: str
    campaign_id: str
    letterhead: Letterhead
    translators: Translators
    replace_live: bool = False
    design: Design = "portal"
    language: str = ""


@dataclass(frozen=True)
class SkippedNumber:
    """A number that gets no letter, and why."""

    number: str
    reason: Text


@dataclass(frozen=True)
class DrawnLetter:
    """A letter to be written. `reader` is the person for whom its code was drawn."""

    issued: IssuedRegistrationCode
    reader: InsuredDetails


def select(
    tx: Transaction, order: LetterOrder, numbers: Sequence[str]
) -> tuple[list[InsuredDetails], list[SkippedNumber]]:
    """Return the people behind these numbers who get a letter now; each number counts once."""
    readers, skipped = [], []
    known = register.by_numbers(tx, order.letterhead.fund.code, numbers)
    for number in dict.fromkeys(numbers):
        reader = known.get(number)
        reason = reason_against(tx, order, reader)
        if reader is not None and reason is None:
            readers.append(reader)
        else:
            skipped.append(SkippedNumber(number, reason or text("There is no one in the register with this number.")))
    return readers, skipped


def draw(
    tx: Transaction, order: LetterOrder, readers: Sequence[InsuredDetails], *, expires_at: datetime
) -> list[DrawnLetter]:
    """Draw the codes of a part; live letters of the same people die with it."""
    drawn = draw_unstored(order, readers, now=tx.now, expires_at=expires_at)
    store(tx, drawn)
    return drawn


def draw_unstored(
    order: LetterOrder, readers: Sequence[InsuredDetails], *, now: datetime, expires_at: datetime
) -> list[DrawnLetter]:
    """Draw the codes of letters before anything is stored: the letters can be made without a transaction."""
    requests = [
        RegistrationCodeRequest(
            kind=RegistrationCodeKind.INSURED,
            channel=Channel.LETTER,
            client_id=order.client_id,
            subject_id=reader.id,
            expires_at=expires_at,
            language=order.language or reader.language,
            fund=order.letterhead.fund.code,
            campaign_id=order.campaign_id,
        )
        for reader in readers
    ]
    return [DrawnLetter(*pair) for pair in zip(issuing.draw(requests, now), readers, strict=True)]


def store(tx: Transaction, drawn: Sequence[DrawnLetter]) -> None:
    """Store the codes of these letters; live letters of the same people die with it."""
    issuing.store(tx, [each.issued for each in drawn])


def still_wait(tx: Transaction, order: LetterOrder, readers: Sequence[InsuredDetails]) -> bool:
    """Return whether nothing has changed for these people since `select` chose them."""
    known = register.by_numbers(tx, order.letterhead.fund.code, [reader.number for reader in readers])
    return all(known.get(reader.number) == reader and _refusal(tx, order, reader) is None for reader in readers)


def letters(order: LetterOrder, drawn: Sequence[DrawnLetter]) -> list[Letter]:
    """Return the letters of a part, in the order in which their codes were drawn."""
    return [letter_for(order, on_paper(item.issued), item.reader) for item in drawn]


def letter_for(order: LetterOrder, code: CodeOnPaper, reader: InsuredDetails) -> Letter:
    """Return the letter with this code, in the design of the order."""
    words = order.translators(order.language or reader.language)
    return designed(content.for_insured(words, order.letterhead, code, reader.particulars), order.design)


def on_paper(issued: IssuedRegistrationCode) -> CodeOnPaper:
    return CodeOnPaper(issued.reference, issued.grouped, issued.expires_at)


def reason_not_to_print(letter: Letter) -> Text | None:
    """Return why this letter cannot go on one page as it must be; ask before its code is drawn."""
    reason: Text | None = _pdf().reason_not_to_print(letter)
    return reason


def write_pdf(part: Sequence[Letter], path: Path) -> None:
    """Write letters, at least one, as one PDF that its owner only may read; it gets its name once it is complete."""
    with print_shop.private_file(path) as file:
        _pdf().write(part, file)


def pdf_of(part: Sequence[Letter]) -> bytes:
    """Return letters, at least one, as one PDF. It holds codes in clear."""
    file = BytesIO()
    _pdf().write(part, file)
    return file.getvalue()


def _pdf() -> ModuleType:
    """Return the module that makes PDFs, loaded when the first one is made."""
    return import_module("idp.invitations.letters.pdf")


def expiry(order: LetterOrder, now: datetime) -> datetime:
    """Return when the letters of this order expire: the end of the last day they print."""
    return validity.after_days(now, order.letterhead.lifetime_days, order.translators("").zone)


def reason_against(tx: Transaction, order: LetterOrder, reader: InsuredDetails | None) -> Text | None:
    """Return why this person gets no letter now; None: they get one. A reader without id is not registered yet."""
    if reader is None:
        return text("There is no one in the register with this number.")
    return _refusal(tx, order, reader) or reason_not_to_print(letter_for(order, UNPRINTED, reader))


def _refusal(tx: Transaction, order: LetterOrder, reader: InsuredDetails) -> Text | None:
    if reader.person_id and not _lost_something(tx, reader.person_id):
        return text("This person already has an account.")
    if not reader.particulars.address:
        return text("The register has no postal address.")
    if order.letterhead.asks_birth_date and reader.particulars.birth_date is None:
        return text("The portal asks for the full date of birth, but the register does not contain it.")
    if not order.replace_live and _holds_letter(tx, reader):
        return HOLDS_LETTER
    return None


def _lost_something(tx: Transaction, person_id: str) -> bool:
    """Return whether the desk lets the person replace a phone or mailbox: the letter is their proof then."""
    if phone_replacements.is_begun(tx, person_id):
        return True
    return email_replacements.of_person(tx, person_id) is not None


def _holds_letter(tx: Transaction, reader: InsuredDetails) -> bool:
    codes = status.of_subject(tx, reader.id) if reader.id else []
    return any(code.live_at(tx.now) and code.state != RegistrationCodeState.CREATED for code in codes)
