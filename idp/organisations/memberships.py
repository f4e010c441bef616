"""Memberships of an organisation and their rights: invited, joined, changed, deactivated, reactivated, listed."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.sql.dml import ReturningUpdate

from idp import random_values
from idp.audit.events.organisations import (
    InvitationWithdrawn,
    MemberDeactivated,
    MemberInvited,
    MemberJoined,
    MemberReactivated,
    RightsChanged,
)
from idp.audit.log import record
from idp.database import Transaction
from idp.organisations import chosen, organisation, permissions, scim_users
from idp.organisations.last_administrator import DEACTIVATE, REACTIVATE, SET_RIGHTS
from idp.organisations.membership import ACTIVE, INVITED, IS_INVITED, Membership
from idp.people.email_address import email_key
from idp.people.emails import EmailAddress
from idp.people.person import ACTIVE as PERSON_ACTIVE
from idp.people.person import Person
from idp.statements import insert_if_absent


@dataclass(frozen=True)
class LastAdministrator:
    """Refused: the organisation would be left without an active administrator."""


@dataclass(frozen=True)
class NotFound:
    """There is no such membership in the state this act needs."""


@dataclass(frozen=True)
class AlreadyInvited:
    """Refused: the organisation's list has an open invitation for this address."""


@dataclass(frozen=True, kw_only=True)
class Rights:
    """A member's rights. Without topics the member has access to none."""

    is_administrator: bool = False
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Member:
    """A line of the list of users: the person's own name and address, or what was typed while invited.

    `person` and `address` are set once the person has joined.
    """

    membership: Membership
    person: Person | None
    address: EmailAddress | None
    given_name: str
    family_name: str
    email: str


@dataclass(frozen=True)
class Dismissal:
    """An administrator who is a user now, and the reference of the event for their notice."""

    membership: Membership
    reference: str


ADMIT = insert_if_absent(Membership, ["organisation_id", "person_id"]).returning(Membership.id)
INVITE = insert_if_absent(Membership, ["organisation_id", "invited_as_key"], where=IS_INVITED).returning(Membership.id)
TAKE_INVITED = (
    sa.delete(Membership)
    .where(Membership.id == sa.bindparam("membership"), Membership.state == INVITED)
    .returning(Membership.organisation_id, Membership.is_administrator, Membership.topics)
)
INVITED_AS = (
    "invited_as_email",
    "invited_as_key",
    "invited_as_given_name",
    "invited_as_family_name",
    "invited_as_phone",
)

MEMBERS_OF_ALL = (
    sa.select(Membership, Person, EmailAddress)
    .outerjoin(Person, Person.id == Membership.person_id)
    .outerjoin(EmailAddress, EmailAddress.person_id == Membership.person_id)
)
MEMBERS = MEMBERS_OF_ALL.where(Membership.organisation_id == sa.bindparam("organisation"))
MEMBER = MEMBERS_OF_ALL.where(Membership.id == sa.bindparam("membership"))
ADMINISTRATORS = (
    sa.select(sa.func.count())
    .select_from(Membership)
    .join(Person, Person.id == Membership.person_id)
    .where(
        Membership.organisation_id == sa.bindparam("organisation"),
        Membership.state == ACTIVE,
        Membership.is_administrator,
        Person.state == PERSON_ACTIVE,
    )
)

HOLDERS = (
    sa.select(Membership)
    .where(
        Membership.organisation_id == sa.bindparam("organisation"),
        Membership.state == ACTIVE,
        Membership.is_administrator,
    )
    .order_by(Membership.id)  # the order of `last_administrator`'s locks
    .with_for_update()
    .execution_options(populate_existing=True)
)
INVITED_ADMINISTRATORS = sa.select(Membership.id).where(
    Membership.organisation_id == sa.bindparam("organisation"),
    Membership.state == INVITED,
    Membership.is_administrator,
)


