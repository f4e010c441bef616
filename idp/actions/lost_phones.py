"""Replace a lost phone, or keep the number after all: the desk's acts (NIST SP 800-63B-4 §4.2.2.2)."""

from datetime import datetime, timedelta

from idp.actions.actor import Actor, acting
from idp.clients import policy
from idp.clients.registry import Registry
from idp.database import Transaction
from idp.notices import notice
from idp.notices.notice import Occasion
from idp.organisations.opened_portals import portals_opened_by
from idp.people import person, phone_replacements, phones

BEGUN, KEPT = "phone_replacement", "phone_kept"


def replace_phone(
    tx: Transaction, registry: Registry, person_id: str, *, issuer: str, by: Actor, reason: str, identity: str
) -> datetime:
    """Let a person give a new number after a waiting time, the longest of their portals; returns from when on.

    Mailbox and old number are told; whoever signs in with the old phone meanwhile cancels it. `identity` says how the
    desk knows who asked.
    """
    with acting(tx, by, reason=reason):
        person.hold(tx, person_id)
        opened = portals_opened_by(tx, registry, person_id)
        wait = timedelta(seconds=policy.strictest([client.policy.recovery for client in opened]).cooldown)
        reference = phone_replacements.begin(tx, person_id, wait=wait, reason=reason, identity=identity)
        portal, phone = next((client.client_id for client in opened), ""), phones.of_person(tx, person_id)
        at = Occasion(client_id=portal, issuer=issuer, reference=reference)
        proved = phone.number if phone is not None and phone.verified_at is not None else ""
        opens_at = tx.now + wait
        notice.tell(tx, person_id, BEGUN, at, numbers=(proved,), opens_at=opens_at, link=at.link("/login"))
        return opens_at


def keep_phone(tx: Transaction, registry: Registry, person_id: str, *, by: Actor, reason: str) -> bool:
    """Cancel the replacement and tell the person. False: none was begun."""
    with acting(tx, by, reason=reason):
        person.hold(tx, person_id)
        reference = phone_replacements.cancel(tx, person_id, reason=reason)
        if not reference:
            return False
        opened = portals_opened_by(tx, registry, person_id)
        portal = next((client.client_id for client in opened), "")
        notice.tell(tx, person_id, KEPT, Occasion(client_id=portal, issuer=""), reference=reference)
        return True
