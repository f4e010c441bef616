"""Dynamic OP, and 3rd-party-initiated login: clients that register themselves and authenticate by private_key_jwt."""

import time
from typing import Any

import pytest

from tests.e2e.conformance.conftest import PAGE, Command
from tests.e2e.reading import page
from tests.support.relying_party import ABSENT
from tests.support.suite import PATIENCE, REFRESHING, Suite, header, key, key_set, media_type, refused, unsigned

REQUEST_URI = "requesturi/" + "x" * 64
OFFLINE = {"scope": "openid offline_access", "prompt": "consent"}


@pytest.fixture
def suite(suite: Suite) -> Suite:
    suite.method = "private_key_jwt"
    return suite


def refused_registration(suite: Suite, error: str, **metadata: Any) -> None:
    """OIDC Registration §3.3."""
    refused(suite.register(**metadata), error)


# ID tokens, user info, client authentication


def test_a_client_that_registers_itself_signs_people_in(suite: Suite) -> None:
    """dynamic/oidcc-server, oidcc-idtoken-rs256"""
    with suite.registered(id_token_signed_response_alg="RS256"):
        tokens = suite.redeem(suite.authorize()["code"])

        assert header(tokens["id_token"])["alg"] == "RS256"
        assert suite.userinfo(tokens["access_token"]) == {"sub": tokens["claims"]["sub"]}


def test_user_info_is_signed_where_that_is_registered(suite: Suite) -> None:
    """oidcc-userinfo-rs256"""
    with suite.registered(userinfo_signed_response_alg="RS256"):
        tokens = suite.redeem(suite.authorize()["code"])
        answer = suite.ask_userinfo(tokens["access_token"])

        assert answer.status_code == 200
        assert media_type(answer) == "application/jwt"
        assert header(answer.text)["alg"] == "RS256"
        claims = suite.verified(answer.text)
        assert claims["sub"] == tokens["claims"]["sub"]
        assert "nonce" not in claims


def test_an_assertion_may_name_the_issuer(suite: Suite) -> None:
    """oidcc-ensure-client-assertion-with-iss-aud-succeeds"""
    form = {"grant_type": "authorization_code", "redirect_uri": suite.callback}

    with suite.registered():
        answer = suite.token(audience=suite.issuer, code=suite.authorize()["code"], **form)

        assert suite.tokens_of(answer, "n-" + "s" * 128)["access_token"]


def test_a_refresh_token_gives_new_tokens_to_its_own_client(suite: Suite) -> None:
    """dynamic/oidcc-refresh-token"""
    with suite.registered(grant_types=REFRESHING):
        first = suite.redeem(suite.authorize(**OFFLINE)["code"])
        time.sleep(1)
        second = suite.tokens_of(suite.refresh(first["refresh_token"]))
        owner = suite.client
        with suite.registered(grant_types=REFRESHING):
            refused(suite.refresh(second["refresh_token"]), "invalid_grant")
        suite.client = owner

    assert second["claims"]["iat"] > first["claims"]["iat"]
    assert second["claims"]["auth_time"] == first["claims"]["auth_time"]


# Redirect addresses


def test_a_redirect_address_must_be_sent_even_where_one_is_registered(suite: Suite) -> None:
    """oidcc-ensure-redirect-uri-in-authorization-request"""
    with suite.registered():
        shown = suite.shows_an_error(suite.visit(redirect_uri=ABSENT))

    assert shown.heading == "This sign-in request is not valid"
    assert "redirect_uri must be sent once" in shown.text


def test_a_registered_query_stays_and_no_other_is_accepted(suite: Suite) -> None:
    """oidcc-redirect-uri-query-OK, oidcc-redirect-uri-query-mismatch"""
    address = f"{suite.callback}?bar=foo"

    with suite.registered(redirect_uris=[address]):
        suite.shows_an_error(suite.visit(redirect_uri=f"{suite.callback}?foo=bar"))
        suite.shows_an_error(suite.visit(redirect_uri=suite.callback))
        tokens = suite.redeem(suite.authorize(redirect_uri=address)["code"], redirect_uri=address)

    assert tokens["access_token"]


def test_a_query_cannot_be_added(suite: Suite) -> None:
    """oidcc-redirect-uri-query-added"""
    with suite.registered():
        suite.shows_an_error(suite.visit(redirect_uri=f"{suite.callback}?foo=bar"))


def test_a_redirect_address_has_no_fragment(suite: Suite) -> None:
    """oidcc-redirect-uri-regfrag"""
    refused_registration(suite, "invalid_redirect_uri", redirect_uris=[f"{suite.callback}#foobar"])


# What a client says about itself


def test_people_see_who_asks_them_to_sign_in(suite: Suite) -> None:
    """oidcc-registration-logo-uri, oidcc-registration-policy-uri, oidcc-registration-tos-uri"""
    addresses = {name: suite.address(name) for name in ("logo_uri", "policy_uri", "tos_uri")}

    with suite.registered(**addresses):
        shown = page(suite.visit())

    assert shown.by_id("sign-in")
    assert addresses["logo_uri"] in {image.get("src") for image in shown.all("img")}
    assert {addresses["policy_uri"], addresses["tos_uri"]} <= {link.get("href") for link in shown.all("a")}


