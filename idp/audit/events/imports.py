"""Imports by an operator or a program."""

from dataclasses import dataclass

from idp.audit.events.event import Event


@dataclass(frozen=True, kw_only=True)
class ImportFinished(Event):
    """A file was read to its end, or the rows of a program were stored.

    `kind`: legacy-accounts, customers, insured-persons, companies.
    """

    kind: str
    fund: str = ""
    created: int
    updated: int
    unchanged: int
    refused: int
    reason: str
