"""`token-exchange` (RFC 8693): on in the person's name, with no more rights, no longer, and named as who acts."""

from typing import Any

import pytest
from flask import Flask

from idp.provider import Provider
from idp.web import client_certificate
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.possession import Prover
from tests.support.tokens import TokenClient, good, refused

pytestmark = pytest.mark.both_databases

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
API = "https://api.example.ch/"
SERVICE = "https://service.example.ch/"


@pytest.fixture
def portal(app: Flask, provider: Provider) -> TokenClient:
    """A portal whose tokens may be for the service."""
    bend(provider, "basic", audiences=(SERVICE,), scope="openid profile email payroll offline_access")
    return TokenClient(app, "basic")


@pytest.fixture
def service(app: Flask, provider: Provider) -> TokenClient:
    """The service that is called, and calls on."""
    bend(provider, "exchange", audiences=(SERVICE, API))
    return TokenClient(app, "exchange")


def exchange(service: TokenClient, token: str, **changes: Any) -> Any:
    correct = {"grant_type": GRANT, "subject_token": token, "subject_token_type": ACCESS_TOKEN, "resource": API}
    return service.post("/token", **{**correct, **changes})


def token_for_service(portal: TokenClient, person_id: str, scope: str = "openid payroll") -> str:
    return str(portal.tokens(person_id, scope=scope, resources=(SERVICE,))["access_token"])


def test_a_service_calls_on_in_the_person_s_name(portal: TokenClient, service: TokenClient, person: str) -> None:
    """RFC 8693 §2.1; RFC 8693 §2.2.1, §4.1"""
    answer = good(exchange(service, token_for_service(portal, person)))

    claims = service.verified(answer["access_token"])
    assert answer["issued_token_type"] == ACCESS_TOKEN
    assert set(answer) == {"access_token", "token_type", "expires_in", "scope", "issued_token_type"}
    assert (claims["sub"], claims["aud"], claims["client_id"]) == (person, API, "exchange")
    assert claims["act"] == {"sub": "exchange"}
    assert claims["scope"] == "openid payroll"


def test_who_acted_before_stays_named(
    provider: Provider, portal: TokenClient, service: TokenClient, person: str
) -> None:
    """RFC 8693 §4.1: the present actor outside, the earlier one inside"""
    first = good(exchange(service, token_for_service(portal, person)))["access_token"]

    claims = service.verified(good(exchange(service, first))["access_token"])

    assert claims["act"] == {"sub": "exchange", "act": {"sub": "exchange"}}


def test_the_scope_never_grows(portal: TokenClient, service: TokenClient, person: str) -> None:
    token = token_for_service(portal, person, "openid email payroll")

    assert good(exchange(service, token))["scope"] == "openid payroll"
    assert good(exchange(service, token, scope="payroll"))["scope"] == "payroll"
    refused(exchange(service, token, scope="payroll profile"), "invalid_scope")


def test_the_new_token_lives_no_longer_than_the_old_one(
    portal: TokenClient, service: TokenClient, person: str, clock: MovableClock
) -> None:
    token = token_for_service(portal, person)
    clock.forward(minutes=4)

    assert good(exchange(service, token))["expires_in"] == 60


def test_the_new_token_dies_with_the_session(portal: TokenClient, service: TokenClient, person: str) -> None:
    exchanged = good(exchange(service, token_for_service(portal, person)))["access_token"]
    assert good(service.post("/introspect", token=exchanged))["active"]

    portal.end_session()

    assert good(service.post("/introspect", token=exchanged)) == {"active": False}


def test_the_resource_must_be_one_the_service_may_call(portal: TokenClient, service: TokenClient, person: str) -> None:
    """RFC 8693 §2.1.1: resource and audience name the target; §2.2.2: invalid_target"""
    token = token_for_service(portal, person)

    refused(exchange(service, token, resource="https://other.example/"), "invalid_target")
    refused(exchange(service, token, resource="", audience="https://other.example/"), "invalid_target")
    assert service.verified(good(exchange(service, token, resource="", audience=API))["access_token"])["aud"] == API


