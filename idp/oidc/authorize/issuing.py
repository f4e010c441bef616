"""The one write of the authorization endpoint: a code for a person who meets every requirement."""

from idp.audit.events.authorization import CodeIssued
from idp.audit.log import record
from idp.database import Transaction
from idp.grants import authorization_codes, client_sessions, pushed_requests, subjects
from idp.grants.authorization import Authorization
from idp.oidc.authorize import acr
from idp.oidc.authorize.context import AuthorizationContext
from idp.oidc.errors import InvalidRequestUri, LoginRequired
from idp.organisations import chosen, entry, organisation_claims
from idp.sessions import session as sessions
from idp.sessions.session import Session
from idp.settings import Sessions

ORGANISATIONS = "organisations"


def issue_code(tx: Transaction, context: AuthorizationContext, session: Session, settings: Sessions) -> str:
    """Issue a code that carries the request and the sign-in. The session counts as used.

    Raises `LoginRequired` if the session ended after it was read, `InvalidRequestUri` for a pushed request that
    was completed before.
    """
    if sessions.lock(tx, session.id) is None:
        raise LoginRequired("the session has just ended")
    if context.raw.pushed and not pushed_requests.consume(tx, context.raw.pushed):
        raise InvalidRequestUri("request_uri was used before")
    sessions.touch(tx, session, settings)
    authorization = authorize(tx, context, session)
    record(
        tx,
        CodeIssued(
            person_id=session.person_id,
            client_id=context.client.client_id,
            session_id=session.id,
            acr=session.acr,
            scopes=list(context.scopes),
        ),
    )
    return authorization_codes.issue(
        tx,
        authorization,
        redirect_uri=context.redirect_uri,
        code_challenge=context.code_challenge,
        dpop_jkt=context.dpop_jkt,
    )


def authorize(tx: Transaction, context: AuthorizationContext, session: Session) -> Authorization:
    """Make the authorization of this request, and open the person's session at the client."""
    client = context.client
    subject = subjects.subject_of(tx, session.person_id, client)
    return Authorization(
        client_id=client.client_id,
        person_id=session.person_id,
        subject=subject,
        scope=context.scopes,
        auth_time=session.signed_in_at,
        acr=acr.reported(context, session),
        amr=session.amr,
        session_id=session.id,
        sid=client_sessions.open_session(
            tx,
            session_id=session.id,
            client=client,
            person_id=session.person_id,
            subject=subject,
            knows_organisations=entry.rests_on_organisations(client, context.scopes),
        ),
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
