"""Evaluate the requirements of a request, and begin the journey to the first one that is not met."""

from flask import Response, request

from idp import interaction
from idp.oidc.authorize import pages, visitor
from idp.oidc.authorize.context import AuthorizationContext
from idp.oidc.authorize.requirements import NO_JOURNEY, first_unmet
from idp.oidc.authorize.respond import see_other
from idp.oidc.authorize.suspension import suspend
from idp.oidc.authorize.visitor import Visitor
from idp.provider import Provider
from idp.sessions import cookie


def evaluate(provider: Provider, context: AuthorizationContext) -> Visitor | Response:
    """Return the session of a person who meets every requirement, or the redirect to the first unmet one.

    Raises the error of the unmet requirement where no page may be shown (`prompt=none`).
    """
    token = cookie.read(request, context.client.sso_group, secure=provider.settings.server.secure)
    with provider.database.reading() as tx:
        found = first_unmet(tx, context, visitor.find(tx, context, token))
    if isinstance(found, Visitor):
        return found
    if "none" in context.prompt:
        raise found.unmet.error(found.unmet.description)
    flow = found.unmet.flow
    sealed = suspend(provider, context, reason=found.requirement, flow=flow)
    if flow == NO_JOURNEY:
        return pages.no_access(provider, context, found.person_id, sealed)
    return see_other(interaction.journey_url(flow, sealed))
