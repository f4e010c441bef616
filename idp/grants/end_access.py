"""The one way to end access: refresh families and client sessions end together, and the portals are told.

Every journey, page, command and administrator's action that takes access away calls `end_access` (rulings 19).
Logout tokens are not made here: the outbox carries who and where, and signs at delivery.
"""

from dataclasses import dataclass

from idp.database import Transaction

LOGOUT = "backchannel_logout"


@dataclass(frozen=True)
class Everything:
    """All of the person's access, offline access included: disabling, password change, log out everywhere.

    `keep_session` names the one session that goes on, with what belongs to it.
    """

    keep_session: str = ""


@dataclass(frozen=True)
class Session:
    """What lives from one session of the provider; offline access stays (Back-Channel Logout §2.7)."""

    session_id: str


@dataclass(frozen=True)
class Portal:
    """Everything at one client, offline access included."""

    client_id: str


@dataclass(frozen=True)
class Organisation:
    """The portals that were told of the person's companies (B-42)."""

    organisation_id: str


Scope = Everything | Session | Portal | Organisation


@dataclass(frozen=True)
class Ended:
    client_sessions: int
    families: int


def end_access(tx: Transaction, *, person_id: str | None, scope: Scope, reason: str) -> Ended:
    """End the client sessions and refresh families in `scope`, queue back-channel logout, and write the audit.

    `person_id=None` with `Portal` ends that client's access for everybody (a client file disappeared, rulings 20).
    Calling it again is harmless. `reason` is a short constant: "logout", "disabled", "password-changed", …
    """
    raise NotImplementedError
