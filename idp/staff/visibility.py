"""The records that staff can see, as SQL: every query of the desk carries one of these conditions.

A person is seen by a fund through a company of theirs or through the register, and by a portal through an enrolment,
a number or a former account there. An enrolment that ended counts as long as it is kept (`retention.audit`): questions
and complaints come afterwards. What is not seen is not there: the same statement, the same answer.
"""

import sqlalchemy as sa

from idp.audit.log import AuditEvent
from idp.clients.registry import Registry
from idp.database import Transaction
from idp.invitations.registration_code import RegistrationCode
from idp.organisations import people_in_reach
from idp.organisations.membership import Membership
from idp.organisations.organisation import Organisation
from idp.people import emails
from idp.people.email_address import Email
from idp.people.enrolments import Enrolment
from idp.people.insured import InsuredPerson
from idp.people.legacy import LegacyAccount
from idp.people.person import Person
from idp.people.portal_identifiers import PortalIdentifier
from idp.staff.appointments import Scope

Condition = sa.ColumnElement[bool]


def is_seen(scope: Scope) -> Condition:
    """Return the condition for a row of `Person`."""
    return people_in_reach.condition(funds=scope.funds, portals=scope.portals)


def company_is_seen(scope: Scope) -> Condition:
    """Return the condition for a row of `Organisation`."""
    return Organisation.fund.in_(sorted(scope.funds))


def insured_is_seen(scope: Scope) -> Condition:
    """Return the condition for a row of `InsuredPerson`."""
    return InsuredPerson.fund.in_(sorted(scope.funds))


def former_is_seen(scope: Scope) -> Condition:
    """Return the condition for a row of `LegacyAccount`."""
    return LegacyAccount.portal.in_(sorted(scope.portals))


def code_is_seen(scope: Scope) -> Condition:
    """Return the condition for a row of `RegistrationCode`."""
    return RegistrationCode.fund.in_(sorted(scope.funds))


def event_is_seen(scope: Scope, registry: Registry) -> Condition:
    """Return the condition for an event of a person who is seen: what other funds and portals did with them is not.

    An event of a company belongs to the company's fund. Any other belongs to its portal, and to everybody who sees the
    person if it has none.
    """
    portals = sorted(portals_of(scope, registry))
    fund = sa.select(Organisation.fund).where(Organisation.id == AuditEvent.organisation_id).correlate(AuditEvent)
    return sa.and_(
        sa.or_(AuditEvent.organisation_id == "", fund.scalar_subquery().in_(sorted(scope.funds))),
        AuditEvent.client_id.in_(["", *portals]),
    )


def portals_of(scope: Scope, registry: Registry) -> frozenset[str]:
    """Return the client ids of the portals that the scope has to do with: its own, and those of its funds."""
    of_funds = {client.client_id for code in scope.funds if (client := registry.client_of_fund(code)) is not None}
    return scope.portals | of_funds


def person(tx: Transaction, scope: Scope, person_id: str) -> Person | None:
    """Return the person, if they are seen."""
    return tx.session.scalar(sa.select(Person).where(Person.id == person_id, is_seen(scope)))


def is_owned_unseen(tx: Transaction, scope: Scope, address: Email) -> bool:
    """Return whether someone who is not seen has the address.

    It is then taken like a free one: only whoever reads that mailbox learns of it.
    """
    owner = emails.owner(tx, address)
    return owner != "" and person(tx, scope, owner) is None


def company(tx: Transaction, scope: Scope, organisation_id: str) -> Organisation | None:
    """Return the company, if it is seen."""
    return tx.session.scalar(sa.select(Organisation).where(Organisation.id == organisation_id, company_is_seen(scope)))


def insured(tx: Transaction, scope: Scope, insured_id: str) -> InsuredPerson | None:
    """Return the entry of a fund's register, if it is seen."""
    return tx.session.scalar(sa.select(InsuredPerson).where(InsuredPerson.id == insured_id, insured_is_seen(scope)))


def entry_of(tx: Transaction, scope: Scope, person_id: str) -> InsuredPerson | None:
    """Return the person's entry in a register that is seen."""
    theirs = sa.select(InsuredPerson).where(InsuredPerson.person_id == person_id, insured_is_seen(scope))
    return tx.session.scalar(theirs.order_by(InsuredPerson.id).limit(1))


def former(tx: Transaction, scope: Scope, legacy_account_id: str) -> LegacyAccount | None:
    """Return the account of a former directory, if it is seen."""
    return tx.session.scalar(
        sa.select(LegacyAccount).where(LegacyAccount.id == legacy_account_id, former_is_seen(scope))
    )


def is_only_seen_by(tx: Transaction, scope: Scope, registry: Registry, person_id: str) -> bool:
    """Return whether every fund and portal of the person is of this scope: what ends there ends nowhere else."""
    places = sa.union(
        sa.select(sa.literal("fund").label("kind"), Organisation.fund.label("place"))
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.person_id == person_id),
        sa.select(sa.literal("fund"), InsuredPerson.fund).where(InsuredPerson.person_id == person_id),
        sa.select(sa.literal("portal"), Enrolment.portal).where(Enrolment.person_id == person_id),
        sa.select(sa.literal("portal"), PortalIdentifier.portal).where(PortalIdentifier.person_id == person_id),
    )
    ours = {"fund": scope.funds, "portal": portals_of(scope, registry)}
    return all(row.place in ours[row.kind] for row in tx.execute(places))
