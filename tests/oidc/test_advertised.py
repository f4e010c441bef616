"""Discovery advertises nothing that is not served: each value is used here (RFC 8414 §2, OIDC Discovery §3)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from joserfc import jwe
from joserfc.jwk import ECKey, RSAKey
from werkzeug.test import TestResponse

from idp import jose, methods, random_values
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import portal_identifiers
from idp.provider import Provider
from tests.support import every_method as every_method_of
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.every_method import Shown
from tests.support.possession import Certificate, Prover
from tests.support.tokens import TokenClient, good
from tests.support.web_server import serving
from tests.support.worker import deliver
from tests.support.world import API, GRANT, World

pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # the client's library prefers the newer name

INITIAL = "the-initial-access-token-of-the-test"
BACK = "https://basic.example.ch/"
ENCRYPTION_KEYS: dict[str, RSAKey | ECKey] = {
    "RSA": RSAKey.generate_key(2048, {"kid": "rsa-enc", "use": "enc"}),
    "EC": ECKey.generate_key("P-256", {"kid": "ec-enc", "use": "enc"}),
}


@pytest.fixture
def overrides() -> dict[str, Any]:
    """Everything that can be switched on."""
    return {
        "registration": {"like": "asks-consent", "initial_access_tokens": [random_values.fingerprint(INITIAL)]},
        "server": {
            "trusted_proxies": ("127.0.0.1",),
            "client_certificate_header": "X-Client-Certificate",
            "client_verified_header": "X-Client-Verified",
            "mtls_address": "http://mtls.localhost",
        },
    }


@pytest.fixture
def world(app: Flask, provider: Provider, clock: MovableClock, person: str) -> World:
    return World(app, provider, clock, person)


Exercise = Callable[[World, Any], None]


# Authorization


def accepted(parameter: str) -> Exercise:
    def every_value(world: World, values: list[str]) -> None:
        assert all(world.authorize(**{parameter: value}).code for value in values)

    return every_value


def code_challenge_methods(world: World, values: list[str]) -> None:
    for value in values:
        world.party.redeem(world.authorize(code_challenge_method=value))


def prompts(world: World, values: list[str]) -> None:
    pages = {"login": "reauthentication", "consent": "consent", "select_account": "login", "create": "registration"}
    assert world.authorize(prompt="none").code
    assert {"none", *pages} == set(values)
    for value, page in pages.items():
        assert world.authorize(prompt=value).response.request.path == f"/{page}"


def acr_values(world: World, values: list[str]) -> None:
    second = {"password": [], "two-step": [methods.EMAIL], "mfa": [methods.SMS], "phr": [methods.PASSKEY]}
    for value in values:
        world.sign_in(methods.PASSWORD, *second[value])
        answer = world.authorize(prompt="none", acr_values=value)
        assert world.party.redeem(answer)["claims"]["acr"] == value


def ui_locales(world: World, values: list[str]) -> None:
    for value in values:
        page = world.party.authorize(world.app.test_client(), ui_locales=value).response
        assert f'<html lang="{value}"' in page.text


def request_objects(world: World, values: list[str]) -> None:
    for value in values:
        key = jose.generate(value, "k")
        bend(world.provider, "basic", jwks={"keys": [key.as_dict(private=False)]})
        signed = world.party.request_object(key, world.clock.now().timestamp(), state="inside")
        assert world.authorize(request=signed).parameters["state"] == "inside"


def by_value(world: World, value: bool) -> None:
    assert value
    request_objects(world, ["ES256"])


def by_reference(world: World, value: bool) -> None:
    """Only a registered address is read."""
    assert value
    key = jose.generate("ES256", "k")
    with serving() as portal:
        portal.body = world.party.request_object(key, world.clock.now().timestamp()).encode()
        known = {"jwks": {"keys": [key.as_dict(private=False)]}, "request_uris": (f"{portal.url}/request",)}
        bend(world.provider, "basic", allow_private_addresses=True, **known)
        assert world.authorize(request_uri=f"{portal.url}/request").code
        assert world.authorize(request_uri=f"{portal.url}/other").error == "invalid_request_uri"


def pushing_is_free(world: World, value: bool) -> None:
    assert value is False
    assert world.authorize().code


def issuer_in_answers(world: World, value: bool) -> None:
    assert value
    assert world.authorize().parameters["iss"] == world.metadata["issuer"]


def claims_parameter(world: World, value: bool) -> None:
    assert value
    answer = world.authorize(claims=json.dumps({"id_token": {"given_name": None}}))
    assert world.party.redeem(answer)["claims"]["given_name"] == "Anna"


# Tokens and claims


def grants(world: World, values: list[str]) -> None:
    bend(world.provider, "exchange", audiences=(API, "basic"))
    tokens = world.basic.tokens(world.person)
    served: dict[str, Callable[[], TestResponse]] = {
        "authorization_code": lambda: world.basic.redeem(world.basic.code(world.person)),
        "refresh_token": lambda: world.basic.refresh(tokens["refresh_token"]),
        "client_credentials": lambda: TokenClient(world.app, "machine").post("/token", grant_type="client_credentials"),
        f"{GRANT}device_code": lambda: world.let_a_device_in(),
        f"{GRANT}token-exchange": lambda: world.exchange(tokens["access_token"]),
    }
    assert served.keys() == set(values)
    assert all(good(ask())["access_token"] for ask in served.values())


def scopes(world: World, values: list[str]) -> None:
    for value in values:
        asked = " ".join({"openid", value})
        assert value in world.basic.tokens(world.person, scope=asked)["scope"].split()


def claims(world: World, values: list[str]) -> None:
    with world.provider.database.transaction() as tx:
        tx.connection.exec_driver_sql("UPDATE people SET birth_date = '1980-05-01'")
        company = organisation.register(tx, fund="AK00", number="1", name="Muster AG")
        memberships.join(tx, company.id, world.person, Rights(topics=("wages",)))
        portal_identifiers.attach(tx, world.person, portal="basic", kind="legacy", value="CVCI00012345")
    answer = world.authorize(scope=" ".join(world.metadata["scopes_supported"]))
    tokens = world.party.redeem(answer)
    known = good(world.basic.userinfo(tokens["access_token"]))
    assert set(values) <= {name for name, value in {**tokens["claims"], **known}.items() if value}


def claim_types(world: World, values: list[str]) -> None:
    """Plain values; no other provider is named as the source of any."""
    assert values == ["normal"]
    told = good(world.basic.userinfo(world.basic.tokens(world.person, scope="openid profile")["access_token"]))
    assert not {"_claim_names", "_claim_sources"} & told.keys()


def subject_types(world: World, values: list[str]) -> None:
    for value in values:
        bend(world.provider, "basic", subject_type=value)
        told = world.basic.verified(world.basic.tokens(world.person)["id_token"])["sub"]
        assert (told == world.person) is (value == "public")


def signed(kind: str) -> Exercise:
    def every_algorithm(world: World, values: list[str]) -> None:
        for value in values:
            bend(world.provider, "basic", **{f"{kind}_signed_response_alg": value})
            token = world.basic.decoded(world.answer(kind))
            assert token.header["alg"] == value

    return every_algorithm


def encrypted(kind: str, part: str) -> Exercise:
    def every_algorithm(world: World, values: list[str]) -> None:
        jwks = {"keys": [key.as_dict(private=False) for key in ENCRYPTION_KEYS.values()]}
        for value in values:
            way = {"alg": "RSA-OAEP-256", "enc": "A128GCM", part: value}
            asked = {f"{kind}_encrypted_response_{name}": chosen for name, chosen in way.items()}
            bend(world.provider, "basic", jwks=jwks, **asked)
            key = ENCRYPTION_KEYS["RSA" if way["alg"].startswith("RSA") else "EC"]
            opened = jwe.decrypt_compact(world.answer(kind), key, algorithms=[way["alg"], way["enc"]])
            assert opened.plaintext
            assert opened.headers()[part] == value

    return every_algorithm


# Who asks, and what they hold


def authenticated(endpoint: str) -> Exercise:
    def every_method(world: World, values: list[str]) -> None:
        for value in values:
            assert_authenticates(world, endpoint, every_method_of.shown(world.provider, world.clock, value))

    return every_method


def assertions(endpoint: str) -> Exercise:
    def every_algorithm(world: World, values: list[str]) -> None:
        for value in values:
            assert_authenticates(world, endpoint, every_method_of.by_assertion(world.provider, world.clock, value))

    return every_algorithm


def assert_authenticates(world: World, endpoint: str, shown: Shown) -> None:
    """Whoever gets as far as having an invented token looked at was let in."""
    bend(world.provider, shown.client_id, grant_types=("refresh_token",))
    asked = {"grant_type": "refresh_token", "refresh_token": "x", "token": "x", "client_id": shown.client_id}
    response = world.post(endpoint, {**asked, **shown.form}, shown.headers)
    if endpoint == "token_endpoint":
        assert response.get_json()["error"] == "invalid_grant", response.text
    else:
        assert response.status_code == 200, response.text


def proofs_of_possession(world: World, values: list[str]) -> None:
    for value in values:
        prover = Prover(world.clock, value)
        tokens = good(world.basic.redeem(world.basic.code(world.person), headers=prover.header()))
        assert world.basic.verified(tokens["access_token"])["cnf"] == {"jkt": prover.jkt}


def bound_to_certificates(world: World, value: bool) -> None:
    assert value
    certificate = Certificate("basic", world.clock.now())
    bend(world.provider, "basic", tls_client_certificate_bound_access_tokens=True)
    tokens = good(world.basic.redeem(world.basic.code(world.person), headers=certificate.headers()))
    assert world.basic.verified(tokens["access_token"])["cnf"] == {"x5t#S256": certificate.thumbprint}


def aliases(world: World, value: dict[str, str]) -> None:
    """The same path at the host that asks for certificates."""
    shown = every_method_of.shown(world.provider, world.clock, "tls_client_auth")
    for name, address in value.items():
        path = world.metadata[name].removeprefix("http://localhost")
        assert address == f"http://mtls.localhost{path}"
        answer = world.app.test_client().post(address, data={"client_id": shown.client_id}, headers=shown.headers)
        assert answer.get_json()["error"] not in {"invalid_client", "not_found"}


# Logout


def told_behind(world: World, value: bool) -> None:
    assert value
    tokens = world.party.redeem(world.authorize())
    with serving() as portal:
        bend(world.provider, "basic", backchannel_logout_uri=f"{portal.url}/out", allow_private_addresses=True)
        world.party.log_out(world.browser, id_token_hint=tokens["id_token"])
        deliver(world.app)
    (seen,) = portal.requests
    assert world.party.verified(seen.form["logout_token"])["sid"] == tokens["claims"]["sid"]


def told_in_front(world: World, value: bool) -> None:
    assert value
    bend(world.provider, "basic", frontchannel_logout_uri=f"{BACK}out")
    tokens = world.party.redeem(world.authorize())
    page = world.party.log_out(world.browser, id_token_hint=tokens["id_token"])
    assert f"sid={tokens['claims']['sid']}" in page.text


# Addresses


def issuer(world: World, value: str) -> None:
    assert world.basic.verified(world.basic.tokens(world.person)["id_token"])["iss"] == value


def page(path: str) -> Exercise:
    def it_is_there(world: World, value: str) -> None:
        assert value == f"http://localhost{path}"
        assert world.browser.get(value).status_code == 200

    return it_is_there


def authorizing(world: World, _: str) -> None:
    assert world.authorize().code


def pushing(world: World, _: str) -> None:
    assert world.party.authorize_pushed(world.browser).code


def waiting_for_a_device(world: World, _: str) -> None:
    assert good(world.let_a_device_in())["access_token"]


def issuing(world: World, _: str) -> None:
    assert world.party.redeem(world.authorize())["access_token"]


def telling(world: World, value: str) -> None:
    token = world.basic.tokens(world.person)["access_token"]
    assert good(world.browser.get(value, headers={"Authorization": f"Bearer {token}"}))["sub"] == world.person


def looking(world: World, _: str) -> None:
    token = world.basic.tokens(world.person)["access_token"]
    headers = world.basic.credentials()[0]
    assert good(world.post("introspection_endpoint", {"token": token}, headers))["active"]


def giving_back(world: World, _: str) -> None:
    token = world.basic.tokens(world.person)["access_token"]
    assert world.post("revocation_endpoint", {"token": token}, world.basic.credentials()[0]).status_code == 200
    assert world.basic.userinfo(token).status_code == 401


def registering(world: World, value: str) -> None:
    headers = {"Authorization": f"Bearer {INITIAL}"}
    answer = world.browser.post(value, json={"redirect_uris": ["https://new.example.org/callback"]}, headers=headers)
    assert answer.status_code == 201


def own_pages(world: World, value: str) -> None:
    world.sign_in(methods.PASSWORD)
    assert world.browser.get(f"{value}?portal=basic").status_code == 200


def ways_into_own_pages(world: World, actions: list[str]) -> None:
    world.sign_in(methods.PASSWORD)
    address = f"{world.metadata['account_management_uri']}?portal=basic&action="
    assert {world.browser.get(address + action, follow_redirects=True).status_code for action in actions} == {200}


KINDS = ("authorization", "id_token", "userinfo", "introspection")
AUTHENTICATED = ("token_endpoint", "revocation_endpoint", "introspection_endpoint")

EXERCISES: dict[str, Exercise] = {
    "account_management_uri": own_pages,
    "account_management_actions_supported": ways_into_own_pages,
    "issuer": issuer,
    "authorization_endpoint": authorizing,
    "pushed_authorization_request_endpoint": pushing,
    "device_authorization_endpoint": waiting_for_a_device,
    "token_endpoint": issuing,
    "userinfo_endpoint": telling,
    "introspection_endpoint": looking,
    "revocation_endpoint": giving_back,
    "end_session_endpoint": page("/end-session"),
    "jwks_uri": page("/jwks.json"),
    "registration_endpoint": registering,
    "response_types_supported": accepted("response_type"),
    "response_modes_supported": accepted("response_mode"),
    "code_challenge_methods_supported": code_challenge_methods,
    "prompt_values_supported": prompts,
    "acr_values_supported": acr_values,
    "ui_locales_supported": ui_locales,
    "display_values_supported": accepted("display"),
    "claims_parameter_supported": claims_parameter,
    "request_parameter_supported": by_value,
    "request_uri_parameter_supported": by_reference,
    "require_request_uri_registration": by_reference,
    "request_object_signing_alg_values_supported": request_objects,
    "require_pushed_authorization_requests": pushing_is_free,
    "authorization_response_iss_parameter_supported": issuer_in_answers,
    "grant_types_supported": grants,
    "scopes_supported": scopes,
    "claims_supported": claims,
    "claim_types_supported": claim_types,
    "subject_types_supported": subject_types,
    "dpop_signing_alg_values_supported": proofs_of_possession,
    "tls_client_certificate_bound_access_tokens": bound_to_certificates,
    "mtls_endpoint_aliases": aliases,
    "backchannel_logout_supported": told_behind,
    "backchannel_logout_session_supported": told_behind,
    "frontchannel_logout_supported": told_in_front,
    "frontchannel_logout_session_supported": told_in_front,
    **{f"{kind}_signing_alg_values_supported": signed(kind) for kind in KINDS},
    **{
        f"{kind}_encryption_{part}_values_supported": encrypted(kind, part) for kind in KINDS for part in ("alg", "enc")
    },
    **{f"{name}_auth_methods_supported": authenticated(name) for name in AUTHENTICATED},
    **{f"{name}_auth_signing_alg_values_supported": assertions(name) for name in AUTHENTICATED},
}


def test_every_member_has_an_exercise(world: World) -> None:
    assert world.metadata.keys() == EXERCISES.keys()


@pytest.mark.parametrize("member", EXERCISES)
def test_what_is_advertised_is_served(world: World, member: str) -> None:
    EXERCISES[member](world, world.metadata[member])
