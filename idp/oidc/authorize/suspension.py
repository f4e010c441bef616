"""Suspend an authorization request while a journey runs, and resume it afterwards.

The request travels sealed (`idp.interaction`), so that every evaluation starts from the same raw parameters.
"""

from datetime import timedelta

from flask import request

from idp import interaction, random_values
from idp.interaction import PendingAuthorization, SuspendedRequest
from idp.oidc import claims, throttling
from idp.oidc.authorize import acr
from idp.oidc.authorize.context import AuthorizationContext
from idp.oidc.authorize.requirements import SIGNED_IN
from idp.provider import Provider
from idp.web.origin import origin_of

OF_STORED_REQUESTS = "stored_requests"


def suspend(provider: Provider, context: AuthorizationContext, *, reason: str = "", flow: str = "") -> str:
    """Seal the request for its way through a journey. It comes back without `prompt=create`, which that journey met.

    An unchanged request keeps its sealed form. Raises `TooManyRequests` for a network that had too many stored.
    """
    pending, suspended = _pending(context, reason, flow), context.suspended
    if suspended is not None and suspended.pending == pending:
        return suspended.sealed
    sealed = interaction.seal(provider.sealer, pending)
    if interaction.fits_address(sealed):
        return sealed
    throttling.count(provider, request, OF_STORED_REQUESTS, told="too many long requests from this network")
    with provider.database.transaction(origin_of(request, client_id=context.client.client_id)) as tx:
        return interaction.store(tx, sealed, interaction.LIFETIME)


def resume(provider: Provider) -> SuspendedRequest | None:
    """Return the suspended request in this address, if it was sealed here, whatever its age."""
    sealed = request.values.get(interaction.PARAMETER, "")
    with provider.database.reading() as tx:
        pending = interaction.open_pending(tx, sealed)
    return SuspendedRequest(pending, sealed) if pending is not None else None


def is_over(provider: Provider, suspended: SuspendedRequest) -> bool:
    """Return whether the request is too old to be answered."""
    run_lifetime = timedelta(seconds=provider.settings.pages.run_lifetime)
    return suspended.pending.is_over(provider.clock.now(), run_lifetime)


def _pending(context: AuthorizationContext, reason: str, flow: str) -> PendingAuthorization:
    suspended = context.suspended
    raw = context.raw
    if reason == SIGNED_IN:
        raw = raw.with_parameter("prompt", " ".join(sorted(context.prompt - {"create"})))
    return PendingAuthorization(
        id=context.request_id or random_values.token(16),
        begun=suspended is not None and suspended.pending.begun,
        raw=raw,
        asked_at=context.asked_at,
        flow=flow,
        reason=reason,
        offered=tuple(dict.fromkeys((*context.offered, *([reason] if reason else [])))),
        acr=acr.needed(context),
        wanted=claims.scopes_behind(context),
    )
