"""Facts that observers of a transaction hear and the audit trail does not keep: they hold clear values.

The trail records the same changes masked (`EmailChanged`, `PhoneChanged`), or as one line (`AccessEnded`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class AddressReplaced:
    """A person has another login address."""

    person_id: str
    old: str
    new: str


@dataclass(frozen=True)
class NumberReplaced:
    """A person has another phone number (E.164), a first one, or none any more."""

    person_id: str
    old: str
    new: str


@dataclass(frozen=True)
class ClientSessionEnded:
    """The session of a person at one client is over; `subject` is their name there, `reason` a short constant."""

    client_id: str
    sid: str
    subject: str
    person_id: str
    reason: str
