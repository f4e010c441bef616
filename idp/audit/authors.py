"""Authors in the audit trail who are no person: a name behind a prefix."""

OPERATOR, CLERK, CLIENT = "cli:", "clerk:", "client:"


def is_desk(actor: str) -> bool:
    """Return whether this author of an event is staff, at the command line or at the pages of the desk."""
    return actor.startswith((OPERATOR, CLERK))
