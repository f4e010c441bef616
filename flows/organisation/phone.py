"""An administrator gives a user another mobile number (B-28, B-40, B-41)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flows.account import rooms
from flows.engine.flow import Debit, Flow, PlainStep
from flows.engine.forms import Form
from flows.engine.guard import Guard
from flows.engine.outcomes import FORM, Done, EndAddress, Ending, Outcome, Retry
from flows.engine.run import Run
from flows.organisation import spoken_code
from flows.organisation.administration import AdministeredCompany, AdministratorsOnly, company_of, user_of, users_of
from flows.organisation.editing import RECENT
from flows.organisation.spoken_code import SpokenCode
from flows.shared import fields, occasion
from flows.shared.facts import Facts
from flows.steps.code import CodeForm
from idp.actions.actor import Actor
from idp.actions.phones import change_phone
from idp.notices import company as notices
from idp.organisations import memberships, permissions
from idp.people import phones
from idp.people.phone_number import PhoneNumber, example
from idp.wording import text

SELF_MANAGED = text("This person manages their own number.")


@dataclass(frozen=True)
class UserPhoneForm(Form):
    phone: PhoneNumber = fields.phone()


class SelfManagedPhone(Guard):
    """The company may not change this person's number: they manage it themselves (B-41)."""

    name = "self-managed-phone"

    def stops(self, run: Run) -> Ending | None:
        own = user_of(run).membership.person_id == run.person_id
        account = rooms.address(run.client, rooms.SECURITY.path)
        return None if may_change(run) else self.page(detail=_detail(run), own=own, own_account=account)


class UserPhone(PlainStep[UserPhoneForm]):
    """Sets `phone`."""

    name = "user-phone"
    form = UserPhoneForm

    def page(self, run: Run) -> Mapping[str, object]:
        return {
            "user": user_of(run),
            "detail": _detail(run),
            "example": example(fields.countries(run)[0]),
            "has_number": phones.of_person(run.tx, user_of(run).membership.person_id or "") is not None,
        }

    def limits(self, run: Run, form: UserPhoneForm) -> Iterable[Debit]:
        yield spoken_code.debit(run)

    def submit(self, run: Run, form: UserPhoneForm, prepared: None) -> Outcome:
        return Done(Facts(phone=form.phone.e164))


@dataclass(frozen=True, kw_only=True)
class UserPhoneCode(SpokenCode):
    """The proof, and with it the change: provisional, told at both numbers' ends, every session over (B-40)."""

    language: Callable[[Run], str] = lambda run: language_of_user(run)

    def submit(self, run: Run, form: CodeForm, prepared: None) -> Outcome:
        proved = super().submit(run, form, prepared)
        return _replace(run) or proved if isinstance(proved, Done) else proved


def may_change(run: Run) -> bool:
    """Return whether the administrator may change it (B-41).

    Not their own number, an invited person's, or that of a person with access elsewhere.
    """
    person_id = user_of(run).membership.person_id
    if person_id is None or person_id == run.person_id:
        return False
    return permissions.may_change_phone(run.tx, person_id, company_of(run).id, portal=run.client.client_id)


def language_of_user(run: Run) -> str:
    return notices.receiver_language(run.tx, user_of(run).membership, occasion.of_run(run))


def user_name(run: Run) -> str:
    user = user_of(run)
    return f"{user.given_name} {user.family_name}"


def back_to_user(run: Run) -> Ending:
    found = memberships.by_id(run.tx, run.about(AdministeredCompany).membership_id)
    return EndAddress(
        f"{users_of(found.organisation_id)}/{found.id}?done=phone" if found is not None else run.return_url
    )


def _replace(run: Run) -> Retry | None:
    membership = user_of(run).membership
    if membership.person_id is None or not may_change(run):
        return Retry({FORM: SELF_MANAGED})
    change_phone(
        run.tx,
        membership.person_id,
        run.known(Facts).phone,
        occasion.of_run(run),
        by=Actor.administrator(run.person_id),
        provisional_for=membership.organisation_id,
    )
    return None


def _detail(run: Run) -> str:
    return f"{users_of(company_of(run).id)}/{user_of(run).membership.id}"


USER_PHONE = Flow(
    name="user-phone",
    subject=AdministeredCompany.named,
    requires=RECENT,
    guards=(AdministratorsOnly(), SelfManagedPhone()),
    steps=(UserPhone(), UserPhoneCode(whom=user_name)),
    finish=back_to_user,
)
