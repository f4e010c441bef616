"""Every error has a request that gets it, over HTTP, under the code of its standard; none is there for nothing."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp import jose, random_values
from idp.clients.reconcile import KnownClient
from idp.oidc import errors
from idp.oidc.errors import OAuthError
from idp.oidc.shared_signals.receiver import StreamExists, UnknownStream
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.possession import Prover
from tests.support.relying_party import ABSENT, RelyingParty
from tests.support.signed_in import sign_in
from tests.support.tokens import TokenClient

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
INITIAL = "the-initial-access-token-of-the-test"
ELSEWHERE = {UnknownStream, StreamExists}
"""Errors of event streams: tests/events/test_management.py"""
CLASSES = set(OAuthError.__subclasses__()) - ELSEWHERE


@dataclass
class World:
    """A person in a browser, and the client `basic` as relying party and at the token endpoint."""

    app: Flask
    provider: Provider
    clock: MovableClock
    browser: FlaskClient
    person: str

    def authorize(self, client_id: str = "basic", **changes: str | None) -> str:
        """The error of an authorization request."""
        return RelyingParty(self.app, client_id).authorize(self.browser, **changes).error

    def client(self, client_id: str = "basic") -> TokenClient:
        return TokenClient(self.app, client_id)

    def token(self, client_id: str = "basic", headers: dict[str, str] | None = None, **form: str) -> str:
        return error_of(self.client(client_id).post("/token", headers, **form))

    def sign_in(self, client_id: str = "basic") -> None:
        sign_in(self.provider, self.browser, self.person, client_id)

    def register(self, **metadata: Any) -> str:
        return error_of(
            self.browser.post("/registration", json=metadata, headers={"Authorization": f"Bearer {INITIAL}"})
        )

    def poll(self, *, times: int = 1, after: int = 0) -> str:
        """What a device hears that asks so many times, so many seconds after it began."""
        begun = self.browser.post("/device_authorization", data={"client_id": "television", "scope": "openid"})
        self.clock.forward(seconds=after)
        form = {"grant_type": DEVICE, "device_code": begun.get_json()["device_code"]}
        return [self.token("television", **form) for _ in range(times)][-1]


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {
        "registration": {"like": "asks-consent", "initial_access_tokens": [random_values.fingerprint(INITIAL)]},
        "dpop": {"nonces": True},
    }


@pytest.fixture
def world(app: Flask, provider: Provider, clock: MovableClock, visitor: FlaskClient, person: str) -> World:
    return World(app, provider, clock, visitor, person)


def error_of(response: TestResponse) -> str:
    """The code in the body, which is also the one of the challenge, where there is one that names any."""
    code = str(response.get_json()["error"])
    challenged = re.search(r'error="(\w+)"', response.headers.get("WWW-Authenticate", ""))
    assert challenged is None or challenged[1] == code
    return code


def without_access(world: World) -> str:
    bend(world.provider, "basic", policy={"entry": "enrolment"})
    world.sign_in()
    return world.authorize(prompt="none")


def with_a_weak_sign_in(world: World) -> str:
    bend(world.provider, "basic", policy={"second_step": "when-asked"})
    world.sign_in()
    world.clock.forward(seconds=1)
    return world.authorize(prompt="none", acr_values="mfa")


def without_consent(world: World) -> str:
    world.sign_in("asks-consent")
    return world.authorize("asks-consent", prompt="none")


def insisting_on_the_impossible(world: World) -> str:
    return world.authorize(claims=json.dumps({"id_token": {"acr": {"essential": True, "value": "urn:x"}}}))


def with_a_bad_object(world: World) -> str:
    bend(world.provider, "basic", jwks={"keys": [jose.generate("ES256", "k").as_dict(private=False)]})
    return world.authorize(request="garbage")


def without_openid(world: World) -> str:
    basic = world.client()
    return error_of(basic.userinfo(basic.tokens(world.person, scope="email")["access_token"]))


def with_a_proof(world: World, **changes: Any) -> str:
    return world.token(headers=Prover(world.clock).header(**changes), grant_type="refresh_token", refresh_token="x")


def guessing(world: World) -> str:
    times = world.provider.settings.limits["client_authentication"].times
    wrong = {"client_id": "post", "client_secret": "wrong", "grant_type": "refresh_token"}
    return [error_of(world.browser.post("/token", data=wrong)) for _ in range(times + 1)][-1]


def without_its_file(world: World) -> str:
    with world.provider.database.transaction() as tx:
        tx.add(KnownClient(client_id="away", appeared_at=tx.now, disappeared_at=tx.now, ended_at=None))
    return error_of(world.browser.post("/token", data={"client_id": "away", "grant_type": "refresh_token"}))


PROVOKED_BY: dict[type[OAuthError], Callable[[World], str]] = {
    errors.InvalidRequest: lambda world: world.authorize(response_type=ABSENT),
    errors.InvalidClient: lambda world: error_of(world.browser.post("/token", data={"client_id": "nobody"})),
    errors.InvalidGrant: lambda world: world.token(grant_type="refresh_token", refresh_token="nonsense"),
    errors.UnauthorizedClient: lambda world: world.token("machine", grant_type="refresh_token"),
    errors.UnsupportedGrantType: lambda world: world.token(grant_type="password"),
    errors.UnsupportedResponseType: lambda world: world.authorize(response_type="token"),
    errors.InvalidScope: lambda world: world.authorize(scope="nonsense"),
    errors.AccessDenied: without_access,
    errors.LoginRequired: lambda world: world.authorize(prompt="none"),
    errors.InteractionRequired: with_a_weak_sign_in,
    errors.ConsentRequired: without_consent,
    errors.UnmetAuthenticationRequirements: insisting_on_the_impossible,
    errors.RequestNotSupported: lambda world: world.authorize(request="e30.e30."),
    errors.RequestUriNotSupported: lambda world: world.authorize(request_uri="https://basic.example.ch/request"),
    errors.RegistrationNotSupported: lambda world: world.authorize(registration="{}"),
    errors.InvalidRequestObject: with_a_bad_object,
    errors.InvalidRequestUri: lambda world: world.authorize(request_uri="urn:ietf:params:oauth:request_uri:unknown"),
    errors.InvalidTarget: lambda world: world.authorize(resource="https://elsewhere.example"),
    errors.InvalidAuthorizationDetails: lambda world: world.authorize(authorization_details='[{"type": "payment"}]'),
    errors.InvalidToken: lambda world: error_of(world.client().userinfo("nonsense")),
    errors.InsufficientScope: without_openid,
    errors.InvalidDpopProof: lambda world: with_a_proof(world, htm="GET"),
    errors.UseDpopNonce: with_a_proof,
    errors.AuthorizationPending: lambda world: world.poll(),
    errors.SlowDown: lambda world: world.poll(times=2),
    errors.ExpiredToken: lambda world: world.poll(after=600),
    errors.InvalidRedirectUri: lambda world: world.register(redirect_uris=["http://elsewhere.example/"]),
    errors.InvalidClientMetadata: lambda world: world.register(grant_types=["implicit"]),
    errors.TemporarilyUnavailable: without_its_file,
    errors.TooManyRequests: guessing,
}


def test_there_is_a_request_for_every_error() -> None:
    assert PROVOKED_BY.keys() == CLASSES


@pytest.mark.parametrize("error", PROVOKED_BY, ids=lambda error: error.__name__)
def test_every_error_can_be_provoked_and_has_the_code_of_its_standard(world: World, error: type[OAuthError]) -> None:
    assert re.search(r"RFC \d{4}|OIDC Core", error.__doc__ or "")
    assert PROVOKED_BY[error](world) == error.code
