"""A call to a former directory: is this password right, and which data does it have about the person?

    POST <url>   {"identifier": "CVCI00000001", "password": "…"}   →   {"result": "ok", "known": {"given_name": …}}

`result` is ok, refused, locked or closed. The request is signed by RFC 9421 (hmac-sha256 over method, address and the
RFC 9530 Content-Digest), so that the directory answers nobody else.

A directory is called by `concurrency` threads of a process at most; after `tolerated` failures in a row it is left
alone for a `pause`.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Literal

import msgspec

from idp import random_values
from idp.clock import Clock
from idp.outages import Unavailable
from idp.outbound.breaker import BreakerRules
from idp.outbound.client import Outbound, OutboundBusy, Recipient
from idp.outbound.exchange import OutboundFailed, OutboundRequest
from idp.settings import LegacyDirectory, SettingsError

LONGEST_ANSWER = 64 * 1024
NOT_CONFIGURED = 60
"""Seconds after which to try again."""
COVERED = '("@method" "@target-uri" "content-digest")'


class DirectoryUnavailable(Unavailable):
    """The directory cannot be asked now: 503, and again after `retry_after` seconds. The cause holds no value of the
    person."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"again after {retry_after} seconds")
        self.retry_after = retry_after


class DirectoryProfile(msgspec.Struct, frozen=True):
    """The directory's data about the person; other fields are ignored."""

    given_name: str = ""
    family_name: str = ""
    honorific: str = ""
    birth_date: str = ""
    language: str = ""
    email: str = ""
    phone: str = ""


class DirectoryAnswer(msgspec.Struct, frozen=True):
    """The directory's whole answer."""

    result: Literal["ok", "refused", "locked", "closed"]
    known: DirectoryProfile = DirectoryProfile()


class DirectoryCalls:
    """The ways to the directories of this installation, by the name that a portal's `legacy.source` gives."""

    def __init__(
        self,
        directories: Mapping[str, LegacyDirectory],
        environ: Mapping[str, str],
        outbound: Outbound,
        clock: Clock,
    ) -> None:
        """Raises `SettingsError` for a directory whose secret is not in the environment, or can be guessed."""
        for name, directory in directories.items():
            if not environ.get(directory.secret_env):
                raise SettingsError(f"legacy_directories.{name}: the variable {directory.secret_env} is not set")
            if weakness := random_values.weakness(environ[directory.secret_env]):
                raise SettingsError(f"legacy_directories.{name}: {directory.secret_env} can be guessed: {weakness}")
        self._directories = dict(directories)
        self._secrets = {name: environ[each.secret_env].encode() for name, each in directories.items()}
        self._outbound = outbound
        self._clock = clock

    def ask(self, name: str, identifier: str, password: str) -> DirectoryAnswer:
        """Ask the directory of this name. Raises `DirectoryUnavailable`."""
        directory = self._directories.get(name)
        if directory is None:
            raise DirectoryUnavailable(NOT_CONFIGURED) from KeyError(name)
        body = msgspec.json.encode({"identifier": identifier, "password": password})
        headers = signed_headers(directory, self._secrets[name], body, self._clock.now())
        try:
            answer = self._outbound.send(
                OutboundRequest(directory.url, "POST", headers, body), recipient(name, directory)
            )
        except OutboundBusy as busy:
            raise DirectoryUnavailable(busy.retry_after) from busy
        except OutboundFailed as error:
            raise DirectoryUnavailable(directory.pause) from error
        if answer.status != HTTPStatus.OK:
            raise DirectoryUnavailable(directory.pause) from OutboundFailed(f"HTTP {answer.status}")
        try:
            return msgspec.json.decode(answer.body, type=DirectoryAnswer)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise DirectoryUnavailable(directory.pause) from OutboundFailed("an answer of another form")


def recipient(name: str, directory: LegacyDirectory) -> Recipient:
    pause = timedelta(seconds=directory.pause)
    return Recipient(
        name=name,
        purpose="legacy_directory",
        allow_private=True,
        at_once=directory.concurrency,
        time_limit=directory.timeout,
        largest=LONGEST_ANSWER,
        circuit=BreakerRules(directory.tolerated, pause, longest=pause),
    )


def signed_headers(directory: LegacyDirectory, secret: bytes, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers of a signed request (RFC 9421 §2.5, §3.3.3)."""
    content_digest = f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"
    parameters = f'{COVERED};created={int(now.timestamp())};keyid="{directory.key_id}";alg="hmac-sha256"'
    signed = (
        f'"@method": POST\n"@target-uri": {directory.url}\n"content-digest": {content_digest}\n'
        f'"@signature-params": {parameters}'
    )
    signature = b64encode(hmac.digest(secret, signed.encode(), sha256)).decode()
    return {
        "Content-Type": "application/json",
        "Content-Digest": content_digest,
        "Signature-Input": f"idp={parameters}",
        "Signature": f"idp=:{signature}:",
    }
