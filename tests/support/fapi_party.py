"""A relying party under the FAPI 2.0 Security Profile: private_key_jwt, DPoP, pushed requests; bent like any other."""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from idp import jose, opaque
from idp.jose import Key
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.possession import Prover
from tests.support.relying_party import RelyingParty

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY = jose.generate("ES256", "fapi-client-key")


class FapiParty(RelyingParty):
    """Plays a test client (`basic` unless told otherwise), which is registered anew for it."""

    def __init__(self, app: Flask, clock: MovableClock, client_id: str = "basic", **changes: Any) -> None:
        super().__init__(app, client_id, method="private_key_jwt")
        self.clock = clock
        self.key: Key = KEY
        self.prover = Prover(clock)
        provider: Provider = app.extensions["provider"]
        registered = {
            "profile": "fapi2-security",
            "require_pkce": True,
            "require_pushed_authorization_requests": True,
            "token_endpoint_auth_method": "private_key_jwt",
            "secret_digests": (),
            "jwks": {"keys": [self.key.as_dict(private=False)]},
            "dpop_bound_access_tokens": True,
            "id_token_signed_response_alg": "ES256",
        }
        bend(provider, client_id, **{**registered, **changes})

    def assertion(self, **changes: Any) -> str:
        """A client assertion that is right, but for these claims."""
        now = int(self.clock.now().timestamp())
        correct = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.metadata["issuer"],
            "exp": now + 60,
            "iat": now,
            "jti": opaque.token(16),
        }
        claims = {name: value for name, value in {**correct, **changes}.items() if value is not None}
        return jose.sign(claims, self.key, "ES256", typ="JWT")

    def send(
        self, endpoint: str, *, assertion: str | None = None, proof: str | None = None, **form: str | None
    ) -> TestResponse:
        """Post a form with a fresh assertion and a fresh proof, unless others are given; an empty one is left out."""
        path = self._path(endpoint)
        assertion = self.assertion() if assertion is None else assertion
        proof = self.prover.proof(path) if proof is None else proof
        credentials = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion} if assertion else {}
        sent = {"client_id": self.client_id, **credentials, **form}
        complete = {name: value for name, value in sent.items() if value is not None}
        return self.server.post(path, data=complete, headers={"DPoP": proof} if proof else {})

    def userinfo(self, token: str, scheme: str = "DPoP") -> TestResponse:
        """Show the token with a proof of its key (RFC 9449 §7.1)."""
        proof = self.prover.proof("/userinfo", "GET", token=token)
        return self.server.get("/userinfo", headers={"Authorization": f"{scheme} {token}", "DPoP": proof})

    def _post(self, endpoint: str, parameters: Mapping[str, str | None]) -> TestResponse:
        return self.send(endpoint, **dict(parameters))
