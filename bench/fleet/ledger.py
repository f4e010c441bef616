"""The memory of the people: everything that they were told, to be compared with what is stored."""

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

NOBODY = frozenset({502, 504})
"""nginx's own answers where no node answers."""


@dataclass(frozen=True)
class Failure:
    """A request with an answer of 5xx, or none at all: status 0. `waits`: it names `Retry-After`."""

    at: float
    status: int
    request: str
    waits: bool = False


@dataclass(frozen=True)
class Journey:
    """From the first page to the end of the session; `fault` says why it was given up."""

    portal: str
    begun: float
    fault: str = ""


@dataclass
class Ledger:
    """What was acknowledged. `log` tells of every journey that was given up."""

    log: Path
    requests: int = 0
    failed: list[Failure] = field(default_factory=list)
    journeys: list[Journey] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    """Seconds until each code arrived."""
    signed_in: Counter[str] = field(default_factory=Counter)
    """By the address of the person."""
    signed_out: set[str] = field(default_factory=set)
    """The sessions (`sid`) that people ended."""
    refreshed: int = 0
    refreshed_again: int = 0
    """Refreshes that were repeated because their answer was lost."""
    unknown_keys: int = 0
    """Looks at a node that did not publish the key of a token."""
    rejected: Counter[str] = field(default_factory=Counter)
    """Tokens, codes and secrets that were refused though they are valid, by the address that refused them."""

    def give_up(self, journey: Journey, user: str) -> None:
        """Keep a journey that failed, and write it down for whoever reads the logs of the nodes."""
        self.journeys.append(journey)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"{datetime.now(UTC):%H:%M:%S} {user} at {journey.portal}: {journey.fault}\n")

    def note(self, status: int, request: str, *, waits: bool = False) -> None:
        """Keep an answer that is a failure."""
        if status in NOBODY:
            status, request = 0, f"{request} (nginx says {status})"
        self.failed.append(Failure(time.monotonic(), status, request, waits))
