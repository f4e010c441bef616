"""Give up one's own access for a company: asked once more, after a fresh proof; the last administrator stays (B-44)."""

from collections.abc import Mapping
from typing import ClassVar

from flows.account import rooms
from flows.account.owner import RECENT
from flows.engine.flow import Flow, PlainStep, SignInRequirement
from flows.engine.forms import Form
from flows.engine.outcomes import FORM, Done, Outcome, Retry
from flows.engine.run import Run
from flows.engine.subject import SubjectInAddress
from flows.shared import occasion
from flows.steps.strong_proof import StrongProof, StrongProofAnnounced
from idp.actions.invitations import Sender
from idp.actions.members import leave_company
from idp.organisations import memberships
from idp.organisations.membership import ACTIVE, Membership
from idp.organisations.memberships import LastAdministrator
from idp.organisations.organisation import Organisation
from idp.wording import Text, text

DONE = "left"
GONE = text("You no longer have access for this company.")


class MembershipToLeave(SubjectInAddress, frozen=True):
    """The membership that the person gives up."""

    parameter: ClassVar[str] = "membership"
    membership_id: str


class LeaveCompany(PlainStep[Form]):
    """Ends the membership that the run is about."""

    name = "leave-company"
    form = Form

    def page(self, run: Run) -> Mapping[str, object]:
        membership = _own(run)
        name = _company(run, membership).name if membership is not None else ""
        alone = membership is not None and membership.organisation_id in memberships.administered_alone(
            run.tx, run.person_id
        )
        return {
            "company": name,
            "refusal": alone_at(name) if alone else None,
            "cancel": rooms.address(run.client, rooms.PORTALS.path),
        }

    def submit(self, run: Run, form: Form, prepared: None) -> Outcome:
        membership = _own(run)
        if membership is None:
            return Retry({FORM: GONE})
        company = _company(run, membership)
        client = run.provider.registry.current().client_of_fund(company.fund) or run.client
        sender = Sender(client, occasion.of_run(run), run.theme.translator.zone)
        left = leave_company(run.tx, membership.id, sender, person_id=run.person_id)
        if isinstance(left, LastAdministrator):
            return Retry({FORM: alone_at(company.name)})
        return Done() if isinstance(left, Membership) else Retry({FORM: GONE})


def alone_at(company: str) -> Text:
    """Return why someone stays in this company, and what they can do about it."""
    return text(
        "You are the only administrator of %(company)s. Make someone else an administrator first. "
        "If that is not possible, contact our helpdesk.",
        company=company,
    )


def _own(run: Run) -> Membership | None:
    """Return the person's own active membership of this id; nobody else's."""
    membership = memberships.by_id(run.tx, run.about(MembershipToLeave).membership_id)
    return (
        membership
        if membership is not None and membership.person_id == run.person_id and membership.state == ACTIVE
        else None
    )


def _company(run: Run, membership: Membership) -> Organisation:
    return run.tx.session.get_one(Organisation, membership.organisation_id)


LEAVE_COMPANY = Flow(
    name="leave-company",
    subject=MembershipToLeave.named,
    requires=SignInRequirement(within=RECENT),
    steps=(
        StrongProofAnnounced(before=LeaveCompany.name, cancel=rooms.cancel_to(rooms.PORTALS)),
        StrongProof(before=LeaveCompany.name),
        LeaveCompany(),
    ),
    finish=rooms.back_to(rooms.PORTALS, done=DONE),
)
