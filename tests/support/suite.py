"""What a conformance suite is to the provider: its own https host, clients that register themselves, a scripted person.

Nothing here knows the provider but by HTTP: discovery, pages with stable names and ids, redirects, tokens.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.e2e.reading import page, submit
from tests.support.relying_party import ALGORITHMS, LONG_STATE
from tests.support.web_server import Served, serving

ASKED = {"identifier", "password"}


class Suite:
    """One module of a run: registers a client as it starts, deletes it as it ends (`registered`)."""

    def __init__(self, issuer: str, authority: Path, host: Served, person: Mapping[str, str]) -> None:
        self.issuer = issuer
        self.host = host
        self.person = person
        self.browser = requests.Session()
        self.server = requests.Session()
        for session in (self.browser, self.server):
            session.trust_env, session.verify = False, str(authority)
        self.metadata: dict[str, Any] = self.server.get(f"{issuer}/.well-known/openid-configuration", timeout=10).json()
        self.client: dict[str, Any] = {}

    @contextmanager
    def registered(self, **metadata: Any) -> Iterator[None]:
        sent = {
            "client_name": "Conformance",
            "redirect_uris": [self.callback],
            "post_logout_redirect_uris": [f"{self.host.url}/post_logout_redirect"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "contacts": ["suite@example.org"],
            **metadata,
        }
        answer = self.server.post(self.metadata["registration_endpoint"], json=sent, timeout=10)
        assert answer.status_code == 201, answer.text
        self.client = answer.json()
        yield
        manager = {"Authorization": f"Bearer {self.client['registration_access_token']}"}
        gone = self.server.delete(self.client["registration_client_uri"], headers=manager, timeout=10)
        assert gone.status_code == 204

    @property
    def callback(self) -> str:
        return f"{self.host.url}/callback"

    def authorize(self, *, press: str = "allow", **more: str) -> dict[str, str]:
        """Send the browser, answer whatever pages come as a script would (consent by pressing `press`), and return
        what arrived at the callback."""
        request = {
            "client_id": self.client["client_id"],
            "response_type": "code",
            "redirect_uri": self.callback,
            "scope": "openid",
            "state": LONG_STATE,
            "nonce": "n-" + LONG_STATE,
            **more,
        }
        answer = self.browser.get(self.metadata["authorization_endpoint"], params=request, timeout=10)
        self.pages: list[str] = []
        while not answer.url.startswith(self.callback):
            answer = self._answered(answer, press)
        arrived = dict(parse_qsl(urlsplit(answer.url).query))
        assert (arrived.pop("state"), arrived.pop("iss")) == (LONG_STATE, self.issuer)
        return arrived

    def _answered(self, answer: requests.Response, press: str) -> requests.Response:
        shown = page(answer)
        self.pages.append(shown.path)
        assert len(self.pages) < 5, self.pages
        if shown.by_id("sign-in"):
            asked = {name: self.person[name] for name in ASKED if shown.by_id(name)}
            return submit(self.browser, answer, "sign-in", **asked)
        return submit(self.browser, answer, press)

    def token(self, **form: str) -> requests.Response:
        credentials = (self.client["client_id"], self.client["client_secret"])
        return self.server.post(self.metadata["token_endpoint"], form, auth=credentials, timeout=10)

    def redeem(self, code: str) -> dict[str, Any]:
        """The tokens of a code, the claims of the verified ID token under `claims`."""
        answer = self.token(grant_type="authorization_code", code=code, redirect_uri=self.callback)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return {**tokens, "claims": self.verified(tokens["id_token"])}

    def verified(self, token: str) -> dict[str, Any]:
        keys = KeySet.import_key_set(self.server.get(self.metadata["jwks_uri"], timeout=10).json())
        claims: dict[str, Any] = jwt.decode(token, keys, ALGORITHMS).claims
        assert (claims["iss"], claims["aud"]) == (self.issuer, self.client["client_id"])
        return claims

    def userinfo(self, token: str) -> dict[str, Any]:
        shown = {"Authorization": f"Bearer {token}"}
        found: dict[str, Any] = self.server.get(self.metadata["userinfo_endpoint"], headers=shown, timeout=10).json()
        return found

    def log_out(self, **parameters: str) -> requests.Response:
        return self.browser.get(self.metadata["end_session_endpoint"], params=parameters, timeout=10)


@contextmanager
def host(certificate: Path) -> Iterator[Served]:
    """Where the suite itself is served: callbacks, logout addresses, documents."""
    with serving(certificate) as served:
        served.content_type = "text/html"
        served.body = b"ok"
        yield served
