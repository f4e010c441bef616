"""From a checked request to a person who has nothing left to do, or to the journey they are sent on first."""

from datetime import timedelta

from flask import Response, request

from idp import interaction, opaque
from idp.interaction import PendingAuthorization
from idp.oidc import claims, throttling
from idp.oidc.authorize import acr, pages
from idp.oidc.authorize.checks import Asked
from idp.oidc.authorize.request import HandedOver, Received
from idp.oidc.authorize.requirements import NOBODY_CAN, SIGNED_IN, first_unmet
from idp.oidc.authorize.respond import seen_at
from idp.provider import Provider
from idp.sessions import cookie
from idp.sessions import session as sessions
from idp.sessions.session import Session
from idp.web.origin import origin_of

OF_STORED_REQUESTS = "stored_requests"


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
    """The request, sealed for its way. It comes back without `prompt=create`: the way to an account was shown.

    Where nothing changed it travels on as it came. Raises `TooManyRequests` for a network that had too many stored.
    """
    pending, before = _pending(asked, reason, flow), asked.received.before
    if before is not None and before.pending == pending:
        return before.sealed
    sealed = interaction.seal(provider.vault, pending)
    if interaction.fits_address(sealed):
        return sealed
    throttling.count(provider, request, OF_STORED_REQUESTS, told="too many long requests from this network")
    with provider.database.transaction(origin_of(request, client_id=asked.client.client_id)) as tx:
        return interaction.store(tx, sealed, interaction.LIFETIME)


def _pending(asked: Asked, reason: str, flow: str) -> PendingAuthorization:
    received = asked.received
    parameters = dict(received.parameters)
    if reason == SIGNED_IN:
        parameters["prompt"] = " ".join(sorted(asked.request.prompt - {"create"}))
    return PendingAuthorization(
        id=received.id or opaque.token(16),
        begun=received.before is not None and received.before.pending.begun,
        parameters=parameters,
        asked_at=asked.request.asked_at,
        resources=received.resources,
        flow=flow,
        reason=reason,
        offered=tuple(dict.fromkeys((*received.offered, *([reason] if reason else [])))),
        acr=acr.needed(asked.request, asked.client.policy),
        wanted=claims.scopes_behind(asked.request, asked.client),
        pushed=received.pushed,
        signed=received.signed,
        device=received.device,
    )


def handed_back(provider: Provider) -> HandedOver | None:
    """The request in this address, if it is ours, whatever its age."""
    sealed = request.values.get(interaction.PARAMETER, "")
    with provider.database.reading() as tx:
        pending = interaction.open_pending(tx, sealed)
    return HandedOver(pending, sealed) if pending is not None else None


def is_over(provider: Provider, handed: HandedOver) -> bool:
    """Whether the request is too old to be answered."""
    run_lifetime = timedelta(seconds=provider.settings.pages.run_lifetime)
    return handed.pending.is_over(provider.clock.now(), run_lifetime)


def received_before(handed: HandedOver) -> Received:
    """What was received then, for the same evaluation again."""
    pending = handed.pending
    return Received(
        before=handed,
        parameters=pending.parameters,
        resources=pending.resources,
        pushed=pending.pushed,
        signed=pending.signed,
        device=pending.device,
        offered=pending.offered,
    )
