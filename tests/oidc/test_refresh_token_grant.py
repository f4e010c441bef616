"""`refresh_token`: rotation, ten seconds of grace, reuse, and how long an access lives."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.audit.log import AuditEvent
from idp.database import Database
from idp.provider import Provider
from idp.sessions import session as sessions
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.tokens import TokenClient, good, refused

pytestmark = pytest.mark.both_databases

OFFLINE = "openid offline_access"


def test_a_refresh_gives_new_tokens_of_the_same_sign_in(basic: TokenClient, person: str, clock: MovableClock) -> None:
    """OIDC Core §12.2: iss, sub, aud and auth_time stay, iat is new, no nonce;
    oidcc-refresh-token; fault 4 of the library survey: auth_time is the original."""
    first = basic.tokens(person, scope=OFFLINE)
    clock.forward(minutes=20)

    second = good(basic.refresh(first["refresh_token"]))

    before, after = basic.verified(first["id_token"]), basic.verified(second["id_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    for claim in ("iss", "sub", "aud", "auth_time", "acr", "amr", "sid"):
        assert after[claim] == before[claim]
    assert after["iat"] == before["iat"] + 1200
    assert "nonce" not in after


def test_the_successor_works_on_and_on(basic: TokenClient, person: str, clock: MovableClock) -> None:
    token = basic.tokens(person, scope=OFFLINE)["refresh_token"]

    for _ in range(5):
        clock.forward(minutes=5)
        token = good(basic.refresh(token))["refresh_token"]


def test_for_ten_seconds_the_parent_gives_the_same_successor(
    basic: TokenClient, person: str, clock: MovableClock
) -> None:
    parent = basic.tokens(person)["refresh_token"]
    successor = good(basic.refresh(parent))["refresh_token"]
    clock.forward(seconds=10)

    again = good(basic.refresh(parent))["refresh_token"]

    assert again == successor
    good(basic.refresh(successor))


def test_after_the_grace_a_parent_is_a_reuse_and_ends_the_family(
    basic: TokenClient, person: str, clock: MovableClock, database: Database
) -> None:
    """RFC 9700 §4.14.2: reuse ends the family"""
    parent = basic.tokens(person)["refresh_token"]
    tokens = good(basic.refresh(parent))
    clock.forward(seconds=11)

    refused(basic.refresh(parent), "invalid_grant")

    refused(basic.refresh(tokens["refresh_token"]), "invalid_grant")
    assert basic.userinfo(tokens["access_token"]).status_code == 401
    with database.reading() as tx:
        events = tx.session.scalars(sa.select(AuditEvent.name).where(AuditEvent.person_id == person)).all()
    assert events.count("RefreshTokenReused") == 1


def test_a_grandparent_is_a_reuse_at_once(basic: TokenClient, person: str) -> None:
    """RFC 9700 §4.14.2"""
    grandparent = basic.tokens(person)["refresh_token"]
    parent = good(basic.refresh(grandparent))["refresh_token"]
    token = good(basic.refresh(parent))["refresh_token"]

    refused(basic.refresh(grandparent), "invalid_grant")

    refused(basic.refresh(token), "invalid_grant")


def test_an_invented_token_of_a_real_family_ends_nothing(basic: TokenClient, person: str) -> None:
    token = basic.tokens(person)["refresh_token"]
    family, secret, tag = token.split(".")

    refused(basic.refresh(f"{family}.{secret[::-1]}.{tag}"), "invalid_grant")
    refused(basic.refresh(f"{family}.{secret}.{tag[::-1]}"), "invalid_grant")

    good(basic.refresh(token))


def test_of_twelve_parallel_refreshes_one_rotates_and_all_get_its_successor(
    app: Flask, basic: TokenClient, person: str
) -> None:
    token = basic.tokens(person)["refresh_token"]

    with ThreadPoolExecutor(12) as threads:
        answers = [good(r) for r in threads.map(lambda _: TokenClient(app, "basic").refresh(token), range(12))]

    successors = {answer["refresh_token"] for answer in answers}
    assert len(successors) == 1
    good(basic.refresh(successors.pop()))


def test_a_refresh_token_belongs_to_its_client(app: Flask, basic: TokenClient, person: str) -> None:
    """RFC 6749 §6: bound to the client it was issued to;
    oidcc-refresh-token: another client's use is an invalid_grant."""
    token = basic.tokens(person)["refresh_token"]

    refused(TokenClient(app, "post").refresh(token), "invalid_grant")

    good(basic.refresh(token))


def test_without_offline_access_it_ends_with_the_session(basic: TokenClient, person: str) -> None:
    """OIDC Core §11: offline access has to be asked for"""
    token = basic.tokens(person)["refresh_token"]
    basic.end_session()

    refused(basic.refresh(token), "invalid_grant")


def test_with_offline_access_it_outlives_the_session(basic: TokenClient, person: str) -> None:
    """OIDC Core §11"""
    token = basic.tokens(person, scope=OFFLINE)["refresh_token"]
    basic.end_session()

    good(basic.refresh(token))


def test_a_refresh_counts_as_activity_of_the_session(
    basic: TokenClient, person: str, clock: MovableClock, database: Database
) -> None:
    token = basic.tokens(person)["refresh_token"]
    for _ in range(4):
        clock.forward(minutes=20)
        token = good(basic.refresh(token))["refresh_token"]

    assert basic.session is not None
    with database.reading() as tx:
        assert sessions.by_id(tx, basic.session.id) is not None


