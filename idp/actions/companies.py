"""Close a company that left the fund: nobody acts for it any more."""

from idp.actions import invitations
from idp.actions.actor import Actor, acting
from idp.actions.invitations import Sender
from idp.actions.members import author_name
from idp.actions.scim_tokens import revoke_tokens
from idp.database import Transaction
from idp.grants.end_access import OrganisationAccess, end_access
from idp.invitations import status
from idp.notices import company as notices
from idp.organisations import memberships, organisation
from idp.organisations.membership import ACTIVE, INVITED
from idp.organisations.organisation import Organisation

CLOSED = "company closed"


def close_company(tx: Transaction, company: Organisation, sender: Sender, *, by: Actor, reason: str) -> int | None:
    """End the access of all members, tell each of them, and withdraw every invitation to the company.

    Its directory is shut out.

    The persons keep their accounts, and the memberships stay in the records. Return how many members lost access;
    None: the company was closed already.
    """
    with acting(tx, by, reason=reason):
        if not organisation.close(tx, company.id):
            return None
        revoke_tokens(tx, company.id, by=by, reason=reason)
        for code in status.of_subject(tx, company.id):
            invitations.withdraw_code(tx, code, by=by, reason=reason)
        lost = 0
        for member in memberships.of_organisation(tx, company.id):
            membership = member.membership
            if membership.state == INVITED:
                invitations.withdraw_member(tx, membership.id, by=by, reason=reason)
            elif membership.state == ACTIVE:
                end_access(tx, person_id=membership.person_id, scope=OrganisationAccess(company.id), reason=CLOSED)
                author = author_name(tx, by, company, sender, membership)
                notices.access_changed(tx, membership, sender.at, company=company, by=author, deactivated=True)
                lost += 1
        return lost
