"""`/token`: the strict form, the refusals of RFC 6749 §5.2, and never a 500, whatever is sent."""

from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.database import Database
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.tokens import TokenClient, good, refused

FORM_TYPE = "application/x-www-form-urlencoded"


@pytest.fixture
def machine(app: Flask) -> TokenClient:
    return TokenClient(app, "machine")


def post_raw(client: TokenClient, body: bytes, *, content_type: str = FORM_TYPE, query: str = "") -> Any:
    headers, _ = client.credentials()
    return client.http.post(
        "/token?" + query if query else "/token", data=body, content_type=content_type, headers=headers
    )


def test_only_post_is_served(machine: TokenClient) -> None:
    """RFC 6749 §3.2: POST"""
    assert machine.http.get("/token").status_code == 405
    assert machine.http.put("/token").status_code == 405


def test_parameters_in_the_address_are_refused(machine: TokenClient) -> None:
    """RFC 6749 §3.2; fault 10 of the library survey."""
    refused(post_raw(machine, b"", query="grant_type=client_credentials"), "invalid_request")
    refused(post_raw(machine, b"grant_type=client_credentials", query="scope=payroll"), "invalid_request")


def test_a_parameter_sent_twice_is_refused(machine: TokenClient) -> None:
    """RFC 6749 §3.2; fault 11."""
    body = b"grant_type=client_credentials&grant_type=client_credentials"

    refused(post_raw(machine, body), "invalid_request")
    refused(post_raw(machine, b"grant_type=client_credentials&scope=payroll&scope=reports"), "invalid_request")


def test_a_resource_may_be_sent_twice(machine: TokenClient) -> None:
    """RFC 8707 §2"""
    resources = urlencode([("resource", "https://api.example.ch/"), ("resource", "https://reports.example.ch/")])

    tokens = good(post_raw(machine, b"grant_type=client_credentials&" + resources.encode()))

    audience = machine.verified(tokens["access_token"])["aud"]
    assert audience == ["https://api.example.ch/", "https://reports.example.ch/"]


def test_an_empty_parameter_is_as_good_as_absent(machine: TokenClient) -> None:
    """RFC 6749 §3.1"""
    good(post_raw(machine, b"grant_type=client_credentials&scope="))
    refused(post_raw(machine, b"grant_type="), "invalid_request")


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
def test_another_content_type_is_refused(machine: TokenClient, content_type: str) -> None:
    response = post_raw(machine, b"grant_type=client_credentials", content_type=content_type)

    assert response.status_code == 400
    assert response.get_json()["error"] == "invalid_request"


@pytest.mark.parametrize("body", [b"\xff=\xff", b"a=%ff", b"a=%00", b"grant_type=\x00", b"&".join([b"x=1"] * 70)])
def test_a_body_that_is_no_honest_form_is_refused(machine: TokenClient, body: bytes) -> None:
    response = post_raw(machine, body)

    assert response.status_code == 400
    assert response.get_json()["error"] == "invalid_request"


def test_an_oversized_body_is_refused(machine: TokenClient) -> None:
    response = post_raw(machine, b"grant_type=" + b"x" * 300_000)

    assert response.status_code in {400, 413}
    assert response.get_json()["error"] == "invalid_request"


def test_unknown_parameters_are_ignored(machine: TokenClient) -> None:
    """RFC 6749 §3.2"""
    good(post_raw(machine, b"grant_type=client_credentials&extra=foobar"))


@pytest.mark.parametrize("grant_type", ["password", "implicit", "urn:x", "é", '"', "client_credentials "])
def test_an_unknown_grant_is_refused(machine: TokenClient, grant_type: str) -> None:
    """RFC 9700 §2.4: no password grant; RFC 6749 §5.2: unsupported_grant_type"""
    refused(machine.post("/token", grant_type=grant_type), "unsupported_grant_type")


def test_a_grant_the_client_is_not_registered_for_is_refused(machine: TokenClient) -> None:
    """RFC 6749 §5.2: unauthorized_client"""
    refused(machine.post("/token", grant_type="refresh_token", refresh_token="x"), "unauthorized_client")


def test_a_missing_grant_is_an_invalid_request(machine: TokenClient) -> None:
    refused(machine.post("/token"), "invalid_request")


