"""What the authorization endpoint accepts, and who is told about what it does not."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp.provider import Provider
from tests.support.clients import bend
from tests.support.relying_party import ABSENT, LONG_STATE, RelyingParty, challenge_of


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def party(app: Flask) -> RelyingParty:
    return RelyingParty(app, "basic")


@pytest.fixture
def strict_party(app: Flask) -> RelyingParty:
    """A client that must use PKCE."""
    return RelyingParty(app, "post")


# Until client and redirect address are known, a fault is a page.


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": ABSENT},
        {"client_id": "nobody"},
        {"client_id": "Basic"},
        {"client_id": "é\"'<>☃"},
        {"redirect_uri": ABSENT},
        {"redirect_uri": "https://basic.example.ch/callback/more"},
        {"redirect_uri": "https://basic.example.ch/callback?added=1"},
        {"redirect_uri": "https://basic.example.ch/callback?with=another"},
        {"redirect_uri": "https://BASIC.example.ch/callback"},
        {"redirect_uri": "https://basic.example.ch:443/callback"},
        {"redirect_uri": "https://basic.example.ch/callback#fragment"},
        {"redirect_uri": "https://basic.example.ch.attacker.example/callback"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": 'https://basic.example.ch/"é'},
    ],
)
def test_nobody_is_redirected_to_an_unknown_place(
    visitor: FlaskClient, party: RelyingParty, changes: dict[str, str | None]
) -> None:
    """RFC 6749 §4.1.2.1: nobody is redirected to an address that is not the client's; §3.1.2.4;
    oidcc-ensure-registered-redirect-uri, oidcc-ensure-request-object-with-redirect-uri"""
    answer = party.authorize(visitor, **changes)

    assert answer.mode == "page"
    assert answer.response.status_code == 400
    assert "invalid_request" in answer.response.text


@pytest.mark.parametrize(
    ("language", "heading"),
    [
        ("fr", "Cette demande de connexion n’est pas valable"),
        ("de", "Diese Anmeldeanfrage ist ungültig"),
        ("it", "Questa richiesta di accesso non è valida"),
        ("en", "This sign-in request is not valid"),
    ],
)
def test_the_page_says_what_to_do_and_keeps_the_technical_word_for_the_desk(
    visitor: FlaskClient, party: RelyingParty, language: str, heading: str
) -> None:
    """RFC 6749 §4.1.2.1: the person is informed of the error"""
    visitor.environ_base["HTTP_ACCEPT_LANGUAGE"] = language

    page = party.authorize(visitor, redirect_uri="https://attacker.example/").response

    assert heading in page.text
    assert "https://basic.example.ch/login?iss=" in page.text
    assert page.headers["X-Request-ID"] in page.text
    assert 'href="https://attacker' not in page.text


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_a_doubled_client_or_redirect_address_is_a_page(visitor: FlaskClient, party: RelyingParty, name: str) -> None:
    """RFC 6749 §4.1.1, §3.1: each is sent once"""
    request = party.request()

    answer = party.follow(visitor, visitor.get("/authorize", query_string=[*request.items(), (name, request[name])]))

    assert answer.mode == "page"
    assert answer.response.status_code == 400


def test_a_redirect_address_with_a_query_keeps_it(visitor: FlaskClient, party: RelyingParty) -> None:
    """RFC 6749 §3.1.2: the query of the registered address is retained"""
    answer = party.authorize(visitor, redirect_uri="https://basic.example.ch/callback?with=query", prompt="none")

    assert answer.parameters["with"] == "query"
    assert answer.error == "login_required"


def test_a_native_application_chooses_its_loopback_port(app: Flask, visitor: FlaskClient) -> None:
    native = RelyingParty(app, "public", redirect_uri="http://127.0.0.1:51004/callback")

    answer = native.authorize(visitor, prompt="none")

    assert answer.address == "http://127.0.0.1:51004/callback"


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/call\r\nback",
        "http://127.0.0.1:1/call\tback",
        "http://127.0.0.1:1\n/callback",
        "\x01http://127.0.0.1:1/callback",
        " http://127.0.0.1:1/callback",
        "http://127.0.0.1:1/callback#",
        "http://127.0.0.1:1/callback?more",
        "http://user@127.0.0.1:1/callback",
        "http://127.0.0.1:x/callback",
        "http://127.0.0.1:1@attacker.example/callback",
        "http://127.0.0.2:1/callback",
        "https://127.0.0.1:1/callback",
    ],
)
def test_nothing_but_the_port_of_a_loopback_address_is_free(app: Flask, visitor: FlaskClient, address: str) -> None:
    """RFC 8252 §7.3; a lenient parser would let line breaks through into our headers."""
    native = RelyingParty(app, "public", redirect_uri=address)

    assert native.authorize(visitor, prompt="none").response.status_code == 400


def test_a_web_client_does_not_choose_a_port(app: Flask, visitor: FlaskClient, provider: Provider) -> None:
    bend(provider, "public", application_type="web")
    party = RelyingParty(app, "public", redirect_uri="http://127.0.0.1:51004/callback")

    answer = party.authorize(visitor, prompt="none")

    assert answer.mode == "page"


# From here on a fault is sent to the client, with state and iss.


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": ABSENT}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": 'é"'}, "unsupported_response_type"),
        ({"scope": ABSENT}, "invalid_scope"),
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "dance"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"max_age": "٣"}, "invalid_request"),
        ({"max_age": "9" * 40}, "invalid_request"),
        ({"claims": "{"}, "invalid_request"),
        ({"claims": "[]"}, "invalid_request"),
        ({"claims": '{"userinfo": 1}'}, "invalid_request"),
        ({"claims": '{"id_token": {"name": "yes"}}'}, "invalid_request"),
        ({"claims": "[" * 5000}, "invalid_request"),
        ({"id_token_hint": "garbage"}, "invalid_request"),
        ({"id_token_hint": "e30.e30."}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "https://basic.example.ch/request"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"authorization_details": "[]"}, "invalid_authorization_details"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
        ({"dpop_jkt": "short"}, "invalid_request"),
        ({"nonce": "n" * 5000}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "nonsense"}, "invalid_request"),
    ],
)
def test_a_fault_is_told_to_the_client(
    visitor: FlaskClient, party: RelyingParty, changes: dict[str, str | None], error: str
) -> None:
    """RFC 6749 §4.1.2.1: every other fault, with the state; §3.3: invalid_scope; RFC 9700 §2.1.2: only code; RFC 9396
    §5; OIDC Core §7.2.1: registration_not_supported; Initiating User Registration §4.1: an unknown prompt; Multiple
    Response Types §2.1: no fragment;
    oidcc-response-type-missing, oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported,
    fapi2-security-profile-final-ensure-response-type-code-idtoken-fails,
    fapi2-security-profile-final-ensure-response-type-token-fails"""
    answer = party.authorize(visitor, **changes)

    assert answer.mode == "query"
    assert answer.error == error
    assert answer.parameters["state"] == LONG_STATE
    assert answer.parameters["iss"] == party.metadata["issuer"]
    assert "code" not in answer.parameters


@pytest.mark.parametrize("name", ["scope", "nonce", "prompt", "response_type", "response_mode", "code_challenge"])
def test_a_doubled_parameter_is_refused(visitor: FlaskClient, party: RelyingParty, name: str) -> None:
    """RFC 6749 §3.1"""
    request = party.request(prompt="none", response_mode="query")

    answer = party.follow(visitor, visitor.get("/authorize", query_string=[*request.items(), (name, request[name])]))

    assert answer.error == "invalid_request"
    assert answer.parameters["state"] == LONG_STATE


def test_of_two_states_none_is_returned(visitor: FlaskClient, party: RelyingParty) -> None:
    request = party.request(prompt="none")

    answer = party.follow(visitor, visitor.get("/authorize", query_string=[*request.items(), ("state", "second")]))

    assert answer.error == "invalid_request"
    assert "state" not in answer.parameters


@pytest.mark.parametrize("fault", ["state", "scope", "redirect_uri", "client_id", "nonce", "login_hint", "claims"])
@pytest.mark.parametrize(
    "value", ["\x01\x7f", "é☃𝄞", "'\"><script>", "%00%ff", "\ud800".encode("utf-8", "surrogatepass")]
)
def test_odd_characters_never_break_anything(
    visitor: FlaskClient, party: RelyingParty, fault: str, value: str | bytes
) -> None:
    """Fault 14 of the library survey: quotes and non-ASCII in any parameter."""
    response = visitor.get("/authorize", query_string={**party.request(prompt="none"), fault: value})

    assert response.status_code in {303, 400}


# PKCE


def test_a_challenge_without_a_method_is_not_plain(visitor: FlaskClient, strict_party: RelyingParty) -> None:
    """RFC 7636 §4.3: what it would mean is plain, which RFC 9700 §2.1.1 refuses;
    fault 1 of the library survey; fapi2-security-profile-final-par-plain-pkce-rejected"""
    answer = strict_party.authorize(visitor, code_challenge_method=ABSENT)

    assert answer.error == "invalid_request"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": ABSENT, "code_challenge_method": ABSENT},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge": "too-short"},
        {"code_challenge": challenge_of("x") + "="},
        {"code_challenge": ABSENT},
    ],
)
def test_where_pkce_is_needed_only_s256_will_do(
    visitor: FlaskClient, strict_party: RelyingParty, changes: dict[str, str | None]
) -> None:
    """RFC 7636 §4.4.1: invalid_request; §4.2: the challenge is 43 characters of base64url"""
    answer = strict_party.authorize(visitor, **changes)

    assert answer.error == "invalid_request"


def test_a_public_client_cannot_start_without_pkce(app: Flask, visitor: FlaskClient, provider: Provider) -> None:
    """RFC 9700 §2.1.1, RFC 7636 §4.4.1; RFC 6749 §2.1: without credentials a client is public;
    fault 2 of the library survey: whatever its file says."""
    bend(provider, "public", require_pkce=False)
    native = RelyingParty(app, "public", redirect_uri="http://127.0.0.1/callback")

    answer = native.authorize(visitor, code_challenge=ABSENT, code_challenge_method=ABSENT)

    assert answer.error == "invalid_request"


def test_plain_is_refused_also_where_pkce_is_not_needed(visitor: FlaskClient, party: RelyingParty) -> None:
    answer = party.authorize(visitor, code_challenge_method="plain", prompt="none")

    assert answer.error == "invalid_request"


def test_a_client_may_go_without_pkce_where_its_file_says_so(visitor: FlaskClient, party: RelyingParty) -> None:
    answer = party.authorize(visitor, code_challenge=ABSENT, code_challenge_method=ABSENT, prompt="none")

    assert answer.error == "login_required"


# What is accepted


@pytest.mark.parametrize(
    "changes",
    [
        {"display": "popup"},
        {"display": "page"},
        {"ui_locales": "se"},
        {"claims_locales": "se"},
        {"login_hint": "anna@example.ch"},
        {"extra": "foobar"},
        {"acr_values": "urn:unknown two-step"},
        {"scope": "openid nonsense"},
        {"nonce": ABSENT},
        {"state": ABSENT},
        {"claims": json.dumps({"userinfo": {"name": {"essential": True}, "unknown": None}})},
        {"nonce": "n" * 384},
        {"request": "", "request_uri": "", "resource": ""},
    ],
)
def test_what_is_optional_or_unknown_does_not_matter(
    visitor: FlaskClient, party: RelyingParty, changes: dict[str, str | None]
) -> None:
    """RFC 6749 §3.1: unknown parameters are ignored, empty ones are absent;
    oidcc-display-page, oidcc-display-popup, oidcc-login-hint, oidcc-ui-locales, oidcc-claims-locales,
    oidcc-ensure-request-with-unknown-parameter-succeeds, oidcc-ensure-request-with-acr-values-succeeds,
    oidcc-ensure-request-without-nonce-succeeds-for-code-flow, oidcc-claims-essential"""
    answer = party.authorize(visitor, prompt="none", **changes)

    assert answer.error == "login_required"


def test_a_client_that_may_not_use_codes_is_told(visitor: FlaskClient, provider: Provider, party: RelyingParty) -> None:
    """RFC 6749 §4.1.2.1: unauthorized_client"""
    bend(provider, "basic", grant_types=("client_credentials",))

    answer = party.authorize(visitor)

    assert answer.error == "unauthorized_client"


def test_an_essential_acr_that_nobody_can_reach_is_refused_at_once(visitor: FlaskClient, party: RelyingParty) -> None:
    """OIDC Core §5.5.1.1"""
    claims = {"id_token": {"acr": {"essential": True, "values": ["urn:level:space"]}}}

    answer = party.authorize(visitor, claims=json.dumps(claims))

    assert answer.error == "unmet_authentication_requirements"
