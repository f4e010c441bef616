"""The events that a client's file subscribes to: security events of people, and web-hooks of a fund's program."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from idp.clients.conversion import FileFault
from idp.settings import Section

SecurityEventName = Literal[
    "session-revoked",
    "credential-change",
    "assurance-level-change",
    "account-disabled",
    "account-enabled",
    "account-purged",
    "identifier-changed",
]
WebhookEventName = Literal[
    "letter.used",
    "account.migrated",
    "member.invited",
    "member.activated",
    "member.deactivated",
    "address.changed",
    "phone.changed",
]

SSF_READ, SSF_MANAGE = "ssf.read", "ssf.manage"
"""Scopes of the API by which a receiver manages its stream (CAEP Interoperability Profile 1.0 §2.7.2)."""
SSF_SCOPES = frozenset({SSF_READ, SSF_MANAGE})

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SECRET_PREFIX = "whsec_"  # noqa: S105
LEAST_SECRET, LARGEST_SECRET = 24, 64  # bytes, as Standard Webhooks asks
SECRET_SHAPE = f"{SECRET_PREFIX} and the Base64 of {LEAST_SECRET} to {LARGEST_SECRET} random bytes are expected"


class EventStream(Section, frozen=True, kw_only=True):
    """A stream of security events about the client's people (OpenID Shared Signals Framework 1.0).

    `push`: they are posted to `endpoint` (RFC 8935); `poll`: the client fetches them (RFC 8936).
    """

    types: Annotated[tuple[SecurityEventName, ...], msgspec.Meta(min_length=1)]
    delivery: Literal["push", "poll"] = "push"
    endpoint: str = ""
    authorization_env: str = ""


class Webhook(Section, frozen=True, kw_only=True):
    """The address of a program that hears what happens at its funds and portals (Standard Webhooks)."""

    types: Annotated[tuple[WebhookEventName, ...], msgspec.Meta(min_length=1)]
    url: str
    secret_env: str
    previous_secret_env: str = ""

    @property
    def secret_variables(self) -> tuple[str, ...]:
        """The variables of all secrets that sign, the newest first."""
        return tuple(name for name in (self.secret_env, self.previous_secret_env) if name)


def stream_faults(stream: EventStream) -> Iterator[FileFault]:
    """Find what contradicts itself in a stream."""
    yield from _twice("events.types", stream.types)
    if stream.delivery == "push" and not stream.endpoint:
        yield FileFault("events.endpoint", "push delivery needs the address of the receiver")
    if stream.delivery == "poll":
        for name in ("endpoint", "authorization_env"):
            if getattr(stream, name):
                yield FileFault(f"events.{name}", "only push delivery uses it")
    yield from _no_variable("events.authorization_env", stream.authorization_env)


def webhook_faults(webhook: Webhook) -> Iterator[FileFault]:
    """Find what contradicts itself in a web-hook."""
    yield from _twice("webhook.types", webhook.types)
    yield from _no_variable("webhook.secret_env", webhook.secret_env)
    yield from _no_variable("webhook.previous_secret_env", webhook.previous_secret_env)
    if webhook.previous_secret_env == webhook.secret_env:
        yield FileFault("webhook.previous_secret_env", "the previous secret has a variable of its own")


def signing_key(secret: str) -> bytes:
    """Return the key in a secret of Standard Webhooks. Raises `ValueError` for any other text."""
    try:
        key = b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError(SECRET_SHAPE) from error
    if not secret.startswith(SECRET_PREFIX) or not LEAST_SECRET <= len(key) <= LARGEST_SECRET:
        raise ValueError(SECRET_SHAPE)
    return key


def _twice(path: str, names: tuple[str, ...]) -> Iterator[FileFault]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield FileFault(f"{path}[{index}]", f"{name!r} is listed twice")


def _no_variable(path: str, name: str) -> Iterator[FileFault]:
    if name and not VARIABLE.fullmatch(name):
        yield FileFault(path, "the name of an environment variable is expected, not its value")
