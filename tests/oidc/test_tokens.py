"""What is in the tokens: RFC 9068 access tokens, opaque ones, and ID tokens with nothing that was not asked for."""

import hashlib
from base64 import urlsafe_b64encode

import pytest
from flask import Flask

from idp import methods
from idp.database import Database
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.tokens import TokenClient, start_session

PROTOCOL_CLAIMS = {"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"}


def act_for(
    provider: Provider, person_id: str, company: str, *, topics: tuple[str, ...], administrator: bool = False
) -> str:
    """The id of a company that the person acts for from now on."""
    with provider.database.transaction() as tx:
        made = organisation.register(tx, fund="AK00", number=company, name=company)
        memberships.join(tx, made.id, person_id, Rights(is_administrator=administrator, topics=topics))
        return made.id


def test_an_id_token_says_who_when_and_how_and_nothing_else(
    basic: TokenClient, person: str, clock: MovableClock
) -> None:
    """OIDC Core §2: the claims of an ID token; §5.4: scopes are answered at userinfo;
    oidcc-server: no unrequested personal claims in the ID token; fault of the library survey: all claims were."""
    tokens = basic.tokens(person, scope="openid profile email phone address")

    claims = basic.verified(tokens["id_token"])
    now = int(clock.now().timestamp())
    assert set(claims) == PROTOCOL_CLAIMS
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("http://localhost", person, "basic")
    assert (claims["iat"], claims["exp"], claims["auth_time"]) == (now, now + 300, now)
    assert claims["nonce"] == "nonce-1"


def test_a_sign_in_without_nonce_gives_an_id_token_without(basic: TokenClient, person: str) -> None:
    """oidcc-ensure-request-without-nonce-succeeds-for-code-flow"""
    assert "nonce" not in basic.verified(basic.tokens(person, nonce="")["id_token"])


@pytest.mark.parametrize(
    ("proofs", "acr", "amr"),
    [
        ((methods.PASSWORD,), "password", ["pwd"]),
        ((methods.PASSWORD, methods.EMAIL), "two-step", ["pwd", "email"]),
        ((methods.PASSWORD, methods.TOTP), "mfa", ["pwd", "otp", "mfa"]),
    ],
)
def test_acr_and_amr_are_those_of_the_sign_in(
    provider: Provider, basic: TokenClient, person: str, proofs: tuple[str, ...], acr: str, amr: list[str]
) -> None:
    """RFC 9470 §6.1"""
    basic.session = start_session(provider, person, "basic", *proofs)

    claims = basic.verified(basic.tokens(person)["id_token"])

    assert claims["acr"] == acr
    assert sorted(claims["amr"]) == sorted(amr)


def test_auth_time_is_the_sign_in_and_not_the_redemption(basic: TokenClient, person: str, clock: MovableClock) -> None:
    """Fault 4 of the library survey."""
    code = basic.code(person)
    clock.forward(seconds=40)

    claims = basic.verified(basic.redeem(code).get_json()["id_token"])

    assert claims["auth_time"] == claims["iat"] - 40


def test_at_hash_is_the_left_half_of_the_access_token(basic: TokenClient, person: str) -> None:
    """OIDC Core §3.1.3.6"""
    tokens = basic.tokens(person)

    digest = hashlib.sha256(tokens["access_token"].encode()).digest()
    expected = urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
    assert basic.verified(tokens["id_token"])["at_hash"] == expected


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_an_id_token_is_signed_as_the_client_is_registered(
    provider: Provider, basic: TokenClient, person: str, algorithm: str
) -> None:
    """oidcc-idtoken-signature: RS256 unless registered otherwise; a kid always."""
    bend(provider, "basic", id_token_signed_response_alg=algorithm)

    header = basic.decoded(basic.tokens(person)["id_token"]).header

    assert header["alg"] == algorithm
    assert header["kid"]


def test_claims_asked_for_by_name_are_in_the_id_token(basic: TokenClient, person: str) -> None:
    """OIDC Core §5.5"""
    wishes = {"id_token": {"email": {"essential": True}, "given_name": {}, "unknown": {}}}

    claims = basic.verified(basic.tokens(person, claims=wishes)["id_token"])

    assert set(claims) == PROTOCOL_CLAIMS | {"email", "given_name"}
    assert claims["email"] == "anna@example.ch"


def test_an_access_token_is_a_jwt_for_resource_servers(basic: TokenClient, person: str) -> None:
    """RFC 9068 §2.1: typ at+jwt, never unsigned; §2.2: the required claims; §2.2.1: how the person signed in; §2.2.3:
    scope;
    RFC 9068 §2; faults 15 and 16 of the library survey: always a kid, any algorithm."""
    token = basic.decoded(basic.tokens(person, scope="openid email")["access_token"])

    assert (token.header["typ"], token.header["alg"]) == ("at+jwt", "ES256")
    assert token.header["kid"]
    assert token.claims["scope"] == "openid email"
    assert token.claims["exp"] - token.claims["iat"] == 300
    assert {"iss", "sub", "aud", "client_id", "jti", "auth_time", "acr", "amr"} <= set(token.claims)
    assert not {"email", "name"} & set(token.claims)


def test_an_opaque_access_token_says_nothing(app: Flask, person: str, database: Database) -> None:
    post = TokenClient(app, "post")

    token = post.tokens(person)["access_token"]

    assert "." not in token
    assert len(token) == 43
    assert post.userinfo(token).status_code == 200
    with database.reading() as tx:
        assert token not in str(tx.connection.exec_driver_sql("SELECT * FROM access_tokens").all())


