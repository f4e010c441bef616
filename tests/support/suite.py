"""What a conformance suite is to the provider: its own https host, clients that register themselves, a scripted person.

Nothing here knows the provider but by HTTP: discovery, pages with stable names and ids, redirects, tokens. What the
suite checks in every module is checked here in every call, its warnings like its failures.
"""

import json
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tests.e2e.reading import page, submit
from tests.support.browser import Page
from tests.support.relying_party import ABSENT, ALGORITHMS, LONG_STATE
from tests.support.web_server import Seen, Served, serving

BASE = "/test/a/vestibule"
PATIENCE = 30  # seconds for an answer, on a machine that has other work too
ASKED = {"identifier", "password"}
REFRESHING = ["authorization_code", "refresh_token"]
LONGEST_SUBJECT = 255
A_FEW_MINUTES = 300
ERROR_PARAMETERS = {"error", "error_description"}
DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]*")  # RFC 6749 §4.1.2.1
PROTOCOL_CLAIMS = {"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"}
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@cache
def key(kid: str = "") -> RSAKey:
    """A key of the suite's clients. Unless a test is about key ids, it has none."""
    return RSAKey.generate_key(2048, {"alg": "RS256", "use": "sig", **({"kid": kid} if kid else {})})


def key_set(*keys: RSAKey) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


