"""Invitations to a company, by mail or letter: drawn, sent again, withdrawn (B-01, B-25, B-45, B-48)."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from idp.actions.actor import Actor, acting
from idp.clients.client import Client
from idp.database import Transaction
from idp.invitations import issuing, mail_invitation, status, validity, withdrawal
from idp.invitations.issuing import IssuedRegistrationCode, RegistrationCodeRequest
from idp.invitations.letters.fund_letters import FundLetters
from idp.invitations.mail_invitation import Invitation
from idp.invitations.registration_code import Channel, RegistrationCodeDetails, RegistrationCodeKind
from idp.notices.notice import Occasion
from idp.organisations import memberships, organisation, scim_users
from idp.organisations.membership import INVITED, Membership
from idp.organisations.memberships import NotFound
from idp.organisations.organisation import Organisation
from idp.people import person


@dataclass(frozen=True)
class Sender:
    """The portal that writes to a company's people, on an occasion. `zone` is the time zone of printed days."""

    client: Client
    at: Occasion
    zone: ZoneInfo


def sender_to(company: Organisation, letters: FundLetters, issuer: str) -> Sender:
    """Return the fund's portal as the sender, in the language of the company."""
    client_id, language = letters.client.client_id, letters.translator(company.language).language
    return Sender(letters.client, Occasion(client_id=client_id, issuer=issuer, language=language), letters.zone)


def mail_member(
    tx: Transaction, company: Organisation, membership: Membership, sender: Sender, *, by: Actor, reason: str = ""
) -> IssuedRegistrationCode:
    """Mail a new code to an invited address; an earlier one ends."""
    found = person.by_id(tx, by.person_id) if by.person_id else None
    with acting(tx, by, reason=reason):
        request = _request(tx.now, company, sender, RegistrationCodeKind.MEMBER, Channel.EMAIL, membership.id, reason)
        inviter = found.full_name if found is not None else company.name
        return mail_invitation.send(tx, request, _invitation(company, sender, membership.invited_as_email, inviter))


def mail_administrator(
    tx: Transaction, company: Organisation, to: str, sender: Sender, *, by: Actor, reason: str
) -> IssuedRegistrationCode:
    """Mail the code with which the company's administrator registers; one that is still valid dies."""
    with acting(tx, by, reason=reason):
        kind, channel = RegistrationCodeKind.ADMINISTRATOR, Channel.EMAIL
        request = _request(tx.now, company, sender, kind, channel, company.id, reason)
        return mail_invitation.send(tx, request, _invitation(company, sender, to))


def draw_administrator(
    tx: Transaction, company: Organisation, sender: Sender, *, by: Actor, reason: str
) -> IssuedRegistrationCode:
    """Draw the code for the letter to a company's administrator; one that is still valid dies.

    The caller writes the letter once the transaction is over, and calls `issuing.mark_sent`.
    """
    return store_administrator(tx, draw_administrator_unstored(company, sender, tx.now, reason=reason), by=by)


def draw_administrator_unstored(
    company: Organisation, sender: Sender, now: datetime, *, reason: str
) -> IssuedRegistrationCode:
    """Draw the same code before anything is stored: the letter can be written without a transaction."""
    request = _request(now, company, sender, RegistrationCodeKind.ADMINISTRATOR, Channel.LETTER, company.id, reason)
    return issuing.draw([request], now)[0]


def store_administrator(tx: Transaction, drawn: IssuedRegistrationCode, *, by: Actor) -> IssuedRegistrationCode:
    """Store the code of a letter to a company's administrator; one that is still valid dies."""
    with acting(tx, by, reason=drawn.request.reason):
        issuing.store(tx, [drawn])
        return drawn


def withdraw_code(tx: Transaction, code: RegistrationCodeDetails, *, by: Actor, reason: str) -> bool:
    """End a live code; with a member's invitation goes the line in the company's list. False: it was not live."""
    with acting(tx, by, reason=reason):
        if not withdrawal.withdraw(tx, code.id, reason=reason):
            return False
        if code.kind == RegistrationCodeKind.MEMBER:
            memberships.withdraw(tx, code.subject_id)
        return True


def withdraw_member(tx: Transaction, membership_id: str, *, by: Actor, reason: str) -> NotFound | None:
    """End the invitation of a member, and take the line out of the company's list (B-48)."""
    with acting(tx, by, reason=reason):
        return _withdraw_member(tx, membership_id, reason)


def withdraw_from(tx: Transaction, email_key: str, *, reason: str) -> None:
    """End the invitations of members to this address, with the lines that show it: its owner is erased.

    Records of the companies' directories with this address go too.
    """
    invited = sa.select(Membership.id).where(Membership.state == INVITED, Membership.invited_as_key == email_key)
    for membership_id in tx.execute(invited).scalars().all() if email_key else ():
        _withdraw_member(tx, membership_id, reason)
    scim_users.forget(tx, addresses=[email_key])


def withdraw_administrators(tx: Transaction, organisation_id: str, *, by: Actor, reason: str) -> None:
    """End the invitations with which an administrator made another; the fund's own dies when the next is drawn."""
    organisation.lock(tx, organisation_id)
    for membership_id in memberships.invited_administrators(tx, organisation_id):
        withdraw_member(tx, membership_id, by=by, reason=reason)


def _withdraw_member(tx: Transaction, membership_id: str, reason: str) -> NotFound | None:
    for code in status.of_subject(tx, membership_id):
        withdrawal.withdraw(tx, code.id, reason=reason)
    return memberships.withdraw(tx, membership_id)


def _invitation(company: Organisation, sender: Sender, to: str, inviter: str = "") -> Invitation:
    link = f"{sender.at.issuer}/{company.fund}/register"
    return Invitation(to=to, company=company.name, link=link, inviter=inviter)


def _request(
    now: datetime, company: Organisation, sender: Sender, kind: str, channel: str, subject_id: str, reason: str
) -> RegistrationCodeRequest:
    policy = sender.client.policy
    by_letter = channel == Channel.LETTER
    days = policy.letters.lifetime_days if by_letter else policy.invitations.lifetime_days
    return RegistrationCodeRequest(
        kind=kind,
        channel=channel,
        client_id=sender.client.client_id,
        subject_id=subject_id,
        expires_at=validity.after_days(now, days, sender.zone),
        language=sender.at.language,
        fund=company.fund,
        organisation_id=company.id,
        reason=reason,
    )
