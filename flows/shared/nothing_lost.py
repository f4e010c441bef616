"""A code was shown from the very mailbox that the desk was told is lost: its replacement is over (X-18)."""

from flows.engine.run import Run
from flows.shared import occasion
from idp.actions.actor import Actor
from idp.actions.lost_mailbox import keep_email
from idp.people import email_replacements


def keep_shown_mailbox(run: Run, person_id: str) -> None:
    """Cancel the replacement of the person's mailbox, if one was begun, and tell it."""
    by, at = Actor.person(person_id), occasion.of_run(run)
    keep_email(run.tx, person_id, at, by=by, why=email_replacements.OLD_MAILBOX)
