"""The `organisations` claim: for whom the person acts at a portal, and with which rights."""

from typing import Any

from idp.database import Transaction


def for_claims(tx: Transaction, person_id: str, funds: tuple[str, ...]) -> list[dict[str, Any]]:
    """One entry per active membership in an active organisation of these funds (all funds when empty).

    `{"id", "number", "name", "fund", "administrator": bool, "topics": [..]}`, by name.
    """
    raise NotImplementedError
