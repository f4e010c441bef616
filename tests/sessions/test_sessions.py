"""Sessions: started under new tokens, found while they live, ended for good."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from idp import methods, random_values
from idp.audit.log import AuditEvent
from idp.clients.client import Client
from idp.database import Database, Origin, Transaction
from idp.grants import client_sessions
from idp.people import accounts
from idp.sessions import ending, known_browsers, session, signing_in
from idp.sessions.session import Session, SessionRow
from idp.sessions.signing_in import StartedSession
from idp.settings import Sessions
from tests.support import people
from tests.support.clock import MovableClock
from tests.support.parallel import in_parallel
from tests.support.proofs import proved
from tests.support.purging import purge

pytestmark = pytest.mark.both_databases

SETTINGS = Sessions(idle=1800, absolute=43200, touch=60)
BROWSER = random_values.token()


def start(
    tx: Transaction, person_id: str, group: str = "g", *, browser: str = BROWSER, **more: Session
) -> StartedSession:
    proofs = proved(tx.now, methods.PASSWORD)
    return signing_in.start(tx, SETTINGS, person_id=person_id, group=group, proofs=proofs, browser=browser, **more)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement.split()[0])

    sa.event.listen(database.reading_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(database.reading_engine, "before_cursor_execute", note)


def test_a_session_is_found_by_its_token_in_its_group_only(database: Database, clock: MovableClock) -> None:
    origin = Origin(address="192.0.2.7", user_agent="Firefox " + "x" * 1000)
    with database.transaction(origin) as tx:
        anne = people.person(tx)
        started = start(tx, anne.id)

    with database.reading() as tx:
        found = session.find(tx, started.token, "g")
        assert found == started.session
        assert (found.person_id, found.acr, found.amr) == (anne.id, "password", ("pwd",))
        assert (found.signed_in_at, found.address, len(found.user_agent)) == (clock.now(), "192.0.2.7", 200)
        assert session.find(tx, started.token, "other") is None
        assert session.by_id(tx, started.session.id) == found


@pytest.mark.parametrize("token", ["", "nonsense", "\x00", "🙂", "\ud800", "x" * 100_000])
def test_any_text_may_be_asked_for(database: Database, token: str) -> None:
    with database.reading() as tx:
        assert session.find(tx, token, "g") is None


def test_the_table_does_not_hold_the_token(database: Database) -> None:
    with database.transaction() as tx:
        started = start(tx, people.person(tx).id)

    assert len(started.token) == 43
    with database.reading() as tx:
        row = tx.session.query(SessionRow).one()
        assert started.token not in str(vars(row))
        assert row.id != started.token


def test_finding_a_session_is_one_query(database: Database) -> None:
    with database.transaction() as tx:
        started = start(tx, people.person(tx).id)

    with statements(database) as seen, database.reading() as tx:
        session.find(tx, started.token, "g")

    assert [statement for statement in seen if statement != "BEGIN"] == ["SELECT"]


def test_an_idle_session_ends_after_half_an_hour(database: Database, clock: MovableClock) -> None:
    """ASVS 7.3.1"""
    with database.transaction() as tx:
        started = start(tx, people.person(tx).id)

    clock.forward(minutes=29, seconds=59)
    with database.reading() as tx:
        assert session.find(tx, started.token, "g") is not None
    clock.forward(seconds=1)
    with database.reading() as tx:
        assert session.find(tx, started.token, "g") is None
        assert session.by_id(tx, started.session.id) is None
        assert session.of_person(tx, started.session.person_id) == []


def test_use_keeps_a_session_alive_until_its_absolute_end(database: Database, clock: MovableClock) -> None:
    """ASVS 7.3.2"""
    with database.transaction() as tx:
        started = start(tx, people.person(tx).id)

    for _ in range(12 * 3):
        with database.transaction() as tx:
            found = session.find(tx, started.token, "g")
            assert found is not None
            session.touch(tx, found, SETTINGS)
        clock.forward(minutes=20)

    with database.reading() as tx:
        assert session.find(tx, started.token, "g") is None


def test_use_is_noted_at_most_once_a_minute(database: Database, clock: MovableClock) -> None:
    """X-30"""
    with database.transaction() as tx:
        started = start(tx, people.person(tx).id)
        assert not session.touch(tx, started.session, SETTINGS)
    clock.forward(seconds=59)
    assert not session.needs_touch(started.session, SETTINGS, clock.now())
    clock.forward(seconds=1)
    assert session.needs_touch(started.session, SETTINGS, clock.now())

    def touch() -> bool:
        with database.transaction() as tx:
            return session.touch(tx, started.session, SETTINGS)

    assert sorted(in_parallel(*[touch] * 3)) == [False, False, True]
    with database.reading() as tx:
        found = session.find(tx, started.token, "g")
        assert found is not None
        assert found.last_seen_at == clock.now()


def test_use_of_one_session_keeps_no_other_alive(database: Database, clock: MovableClock) -> None:
    """ASVS 7.3.1"""
    with database.transaction() as tx:
        anne = people.person(tx)
        used, forgotten = start(tx, anne.id, "a"), start(tx, anne.id, "b")
    clock.forward(minutes=20)
    with database.transaction() as tx:
        assert session.touch(tx, used.session, SETTINGS)
    clock.forward(minutes=10)

    with database.reading() as tx:
        assert session.find(tx, used.token, "a") is not None
        assert session.find(tx, forgotten.token, "b") is None


def test_signing_in_again_gives_a_new_token_and_keeps_the_session(database: Database, clock: MovableClock) -> None:
    """ASVS 7.2.4"""
    with database.transaction() as tx:
        anne = people.person(tx)
        first = start(tx, anne.id)
    clock.forward(minutes=10)

    with database.transaction() as tx:
        second = start(tx, anne.id, replacing=first.session)

    assert second.session.id == first.session.id
    assert second.session.signed_in_at == clock.now()
    assert second.session.started_at == first.session.started_at
    with database.reading() as tx:
        assert session.find(tx, first.token, "g") is None
        assert session.find(tx, second.token, "g") == second.session


def test_another_person_in_the_same_browser_ends_the_session_before(database: Database) -> None:
    with database.transaction() as tx:
        anne, beat = people.person(tx, "anne@example.ch"), people.person(tx, "beat@example.ch")
        first = start(tx, anne.id)

        second = start(tx, beat.id, replacing=first.session)

        assert second.session.id != first.session.id
        assert session.find(tx, first.token, "g") is None
        ended = tx.session.query(AuditEvent).filter_by(name="SessionEnded").one()
        assert ended.details == {"session_id": first.session.id, "group": "g", "reason": "replaced"}


def test_a_missing_factor_strengthens_without_a_new_sign_in_time(database: Database, clock: MovableClock) -> None:
    """X-24, RFC 9470"""
    with database.transaction() as tx:
        first = start(tx, people.person(tx).id)
    clock.forward(minutes=10)

    with database.transaction() as tx:
        second = signing_in.strengthen(tx, SETTINGS, first.session, proved(tx.now, methods.SMS))

    assert second is not None
    assert second.token != first.token
    assert (second.session.id, second.session.acr) == (first.session.id, "mfa")
    assert second.session.signed_in_at == first.session.signed_in_at
    assert second.session.expires_at == first.session.expires_at
    with database.reading() as tx:
        assert session.find(tx, first.token, "g") is None


def test_a_session_that_ended_cannot_be_strengthened(database: Database) -> None:
    with database.transaction() as tx:
        first = start(tx, people.person(tx).id)
        ending.end(tx, first.session.id, reason="logout")

        assert signing_in.strengthen(tx, SETTINGS, first.session, proved(tx.now, methods.SMS)) is None


def test_groups_have_sessions_of_their_own(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx)
        first, second = start(tx, anne.id, "a"), start(tx, anne.id, "b")

        ending.end(tx, first.session.id, reason="logout")

        assert session.find(tx, second.token, "b") == second.session


def test_a_session_ends_once_and_tells_its_portals(database: Database) -> None:
    """X-24, A-16"""
    with database.transaction() as tx:
        anne = people.person(tx)
        started = start(tx, anne.id)
        client_sessions.open_session(
            tx,
            session_id=started.session.id,
            client=Client(client_id="portal", client_name="Portal"),
            person_id=anne.id,
            subject=anne.id,
            knows_organisations=False,
        )

    def end() -> bool:
        with database.transaction() as tx:
            return ending.end(tx, started.session.id, reason="logout")

    assert sorted(in_parallel(*[end] * 3)) == [False, False, True]
    with database.reading() as tx:
        assert session.find(tx, started.token, "g") is None
        assert client_sessions.of_session(tx, started.session.id) == []


def test_log_out_everywhere_can_spare_the_present_session(database: Database) -> None:
    """X-16, D-17"""
    with database.transaction() as tx:
        anne, beat = people.person(tx, "anne@example.ch"), people.person(tx, "beat@example.ch")
        kept, gone, others = start(tx, anne.id, "a"), start(tx, anne.id, "b"), start(tx, beat.id)

        assert ending.end_all(tx, anne.id, reason="password-changed", but=kept.session.id) == 1

        assert [found.id for found in session.of_person(tx, anne.id)] == [kept.session.id]
        assert session.find(tx, gone.token, "b") is None
        assert session.find(tx, others.token, "g") is not None
        assert ending.end_all(tx, anne.id, reason="disabled") == 1
        assert session.of_person(tx, anne.id) == []


def test_a_disabled_person_has_no_session_and_gets_none_back(database: Database) -> None:
    """P48"""
    with database.transaction() as tx:
        anne = people.person(tx)
        started = start(tx, anne.id)
        accounts.disable(tx, anne.id, reason="test")

        assert session.find(tx, started.token, "g") is None

        ending.end_all(tx, anne.id, reason="disabled")
        accounts.enable(tx, anne.id, reason="test")
        assert session.find(tx, started.token, "g") is None


def test_sessions_are_listed_last_used_first(database: Database, clock: MovableClock) -> None:
    """X-16"""
    with database.transaction() as tx:
        anne = people.person(tx)
        first = start(tx, anne.id, "a")
    clock.forward(minutes=5)
    with database.transaction() as tx:
        second = start(tx, anne.id, "b")
    clock.forward(minutes=5)

    with database.transaction() as tx:
        assert [found.id for found in session.of_person(tx, anne.id)] == [second.session.id, first.session.id]
        session.touch(tx, first.session, SETTINGS)
        assert [found.id for found in session.of_person(tx, anne.id)] == [first.session.id, second.session.id]


def test_sessions_that_were_over_before_are_purged_in_batches(database: Database, clock: MovableClock) -> None:
    with database.transaction() as tx:
        anne = people.person(tx)
        for group in ("a", "b", "c"):
            start(tx, anne.id, group)
    clock.forward(days=31)
    with database.transaction() as tx:
        live = start(tx, anne.id)

    with database.transaction() as tx:
        assert purge(tx, "sessions", batch=2) == 2
        assert purge(tx, "sessions", batch=2) == 1
        assert purge(tx, "sessions", batch=2) == 0
        assert session.find(tx, live.token, "g") is not None


def test_a_sign_in_is_remembered_with_person_and_reference(database: Database, clock: MovableClock) -> None:
    """P64"""
    with database.transaction() as tx:
        anne = people.person(tx)
        started = start(tx, anne.id)

        event = tx.session.query(AuditEvent).filter_by(name="SignedIn").one()
        assert (event.person_id, event.reference) == (anne.id, started.reference)
        assert event.details["new_browser"] is True
        tx.session.refresh(anne)
        assert anne.last_sign_in_at == clock.now()


def test_a_browser_is_new_to_a_person_once(database: Database) -> None:
    """ASVS 6.3.5"""
    with database.transaction() as tx:
        anne, beat = people.person(tx, "anne@example.ch"), people.person(tx, "beat@example.ch")

        assert not known_browsers.is_known(tx, anne.id, BROWSER)
        assert start(tx, anne.id).new_browser
        assert not start(tx, anne.id).new_browser
        assert start(tx, beat.id).new_browser
        assert known_browsers.is_known(tx, anne.id, BROWSER)

        known_browsers.forget(tx, anne.id)
        assert not known_browsers.is_known(tx, anne.id, BROWSER)
        assert known_browsers.is_known(tx, beat.id, BROWSER)


def test_a_browser_without_cookie_is_never_known(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx)

        assert start(tx, anne.id, browser="").new_browser
        assert start(tx, anne.id, browser="").new_browser
        assert not known_browsers.is_known(tx, anne.id, "")


def test_browsers_not_seen_for_long_are_forgotten(database: Database, clock: MovableClock) -> None:
    with database.transaction() as tx:
        anne = people.person(tx)
        known_browsers.remember(tx, anne.id, BROWSER, known=False)
    clock.forward(days=366)

    with database.transaction() as tx:
        known_browsers.remember(tx, anne.id, random_values.token(), known=False)

        assert purge(tx, "known_browsers") == 1
        assert not known_browsers.is_known(tx, anne.id, BROWSER)