def test_the_lifetimes_are_the_client_s(provider: Provider, basic: TokenClient, person: str) -> None:
    bend(provider, "basic", policy={"access_token_lifetime": 60, "id_token_lifetime": 120})

    tokens = basic.tokens(person)

    access, identity = basic.verified(tokens["access_token"]), basic.verified(tokens["id_token"])
    assert tokens["expires_in"] == access["exp"] - access["iat"] == 60
    assert identity["exp"] - identity["iat"] == 120


def test_a_second_sign_in_at_a_client_in_one_session_has_the_same_sid(basic: TokenClient, person: str) -> None:
    """Back-Channel Logout §2.1: sid names a session at a client"""
    first, second = basic.tokens(person), basic.tokens(person)

    assert basic.verified(first["id_token"])["sid"] == basic.verified(second["id_token"])["sid"]


def test_only_clients_that_take_part_in_logout_learn_the_sid(
    provider: Provider, basic: TokenClient, person: str
) -> None:
    """Others could do nothing with it. fapi2-security-profile-final-test-claims-parameter-identity-claims: the ID token
    holds nothing that the suite does not know"""
    without = {"backchannel_logout_uri": "", "frontchannel_logout_uri": "", "post_logout_redirect_uris": ()}
    for name, value in {
        "backchannel_logout_uri": "https://basic.example.ch/out",
        "frontchannel_logout_uri": "https://basic.example.ch/out",
        "post_logout_redirect_uris": ("https://basic.example.ch/",),
    }.items():
        bend(provider, "basic", **{**without, name: value})
        assert basic.verified(basic.tokens(person)["id_token"])["sid"]

    bend(provider, "basic", **without)

    assert "sid" not in basic.verified(basic.tokens(person)["id_token"])


def test_a_pairwise_subject_is_one_per_sector(app: Flask, provider: Provider, basic: TokenClient, person: str) -> None:
    """OIDC Core §8.1"""
    pairwise = TokenClient(app, "pairwise")
    here = pairwise.verified(pairwise.tokens(person)["id_token"])["sub"]
    again = pairwise.verified(pairwise.tokens(person)["access_token"])["sub"]
    bend(provider, "basic", subject_type="pairwise")
    there = basic.verified(basic.tokens(person)["id_token"])["sub"]

    assert here == again
    assert len({person, here, there}) == 3


def test_a_resource_named_at_authorization_is_the_audience(provider: Provider, basic: TokenClient, person: str) -> None:
    """RFC 9068 §3; RFC 8707 §2.2; with openid the userinfo endpoint is one too, which the scope is for"""
    api, other, userinfo = "https://api.example.ch/", "https://reports.example.ch/", "http://localhost/userinfo"
    bend(provider, "basic", audiences=(api, other), scope="openid profile offline_access payroll")
    both = basic.tokens(person, resources=(api, other))
    one = basic.redeem(basic.code(person, resources=(api, other)), resource=api).get_json()
    foreign = basic.redeem(basic.code(person, resources=(api,)), resource=other)

    assert basic.verified(both["access_token"])["aud"] == [api, other, userinfo]
    assert basic.verified(one["access_token"])["aud"] == [api, userinfo]
    assert foreign.get_json()["error"] == "invalid_target"
    assert basic.userinfo(one["access_token"]).get_json() == {"sub": person}


def test_a_token_that_identifies_nobody_is_for_its_resource_alone(
    provider: Provider, basic: TokenClient, person: str
) -> None:
    """RFC 8707 §3: whoever gets it can do nothing elsewhere"""
    api = "https://api.example.ch/"
    bend(provider, "basic", audiences=(api,), scope="openid offline_access payroll")
    whole = basic.tokens(person, scope="openid offline_access payroll", resources=(api,))

    narrow = basic.refresh(whole["refresh_token"], scope="payroll").get_json()

    assert basic.verified(narrow["access_token"])["aud"] == api
    assert basic.userinfo(narrow["access_token"]).status_code == 401


def test_a_client_s_file_lists_claims_for_the_id_token(provider: Provider, basic: TokenClient, person: str) -> None:
    """OIDC Core §5.4: only of scopes that were granted"""
    bend(provider, "basic", id_token_claims=("email", "given_name", "phone_number"))

    claims = basic.verified(basic.tokens(person, scope="openid email profile")["id_token"])

    assert (claims["email"], claims["given_name"]) == ("anna@example.ch", "Anna")
    assert "phone_number" not in claims
    assert "family_name" not in claims


def test_a_client_s_file_names_a_claim_for_the_rights_as_plain_texts(
    provider: Provider, basic: TokenClient, person: str
) -> None:
    """As programs that know no companies expect them in `groups`"""
    bend(provider, "basic", permissions_claim="groups")
    scope = "openid organisations"
    assert basic.verified(basic.tokens(person, scope=scope)["id_token"])["groups"] == []
    act_for(provider, person, "Muster SA", topics=("wages",), administrator=True)

    tokens = basic.tokens(person, scope=scope)

    for told in (basic.verified(tokens["id_token"]), basic.verified(tokens["access_token"])):
        assert told["groups"] == ["administrator", "wages"]
    assert basic.userinfo(tokens["access_token"]).get_json()["groups"] == ["administrator", "wages"]


def test_rights_as_plain_texts_are_those_in_one_company(provider: Provider, basic: TokenClient, person: str) -> None:
    """A text does not say for which of several it counts"""
    bend(provider, "basic", permissions_claim="groups")
    first = act_for(provider, person, "Muster SA", topics=("wages",), administrator=True)
    act_for(provider, person, "Rochat SA", topics=("letters",))

    for organisation_id, groups in (("", []), (first, ["administrator", "wages"])):
        tokens = basic.tokens(person, scope="openid organisations", organisation_id=organisation_id)

        assert basic.verified(tokens["id_token"])["groups"] == groups
        assert basic.userinfo(tokens["access_token"]).get_json()["groups"] == groups
