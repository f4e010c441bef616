"""Before the ways to sign in change: the second step that the person has, whatever the portal accepts.

Everybody with a factor must show it, so that neither a password nor a mailbox can replace it. People without one give
a code from the mailbox, unless the password rests on that mailbox alone: then only the desk helps.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from flows.engine.flow import PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome
from flows.engine.run import Run
from flows.methods.method import AnyMethod
from flows.methods.table import METHODS
from flows.shared.facts import Facts
from flows.shared.first_phone import rests_on_mailbox
from flows.steps.second_step import SecondStep
from idp import methods

FRESH = timedelta(minutes=5)


def always(_run: Run) -> bool:
    return True


def own_methods(run: Run) -> list[AnyMethod]:
    """Return what the person may prove themselves with, strongest first."""
    own = [method for method in METHODS.values() if method.is_available(run)]
    factors = [method for method in own if methods.row(method.name).is_factor]
    if factors or rests_on_mailbox(run, run.person_id):
        return factors
    return own


def is_fresh(run: Run) -> bool:
    """Return whether one of these was given a moment ago: in this run, or in the sign-in of this session."""
    enough = {method.name for method in own_methods(run)}
    of_session = run.session.proofs if run.session is not None and run.session.person_id == run.person_id else ()
    given = {proof.method for proof in (*run.known(Facts).proofs, *of_session) if run.tx.now - proof.at <= FRESH}
    return bool(given & (enough | methods.factors()))


@dataclass(frozen=True, kw_only=True)
class StrongProof(SecondStep):
    """`before` is the step that makes the change: once it is met, no proof is required."""

    name = "strong-proof"
    template = "second-step"
    before: str
    needed: Callable[[Run], bool] = always

    def applies(self, run: Run) -> bool:
        return self.before not in run.results and self.needed(run) and not is_fresh(run)

    def choices(self, run: Run) -> list[AnyMethod]:
        return own_methods(run)

    def may_choose(self, run: Run) -> bool:
        return True


@dataclass(frozen=True, kw_only=True)
class StrongProofAnnounced(PlainStep[Form]):
    """The button that sends the code, so that no GET ever does (rulings 13)."""

    name = "strong-proof-announced"
    form = Form
    template = "second-step-announced"
    before: str
    cancel: Callable[[Run], str] = lambda run: run.way_out
    """Where a person goes on who does not want the change."""

    def page(self, run: Run) -> Mapping[str, object]:
        return {"cancel": self.cancel(run)}

    def applies(self, run: Run) -> bool:
        return self.before not in run.results and StrongProof.name not in run.results and not is_fresh(run)

    def submit(self, run: Run, form: Form, prepared: None) -> Outcome:
        return Done()
