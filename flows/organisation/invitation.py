"""Sending a user's invitation, sending it again, cancelling it (B-25, B-48)."""

from flask import redirect, request
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from flows.organisation import roster
from flows.organisation.administration import Administration, name_of
from idp.clients.client import Client
from idp.database import Transaction
from idp.invitations import mail_invitation, validity, withdrawal
from idp.invitations.issuing import CodeRequest
from idp.invitations.mail_invitation import Invitation
from idp.invitations.registration_code import Channel, Kind
from idp.limits import rate_limit
from idp.organisations.membership import INVITED, Membership
from idp.organisations.organisation import Organisation
from idp.provider import Provider
from idp.web.branding import Look

LIMIT = "company_invitations"
CANCELLED = "cancelled by an administrator"


def send(
    tx: Transaction, provider: Provider, client: Client, look: Look, company: Organisation, seat: Membership, by: str
) -> None:
    """Mail a fresh code to the invited address; an earlier one dies. `by` is the administrator's person id."""
    days = client.policy.invitations.lifetime_days
    request = CodeRequest(
        kind=Kind.MEMBER,
        channel=Channel.EMAIL,
        client_id=client.client_id,
        subject_id=seat.id,
        expires_at=validity.after_days(tx.now, days, look.translator.zone),
        language=look.language,
        fund=company.fund,
        organisation_id=company.id,
    )
    invitation = Invitation(
        to=seat.invited_as_email,
        company=company.name,
        link=f"{provider.settings.server.issuer}/{company.fund}/register",
        inviter=name_of(tx, by),
    )
    mail_invitation.send(tx, request, invitation)


def resend(admin: Administration, membership_id: str) -> Response:
    """« Renvoyer l’invitation »."""
    seat = admin.user(membership_id).membership
    if seat.state != INVITED:
        return redirect(f"{admin.users}/{membership_id}", 303)
    counted = admin.provider.limiter.debit(admin.tx, LIMIT, admin.company.id)
    if isinstance(counted, rate_limit.Refused):
        raise TooManyRequests(retry_after=counted.retry_at)
    send(admin.tx, admin.provider, admin.client, admin.look, admin.company, seat, admin.person_id)
    return redirect(f"{admin.users}?done=resent", 303)


def cancel(admin: Administration, membership_id: str) -> Response:
    """« Annuler l’invitation »: asks once, then removes the line."""
    user = roster.user(admin, membership_id)
    if not user.is_invited:
        return redirect(f"{admin.users}/{membership_id}", 303)
    if request.method != "POST":
        return admin.page("cancel.html", user=user)
    withdrawal.withdraw_member(admin.tx, membership_id, reason=CANCELLED)
    return redirect(f"{admin.users}?done=cancelled", 303)
