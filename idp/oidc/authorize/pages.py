"""The pages of the authorization endpoint: a request that nobody may be sent back with, and a person without access."""

import structlog
from flask import Response, request

from idp import interaction
from idp.clients.client import Client
from idp.database import Transaction
from idp.interaction import PendingAuthorization
from idp.oidc.authorize.context import AuthorizationContext
from idp.oidc.errors import OAuthError
from idp.organisations import entry
from idp.provider import Provider
from idp.web import branding
from idp.web.error_pages import problem_page
from idp.web.problems import PageLink, Problem
from idp.wording import Text, text

log = structlog.get_logger()

LONGEST_LOGGED = 100
BAD_REQUEST = 400
FORBIDDEN = 403


def request_refused(
    provider: Provider, error: OAuthError, client: Client | None = None, *, named: str = ""
) -> Response:
    """Return the page for a request whose redirect address cannot be trusted (RFC 6749 §4.1.2.1).

    `named` is the `client_id` of the request where no client has it.
    """
    client_id = client.client_id if client is not None else named[:LONGEST_LOGGED]
    reason = error.detail or error.description
    log.warning("authorization_not_sent_back", client=client_id, error=error.code, reason=reason)
    problem = Problem(
        text("This sign-in request is not valid"),
        text("The portal sent us a request we cannot accept. You have not done anything wrong. Go back to the "
             "portal and start again. If this happens again, give the portal’s helpdesk the reference below."),
        code=error.code,
        detail=error.description,
    )  # fmt: skip
    return problem_page(provider, branding.theme(provider, request, client=client), problem, BAD_REQUEST)


def not_sent_to_client(provider: Provider, client: Client, error: OAuthError, onward: str) -> Response:
    """Return an error page. Only the person can send the error to the client, whose address nobody here vouches for."""
    theme = branding.theme(provider, request, client=client)
    problem = Problem(
        text("You cannot go on to this service"),
        text("It sent you here with a request that we did not grant. You can close this page."),
        links=[PageLink(text("Back to %(portal)s", portal=theme.portal), onward)] if onward else [],
        code=error.code,
        detail=error.description,
    )
    return problem_page(provider, theme, problem, BAD_REQUEST)


def request_forgotten(provider: Provider, pending: PendingAuthorization | None) -> Response:
    """Return the page for a bookmark, or a tab that was open for days (X-05)."""
    client = provider.registry.current().client(pending.client_id) if pending is not None else None
    problem = Problem(
        text("This page has expired"),
        text("It has been too long since you left the portal. Go back and start again."),
    )
    return problem_page(provider, branding.theme(provider, request, client=client), problem, BAD_REQUEST)


def no_access(provider: Provider, context: AuthorizationContext, person_id: str, sealed: str) -> Response:
    """Return the page for a signed-in person to whom the portal is not open (B-43)."""
    with provider.database.reading() as tx:
        reason = _reason(tx, context, person_id)
    theme = branding.theme(provider, request, client=context.client)
    problem = Problem(
        text("You have no access to %(portal)s", portal=theme.portal),
        reason,
        links=[
            PageLink(text("Back to %(portal)s", portal=theme.portal), interaction.refusal_url(sealed)),
            PageLink(text("Sign in with another account"), interaction.journey_url("login", sealed)),
        ],
    )
    return problem_page(provider, theme, problem, FORBIDDEN)


def _reason(tx: Transaction, context: AuthorizationContext, person_id: str) -> Text:
    company = entry.deactivated_by(tx, person_id, context.client)
    if company is not None:
        return text(
            "Your access for %(company)s was deactivated. Contact your company’s administrator.", company=company.name
        )
    return text("Your account does not give you access to this portal. If you think it should, contact the helpdesk.")
