"""A new member of staff: the code of the invitation, then the passkey. The code alone opens nothing else."""

from flask import Response, redirect, request
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import ceremony, rooms
from flows.desk.visit import theme_of
from idp import user_agents
from idp.codes.rules import RULES, Purpose
from idp.credentials import authenticators, challenges, passkeys
from idp.database import Transaction
from idp.limits.rate_limit import LimitHit
from idp.provider import Provider
from idp.sessions import cookie
from idp.staff import accounts, employing, notices, sessions, signing_in
from idp.staff.passkeys import of_staff as passkeys_of_staff
from idp.staff.sessions import StaffSession
from idp.web.origin import origin_of
from idp.wording import Text, text

PAGE = "passkey"
CODE, NAME = "code", "name"
LIMIT = "network"
WRONG = text("This code is not right, or it is no longer valid. Check it, or ask for a new invitation.")
FAILED = text("Your device did not create a passkey that works here. Try again or use another device.")


def ask_code(provider: Provider, staff_id: str) -> Response:  # noqa: ARG001
    """Return the page behind the link of the mail; the same for an invitation that does not exist."""
    return _code_page(provider)


def take_code(provider: Provider, staff_id: str) -> AnyResponse:
    """Spend the code and open the page on which the passkey is made."""
    with provider.database.transaction(origin_of(request)) as tx:
        counted = provider.limiter.debit_network(tx, LIMIT, request.remote_addr or "")
        attempt = None if isinstance(counted, LimitHit) else employing.take_attempt(tx, staff_id)
    if isinstance(counted, LimitHit):
        raise TooManyRequests(retry_after=counted.retry_at)
    with provider.database.transaction(origin_of(request)) as tx:
        account = employing.accept(tx, staff_id, request.form.get(CODE, ""), attempt)
        if account is None:
            token = ""
        else:
            token = sessions.start(tx, account.id, provider.settings.desk, purpose=sessions.ENROLMENT).token
    if not token:
        return _code_page(provider, WRONG)
    response = redirect(rooms.PASSKEY, 303)
    cookie.write_staff(response, token, secure=provider.settings.server.secure)
    return response


def ask_passkey(provider: Provider) -> AnyResponse:
    """Return the page on which the device makes the passkey."""
    with provider.database.reading() as tx:
        session = _enrolling(provider, tx)
        return _passkey_page(provider, tx, session) if session is not None else redirect(rooms.SIGN_IN, 303)


def take_passkey(provider: Provider) -> AnyResponse:
    """Store the passkey, tell its owner, and begin the first session."""
    secure = provider.settings.server.secure
    with provider.database.reading() as tx:
        session = _enrolling(provider, tx)
    if session is None:
        return redirect(rooms.SIGN_IN, 303)
    made = ceremony.created(provider, cookie.browser(request, secure=secure), PAGE, session.staff.id)
    token = ""
    if made is not None:
        new, challenge = made
        with provider.database.transaction(origin_of(request)) as tx:
            if _enrolling(provider, tx) is not None and challenges.spend(tx, challenge):
                instead = bool(passkeys_of_staff(tx, session.staff.id))
                added = employing.enrol(tx, session.staff.id, new, name=name_of(new.aaguid))
                if added is not None:
                    notices.passkey_added(tx, session.staff.id, passkey=added.name, instead=instead)
                    desk = provider.settings.desk
                    token = signing_in.begin_enrolled(tx, desk, session.staff.id, added.id).token
    if not token:
        with provider.database.reading() as tx:
            return _passkey_page(provider, tx, session, FAILED)
    response = redirect(f"{rooms.OWN.path}?done=joined", 303)
    cookie.write_staff(response, token, secure=secure)
    return response


def name_of(aaguid: str) -> str:
    """Return the name of a new passkey: what its owner typed, otherwise that of the authenticator or browser."""
    typed = " ".join(request.form.get(NAME, "").split())[: passkeys.LONGEST_NAME]
    proposed = user_agents.name_of(request.headers.get("User-Agent", ""))
    return typed if typed not in {"", proposed} else authenticators.name_of(aaguid) or proposed


def _enrolling(provider: Provider, tx: Transaction) -> StaffSession | None:
    token = cookie.staff(request, secure=provider.settings.server.secure)
    return sessions.find(tx, token, purpose=sessions.ENROLMENT) if token else None


def _code_page(provider: Provider, wrong: Text | None = None) -> Response:
    rules = RULES[Purpose.STAFF_INVITATION]
    errors = {CODE: wrong} if wrong is not None else {}
    status = 403 if wrong is not None else 200
    return provider.pages.page(theme_of(provider), "desk/invitation.html", status, errors=errors, length=rules.length)


def _passkey_page(provider: Provider, tx: Transaction, session: StaffSession, wrong: Text | None = None) -> AnyResponse:
    account = accounts.by_id(tx, session.staff.id)
    if account is None:
        return redirect(rooms.SIGN_IN, 303)
    theme = theme_of(provider, session.staff)
    values = {
        "errors": {ceremony.FIELD: wrong} if wrong is not None else {},
        "creation_options": ceremony.creation_options(provider, tx, theme, PAGE, account),
        "proposed": user_agents.name_of(request.headers.get("User-Agent", "")),
        "name_of_staff": account.name,
    }
    return provider.pages.render(theme, "desk/passkey.html", values, 403 if wrong is not None else 200)
