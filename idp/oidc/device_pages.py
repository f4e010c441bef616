"""`/device` (RFC 8628 §3.3): the page for the code of a device, and the page that lets the device in.

In between the person signs in, like for any portal: the device's request goes through the same requirements. Letting
it in is a decision of its own, after a page that says what to check, because an attacker may have sent the code
(§5.4).
"""

from urllib.parse import urlencode

from flask import Blueprint, Response, request

from idp import interaction
from idp.audit.events.authorization import DeviceAllowed
from idp.audit.log import record
from idp.database import Transaction
from idp.grants import device_codes
from idp.grants.raw_parameters import RawParameters
from idp.interaction import SuspendedRequest
from idp.limits import rate_limit
from idp.limits.rate_limit import LimitHit
from idp.oidc.authorize import pages
from idp.oidc.authorize.context import AuthorizationContext
from idp.oidc.authorize.evaluation import evaluate
from idp.oidc.authorize.issuing import authorize
from idp.oidc.authorize.respond import see_other
from idp.oidc.authorize.suspension import resume, suspend
from idp.oidc.authorize.validation import validate
from idp.oidc.device_authorization import ENDPOINT, VERIFICATION
from idp.oidc.errors import OAuthError, TooManyRequests
from idp.people import emails
from idp.provider import Provider
from idp.sessions import session as sessions
from idp.sessions.session import Session
from idp.web import branding, problems
from idp.web.error_pages import problem_page
from idp.web.origin import origin_of
from idp.wording import Text, text

LIMIT = "device_code"
TOO_MANY = 429
WRONG = text("This code is not correct or has expired. Check it on your device, or request a new one there.")


def blueprint(provider: Provider) -> Blueprint:
    routes = Blueprint("device_pages", __name__)

    @routes.errorhandler(OAuthError)
    def not_answerable(error: OAuthError) -> Response:
        """The device's request is no longer possible, or too much is stored for this network already."""
        if not isinstance(error, TooManyRequests):
            return pages.request_refused(provider, error)
        response = problem_page(provider, branding.theme(provider, request), problems.TOO_OFTEN, TOO_MANY)
        response.headers.update(error.headers)
        return response

    @routes.get(VERIFICATION)
    def ask_for_code() -> Response:
        return _code_page(provider, typed=request.args.get("user_code", ""))

    @routes.post(VERIFICATION)
    def take_code() -> Response:
        return _take_code(provider, request.form.get("code", ""))

    @routes.get(interaction.DEVICE)
    def confirm() -> Response:
        return _confirm(provider)

    @routes.post(interaction.DEVICE)
    def decide() -> Response:
        return _decide(provider, allowed=request.form.get("action") == "allow")

    @routes.get(f"{VERIFICATION}/done")
    def done() -> Response:
        allowed = request.args.get("allowed") == "yes"
        return provider.pages.page(branding.theme(provider, request), "pages/device-done.html", allowed=allowed)

    return routes


def _code_page(provider: Provider, *, typed: str, errors: dict[str, Text] | None = None) -> Response:
    theme = branding.theme(provider, request)
    status = 422 if errors else 200
    return provider.pages.page(
        theme, "pages/device-code.html", status, typed={"code": typed[:100]}, errors=errors or {}
    )


def _take_code(provider: Provider, typed: str) -> Response:
    """Count the attempt before looking at the code (§5.1). A right code refunds its count and is accepted whatever
    others on the network typed (decision 0009). A change of language changes nothing but the words (X-10)."""
    if branding.asks_for_language(request):
        return _code_page(provider, typed=typed)
    address = request.remote_addr or ""
    with provider.database.transaction(origin_of(request)) as tx:
        counted = provider.limiter.debit_network(tx, LIMIT, address)
    with provider.database.reading() as tx:
        waiting = device_codes.find(tx, typed)
    context = _context(provider, waiting) if waiting is not None else None
    if context is None and isinstance(counted, LimitHit):
        problem = problems.too_many_tries(provider, counted.retry_at)
        return problem_page(provider, branding.theme(provider, request), problem, TOO_MANY)
    if context is None:
        return _code_page(provider, typed=typed, errors={"code": WRONG})
    if not isinstance(counted, LimitHit):
        with provider.database.transaction(origin_of(request)) as tx:
            rate_limit.refund_network(tx, LIMIT, address)
    return see_other(f"{interaction.DEVICE}?{urlencode({interaction.PARAMETER: suspend(provider, context)})}")


