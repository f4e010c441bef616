"""From a checked request to a person who has nothing left to do, or to the journey they are sent on first."""

from datetime import timedelta

from flask import Response, request

from idp import interaction
from idp.interaction import PendingAuthorization
from idp.oidc import claims
from idp.oidc.authorize import acr, pages
from idp.oidc.authorize.checks import Asked
from idp.oidc.authorize.request import Received
from idp.oidc.authorize.requirements import NOBODY_CAN, SIGNED_IN, first_unmet
from idp.oidc.authorize.respond import seen_at
from idp.provider import Provider
from idp.sessions import cookie
from idp.sessions import session as sessions
from idp.sessions.session import Session
from idp.web.origin import origin_of


def settle(provider: Provider, asked: Asked) -> Session | Response:
    """The session of a person who may have what is asked, or the way to the first thing that is missing.

    Raises the error of the unmet requirement where no page may be shown (`prompt=none`).
    """
    group = asked.client.sso_group
    token = cookie.read(request, group, secure=provider.settings.server.secure)
    with provider.database.reading() as tx:
        found = first_unmet(tx, asked, sessions.find(tx, token, group))
    if isinstance(found, Session):
        return found
    if "none" in asked.request.prompt:
        raise found.unmet.error(found.unmet.description)
    flow = found.unmet.flow
    sealed = hand_over(provider, asked, reason=found.requirement, flow=flow)
    if flow == NOBODY_CAN:
        return pages.no_access(provider, asked, found.person_id, sealed)
    return seen_at(interaction.begin(flow, sealed))


def hand_over(provider: Provider, asked: Asked, *, reason: str = "", flow: str = "") -> str:
    """The request, sealed for its way. It comes back without `prompt=create`: the way to an account was shown."""
    parameters = dict(asked.received.parameters)
    if reason == SIGNED_IN:
        parameters["prompt"] = " ".join(sorted(asked.request.prompt - {"create"}))
    pending = PendingAuthorization(
        parameters=parameters,
        asked_at=asked.request.asked_at,
        resources=asked.received.resources,
        flow=flow,
        reason=reason,
        offered=(*asked.received.offered, *([reason] if reason else [])),
        acr=acr.needed(asked.request, asked.client.policy),
        wanted=claims.scopes_behind(asked.request, asked.client),
        pushed=asked.received.pushed,
        signed=asked.received.signed,
        device=asked.received.device,
    )
    sealed = interaction.seal(provider.vault, pending)
    if interaction.fits_address(sealed):
        return sealed
    with provider.database.transaction(origin_of(request, client_id=asked.client.client_id)) as tx:
        return interaction.store(tx, sealed, lifetime(provider))


def handed_back(provider: Provider) -> PendingAuthorization | None:
    """The request in this address, if it is ours, whatever its age."""
    with provider.database.reading() as tx:
        return interaction.open_pending(tx, request.values.get(interaction.PARAMETER, ""))


def received_before(pending: PendingAuthorization) -> Received:
    """What was received then, for the same evaluation again."""
    return Received(
        parameters=pending.parameters,
        resources=pending.resources,
        pushed=pending.pushed,
        signed=pending.signed,
        device=pending.device,
        offered=pending.offered,
    )


def lifetime(provider: Provider) -> timedelta:
    """How long a request may be on its way."""
    return timedelta(seconds=provider.settings.pages.run_lifetime)