class Suite:
    """One module of a run: registers a client as it starts, deletes it as it ends (`registered`).

    `mode` is the response mode it asks for, `method` how its clients authenticate, `signing_key` what they sign with.
    """

    def __init__(self, issuer: str, authority: Path, host: Served, person: Mapping[str, str], mode: str = "") -> None:
        self.issuer = issuer
        self.host = host
        self.person = person
        self.mode = mode
        self.method = "client_secret_basic"
        self.signing_key = key()
        self.browser = requests.Session()
        self.server = requests.Session()
        for session in (self.browser, self.server):
            session.trust_env, session.verify = False, str(authority)
        self.browser.headers["Accept-Language"] = "en-US,en;q=0.9"
        self.metadata: dict[str, Any] = self.server.get(
            f"{issuer}/.well-known/openid-configuration", timeout=PATIENCE
        ).json()
        self.client: dict[str, Any] = {}
        self.pages: list[Page] = []

    # Registration

    @contextmanager
    def registered(self, **metadata: Any) -> Iterator[None]:
        answer = self.register(**metadata)
        self.client = self.registration_of(answer)
        yield
        gone = self.server.delete(self.client["registration_client_uri"], headers=self.manager, timeout=PATIENCE)
        assert gone.status_code == 204

    def register(self, **metadata: Any) -> requests.Response:
        """The bare answer to what the suite registers; `ABSENT` leaves something out."""
        sent = {
            "client_name": "Conformance",
            "redirect_uris": [self.callback],
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "token_endpoint_auth_method": self.method,
            "jwks": key_set(self.signing_key),
            "contacts": ["certification@example.org"],
            **metadata,
        }
        present = {name: value for name, value in sent.items() if value is not ABSENT}
        return self.server.post(self.metadata["registration_endpoint"], json=present, timeout=PATIENCE)

    def registration_of(self, answer: requests.Response) -> dict[str, Any]:
        """OIDC Registration §3.2."""
        assert answer.status_code == 201, answer.text
        assert media_type(answer) == "application/json"
        client: dict[str, Any] = answer.json()
        assert "error" not in client
        assert client["client_id"]
        assert ("client_secret" in client) is self.method.startswith("client_secret")
        assert ("client_secret" in client) is ("client_secret_expires_at" in client)
        assert client["registration_client_uri"].startswith("https://")
        assert client["registration_access_token"]
        return client

    @property
    def manager(self) -> dict[str, str]:
        """The header that manages the registered client (RFC 7592 §2)."""
        return {"Authorization": f"Bearer {self.client['registration_access_token']}"}

    @property
    def callback(self) -> str:
        return self.address("callback")

    def address(self, path: str) -> str:
        """An address of the suite itself."""
        return f"{self.host.url}{BASE}/{path}"

    def serve(self, path: str, content: object) -> str:
        """Show a document at an address of the suite from now on; returns the address."""
        text = content if isinstance(content, str) else json.dumps(content)
        self.host.documents[f"{BASE}/{path}"] = text.encode()
        return self.address(path)

    def was_called(self, path: str) -> bool:
        """Whether anything has arrived at this address of the suite."""
        return any(seen.path.startswith(f"{BASE}/{path}") for seen in self.host.requests)

    # Authorization

    def request(self, **changes: str | None) -> dict[str, str]:
        """What the suite asks, with these changes; `ABSENT` leaves something out."""
        correct = {
            "client_id": self.client["client_id"],
            "redirect_uri": self.callback,
            "scope": "openid",
            "state": LONG_STATE,
            "nonce": "n-" + LONG_STATE,
            "response_type": "code",
            "response_mode": self.mode or ABSENT,
        }
        return {name: value for name, value in {**correct, **changes}.items() if value is not None}

    def authorize(self, *, press: str = "allow", **changes: str | None) -> dict[str, str]:
        """Send the browser, answer whatever pages come as a script would (consent by pressing `press`), and return
        what arrived at the callback."""
        return self.follow(self.visit(**changes), press=press, address=changes.get("redirect_uri") or "")

    def visit(self, **changes: str | None) -> requests.Response:
        """Send the browser with a request; whatever it sees first."""
        return self.browser.get(
            self.metadata["authorization_endpoint"], params=self.request(**changes), timeout=PATIENCE
        )

    def post(self, **changes: str | None) -> requests.Response:
        """The same by a form, which the suite sends without any page around it."""
        return self.browser.post(self.metadata["authorization_endpoint"], self.request(**changes), timeout=PATIENCE)

    def follow(self, answer: requests.Response, *, press: str = "allow", address: str = "") -> dict[str, str]:
        """Answer pages until the callback is reached; what arrived there. The query that `address`, the redirect
        address of this request, has of its own arrives too."""
        self.pages = []
        while not answer.url.startswith(self.callback):
            answer = self._answered(answer, press)
        return self.arrived(address)

    def arrived(self, address: str = "") -> dict[str, str]:
        """What the last visit brought to the callback."""
        called = [seen for seen in self.host.requests if seen.path.startswith(f"{BASE}/callback")]
        arrived = self._arrived(called[-1])
        own = dict(parse_qsl(urlsplit(address).query))
        assert {name: arrived.pop(name, "") for name in own} == own
        assert (arrived.pop("state"), arrived.pop("iss")) == (LONG_STATE, self.issuer)
        if "error" not in arrived:
            assert arrived.keys() == {"code"}
            assert len(arrived["code"]) >= 22  # 128 bits
        else:
            assert arrived.keys() <= ERROR_PARAMETERS
            assert DESCRIPTION.fullmatch(arrived.get("error_description", ""))
        return arrived

    def _answered(self, answer: requests.Response, press: str) -> requests.Response:
        shown = page(answer)
        if shown.by_id("answer"):
            return submit(self.browser, answer, "continue")
        self.pages.append(shown)
        assert answer.status_code == 200, (answer.url, answer.text)
        assert len(self.pages) < 5, [seen.path for seen in self.pages]
        if shown.by_id("sign-in"):
            asked = {name: self.person[name] for name in ASKED if shown.by_id(name)}
            return submit(self.browser, answer, "sign-in", **asked)
        return submit(self.browser, answer, press)

    def _arrived(self, seen: Seen) -> dict[str, str]:
        """Form Post Response Mode §2: by POST everything is in the form, else everything is in the query. What the
        registered address itself has in its query is there in any case."""
        query = dict(parse_qsl(urlsplit(seen.path).query))
        if self.mode != "form_post":
            assert seen.method == "GET"
            return query
        assert seen.method == "POST"
        assert seen.headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert not {"code", "error", "state"} & query.keys()
        return dict(seen.form)

    def shows_an_error(self, answer: requests.Response) -> Page:
        """The page of a request that may not be answered to the client: an error, and nobody was sent anywhere."""
        assert answer.url.startswith(self.issuer)
        assert answer.status_code == 400
        assert not self.was_called("callback")
        return page(answer)

    # Tokens

    def token(self, *, audience: str = "", **form: str) -> requests.Response:
        """A token request as the client is registered to authenticate. `audience` replaces that of an assertion."""
        authentication = (self.client["client_id"], self.client.get("client_secret", ""))
        credentials: tuple[str, str] | None = None
        if self.method == "client_secret_post":
            form |= {"client_id": authentication[0], "client_secret": authentication[1]}
        elif self.method == "private_key_jwt":
            form |= {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion(audience)}
        else:
            credentials = authentication
        return self.server.post(self.metadata["token_endpoint"], form, auth=credentials, timeout=PATIENCE)

    def assertion(self, audience: str = "") -> str:
        """OIDC Core §9; the suite addresses it to the token endpoint."""
        now = int(time.time())
        claims = {
            "iss": self.client["client_id"],
            "sub": self.client["client_id"],
            "aud": audience or self.metadata["token_endpoint"],
            "jti": token_hex(10),
            "nbf": now,
            "iat": now,
            "exp": now + 60,
        }
        return self.signed(claims)

    def signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": "RS256", **({"kid": self.signing_key.kid} if "kid" in self.signing_key.as_dict() else {})}
        return jwt.encode(header, claims, self.signing_key)

    def redeem(self, code: str, nonce: str = "n-" + LONG_STATE, **more: str) -> dict[str, Any]:
        """The tokens of a code, the claims of the verified ID token under `claims`."""
        answer = self.token(**{"grant_type": "authorization_code", "code": code, "redirect_uri": self.callback, **more})
        return self.tokens_of(answer, nonce)

    def refresh(self, token: str, **more: str) -> requests.Response:
        return self.token(grant_type="refresh_token", refresh_token=token, **more)

    def tokens_of(self, answer: requests.Response, nonce: str = "") -> dict[str, Any]:
        """RFC 6749 §5.1, OIDC Core §3.1.3.3."""
        assert answer.status_code == 200, answer.text
        assert media_type(answer) == "application/json"
        assert "no-store" in answer.headers["Cache-Control"]
        tokens: dict[str, Any] = answer.json()
        assert tokens["token_type"].lower() == "bearer"
        assert tokens["expires_in"] > 0
        claims = self.verified(tokens["id_token"])
        self._check_id_token(claims, nonce)
        return {**tokens, "claims": claims}

    def _check_id_token(self, claims: dict[str, Any], nonce: str) -> None:
        """OIDC Core §2, §3.1.3.7. What scopes ask for is told at the userinfo endpoint (§5.4)."""
        now = time.time()
        assert claims.keys() <= PROTOCOL_CLAIMS
        assert claims.get("nonce", "") == nonce
        assert abs(claims["iat"] - now) < A_FEW_MINUTES < claims["exp"] - now + A_FEW_MINUTES
        assert 0 < len(claims["sub"]) <= LONGEST_SUBJECT
        assert isinstance(claims["acr"], str)
        assert claims["acr"]
        assert claims["auth_time"] <= now

    def verified(self, token: str) -> dict[str, Any]:
        """The claims of a JWT that a published key signed, found by its `kid`, for this client."""
        keys = KeySet.import_key_set(self.keys())
        decoded = jwt.decode(token, keys, ALGORITHMS)
        assert decoded.header["kid"] in {key.kid for key in keys.keys}
        claims: dict[str, Any] = decoded.claims
        assert (claims["iss"], claims["aud"]) == (self.issuer, self.client["client_id"])
        return claims

    def keys(self) -> dict[str, Any]:
        found: dict[str, Any] = self.server.get(self.metadata["jwks_uri"], timeout=PATIENCE).json()
        return found

    def userinfo(self, token: str) -> dict[str, Any]:
        """What the access token opens (OIDC Core §5.3.2)."""
        answer = self.ask_userinfo(token)
        assert answer.status_code == 200, answer.text
        assert media_type(answer) == "application/json"
        found: dict[str, Any] = answer.json()
        return found

    def ask_userinfo(self, token: str, method: str = "GET") -> requests.Response:
        shown = {"Authorization": f"Bearer {token}"}
        return self.server.request(method, self.metadata["userinfo_endpoint"], headers=shown, timeout=PATIENCE)

    # Logout

    def log_out(self, **parameters: str) -> requests.Response:
        """Send the browser to the end session endpoint; where it is, or what it sees, then."""
        return self.browser.get(self.metadata["end_session_endpoint"], params=parameters, timeout=PATIENCE)

    def seen(self, path: str, within: float = PATIENCE) -> Seen:
        """The request that arrives at this path of the suite's host."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            for request in self.host.requests:
                if request.path.partition("?")[0] == f"{BASE}/{path}":
                    return request
            time.sleep(0.05)
        raise AssertionError(f"nothing arrived at {path}")


def media_type(answer: requests.Response) -> str:
    return answer.headers["Content-Type"].partition(";")[0]


def refused(answer: requests.Response, error: str, status: int = 400) -> None:
    """RFC 6749 §5.2: an error as JSON that a script can read."""
    assert answer.status_code == status, answer.text
    assert media_type(answer) == "application/json"
    told = answer.json()
    assert told["error"] == error
    assert DESCRIPTION.fullmatch(told.get("error_description", ""))


def header(token: str) -> dict[str, str]:
    """The header of a JWS."""
    part = token.partition(".")[0]
    found: dict[str, str] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def unsigned(claims: dict[str, Any]) -> str:
    """A JWT that nobody signed (`none`)."""
    parts = (urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "none"}, claims))
    return b".".join([*parts, b""]).decode()


@contextmanager
def host(certificate: Path) -> Iterator[Served]:
    """Where the suite itself is served: callbacks, logout addresses, documents."""
    with serving(certificate) as served:
        served.content_type = "text/html"
        served.body = b'<p id="submission_complete">ok</p>'
        yield served
