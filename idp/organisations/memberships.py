"""Who belongs to an organisation, with which rights. The last active administrator stays (B-44).

The rule is enforced in ONE statement, so that two administrators who demote each other at once cannot both succeed.
"""

from dataclasses import dataclass

from idp.database import Transaction
from idp.organisations.membership import Membership


@dataclass(frozen=True)
class LastAdministrator:
    """Refused: the organisation would be left without an active administrator."""


@dataclass(frozen=True)
class NotFound:
    """There is no such membership in the state this act needs."""


@dataclass(frozen=True, kw_only=True)
class Rights:
    is_administrator: bool = False
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Member:
    """A line of the list of users: the person's own name and address, or what was typed while invited."""

    membership: Membership
    given_name: str
    family_name: str
    email: str


def invite(
    tx: Transaction, organisation_id: str, *, email: str, given_name: str, family_name: str, rights: Rights
) -> Membership:
    """A row « invited »; the invitation itself is the caller's (`idp.invitations`)."""
    raise NotImplementedError


def withdraw(tx: Transaction, membership_id: str) -> NotFound | None:
    """Remove a membership that is still invited (« annuler »)."""
    raise NotImplementedError


def accept(tx: Transaction, membership_id: str, person_id: str) -> Membership | NotFound:
    """The invited person accepts. A former membership of theirs in the organisation is restored with these rights."""
    raise NotImplementedError


def join(tx: Transaction, organisation_id: str, person_id: str, rights: Rights) -> Membership:
    """Make the person an active member at once (the fund's letter to an administrator, imports)."""
    raise NotImplementedError


def change_rights(tx: Transaction, membership_id: str, rights: Rights) -> Membership | LastAdministrator | NotFound:
    """Set the administrator right and the topics of an invited or active member."""
    raise NotImplementedError


def deactivate(tx: Transaction, membership_id: str, *, reason: str) -> Membership | LastAdministrator | NotFound:
    """Stop the person's access for this organisation only. The caller ends grants (`Organisation` scope)."""
    raise NotImplementedError


def reactivate(tx: Transaction, membership_id: str) -> Membership | NotFound:
    """Give a deactivated member their former rights back."""
    raise NotImplementedError


def by_id(tx: Transaction, membership_id: str) -> Membership | None:
    return tx.session.get(Membership, membership_id)


def of_organisation(tx: Transaction, organisation_id: str) -> list[Member]:
    """Everybody, whatever the state, by family name."""
    raise NotImplementedError


def of_person(tx: Transaction, person_id: str) -> list[Membership]:
    """All memberships of the person, whatever the state, oldest first."""
    raise NotImplementedError


def count_administrators(tx: Transaction, organisation_id: str) -> int:
    """Active administrators: 0 needs the fund (B-45), 1 a suggestion to name a second (B-46)."""
    raise NotImplementedError
