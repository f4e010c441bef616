"""The hand-over between the protocol and the journeys; neither imports the other.

An authorization request that needs the person travels sealed in the address (`?request=…`) until the journey's first
POST makes a run; when the journey is done, the same sealed value leads back to `/authorize/resume`, where everything
is evaluated again from persisted state. A sealed request over 4 kB waits in a short-lived row, and its handle travels.

A request is as old as it was asked: it lives for an hour, and longer only with the run of a journey that began for it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.database import Base, Transaction
from idp.grants.raw_parameters import RawParameters
from idp.sealing import CannotOpen, Sealer

LARGEST_IN_ADDRESS = 4096
HANDLE = "row."
PURPOSE = "pending-authorization"
PARAMETER = "request"
RESUME = "/authorize/resume"
DEVICE = "/device/confirm"
END_SESSION = "/end-session"
ACCOUNT = "/account"
ACCOUNT_ACTIONS = {"profile": ACCOUNT, "sessions": f"{ACCOUNT}/devices", "factors": f"{ACCOUNT}/security"}
"""The path of a person's own account, and its page for each action that a portal may link to."""
REFUSED = "refused"
LIFETIME = timedelta(hours=1)
KEPT_FOR_A_JOURNEY = timedelta(days=1)  # a mailed link is good for as long


@dataclass(frozen=True, kw_only=True)
class PendingAuthorization:
    """A validated authorization request, and what its journey has to reach.

    - `raw`: the request itself; it comes back unchanged and is validated again.
    - `id`: sign-ins and consents for this very request carry it; `begun`: a journey began for it.
    - `flow`: the journey it was handed to; `reason`: the requirement that was unmet (`signed_in`, `recent_enough`,
      `strong_enough`, …); `offered`: all the requirements for which it was handed over so far.
    - `acr`: the least assurance that satisfies request and policy.
    - `wanted`: the scopes that the person is asked to allow, never one that the client may not have.
    """

    raw: RawParameters
    asked_at: datetime
    id: str = ""
    begun: bool = False
    flow: str = ""
    reason: str = ""
    offered: tuple[str, ...] = ()
    acr: str = ""
    wanted: tuple[str, ...] = ()

    def is_over(self, now: datetime, run_lifetime: timedelta) -> bool:
        """Return whether too much time has passed since it was asked; with a run it lives as long as runs do."""
        return now - self.asked_at > (run_lifetime if self.begun else LIFETIME)

    @property
    def client_id(self) -> str:
        return self.raw.client_id

    @property
    def redirect_uri(self) -> str:
        """The destination of the answer; pages whose POST ends there must allow it in `form-action`."""
        return self.raw.get("redirect_uri")

    @property
    def prompt(self) -> frozenset[str]:
        return frozenset(self.raw.get("prompt").split())

    @property
    def max_age(self) -> int | None:
        """Seconds since the last sign-in that the client accepts."""
        given = self.raw.get("max_age")
        return int(given) if given else None

    @property
    def device(self) -> str:
        """The id of the device authorization that waits for the answer; empty for a request of a portal."""
        return self.raw.device

    @property
    def login_hint(self) -> str:
        return self.raw.get("login_hint")

    @property
    def ui_locales(self) -> tuple[str, ...]:
        return tuple(self.raw.get("ui_locales").split())


@dataclass(frozen=True)
class SuspendedRequest:
    """A request on its way through journeys, and the sealed value or handle that its address carries."""

    pending: PendingAuthorization
    sealed: str


class StoredRequest(Base):
    """A sealed request too long for an address."""

    __tablename__ = "stored_requests"

    id: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)


def seal(sealer: Sealer, pending: PendingAuthorization) -> str:
    """Return the request as an opaque value that only this provider can read or make."""
    return sealer.seal(PURPOSE, msgspec.json.encode(pending))


def fits_address(sealed: str) -> bool:
    """Return whether the sealed request may travel in an address; if not, `store` it and let the handle travel."""
    return len(sealed) <= LARGEST_IN_ADDRESS


def store(tx: Transaction, sealed: str, lifetime: timedelta) -> str:
    """Keep a long sealed request for `lifetime` and return the handle that stands for it everywhere."""
    handle = random_values.token()
    tx.add(StoredRequest(id=random_values.fingerprint(handle), sealed=sealed, expires_at=tx.now + lifetime))
    return HANDLE + handle


def open_pending(tx: Transaction, given: str) -> PendingAuthorization | None:
    """Return the request behind a sealed value or handle; None if it was not made here, was changed, or was deleted."""
    sealed = _stored(tx, given.removeprefix(HANDLE)) if given.startswith(HANDLE) else given
    try:
        return msgspec.json.decode(tx.sealer.open(PURPOSE, sealed), type=PendingAuthorization)
    except (CannotOpen, msgspec.DecodeError):
        return None


def journey_began(tx: Transaction, given: str) -> str:
    """Return the same request, as the run of a journey keeps it: it may now come back for as long as the run lives.

    A stored one stays where it is, for a day from now. Anything that does not open is returned as it is.
    """
    pending = open_pending(tx, given)
    if pending is None:
        return given
    sealed = seal(tx.sealer, replace(pending, begun=True))
    if not given.startswith(HANDLE):
        return sealed
    kept = {"sealed": sealed, "expires_at": tx.now + KEPT_FOR_A_JOURNEY}
    key = random_values.fingerprint(given.removeprefix(HANDLE))
    tx.execute(sa.update(StoredRequest).where(StoredRequest.id == key), kept)
    return given


def journey_url(flow_name: str, sealed: str) -> str:
    """Return where the journey of this name starts for this request."""
    return f"/{flow_name}?{urlencode({PARAMETER: sealed})}"


def return_url(sealed: str) -> str:
    """Return where a finished journey sends the person, to have the request evaluated again."""
    return f"{RESUME}?{urlencode({PARAMETER: sealed})}"


def refusal_url(sealed: str) -> str:
    """Return where a person who says no is sent: the client is told `access_denied`."""
    return f"{return_url(sealed)}&{REFUSED}=yes"


def sign_out_url(client_id: str) -> str:
    """Return where a page of a signed-in person leads to sign out of this portal; a page there asks once more."""
    return f"{END_SESSION}?{urlencode({'client_id': client_id})}"


def _stored(tx: Transaction, handle: str) -> str:
    row = tx.execute(
        sa.select(StoredRequest.sealed).where(
            StoredRequest.id == random_values.fingerprint(handle), StoredRequest.expires_at > tx.now
        )
    ).first()
    return row.sealed if row is not None else ""
