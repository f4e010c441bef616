"""The steps of one relying party and one browser at any OpenID provider: the work of `bench.load`.

Addresses come from discovery, forms are filled by the usual names of their fields, so the same visitor walks through
other providers too. Every method is one operation; a wrong answer is an error, so that only honest work is counted.
"""

import hashlib
import json
import secrets
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

from bench.wire import Answer, Wire

NAMES_OF_USER = {"identifier", "login", "username", "email"}
HOPS = 20


@dataclass(frozen=True)
class Target:
    """The provider under load, one client and one person of it. `metadata` is its discovery document."""

    metadata: dict[str, Any]
    client_id: str
    secret: str
    redirect_uri: str
    user: str
    password: str
    machine_scope: str
    scope: str

    def path(self, endpoint: str) -> str:
        address = urlsplit(self.metadata[endpoint])
        return address.path

    @property
    def discovery(self) -> str:
        return urlsplit(self.metadata["issuer"]).path + "/.well-known/openid-configuration"

    @property
    def credentials(self) -> dict[str, str]:
        pair = f"{quote(self.client_id, safe='')}:{quote(self.secret, safe='')}"
        return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


@dataclass
class Visitor:
    target: Target
    wire: Wire
    tokens: dict[str, Any] = field(default_factory=dict)

    async def discovery(self) -> None:
        _expect(await self.wire.get(self.target.discovery), 200)

    async def jwks(self) -> None:
        _expect(await self.wire.get(self.target.path("jwks_uri")), 200)

    async def client_credentials(self) -> None:
        await self._token({"grant_type": "client_credentials", "scope": self.target.machine_scope})

    async def userinfo(self) -> None:
        bearer = {"Authorization": f"Bearer {self.tokens['access_token']}"}
        _expect(await self.wire.get(self.target.path("userinfo_endpoint"), bearer), 200)

    async def introspection(self) -> None:
        form = {"token": self.tokens["access_token"]}
        path = self.target.path("introspection_endpoint")
        answer = _expect(await self.wire.post(path, form, self.target.credentials), 200)
        assert json.loads(answer.body)["active"] is True

    async def refresh(self) -> None:
        await self._renew({"grant_type": "refresh_token", "refresh_token": self.tokens["refresh_token"]})

    async def code(self) -> None:
        """Authorize with a live session, then redeem."""
        verifier, parameters = self.request()
        answer = await self.follow(f"{self.target.path('authorization_endpoint')}?{urlencode(parameters)}")
        await self._redeem(answer, verifier)

    async def pushed_code(self) -> None:
        """The same with a pushed request (RFC 9126)."""
        verifier, parameters = self.request()
        path = self.target.path("pushed_authorization_request_endpoint")
        pushed = _expect(await self.wire.post(path, parameters, self.target.credentials), 201)
        short = {"client_id": self.target.client_id, "request_uri": json.loads(pushed.body)["request_uri"]}
        answer = await self.follow(f"{self.target.path('authorization_endpoint')}?{urlencode(short)}")
        await self._redeem(answer, verifier)

    async def login_page(self) -> None:
        """The page that a person without session sees: authorize, redirect, page."""
        self.wire.cookies.clear()
        _, parameters = self.request()
        await self.follow(f"{self.target.path('authorization_endpoint')}?{urlencode(parameters)}", fill=False)

    async def sign_in(self) -> None:
        """All of it: a fresh browser, the login page, the password, the redirect, the tokens.

        Behind a proxy each comes from another network, as the limits expect of so many.
        """
        self.wire.cookies.clear()
        if self.wire.client:
            self.wire.client = somewhere()
        await self.code()

    def request(self) -> tuple[str, dict[str, str]]:
        verifier = secrets.token_urlsafe(48)
        challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        return verifier, {
            "client_id": self.target.client_id,
            "response_type": "code",
            "redirect_uri": self.target.redirect_uri,
            "scope": self.target.scope,
            "state": "s",
            "nonce": "n",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **({"prompt": "consent"} if "offline_access" in self.target.scope else {}),
        }

    async def follow(self, path: str, *, fill: bool = True) -> str:
        """Go where redirects and forms lead, until the address of the client; that address."""
        answer = await self.wire.get(path)
        for _ in range(HOPS):
            if answer.status in {302, 303}:
                if answer.location.startswith(self.target.redirect_uri):
                    return answer.location
                path = _path(urljoin(path, answer.location))
                answer = await self.wire.get(path)
                continue
            page = Forms(_expect(answer, 200).body.decode())
            if not fill:
                return path
            path = _path(urljoin(path, page.action or path))
            answer = await self.wire.post(path, page.filled(self.target))
        raise AssertionError(f"still at {path} after {HOPS} hops")

    async def _redeem(self, address: str, verifier: str) -> None:
        parameters = dict(parse_qsl(urlsplit(address).query))
        assert "code" in parameters, address
        form = {"code": parameters["code"], "redirect_uri": self.target.redirect_uri, "code_verifier": verifier}
        await self._renew({"grant_type": "authorization_code", **form})

    async def _renew(self, form: dict[str, str]) -> None:
        self.tokens = {**self.tokens, **await self._token(form)}

    async def _token(self, form: dict[str, str]) -> dict[str, Any]:
        path = self.target.path("token_endpoint")
        answer = _expect(await self.wire.post(path, form, self.target.credentials), 200)
        found: dict[str, Any] = json.loads(answer.body)
        return found


def somewhere() -> str:
    """Return a random IPv4 address."""
    return f"{1 + secrets.randbelow(120)}.{secrets.randbelow(256)}.{secrets.randbelow(256)}.{secrets.randbelow(256)}"


class Forms(HTMLParser):
    """The form of a page that a person would send: the one that asks something, otherwise the first that is posted."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._forms: list[tuple[str, dict[str, str]]] = []
        self._open = False
        self.feed(page)
        asking = [form for form in self._forms if {*NAMES_OF_USER, "password"} & set(form[1])]
        self.action, self.fields = (asking or self._forms or [("", {})])[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = given.get("method", "").lower() == "post"
            if self._open:
                self._forms.append((given.get("action", ""), {}))
        elif tag == "input" and self._open and given.get("name") and given.get("type") != "submit":
            self._forms[-1][1][given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False

    def filled(self, target: Target) -> dict[str, str]:
        known = {**dict.fromkeys(NAMES_OF_USER, target.user), "password": target.password}
        return {name: known.get(name, value) for name, value in self.fields.items()}


def _path(address: str) -> str:
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _expect(answer: Answer, status: int) -> Answer:
    assert answer.status == status, f"{answer.status} instead of {status}: {answer.body[:300]!r}"
    return answer
