"""`/userinfo`: claims by scope, freshly read, for whoever shows a live access token in one proper way."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from idp.database import Database
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import portal_identifiers
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.signed_in import new_person
from tests.support.tokens import TokenClient, good

pytestmark = pytest.mark.both_databases

PROFILE = {
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "zoneinfo",
    "locale",
    "updated_at",
}


def claims_of(client: TokenClient, person_id: str, scope: str, **changes: Any) -> dict[str, Any]:
    return good(client.userinfo(client.tokens(person_id, scope=scope, **changes)["access_token"]))


def employ(database: Database, person_id: str, number: int, *, fund: str = "AK00") -> tuple[str, str]:
    """The person becomes a member of a company; returns the ids of membership and organisation."""
    with database.transaction() as tx:
        company = organisation.register(tx, fund=fund, number=str(number), name=f"Company {number:03}")
        member = memberships.join(tx, company.id, person_id, Rights(is_administrator=True, topics=("wages",)))
        return member.id, company.id


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("openid", set()),
        ("openid profile", PROFILE),
        ("openid email", {"email", "email_verified"}),
        ("openid phone", {"phone_number", "phone_number_verified"}),
        ("openid address", {"address"}),
        ("email openid", {"email", "email_verified"}),
    ],
)
def test_each_scope_tells_its_claims(basic: TokenClient, person: str, scope: str, expected: set[str]) -> None:
    """oidcc-scope-profile, oidcc-scope-email, oidcc-scope-address, oidcc-scope-phone, oidcc-alternate-happy-flow"""
    assert set(claims_of(basic, person, scope)) == {"sub", *expected}


def test_claims_have_the_right_types(basic: TokenClient, person: str) -> None:
    """oidcc-scope-all"""
    claims = claims_of(basic, person, "openid profile email phone address")

    assert claims["sub"] == person
    assert isinstance(claims["email_verified"], bool)
    assert isinstance(claims["phone_number_verified"], bool)
    assert isinstance(claims["address"], dict)
    assert isinstance(claims["updated_at"], int)


def test_a_claim_can_be_asked_for_by_name(basic: TokenClient, person: str) -> None:
    """oidcc-claims-essential"""
    claims = claims_of(basic, person, "openid", claims={"userinfo": {"name": {"essential": True}, "nonsense": {}}})

    assert claims == {"sub": person, "name": "Anna Muster"}


def test_a_claim_of_a_scope_the_client_may_not_have_is_not_told(
    provider: Provider, basic: TokenClient, person: str
) -> None:
    bend(provider, "basic", scope="openid email")

    assert claims_of(basic, person, "openid", claims={"userinfo": {"phone_number": {}, "email": {}}}) == {
        "sub": person,
        "email": "anna@example.ch",
    }


def ways(client: TokenClient, token: str) -> dict[str, TestResponse]:
    header = {"Authorization": f"Bearer {token}"}
    return {
        "get": client.http.get("/userinfo", headers=header),
        "post with header": client.http.post("/userinfo", headers=header),
        "post with body": client.http.post("/userinfo", data={"access_token": token}),
        "lower case": client.userinfo(token, scheme="bearer"),
        "upper case": client.userinfo(token, scheme="BEARER"),
    }


def test_a_token_can_be_shown_in_the_header_or_in_a_form(basic: TokenClient, person: str) -> None:
    """OIDC Core §5.3: GET and POST; RFC 6750 §2.1, §2.2;
    oidcc-userinfo-get, oidcc-userinfo-post-header, oidcc-userinfo-post-body"""
    token = basic.tokens(person)["access_token"]

    for way, response in ways(basic, token).items():
        assert good(response) == {"sub": person}, way
        assert response.headers["Cache-Control"] == "no-store"


def test_a_token_in_the_address_is_refused(basic: TokenClient, person: str) -> None:
    """RFC 9700 §4.3.2; FAPI 2.0 happy-flow: an access token is refused in the query."""
    token = basic.tokens(person)["access_token"]

    response = basic.http.get("/userinfo", query_string={"access_token": token})

    assert response.status_code == 400


def test_two_tokens_are_refused(basic: TokenClient, person: str) -> None:
    """RFC 6750 §2: one method in a request"""
    token = basic.tokens(person)["access_token"]

    response = basic.http.post("/userinfo", data={"access_token": token}, headers={"Authorization": f"Bearer {token}"})

    assert response.status_code == 400


def test_without_a_token_there_is_a_bare_challenge(basic: TokenClient) -> None:
    """RFC 6750 §3.1"""
    response = basic.http.get("/userinfo")

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("shown", ["Bearer", "Bearer ", "Basic YmFzaWM6c2VjcmV0", "DPoP"])
def test_what_is_no_way_to_show_a_token_gets_a_challenge_without_an_error(basic: TokenClient, shown: str) -> None:
    """RFC 6750 §3.1: no error code where no token was shown"""
    response = basic.http.get("/userinfo", headers={"Authorization": shown})

    assert response.status_code == 401
    assert "error" not in response.headers["WWW-Authenticate"]


def test_a_token_in_the_body_of_a_get_is_not_read(basic: TokenClient, person: str) -> None:
    """RFC 6750 §2.2: never with GET"""
    token = basic.tokens(person)["access_token"]

    response = basic.http.get("/userinfo", data={"access_token": token})

    assert response.status_code == 401
    assert "error" not in response.headers["WWW-Authenticate"]


def test_a_proof_beside_a_bearer_token_is_not_looked_at(basic: TokenClient, person: str) -> None:
    """RFC 9449 §7.2: who serves both kinds of token goes by the scheme"""
    token = basic.tokens(person)["access_token"]

    response = basic.http.get("/userinfo", headers={"Authorization": f"Bearer {token}", "DPoP": "nonsense"})

    assert good(response) == {"sub": person}


@pytest.mark.parametrize(("length", "is_read"), [(16 * 1024, True), (16 * 1024 + 1, False)])
def test_a_token_longer_than_any_of_ours_is_not_even_read(basic: TokenClient, length: int, is_read: bool) -> None:
    response = basic.userinfo("x" * length)

    assert response.status_code == 401
    assert ("too long" in response.headers["WWW-Authenticate"]) is not is_read


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "é", "e30.e30.e30", "x" * 20_000, '"', "💥"])
def test_any_other_text_is_no_token(basic: TokenClient, token: str) -> None:
    """OIDC Core §5.3.3; RFC 6750 §3, §3.1: invalid_token in the challenge"""
    raw = f"Bearer {token}".encode().decode("latin-1")

    response = basic.http.get("/userinfo", environ_overrides={"HTTP_AUTHORIZATION": raw})

    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


def test_an_expired_token_is_refused(app: Flask, basic: TokenClient, person: str, clock: MovableClock) -> None:
    jwt, opaque = basic.tokens(person)["access_token"], TokenClient(app, "post").tokens(person)["access_token"]
    clock.forward(minutes=5)

    assert basic.userinfo(jwt).status_code == 401
    assert basic.userinfo(opaque).status_code == 401


def test_an_id_token_is_no_access_token(basic: TokenClient, person: str) -> None:
    assert basic.userinfo(basic.tokens(person)["id_token"]).status_code == 401


def test_the_scope_openid_is_needed(basic: TokenClient, person: str) -> None:
    """RFC 6750 §3.1: insufficient_scope is a 403"""
    response = basic.userinfo(basic.tokens(person, scope="email")["access_token"])

    assert response.status_code == 403
    assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]


def test_logging_out_ends_the_access_tokens_of_the_session(basic: TokenClient, person: str) -> None:
    token = basic.tokens(person)["access_token"]
    basic.end_session()

    assert basic.userinfo(token).status_code == 401


def test_a_disabled_person_s_token_is_refused(basic: TokenClient, person: str, database: Database) -> None:
    token = basic.tokens(person)["access_token"]
    with database.transaction() as tx:
        tx.connection.exec_driver_sql("UPDATE people SET state = 'disabled'")

    assert basic.userinfo(token).status_code == 401


def test_a_client_can_have_it_signed(provider: Provider, basic: TokenClient, person: str) -> None:
    """OIDC Core §5.3.2; oidcc-userinfo-rs256 (Dynamic OP): application/jwt with iss and aud, and no nonce."""
    bend(provider, "basic", userinfo_signed_response_alg="RS256")

    response = basic.userinfo(basic.tokens(person, scope="openid email")["access_token"])

    assert response.mimetype == "application/jwt"
    assert basic.decoded(response.text).header["alg"] == "RS256"
    assert basic.verified(response.text) == {
        "iss": "http://localhost",
        "aud": "basic",
        "sub": person,
        "email": "anna@example.ch",
        "email_verified": True,
    }


def test_legacy_identifiers_are_told_to_their_portal(basic: TokenClient, person: str, database: Database) -> None:
    """A-37"""
    with database.transaction() as tx:
        portal_identifiers.attach(tx, person, portal="basic", kind="legacy", value="CVCI00012345")
        portal_identifiers.attach(tx, person, portal="other", kind="legacy", value="X1")

    assert claims_of(basic, person, "openid legacy")["legacy_identifiers"] == ["CVCI00012345"]


def test_a_change_of_rights_shows_with_the_next_request(basic: TokenClient, person: str, database: Database) -> None:
    """B-52"""
    membership_id, company_id = employ(database, person, 1)
    token = basic.tokens(person, scope="openid organisations")["access_token"]
    before = good(basic.userinfo(token))["organisations"]
    colleague = new_person(basic.provider, "colleague@example.ch")
    with database.transaction() as tx:
        memberships.join(tx, company_id, colleague, Rights(is_administrator=True))
    with database.transaction() as tx:
        memberships.change_rights(tx, membership_id, Rights(topics=("pensions",)))

    after = good(basic.userinfo(token))["organisations"]

    assert (before[0]["administrator"], before[0]["topics"]) == (True, ["wages"])
    assert (after[0]["administrator"], after[0]["topics"]) == (False, ["pensions"])


def test_tokens_carry_the_chosen_company_and_userinfo_all(basic: TokenClient, person: str, database: Database) -> None:
    """A person with several companies chooses one; tokens carry the chosen one."""
    _, first = employ(database, person, 1)
    employ(database, person, 2)

    tokens = basic.tokens(person, scope="openid organisations", organisation_id=first)

    for token in (tokens["access_token"], tokens["id_token"]):
        assert [entry["id"] for entry in basic.verified(token)["organisations"]] == [first]
    assert len(good(basic.userinfo(tokens["access_token"]))["organisations"]) == 2


def test_a_long_list_is_cut_in_tokens_and_whole_at_userinfo(
    basic: TokenClient, person: str, database: Database
) -> None:
    for number in range(25):
        employ(database, person, number)

    tokens = basic.tokens(person, scope="openid organisations")

    claims = basic.verified(tokens["access_token"])
    assert len(claims["organisations"]) == 20
    assert claims["organisations_truncated"] is True
    assert len(good(basic.userinfo(tokens["access_token"]))["organisations"]) == 25
