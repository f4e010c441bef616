"""An application in a browser, on a site of its own, can call what it needs; no page of ours can be read from there."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.chromium import Chromium, serving
from tests.support.tokens import TokenClient, good

SITE = {"Origin": "https://app.example.org"}


@pytest.mark.parametrize("path", ["/token", "/userinfo", "/revoke", "/par"])
def test_a_browser_is_told_beforehand_that_it_may_call(visitor: FlaskClient, path: str) -> None:
    """OIDC Core §5.3: applications in browsers reach the endpoint; RFC 9449 §4.1: with a proof in a header"""
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, dpop"}

    answer = visitor.options(path, headers={**SITE, **asked})

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "dpop"))
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_answers_and_refusals_can_be_read_there(basic: TokenClient, person: str) -> None:
    """OIDC Core §5.3; RFC 9449 §8: the nonce too"""
    token = basic.tokens(person)["access_token"]
    answer = basic.http.get("/userinfo", headers={**SITE, "Authorization": f"Bearer {token}"})
    refusal = basic.http.post("/token", data={"grant_type": "password"}, headers=SITE)

    assert good(answer)["sub"] == person
    for response in (answer, refusal):
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Access-Control-Expose-Headers"] == "WWW-Authenticate, DPoP-Nonce"


@pytest.mark.parametrize("path", ["/authorize", "/end-session", "/device", "/login", "/introspect", "/registration"])
def test_nothing_else_can(visitor: FlaskClient, path: str) -> None:
    for response in (visitor.get(path, headers=SITE), visitor.options(path, headers=SITE)):
        assert "Access-Control-Allow-Origin" not in response.headers


CALL = """async address => {
  const answer = await fetch(address, {headers: {Authorization: "Bearer nonsense"}});
  return [answer.status, answer.headers.get("WWW-Authenticate")];
}"""


def test_a_real_browser_lets_a_foreign_site_call_userinfo_and_read_the_refusal(app: Flask) -> None:
    """Fetch: the header makes it ask beforehand"""
    elsewhere = Flask("elsewhere")
    elsewhere.add_url_rule("/", view_func=lambda: "<!doctype html><title>App</title>")
    with serving(app) as issuer, serving(elsewhere) as site, Chromium() as chromium, chromium.page() as page:
        page.goto(site)

        status, challenge = page.evaluate(CALL, f"{issuer}/userinfo")

    assert status == 401
    assert 'error="invalid_token"' in challenge