def _context(
    provider: Provider, raw: RawParameters, suspended: SuspendedRequest | None = None
) -> AuthorizationContext | None:
    """Return the context of a device's request, as a person meets it now; None if its client is gone."""
    client = provider.registry.current().client(raw.client_id)
    return validate(provider, ENDPOINT, raw, client, suspended) if client is not None else None


def _resume(provider: Provider) -> AuthorizationContext | None:
    """Return the device's request that this address carries, as long as the device waits for it."""
    suspended = resume(provider)
    if suspended is None:
        return None
    with provider.database.reading() as tx:
        if device_codes.by_id(tx, suspended.pending.device) is None:
            return None
    return _context(provider, suspended.pending.raw, suspended)


def _confirm(provider: Provider) -> Response:
    context, refused = _resume(provider), interaction.REFUSED in request.args
    if context is None:
        return see_other(f"{VERIFICATION}/done") if refused else pages.request_forgotten(provider, None)
    if refused:
        return _decision_page(provider, context, None)
    evaluated = evaluate(provider, context)
    if isinstance(evaluated, Response):
        return evaluated
    return _decision_page(provider, context, evaluated)


def _decision_page(provider: Provider, context: AuthorizationContext, session: Session | None) -> Response:
    """Return the page for a decision about the device, which names the account of the session that may let it in.

    Only its button denies the device, never a link (X-30)."""
    theme, sealed = branding.theme(provider, request, client=context.client), suspend(provider, context)
    values = {"request": sealed, "path": theme.path, "may_allow": session is not None, **_owner(provider, session)}
    return provider.pages.render(
        theme, "pages/device-confirm.html", {**values, "sign_out": interaction.sign_out_url(context.client.client_id)}
    )


def _owner(provider: Provider, session: Session | None) -> dict[str, object]:
    """Return whose account it is."""
    if session is None:
        return {}
    with provider.database.reading() as tx:
        email = emails.of_person(tx, session.person_id)
        return {
            "person_name": sessions.owner_name(tx, session),
            "address": email.address if email is not None else "",
        }


def _decide(provider: Provider, *, allowed: bool) -> Response:
    context = _resume(provider)
    if context is None:
        return pages.request_forgotten(provider, None)
    if not allowed:
        return _turn_away(provider, context)
    evaluated = evaluate(provider, context)
    if isinstance(evaluated, Response):
        return evaluated
    with provider.database.transaction(origin_of(request, actor=evaluated.person_id)) as tx:
        let_in = _let_in(tx, context, evaluated)
    return see_other(f"{VERIFICATION}/done?allowed=yes") if let_in else pages.request_forgotten(provider, None)


def _let_in(tx: Transaction, context: AuthorizationContext, session: Session) -> bool:
    """Allow the device. False if the session ended after it was read, or the device was turned away."""
    if sessions.lock(tx, session.id) is None:
        return False
    if not device_codes.allow(tx, context.raw.device, authorize(tx, context, session)):
        return False
    client_id, scopes = context.client.client_id, list(context.scopes)
    record(tx, DeviceAllowed(person_id=session.person_id, client_id=client_id, scopes=scopes))
    return True


def _turn_away(provider: Provider, context: AuthorizationContext) -> Response:
    with provider.database.transaction(origin_of(request)) as tx:
        device_codes.deny(tx, context.raw.device)
    return see_other(f"{VERIFICATION}/done")
