"""Invitations by mail: a link to the page of the fund and the code to type there (B-01, B-25).

To a company's administrator the code is half of the proof: the journey asks for an address and proves that mailbox by
a code of its own. A member's invitation goes to the very address it is for, so its code proves that mailbox, and no
second one is sent: whoever it is forwarded to can open the account of that address, and of no other. Its mailbox is
told that the account was opened, and an administrator can deactivate it.
"""

from dataclasses import dataclass
from datetime import timedelta

from idp.database import Transaction
from idp.invitations import issuing
from idp.invitations.issuing import IssuedRegistrationCode, RegistrationCodeRequest
from idp.messages import outbox
from idp.messages.outbox import Message

COMPANY = "company_invitation"
MEMBER = "member_invitation"


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """The mail's values in addition to its code.

    `inviter` is the administrator's name, or empty if the fund invites.
    """

    to: str
    company: str
    link: str
    inviter: str = ""


def send(tx: Transaction, request: RegistrationCodeRequest, invitation: Invitation) -> IssuedRegistrationCode:
    """Draw the code, which replaces the subject's live one, and queue the mail; sending it again is the same call."""
    issued = issuing.issue(tx, request)
    values: dict[str, object] = {
        "code": issued.grouped,
        "link": invitation.link,
        "company": invitation.company,
        "valid_until": issued.expires_at - timedelta(seconds=1),  # inside the last day, so that its date is printed
        "reference": issued.reference,
    }
    if invitation.inviter:
        values["inviter"] = invitation.inviter
    message = Message(
        kind="email",
        to=invitation.to,
        template=MEMBER if invitation.inviter else COMPANY,
        language=request.language,
        values=values,
        client_id=request.client_id,
        lane="bulk",
        expires_at=issued.expires_at,
        about=issued.code_id,
    )
    outbox.enqueue(tx, message)
    issuing.mark_sent(tx, [issued.code_id])
    return issued
