"""Take back what a portal was allowed to know: asked once more, after a fresh proof (X-16)."""

from collections.abc import Mapping
from typing import ClassVar

from flows.account import portals, rooms
from flows.account.owner import RECENT
from flows.engine.flow import Flow, PlainStep, SignInRequirement
from flows.engine.forms import Form
from flows.engine.outcomes import FORM, Done, Outcome, Retry
from flows.engine.run import Run
from flows.engine.subject import SubjectInAddress
from idp.actions.actor import Actor
from idp.actions.consents import withdraw_consent
from idp.grants import consents
from idp.wording import text

GONE = text("This consent has already been withdrawn.")


class ConsentToWithdraw(SubjectInAddress, frozen=True):
    """The client whose consent is withdrawn."""

    parameter: ClassVar[str] = "client_id"
    client_id: str


class WithdrawConsent(PlainStep[Form]):
    """Withdraws the consent that the run is about."""

    name = "withdraw-consent"
    form = Form

    def page(self, run: Run) -> Mapping[str, object]:
        wanted = run.about(ConsentToWithdraw).client_id
        found = consents.find(run.tx, run.person_id, wanted)
        registry = run.provider.registry.current()
        return {
            "client_id": found.client_id if found is not None else "",
            "client_name": registry.name_of(wanted, run.theme.language) if found is not None else "",
            "knows": portals.known_by(found.scopes) if found is not None else (),
            "cancel": rooms.address(run.client, rooms.PORTALS.path),
        }

    def submit(self, run: Run, form: Form, prepared: None) -> Outcome:
        client_id, by = run.about(ConsentToWithdraw).client_id, Actor.person(run.person_id)
        if not withdraw_consent(run.tx, run.person_id, client_id, by=by):
            return Retry({FORM: GONE})
        return Done()


WITHDRAW_CONSENT = Flow(
    name="withdraw-consent",
    subject=ConsentToWithdraw.named,
    requires=SignInRequirement(within=RECENT),
    steps=(WithdrawConsent(),),
    finish=rooms.back_to(rooms.PORTALS, done="withdrawn"),
)
