"""Basic OP and Form Post OP: the same modules, once with the answer in the address, once posted by a page."""

import time
from pathlib import Path

import pytest

from tests.e2e.conformance.conftest import PERSON
from tests.support.relying_party import ABSENT, VERIFIER, challenge_of
from tests.support.suite import PATIENCE, REFRESHING, Suite, header, refused, unsigned
from tests.support.web_server import Served

SCOPES = {
    "profile": {
        "name", "given_name", "family_name", "middle_name", "nickname", "profile", "picture", "website", "gender",
        "birthdate", "zoneinfo", "locale", "updated_at", "preferred_username",
    },
    "email": {"email", "email_verified"},
    "phone": {"phone_number", "phone_number_verified"},
    "address": {"address"},
}  # fmt: skip
ALL = " ".join(["openid", *SCOPES])
TYPES = {"email_verified": bool, "phone_number_verified": bool, "updated_at": int, "address": dict}
NEEDS_A_PAGE = {"login_required", "interaction_required", "consent_required", "account_selection_required"}


@pytest.fixture(params=["", "form_post"], ids=["basic", "form-post"])
def suite(request: pytest.FixtureRequest, issuer: str, folder: Path, own_host: Served) -> Suite:
    own_host.requests.clear()
    person = {"identifier": PERSON["email"], "password": PERSON["password"]}
    return Suite(issuer, folder / "authority.pem", own_host, person, request.param)


def test_a_person_signs_in_and_the_client_learns_who(suite: Suite) -> None:
    """oidcc-server, oidcc-idtoken-signature, form-post/oidcc-server, form-post/oidcc-idtoken-signature"""
    with suite.registered():
        tokens = suite.redeem(suite.authorize()["code"])
        person = suite.userinfo(tokens["access_token"])

        assert [page.path.split("/")[1] for page in suite.pages] == ["login", "consent"]
        assert header(tokens["id_token"])["alg"] == "RS256"
        assert person == {"sub": tokens["claims"]["sub"]}


def test_a_missing_response_type_is_told_to_the_client(suite: Suite) -> None:
    """oidcc-response-type-missing, form-post/oidcc-response-type-missing"""
    with suite.registered():
        assert suite.authorize(response_type=ABSENT)["error"] == "invalid_request"


def test_user_info_is_told_to_get_and_to_post_by_header_and_by_body(suite: Suite) -> None:
    """oidcc-userinfo-get, oidcc-userinfo-post-header, oidcc-userinfo-post-body,
    form-post/oidcc-userinfo-get, form-post/oidcc-userinfo-post-header, form-post/oidcc-userinfo-post-body"""
    with suite.registered():
        tokens = suite.redeem(suite.authorize()["code"])
        token = tokens["access_token"]
        answers = [
            suite.ask_userinfo(token),
            suite.ask_userinfo(token, "POST"),
            suite.server.post(suite.metadata["userinfo_endpoint"], {"access_token": token}, timeout=PATIENCE),
        ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.json()["sub"] for answer in answers] == [tokens["claims"]["sub"]] * 3


def test_each_scope_tells_all_its_claims_and_no_others(suite: Suite) -> None:
    """oidcc-scope-profile, oidcc-scope-email, oidcc-scope-address, oidcc-scope-phone, oidcc-scope-all,
    form-post/oidcc-scope-profile, form-post/oidcc-scope-email, form-post/oidcc-scope-address,
    form-post/oidcc-scope-phone, form-post/oidcc-scope-all"""
    with suite.registered():
        told = {
            scope: suite.userinfo(suite.redeem(suite.authorize(scope=f"openid {scope}")["code"])["access_token"])
            for scope in SCOPES
        }
        everything = suite.userinfo(suite.redeem(suite.authorize(scope=ALL)["code"])["access_token"])

    assert {scope: claims.keys() - {"sub"} for scope, claims in told.items()} == SCOPES
    assert everything.keys() == {"sub"}.union(*SCOPES.values())
    assert all(type(value) is TYPES.get(name, str) for name, value in everything.items())
    assert all(type(value) is str for value in everything["address"].values())
    assert everything["birthdate"] == "1980-02-29"
    assert everything["updated_at"] < time.time()


