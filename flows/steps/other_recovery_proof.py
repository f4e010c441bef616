"""A passkey, an authenticator app or a recovery code in place of the code from the phone (A-40, X-18)."""

from dataclasses import dataclass

from flows.engine.run import Run
from flows.methods.method import AnyMethod
from flows.methods.table import METHODS
from flows.shared.facts import Facts
from flows.steps.recovery_link import asks_other, others_of
from flows.steps.second_step import SecondStep, proofs_hold
from idp import methods


@dataclass(frozen=True, kw_only=True)
class OtherRecoveryProof(SecondStep):
    """Any factor of the person that does not rest on the phone, whatever the portal in the address allows."""

    name = "recovery-proof"
    template = "second-step"

    def applies(self, run: Run) -> bool:
        return asks_other(run) and not run.known(Facts).written

    def choices(self, run: Run) -> list[AnyMethod]:
        return [METHODS[name] for name in others_of(run) if METHODS[name].is_available(run)]

    def may_choose(self, run: Run) -> bool:
        return True


def is_proved(run: Run) -> bool:
    """Return whether a factor was shown in this run, and still is one of the person's."""
    return any(proof.method in methods.factors() for proof in run.known(Facts).proofs) and proofs_hold(run)
