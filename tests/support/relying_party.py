"""A correct relying party, by the book; every message it sends can be bent one property at a time.

    party = RelyingParty(app, "basic")
    answer = party.authorize(browser, prompt="none")        # a correct request, but for the prompt
    answer = party.authorize(browser, nonce=ABSENT)         # … but for the nonce, which is left out
    tokens = party.redeem(answer)                           # checks state and iss, redeems, verifies the ID token

It speaks HTTP only and trusts discovery only; `browser` is a Flask test client, which keeps the cookies of one browser.
"""

import hashlib
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import Key, KeySet
from werkzeug.test import TestResponse

from tests.support.clients import redirect_uri_of, secret_of

ABSENT = None
LONG_STATE = "s" * 128
VERIFIER = "v" * 64
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]


def challenge_of(verifier: str) -> str:
    """The S256 challenge (RFC 7636 §4.2)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True)
class Answer:
    """What arrived at the redirect address. `mode` is how: `query`, `form_post`, or `page` for a page of ours."""

    mode: str
    address: str
    parameters: Mapping[str, str]
    response: TestResponse = field(repr=False)

    @property
    def error(self) -> str:
        return self.parameters.get("error", "")

    @property
    def code(self) -> str:
        return self.parameters.get("code", "")


class RelyingParty:
    """Authenticates by `client_secret_basic`, or by `client_secret_post` where `method` says so."""

    def __init__(
        self, app: Flask, client_id: str, *, redirect_uri: str = "", secret: str = "", method: str = "basic"
    ) -> None:
        self.app = app
        self.client_id = client_id
        self.redirect_uri = redirect_uri or redirect_uri_of(client_id)
        self.secret = secret or secret_of(client_id)
        self.method = method
        self.server = app.test_client(use_cookies=False)  # the party's own connection, without any browser's cookies
        self.metadata: dict[str, Any] = self._fetch("/.well-known/openid-configuration")
        self.state = LONG_STATE
        self.nonce = "nonce-of-" + client_id

    def request(self, **changes: str | None) -> dict[str, str]:
        """The parameters of a correct authorization request, with these changes; `ABSENT` leaves one out."""
        correct = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "scope": "openid",
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in {**correct, **changes}.items() if value is not None}

    def authorize(self, browser: FlaskClient, **changes: str | None) -> Answer:
        """Send the browser with a request by GET, and follow our own redirects to the party or to a page."""
        return self.follow(
            browser, browser.get(self._path("authorization_endpoint"), query_string=self.request(**changes))
        )

    def authorize_by_post(self, browser: FlaskClient, **changes: str | None) -> Answer:
        """The same by a form on the party's own site: the browser sends no Lax cookie with it."""
        cookieless = self.app.test_client(use_cookies=False)
        headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://portal.example"}
        first = cookieless.post(self._path("authorization_endpoint"), data=self.request(**changes), headers=headers)
        return self.follow(browser, first)

    def follow(self, browser: FlaskClient, response: TestResponse) -> Answer:
        """Go on until the browser leaves for the party, or shows a page."""
        for _ in range(5):
            if response.status_code not in {302, 303}:
                break
            location = response.headers["Location"]
            if not location.startswith(("/", self.metadata["issuer"] + "/")):
                parts = urlsplit(location)
                bare = parts._replace(query="", fragment="").geturl()
                return Answer("query", bare, self._opened(dict(parse_qsl(parts.query))), response)
            response = browser.get(location)
        page = _Form(response.text)
        if page.action.startswith(self.redirect_uri.partition("?")[0]):
            return Answer("form_post", page.action, self._opened(page.fields), response)
        return Answer("page", response.request.path, {}, response)

    def push(self, **changes: str | None) -> TestResponse:
        """Push a correct authorization request (RFC 9126), with these changes."""
        return self._post("pushed_authorization_request_endpoint", self.request(**changes))

    def authorize_pushed(self, browser: FlaskClient, **changes: str | None) -> Answer:
        """Push the request, then send the browser with nothing but its name."""
        pushed = self.push(**changes)
        assert pushed.status_code == 201, pushed.text
        return self.visit(browser, pushed.get_json()["request_uri"])

    def visit(self, browser: FlaskClient, request_uri: str, **more: str) -> Answer:
        """Send the browser with a `request_uri`, and whatever more."""
        named = {"client_id": self.client_id, "request_uri": request_uri, **more}
        return self.follow(browser, browser.get(self._path("authorization_endpoint"), query_string=named))

    def request_object(self, key: Key, now: float, *, header: Mapping[str, Any] | None = None, **changes: Any) -> str:
        """A signed request object (RFC 9101 §4) that is right, but for these claims or header parameters."""
        claims = {
            **self.request(),
            "iss": self.client_id,
            "aud": self.metadata["issuer"],
            "iat": int(now),
            "nbf": int(now),
            "exp": int(now) + 300,
            "jti": token_hex(8),
            **changes,
        }
        complete = {"alg": key.alg, "kid": key.kid, "typ": "oauth-authz-req+jwt", **(header or {})}
        sent = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(complete, sent, key, algorithms=[*ALGORITHMS, "HS256", "none"])

    def _opened(self, parameters: dict[str, str]) -> dict[str, str]:
        """The parameters, taken out of a signed response if there is one (JARM §2.4)."""
        if "response" not in parameters:
            return parameters
        assert parameters.keys() == {"response"}
        claims = self.verified(parameters["response"])
        assert claims.pop("exp") > 0
        return {name: value for name, value in claims.items() if name != "aud"}

    def exchange(self, code: str, **changes: str | None) -> TestResponse:
        """Redeem a code (RFC 6749 §4.1.3), authenticated as the client is registered."""
        correct = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": VERIFIER,
        }
        return self.token_request(**{**correct, **changes})

    def token_request(self, **parameters: str | None) -> TestResponse:
        """A token request, with the credentials this client uses unless `parameters` bring others."""
        return self._post("token_endpoint", parameters)

    def _post(self, endpoint: str, parameters: Mapping[str, str | None]) -> TestResponse:
        form = {name: value for name, value in parameters.items() if value is not None}
        if self.method == "post":
            form |= {"client_id": self.client_id, "client_secret": self.secret}
        return self.server.post(self._path(endpoint), data=form, headers=self.credentials())

    def credentials(self) -> dict[str, str]:
        """The header of `client_secret_basic` (RFC 6749 §2.3.1); none for another method."""
        if self.method != "basic":
            return {}
        pair = f"{quote(self.client_id, safe='')}:{quote(self.secret, safe='')}"
        return {"Authorization": "Basic " + b64encode(pair.encode()).decode()}

    def redeem(self, answer: Answer) -> dict[str, Any]:
        """What a correct party does with an answer: check it, redeem the code, verify the ID token.

        Returns the token response with the decoded claims under `claims`.
        """
        assert answer.parameters.get("state") == self.state
        assert answer.parameters.get("iss") == self.metadata["issuer"]
        response = self.exchange(answer.code)
        assert response.status_code == 200, response.text
        tokens: dict[str, Any] = response.get_json()
        tokens["claims"] = self.verified(tokens["id_token"])
        assert tokens["claims"].get("nonce") in {self.nonce, None}
        return tokens

    def verified(self, token: str) -> dict[str, Any]:
        """The claims of a token that is signed by the provider, for this party."""
        keys = KeySet.import_key_set(self._fetch(urlsplit(self.metadata["jwks_uri"]).path))
        claims: dict[str, Any] = jwt.decode(token, keys, ALGORITHMS).claims
        assert claims["iss"] == self.metadata["issuer"]
        assert claims["aud"] == self.client_id
        return claims

    def log_out(self, browser: FlaskClient, **parameters: str | None) -> TestResponse:
        """Send the browser to log out (RP-Initiated Logout §2), with exactly these parameters."""
        sent = {name: value for name, value in parameters.items() if value is not None}
        return browser.get(self._path("end_session_endpoint"), query_string=sent)

    def _path(self, endpoint: str) -> str:
        return urlsplit(self.metadata[endpoint]).path

    def _fetch(self, path: str) -> dict[str, Any]:
        response = self.server.get(path)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = json.loads(response.data)
        return found


class _Form(HTMLParser):
    """The first form of a page that posts somewhere else: its address and its hidden fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and found.get("id") == "answer":
            self.action = found["action"]
        if tag == "input" and self.action and found.get("type") == "hidden":
            self.fields[found["name"]] = found["value"]
