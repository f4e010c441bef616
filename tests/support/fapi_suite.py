"""The conformance suite in a FAPI 2.0 plan: a client from a file that pushes its requests and binds its tokens by DPoP.

`signing` says whether it signs its requests (JAR), the mode `jwt` that it wants signed answers (JARM).
"""

import json
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import Key

from idp.clock import SystemClock
from tests.support.possession import Prover
from tests.support.relying_party import ALGORITHMS, VERIFIER, challenge_of
from tests.support.suite import ASSERTION_TYPE, Suite, media_type
from tests.support.web_server import Seen

JARM_CLAIMS = {"aud", "exp"}
SOME_SECONDS, TEN_MINUTES = 10, 600
TOKEN_TYPE = "DPoP"


class FapiSuite(Suite):
    """Whatever the suite checks in every module of these plans is checked here in every call."""

    key: Key
    signing = False
    scope = "openid profile email offline_access"

    def plays(self, client_id: str, key: Key, *, signing: bool = False, mode: str = "") -> None:
        """Be this client, which has this key."""
        self.client = {"client_id": client_id}
        self.key, self.signing, self.mode = key, signing, mode
        self.prover = Prover(SystemClock())

    def request(self, **changes: str | None) -> dict[str, str]:
        challenge = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
        return super().request(**{"scope": self.scope, **challenge, **changes})

    def push(self, **changes: str | None) -> str:
        """The `request_uri` of a pushed request (RFC 9126 §2.2)."""
        form = self.request(**changes)
        answer = self.call(
            "pushed_authorization_request_endpoint", {"request": self.object_of(form)} if self.signing else form
        )
        assert answer.status_code == 201, answer.text
        assert media_type(answer) == "application/json"
        assert answer.json()["expires_in"] > 0
        return str(answer.json()["request_uri"])

    def object_of(self, request: dict[str, str]) -> str:
        """A signed request object (RFC 9101 §4, FAPI 2.0 Message Signing §5.3.2)."""
        now = int(time.time())
        claims = {"claims": json.loads(request["claims"])} if "claims" in request else {}
        party = {"iss": self.client["client_id"], "aud": self.issuer, "nbf": now, "exp": now + 300}
        return self.signed({**request, **claims, **party})

    def signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": self.key.alg, "kid": self.key.kid}, claims, self.key, algorithms=ALGORITHMS)

    def visit(self, **changes: str | None) -> requests.Response:
        return self.visit_pushed(self.push(**changes))

    def visit_pushed(self, request_uri: str) -> requests.Response:
        sent = {"client_id": self.client["client_id"], "request_uri": request_uri}
        return self.browser.get(self.metadata["authorization_endpoint"], params=sent, timeout=10)

    def _arrived(self, seen: Seen) -> dict[str, str]:
        """JARM §2.3.1, §2.4: nothing in the address but `response` and the query that the client registered."""
        query = dict(parse_qsl(urlsplit(seen.path).query))
        if self.mode != "jwt":
            return query
        claims = self.verified(query.pop("response"))
        assert SOME_SECONDS < claims["exp"] - time.time() <= TEN_MINUTES
        assert not claims.keys() & query.keys()
        return {**query, **{name: value for name, value in claims.items() if name not in JARM_CLAIMS}}

    def call(self, endpoint: str, form: dict[str, str]) -> requests.Response:
        """A POST with a fresh assertion and a fresh proof."""
        address = self.metadata[endpoint]
        credentials = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion(self.issuer)}
        sent = {"client_id": self.client["client_id"], **credentials, **form}
        return self.server.post(address, sent, headers={"DPoP": self.prover.proof(htu=address)}, timeout=10)

    def token(self, *, audience: str = "", **form: str) -> requests.Response:
        return self.call("token_endpoint", form)

    def tokens_of(self, answer: requests.Response, nonce: str = "") -> dict[str, Any]:
        assert answer.status_code == 200, answer.text
        assert media_type(answer) == "application/json"
        assert "no-store" in answer.headers["Cache-Control"]
        tokens: dict[str, Any] = answer.json()
        assert tokens["token_type"] == TOKEN_TYPE
        if "openid" not in self.scope.split():
            assert "id_token" not in tokens
            return tokens
        claims = self.verified(tokens["id_token"])
        self._check_id_token(claims, nonce)
        return {**tokens, "claims": claims}

    def show(self, token: str, address: str = "", **headers: str) -> requests.Response:
        """Show the token at the resource, which is the userinfo endpoint unless `address` says otherwise."""
        address = address or self.metadata["userinfo_endpoint"]
        proof = self.prover.proof(method="GET", token=token, htu=address.partition("?")[0])
        shown = {"Authorization": f"DPoP {token}", "DPoP": proof, **headers}
        return self.server.get(address, headers=shown, timeout=10)
