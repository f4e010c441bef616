"""Telling a person what happened to their account, the same way wherever it happened (X-15, B-51)."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from idp import user_agents
from idp.audit import authors
from idp.database import Transaction
from idp.limits.networks import shortened
from idp.messages import outbox
from idp.messages.catalogue import CATALOGUE, Kind
from idp.messages.outbox import Message
from idp.notices import misuse_link
from idp.people import emails, enrolments, person, phones

PORTAL = "portal"


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """Where something came about.

    `client_id` is the portal whose brand the notice wears, `issuer` the address of this provider, `reference` that of
    the page or event, and `language` that of the page: it is spoken to receivers who never chose one.
    """

    client_id: str
    issuer: str
    reference: str = ""
    language: str = ""

    def link(self, path: str, **parameters: str) -> str:
        """Return the address of one of our pages in the brand of the portal, never under the host of a request."""
        return f"{self.issuer}{path}?{urlencode({PORTAL: self.client_id, **parameters})}"


def tell(
    tx: Transaction,
    person_id: str,
    template: str,
    occasion: Occasion,
    *,
    reference: str = "",
    numbers: tuple[str, ...] = (),
    addresses: tuple[str, ...] = (),
    also: Mapping[str, object] | None = None,
    **values: object,
) -> None:
    """Queue the notice for the person's mailbox, the other `addresses`, and the `numbers` (E.164).

    Empty ones are left out. `reference` takes precedence over that of the occasion; `values`, and what is in
    `also`, are those of the catalogue's entry besides it and the time.
    """
    current = emails.of_person(tx, person_id)
    mailboxes = dict.fromkeys([current.address if current is not None else "", *addresses])
    known: list[tuple[Kind, str]] = [("email", address) for address in mailboxes if address]
    known += [("sms", number) for number in numbers if number]
    for kind, to in known:
        _queue(tx, person_id, kind, to, template, occasion, reference or occasion.reference, {**(also or {}), **values})


def particulars(
    tx: Transaction, person_id: str, to: str, template: str, occasion: Occasion, reference: str
) -> dict[str, object]:
    """Return the values for the end of the mail, as the catalogue declares it (`CatalogueEntry.ends_with`).

    Notices of staff's actions show neither browser nor network, and no link: they are no misuse by a thief.
    """
    ends_with, origin = CATALOGUE[template].ends_with, tx.origin
    if not ends_with:
        return {}
    by_desk = authors.is_desk(origin.actor)
    browser = "" if by_desk or not origin.user_agent else user_agents.name_of(origin.user_agent)
    found = {"device": browser, "network": "" if by_desk else shortened(origin.address), "by_desk": by_desk}
    if ends_with == "alarm":
        found["not_me"] = "" if by_desk else not_me(tx, person_id, to, occasion, reference)
    return found


def not_me(tx: Transaction, person_id: str, mailbox: str, occasion: Occasion, reference: str) -> str:
    """Return the address of « It was not me » for this mailbox."""
    return misuse_link.address(tx, occasion.issuer, occasion.client_id, person_id, mailbox, reference)


def tell_address(
    tx: Transaction,
    person_id: str,
    address: str,
    template: str,
    occasion: Occasion,
    *,
    reference: str = "",
    **values: object,
) -> None:
    """Queue the notice for this mailbox alone: what it says is not for the person's other one."""
    _queue(tx, person_id, "email", address, template, occasion, reference or occasion.reference, values)


def without_page(tx: Transaction, person_id: str, issuer: str = "") -> Occasion:
    """Return the occasion of an act that no page saw: it wears the brand of the first portal of the person."""
    return Occasion(client_id=next(iter(enrolments.portals(tx, person_id)), ""), issuer=issuer)


def language_of(tx: Transaction, person_id: str) -> str:
    """Return the language the person chose; empty where they never did."""
    found = person.by_id(tx, person_id)
    return found.language if found is not None else ""


def proved_number(tx: Transaction, person_id: str) -> str:
    """Return the person's number if it was proved, otherwise an empty text."""
    phone = phones.of_person(tx, person_id)
    return phone.number if phone is not None and phone.verified_at is not None else ""


def _queue(
    tx: Transaction,
    person_id: str,
    kind: Kind,
    to: str,
    template: str,
    occasion: Occasion,
    reference: str,
    values: Mapping[str, object],
) -> None:
    ending = particulars(tx, person_id, to, template, occasion, reference)
    message = Message(
        kind=kind,
        to=to,
        template=template,
        language=language_of(tx, person_id) or occasion.language,
        values={"at": tx.now, "reference": reference, **ending, **values},
        client_id=occasion.client_id,
        person_id=person_id,
    )
    outbox.enqueue(tx, message)
