"""The moment a person has proved enough: a session starts, or an existing one is proved again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from idp import random_values
from idp.audit.events.sign_in import Reauthenticated, SignedIn
from idp.audit.log import record
from idp.database import Transaction
from idp.hot_statements import HotStatement
from idp.people import accounts
from idp.people.person import ACTIVE, Person
from idp.sessions import assurance, ending, known_browsers
from idp.sessions import session as sessions
from idp.sessions import standing as standings
from idp.sessions.assurance import Assurance, Proof
from idp.sessions.session import Session, SessionRow
from idp.sessions.standing import Standing
from idp.settings import Sessions
from idp.statements import insert_from

USER_AGENT_LENGTH = 200
AS_STORED = frozenset(field.name for field in fields(Session)) & frozenset(SessionRow.__table__.columns.keys())
"""The fields that a session and its row have in common."""

INSERT = HotStatement(
    insert_from(
        sa.insert(SessionRow),
        sa.select(Person.id).where(Person.id == sa.bindparam("person_id"), Person.state == ACTIVE),
    ).returning(SessionRow.id)
)
RENEW = HotStatement(
    sa.update(SessionRow)
    .where(SessionRow.id == sa.bindparam("session"), SessionRow.ended_at.is_(None))
    .values(
        fingerprint=sa.bindparam("new_fingerprint"),
        acr=sa.bindparam("new_acr"),
        amr=sa.bindparam("new_amr", type_=sa.JSON),
        proofs=sa.bindparam("new_proofs", type_=sa.JSON),
        signed_in_at=sa.bindparam("proved_at"),
        signed_in_for=sa.bindparam("proved_for"),
        last_seen_at=sa.bindparam("now"),
        idle_until=sa.bindparam("until"),
        expires_at=sa.bindparam("end"),
    )
)


@dataclass(frozen=True)
class StartedSession:
    """`token` goes into the cookie and is stored nowhere. `new_browser`: send the new-device notice.

    `reference` is the audit reference, printed in that notice.
    """

    token: str
    session: Session
    new_browser: bool
    reference: str


@dataclass(frozen=True)
class Renewal:
    """When everything was proved last, for which authorization request, and when the session ends at the latest."""

    at: datetime
    request_id: str
    expires_at: datetime


def start(
    tx: Transaction,
    settings: Sessions,
    *,
    person_id: str,
    group: str,
    proofs: Sequence[Proof],
    browser: str,
    replacing: Session | None = None,
    request_id: str = "",
    standing: Standing | None = None,
) -> StartedSession:
    """Start a session on these proofs under a new token, and remember the browser (its cookie value) as the person's.

    `replacing` is what `find` gave for this browser and group: of the same person it continues under the new token and
    for another full lifetime (its portals stay signed in), of another person it is ended. `request_id` names the
    authorization request that the person signs in for. `standing` is the person's, read after
    `accounts.note_sign_in`; without it, both are done here.
    """
    if standing is None:
        accounts.note_sign_in(tx, person_id)
        standing = standings.read(tx, person_id, browser)
    new_browser = known_browsers.remember(tx, person_id, browser, known=standing.knows_browser)
    token = random_values.token()
    if replacing is not None and replacing.person_id == person_id:
        full_life = tx.now + timedelta(seconds=settings.absolute)
        renewal = Renewal(tx.now, request_id, full_life)
        if _renew(tx, settings, replacing.id, token, proofs, renewal):
            reference = _proved_anew(tx, replacing, proofs, new_browser=new_browser)
            return StartedSession(token, _live(tx, replacing.id), new_browser, reference)
    if replacing is not None:
        ending.end(tx, replacing.id, reason="replaced")
    session = _insert(tx, settings, person_id, group, token, proofs, request_id)
    reference = _signed_in(tx, session, group, proofs, new_browser=new_browser)
    return StartedSession(token, session, new_browser, reference)


def strengthen(tx: Transaction, settings: Sessions, session: Session, added: Iterable[Proof]) -> StartedSession | None:
    """Put the session under a new token after a missing factor was proved (RFC 9470).

    It keeps its `auth_time` and its absolute end: not everything was proved anew. None: the session ended meanwhile.
    """
    token, proofs = random_values.token(), (*session.proofs, *added)
    kept = Renewal(session.signed_in_at, session.signed_in_for, session.expires_at)
    if not _renew(tx, settings, session.id, token, proofs, kept):
        return None
    reference = _proved_anew(tx, session, proofs, new_browser=False)
    return StartedSession(token, _live(tx, session.id), False, reference)


def _renew(
    tx: Transaction,
    settings: Sessions,
    session_id: str,
    token: str,
    proofs: Sequence[Proof],
    renewal: Renewal,
) -> bool:
    reached = _assurance(proofs)
    renewed = {
        "session": session_id,
        "new_fingerprint": random_values.fingerprint(token),
        "new_acr": reached.acr,
        "new_amr": list(reached.amr),
        "new_proofs": msgspec.to_builtins(proofs),
        "proved_at": renewal.at,
        "proved_for": renewal.request_id,
        "now": tx.now,
        "until": min(tx.now + timedelta(seconds=settings.idle), renewal.expires_at),
        "end": renewal.expires_at,
    }
    return tx.run(RENEW, renewed).rowcount == 1


def _assurance(proofs: Iterable[Proof]) -> Assurance:
    return assurance.of_proofs(proof.method for proof in proofs)


def _signed_in(tx: Transaction, session: Session, group: str, proofs: Sequence[Proof], *, new_browser: bool) -> str:
    reached = _assurance(proofs)
    event = SignedIn(
        person_id=session.person_id,
        session_id=session.id,
        group=group,
        acr=reached.acr,
        amr=reached.amr,
        methods=tuple(proof.method for proof in proofs),
        new_browser=new_browser,
    )
    return record(tx, event)


def _proved_anew(tx: Transaction, session: Session, proofs: Sequence[Proof], *, new_browser: bool) -> str:
    reached = _assurance(proofs)
    event = Reauthenticated(
        person_id=session.person_id,
        session_id=session.id,
        acr=reached.acr,
        previous_acr=session.acr,
        amr=reached.amr,
        methods=tuple(proof.method for proof in proofs),
        new_browser=new_browser,
    )
    return record(tx, event)


def _insert(
    tx: Transaction,
    settings: Sessions,
    person_id: str,
    group: str,
    token: str,
    proofs: Sequence[Proof],
    request_id: str,
) -> Session:
    reached = _assurance(proofs)
    session = Session(
        id=random_values.new_id(tx.now),
        person_id=person_id,
        group=group,
        acr=reached.acr,
        amr=tuple(reached.amr),
        proofs=tuple(proofs),
        started_at=tx.now,
        signed_in_at=tx.now,
        signed_in_for=request_id,
        last_seen_at=tx.now,
        expires_at=tx.now + timedelta(seconds=settings.absolute),
        address=tx.origin.address,
        user_agent=tx.origin.user_agent[:USER_AGENT_LENGTH],
    )
    row = {field: getattr(session, field) for field in AS_STORED} | {
        "fingerprint": random_values.fingerprint(token),
        "sso_group": group,
        "amr": list(session.amr),
        "proofs": msgspec.to_builtins(proofs),
        "idle_until": tx.now + timedelta(seconds=settings.idle),
        "ended_at": None,
        "end_reason": "",
    }
    if tx.run(INSERT, row).first() is None:
        raise LookupError("a session was to be started for a person who is not active")
    return session


def _live(tx: Transaction, session_id: str) -> Session:
    found = sessions.by_id(tx, session_id)
    if found is None:
        raise LookupError("a session was renewed for a person who is not active")
    return found
