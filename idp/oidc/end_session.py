"""`/end-session`: RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0).

- A valid hint of the session in this browser ends it immediately; anything less asks on a page first.
- The way back is taken only to an address that the client registered, character by character. A fault in the request
  takes the way back away, never the logout.
- A POST may come from another site, without our cookies: it is sealed and sent to our own GET.
"""

from collections.abc import Sequence
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from idp import interaction
from idp.audit.events.authorization import LoggedOut
from idp.audit.log import record
from idp.database import Transaction
from idp.grants import client_sessions
from idp.grants.raw_parameters import from_pairs
from idp.oidc import frontchannel_logout, logout_request
from idp.oidc.authorize.respond import see_other
from idp.oidc.logout_request import LogoutRequest
from idp.provider import Provider
from idp.sessions import cookie, ending
from idp.sessions import session as sessions
from idp.sessions.session import Session
from idp.web import branding, csrf, headers
from idp.web.branding import Theme
from idp.web.error_pages import home_links
from idp.web.origin import origin_of

ADDRESS = interaction.END_SESSION
PARAMETER = "request"


def blueprint(provider: Provider) -> Blueprint:
    """Return the routes of logging out."""
    routes = Blueprint("end_session", __name__)

    @routes.get(ADDRESS)
    def log_out() -> Response:
        if request.method == "HEAD":
            return Response()  # a look by a machine ends nothing
        if PARAMETER in request.args:
            return _decide(provider, logout_request.open_sealed(provider.sealer, request.args[PARAMETER]))
        return _decide(
            provider, logout_request.read_logout_request(provider, from_pairs(request.args.items(multi=True)))
        )

    @routes.post(ADDRESS)
    def log_out_by_post() -> Response:
        logout = logout_request.read_logout_request(provider, from_pairs(request.form.items(multi=True)))
        return see_other(f"{ADDRESS}?{urlencode({PARAMETER: logout_request.seal(provider.sealer, logout)})}")

    @routes.post(f"{ADDRESS}/confirm")
    def confirm() -> Response:
        csrf.verify(provider, request)
        logout = logout_request.open_sealed(provider.sealer, request.form.get(PARAMETER, ""))
        with provider.database.reading() as tx:
            live = _sessions(tx, provider, logout)
        return _end(provider, logout, live, asked_by_client=False)

    @routes.get(f"{ADDRESS}/done")
    def done() -> Response:
        logout = logout_request.open_sealed(provider.sealer, request.args.get(PARAMETER, ""))
        theme = _theme(provider, logout)
        links = home_links(provider, theme)
        return provider.pages.page(theme, "pages/logged-out.html", links=links, portals=_names(provider, logout, theme))

    return routes


def _decide(provider: Provider, logout: LogoutRequest) -> Response:
    """End the session if the request proves that it means this one, otherwise ask the person."""
    with provider.database.reading() as tx:
        live = _sessions(tx, provider, logout)
        proved = [session for session in live if logout_request.is_about(tx, logout, session)]
    client = provider.registry.current().client(logout.client_id)
    if proved or (logout.subject and not live and (client is None or client.vetted)):
        return _end(provider, logout, proved, asked_by_client=True)
    return provider.pages.page(
        _theme(provider, logout),
        "pages/log-out.html",
        form_action=[logout.back] if logout.back else [],
        request=logout_request.seal(provider.sealer, logout),
        action=f"{ADDRESS}/confirm",
        fault=logout.fault,
    )


def _end(provider: Provider, logout: LogoutRequest, live: Sequence[Session], *, asked_by_client: bool) -> Response:
    frames: list[str] = []
    ended: set[str] = set()
    for session in live:
        with provider.database.transaction(origin_of(request, actor=session.person_id)) as tx:
            ended |= {known.client_id for known in client_sessions.of_session(tx, session.id)}
            frames += _log_out(tx, provider, session, logout, asked_by_client=asked_by_client)
    said = LogoutRequest(client_id=logout.client_id, ui_locales=logout.ui_locales, ended=tuple(sorted(ended)))
    response = headers.forget_pages(_leave(provider, logout, said, frames))
    for group in _groups(provider, logout):
        cookie.clear(response, group, secure=provider.settings.server.secure)
    return response


def _log_out(
    tx: Transaction, provider: Provider, session: Session, logout: LogoutRequest, *, asked_by_client: bool
) -> list[str]:
    """End the session; the addresses of the portals that want to be told through the browser."""
    registry, issuer = provider.registry.current(), provider.settings.server.issuer
    frames = frontchannel_logout.addresses(tx, registry, session.id, issuer=issuer)
    if ending.end(tx, session.id, reason="logout"):
        record(
            tx,
            LoggedOut(
                person_id=session.person_id,
                client_id=logout.client_id,
                session_id=session.id,
                asked_by_client=asked_by_client,
            ),
        )
    return frames


def _leave(provider: Provider, logout: LogoutRequest, said: LogoutRequest, frames: Sequence[str]) -> Response:
    """Redirect to the portal's address or to our own page, through the portals that are notified in frames."""
    onward = logout.back or f"{ADDRESS}/done?{urlencode({PARAMETER: logout_request.seal(provider.sealer, said)})}"
    if not frames:
        return see_other(onward)
    theme = _theme(provider, logout)
    return provider.pages.page(theme, "pages/front-channel-logout.html", frames=frames, addresses=frames, onward=onward)


def _sessions(tx: Transaction, provider: Provider, logout: LogoutRequest) -> list[Session]:
    """Return the live sessions of this browser that the request is about."""
    secure = provider.settings.server.secure
    found = [
        sessions.find(tx, cookie.read(request, group, secure=secure), group) for group in _groups(provider, logout)
    ]
    return [session for session in found if session is not None]


def _groups(provider: Provider, logout: LogoutRequest) -> list[str]:
    """Return the group of the portal that asks; without one, every group: the person asked to be logged out."""
    client = provider.registry.current().client(logout.client_id)
    if client is not None:
        return [client.sso_group]
    return cookie.groups(request, secure=provider.settings.server.secure)


def _names(provider: Provider, logout: LogoutRequest, theme: Theme) -> list[str]:
    """Return the portals that the logout has ended, the one that asked first."""
    registry = provider.registry.current()
    first = sorted(logout.ended, key=lambda client_id: client_id != logout.client_id)
    return [registry.name_of(client_id, theme.language) for client_id in first]


def _theme(provider: Provider, logout: LogoutRequest) -> Theme:
    client = provider.registry.current().client(logout.client_id)
    return branding.theme(provider, request, client=client, ui_locales=logout.ui_locales)
