"""Who signed in with a password that is too short for this portal chooses a longer one (rulings 6)."""

from datetime import timedelta

from flows.engine.flow import Flow, SignedIn
from flows.engine.run import Run
from flows.sessions import onward
from flows.steps import notices
from flows.steps.new_password import Hashed, NewPassword, previous_of_signed_in
from idp.credentials import passwords
from idp.sessions import ending
from idp.wording import text


def replace_current(run: Run, hashed: Hashed) -> None:
    """The new password replaces the old one, and every other session ends (ASVS 7.4.3)."""
    person_id, own = run.person_id, run.session.id if run.session is not None else ""
    passwords.replace(run.tx, person_id, hashed.hash, floor=hashed.floor, reason="floor")
    ending.end_all(run.tx, person_id, reason="password-changed", but=own)
    notices.password_changed(run, person_id)


NEW_PASSWORD = Flow(
    name="new-password",
    steps=(
        NewPassword(
            title=text("This portal asks for a longer password"),
            keep=replace_current,
            previous=previous_of_signed_in,
        ),
    ),
    requires=SignedIn(within=timedelta(minutes=15)),
    finish=onward,
)
