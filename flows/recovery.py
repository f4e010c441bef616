"""A forgotten password, in two journeys that may happen on two devices.

    /recovery  who are you? → « if these details match an account … »          (a mail with a link, maybe an SMS)
    /reset     the mailed link → [button: code by SMS] → code and new password → done
                              or → passkey, app or recovery code → new password → done

Nobody is signed in at the end; the portal's button leads to a sign-in with the new password (D-10).
"""

from flows.engine.flow import Flow
from flows.engine.outcomes import Ending, Page
from flows.engine.run import Run
from flows.guards.dead_link import DeadLink
from flows.guards.link_not_yet_open import LinkNotYetOpen
from flows.steps.other_recovery_proof import OtherRecoveryProof
from flows.steps.recovery_link import AnnounceCode, MailedLink, asks_other, recovery_of
from flows.steps.recovery_request import RecoveryRequest
from flows.steps.replace_password import ReplacePassword, hours_of_wait
from idp.messages import health
from idp.notices import recovery as notices


def show_requested(run: Run) -> Ending:
    """The same for everybody; what depends on the person is in the mailbox (D-04). What was typed stands there in full,
    so that a slip is seen: only the browser that typed it sees this run.
    """
    policy = run.policy.recovery
    values = {
        "sms_sent": policy.sms_at_request,
        "code_minutes": notices.code_minutes(run.client),
        "request": run.row.request,
        "typed": run.row.kept.get(RecoveryRequest.name, {}),
        "again": run.id,
        "mail_down": health.channel_state(run.tx, "email").down,
        "sms_down": policy.sms_at_request and health.channel_state(run.tx, "sms").down,
    }
    return Page("pages/recovery-requested.html", values)


def show_replaced(run: Run) -> Ending:
    found = recovery_of(run)
    return Page("pages/password-replaced.html", {"wait": hours_of_wait(run, found) if found is not None else 0})


RECOVERY = Flow(name="recovery", steps=(RecoveryRequest(),), finish=show_requested)

RESET = Flow(
    name="reset",
    subject=MailedLink.named,
    guards=(DeadLink(), LinkNotYetOpen()),
    steps=(
        AnnounceCode(),
        ReplacePassword(needed=lambda run: not asks_other(run)),  # with the code from the phone, if one is asked
        OtherRecoveryProof(),
        ReplacePassword(name="replace-password-proved", needed=asks_other),
    ),
    finish=show_replaced,
)
