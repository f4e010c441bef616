"""A signed-in person adds an authenticator app, or makes recovery codes.

Each asks for a sign-in of the last five minutes and for the strongest proof the person has.
"""

from datetime import timedelta

from flows.account import rooms
from flows.engine.flow import Flow, SignInRequirement
from flows.engine.outcomes import Ending, Page
from flows.engine.run import Run
from flows.guards.changes_wait import ChangesWait
from flows.shared.sessions import give_cookie_again, others, renew_session
from flows.steps.acknowledgement import Acknowledgement
from flows.steps.authenticator_app import ConfirmApp
from flows.steps.recovery_code_list import KeepRecoveryCodes
from flows.steps.strong_proof import StrongProof
from idp.credentials import recovery_codes

RECENT = SignInRequirement(within=timedelta(minutes=5))
"""A person who finds an open session cannot add a method."""
RECOVERY_CODES_KEPT = "recovery-codes"


def show_added(run: Run) -> Ending:
    """Show that the app works, and offer recovery codes to people without any."""
    has_codes = recovery_codes.left(run.tx, run.person_id) > 0
    shown = {"has_codes": has_codes, "elsewhere": bool(others(run)), "onward": rooms.onward(run)}
    return Page("pages/authenticator-added.html", shown)


ADD_AUTHENTICATOR = Flow(
    name="add-authenticator",
    guards=(ChangesWait(),),
    steps=(
        Acknowledgement(name="authenticator-announced"),
        StrongProof(before="authenticator-app"),
        ConfirmApp(),
    ),
    requires=RECENT,
    complete=renew_session,
    again=give_cookie_again,
    finish=show_added,
)

RECOVERY_CODES = Flow(
    name="recovery-codes",
    guards=(ChangesWait(),),
    steps=(
        Acknowledgement(name="recovery-codes-announced"),
        StrongProof(before="recovery-codes"),
        KeepRecoveryCodes(),
    ),
    requires=RECENT,
    complete=renew_session,
    again=give_cookie_again,
    finish=rooms.back_to(rooms.SECURITY, done=RECOVERY_CODES_KEPT),
)
