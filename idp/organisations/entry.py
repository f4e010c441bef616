"""Admission to a portal (`policy.entry`): anyone, enrolled people, or members of an organisation of its funds."""

from collections.abc import Collection

from idp.clients.client import Client
from idp.database import Transaction
from idp.organisations import organisation_claims
from idp.people import enrolments


def lets_in(tx: Transaction, person_id: str, client: Client) -> bool:
    """Return whether this person may use the portal now."""
    match client.policy.entry:
        case "enrolment":
            return enrolments.is_enrolled(tx, person_id, client.client_id)
        case "membership":
            funds = tuple(fund.code for fund in client.funds)
            return bool(organisation_claims.for_claims(tx, person_id, funds))
        case "anyone":
            return True


def rests_on_organisations(client: Client, scopes: Collection[str]) -> bool:
    """Whether access with these scopes has to end when the person loses an organisation: the portal is told of them, or
    lets nobody else in (B-42)."""
    return "organisations" in scopes or client.policy.entry == "membership"
