"""Staff sign in and out: one button, one passkey."""

from flask import Response, redirect, request
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import ceremony, rooms
from flows.desk.visit import DeskVisit, theme_of
from idp.database import Transaction
from idp.limits.rate_limit import LimitHit
from idp.provider import Provider
from idp.sessions import cookie
from idp.staff import place, sessions, signing_in
from idp.web.origin import origin_of
from idp.wording import text

PAGE = "sign-in"
NETWORK = "network"
FAILED = text("Your passkey could not be checked. Try again. If you lost it, ask for a new invitation.")


def show(provider: Provider) -> Response:
    """Return the page with the button."""
    return _page(provider)


def submit(provider: Provider) -> AnyResponse:
    """Verify the answer of the device, and let the member of staff in."""
    with provider.database.transaction(origin_of(request)) as tx:
        counted = provider.limiter.debit_network(tx, NETWORK, request.remote_addr or "")
    secure = provider.settings.server.secure
    answer = request.form.get(ceremony.FIELD, "")
    bound_to = ceremony.bound_to(cookie.browser(request, secure=secure), PAGE)
    with provider.database.reading() as tx:
        proof = signing_in.check(tx, provider.sealer, place.relying_party(provider.settings), answer, bound_to=bound_to)
    if proof.reason and isinstance(counted, LimitHit):  # nobody can guess a signature: a right one always passes
        raise TooManyRequests(retry_after=counted.retry_at)
    with provider.database.transaction(origin_of(request)) as tx:
        started = signing_in.begin(tx, provider.settings.desk, proof)
        if started is not None:
            _end_former(provider, tx)
    if started is None:
        return _page(provider, failed=True)
    wished = request.args.get("next", "")
    response = redirect(wished if rooms.INSIDE.fullmatch(wished) else rooms.HOME, 303)
    cookie.write_staff(response, started.token, secure=secure)
    return response


def leave(visit: DeskVisit) -> AnyResponse:
    """End the session."""
    sessions.end(visit.tx, visit.session.id, reason="signed out")
    response = redirect(rooms.SIGN_IN, 303)
    cookie.clear_staff(response, secure=visit.provider.settings.server.secure)
    return response


def _end_former(provider: Provider, tx: Transaction) -> None:
    """End the session that this browser had: the new one replaces it."""
    token = cookie.staff(request, secure=provider.settings.server.secure)
    former = sessions.find(tx, token, purpose=sessions.WORK) if token else None
    if former is not None:
        sessions.end(tx, former.id, reason="replaced")


def _page(provider: Provider, *, failed: bool = False) -> Response:
    theme = theme_of(provider)
    with provider.database.reading() as tx:
        options = ceremony.request_options(provider, tx, theme, PAGE)
    errors = {ceremony.FIELD: FAILED} if failed else {}
    status = 403 if failed else 200
    return provider.pages.page(theme, "desk/sign-in.html", status, passkey_options=options, errors=errors)
