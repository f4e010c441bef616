"""Make one account of two that belong to one person (rulings 12): the desk's act, with a preview.

The kept account takes over the portals, numbers, companies, letters and accepted terms of the other one, and stays as
it is otherwise: only its own password and methods sign in. The other account is dissolved like an erased one, so that
its `sub` is never given to anybody else. A pairwise `sub` moves with it where the portal does not know the kept account
yet: it goes on naming the same human being.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from idp.actions import erasure
from idp.actions.actor import Actor, acting, note
from idp.actions.remove_method import RemovableMethod, removable
from idp.audit.events.people import PersonsMerged
from idp.audit.log import record
from idp.clients.client import Client
from idp.clients.registry import Registry
from idp.credentials import cooling_down
from idp.database import Transaction
from idp.grants import client_sessions, subjects
from idp.invitations import redemption
from idp.notices import account
from idp.notices.notice import without_page
from idp.organisations import membership, memberships, organisation
from idp.organisations import merging as companies
from idp.organisations.opened_portals import portals_opened_by
from idp.people import (
    accounts,
    closures,
    email_replacements,
    emails,
    enrolments,
    insured,
    legacy,
    person,
    phone_replacements,
    portal_identifiers,
    terms,
)
from idp.people.portal_identifiers import PortalIdentifier
from idp.sessions import ending, session

MERGED = "merged"

Hindrance = Literal["same", "inactive", "closing", "replacing", "waiting", "birth-date"]


@dataclass(frozen=True)
class NoMerge:
    """Refused.

    same        both are one account already
    inactive    one of them is not active: nothing of a deactivated account opens by a merge
    closing     one of them is to be deleted
    replacing   a phone or mailbox of one of them is being replaced
    waiting     a password was recovered a moment ago: its changes wait, and so does this one
    birth-date  the dates of birth differ
    """

    why: Hindrance


@dataclass(frozen=True)
class SubjectChange:
    """The `sub` by which a portal knows the dissolved account, and the one it will see."""

    client_id: str
    old: str
    new: str


@dataclass(frozen=True)
class MergePreview:
    """The results of a merge: all that moves, and all that ends. `letters` are numbers in funds' registers."""

    portals: tuple[str, ...]
    numbers: tuple[PortalIdentifier, ...]
    companies: tuple[str, ...]
    letters: tuple[str, ...]
    methods_kept: tuple[RemovableMethod, ...]
    methods_lost: tuple[RemovableMethod, ...]
    sessions: int
    subjects: tuple[SubjectChange, ...]


def preview(tx: Transaction, registry: Registry, kept_id: str, other_id: str) -> MergePreview | NoMerge:
    """Say what a merge would do. Reads only."""
    hindered = _hindrance(tx, registry, kept_id, other_id)
    if hindered is not None:
        return NoMerge(hindered)
    ours = set(enrolments.portals(tx, kept_id))
    sessions = [*session.of_person(tx, kept_id), *session.of_person(tx, other_id)]
    return MergePreview(
        portals=tuple(each for each in enrolments.portals(tx, other_id) if each not in ours),
        numbers=tuple(portal_identifiers.everything_of(tx, other_id)),
        companies=tuple(_companies(tx, other_id)),
        letters=tuple(f"{each.fund} {each.number}" for each in insured.of_person(tx, other_id)),
        methods_kept=tuple(removable(tx, kept_id)),
        methods_lost=tuple(removable(tx, other_id)),
        sessions=len(sessions),
        subjects=tuple(_subject_changes(tx, registry, kept_id, other_id)),
    )


