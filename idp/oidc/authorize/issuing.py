"""The one write of the authorization endpoint: a code for a person who meets every requirement."""

from typing import Any

import sqlalchemy as sa

from idp.audit.events.authorization import CodeIssued
from idp.audit.log import record
from idp.database import Transaction
from idp.grants import authorization_codes, client_sessions, pushed_requests, subjects
from idp.grants.authorization import Authorization
from idp.grants.authorization_codes import AuthorizationCode
from idp.grants.client_sessions import ClientSessionRow
from idp.hot_statements import HotStatement
from idp.oidc.authorize import acr
from idp.oidc.authorize.context import AuthorizationContext
from idp.oidc.authorize.visitor import Visitor
from idp.oidc.errors import InvalidRequestUri, LoginRequired
from idp.organisations import chosen, entry, organisation_claims
from idp.sessions import session as sessions
from idp.sessions.session import Session, SessionRow
from idp.settings import Sessions
from idp.statements import insert_from

ORGANISATIONS = "organisations"
INSERT_IF_LIVE = HotStatement(
    insert_from(
        sa.insert(AuthorizationCode),
        sessions.BY_ID.join(
            ClientSessionRow, sa.and_(ClientSessionRow.id == sa.bindparam("sid"), ClientSessionRow.ended_at.is_(None))
        ).with_for_update(of=SessionRow, key_share=True),
    ).returning(AuthorizationCode.fingerprint)
)
OPEN_IF_LIVE = HotStatement(insert_from(client_sessions.OPEN, sessions.HELD_BY_ID))
"""Both lock the session as `sessions.lock` does."""


def issue_code(tx: Transaction, context: AuthorizationContext, visitor: Visitor, settings: Sessions) -> str:
    """Issue a code that carries the request and the sign-in. The session counts as used.

    Raises `LoginRequired` if the session ended after it was read, `InvalidRequestUri` for a pushed request that
    was completed before.
    """
    if context.raw.pushed and not pushed_requests.consume(tx, context.raw.pushed):
        raise InvalidRequestUri("request_uri was used before")
    sessions.touch(tx, visitor, settings)
    code = _issue(tx, context, visitor, _known_sid(context, visitor)) or _issue_anew(tx, context, visitor)
    event = CodeIssued(
        person_id=visitor.person_id,
        client_id=context.client.client_id,
        session_id=visitor.id,
        acr=visitor.acr,
        scopes=list(context.scopes),
    )
    record(tx, event)
    return code


def authorize(tx: Transaction, context: AuthorizationContext, session: Session) -> Authorization:
    """Make the authorization of this request, and open the person's session at the client. The session is locked."""
    authorization = _authorize(tx, context, session)
    if authorization is None:
        raise LookupError("the session at the client was opened and is not there")
    return authorization


def _authorize(
    tx: Transaction, context: AuthorizationContext, whose: Session, /, **opening: Any
) -> Authorization | None:
    client, person_id = context.client, whose.person_id
    subject = subjects.subject_of(tx, person_id, client)
    sid = client_sessions.open_session(
        tx,
        session_id=whose.id,
        client=client,
        person_id=person_id,
        subject=subject,
        knows_organisations=entry.rests_on_organisations(client, context.scopes),
        **opening,
    )
    return _authorization(tx, context, whose, subject=subject, sid=sid) if sid else None


def _known_sid(context: AuthorizationContext, visitor: Visitor) -> str:
    """Return the name of the session at the client that was read and has nothing to be added, otherwise nothing."""
    rests = entry.rests_on_organisations(context.client, context.scopes)
    return visitor.sid if visitor.tells_organisations or not rests else ""


def _issue(tx: Transaction, context: AuthorizationContext, visitor: Visitor, sid: str) -> str:
    """Issue the code in a known session at the client. Nothing if one of the two sessions has ended."""
    if not sid:
        return ""
    subject = subjects.subject_of(tx, visitor.person_id, context.client)
    authorization = _authorization(tx, context, visitor, subject=subject, sid=sid)
    return authorization_codes.issue(
        tx, authorization, **_bound(context), insert=INSERT_IF_LIVE, session=visitor.id, sid=sid, now=tx.now
    )


def _issue_anew(tx: Transaction, context: AuthorizationContext, visitor: Visitor) -> str:
    """Issue the code in a new session at the client."""
    authorization = _authorize(tx, context, visitor, insert=OPEN_IF_LIVE, session=visitor.id, now=tx.now)
    if authorization is None:
        if sessions.lock(tx, visitor.id) is None:
            raise LoginRequired("the session has just ended")
        authorization = authorize(tx, context, visitor)
    return authorization_codes.issue(tx, authorization, **_bound(context))


def _bound(context: AuthorizationContext) -> dict[str, Any]:
    """Return what the code is bound to, besides the client."""
    names = ("redirect_uri", "code_challenge", "dpop_jkt")
    return {name: getattr(context, name) for name in names}


def _authorization(
    tx: Transaction, context: AuthorizationContext, session: Session, *, subject: str, sid: str
) -> Authorization:
    return Authorization(
        client_id=context.client.client_id,
        person_id=session.person_id,
        subject=subject,
        scope=context.scopes,
        auth_time=session.signed_in_at,
        acr=acr.reported(context, session),
        amr=session.amr,
        session_id=session.id,
        sid=sid,
        nonce=context.nonce,
        claims={"userinfo": context.claims.userinfo, "id_token": context.claims.id_token},
        resources=context.resources,
        organisation_id=_organisation(tx, context, session),
    )


def _organisation(tx: Transaction, context: AuthorizationContext, session: Session) -> str:
    """Return the company the person chose, or the only one they have."""
    if ORGANISATIONS not in context.scopes:
        return ""
    picked = chosen.chosen(tx, session.person_id, context.client.client_id)
    if picked:
        return picked
    theirs = organisation_claims.for_claims(tx, session.person_id, tuple(fund.code for fund in context.client.funds))
    return str(theirs[0]["id"]) if len(theirs) == 1 else ""