def invite(
    tx: Transaction,
    organisation_id: str,
    *,
    email: str,
    given_name: str,
    family_name: str,
    rights: Rights,
    phone: str = "",
) -> Membership | AlreadyInvited:
    """Add a row « invited », one for an address.

    `phone`: proved, E.164.
    """
    row = {
        "id": random_values.new_id(tx.now),
        "organisation_id": organisation_id,
        "state": INVITED,
        "is_administrator": rights.is_administrator,
        "topics": list(rights.topics),
        "invited_as_email": email,
        "invited_as_key": email_key(email),
        "invited_as_given_name": given_name,
        "invited_as_family_name": family_name,
        "invited_as_phone": phone,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    if tx.execute(INVITE, row).first() is None:
        return AlreadyInvited()
    membership = tx.session.get_one(Membership, row["id"])
    event = MemberInvited(
        organisation_id=organisation_id,
        membership_id=membership.id,
        is_administrator=rights.is_administrator,
        topics=rights.topics,
    )
    record(tx, event)
    return membership


def withdraw(tx: Transaction, membership_id: str) -> NotFound | None:
    """Remove a membership that is still invited (« annuler »)."""
    taken = _take_invited(tx, membership_id)
    if taken is None:
        return NotFound()
    scim_users.part(tx, membership_id, taken.topics)
    record(tx, InvitationWithdrawn(organisation_id=taken.organisation_id, membership_id=membership_id))
    return None


def accept(tx: Transaction, membership_id: str, person_id: str) -> Membership | NotFound:
    """Accept an invitation, once. A membership that the person has there is restored, and gains these rights."""
    taken = _take_invited(tx, membership_id)
    if taken is None:
        return NotFound()
    rights = Rights(is_administrator=taken.is_administrator, topics=tuple(taken.topics))
    admitted = _admit(tx, membership_id, taken.organisation_id, person_id, rights)
    if admitted.id != membership_id:
        scim_users.follow(tx, membership_id, admitted.id)
    return admitted


def join(tx: Transaction, organisation_id: str, person_id: str, rights: Rights) -> Membership:
    """Make the person an active member immediately (the fund's letter to an administrator, imports)."""
    return _admit(tx, random_values.new_id(tx.now), organisation_id, person_id, rights)


def change_rights(
    tx: Transaction, membership_id: str, rights: Rights, *, by: str = "", reason: str = ""
) -> Membership | LastAdministrator | NotFound:
    """Set the administrator right and the topics, which stay noted while deactivated.

    `by` is the administrator who does it (a person id), empty for the fund's own act, which has a reason.
    """
    before = by_id(tx, membership_id)
    if before is None:
        return NotFound()
    organisation.lock(tx, before.organisation_id)
    event = RightsChanged(
        person_id=before.person_id or "",
        organisation_id=before.organisation_id,
        membership_id=membership_id,
        was_administrator=before.is_administrator,
        is_administrator=rights.is_administrator,
        old_topics=tuple(before.topics),
        new_topics=rights.topics,
        reason=reason,
    )
    wanted = {"administrator": rights.is_administrator, "new_topics": list(rights.topics), "by": by}
    if not _change(tx, SET_RIGHTS, before, wanted):
        return _why_not(tx, before, by)
    record(tx, event)
    return before


def dismiss_administrators(tx: Transaction, organisation_id: str, *, reason: str) -> list[Dismissal]:
    """Take the administrator right from every active member, the last one too: the fund's act alone (B-45).

    Topics stay. Someone whom one of them promotes at this moment is dismissed too, or not promoted.
    """
    organisation.lock(tx, organisation_id)
    dismissed = []
    for membership in tx.session.scalars(HOLDERS, {"organisation": organisation_id}).all():
        membership.is_administrator = False
        membership.updated_at = tx.now
        topics = tuple(membership.topics)
        event = RightsChanged(
            person_id=membership.person_id or "",
            organisation_id=organisation_id,
            membership_id=membership.id,
            was_administrator=True,
            is_administrator=False,
            old_topics=topics,
            new_topics=topics,
            reason=reason,
        )
        dismissed.append(Dismissal(membership, record(tx, event)))
    return dismissed


def invited_administrators(tx: Transaction, organisation_id: str) -> list[str]:
    """Return the ids of the memberships that would make an administrator of who accepts them."""
    return list(tx.session.scalars(INVITED_ADMINISTRATORS, {"organisation": organisation_id}))


def deactivate(
    tx: Transaction, membership_id: str, *, reason: str, by: str = ""
) -> Membership | LastAdministrator | NotFound:
    """Note that the person does not act for this organisation any more."""
    before = by_id(tx, membership_id)
    if before is None:
        return NotFound()
    organisation.lock(tx, before.organisation_id)
    if not _change(tx, DEACTIVATE, before, {"by": by}):
        return _why_not(tx, before, by)
    organisation_id, person_id = before.organisation_id, before.person_id or ""
    event = MemberDeactivated(
        person_id=person_id, organisation_id=organisation_id, membership_id=membership_id, reason=reason
    )
    record(tx, event)
    return before


def reactivate(tx: Transaction, membership_id: str, *, by: str = "") -> Membership | NotFound:
    """Give a deactivated member their former rights back."""
    before = by_id(tx, membership_id)
    if before is None:
        return NotFound()
    organisation.lock(tx, before.organisation_id)
    if not _change(tx, REACTIVATE, before, {"by": by}):
        return NotFound()
    organisation_id, person_id = before.organisation_id, before.person_id or ""
    record(tx, MemberReactivated(person_id=person_id, organisation_id=organisation_id, membership_id=membership_id))
    return before


def forget(tx: Transaction, person_id: str) -> None:
    """Remove an erased person from every organisation and its directory's records; the journals keep the event."""
    theirs = of_person(tx, person_id)
    scim_users.forget(tx, memberships=[membership.id for membership in theirs])
    for membership in theirs:
        tx.session.delete(membership)
        event = MemberDeactivated(
            person_id=person_id,
            organisation_id=membership.organisation_id,
            membership_id=membership.id,
            reason="erased",
        )
        record(tx, event)
    chosen.forget(tx, person_id)


def administered_alone(tx: Transaction, person_id: str) -> list[str]:
    """Return the ids of the organisations of which this person is the only active administrator (B-44)."""
    administered = [m for m in of_person(tx, person_id) if m.state == ACTIVE and m.is_administrator]
    return [m.organisation_id for m in administered if count_administrators(tx, m.organisation_id) == 1]


def by_id(tx: Transaction, membership_id: str) -> Membership | None:
    return tx.session.get(Membership, membership_id)


def of_organisation(tx: Transaction, organisation_id: str) -> list[Member]:
    """Everybody, whatever the state, by family name."""
    rows = tx.session.execute(MEMBERS, {"organisation": organisation_id})
    members = [member_of_row(membership, person, email) for membership, person, email in rows]
    return sorted(members, key=lambda m: (m.family_name.casefold(), m.given_name.casefold(), m.membership.id))


def member(tx: Transaction, membership_id: str) -> Member | None:
    """Return one line of that list."""
    row = tx.session.execute(MEMBER, {"membership": membership_id}).first()
    return member_of_row(row[0], row[1], row[2]) if row is not None else None


def of_person(tx: Transaction, person_id: str) -> list[Membership]:
    """Return all memberships of the person, whatever the state, oldest first."""
    found = sa.select(Membership).where(Membership.person_id == person_id).order_by(Membership.id)
    return list(tx.session.scalars(found))


def count_administrators(tx: Transaction, organisation_id: str) -> int:
    """Active administrators: 0 needs the fund (B-45), 1 a suggestion to name a second (B-46)."""
    return tx.session.scalar(ADMINISTRATORS, {"organisation": organisation_id}) or 0


def _take_invited(tx: Transaction, membership_id: str) -> sa.Row[str, bool, list[str]] | None:
    return tx.session.execute(TAKE_INVITED, {"membership": membership_id}).first()


def _admit(tx: Transaction, membership_id: str, organisation_id: str, person_id: str, rights: Rights) -> Membership:
    row = {
        "id": membership_id,
        "organisation_id": organisation_id,
        "person_id": person_id,
        "state": ACTIVE,
        "is_administrator": rights.is_administrator,
        "topics": list(rights.topics),
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    blank = dict.fromkeys(INVITED_AS, "")
    created = tx.execute(ADMIT, row | blank).first() is not None
    found = sa.select(Membership).filter_by(organisation_id=organisation_id, person_id=person_id).with_for_update()
    membership = tx.session.scalars(found.execution_options(populate_existing=True)).one()
    if not created:
        _widen(membership, rights)
        membership.updated_at = tx.now
        tx.flush()
    event = MemberJoined(
        person_id=person_id,
        organisation_id=organisation_id,
        membership_id=membership.id,
        is_administrator=membership.is_administrator,
        topics=tuple(membership.topics),
    )
    record(tx, event)
    return membership


def _widen(membership: Membership, rights: Rights) -> None:
    """Restore the membership: an active member keeps existing rights too, a deactivated one gets the new ones only."""
    kept = membership.state == ACTIVE
    membership.is_administrator = rights.is_administrator or (kept and membership.is_administrator)
    membership.topics = list(dict.fromkeys([*(membership.topics if kept else []), *rights.topics]))
    membership.state = ACTIVE


def _change(
    tx: Transaction, statement: ReturningUpdate[str], membership: Membership, wanted: dict[str, object]
) -> bool:
    """Run a conditional update of one membership; the object then shows what is stored."""
    changed = tx.execute(statement, {"membership": membership.id, "now": tx.now, **wanted}).first() is not None
    tx.session.refresh(membership)
    return changed


def _why_not(tx: Transaction, membership: Membership, by: str) -> LastAdministrator | NotFound:
    """After a change that was not made; `membership` shows what is stored."""
    may_change = not by or permissions.administers(tx, by, membership.organisation_id)
    return LastAdministrator() if may_change and membership.state == ACTIVE else NotFound()


def member_of_row(membership: Membership, person: Person | None, email: EmailAddress | None) -> Member:
    """Return the line of the list that a row of `MEMBERS` is."""
    return Member(
        membership=membership,
        person=person,
        address=email,
        given_name=person.given_name if person else membership.invited_as_given_name,
        family_name=person.family_name if person else membership.invited_as_family_name,
        email=email.address if email else membership.invited_as_email,
    )
