"""The end of signing in: from the proofs of a run to a session in this browser."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from flask import Response

from flows.engine.outcomes import EndAddress, Ending, Restart
from flows.engine.run import Run
from flows.methods.password import forget_failures, standing_of
from flows.shared import occasion
from flows.shared.facts import Facts
from flows.steps.second_step import changed, proofs_hold
from idp import methods
from idp.actions.actor import Actor
from idp.actions.closing import SIGNED_IN, keep_account
from idp.notices import account
from idp.people import accounts
from idp.sessions import cookie, known_browsers, signing_in
from idp.sessions import session as sessions
from idp.sessions.assurance import Proof
from idp.sessions.session import Session
from idp.sessions.signing_in import StartedSession

SESSION, AT = "session", "at"
DOUBLE_PRESS = timedelta(minutes=1)


def start_session(run: Run) -> Restart | None:
    """Start the session, unless the account changed while the last page was open: then everything is proved again."""
    first_time = _prepare(run)
    if not proofs_hold(run):
        return changed(run)
    _start(run, first_time=first_time)
    return None


def _prepare(run: Run) -> bool:
    """Forget failures and lock the person, by noting the sign-in; return whether it is the first.

    Until the transaction has ended, their access is not ended by another. Everything is looked up again after that.
    """
    person_id = run.known(Facts).person_id
    before = run.once(standing_of, person_id).person
    first_time = before is None or before.last_sign_in_at is None
    forget_failures(run)
    accounts.note_sign_in(run.tx, person_id)
    run.look_again()
    return first_time


def _start(run: Run, *, first_time: bool) -> None:
    """Start the session under a new token (ASVS 7.2.4), set its cookie, and notify the person of a new browser."""
    facts = run.known(Facts)
    standing = run.once(standing_of, facts.person_id)
    started = signing_in.start(
        run.tx,
        run.provider.settings.sessions,
        person_id=facts.person_id,
        group=run.client.sso_group,
        proofs=facts.proofs,
        browser=run.browser,
        replacing=run.session,
        request_id=run.pending.id if run.pending is not None else "",
        standing=standing,
    )
    if standing.is_closing:
        by = Actor.person(facts.person_id)
        keep_account(run.tx, facts.person_id, occasion.of_run(run), by=by, why=SIGNED_IN)
    for proof in facts.proofs:
        if methods.row(proof.method).proves:
            known_browsers.note_method(run.tx, facts.person_id, run.browser, proof.method)
    _remember_in_browser(run, started)
    if started.new_browser and not first_time:
        at = occasion.of_run(run)
        account.new_browser(run.tx, facts.person_id, at, reference=started.reference)


def give_cookie_again(run: Run) -> None:
    """Set the cookie again after a double press: the browser dropped the first answer, with its cookie (X-02).

    The new session continues under another token, unless it has ended, or a minute has passed.
    """
    session = sessions.by_id(run.tx, run.scratch.get(SESSION, ""))
    if session is None or run.session is not None:
        return
    if run.tx.now - datetime.fromisoformat(run.scratch[AT]) <= DOUBLE_PRESS:
        _renew_token(run, session)


def renew_token(run: Run) -> None:
    """Put the session under a new token: a copy of the cookie from before opens nothing (ASVS 7.2.4)."""
    if run.session is not None:
        _renew_token(run, run.session)


def _renew_token(run: Run, session: Session, added: Iterable[Proof] = ()) -> None:
    renewed = signing_in.strengthen(run.tx, run.provider.settings.sessions, session, added)
    if renewed is not None:
        _remember_in_browser(run, renewed)


def renew_session(run: Run) -> None:
    """Continue the session under a new token, with all proofs new or with the missing factor added.

    If the session has ended meanwhile, the journey's changes stay and this browser is signed out.
    """
    facts, session = run.known(Facts), run.session
    if session is None:
        raise LookupError("this journey requires a session")
    if facts.person_id:
        first_time = _prepare(run)
        if sessions.by_id(run.tx, session.id) is not None:
            _start(run, first_time=first_time)
    else:
        _renew_token(run, session, facts.proofs)


def others(run: Run) -> list[Session]:
    """Return the person's live sessions in addition to the one of this browser."""
    own = run.session.id if run.session is not None else ""
    return [each for each in sessions.of_person(run.tx, run.person_id) if each.id != own]


def return_to_request(run: Run) -> Ending:
    """Return to the authorization request, or the page, that asked for the sign-in."""
    return EndAddress(run.return_url)


def _remember_in_browser(run: Run, started: StartedSession) -> None:
    group, secure = run.client.sso_group, run.provider.settings.server.secure
    run.scratch = {SESSION: started.session.id, AT: run.tx.now.isoformat()}

    def write(response: Response) -> None:
        cookie.write(response, group, started.token, secure=secure)

    run.on_response.append(write)
