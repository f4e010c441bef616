"""Signing in, sessions, and the password behind them."""

from dataclasses import dataclass

from idp.audit.events.event import Event


@dataclass(frozen=True, kw_only=True)
class SignedIn(Event):
    """A session began. `methods` are those that were used, `new_browser`: the person was never seen in this browser."""

    session_id: str
    group: str
    acr: str
    amr: tuple[str, ...]
    methods: tuple[str, ...]
    new_browser: bool


@dataclass(frozen=True, kw_only=True)
class Reauthenticated(Event):
    """An existing session was proved again or made stronger; `previous_acr` is its level before."""

    session_id: str
    acr: str
    previous_acr: str
    amr: tuple[str, ...]
    methods: tuple[str, ...]
    new_browser: bool


@dataclass(frozen=True, kw_only=True)
class SignInRefused(Event):
    """`factor` failed; `reason` is for staff (unknown, wrong, disabled, legacy-migrated, legacy-locked…).

    `identifier` is the keyed digest of what was typed, so that failures of unknown people can be told apart.
    """

    factor: str
    reason: str
    identifier: str = ""


@dataclass(frozen=True, kw_only=True)
class SignInDelayed(Event):
    """Further tries wait; `until` is an ISO 8601 instant."""

    until: str
    identifier: str = ""


@dataclass(frozen=True, kw_only=True)
class SignInBlocked(Event):
    """The hundredth failure in a row: only a browser that the person is known in, or a recovery, continues."""


@dataclass(frozen=True, kw_only=True)
class SessionEnded(Event):
    session_id: str
    group: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class PasswordRetired(Event):
    """Someone else may know the password: it opens nothing any more. `reason` is the desk's."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class PasswordSet(Event):
    """`reason`: migration, activation, invitation, import, change, recovery, floor."""

    reason: str
    version: int


@dataclass(frozen=True, kw_only=True)
class MisuseReported(Event):
    """The owner said: it was not me. `reported` is the reference of the event they meant; empty: none in particular."""

    reported: str
