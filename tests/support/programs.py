"""The software of a fund: it gets tokens by `private_key_jwt`, bound to its DPoP key, and calls the API with them.

program = Program(app, clock)
answer = program.post("/persons/search", {"email": "anne.rochat@example.ch"})
"""

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from idp import jose, random_values
from idp.clock import Clock
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.possession import Prover
from tests.support.tokens import good

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY = jose.generate("ES256", "key-of-fund-software")
API = "/api/v1"


class Program:
    """Asks for all its scopes once, unless told otherwise; `changes` bend its file.

    `bearer`: its tokens are bound to nothing, for tools that make no proofs.
    """

    def __init__(
        self, app: Flask, clock: Clock, client_id: str = "fund-software", *, bearer: bool = False, **changes: Any
    ) -> None:
        self.provider: Provider = app.extensions["provider"]
        self.clock, self.client_id = clock, client_id
        self.http = app.test_client(use_cookies=False)
        self.prover = None if bearer else Prover(clock)
        self._token = ""
        own = {"jwks": {"keys": [KEY.as_dict(private=False)]}, "jwks_uri": "", "dpop_bound_access_tokens": not bearer}
        bend(self.provider, client_id, **{**own, **changes})

    def ask_token(self, scope: str = "", **form: str) -> TestResponse:
        now, issuer = int(self.clock.now().timestamp()), self.provider.settings.server.issuer
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": issuer, "exp": now + 60, "iat": now}
        signed = jose.sign({**claims, "jti": random_values.token(16)}, KEY, "ES256", typ="JWT")
        asked = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "client_assertion": signed}
        proof = self.prover.header() if self.prover is not None else {}
        return self.http.post("/token", data={**asked, **({"scope": scope} if scope else {}), **form}, headers=proof)

    def take_token(self, scope: str = "") -> str:
        """Get a token for these scopes, and use it from now on."""
        self._token = str(good(self.ask_token(scope))["access_token"])
        return self._token

    def headers(self, path: str, method: str) -> dict[str, str]:
        token = self._token or self.take_token()
        if self.prover is None:
            return {"Authorization": f"Bearer {token}"}
        proof = self.prover.proof(API + path.partition("?")[0], method, token=token)
        return {"Authorization": f"DPoP {token}", "DPoP": proof}

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.http.get(API + path, headers={**self.headers(path, "GET"), **named(headers)})

    def post(self, path: str, body: object = None, **headers: str) -> TestResponse:
        return self._send("POST", path, body, headers)

    def put(self, path: str, body: object = None, **headers: str) -> TestResponse:
        return self._send("PUT", path, body, headers)

    def _send(self, method: str, path: str, body: object, headers: dict[str, str]) -> TestResponse:
        sent = {"json": body} if body is not None else {}
        all_headers = {**self.headers(path, method), **named(headers)}
        return self.http.open(API + path, method=method, headers=all_headers, **sent)


def named(headers: dict[str, str]) -> dict[str, str]:
    """`if_match` is written as `If-Match`."""
    return {name.replace("_", "-").title(): value for name, value in headers.items()}


def problem(response: TestResponse, name: str, status: int) -> dict[str, Any]:
    """The refusal, which must be this one in the form of RFC 9457."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    found: dict[str, Any] = response.get_json()
    assert (found["type"], found["status"]) == (f"urn:vestibule:problem:{name}", status)
    return found
