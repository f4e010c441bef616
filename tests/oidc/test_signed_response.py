"""JARM: answers signed by the provider, in every way they travel."""

import pytest
from flask.testing import FlaskClient
from joserfc import jws

from idp.provider import Provider
from tests.support.clients import bend
from tests.support.relying_party import LONG_STATE, RelyingParty
from tests.support.signed_in import sign_in


@pytest.mark.parametrize(
    ("mode", "arrives"), [("jwt", "query"), ("query.jwt", "query"), ("form_post.jwt", "form_post")]
)
def test_a_signed_answer_carries_everything_in_one_parameter(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, mode: str, arrives: str
) -> None:
    """JARM §2.1: iss, aud, exp and all parameters; §2.3.1, §2.3.3, §2.3.4: by query, by form, and jwt means query;
    fapi2 message signing: JARM; the party verifies signature, iss and aud"""
    sign_in(provider, visitor, person)

    answer = party.authorize(visitor, response_mode=mode)

    assert answer.mode == arrives
    assert answer.parameters.keys() == {"code", "state", "iss"}
    assert party.redeem(answer)["access_token"]


@pytest.mark.parametrize("mode", ["jwt", "query.jwt", "form_post.jwt"])
def test_errors_are_signed_too(visitor: FlaskClient, party: RelyingParty, mode: str) -> None:
    answer = party.authorize(visitor, response_mode=mode, prompt="none")

    assert answer.error == "login_required"
    assert answer.parameters["state"] == LONG_STATE


@pytest.mark.parametrize(
    ("changes", "algorithm"),
    [
        ({}, "RS256"),
        ({"authorization_signed_response_alg": "ES256"}, "ES256"),
        ({"profile": "fapi2-security", "require_pkce": False}, "ES256"),
    ],
)
def test_the_client_chooses_the_algorithm(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, changes: dict[str, str], algorithm: str
) -> None:
    """JARM §3: RS256 unless registered otherwise; FAPI 2.0 Security Profile §5.4.1: not there"""
    bend(provider, "basic", **changes)

    response = visitor.get("/authorize", query_string=party.request(response_mode="jwt", prompt="none"))

    token = response.headers["Location"].partition("response=")[2]
    assert jws.extract_compact(token.encode()).headers()["alg"] == algorithm
