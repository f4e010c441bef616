"""Issue, redeem and cancel one-time codes. No function commits.

- At most `max_live` codes of one (purpose, bound_to) live at a time; all of them are accepted, and they share
  `attempts` wrong tries, after which they all die (A-34).
- A try is taken before anything is compared, so parallel guesses get no more looks than patient ones. Take it where
  a refusal cannot roll it back: `take_attempt` in the debit phase, or `redeem` outside a savepoint.
- Single use is one conditional UPDATE.
- Stored are keyed digests; a GET never calls anything here but `live`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from idp.clients.client import Client
from idp.database import Transaction
from idp.limits.rate_limit import Limiter
from idp.opaque import Vault

Channel = Literal["email", "sms"]


@dataclass(frozen=True)
class Destination:
    """Where a code goes: an e-mail address, or a number in E.164."""

    channel: Channel
    address: str


@dataclass(frozen=True)
class Issued:
    code_id: str
    expires_at: datetime
    resend_at: datetime
    masked: str


@dataclass(frozen=True)
class NotSent:
    """`too_soon`: the live code was sent a moment ago. `limited`: this address or number got too many."""

    reason: Literal["too_soon", "limited"]
    retry_at: datetime


@dataclass(frozen=True)
class Accepted:
    code_id: str
    channel: Channel
    destination_digest: str

    def proves(self, vault: Vault, address: str) -> bool:
        """Whether the code had been sent to this very address or number."""
        raise NotImplementedError


@dataclass(frozen=True)
class Refused:
    """`none`: no code was asked for, or it was used. `attempts_left` counts what the live codes still allow."""

    reason: Literal["wrong", "expired", "exhausted", "none"]
    attempts_left: int = 0


@dataclass(frozen=True)
class Attempt:
    """One look at the live codes of (purpose, bound_to), already counted."""

    purpose: str
    bound_to: str
    left: int


@dataclass(frozen=True)
class Live:
    """The newest live code, for rendering a page. Times are absolute."""

    code_id: str
    channel: Channel
    masked: str
    issued_at: datetime
    expires_at: datetime
    resend_at: datetime
    attempts_left: int


def issue(
    tx: Transaction,
    limiter: Limiter,
    *,
    purpose: str,
    bound_to: str,
    destination: Destination,
    language: str,
    client: Client | None = None,
    person_id: str = "",
    values: Mapping[str, Any] | None = None,
    lifetime: int | None = None,
) -> Issued | NotSent:
    """Make a code, queue its message and record the event; or say why not, changing nothing.

    `values` are what the purpose's message needs besides `code` and `expires_at` (see `idp.messages.catalogue`);
    `{code}` in a value named `link` is replaced by the code. `lifetime` (seconds) overrides the portal's policy.
    A code for another address cancels the earlier ones of the same purpose and binding.
    """
    raise NotImplementedError


def issue_decoy(
    tx: Transaction,
    limiter: Limiter,
    *,
    purpose: str,
    bound_to: str,
    destination: Destination,
    language: str,
    client: Client | None = None,
    person_id: str = "",
    values: Mapping[str, Any] | None = None,
    lifetime: int | None = None,
) -> Issued | NotSent:
    """The same statements, rows and answer as `issue`; nothing is delivered and no code is ever accepted."""
    raise NotImplementedError


def take_attempt(tx: Transaction, *, purpose: str, bound_to: str) -> Attempt | Refused:
    """Count one try against the live codes, or say why there is nothing to try."""
    raise NotImplementedError


def redeem(
    tx: Transaction, *, purpose: str, bound_to: str, typed: str, attempt: Attempt | None = None
) -> Accepted | Refused:
    """Spend the live code that was typed. Without an `attempt` taken before, one is taken first.

    Of any number of simultaneous calls with the right code, one is accepted.
    """
    raise NotImplementedError


def cancel(tx: Transaction, *, purpose: str, bound_to: str) -> None:
    """Let the live codes die: Back past the step, a changed address, an ended run."""
    raise NotImplementedError


def live(tx: Transaction, *, purpose: str, bound_to: str) -> Live | None:
    """The newest live code, as the page shows it. Reads only."""
    raise NotImplementedError


def undelivered(tx: Transaction, code_id: str) -> None:
    """Give the address its quota back: the message of this code could not be delivered (X-27)."""
    raise NotImplementedError


def purge(tx: Transaction, before: datetime, *, batch: int = 1000) -> int:
    """Delete up to `batch` codes that expired before; how many went."""
    raise NotImplementedError
