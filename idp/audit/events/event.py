"""The base class of all audit events."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact of the past. Fields of subclasses become `details`; none may hold a code, token or clear address."""

    person_id: str = ""
    organisation_id: str = ""
    client_id: str = ""