def test_the_order_of_scopes_and_parameters_does_not_matter(suite: Suite) -> None:
    """oidcc-alternate-happy-flow, form-post/oidcc-alternate-happy-flow"""
    with suite.registered():
        turned = dict(reversed(suite.request(scope="email openid").items()))
        answer = suite.browser.get(suite.metadata["authorization_endpoint"], params=turned, timeout=PATIENCE)
        person = suite.userinfo(suite.redeem(suite.follow(answer)["code"])["access_token"])

    assert person["email"] == PERSON["email"]


def test_what_is_optional_or_unknown_does_no_harm(suite: Suite) -> None:
    """oidcc-display-page, oidcc-display-popup, oidcc-ensure-request-with-unknown-parameter-succeeds, oidcc-login-hint,
    oidcc-ui-locales, oidcc-claims-locales, form-post/oidcc-display-page, form-post/oidcc-display-popup,
    form-post/oidcc-ensure-request-with-unknown-parameter-succeeds, form-post/oidcc-login-hint,
    form-post/oidcc-ui-locales, form-post/oidcc-claims-locales"""
    harmless = [
        {"display": "page"},
        {"display": "popup"},
        {"extra": "foobar"},
        {"login_hint": "bob@localhost"},
        {"ui_locales": "se"},
        {"claims_locales": "se"},
    ]

    with suite.registered():
        for parameters in harmless:
            suite.browser.cookies.clear()
            assert suite.redeem(suite.authorize(**parameters)["code"])["access_token"]


def test_without_a_nonce_the_id_token_has_none(suite: Suite) -> None:
    """oidcc-ensure-request-without-nonce-succeeds-for-code-flow,
    form-post/oidcc-ensure-request-without-nonce-succeeds-for-code-flow"""
    with suite.registered():
        assert "nonce" not in suite.redeem(suite.authorize(nonce=ABSENT)["code"], nonce="")["claims"]


def test_pkce_is_served(suite: Suite) -> None:
    """oidcc-ensure-request-with-valid-pkce-succeeds, form-post/oidcc-ensure-request-with-valid-pkce-succeeds"""
    challenge = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}

    with suite.registered():
        code = suite.authorize(**challenge)["code"]

        assert suite.redeem(code, code_verifier=VERIFIER)["access_token"]


def test_a_sign_in_can_be_forced(suite: Suite) -> None:
    """oidcc-prompt-login, form-post/oidcc-prompt-login"""
    with suite.registered():
        first = suite.redeem(suite.authorize()["code"])["claims"]
        time.sleep(1)
        second = suite.redeem(suite.authorize(prompt="login")["code"])["claims"]

    assert [page.by_id("password") is not None for page in suite.pages] == [True]
    assert second["auth_time"] > first["auth_time"]


def test_a_sign_in_older_than_max_age_is_repeated(suite: Suite) -> None:
    """oidcc-max-age-1, form-post/oidcc-max-age-1"""
    with suite.registered():
        first = suite.redeem(suite.authorize()["code"])["claims"]
        time.sleep(2)
        second = suite.redeem(suite.authorize(max_age="1")["code"])["claims"]

    assert [page.by_id("password") is not None for page in suite.pages] == [True]
    assert second["auth_time"] > first["auth_time"]
    assert second["auth_time"] > time.time() - 60


def test_a_person_who_is_signed_in_sees_no_page(suite: Suite) -> None:
    """oidcc-prompt-none-logged-in, oidcc-id-token-hint, oidcc-max-age-10000,
    form-post/oidcc-prompt-none-logged-in, form-post/oidcc-id-token-hint, form-post/oidcc-max-age-10000"""
    with suite.registered():
        first = suite.redeem(suite.authorize(max_age="15000")["code"])
        silent = [
            {"prompt": "none"},
            {"prompt": "none", "id_token_hint": first["id_token"]},
            {"max_age": "10000"},
        ]
        for parameters in silent:
            again = suite.redeem(suite.authorize(**parameters)["code"])["claims"]

            assert suite.pages == []
            assert (again["sub"], again["auth_time"]) == (first["claims"]["sub"], first["claims"]["auth_time"])


def test_nobody_signed_in_is_told_without_a_page(suite: Suite) -> None:
    """oidcc-prompt-none-not-logged-in, form-post/oidcc-prompt-none-not-logged-in"""
    with suite.registered():
        told = suite.authorize(prompt="none")

    assert told["error"] in NEEDS_A_PAGE
    assert suite.pages == []


