"""Whom a portal lets in (`policy.entry`): anyone, who is enrolled, or who acts for an organisation of its funds."""

from idp.clients.client import Client
from idp.database import Transaction
from idp.organisations import organisation_claims
from idp.people import enrolments


def lets_in(tx: Transaction, person_id: str, client: Client) -> bool:
    """Whether this person may use the portal now."""
    match client.policy.entry:
        case "enrolment":
            return enrolments.is_enrolled(tx, person_id, client.client_id)
        case "membership":
            funds = tuple(fund.code for fund in client.funds)
            return bool(organisation_claims.for_claims(tx, person_id, funds))
        case "anyone":
            return True
