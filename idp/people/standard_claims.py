"""The standard claims of a person (OIDC Core §5.1), complete for profile, email, phone and address (§5.4)."""

from typing import Any

from idp.database import Transaction


def of_person(tx: Transaction, person_id: str, scopes: frozenset[str]) -> dict[str, Any]:
    """The claims that these scopes ask for (profile, email, phone, address), without empty ones and without `sub`."""
    raise NotImplementedError
