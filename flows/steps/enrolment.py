"""A portal demands a second step that the person has none for: an authenticator app is added on the way.

Only where the portal's policy says so (`enrol_on_the_way`), and after the proof that any change of methods takes.
"""

from flows.engine.flow import PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome
from flows.engine.run import Run
from flows.methods import usable
from flows.steps.authenticator_app import ConfirmApp
from flows.steps.strong_proof import StrongProof
from idp import methods

APP = "authenticator-app"


def is_due(run: Run) -> bool:
    """Return whether the portal lets this person add an app now, because nothing of theirs suffices there."""
    if not run.policy.enrol_on_the_way or methods.TOTP not in run.policy.methods or not run.person_id:
        return False
    return usable.is_needed(run) and usable.suffices(run, methods.TOTP) and not usable.enough(run)


class EnrolmentAnnounced(PlainStep[Form]):
    """Says why, and its button sends the code of the proof."""

    name = "enrolment-announced"
    form = Form

    def applies(self, run: Run) -> bool:
        return is_due(run)

    def submit(self, run: Run, form: Form, prepared: None) -> Outcome:
        return Done()


ENROLMENT = (EnrolmentAnnounced(), StrongProof(before=APP, needed=is_due), ConfirmApp(name=APP, needed=is_due))
"""Steps of a sign-in, after the first factor and before the second step, which the new app then was."""
