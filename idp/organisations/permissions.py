"""Who may do what for an organisation, asked freshly from the database with each request (B-30, B-52)."""

from idp.database import Transaction


def administers(tx: Transaction, person_id: str, organisation_id: str) -> bool:
    """Whether the person is an active administrator of this active organisation."""
    raise NotImplementedError


def administered_by(tx: Transaction, person_id: str) -> list[str]:
    """The ids of the active organisations this person administers."""
    raise NotImplementedError


def may_change_phone(
    tx: Transaction, person_id: str, organisation_id: str, *, insured_portals: tuple[str, ...]
) -> bool:
    """Whether the organisation's administrators may replace the person's number (B-41).

    Not when the person is a member of another organisation, or enrolled at one of the `insured_portals`.
    """
    raise NotImplementedError
