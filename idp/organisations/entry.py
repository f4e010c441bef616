"""Admission to a portal (`policy.entry`): anyone, enrolled people, or members of an organisation of its funds."""

from collections.abc import Collection

from idp.clients.client import Client
from idp.database import Transaction
from idp.organisations import memberships, organisation, organisation_claims
from idp.organisations.membership import DEACTIVATED
from idp.organisations.organisation import Organisation
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


def deactivated_by(tx: Transaction, person_id: str, client: Client) -> Organisation | None:
    """Return the company that ended this person's access to the portal, where that is what keeps them out (B-43)."""
    if client.policy.entry != "membership" or lets_in(tx, person_id, client):
        return None
    funds = {fund.code for fund in client.funds}
    ended = [each for each in memberships.of_person(tx, person_id) if each.state == DEACTIVATED]
    companies = (organisation.by_id(tx, each.organisation_id) for each in ended)
    return next((company for company in companies if company is not None and company.fund in funds), None)


def rests_on_organisations(client: Client, scopes: Collection[str]) -> bool:
    """Return whether access with these scopes ends when the person loses an organisation (B-42).

    So it is where the portal receives organisations, or admits only members.
    """
    return "organisations" in scopes or client.policy.entry == "membership"
