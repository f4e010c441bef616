"""The one form that all parts of the file have: lines of a few named values."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from idp.clients.registry import Registry
from idp.database import Transaction
from idp.wording import Text, text

Value = Text | str | datetime | None
DataLine = Mapping[str, Value]
"""Values by column; those that are empty are left out of the file."""

COLUMNS: Mapping[str, Text] = {
    "what": text("What"),
    "value": text("Value"),
    "portal": text("Portal"),
    "at": text("When"),
    "since": text("From"),
    "until": text("To"),
    "last_used": text("Last used"),
    "device": text("Device"),
    "network": text("Network"),
    "state": text("State"),
    "reference": text("Reference"),
}
"""The keys of the JSON file, and what they are called on the page."""


@dataclass(frozen=True)
class DataSection:
    """`key` names it in the JSON file, `title` on the page."""

    key: str
    title: Text
    lines: Sequence[DataLine]


@dataclass(frozen=True)
class DataSubject:
    """The person whose data are collected, and in which words portals are named."""

    tx: Transaction
    registry: Registry
    person_id: str
    language: str

    def portal(self, client_id: str) -> str:
        """Return what people call the portal of this client."""
        return self.registry.name_of(client_id, self.language) if client_id else ""


Collect = Callable[[DataSubject], Iterable[DataLine]]
