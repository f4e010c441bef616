"""The same thing sent many times at the same moment, by threads that start together.

Codes, refresh tokens, assertions, request_uris and device codes have their races beside their rules
(docs/threat-model.md); here is what crosses them.
"""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp.provider import Provider
from idp.sessions import ending
from tests.support.clock import MovableClock
from tests.support.parallel import in_parallel
from tests.support.possession import Prover
from tests.support.relying_party import RelyingParty
from tests.support.signed_in import sign_in
from tests.support.tokens import TokenClient, good

pytestmark = pytest.mark.both_databases

MANY = 8


def test_of_many_uses_of_one_proof_at_once_one_is_served(app: Flask, person: str, clock: MovableClock) -> None:
    """RFC 9449 §11.1"""
    client, prover = TokenClient(app, "basic"), Prover(clock)
    issued = good(
        client.post(
            "/token",
            prover.header(),
            grant_type="authorization_code",
            code=client.code(person),
            redirect_uri="https://basic.example.ch/callback",
            code_verifier="v" * 64,
        )
    )
    token = issued["access_token"]
    shown = {"Authorization": f"DPoP {token}", "DPoP": prover.proof("/userinfo", "GET", token=token)}

    answers = in_parallel(*[lambda: app.test_client().get("/userinfo", headers=shown).status_code] * MANY)

    assert sorted(answers) == [200, *[401] * (MANY - 1)]


def test_whoever_replays_a_code_while_its_tokens_are_renewed_ends_them(app: Flask, person: str) -> None:
    """RFC 6749 §4.1.2, RFC 9700 §4.14.2: neither race leaves a refresh token alive."""
    client = TokenClient(app, "basic")
    code = client.code(person, scope="openid offline_access")
    first = good(client.redeem(code))

    def renew() -> TestResponse:
        return TokenClient(app, "basic").refresh(first["refresh_token"])

    def replay() -> TestResponse:
        return TokenClient(app, "basic").redeem(code)

    answers = in_parallel(*[renew, replay] * (MANY // 2))

    renewed = [answer.get_json() for answer in answers[::2] if answer.status_code == 200]
    assert {answer.status_code for answer in answers[1::2]} == {400}
    for tokens in [first, *renewed]:
        assert client.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"


def test_logging_out_while_tokens_are_asked_for_leaves_none_alive(app: Flask, person: str) -> None:
    client = TokenClient(app, "basic")
    first = good(client.redeem(client.code(person, scope="openid")))
    codes = [client.code(person) for _ in range(MANY)]

    answers = in_parallel(
        client.end_session,
        *[lambda code=code: TokenClient(app, "basic").redeem(code) for code in codes],  # type: ignore[misc]
    )

    redeemed = [answer.get_json() for answer in answers[1:] if answer is not None and answer.status_code == 200]
    for tokens in [first, *redeemed]:
        assert client.userinfo(tokens["access_token"]).status_code == 401
        assert client.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"


def test_logging_out_while_codes_are_asked_for_leaves_none_of_worth(
    app: Flask, visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    session = sign_in(provider, visitor, person)
    cookie = visitor.get_cookie("session-basic")
    assert cookie is not None

    def ask() -> str:
        tab = app.test_client()
        tab.set_cookie("session-basic", cookie.value)
        return party.authorize(tab, prompt="none").code

    def log_out() -> str:
        with provider.database.transaction() as tx:
            ending.end(tx, session.id, reason="logout")
        return ""

    codes = in_parallel(*[ask] * (MANY // 2), log_out, *[ask] * (MANY // 2))

    assert {party.exchange(code).status_code for code in codes if code} <= {400}
