"""Events of a person's access at a client: consent, tokens, and their end."""

from dataclasses import dataclass, field

from idp.audit.events.event import Event


@dataclass(frozen=True, kw_only=True)
class ConsentGiven(Event):
    scopes: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ConsentWithdrawn(Event):
    pass


@dataclass(frozen=True, kw_only=True)
class AccessBegan(Event):
    """A client got its first tokens for a person: the person is signed in there."""

    family_id: str
    scopes: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class CodeReplayed(Event):
    """A spent authorization code came a second time; what the first use had issued was revoked."""

    family_id: str


@dataclass(frozen=True, kw_only=True)
class RefreshTokenReused(Event):
    """An old refresh token came back after its successor was in use: theft is assumed, the family is revoked."""

    family_id: str


@dataclass(frozen=True, kw_only=True)
class TokensRevoked(Event):
    """The client gave its tokens back (RFC 7009)."""

    family_id: str


@dataclass(frozen=True, kw_only=True)
class AccessEnded(Event):
    """Client sessions and refresh families were ended; `scope` says how far, `reason` why."""

    scope: str
    reason: str
    client_sessions: int
    families: int
