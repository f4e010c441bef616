"""A person's portals, numbers, accepted terms and ways to sign in, read by one statement.

The desk's page shows all of it at once. The rules stay where they are: `idp.organisations.opened_portals` says which
portals open, and `idp.credentials.required_methods` what counts as a second step.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from idp import methods
from idp.actions.remove_method import RECOVERY_CODES, RemovableMethod
from idp.credentials.authenticator_apps import Authenticator
from idp.credentials.passkeys import Passkey
from idp.credentials.recovery_codes import RecoveryCode
from idp.database import Transaction, UTCDateTime
from idp.grants.client_sessions import ClientSessionRow
from idp.organisations import opened_portals
from idp.people.enrolments import Enrolment
from idp.people.portal_identifiers import PortalIdentifier
from idp.people.terms import TermsAcceptance

ENROLMENT, FUND, NUMBER, TERMS, REACHED = "enrolment", "fund", "number", "terms", "reached"
CODES_LEFT = "left"
PERSON = sa.bindparam("person", type_=sa.Text)
NOTHING, NEVER = sa.literal("", sa.Text), sa.cast(sa.null(), UTCDateTime)
FUNDS = opened_portals.FUNDS.subquery()


def _arm(kind: str, *columns: sa.SQLColumnExpression[object]) -> sa.Select[Any]:
    """Return the columns id, place, name, key, since and last used of one kind."""
    names = ("id", "place", "name", "key", "since", "last_used_at")
    labelled: list[sa.ColumnElement[object]] = [column.label(name) for name, column in zip(names, columns, strict=True)]
    return sa.select(sa.literal(kind, sa.Text).label("kind")).add_columns(*labelled)


HELD = sa.union_all(
    _arm(ENROLMENT, NOTHING, Enrolment.portal, NOTHING, NOTHING, Enrolment.enrolled_at, NEVER).where(
        Enrolment.person_id == PERSON, Enrolment.ended_at.is_(None)
    ),
    _arm(FUND, NOTHING, FUNDS.c.fund, NOTHING, NOTHING, NEVER, NEVER),
    _arm(
        NUMBER,
        PortalIdentifier.id,
        PortalIdentifier.portal,
        PortalIdentifier.value,
        PortalIdentifier.key,
        PortalIdentifier.attached_at,
        NEVER,
    ).where(PortalIdentifier.person_id == PERSON),
    _arm(
        TERMS,
        NOTHING,
        TermsAcceptance.portal,
        TermsAcceptance.version,
        NOTHING,
        TermsAcceptance.accepted_at,
        NEVER,
    ).where(TermsAcceptance.person_id == PERSON),
    _arm(
        REACHED,
        ClientSessionRow.session_id,
        ClientSessionRow.client_id,
        NOTHING,
        NOTHING,
        ClientSessionRow.started_at,
        NEVER,
    ).where(ClientSessionRow.person_id == PERSON, ClientSessionRow.ended_at.is_(None)),
    _arm(
        methods.PASSKEY,
        Passkey.id,
        NOTHING,
        Passkey.name,
        NOTHING,
        Passkey.added_at,
        Passkey.last_used_at,
    ).where(Passkey.person_id == PERSON),
    _arm(
        methods.TOTP,
        Authenticator.id,
        NOTHING,
        Authenticator.name,
        NOTHING,
        Authenticator.confirmed_at,
        Authenticator.last_used_at,
    ).where(Authenticator.person_id == PERSON, Authenticator.confirmed_at.is_not(None)),
    _arm(
        methods.RECOVERY,
        sa.literal(RECOVERY_CODES, sa.Text),
        NOTHING,
        NOTHING,
        sa.case((sa.func.count() > sa.func.count(RecoveryCode.used_at), CODES_LEFT), else_=""),
        sa.func.min(RecoveryCode.issued_at),
        sa.func.max(RecoveryCode.used_at),
    )
    .where(RecoveryCode.person_id == PERSON)
    .having(sa.func.count() > 0),
)


@dataclass(frozen=True)
class Holding:
    """One row: `place` is a portal or fund, `name` what people call it, `key` what it is compared by.

    The `id` of a portal that was reached is that of the session.
    """

    kind: str
    id: str
    place: str
    name: str
    key: str
    since: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True)
class Holdings:
    """Everything of one person, of all portals: whoever shows it leaves out what is not seen."""

    rows: Sequence[Holding]

    def of_kind(self, kind: str) -> list[Holding]:
        """Return the rows of one kind, the oldest first."""
        return sorted((row for row in self.rows if row.kind == kind), key=lambda row: (str(row.since), row.id))

    def places(self, kind: str) -> set[str]:
        return {row.place for row in self.rows if row.kind == kind}

    def has_accepted(self, portal: str, version: str) -> bool:
        """Return whether these terms were accepted; true for a portal without terms (`version` empty)."""
        return not version or any((row.place, row.name) == (portal, version) for row in self.of_kind(TERMS))

    def removable(self) -> list[RemovableMethod]:
        """Return passkeys, apps and the list of recovery codes, as `remove_method.removable` does."""
        return [
            RemovableMethod(row.id, kind, row.name, row.since, row.last_used_at)
            for kind in (methods.PASSKEY, methods.TOTP, methods.RECOVERY)
            for row in self.of_kind(kind)
            if row.since is not None
        ]

    def second_steps(self) -> Counter[str]:
        """Return how many passkeys, apps and lists of codes work, as `required_methods.held` counts them."""
        works = (row.kind for row in self.rows if row.kind != methods.RECOVERY or row.key == CODES_LEFT)
        return Counter(kind for kind in works if kind in {methods.PASSKEY, methods.TOTP, methods.RECOVERY})


def of_person(tx: Transaction, person_id: str) -> Holdings:
    return Holdings([Holding(**row._mapping) for row in tx.execute(HELD, {"person": person_id})])
