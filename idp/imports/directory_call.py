"""One question to a former directory: is this password right, and what is known of the person?

    POST <url>   {"identifier": "CVCI00000001", "password": "…"}   →   {"result": "ok", "known": {"given_name": …}}

`result` is ok, refused, locked or closed. The request is signed by RFC 9421 (hmac-sha256 over method, address and the
RFC 9530 Content-Digest), so that the directory answers nobody else. Redirects are not followed.
"""

import hmac
from base64 import b64encode
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

import msgspec
import requests
from urllib3.exceptions import HTTPError

from idp.clock import Clock
from idp.settings import LegacyDirectory

LONGEST_ANSWER = 64 * 1024
COVERED = '("@method" "@target-uri" "content-digest")'


class NoAnswer(Exception):
    """The directory did not answer as it should; the message says how, without any value of the person."""


class Known(msgspec.Struct, frozen=True):
    """What the directory knows of the person; other fields are ignored."""

    given_name: str = ""
    family_name: str = ""
    honorific: str = ""
    birth_date: str = ""
    language: str = ""
    email: str = ""
    phone: str = ""


class Answer(msgspec.Struct, frozen=True):
    """The directory's whole answer."""

    result: Literal["ok", "refused", "locked", "closed"]
    known: Known = Known()


def ask(directory: LegacyDirectory, secret: bytes, identifier: str, password: str, clock: Clock) -> Answer:
    """Ask, and wait at most the directory's time-out, for the first byte and for all of them. Raises `NoAnswer`."""
    until = clock.now() + timedelta(seconds=directory.timeout)
    body = msgspec.json.encode({"identifier": identifier, "password": password})
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxies or credentials from the environment
            headers = signed_headers(directory, secret, body, clock.now())
            with session.post(
                directory.url,
                data=body,
                headers=headers,
                timeout=directory.timeout,
                allow_redirects=False,
                stream=True,
            ) as answer:
                raw = _read(answer, clock, until=until)
    except (requests.RequestException, HTTPError, OSError) as error:
        raise NoAnswer(type(error).__name__) from error
    if answer.status_code != requests.codes.ok:
        raise NoAnswer(f"HTTP {answer.status_code}")
    try:
        return msgspec.json.decode(raw, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NoAnswer("an answer of another form") from error


def _read(answer: requests.Response, clock: Clock, *, until: datetime) -> bytes:
    """The body, as far as it may be read; a directory that trickles must not hold a thread."""
    raw = b""
    while len(raw) < LONGEST_ANSWER and (piece := answer.raw.read1(LONGEST_ANSWER, decode_content=True)):
        raw += piece
        if clock.now() > until:
            raise NoAnswer("too slow")
    return raw


def signed_headers(directory: LegacyDirectory, secret: bytes, body: bytes, now: datetime) -> dict[str, str]:
    """The headers of a signed request (RFC 9421 §2.5, §3.3.3)."""
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
