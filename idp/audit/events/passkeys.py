"""Events of a person's passkeys. `passkey_id` is our own id, never the credential's."""

from dataclasses import dataclass

from idp.audit.events.event import Event


@dataclass(frozen=True, kw_only=True)
class PasskeyAdded(Event):
    """`aaguid` names the kind of authenticator as it says of itself; `backed_up`: it is synchronised."""

    passkey_id: str
    aaguid: str
    backed_up: bool


@dataclass(frozen=True, kw_only=True)
class PasskeyUsed(Event):
    passkey_id: str


@dataclass(frozen=True, kw_only=True)
class PasskeyCountWentBack(Event):
    """The count of uses was not above the stored one: the passkey may have been copied (WebAuthn §6.1.1)."""

    passkey_id: str
    stored: int
    received: int


@dataclass(frozen=True, kw_only=True)
class PasskeyRenamed(Event):
    passkey_id: str


@dataclass(frozen=True, kw_only=True)
class PasskeyRemoved(Event):
    passkey_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class PasskeyPutOff(Event):
    """The person was offered a passkey and wants none for now."""
