"""A signed-in person removes a passkey, an authenticator app or the recovery codes, after a fresh and strong proof."""

from flows.add_passkey import FRESH, TEMPLATE, present
from flows.engine.flow import Flow, SignInRequirement
from flows.engine.outcomes import Ending, Page
from flows.engine.run import Run
from flows.guards.changes_wait import ChangesWait
from flows.shared.one_method import OneMethod
from flows.shared.sessions import give_cookie_again, renew_token
from flows.steps.remove_method import RemoveMethod
from flows.steps.strong_proof import StrongProof, StrongProofAnnounced


def show_removed(run: Run) -> Ending:
    return Page(TEMPLATE, {"added": False, **present(run)})


REMOVE_METHOD = Flow(
    name="remove-method",
    guards=(ChangesWait(),),
    subject=OneMethod.named,
    steps=(
        StrongProofAnnounced(before=RemoveMethod.name),
        StrongProof(before=RemoveMethod.name),
        RemoveMethod(),
    ),
    requires=SignInRequirement(within=FRESH),
    complete=renew_token,
    again=give_cookie_again,
    finish=show_removed,
)
