"""Authors in the audit trail who are no person: a name behind a prefix."""

OPERATOR, CLERK, CLIENT, DIRECTORY = "cli:", "clerk:", "client:", "scim:"


def is_desk(actor: str) -> bool:
    """Return whether this author is staff: at the command line, at the desk, or through a program of the fund."""
    return actor.startswith((OPERATOR, CLERK, CLIENT))
