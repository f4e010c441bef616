"""Draw registration codes. A new code for a subject replaces the older one in the same transaction (C-17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from idp import random_values
from idp.audit import log
from idp.audit.events.invitations import RegistrationCodeIssued, RegistrationCodeReplaced
from idp.database import Transaction
from idp.invitations import code_text
from idp.invitations.registration_code import DIGEST, LIVE, RegistrationCode, RegistrationCodeState

TABLE = RegistrationCode.__table__


@dataclass(frozen=True)
class RegistrationCodeRequest:
    """A code to draw. `kind` and `channel` are of `registration_code`; `expires_at` comes from `validity`.

    `reason` is the clerk's, for the audit trail; a campaign has its own.
    """

    kind: str
    channel: str
    client_id: str
    subject_id: str
    expires_at: datetime
    language: str
    fund: str = ""
    campaign_id: str = ""
    organisation_id: str = ""
    reason: str = ""


@dataclass(frozen=True)
class IssuedRegistrationCode:
    """A drawn code. `code` is in clear here and nowhere else: put it on paper or into the sealed outbox."""

    code_id: str
    reference: str
    code: str
    expires_at: datetime
    request: RegistrationCodeRequest

    @property
    def grouped(self) -> str:
        return code_text.grouped(self.code)


INSERT = sa.insert(TABLE)  # type: ignore[arg-type]
REPLACE = (
    sa.update(TABLE)  # type: ignore[arg-type]
    .where(
        TABLE.c.kind == sa.bindparam("of_kind"),
        TABLE.c.subject_id == sa.bindparam("of_subject"),
        TABLE.c.state.in_(LIVE),
    )
    .values(state=RegistrationCodeState.REPLACED, ended_at=sa.bindparam("at"))
    .returning(TABLE.c.id)
)
MARK_SENT = (
    sa.update(TABLE)  # type: ignore[arg-type]
    .where(TABLE.c.id == sa.bindparam("of_id"), TABLE.c.state == RegistrationCodeState.CREATED)
    .values(state=RegistrationCodeState.SENT, sent_at=sa.bindparam("at"))
)


def issue(tx: Transaction, request: RegistrationCodeRequest) -> IssuedRegistrationCode:
    """Draw one code and replace the subject's live one.

    Raises `sqlalchemy.exc.IntegrityError` when another clerk issues for the same subject at the same moment.
    """
    (drawn,) = draw([request], tx.now)
    store(tx, [drawn])
    return drawn


def draw(requests: Sequence[RegistrationCodeRequest], now: datetime) -> list[IssuedRegistrationCode]:
    """Draw a code for each request, in their order. Nothing is stored: without `store` a code opens nothing."""
    return [_drawn(request, now) for request in requests]


def store(tx: Transaction, drawn: Sequence[IssuedRegistrationCode]) -> None:
    """Store codes that were drawn, and replace the live ones of their subjects. They are `created` until `mark_sent`.

    Raises as `issue` does.
    """
    for issued in drawn:
        _replace_older(tx, issued)
    if drawn:
        tx.execute(INSERT, [_row(tx, issued) for issued in drawn])
    for issued in drawn:
        log.record(tx, _event(issued))


def mark_sent(tx: Transaction, code_ids: Sequence[str]) -> None:
    """Say that these codes are on paper, or in the outbox."""
    if code_ids:
        tx.execute(MARK_SENT, [{"of_id": code_id, "at": tx.now} for code_id in code_ids])


def _drawn(request: RegistrationCodeRequest, now: datetime) -> IssuedRegistrationCode:
    letters = random_values.code(8, log.REFERENCE_ALPHABET)
    return IssuedRegistrationCode(
        code_id=random_values.new_id(now),
        reference=f"{letters[:4]}-{letters[4:]}",
        code=code_text.draw(),
        expires_at=request.expires_at,
        request=request,
    )


def _replace_older(tx: Transaction, issued: IssuedRegistrationCode) -> None:
    request = issued.request
    parameters = {"of_kind": request.kind, "of_subject": request.subject_id, "at": tx.now}
    for code_id in tx.execute(REPLACE, parameters).scalars():
        log.record(
            tx,
            RegistrationCodeReplaced(
                client_id=request.client_id,
                organisation_id=request.organisation_id,
                code_id=code_id,
                replaced_by=issued.code_id,
            ),
        )


def _event(issued: IssuedRegistrationCode) -> RegistrationCodeIssued:
    request = issued.request
    return RegistrationCodeIssued(
        client_id=request.client_id,
        organisation_id=request.organisation_id,
        code_id=issued.code_id,
        reference_of_code=issued.reference,
        kind=request.kind,
        channel=request.channel,
        fund=request.fund,
        expires_at=issued.expires_at.isoformat(),
        reason=request.reason,
    )


def _row(tx: Transaction, issued: IssuedRegistrationCode) -> dict[str, object]:
    request = issued.request
    return {
        "id": issued.code_id,
        "reference": issued.reference,
        "kind": request.kind,
        "channel": request.channel,
        "state": RegistrationCodeState.CREATED,
        "client_id": request.client_id,
        "fund": request.fund,
        "subject_id": request.subject_id,
        "campaign_id": request.campaign_id,
        "language": request.language,
        "code_digest": tx.sealer.digest(DIGEST, issued.code),
        "created_at": tx.now,
        "created_by": tx.origin.actor,
        "expires_at": issued.expires_at,
        "reason": "",
        "person_id": "",
    }
