"""`authorization_code`: one use, one minute, one client, one verifier; and what the answer holds."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.audit.log import AuditEvent
from idp.database import Database
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.tokens import ABSENT, TokenClient, good, refused

pytestmark = pytest.mark.both_databases


def test_a_code_becomes_tokens(basic: TokenClient, person: str) -> None:
    """RFC 6749 §5.1, OIDC Core §3.1.3.3: the members of the answer, and no-store;
    oidcc-server, oidcc-ensure-request-with-valid-pkce-succeeds"""
    response = basic.redeem(basic.code(person, scope="openid email"))

    tokens = good(response)
    assert response.headers["Cache-Control"] == "no-store"
    assert set(tokens) == {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 300, "openid email")


def test_without_the_refresh_grant_there_is_no_refresh_token(
    provider: Provider, basic: TokenClient, person: str
) -> None:
    bend(provider, "basic", grant_types=("authorization_code",))

    assert "refresh_token" not in basic.tokens(person)


def test_without_openid_there_is_no_id_token(basic: TokenClient, person: str) -> None:
    assert "id_token" not in basic.tokens(person, scope="email")


def test_a_code_works_once(basic: TokenClient, person: str) -> None:
    """RFC 6749 §4.1.2;
    oidcc-codereuse, fapi2-security-profile-final-attempt-reuse-authorization-code-after-one-second"""
    code = basic.code(person)
    good(basic.redeem(code))

    refused(basic.redeem(code), "invalid_grant")


def test_a_second_use_revokes_what_the_first_one_issued(basic: TokenClient, person: str, clock: MovableClock) -> None:
    """oidcc-codereuse-30seconds"""
    code = basic.code(person)
    tokens = good(basic.redeem(code))
    assert basic.userinfo(tokens["access_token"]).status_code == 200
    clock.forward(seconds=30)

    refused(basic.redeem(code), "invalid_grant")

    assert basic.userinfo(tokens["access_token"]).status_code == 401
    refused(basic.refresh(tokens["refresh_token"]), "invalid_grant")


def test_a_replayed_code_is_written_down(database: Database, basic: TokenClient, person: str) -> None:
    """RFC 9700 §4.5: somebody has a copy, and the operator hears of it"""
    code = basic.code(person)
    good(basic.redeem(code))
    for _ in range(2):
        refused(basic.redeem(code), "invalid_grant")

    with database.reading() as tx:
        assert list(tx.session.scalars(sa.select(AuditEvent.name))).count("CodeReplayed") == 1


def test_another_client_cannot_revoke_by_replaying(app: Flask, basic: TokenClient, person: str) -> None:
    code = basic.code(person)
    tokens = good(basic.redeem(code))

    refused(TokenClient(app, "post").redeem(code), "invalid_grant")

    assert basic.userinfo(tokens["access_token"]).status_code == 200


def test_of_twelve_parallel_uses_one_succeeds(app: Flask, basic: TokenClient, person: str) -> None:
    """Fault 3 of the library survey."""
    code = basic.code(person)

    def use(_: int) -> int:
        client = TokenClient(app, "basic")
        return client.redeem(code).status_code

    with ThreadPoolExecutor(12) as threads:
        statuses = sorted(threads.map(use, range(12)))

    assert statuses == [200] + [400] * 11


def test_a_code_is_too_old_after_a_minute(basic: TokenClient, person: str, clock: MovableClock) -> None:
    """fapi2-security-profile-final-ensure-token-endpoint-fails-with-expired-auth-code"""
    code = basic.code(person)
    clock.forward(seconds=61)

    refused(basic.redeem(code), "invalid_grant")


def test_a_code_is_good_for_almost_a_minute(basic: TokenClient, person: str, clock: MovableClock) -> None:
    code = basic.code(person)
    clock.forward(seconds=59)

    good(basic.redeem(code))


def test_a_code_belongs_to_its_client(app: Flask, basic: TokenClient, person: str) -> None:
    """RFC 6749 §4.1.3: issued to the client that authenticated;
    fapi2-security-profile-final-ensure-authorization-code-is-bound-to-client"""
    code = basic.code(person)

    refused(TokenClient(app, "post").redeem(code), "invalid_grant")

    good(basic.redeem(code))


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://basic.example.ch/other"},
        {"redirect_uri": ABSENT},
        {"code_verifier": "w" * 64},
        {"code_verifier": ABSENT},
        {"code_verifier": "v" * 42},
        {"code_verifier": "v" * 129},
        {"code_verifier": "é" * 64},
        {"code_verifier": '"' * 64},
    ],
)
def test_everything_about_a_code_must_hold(basic: TokenClient, person: str, changes: dict[str, Any]) -> None:
    """RFC 6749 §4.1.3: the same redirect_uri; RFC 7636 §4.6: the verifier;
    fapi2-security-profile-final-ensure-pkce-code-verifier-required,
    fapi2-security-profile-final-incorrect-pkce-code-verifier-rejected; faults 1 and 14"""
    refused(basic.redeem(basic.code(person), **changes), "invalid_grant")


def test_whoever_holds_a_code_has_one_try(basic: TokenClient, person: str) -> None:
    code = basic.code(person)
    refused(basic.redeem(code, code_verifier="w" * 64), "invalid_grant")

    refused(basic.redeem(code), "invalid_grant")


def test_a_verifier_without_a_challenge_is_an_attack(basic: TokenClient, person: str) -> None:
    """RFC 9700 §2.1.1: somebody took the challenge out of the authorization request."""
    refused(basic.redeem(basic.code(person, challenge="")), "invalid_grant")


def test_a_client_may_go_without_pkce_if_its_code_did(basic: TokenClient, person: str) -> None:
    good(basic.redeem(basic.code(person, challenge=""), code_verifier=ABSENT))


def test_a_code_is_worth_nothing_after_the_session_ended(basic: TokenClient, person: str) -> None:
    code = basic.code(person)
    basic.end_session()

    refused(basic.redeem(code), "invalid_grant")


def test_a_missing_code_is_an_invalid_request(basic: TokenClient) -> None:
    refused(basic.redeem(""), "invalid_request")


@pytest.mark.parametrize("code", ["nonsense", "é" * 300, "c" * 5000, '"\\', "💥"])
def test_any_other_text_is_no_code(basic: TokenClient, code: str) -> None:
    refused(basic.redeem(code), "invalid_grant")
