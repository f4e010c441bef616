"""Adding a passkey, an app or a phone while signing in, at a portal that demands more than the person's methods reach.

Only where the portal's policy says so (`enrol_on_the_way`), and after the proof that any change of methods takes. While
changes wait after a recovery, only what the portal itself demands of everybody is added: not what a request wishes for.
"""

from flows.engine.facts import StepFacts
from flows.engine.flow import PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome, Stay
from flows.engine.run import Run
from flows.methods import usable
from flows.steps.add_passkey import AddPasskey
from flows.steps.authenticator_app import ConfirmApp
from flows.steps.phone_number import AskPhone
from flows.steps.strong_proof import StrongProof
from idp import methods
from idp.credentials import cooling_down, recoveries
from idp.people import phones

APP = "authenticator-app"
ADDABLE = (methods.PASSKEY, methods.TOTP, methods.SMS)
"""Strongest first."""
ADD = "add:"


class ChosenMethod(StepFacts, frozen=True):
    enrols: str = ""
    """The method that is added on the way, a row of `idp.methods`."""


def offered(run: Run) -> tuple[str, ...]:
    """Return what the portal lets this person add now, because nothing of theirs suffices there."""
    if not _is_allowed(run) or not run.person_id or not usable.is_needed(run) or usable.enough(run):
        return ()
    names = [name for name in ADDABLE if name in run.policy.methods and usable.suffices(run, name)]
    if not usable.is_shut_out(run) and _changes_wait(run):
        return ()
    return tuple(name for name in names if name != methods.SMS or _may_give_phone(run))


def _is_allowed(run: Run) -> bool:
    """Return whether the portal lets people add a method here: always, or because it spares them the phone (X-31)."""
    return run.policy.enrol_on_the_way or (run.policy.spares_phone and usable.is_shut_out(run))


def _changes_wait(run: Run) -> bool:
    recoveries.lock(run.tx, run.person_id)  # as `guards.changes_wait` does
    return cooling_down.until(run.tx, run.provider.registry.current(), run.person_id) is not None


def _may_give_phone(run: Run) -> bool:
    """Return whether the portal asks for phones at all, and the person has none."""
    return run.policy.phone != "off" and phones.in_hand(run.tx, run.person_id) is None


def is_due(run: Run) -> bool:
    return bool(offered(run))


def adds_app(run: Run) -> bool:
    return is_due(run) and run.known(ChosenMethod).enrols == methods.TOTP


def adds_phone(run: Run) -> bool:
    return is_due(run) and run.known(ChosenMethod).enrols == methods.SMS


class EnrolmentAnnounced(PlainStep[Form]):
    """Says why, and lets the person choose; its button sends the code of the proof. Sets `enrols`."""

    name = "enrolment-announced"
    form = Form
    actions = frozenset(ADD + name for name in ADDABLE)

    def applies(self, run: Run) -> bool:
        return is_due(run)

    def page(self, run: Run) -> dict[str, object]:
        return {"offered": offered(run)}

    def submit(self, run: Run, form: Form, prepared: None) -> Outcome:
        return Done(ChosenMethod(enrols=offered(run)[0]))

    def act(self, run: Run, action: str) -> Outcome:
        wanted = action.removeprefix(ADD)
        return Done(ChosenMethod(enrols=wanted)) if wanted in offered(run) else Stay()


class EnrolPasskey(AddPasskey):
    """On the way; the new passkey is the second step as well."""

    name = "enrol-passkey"
    template = "add-passkey"

    def applies(self, run: Run) -> bool:
        return is_due(run) and run.known(ChosenMethod).enrols == methods.PASSKEY


ENROLMENT = (
    EnrolmentAnnounced(),
    StrongProof(before=APP, needed=is_due),
    EnrolPasskey(),
    ConfirmApp(name=APP, needed=adds_app),
    AskPhone(name="enrol-phone", template="new-phone", needed=adds_phone, actions=frozenset()),
)
"""Steps of a sign-in, after the first factor and before the second step, which the new method then was.

A number becomes the person's by the code of that second step."""
