"""`/authorize` (RFC 6749 §4.1.1, OIDC Core §3.1.2.1) and `/authorize/resume`, where journeys come back.

- GET evaluates at once. A POST may come from another site, without our cookies: it is checked, then sent to our own
  GET. Coming back from a journey is the same evaluation of the same request.
- Whatever is wrong before client and redirect address are known is a page; everything after is sent to the client.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Blueprint, Response, request

from idp import interaction
from idp.interaction import PendingAuthorization
from idp.oidc.authorize import acr, pages, respond
from idp.oidc.authorize.checks import Asked
from idp.oidc.authorize.evaluation import examine, identify
from idp.oidc.authorize.issuing import issue_code
from idp.oidc.authorize.request import Received, receive
from idp.oidc.authorize.requirements import NOBODY_CAN, Unmet, first_unmet
from idp.oidc.authorize.respond import Destination, destination_of, seen_at
from idp.oidc.authorize.source import unfold
from idp.oidc.errors import AccessDenied, OAuthError
from idp.provider import Provider
from idp.sessions import cookie
from idp.sessions import session as sessions
from idp.sessions.session import Session
from idp.web.origin import origin_of

ADDRESS = "/authorize"

Decision = Callable[[Provider, Asked, Destination], Response]


def blueprint(provider: Provider) -> Blueprint:
    """The routes of the authorization endpoint."""
    routes = Blueprint("authorize", __name__)

    @routes.get(ADDRESS)
    def ask() -> Response:
        return _unfolded(provider, receive(request.args.items(multi=True)), _decide)

    @routes.post(ADDRESS)
    def ask_by_post() -> Response:
        return _unfolded(provider, receive(request.form.items(multi=True)), _take_over)

    @routes.get(interaction.RESUME)
    def resume() -> Response:
        with provider.database.reading() as tx:
            pending = interaction.open_pending(tx, request.args.get(interaction.PARAMETER, ""))
        if pending is None or provider.clock.now() - pending.asked_at > _lifetime(provider):
            return pages.request_forgotten(provider, pending)
        decide = _refuse if interaction.REFUSED in request.args else _decide
        return _checked(provider, _received_before(pending), pending.asked_at, decide)

    return routes


def _checked(provider: Provider, received: Received, asked_at: datetime, decide: Decision) -> Response:
    """Check the request, then decide; and give every refusal to the one who must see it."""
    try:
        client = identify(received, provider.registry.current())
    except OAuthError as error:
        return pages.request_refused(provider, received, error)
    destination = destination_of(received, client)
    try:
        return decide(provider, examine(provider, received, client, asked_at), destination)
    except OAuthError as error:
        return respond.failure(provider, destination, error)


def _unfolded(provider: Provider, sent: Received, decide: Decision) -> Response:
    """A fresh request. What cannot be unfolded is told to the client only where the outer parameters lead to it."""
    now = provider.clock.now()
    try:
        return _checked(provider, unfold(provider, sent), now, decide)
    except OAuthError as error:
        return _refused(provider, sent, error)


def _refused(provider: Provider, sent: Received, error: OAuthError) -> Response:
    try:
        client = identify(sent, provider.registry.current())
    except OAuthError:
        return pages.request_refused(provider, sent, error)
    return respond.failure(provider, destination_of(sent, client), error)


def _decide(provider: Provider, asked: Asked, destination: Destination) -> Response:
    """Issue the code, or begin the journey to the first thing that is missing."""
    token = cookie.read(request, asked.client.sso_group, secure=provider.settings.server.secure)
    with provider.database.reading() as tx:
        session = sessions.find(tx, token, asked.client.sso_group)
        missing = first_unmet(tx, asked, session)
    if session is not None and missing is None:
        return respond.success(provider, destination, _code(provider, asked, session))
    reason, unmet = missing or ("", Unmet(NOBODY_CAN, AccessDenied, ""))
    if "none" in asked.request.prompt:
        raise unmet.error(unmet.description)
    if unmet.flow == NOBODY_CAN and session is not None:
        return pages.no_access(provider, asked, session, _sealed(provider, asked, reason, unmet.flow))
    return seen_at(interaction.begin(unmet.flow, _sealed(provider, asked, reason, unmet.flow)))


def _take_over(provider: Provider, asked: Asked, _destination: Destination) -> Response:
    return seen_at(interaction.return_url(_sealed(provider, asked, "", "")))


def _refuse(_provider: Provider, _asked: Asked, _destination: Destination) -> Response:
    raise AccessDenied("the person said no")


def _code(provider: Provider, asked: Asked, session: Session) -> str:
    origin = origin_of(request, actor=session.person_id, client_id=asked.client.client_id)
    with provider.database.transaction(origin) as tx:
        return issue_code(tx, asked, session, provider.settings.sessions)


def _sealed(provider: Provider, asked: Asked, reason: str, flow: str) -> str:
    """The request for the way through a journey. It comes back without `prompt=create`: the way was shown."""
    parameters = dict(asked.received.parameters)
    if reason == "signed_in":
        parameters["prompt"] = " ".join(sorted(asked.request.prompt - {"create"}))
    pending = PendingAuthorization(
        parameters=parameters,
        asked_at=asked.request.asked_at,
        resources=asked.received.resources,
        flow=flow,
        reason=reason,
        offered=(*asked.received.offered, *([reason] if reason else [])),
        acr=acr.needed(asked.request, asked.client.policy),
        pushed=asked.received.pushed,
        signed=asked.received.signed,
    )
    sealed = interaction.seal(provider.vault, pending)
    if interaction.fits_address(sealed):
        return sealed
    with provider.database.transaction(origin_of(request, client_id=asked.client.client_id)) as tx:
        return interaction.store(tx, sealed, _lifetime(provider))


def _received_before(pending: PendingAuthorization) -> Received:
    return Received(
        parameters=pending.parameters,
        resources=pending.resources,
        pushed=pending.pushed,
        signed=pending.signed,
        offered=pending.offered,
    )


def _lifetime(provider: Provider) -> timedelta:
    return timedelta(seconds=provider.settings.pages.run_lifetime)