def test_a_service_asks_in_its_own_name(machine: TokenClient) -> None:
    """RFC 6749 §4.4, RFC 9068 §5; fault 20: five minutes, not ten days."""
    tokens = good(machine.post("/token", grant_type="client_credentials", scope="payroll"))

    claims = machine.verified(tokens["access_token"])
    assert (claims["sub"], claims["client_id"], claims["scope"]) == ("machine", "machine", "payroll")
    assert claims["exp"] - claims["iat"] == tokens["expires_in"] == 300
    assert "auth_time" not in claims
    assert set(tokens) == {"access_token", "token_type", "expires_in", "scope"}


@pytest.mark.parametrize("scope", ["openid", "payroll openid", "administration", '"', "é"])
def test_a_service_gets_only_the_scopes_it_has(machine: TokenClient, scope: str) -> None:
    refused(machine.post("/token", grant_type="client_credentials", scope=scope), "invalid_scope")


@pytest.mark.parametrize(
    ("listed", "audience"),
    [
        (("https://a.example.ch/", "https://b.example.ch/"), ["https://a.example.ch/", "https://b.example.ch/"]),
        ((), None),
    ],
)
def test_without_a_resource_a_service_may_call_all_that_its_file_lists(
    provider: Provider, machine: TokenClient, listed: tuple[str, ...], audience: list[str] | None
) -> None:
    """RFC 8707 §2: the default of the client; where it lists nothing, the issuer"""
    bend(provider, "machine", audiences=listed)

    tokens = good(machine.post("/token", grant_type="client_credentials"))

    assert machine.verified(tokens["access_token"])["aud"] == (audience or provider.settings.server.issuer)


def test_a_service_asks_only_for_resources_it_may(machine: TokenClient) -> None:
    """RFC 8707 §2"""
    response = machine.post("/token", grant_type="client_credentials", resource="https://other.example/")

    refused(response, "invalid_target")


def test_authorization_details_are_refused(machine: TokenClient) -> None:
    """RFC 9396 §5, §6: no type is known here, and nobody must think that a token is limited to one"""
    response = machine.post("/token", grant_type="client_credentials", authorization_details='[{"type": "payment"}]')

    refused(response, "invalid_authorization_details")


def test_a_machine_token_opens_no_transaction(
    provider: Provider, machine: TokenClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ruling: machine token requests open a transaction only if they write."""
    good(machine.post("/token", grant_type="client_credentials"))  # makes the first signing keys

    def no_transaction(*_: object) -> None:
        raise AssertionError("a transaction was opened")

    monkeypatch.setattr(Database, "transaction", no_transaction)

    good(machine.post("/token", grant_type="client_credentials"))


PARAMETERS = [
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "scope",
    "resource",
    "audience",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "device_code",
    "subject_token",
]
GRANTS = ["authorization_code", "refresh_token", "client_credentials"]


@pytest.fixture
def every_grant(provider: Provider, app: Flask) -> TokenClient:
    bend(provider, "basic", grant_types=tuple(GRANTS))
    return TokenClient(app, "basic")


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    grant=st.sampled_from(GRANTS),
    fields=st.lists(
        st.tuples(st.sampled_from(PARAMETERS) | st.text(max_size=20), st.text(max_size=60) | st.sampled_from(["basic"]))
    ),
    authenticated=st.booleans(),
)
def test_no_form_makes_it_fail_otherwise(
    every_grant: TokenClient,
    clock: MovableClock,
    grant: str,
    fields: list[tuple[str, str]],
    authenticated: bool,
) -> None:
    clock.forward(minutes=10)
    headers = every_grant.credentials()[0] if authenticated else {}
    body = urlencode([("grant_type", grant), *fields], errors="surrogatepass")

    response = every_grant.http.post("/token", data=body, content_type=FORM_TYPE, headers=headers)

    assert response.status_code in {200, 400, 401}
    assert response.is_json
    assert ("error" in response.get_json()) == (response.status_code != 200)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300), content_type=st.sampled_from([FORM_TYPE, "application/json", "text/plain", "é"]))
def test_no_bytes_make_it_fail_otherwise(machine: TokenClient, body: bytes, content_type: str) -> None:
    response = post_raw(machine, body, content_type=content_type)

    assert response.status_code == 400
    assert response.get_json()["error"] in {"invalid_request", "unsupported_grant_type"}
