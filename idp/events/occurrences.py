"""The events that programs of the funds hear of by web-hook, read from the facts that a transaction was told."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from idp.audit.events.invitations import RegistrationCodeUsed
from idp.audit.events.organisations import MemberDeactivated, MemberInvited, MemberJoined, MemberReactivated
from idp.audit.events.people import LegacyAccountMigrated
from idp.audit.facts import AddressReplaced, NumberReplaced
from idp.clients.subscriptions import WebhookEventName
from idp.database import Transaction
from idp.invitations.registration_code import Channel, RegistrationCode
from idp.organisations.organisation import Organisation

MEMBER_EVENTS: Mapping[type, WebhookEventName] = {
    MemberInvited: "member.invited",
    MemberJoined: "member.activated",
    MemberReactivated: "member.activated",
    MemberDeactivated: "member.deactivated",
}
EMAIL, PHONE = CONTACT_VALUES = ("email", "phone_number")
"""The names of contact data."""
HEARD = (RegistrationCodeUsed, LegacyAccountMigrated, AddressReplaced, NumberReplaced, *MEMBER_EVENTS)


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    """One event, at a fund or a portal; with neither, it is about a person wherever they belong.

    `data` are ids as the API names them. `values` are contact data, for programs that may read them.
    """

    name: WebhookEventName
    fund: str = ""
    portal: str = ""
    person_id: str = ""
    data: Mapping[str, object] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)


def of_fact(tx: Transaction, fact: object) -> Occurrence | None:
    """Return the event that a fact is; None for most. Reads only."""
    match fact:
        case RegistrationCodeUsed():
            code = tx.session.get(RegistrationCode, fact.code_id)
            if code is None or code.channel != Channel.LETTER:
                return None
            data = {"fund": code.fund, "letter": code.reference}
            return Occurrence(name="letter.used", fund=code.fund, person_id=fact.person_id, data=data)
        case LegacyAccountMigrated():
            data = {"portal": fact.client_id}
            return Occurrence(name="account.migrated", portal=fact.client_id, person_id=fact.person_id, data=data)
        case AddressReplaced():
            return Occurrence(name="address.changed", person_id=fact.person_id, values={EMAIL: fact.new})
        case NumberReplaced():
            return Occurrence(name="phone.changed", person_id=fact.person_id, values={PHONE: fact.new})
        case MemberInvited() | MemberJoined() | MemberReactivated() | MemberDeactivated():
            return _of_member(tx, fact)
    return None


def _of_member(
    tx: Transaction, fact: MemberInvited | MemberJoined | MemberReactivated | MemberDeactivated
) -> Occurrence | None:
    company = tx.session.get(Organisation, fact.organisation_id)
    if company is None:
        return None
    data = {"fund": company.fund, "company": company.number, "member": fact.membership_id}
    return Occurrence(name=MEMBER_EVENTS[type(fact)], fund=company.fund, person_id=fact.person_id, data=data)
