"""The part that operations with letters share: the fund's letterhead, and the letters as one document."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import msgspec
from sqlalchemy.exc import IntegrityError

from idp.api.operation import Call
from idp.api.problem import NOT_FOUND, STATE, ApiProblem
from idp.database import Transaction
from idp.invitations.letters import fund_letters, print_run, print_shop
from idp.invitations.letters.fund_letters import FundLetters
from idp.invitations.letters.letter import Letter

Format = Literal["pdf", "print-shop"]
MEANWHILE = "Something has changed while the letters were made: send the request again."
TYPES = {"pdf": "application/pdf", "print-shop": "text/csv; charset=utf-8"}


class LetterDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Letters ready to print, or the file for a print shop. `content` is base64; it holds codes in clear."""

    media_type: str
    content: bytes


def letters_of(call: Call) -> FundLetters:
    """Return what the letters of the fund in the address share. Raises `ApiProblem` if no portal lists it any more."""
    provider, registry = call.provider, call.provider.registry.current()
    now = provider.clock.now()
    found = fund_letters.of_fund(registry, provider.settings, provider.wording, now, call.names["fund"])
    if found is None:
        raise ApiProblem(NOT_FOUND)
    return found


def document(letters: list[Letter], wanted: Format) -> LetterDocument:
    """Return these letters, at least one, in this format."""
    content = print_run.pdf_of(letters) if wanted == "pdf" else print_shop.csv_of(letters)
    return LetterDocument(media_type=TYPES[wanted], content=content)


@contextmanager
def at_once(tx: Transaction) -> Iterator[None]:
    """Store codes that were drawn before. Raises `ApiProblem` where someone stored one for the same reader first."""
    try:
        with tx.savepoint():
            yield
            tx.flush()
    except IntegrityError as error:
        raise ApiProblem(STATE, MEANWHILE) from error
