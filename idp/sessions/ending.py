"""Ending sessions. Portals hear of it: each end reaches `idp.grants.end_access`."""

from idp.database import Transaction


def end(tx: Transaction, session_id: str, *, reason: str) -> bool:
    """End one session; false when it was over already."""
    raise NotImplementedError


def end_all(tx: Transaction, person_id: str, *, reason: str, but: str = "") -> int:
    """End every session of the person except the one with id `but`; returns how many."""
    raise NotImplementedError
