"""Delete an account at its owner's wish: asked for, kept after all, carried out when the grace is over.

A portal may still need the account (`policy.account_needed`), and a company keeps its last administrator (B-44). Both
are looked at when the person asks, and again before anything is erased.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.actions.actor import SYSTEM, Actor, acting, note
from idp.actions.erasure import erase
from idp.clients.client import Client
from idp.clients.registry import Registry
from idp.database import Transaction
from idp.notices import closing as notices
from idp.notices.notice import Occasion
from idp.organisations import memberships
from idp.organisations.opened_portals import portals_opened_by
from idp.organisations.organisation import Organisation
from idp.people import closures, person
from idp.sessions import ending

OWN_WISH = "own-wish"
SIGNED_IN, LINK, MISUSE, HINDERED, DESK = "signed-in", "link", "misuse", "hindered", "desk"
"""The reasons why an account was kept after all."""


@dataclass(frozen=True)
class Hindrances:
    """Why the account stays: the portals that still need it, and the companies with no other administrator."""

    portals: tuple[Client, ...]
    companies: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.portals or self.companies)


@dataclass(frozen=True)
class PlannedClosure:
    """The account will be erased then."""

    due_at: datetime


def hindrances(tx: Transaction, registry: Registry, person_id: str) -> Hindrances:
    """Find what the account is still needed for."""
    alone = (tx.session.get_one(Organisation, each) for each in memberships.administered_alone(tx, person_id))
    return Hindrances(
        tuple(client for client in portals_opened_by(tx, registry, person_id) if client.policy.account_needed),
        tuple(company.name for company in alone),
    )


def ask_to_close(
    tx: Transaction, registry: Registry, person_id: str, at: Occasion, *, by: Actor, grace: timedelta, reason: str = ""
) -> PlannedClosure | Hindrances:
    """Plan the erasure, sign the person out everywhere, and mail them how to keep the account.

    Whoever asks a second time changes nothing.
    """
    person.hold(tx, person_id)
    found = hindrances(tx, registry, person_id)
    if found:
        return found
    with acting(tx, by, reason=reason):
        begun = closures.begin(tx, person_id, due_at=tx.now + grace, client_id=at.client_id)
        if begun is not None:
            note(tx, by, "ask-to-close", person_id=person_id, reason=reason)
            notices.asked(tx, person_id, at, begun)
        ending.end_all(tx, person_id, reason="closing")
    planned = closures.of_person(tx, person_id)
    return PlannedClosure(planned.due_at if planned is not None else tx.now + grace)


def keep_account(tx: Transaction, person_id: str, at: Occasion, *, by: Actor, why: str, reason: str = "") -> bool:
    """Erase nothing after all, and tell the person. False: nobody had asked to."""
    with acting(tx, by, reason=reason):
        person.hold(tx, person_id)
        reference = closures.stop(tx, person_id, reason=why)
        if not reference:
            return False
        note(tx, by, "keep-account", person_id=person_id, reason=reason)
        notices.kept(tx, person_id, at, reference=reference, hindered=why == HINDERED)
        return True


def close(tx: Transaction, registry: Registry, person_id: str, at: Occasion) -> bool:
    """Erase the account whose grace is over. False: it is still needed, and the person was told that it stays."""
    if hindrances(tx, registry, person_id):
        keep_account(tx, person_id, at, by=SYSTEM, why=HINDERED)
        return False
    return erase(tx, person_id, by=SYSTEM, reason=OWN_WISH) is True
