"""The users of a company as its directory knows them (RFC 7643 §4.1): a name for them there, and who they are here.

A `ScimUser` is the directory's own record. It stands for a membership as long as there is one: an invitation that was
withdrawn, or has expired, leaves a user who is not active. Members whom the directory has never named are users too,
under the id of their membership, so that a directory can find them and take them over. Those who are deactivated and
have no record are not shown: a directory that removed somebody finds nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, Transaction
from idp.organisations.membership import ACTIVE, INVITED, Membership
from idp.people.email_address import email_key
from idp.people.emails import EmailAddress
from idp.people.person import Person
from idp.statements import insert_if_absent

MOST = 20_000
"""Users of one company; each costs a row."""


class ScimUser(Base):
    """`membership_id` is empty while there is none; `topics` are those that the user gets with the next one.

    `user_key` and `email_key` are what names and addresses are compared by. `attributes` are `name` and `emails` as the
    directory wrote them: a person who has joined has names and an address of their own.
    """

    __tablename__ = "scim_users"
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "user_key"),
        sa.Index(None, "organisation_id", "external_id"),
        sa.Index(None, "membership_id"),
        sa.Index(None, "email_key"),
        sa.Index(None, "updated_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(sa.ForeignKey("organisations.id"))
    membership_id: Mapped[str] = mapped_column(default="")
    user_name: Mapped[str]
    user_key: Mapped[str]
    external_id: Mapped[str] = mapped_column(default="")
    email_key: Mapped[str]
    attributes: Mapped[dict[str, object]]
    topics: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


@dataclass(frozen=True, kw_only=True)
class DirectoryUser:
    """A user of the company, with or without a record of the directory. `membership` may be missing with one only."""

    id: str
    record: ScimUser | None
    membership: Membership | None
    user_name: str
    external_id: str
    attributes: Mapping[str, object]
    email_key: str

    @property
    def is_active(self) -> bool:
        """Return whether the person acts for the company, or can as soon as they accept the invitation."""
        return self.membership is not None and self.membership.state in (INVITED, ACTIVE)

    @property
    def topics(self) -> tuple[str, ...]:
        if self.membership is not None:
            return tuple(self.membership.topics)
        return tuple(self.record.topics) if self.record is not None else ()

    @property
    def created_at(self) -> datetime:
        return min(row.created_at for row in self._rows)

    @property
    def updated_at(self) -> datetime:
        return max(row.updated_at for row in self._rows)

    @property
    def _rows(self) -> Sequence[ScimUser | Membership]:
        return [row for row in (self.record, self.membership) if row is not None]


@dataclass(frozen=True, kw_only=True)
class UserKeys:
    """The keys that narrow a look-up down; an empty one asks nothing. All users of the company without any."""

    id: str = ""
    user_name: str = ""
    external_id: str = ""


RECORDED = (
    sa.select(ScimUser, Membership)
    .outerjoin(Membership, Membership.id == ScimUser.membership_id)
    .where(ScimUser.organisation_id == sa.bindparam("organisation"))
    .order_by(ScimUser.id)
)
UNRECORDED = (
    sa.select(Membership, Person, EmailAddress)
    .outerjoin(Person, Person.id == Membership.person_id)
    .outerjoin(EmailAddress, EmailAddress.person_id == Membership.person_id)
    .where(
        Membership.organisation_id == sa.bindparam("organisation"),
        ~sa.exists().where(ScimUser.membership_id == Membership.id),
    )
    .order_by(Membership.id)
)
IS_SHOWN = Membership.state.in_((INVITED, ACTIVE))
INSERT = insert_if_absent(ScimUser, ["organisation_id", "user_key"]).returning(ScimUser.id)
FOLLOW = (
    sa.update(ScimUser).where(ScimUser.membership_id == sa.bindparam("old")).values(membership_id=sa.bindparam("new"))
)
PART = (
    sa.update(ScimUser)
    .where(ScimUser.membership_id == sa.bindparam("old"))
    .values(membership_id="", topics=sa.bindparam("rights", type_=sa.JSON))
)
FORGET = sa.delete(ScimUser).where(
    sa.or_(
        ScimUser.membership_id.in_(sa.bindparam("memberships", expanding=True)),
        ScimUser.email_key.in_(sa.bindparam("addresses", expanding=True)),
    )
)


def users(tx: Transaction, organisation_id: str, keys: UserKeys | None = None) -> list[DirectoryUser]:
    """Return the users of the company that these keys name, in the order in which they came."""
    asked, only = {"organisation": organisation_id}, keys or UserKeys()
    recorded = tx.session.execute(RECORDED.where(*_of_record(only)), asked)
    found = [_recorded(user, membership) for user, membership in recorded]
    if not only.external_id:
        rows = tx.session.execute(UNRECORDED.where(IS_SHOWN, *_of_membership(only)), asked)
        found += [_unrecorded(membership, person, address) for membership, person, address in rows]
    return sorted(found, key=lambda each: each.id)


def user(tx: Transaction, organisation_id: str, user_id: str) -> DirectoryUser | None:
    """Return the user of this company with this id."""
    return next(iter(users(tx, organisation_id, UserKeys(id=user_id))), None)


def member_without_record(tx: Transaction, organisation_id: str, email: str) -> DirectoryUser | None:
    """Return the member with this address whom the directory has no record of, a deactivated one too."""
    row = tx.session.execute(UNRECORDED.where(_has_address(email)), {"organisation": organisation_id}).first()
    return _unrecorded(row[0], row[1], row[2]) if row is not None else None


def has_address(tx: Transaction, organisation_id: str, email: str, *, but: str = "") -> bool:
    """Return whether a record of the company other than `but` has this address."""
    theirs = sa.select(ScimUser.id).where(
        ScimUser.organisation_id == organisation_id, ScimUser.email_key == email_key(email), ScimUser.id != but
    )
    return tx.execute(theirs).first() is not None


def count(tx: Transaction, organisation_id: str) -> int:
    """Return how many records the company has."""
    theirs = sa.select(sa.func.count()).where(ScimUser.organisation_id == organisation_id)
    return tx.session.scalar(theirs) or 0


def insert(tx: Transaction, row: Mapping[str, object]) -> ScimUser | None:
    """Store a record. None: another one of the company has its `user_key`."""
    if tx.execute(INSERT, row).first() is None:
        return None
    return tx.session.get_one(ScimUser, row["id"])


def follow(tx: Transaction, old: str, new: str) -> None:
    """Let the records of a membership stand for the one that took its place."""
    tx.execute(FOLLOW, {"old": old, "new": new})


def part(tx: Transaction, membership_id: str, topics: Sequence[str]) -> None:
    """Keep the records of a membership that ends to exist, and the topics for the next one."""
    tx.execute(PART, {"old": membership_id, "rights": list(topics)})


def forget(tx: Transaction, *, memberships: Sequence[str] = (), addresses: Sequence[str] = ()) -> None:
    """Delete the records of these memberships, and those with these addresses (`email_key`): the person is erased."""
    tx.execute(FORGET, {"memberships": list(memberships), "addresses": [each for each in addresses if each]})


def _of_record(keys: UserKeys) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    if keys.id:
        wanted.append(ScimUser.id == keys.id)
    if keys.user_name:
        wanted.append(ScimUser.user_key == keys.user_name.casefold())
    if keys.external_id:
        wanted.append(ScimUser.external_id == keys.external_id)
    return wanted


def _of_membership(keys: UserKeys) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    if keys.id:
        wanted.append(Membership.id == keys.id)
    if keys.user_name:
        wanted.append(_has_address(keys.user_name))
    return wanted


def _has_address(typed: str) -> sa.ColumnElement[bool]:
    key = email_key(typed)
    return sa.or_(Membership.invited_as_key == key, EmailAddress.key == key) if key else sa.false()


def _recorded(record: ScimUser, membership: Membership | None) -> DirectoryUser:
    return DirectoryUser(
        id=record.id,
        record=record,
        membership=membership,
        user_name=record.user_name,
        external_id=record.external_id,
        attributes=record.attributes,
        email_key=record.email_key,
    )


def _unrecorded(membership: Membership, person: Person | None, address: EmailAddress | None) -> DirectoryUser:
    email = address.address if address is not None else membership.invited_as_email
    given, family = membership.invited_as_given_name, membership.invited_as_family_name
    if person is not None:
        given, family = person.given_name, person.family_name
    return DirectoryUser(
        id=membership.id,
        record=None,
        membership=membership,
        user_name=email,
        external_id="",
        attributes={"name": {"givenName": given, "familyName": family}, "emails": [{"value": email, "primary": True}]},
        email_key=address.key if address is not None else membership.invited_as_key,
    )