def merge(
    tx: Transaction, registry: Registry, kept_id: str, other_id: str, *, issuer: str, by: Actor, reason: str
) -> NoMerge | None:
    """Let the kept account take over everything, dissolve the other one, sign both out, and tell both mailboxes."""
    membership.lock_companies(tx, other_id)
    person.hold(tx, kept_id, other_id)
    hindered = _hindrance(tx, registry, kept_id, other_id)
    if hindered is not None:
        return NoMerge(hindered)
    with acting(tx, by, reason=reason):
        former = emails.of_person(tx, other_id)
        addresses = (former.address,) if former is not None else ()
        traces = erasure.traces_of(tx, other_id)
        reference = record(tx, PersonsMerged(person_id=kept_id, other_id=other_id, reason=reason))
        note(tx, by, "merge", person_id=kept_id, reason=reason)
        ending.end_all(tx, other_id, reason=MERGED)
        ending.end_all(tx, kept_id, reason=MERGED)
        _move(tx, kept_id, other_id)
        erasure.dissolve(tx, traces, reason=f"{MERGED} into {kept_id}")
        account.merged(tx, kept_id, without_page(tx, kept_id, issuer), addresses=addresses, reference=reference)
    return None


def _move(tx: Transaction, kept_id: str, other_id: str) -> None:
    joined = [each for member in memberships.of_person(tx, other_id) for each in (member.id, member.organisation_id)]
    codes = [*joined, *(entry.id for entry in insured.of_person(tx, other_id))]
    redemption.move(tx, codes, other_id, kept_id)
    enrolments.move(tx, other_id, kept_id)
    portal_identifiers.move(tx, other_id, kept_id)
    legacy.move(tx, other_id, kept_id)
    companies.move(tx, other_id, kept_id, reason=MERGED)
    insured.move(tx, other_id, kept_id)
    terms.move(tx, other_id, kept_id)
    subjects.move(tx, other_id, kept_id)
    kept, other = person.by_id(tx, kept_id), person.by_id(tx, other_id)
    if kept is not None and other is not None and other.born is not None and not isinstance(kept.born, date):
        accounts.change_profile(tx, kept_id, {"birth_date": other.born})


def _hindrance(tx: Transaction, registry: Registry, kept_id: str, other_id: str) -> Hindrance | None:
    if kept_id == other_id:
        return "same"
    both = [person.by_id(tx, each) for each in (kept_id, other_id)]
    people = [found for found in both if found is not None and found.is_active]
    if len(people) < len(both):
        return "inactive"
    if any(closures.of_person(tx, each.id) is not None for each in people):
        return "closing"
    if any(_is_replacing(tx, each.id) for each in people):
        return "replacing"
    if any(cooling_down.until(tx, registry, each.id) is not None for each in people):
        return "waiting"
    born = {each.birth_date for each in people if each.birth_date is not None}
    return "birth-date" if len(born) > 1 else None


def _is_replacing(tx: Transaction, person_id: str) -> bool:
    return phone_replacements.is_begun(tx, person_id) or email_replacements.of_person(tx, person_id) is not None


def _companies(tx: Transaction, person_id: str) -> Sequence[str]:
    found = (organisation.by_id(tx, each.organisation_id) for each in memberships.of_person(tx, person_id))
    return sorted(company.name for company in found if company is not None)


def _subject_changes(tx: Transaction, registry: Registry, kept_id: str, other_id: str) -> list[SubjectChange]:
    known, ours = subjects.pairwise_of(tx, other_id), subjects.pairwise_of(tx, kept_id)
    opened = {client.client_id for client in portals_opened_by(tx, registry, other_id)}
    reached = opened | client_sessions.clients_of(tx, other_id)
    changes = []
    for client in sorted(registry.clients, key=lambda client: client.client_id):
        old = _subject(client, other_id, known)
        if old and (client.client_id in reached or client.sector in known):
            changes.append(SubjectChange(client.client_id, old, _subject(client, kept_id, ours) or old))
    return changes


def _subject(client: Client, person_id: str, pairwise: dict[str, str]) -> str:
    """Return the `sub` of the person at this client; empty: it has none yet."""
    return pairwise.get(client.sector, "") if client.subject_type == "pairwise" else person_id