def test_a_token_made_for_somebody_else_cannot_be_exchanged(
    portal: TokenClient, service: TokenClient, person: str
) -> None:
    refused(exchange(service, portal.tokens(person)["access_token"]), "invalid_request")


@pytest.mark.parametrize(
    "changes",
    [
        {"subject_token": "nonsense"},
        {"subject_token": ""},
        {"subject_token_type": ""},
        {"subject_token_type": "urn:ietf:params:oauth:token-type:saml2"},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        {"actor_token": "a.b.c", "actor_token_type": ACCESS_TOKEN},
    ],
)
def test_everything_about_the_request_must_hold(
    portal: TokenClient, service: TokenClient, person: str, changes: dict[str, str]
) -> None:
    """RFC 8693 §2.2.2"""
    refused(exchange(service, token_for_service(portal, person), **changes), "invalid_request")


def test_a_machine_s_token_stands_for_nobody(service: TokenClient) -> None:
    token = good(service.post("/token", grant_type="client_credentials", resource=SERVICE))["access_token"]

    refused(exchange(service, token), "invalid_request")


def test_it_is_off_unless_a_client_is_registered_for_it(portal: TokenClient, person: str) -> None:
    refused(exchange(portal, token_for_service(portal, person)), "unauthorized_client")


def test_a_pairwise_service_knows_the_person_by_its_own_name(
    provider: Provider, portal: TokenClient, service: TokenClient, person: str
) -> None:
    bend(provider, "exchange", subject_type="pairwise")

    claims = service.verified(good(exchange(service, token_for_service(portal, person)))["access_token"])

    assert claims["sub"] != person


@pytest.mark.parametrize("sent", [{"actor_token": "x"}, {"actor_token_type": ACCESS_TOKEN}])
def test_nobody_else_can_be_named_as_the_actor(
    portal: TokenClient, service: TokenClient, person: str, sent: dict[str, str]
) -> None:
    """RFC 8693 §2.1"""
    refused(exchange(service, token_for_service(portal, person), **sent), "invalid_request")


def test_a_dpop_bound_token_is_exchanged_with_its_key_only(
    portal: TokenClient, service: TokenClient, person: str, clock: MovableClock
) -> None:
    """RFC 9449 §6, RFC 8693 §2.1: an exchange is no way to get rid of what a token is bound to"""
    owner, thief = Prover(clock), Prover(clock)
    code = portal.code(person, scope="openid payroll", resources=(SERVICE,))
    token = good(portal.redeem(code, headers=owner.header()))["access_token"]

    refused(exchange(service, token), "invalid_request")
    refused(exchange(service, token, headers=thief.header()), "invalid_request")

    answer = good(exchange(service, token, headers=owner.header()))
    assert answer["token_type"] == "DPoP"
    assert service.verified(answer["access_token"])["cnf"] == {"jkt": owner.jkt}


def test_a_certificate_bound_token_is_exchanged_with_its_certificate_only(
    provider: Provider, portal: TokenClient, service: TokenClient, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 8705 §3"""
    bend(provider, "basic", tls_client_certificate_bound_access_tokens=True)
    monkeypatch.setattr(client_certificate, "thumbprint_of", lambda _request: "the-portals")
    token = token_for_service(portal, person)

    refused(exchange(service, token), "invalid_request")
    bend(provider, "exchange", tls_client_certificate_bound_access_tokens=True)
    monkeypatch.setattr(client_certificate, "thumbprint_of", lambda _request: "the-services")
    refused(exchange(service, token), "invalid_request")

    monkeypatch.setattr(client_certificate, "thumbprint_of", lambda _request: "the-portals")
    claims = service.verified(good(exchange(service, token))["access_token"])
    assert claims["cnf"] == {"x5t#S256": "the-portals"}


def test_a_public_client_does_not_exchange_tokens(
    app: Flask, provider: Provider, portal: TokenClient, person: str
) -> None:
    """RFC 8693 §5: whoever finds a token could have it exchanged in the public client's name"""
    bend(provider, "public", grant_types=("authorization_code", GRANT), audiences=(SERVICE, API))

    refused(exchange(TokenClient(app, "public"), token_for_service(portal, person)), "unauthorized_client")
