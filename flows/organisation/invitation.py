"""Send a user's invitation again, or cancel it (B-25, B-48)."""

from flask import redirect, request
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from flows.organisation import listing, sender
from flows.organisation.administration import Administration
from idp.actions import invitations
from idp.actions.actor import Actor
from idp.limits import rate_limit
from idp.organisations.membership import INVITED

LIMIT = "company_invitations"
CANCELLED = "cancelled by an administrator"


def resend(admin: Administration, membership_id: str) -> Response:
    """« Renvoyer l’invitation »."""
    membership = admin.user(membership_id).membership
    if membership.state != INVITED:
        return redirect(f"{admin.users}/{membership_id}", 303)
    counted = admin.provider.limiter.debit(admin.tx, LIMIT, admin.company.id)
    if isinstance(counted, rate_limit.LimitHit):
        raise TooManyRequests(retry_after=counted.retry_at)
    invitations.mail_member(
        admin.tx, admin.company, membership, sender.of_page(admin), by=Actor.administrator(admin.person_id)
    )
    return redirect(f"{admin.users}?done=resent", 303)


def cancel(admin: Administration, membership_id: str) -> Response:
    """« Annuler l’invitation »: asks once, then removes the line."""
    user = listing.user(admin, membership_id)
    if not user.is_invited:
        return redirect(f"{admin.users}/{membership_id}", 303)
    if request.method != "POST":
        return admin.page("cancel.html", user=user)
    invitations.withdraw_member(admin.tx, membership_id, by=Actor.administrator(admin.person_id), reason=CANCELLED)
    return redirect(f"{admin.users}?done=cancelled", 303)
