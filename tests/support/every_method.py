"""A client for each way of authenticating, and what it shows: `shown(provider, clock, "private_key_jwt")`."""

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

from idp import jose, random_values
from idp.jose import Key
from idp.provider import Provider
from tests.support.clients import SHARED_SECRET, bend, secret_of
from tests.support.clock import MovableClock
from tests.support.possession import Certificate

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ISSUER = "http://localhost"


@dataclass(frozen=True)
class Shown:
    """The client that authenticates, and the form fields and headers by which it does."""

    client_id: str
    form: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


def shown(provider: Provider, clock: MovableClock, method: str) -> Shown:
    """What a correct client of this method sends; its registration is bent to it."""
    match method:
        case "none":
            return Shown("public")
        case "client_secret_basic":
            pair = f"machine:{secret_of('machine')}"
            return Shown("machine", headers={"Authorization": "Basic " + b64encode(pair.encode()).decode()})
        case "client_secret_post":
            return Shown("post", {"client_secret": secret_of("post")})
        case "client_secret_jwt":
            return by_assertion(provider, clock, "HS256")
        case "private_key_jwt":
            return by_assertion(provider, clock, "ES256")
        case _:
            return _by_certificate(provider, clock, method)


def by_assertion(provider: Provider, clock: MovableClock, algorithm: str) -> Shown:
    """An assertion signed with this algorithm: by the shared secret for HMAC, else by a registered key."""
    if algorithm.startswith("HS"):
        return Shown("secret-jwt", _assertion(clock, "secret-jwt", jose.symmetric_key(SHARED_SECRET), algorithm))
    key = jose.generate(algorithm, "k")
    changes: dict[str, Any] = {"jwks": {"keys": [key.as_dict(private=False)]}, "secret_digests": ()}
    bend(provider, "machine", token_endpoint_auth_method="private_key_jwt", **changes)
    return Shown("machine", _assertion(clock, "machine", key, algorithm))


def _by_certificate(provider: Provider, clock: MovableClock, method: str) -> Shown:
    certificate = Certificate("machine", clock.now(), dns="machine.example.ch")
    name: dict[str, Any] = {"tls_client_auth_san_dns": "machine.example.ch"}
    known = name if method == "tls_client_auth" else {"jwks": certificate.jwks}
    bend(provider, "machine", token_endpoint_auth_method=method, secret_digests=(), **known)
    return Shown("machine", headers=certificate.headers())


def _assertion(clock: MovableClock, client_id: str, key: Key, algorithm: str) -> dict[str, str]:
    now = int(clock.now().timestamp())
    named = {"iss": client_id, "sub": client_id, "aud": ISSUER, "jti": random_values.token(16)}
    signed = jose.sign({**named, "iat": now, "exp": now + 60}, key, algorithm, typ="JWT")
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}
