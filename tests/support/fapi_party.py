"""Relying parties under FAPI 2.0: private_key_jwt, DPoP, pushed requests; the second signs its requests too.

Bent like any other.
"""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from idp import jose, random_values
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
        self.provider = provider
        self.register(**{**registered, **changes})

    def register(self, **changes: Any) -> None:
        """Change what is registered of this client."""
        bend(self.provider, self.client_id, **changes)

    def form_to_push(self, **changes: str | None) -> dict[str, str]:
        """What is posted to push a correct request, but for these parameters; without credentials."""
        return self.request(**changes)

    def assertion(self, **changes: Any) -> str:
        """A client assertion that is right, but for these claims."""
        now = int(self.clock.now().timestamp())
        correct = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.metadata["issuer"],
            "exp": now + 60,
            "iat": now,
            "jti": random_values.token(16),
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


class MessageSigningParty(FapiParty):
    """Pushes signed request objects (JAR); `jarm` says whether it asks for signed answers too."""

    def __init__(
        self, app: Flask, clock: MovableClock, client_id: str = "basic", *, jarm: bool, **changes: Any
    ) -> None:
        self.jarm = jarm
        profile = {"profile": "fapi2-message-signing", "require_signed_request_object": True}
        super().__init__(app, clock, client_id, **{**profile, **changes})

    def request(self, **changes: str | None) -> dict[str, str]:
        mode = {"response_mode": "jwt"} if self.jarm else {}
        return super().request(**{**mode, **changes})

    def object_of(self, **changes: Any) -> str:
        """A request object that is right, but for these claims; times are given in seconds from now."""
        now = int(self.clock.now().timestamp())
        moved = {name: now + value if isinstance(value, int) else value for name, value in changes.items()}
        return self.request_object(self.key, now, **moved)

    def form_to_push(self, **changes: Any) -> dict[str, str]:
        return {"request": self.object_of(**changes)}

    def push(self, **changes: Any) -> TestResponse:
        return self.push_object(self.object_of(**changes))

    def push_object(self, signed: str, **form: str | None) -> TestResponse:
        return self.send("pushed_authorization_request_endpoint", request=signed, **form)
