"""Replace the administrators of a company: the fund's act alone (B-45)."""

from idp.actions import invitations
from idp.actions.actor import Actor, acting
from idp.actions.invitations import Sender
from idp.actions.members import author_name
from idp.actions.scim_tokens import revoke_tokens
from idp.database import Transaction
from idp.grants.end_access import OrganisationAccess, end_access
from idp.invitations.issuing import IssuedRegistrationCode
from idp.notices import company as notices
from idp.organisations import memberships
from idp.organisations.organisation import Organisation

DISMISSED = "administrator replaced"


def replace_administrators(
    tx: Transaction,
    company: Organisation,
    sender: Sender,
    *,
    by: Actor,
    reason: str,
    drawn: IssuedRegistrationCode | None = None,
) -> tuple[int, IssuedRegistrationCode]:
    """Take the right from every administrator, the last one too, and draw the code of the letter for the next.

    `drawn`: the code of a letter that is written already (`invitations.draw_administrator_unstored`).
    Users keep their access, and so do the former administrators, as users; each of them is told. Invited
    administrators who have not come cannot any more, and the company's directory is shut out. Returns how many lost the
    right, and the code.
    """
    invitations.withdraw_administrators(tx, company.id, by=by, reason=reason)  # one accepted meanwhile is dismissed
    revoke_tokens(tx, company.id, by=by, reason=reason)  # the former administrators may have kept them
    with acting(tx, by, reason=reason):
        dismissed = memberships.dismiss_administrators(tx, company.id, reason=reason)
        for each in dismissed:
            membership = each.membership
            end_access(tx, person_id=membership.person_id, scope=OrganisationAccess(company.id), reason=DISMISSED)
            author = author_name(tx, by, company, sender, membership)
            notices.rights_changed(
                tx, membership, sender.at, company=company, client=sender.client, by=author, reference=each.reference
            )
    code = drawn or invitations.draw_administrator_unstored(company, sender, tx.now, reason=reason)
    return len(dismissed), invitations.store_administrator(tx, code, by=by)