def test_one_of_the_acr_values_asked_for_is_reached(suite: Suite) -> None:
    """oidcc-ensure-request-with-acr-values-succeeds, form-post/oidcc-ensure-request-with-acr-values-succeeds"""
    values = suite.metadata["acr_values_supported"]

    with suite.registered():
        claims = suite.redeem(suite.authorize(acr_values=" ".join(values))["code"])["claims"]

    assert claims["acr"] in values
    assert [page.path.split("/")[1] for page in suite.pages] == ["login", "consent"]  # no second step in the way


def test_a_code_works_once_and_its_second_use_ends_what_it_gave(suite: Suite) -> None:
    """oidcc-codereuse, oidcc-codereuse-30seconds, form-post/oidcc-codereuse, form-post/oidcc-codereuse-30seconds:
    half a minute changes nothing, a code stays used"""
    with suite.registered():
        code = suite.authorize()["code"]
        tokens = suite.redeem(code)
        again = suite.token(grant_type="authorization_code", code=code, redirect_uri=suite.callback)

        refused(again, "invalid_grant")
        assert suite.ask_userinfo(tokens["access_token"]).status_code == 401


def test_nobody_is_sent_to_an_unregistered_address(suite: Suite) -> None:
    """oidcc-ensure-registered-redirect-uri, form-post/oidcc-ensure-registered-redirect-uri"""
    with suite.registered():
        shown = suite.shows_an_error(suite.visit(redirect_uri=f"{suite.callback}/u3PLbp5JTk"))

    assert shown.heading == "This sign-in request is not valid"
    assert "redirect_uri is not registered for this client" in shown.text


def test_a_request_may_come_by_post(suite: Suite) -> None:
    """oidcc-ensure-post-request-succeeds, form-post/oidcc-ensure-post-request-succeeds"""
    with suite.registered():
        assert suite.redeem(suite.follow(suite.post())["code"])["access_token"]


def test_a_client_may_send_its_secret_in_the_body(suite: Suite) -> None:
    """oidcc-server-client-secret-post, form-post/oidcc-server-client-secret-post"""
    suite.method = "client_secret_post"

    with suite.registered():
        assert suite.redeem(suite.authorize()["code"])["access_token"]


def test_an_unsigned_request_object_is_told_not_to_be_supported(suite: Suite) -> None:
    """oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported,
    form-post/oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported"""
    with suite.registered():
        told = suite.authorize(request=unsigned(suite.request()))

    assert told["error"] == "request_not_supported"
    assert suite.pages == []


def test_an_address_outside_an_unsigned_request_object_leads_nowhere(suite: Suite) -> None:
    """oidcc-ensure-request-object-with-redirect-uri, form-post/oidcc-ensure-request-object-with-redirect-uri"""
    with suite.registered():
        inside = unsigned(suite.request())

        suite.shows_an_error(suite.visit(request=inside, redirect_uri=f"{suite.callback}/u3PLbp5JTk"))


def test_a_claim_can_be_asked_for_by_name(suite: Suite) -> None:
    """oidcc-claims-essential, form-post/oidcc-claims-essential"""
    with suite.registered():
        answer = suite.authorize(claims='{"userinfo":{"name":{"essential":true}}}')
        person = suite.userinfo(suite.redeem(answer["code"])["access_token"])

    assert person["name"] == "Vera Muster"


def test_a_refresh_token_gives_new_tokens_to_its_own_client(suite: Suite) -> None:
    """oidcc-refresh-token, form-post/oidcc-refresh-token"""
    asked = {"scope": "openid offline_access", "prompt": "consent"}

    with suite.registered(grant_types=REFRESHING):
        first = suite.redeem(suite.authorize(**asked)["code"])
        time.sleep(1)
        second = suite.tokens_of(suite.refresh(first["refresh_token"], scope=asked["scope"]))
        owner = suite.client
        with suite.registered(grant_types=REFRESHING):
            refused(suite.refresh(second["refresh_token"]), "invalid_grant")
            theirs = suite.redeem(suite.authorize(**asked)["code"])
            other, suite.client = suite.client, owner
            refused(suite.refresh(theirs["refresh_token"]), "invalid_grant")
            suite.client = other
        suite.client = owner
        alive = suite.ask_userinfo(second["access_token"]).status_code

    assert alive == 200
    assert second["access_token"] != first["access_token"]
    assert len(second["refresh_token"]) >= 22
    assert second["claims"]["iat"] > first["claims"]["iat"]
    kept = ("iss", "sub", "aud", "auth_time")
    assert [second["claims"][name] for name in kept] == [first["claims"][name] for name in kept]
