"""The events that a client's file subscribes to: security events of its people."""

import re
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

SSF_READ, SSF_MANAGE = "ssf.read", "ssf.manage"
"""Scopes of the API by which a receiver manages its stream (CAEP Interoperability Profile 1.0 §2.7.2)."""
SSF_SCOPES = frozenset({SSF_READ, SSF_MANAGE})

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class EventStream(Section, frozen=True, kw_only=True):
    """A stream of security events about the client's people (OpenID Shared Signals Framework 1.0).

    `push`: they are posted to `endpoint` (RFC 8935); `poll`: the client fetches them (RFC 8936).
    """

    types: Annotated[tuple[SecurityEventName, ...], msgspec.Meta(min_length=1)]
    delivery: Literal["push", "poll"] = "push"
    endpoint: str = ""
    authorization_env: str = ""


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


def _twice(path: str, names: tuple[str, ...]) -> Iterator[FileFault]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield FileFault(f"{path}[{index}]", f"{name!r} is listed twice")


def _no_variable(path: str, name: str) -> Iterator[FileFault]:
    if name and not VARIABLE.fullmatch(name):
        yield FileFault(path, "the name of an environment variable is expected, not its value")
