"""`/authorize` (RFC 6749 §4.1.1, OIDC Core §3.1.2.1) and `/authorize/resume`, where journeys come back.

- GET evaluates immediately. A POST may come from another site, without our cookies: it is checked, then sent to our own
  GET. Coming back from a journey is the same evaluation of the same request.
- A fault before client and redirect address are known is a page; everything after is sent to the client,
  unless it registered itself.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from idp import interaction
from idp.clients.client import Client
from idp.grants.raw_parameters import RawParameters, from_pairs
from idp.interaction import SuspendedRequest
from idp.oidc.authorize import pages, respond
from idp.oidc.authorize.checks import Endpoint
from idp.oidc.authorize.context import AuthorizationContext
from idp.oidc.authorize.evaluation import evaluate
from idp.oidc.authorize.issuing import issue_code
from idp.oidc.authorize.resolution import resolve_request_object
from idp.oidc.authorize.respond import ResponseDestination, destination_of, see_other
from idp.oidc.authorize.suspension import is_over, resume, suspend
from idp.oidc.authorize.validation import check_for_page, find_client, validate
from idp.oidc.errors import AccessDenied, OAuthError
from idp.provider import Provider
from idp.web.origin import origin_of

ADDRESS = "/authorize"
ENDPOINT: Endpoint = "authorize"

Decision = Callable[[Provider, AuthorizationContext, ResponseDestination], Response]


def blueprint(provider: Provider) -> Blueprint:
    """Return the routes of the authorization endpoint."""
    routes = Blueprint("authorize", __name__)

    @routes.before_request
    def answer_head() -> Response | None:
        """Answer HEAD without a code; nothing is used up (X-30)."""
        return Response() if request.method == "HEAD" else None

    @routes.errorhandler(OAuthError)
    def cannot_answer(error: OAuthError) -> Response:
        """Show an error that could not be sent: the client wants it encrypted and has no key for that."""
        client = provider.registry.current().client(request.values.get("client_id", ""))
        return pages.request_refused(provider, error, client)

    @routes.get(ADDRESS)
    def begin() -> Response:
        return _answer_new(provider, from_pairs(request.args.items(multi=True)), _decide)

    @routes.post(ADDRESS)
    def begin_by_post() -> Response:
        return _answer_new(provider, from_pairs(request.form.items(multi=True)), _continue_by_get)

    @routes.get(interaction.RESUME)
    def resume_request() -> Response:
        suspended = resume(provider)
        if suspended is None or is_over(provider, suspended):
            return pages.request_forgotten(provider, suspended.pending if suspended is not None else None)
        if suspended.pending.device:
            return see_other(f"{interaction.DEVICE}?{urlencode(request.args)}")
        return _answer_resumed(provider, suspended, _refuse if interaction.REFUSED in request.args else _decide)

    return routes


def _answer_new(provider: Provider, sent: RawParameters, decide: Decision) -> Response:
    """Answer a request that has just arrived."""
    try:
        client = find_client(sent, provider.registry.current())
    except OAuthError as error:
        return pages.request_refused(provider, error, named=sent.client_id)
    try:
        raw = resolve_request_object(provider, client, sent)
    except OAuthError as error:
        return _unresolved(provider, sent, client, error)
    return _answer(provider, raw, client, decide)


def _answer_resumed(provider: Provider, suspended: SuspendedRequest, decide: Decision) -> Response:
    """Answer a request that comes back from a journey, from the same raw parameters."""
    raw = suspended.pending.raw
    try:
        client = find_client(raw, provider.registry.current())
    except OAuthError as error:
        return pages.request_refused(provider, error, named=raw.client_id)
    return _answer(provider, raw, client, decide, suspended)


def _answer(
    provider: Provider,
    raw: RawParameters,
    client: Client,
    decide: Decision,
    suspended: SuspendedRequest | None = None,
) -> Response:
    """Validate the request, then decide. An error goes to the person first, and to the client once that is safe."""
    try:
        check_for_page(ENDPOINT, raw, client)
    except OAuthError as error:
        return pages.request_refused(provider, error, client)
    destination = destination_of(raw, client)
    try:
        return decide(provider, validate(provider, ENDPOINT, raw, client, suspended), destination)
    except OAuthError as error:
        return _send_error(provider, destination, error, decided=decide is _refuse)


def _unresolved(provider: Provider, sent: RawParameters, client: Client, error: OAuthError) -> Response:
    """Send the error to the client only if the parameters outside the request object lead to it."""
    try:
        check_for_page(ENDPOINT, sent, client)
    except OAuthError:
        return pages.request_refused(provider, error, client)
    return _send_error(provider, destination_of(sent, client), error, decided=False)


def _send_error(provider: Provider, destination: ResponseDestination, error: OAuthError, *, decided: bool) -> Response:
    """Send the error to a vetted client; otherwise show it to the person, who decides whether to continue.

    RFC 9700 §4.11.2: a client must not get people sent to its address by an invented request.
    """
    answer = respond.failure(provider, destination, error)
    if destination.client.vetted or provider.settings.registration.errors_to_clients:
        return answer
    onward = answer.headers.get("Location", "") if decided else ""
    return pages.not_sent_to_client(provider, destination.client, error, onward)


def _decide(provider: Provider, context: AuthorizationContext, destination: ResponseDestination) -> Response:
    """Issue the code, or begin the journey that meets the first unmet requirement."""
    evaluated = evaluate(provider, context)
    if isinstance(evaluated, Response):
        return evaluated
    origin = origin_of(request, actor=evaluated.person_id, client_id=context.client.client_id)
    with provider.database.transaction(origin) as tx:
        code = issue_code(tx, context, evaluated, provider.settings.sessions)
    return respond.success(provider, destination, code)


def _continue_by_get(provider: Provider, context: AuthorizationContext, _destination: ResponseDestination) -> Response:
    return see_other(interaction.return_url(suspend(provider, context)))


def _refuse(_provider: Provider, _context: AuthorizationContext, _destination: ResponseDestination) -> Response:
    raise AccessDenied("the person said no")
