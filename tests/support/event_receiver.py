"""A portal that hears security events: pushed to a real server on this machine, or polled; and its management calls.

receiver = EventReceiver(app, served)          # push to `served`
receiver.sign_in(person)                       # so that the portal knows the person
(event,) = receiver.heard()                    # after `deliver(app)`
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, get_args

from flask import Flask
from werkzeug.test import TestResponse

from idp.clients.subscriptions import EventStream, SecurityEventName
from idp.provider import Provider
from idp.upkeep import chores
from tests.support.clients import bend
from tests.support.tokens import TokenClient, good
from tests.support.web_server import Served, serving

EVERY: tuple[SecurityEventName, ...] = get_args(SecurityEventName)
SCOPE = "openid profile email phone offline_access ssf.read ssf.manage"
GRANTS = ("authorization_code", "refresh_token", "client_credentials")


class EventReceiver:
    """Without a server it polls. `types` are the events of its file; `changes` bend the rest of it."""

    def __init__(
        self,
        app: Flask,
        served: Served | None = None,
        client_id: str = "basic",
        *,
        types: tuple[SecurityEventName, ...] = EVERY,
        authorization_env: str = "",
        **changes: Any,
    ) -> None:
        self.provider: Provider = app.extensions["provider"]
        self.client_id, self.served = client_id, served
        stream = (
            EventStream(types=types, endpoint=f"{served.url}/events", authorization_env=authorization_env)
            if served is not None
            else EventStream(types=types, delivery="poll")
        )
        fixed = {"events": stream, "grant_types": GRANTS, "scope": SCOPE, "allow_private_addresses": True}
        bend(self.provider, client_id, **{**fixed, "backchannel_logout_uri": "", **changes})
        self.tokens = TokenClient(app, client_id)
        chores.follow_client_files(self.provider)

    def sign_in(self, person_id: str) -> dict[str, Any]:
        """Let the person sign in at this portal; the answer of the token endpoint."""
        return self.tokens.tokens(person_id)

    def heard(self, name: str = "") -> list[dict[str, Any]]:
        """The claims of the events that were pushed, each verified by the provider's published keys.

        Verification events are left out, and all others but `name` if one is given.
        """
        assert self.served is not None
        found = [self.verified(seen.body.decode()) for seen in self.served.requests if seen.method == "POST"]
        return [claims for claims in found if name_of(claims) == name or (not name and name_of(claims) in EVERY)]

    def verified(self, token: str) -> dict[str, Any]:
        read = self.provider.signing_keys.verify(token)
        assert read.header["typ"] == "secevent+jwt"
        assert read.claims["iss"] == self.provider.settings.server.issuer
        assert read.claims["aud"] == self.client_id
        return dict(read.claims)

    def call(self, method: str, path: str, body: object = None, *, scope: str = "ssf.manage") -> TestResponse:
        """A management call with a token of its own for this scope."""
        token = good(self.tokens.post("/token", grant_type="client_credentials", scope=scope))["access_token"]
        sent = {"json": body} if body is not None else {}
        return self.tokens.http.open(path, method=method, headers={"Authorization": f"Bearer {token}"}, **sent)

    @property
    def stream_id(self) -> str:
        (stream,) = self.call("GET", "/ssf/stream", scope="ssf.read").get_json()
        return str(stream["stream_id"])

    def poll(self, **asked: object) -> list[dict[str, Any]]:
        """The events of one poll in their order; verification is none."""
        answer = self.call("POST", f"/ssf/poll/{self.stream_id}", asked, scope="ssf.read")
        assert answer.status_code == 200, answer.text
        return [self.verified(token) for token in answer.get_json()["sets"].values()]


def name_of(claims: dict[str, Any]) -> str:
    """The last part of the one event type in a token."""
    (uri,) = claims["events"]
    return str(uri.rpartition("/")[2])


def content_of(claims: dict[str, Any]) -> dict[str, Any]:
    """What the one event says."""
    (content,) = claims["events"].values()
    return dict(content)


@contextmanager
def receiving(app: Flask, client_id: str = "basic", **changes: Any) -> Iterator[EventReceiver]:
    """A receiver that events are pushed to; the verification event of its start is delivered already."""
    with serving() as served:
        served.status = 202
        yield EventReceiver(app, served, client_id, **changes)
