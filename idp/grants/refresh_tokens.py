"""The text of refresh tokens: `<family>.<secret>.<tag>`.

A successor's secret is a keyed digest of its parent, so that the parent can give it again although only fingerprints
are stored. The tag is keyed too: it tells a token that was once issued from an invented one without a history.
"""

from dataclasses import dataclass

from idp import random_values
from idp.sealing import Sealer

SUCCESSOR = "refresh-token-successor"
TAG = "refresh-token-tag"
LONGEST = 200


@dataclass(frozen=True)
class RefreshToken:
    family_id: str
    secret: str
    tag: str

    @property
    def text(self) -> str:
        return f"{self.family_id}.{self.secret}.{self.tag}"

    @property
    def fingerprint(self) -> str:
        return random_values.fingerprint(self.text)


def first(sealer: Sealer, family_id: str) -> RefreshToken:
    """Return the first token of a family: 256 random bits."""
    return _tagged(sealer, family_id, random_values.token())


def parse(text: str) -> RefreshToken | None:
    """Return a token in its parts, or None for a text that cannot be one."""
    parts = text.split(".")
    return RefreshToken(*parts) if len(parts) == 3 and len(text) <= LONGEST else None


def successor(sealer: Sealer, parent: RefreshToken) -> RefreshToken:
    """Return the one token that follows, under the active key."""
    return _tagged(sealer, parent.family_id, _without_key_id(sealer.digest(SUCCESSOR, parent.text)))


def issued_successor(sealer: Sealer, parent: RefreshToken, fingerprint: str) -> RefreshToken | None:
    """Return the successor whose fingerprint is stored, whichever key derived it; None: there is another one stored."""
    secrets = (_without_key_id(digest) for digest in sealer.digests(SUCCESSOR, parent.text))
    for secret in secrets:
        for tag in sealer.digests(TAG, parent.family_id, secret):
            token = RefreshToken(parent.family_id, secret, _without_key_id(tag))
            if random_values.same(token.fingerprint, fingerprint):
                return token
    return None


def is_genuine(sealer: Sealer, token: RefreshToken) -> bool:
    """Return whether this provider once issued it."""
    tags = sealer.digests(TAG, token.family_id, token.secret)
    return any(random_values.same(_without_key_id(tag), token.tag) for tag in tags)


def _tagged(sealer: Sealer, family_id: str, secret: str) -> RefreshToken:
    return RefreshToken(family_id, secret, _without_key_id(sealer.digest(TAG, family_id, secret)))


def _without_key_id(digest: str) -> str:
    """Key ids stay at home; on return every known key is tried."""
    return digest.rpartition(".")[2]
