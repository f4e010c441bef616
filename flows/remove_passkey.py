"""A signed-in person removes one of their passkeys, after a fresh proof by the strongest method they have."""

from flows.add_passkey import FRESH, TEMPLATE, present
from flows.engine.flow import Flow, SignInRequirement
from flows.engine.outcomes import Ending, Page
from flows.engine.run import Run
from flows.guards.changes_wait import ChangesWait
from flows.one_method import OneMethod
from flows.steps.remove_passkey import RemovePasskey
from flows.steps.strong_proof import StrongProof, StrongProofAnnounced


def show_removed(run: Run) -> Ending:
    return Page(TEMPLATE, {"added": False, **present(run)})


REMOVE_PASSKEY = Flow(
    name="remove-passkey",
    guards=(ChangesWait(),),
    subject=OneMethod.named,
    steps=(
        StrongProofAnnounced(before=RemovePasskey.name),
        StrongProof(before=RemovePasskey.name),
        RemovePasskey(),
    ),
    requires=SignInRequirement(within=FRESH),
    finish=show_removed,
)