def test_an_idle_session_ends_its_refresh_tokens(basic: TokenClient, person: str, clock: MovableClock) -> None:
    token = basic.tokens(person)["refresh_token"]
    clock.forward(minutes=31)

    refused(basic.refresh(token), "invalid_grant")


def test_twelve_hours_are_the_end_of_a_session_however_active(
    basic: TokenClient, person: str, clock: MovableClock
) -> None:
    token = basic.tokens(person)["refresh_token"]
    for _ in range(35):
        clock.forward(minutes=20)
        token = good(basic.refresh(token))["refresh_token"]
    clock.forward(minutes=20)

    refused(basic.refresh(token), "invalid_grant")


def test_thirty_idle_days_end_offline_access(basic: TokenClient, person: str, clock: MovableClock) -> None:
    token = basic.tokens(person, scope=OFFLINE)["refresh_token"]
    clock.forward(days=29)
    token = good(basic.refresh(token))["refresh_token"]
    clock.forward(days=30)

    refused(basic.refresh(token), "invalid_grant")


def test_ninety_days_end_offline_access_however_active(basic: TokenClient, person: str, clock: MovableClock) -> None:
    token = basic.tokens(person, scope=OFFLINE)["refresh_token"]
    for _ in range(3):
        clock.forward(days=29, hours=23)
        token = good(basic.refresh(token))["refresh_token"]
    clock.forward(hours=4)

    refused(basic.refresh(token), "invalid_grant")


def test_the_scope_can_be_narrowed_and_comes_back(basic: TokenClient, person: str) -> None:
    """RFC 6749 §6"""
    token = basic.tokens(person, scope="openid email profile")["refresh_token"]

    narrow = good(basic.refresh(token, scope="profile openid"))
    wide = good(basic.refresh(narrow["refresh_token"]))

    assert narrow["scope"] == "profile openid"
    assert wide["scope"] == "openid email profile"
    assert "email" not in basic.userinfo(narrow["access_token"]).get_json()


def test_asking_for_more_scope_costs_no_token(basic: TokenClient, person: str) -> None:
    """RFC 6749 §6: no scope that was not granted"""
    token = basic.tokens(person)["refresh_token"]

    refused(basic.refresh(token, scope="openid phone"), "invalid_scope")

    good(basic.refresh(token))


def test_a_scope_taken_from_the_client_is_not_refreshed(provider: Provider, basic: TokenClient, person: str) -> None:
    token = basic.tokens(person, scope="openid email phone")["refresh_token"]
    bend(provider, "basic", scope="openid email")

    assert good(basic.refresh(token))["scope"] == "openid email"
    refused(basic.refresh(token, scope="phone"), "invalid_scope")


def test_a_disabled_person_gets_nothing(basic: TokenClient, person: str, database: Database) -> None:
    token = basic.tokens(person, scope=OFFLINE)["refresh_token"]
    with database.transaction() as tx:
        tx.connection.exec_driver_sql("UPDATE people SET state = 'disabled'")

    refused(basic.refresh(token), "invalid_grant")


def test_under_fapi_2_a_refresh_token_is_not_rotated(
    provider: Provider, basic: TokenClient, person: str, clock: MovableClock
) -> None:
    """FAPI 2.0 Security Profile §5.3.2.1: no rotation; fapi2-security-profile-final-refresh-token"""
    bend(provider, "basic", profile="fapi2-security")
    token = basic.tokens(person, scope=OFFLINE)["refresh_token"]
    clock.forward(minutes=5)

    assert good(basic.refresh(token))["refresh_token"] == token
    assert good(basic.refresh(token))["refresh_token"] == token


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "....", "é.é.é", "x" * 4000, "💥.💥.💥", "' OR 1=1.a.b"])
def test_any_other_text_is_no_refresh_token(basic: TokenClient, token: str) -> None:
    refused(basic.refresh(token), "invalid_grant")


def test_only_fingerprints_are_stored(basic: TokenClient, person: str, database: Database) -> None:
    tokens = basic.tokens(person, scope=OFFLINE)
    successor = good(basic.refresh(tokens["refresh_token"]))["refresh_token"]

    with database.reading() as tx:
        stored = str(tx.connection.exec_driver_sql("SELECT * FROM refresh_families").all())
    for token in (tokens["refresh_token"], successor):
        _, secret, tag = token.split(".")
        assert secret not in stored
        assert tag not in stored


def test_a_refresh_may_narrow_the_resources_and_never_widen_them(
    provider: Provider, basic: TokenClient, person: str
) -> None:
    """RFC 8707 §2.2"""
    api, reports, third = (f"https://{name}.example.ch/" for name in ("api", "reports", "third"))
    bend(provider, "basic", audiences=(api, reports, third))
    granted = basic.tokens(person, scope=OFFLINE, resources=(api, reports))

    narrowed = good(basic.refresh(granted["refresh_token"], resource=reports))
    again = good(basic.refresh(narrowed["refresh_token"]))

    assert basic.verified(narrowed["access_token"])["aud"] == [reports, "http://localhost/userinfo"]
    assert basic.verified(again["access_token"])["aud"] == [api, reports, "http://localhost/userinfo"]
    refused(basic.refresh(again["refresh_token"], resource=third), "invalid_target")
