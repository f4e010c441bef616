"""Telling a person what happened to their account, the same way wherever it happened (X-15, B-51)."""

from typing import Any

from idp.database import Transaction
from idp.messages import outbox
from idp.messages.catalogue import Kind
from idp.messages.outbox import Message
from idp.people import emails, person


def tell(
    tx: Transaction,
    person_id: str,
    template: str,
    *,
    reference: str,
    client_id: str,
    language: str = "",
    numbers: tuple[str, ...] = (),
    **values: Any,
) -> None:
    """Queue the notice for the person's mailbox, and for each of the `numbers` (E.164; empty ones are left out).

    `language` is that of the page they are at; without one, their own. `values` are those of the catalogue's entry
    besides the time and the `reference`. A person without an address is told nothing there.
    """
    address = emails.of_person(tx, person_id)
    known: list[tuple[Kind, str]] = [("email", address.address)] if address is not None else []
    known += [("sms", number) for number in numbers if number]
    for kind, to in known:
        message = Message(
            kind=kind,
            to=to,
            template=template,
            language=language or language_of(tx, person_id),
            values={"at": tx.now, "reference": reference, **values},
            client_id=client_id,
            person_id=person_id,
        )
        outbox.enqueue(tx, message)


def language_of(tx: Transaction, person_id: str) -> str:
    """The language the person chose; empty where they never did."""
    found = person.by_id(tx, person_id)
    return found.language if found is not None else ""
