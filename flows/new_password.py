"""The journey to another password for signed-in people: the current one and a fresh second proof (ASVS 6.2.3).

Neither is asked where the portal demands a longer password in the very sign-in that was made for it (rulings 6): both
were given a moment ago.

    [current password → code] → new password
"""

from datetime import timedelta

from flows.engine.flow import Flow, SignInRequirement
from flows.engine.outcomes import Restart
from flows.engine.run import Run
from flows.shared import occasion
from flows.shared.facts import Facts
from flows.shared.sessions import give_cookie_again, renew_session, return_to_request
from flows.steps.new_password import NewPassword, previous_of_signed_in
from flows.steps.password_again import PasswordAgain
from flows.steps.second_step import CHANGED, SecondStep, proofs_hold
from idp import methods
from idp.actions.actor import Actor
from idp.actions.passwords import HashedPassword, replace_password
from idp.credentials import passwords
from idp.wording import Text, text

PASSWORD_SUFFICIENT = "password_sufficient"  # noqa: S105 (the name of a requirement)
"""The requirement whose journey replaces a password that is too short (`PendingAuthorization.reason`)."""


def is_demanded(run: Run) -> bool:
    """Return whether the portal demands a longer password in the sign-in that was made for this very request."""
    pending, session = run.pending, run.session
    if pending is None or pending.reason != PASSWORD_SUFFICIENT:
        return False
    if session is None or not run.signed_in_for_request:
        return False
    current = passwords.current(run.tx, session.person_id)
    return current is not None and current.floor < run.policy.password_floor


def has_to_be_proved(run: Run) -> bool:
    """Return whether the new password is not stored yet: once the floor is met, nothing has to be proved."""
    return NewPassword.name not in run.results and not is_demanded(run)


def title(run: Run) -> Text:
    if is_demanded(run):
        return text("This portal requires a longer password")
    return text("Choose a new password")


def replace_current(run: Run, hashed: HashedPassword) -> Restart | None:
    """Replace the password, and end every other session (ASVS 7.4.3).

    This fails if the proved password is no longer the current one.
    """
    person_id, own = run.person_id, run.session.id if run.session is not None else ""
    demanded = is_demanded(run)
    proved = any(proof.method == methods.PASSWORD for proof in run.known(Facts).proofs) and proofs_hold(run)
    if not demanded and not proved:
        return Restart(CHANGED)
    reason = "floor" if demanded else "change"
    by = Actor.person(person_id)
    replace_password(run.tx, person_id, hashed, occasion.of_run(run), by=by, reason=reason, but=own)
    return None


NEW_PASSWORD = Flow(
    name="new-password",
    steps=(
        PasswordAgain(needed=has_to_be_proved, cancels=True),
        SecondStep(needed=has_to_be_proved),  # whatever the portal asks at a sign-in
        NewPassword(title=title, keep=replace_current, previous=previous_of_signed_in),
    ),
    complete=renew_session,  # a copy of the cookie from before opens nothing (ASVS 7.2.4)
    again=give_cookie_again,
    requires=SignInRequirement(within=timedelta(minutes=15), when=is_demanded),
    finish=return_to_request,
)
