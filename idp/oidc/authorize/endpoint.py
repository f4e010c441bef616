"""`/authorize` (RFC 6749 §4.1.1, OIDC Core §3.1.2.1) and `/authorize/resume`, where journeys come back.

- GET evaluates at once. A POST may come from another site, without our cookies: it is checked, then sent to our own
  GET. Coming back from a journey is the same evaluation of the same request.
- Whatever is wrong before client and redirect address are known is a page; everything after is sent to the client,
  unless it registered itself.
"""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from idp import interaction
from idp.oidc.authorize import pages, respond
from idp.oidc.authorize.checks import Asked
from idp.oidc.authorize.evaluation import examine, identify
from idp.oidc.authorize.issuing import issue_code
from idp.oidc.authorize.request import Received, receive
from idp.oidc.authorize.respond import Destination, destination_of, seen_at
from idp.oidc.authorize.settling import hand_over, handed_back, is_over, received_before, settle
from idp.oidc.authorize.source import unfold
from idp.oidc.errors import AccessDenied, OAuthError
from idp.provider import Provider
from idp.web.origin import origin_of

ADDRESS = "/authorize"

Decision = Callable[[Provider, Asked, Destination], Response]


def blueprint(provider: Provider) -> Blueprint:
    """The routes of the authorization endpoint."""
    routes = Blueprint("authorize", __name__)

    @routes.before_request
    def mere_look() -> Response | None:
        """A machine that only looks gets no code and uses nothing up (X-30)."""
        return Response() if request.method == "HEAD" else None

    @routes.errorhandler(OAuthError)
    def not_answerable(error: OAuthError) -> Response:
        """The answer itself failed: the client wants it encrypted and has no key for that."""
        return pages.request_refused(provider, Received(parameters=request.values.to_dict()), error)

    @routes.get(ADDRESS)
    def ask() -> Response:
        return _unfolded(provider, receive(request.args.items(multi=True)), _decide)

    @routes.post(ADDRESS)
    def ask_by_post() -> Response:
        return _unfolded(provider, receive(request.form.items(multi=True)), _take_over)

    @routes.get(interaction.RESUME)
    def resume() -> Response:
        handed = handed_back(provider)
        if handed is None or is_over(provider, handed):
            return pages.request_forgotten(provider, handed.pending if handed is not None else None)
        if handed.pending.device:
            return seen_at(f"{interaction.DEVICE}?{urlencode(request.args)}")
        decide = _refuse if interaction.REFUSED in request.args else _decide
        return _checked(provider, received_before(handed), handed.pending.asked_at, decide)

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
        return _told(provider, destination, error, decided=decide is _refuse)


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
    return _told(provider, destination_of(sent, client), error, decided=False)


def _told(provider: Provider, destination: Destination, error: OAuthError, *, decided: bool) -> Response:
    """Tell the client, if somebody answers for it; else the person, who may go on to it after a decision of theirs.

    RFC 9700 §4.11.2: whoever registers an address and makes up a request must not get people sent there.
    """
    answer = respond.failure(provider, destination, error)
    if destination.client.vetted or provider.settings.registration.errors_to_clients:
        return answer
    onward = answer.headers.get("Location", "") if decided else ""
    return pages.kept_here(provider, destination.client, error, onward)


def _decide(provider: Provider, asked: Asked, destination: Destination) -> Response:
    """Issue the code, or begin the journey to the first thing that is missing."""
    settled = settle(provider, asked)
    if isinstance(settled, Response):
        return settled
    origin = origin_of(request, actor=settled.person_id, client_id=asked.client.client_id)
    with provider.database.transaction(origin) as tx:
        code = issue_code(tx, asked, settled, provider.settings.sessions)
    return respond.success(provider, destination, code)


def _take_over(provider: Provider, asked: Asked, _destination: Destination) -> Response:
    return seen_at(interaction.return_url(hand_over(provider, asked)))


def _refuse(_provider: Provider, _asked: Asked, _destination: Destination) -> Response:
    raise AccessDenied("the person said no")