def test_a_client_reads_what_it_registered(suite: Suite) -> None:
    """oidcc-3rd_party-init-login"""
    address = suite.address("initiate_login")
    suite.method = "client_secret_basic"

    with suite.registered(initiate_login_uri=address):
        answer = suite.server.get(suite.client["registration_client_uri"], headers=suite.manager, timeout=PATIENCE)

        assert suite.client["initiate_login_uri"] == address
    assert answer.status_code == 200
    assert media_type(answer) == "application/json"
    assert answer.json()["initiate_login_uri"] == address


def test_a_login_address_is_https(suite: Suite) -> None:
    """oidcc-3rd_party-init-login-nohttps"""
    address = suite.address("initiate_login").replace("https://", "http://")
    suite.method = "client_secret_basic"

    refused_registration(suite, "invalid_client_metadata", initiate_login_uri=address)


# Keys and documents at the client's own address


def test_keys_are_read_at_the_clients_address(suite: Suite) -> None:
    """oidcc-registration-jwks-uri"""
    suite.signing_key = key("first")
    address = suite.serve("jwks", key_set(suite.signing_key))

    with suite.registered(jwks=ABSENT, jwks_uri=address):
        assert suite.redeem(suite.authorize()["code"])["access_token"]


def test_a_client_changes_its_keys_without_telling(suite: Suite) -> None:
    """oidcc-refresh-token-rp-key-rotation: the suite waits a minute, ten seconds are enough"""
    suite.signing_key = key("first")
    address = suite.serve("jwks", key_set(suite.signing_key))

    with suite.registered(jwks=ABSENT, jwks_uri=address, grant_types=REFRESHING):
        first = suite.redeem(suite.authorize(**OFFLINE)["code"])
        suite.signing_key = key("second")
        suite.serve("jwks", key_set(suite.signing_key))
        until = time.monotonic() + 20
        while (answer := suite.refresh(first["refresh_token"])).status_code == 401 and time.monotonic() < until:
            time.sleep(1)
        second = suite.tokens_of(answer)

        assert suite.userinfo(second["access_token"])["sub"] == first["claims"]["sub"]


def test_a_sector_must_list_the_redirect_address(suite: Suite) -> None:
    """oidcc-registration-sector-uri, oidcc-registration-sector-bad"""
    document = suite.serve("redirect_uris.json", [suite.callback])
    sector = {"subject_type": "pairwise", "sector_identifier_uri": document}

    with suite.registered(**sector):
        assert suite.redeem(suite.authorize()["code"])["claims"]["sub"]
    suite.serve("redirect_uris.json", [f"{suite.callback}/other"])
    refused_registration(suite, "invalid_client_metadata", **sector)


def test_a_signed_request_is_read_at_the_clients_address(suite: Suite) -> None:
    """oidcc-request-uri-signed-rs256"""
    address = suite.address(REQUEST_URI)
    outside = {"nonce": ABSENT, "state": ABSENT, "request_uri": address}

    with suite.registered(request_uris=[address], request_object_signing_alg="RS256"):
        inside = {**suite.request(), "aud": suite.issuer, "iss": suite.client["client_id"]}
        suite.serve(REQUEST_URI, suite.signed(inside))

        assert suite.redeem(suite.authorize(**outside)["code"])["access_token"]


def test_the_redirect_address_inside_a_request_object_is_used(suite: Suite) -> None:
    """dynamic/oidcc-ensure-request-object-with-redirect-uri: unsigned it leads to an error page, signed it is used"""
    wrong = {"redirect_uri": f"{suite.callback}/u3PLbp5JTk"}

    with suite.registered():
        inside = {**suite.request(), "aud": suite.issuer, "iss": suite.client["client_id"]}
        suite.shows_an_error(suite.visit(request=unsigned(inside), **wrong))

        assert suite.redeem(suite.authorize(request=suite.signed(inside), **wrong)["code"])["access_token"]


# The provider's own keys


def test_a_rotated_key_is_new_and_the_old_one_stays(suite: Suite, idp: Command) -> None:
    """oidcc-server-rotate-keys, by the command of docs/conformance.md: the suite compares RSA and EC keys, and takes a
    new Ed25519 key for a fault"""
    command = ["keys", "rotate", "--algorithm", "RS256", "--now"]
    before = {entry["kid"]: entry for entry in suite.keys()["keys"]}

    rotated = idp(*command)
    until = time.monotonic() + 20
    while (after := {entry["kid"]: entry for entry in suite.keys()["keys"]}).keys() == before.keys():
        assert time.monotonic() < until, rotated.stderr
        time.sleep(0.2)
    new = [entry for kid, entry in after.items() if kid not in before]

    assert f"idp {' '.join(command)}`" in PAGE
    assert before.items() <= after.items()
    assert [entry["kty"] for entry in new] == ["RSA"]
    assert new[0]["n"] not in {entry.get("n") for entry in before.values()}
    with suite.registered():
        assert header(suite.redeem(suite.authorize()["code"])["id_token"])["kid"] in after
