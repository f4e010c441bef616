"""Named limits: debited before the work, in the caller's own short transaction, and refunded on success.

- A limit allows `times` hits in any `window` (sliding, exact). After `delay_after` hits the next one has to wait
  `delay`, doubling with each further hit, at most the window (NIST SP 800-63B-4 §3.2.2).
- A refused debit is not counted: whoever waits until `retry_at` gets through.
- Hits are counted by a keyed digest of the keys; the table holds no identifier, address or number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from idp.database import Transaction
from idp.settings import Limit


@dataclass(frozen=True)
class Allowed:
    """The hit was counted; `left` more are allowed in the present window."""

    left: int


@dataclass(frozen=True)
class Refused:
    """Not counted; the next hit can be allowed at `retry_at` at the earliest."""

    retry_at: datetime


class Limiter:
    """The limits of this process by name. An unknown name is a bug (`KeyError`)."""

    def __init__(self, limits: Mapping[str, Limit]) -> None:
        self._limits = dict(limits)

    def debit(self, tx: Transaction, name: str, *keys: str) -> Allowed | Refused:
        """Count one hit of `keys` against the limit, or refuse it."""
        return self.debit_all(tx, (name,), *keys)

    def debit_all(self, tx: Transaction, names: tuple[str, ...], *keys: str) -> Allowed | Refused:
        """Count one hit against every named limit, or against none if one refuses."""
        raise NotImplementedError

    def look(self, tx: Transaction, name: str, *keys: str) -> Allowed | Refused:
        """What a debit would answer now; counts nothing (for pages that announce a limit)."""
        raise NotImplementedError


def refund(tx: Transaction, name: str, *keys: str) -> None:
    """Give the newest hit back: the work succeeded, or was never done."""
    raise NotImplementedError


def reset(tx: Transaction, name: str, *keys: str) -> None:
    """Forget every hit of these keys."""
    raise NotImplementedError


def purge(tx: Transaction, *, batch: int = 1000) -> int:
    """Delete up to `batch` rows whose window is over; how many went."""
    raise NotImplementedError
