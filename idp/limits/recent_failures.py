"""Which keys failed lately in this process: who never fails is never looked up in the database.

The counts themselves are in the database (`rate_limit`). Machines ask for tokens by the thousand and write nothing
(decision 0004), so a success asks for its count only where a failure was seen here before.
"""

from collections import OrderedDict
from datetime import datetime
from threading import Lock

REMEMBERED = 10_000


class RecentFailures:
    def __init__(self) -> None:
        self._lock = Lock()
        self._until: OrderedDict[str, datetime] = OrderedDict()

    def remember(self, key: str, until: datetime) -> None:
        """Have `seen` say yes for this key until then; the ones that failed longest ago are forgotten first."""
        with self._lock:
            self._until[key] = until
            self._until.move_to_end(key)
            while len(self._until) > REMEMBERED:
                self._until.popitem(last=False)

    def seen(self, key: str, now: datetime) -> bool:
        """Return whether this key failed lately here."""
        until = self._until.get(key)
        return until is not None and now < until
