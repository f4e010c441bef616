"""Staff of the desk: their accounts, their sign-ins, and what they searched for."""

from dataclasses import dataclass

from idp.audit.events.event import Event


@dataclass(frozen=True, kw_only=True)
class StaffInvited(Event):
    """An invitation was mailed. `appointments` are those they have from now on, as texts."""

    staff_id: str
    appointments: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class StaffPasskeyAdded(Event):
    """`replaced`: how many earlier passkeys ended with it, after a new invitation."""

    staff_id: str
    passkey_id: str
    aaguid: str
    replaced: int


@dataclass(frozen=True, kw_only=True)
class StaffPasskeyRemoved(Event):
    staff_id: str
    passkey_id: str


@dataclass(frozen=True, kw_only=True)
class StaffSignedIn(Event):
    staff_id: str
    session_id: str
    passkey_id: str


@dataclass(frozen=True, kw_only=True)
class StaffSignInRefused(Event):
    """`staff_id` is empty where the passkey is unknown; `reason` is for operators."""

    staff_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class StaffSignedOut(Event):
    staff_id: str
    session_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class StaffAppointmentsChanged(Event):
    """Appointments as texts, before and after."""

    staff_id: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class StaffDisabled(Event):
    staff_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class StaffRemoved(Event):
    staff_id: str
    reason: str
