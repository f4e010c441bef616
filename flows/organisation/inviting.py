"""« Nouveau »: an administrator lets another person use the portal for the company (B-21 to B-26, B-47, B-49, B-50).

Whether the address has an account already changes nothing here: the same pages, the same mail. What was typed about the
person is dropped when someone with an account accepts (B-47).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flows.engine import forms
from flows.engine.flow import Debit, Flow, PlainStep, SignInRequirement
from flows.engine.forms import Form
from flows.engine.outcomes import FORM, Done, Ending, Outcome, Page, Retry, Stay
from flows.engine.run import Run
from flows.organisation import invitation, sender, spoken_code
from flows.organisation.administration import AdministeredCompany, AdministratorsOnly, company_of, users_of
from flows.organisation.spoken_code import SpokenCode
from flows.shared import fields
from flows.shared.facts import Facts
from flows.steps.email_address import MEANT, EmailForm, asked_back, proposed
from flows.steps.phone_number import AskPhone, PhoneForm
from idp.actions.actor import Actor
from idp.actions.members import Invitee, invite_member
from idp.organisations import membership, memberships, topics
from idp.organisations.memberships import AlreadyInvited, Member, Rights
from idp.people.email_address import Email, email_key
from idp.wording import Text, text

WITHOUT_TOPICS = "without-topics"
EMAIL, NAME, PHONE, RIGHTS = text("Email"), text("Name"), text("Phone"), text("Rights")

ALREADY: Mapping[str, Text] = {
    membership.ACTIVE: text("This person is already a user of the company. Open their entry in the list instead."),
    membership.INVITED: text("This address has already been invited. You can resend the invitation from the list."),
    membership.DEACTIVATED: text(
        "This person is already in the list, but deactivated. Open their entry to reactivate their access."
    ),
}

OWN_ADDRESS = text("This is your own address. Enter the address of the person you want to invite.")
NOTHING_TICKED = text(
    "No topic is ticked: the user would see nothing in the portal. Tick at least one, or save without topics."
)


class NewUser(PlainStep[EmailForm]):
    """Sets `email`. Says first what to have ready (B-26)."""

    name = "new-user"
    form = EmailForm
    stage = EMAIL
    actions = frozenset({MEANT})

    def page(self, run: Run) -> Mapping[str, object]:
        company = company_of(run)
        return {"company": company, "users": users_of(company.id), MEANT: run.scratch.get(MEANT, "")}

    def submit(self, run: Run, form: EmailForm, prepared: None) -> Outcome:
        return _known(run, form.email) or asked_back(run, form) or Done(Facts(email=form.email.address))

    def act(self, run: Run, action: str) -> Outcome:
        meant = proposed(run)
        return (_known(run, meant) or Done(Facts(email=meant.address))) if meant is not None else Stay()


@dataclass(frozen=True)
class NewUserNameForm(Form):
    given_name: str = fields.name(missing=text("Enter the first name."))
    family_name: str = fields.name(missing=text("Enter the last name."))


class NewUserName(PlainStep[NewUserNameForm]):
    """Sets the names that invitation and list show until the person has an account."""

    name = "new-user-name"
    form = NewUserNameForm
    stage = NAME

    def submit(self, run: Run, form: NewUserNameForm, prepared: None) -> Outcome:
        return Done(Facts(given_name=form.given_name, family_name=form.family_name))


@dataclass(frozen=True, kw_only=True)
class NewUserPhone(AskPhone):
    """Sets `phone`, or `phone_declined`: the person then proves a number alone, at the first sign-in (B-50)."""

    def applies(self, run: Run) -> bool:
        return True

    def page(self, run: Run) -> Mapping[str, object]:
        return {**super().page(run), "whom": new_name(run), "company": company_of(run)}

    def limits(self, run: Run, form: PhoneForm) -> Iterable[Debit]:
        yield spoken_code.debit(run)

    def act(self, run: Run, action: str) -> Outcome:
        return Done(Facts(phone_declined=True))


def topics_of_company(run: Run) -> Mapping[str, str]:
    return topics.open_to(run.client, company_of(run), run.language)


@dataclass(frozen=True)
class TopicsForm(Form):
    topics: tuple[str, ...] = forms.choices(topics_of_company)

    @classmethod
    def problems(cls, read: Mapping[str, object], run: Run) -> Mapping[str, Text]:
        """Ask back once about a user who would see nothing in the portal."""
        return {"topics": NOTHING_TICKED} if read.get("topics") == () and topics_of_company(run) else {}


class NewUserRights(PlainStep[TopicsForm]):
    """Everything once more, the topics to tick, and « Enregistrer »: the one step that writes.

    A user without any topic is invited by a button of its own, which the page offers after it has said so.
    """

    name = "new-user-rights"
    form = TopicsForm
    stage = RIGHTS
    actions = frozenset({WITHOUT_TOPICS})

    def page(self, run: Run) -> Mapping[str, object]:
        company = company_of(run)
        return {
            "company": company,
            "users": users_of(company.id),
            "topics": topics_of_company(run).items(),
            "ticked": run.row.kept.get(self.name, {}).get("topics", "").split(),
            "whom": new_name(run),
            "facts": run.known(Facts),
        }

    def limits(self, run: Run, form: TopicsForm) -> Iterable[Debit]:
        yield _one_invitation(run)

    def limits_of_action(self, run: Run, action: str) -> Iterable[Debit]:
        yield _one_invitation(run)

    def submit(self, run: Run, form: TopicsForm, prepared: None) -> Outcome:
        return _invite(run, form.topics)

    def act(self, run: Run, action: str) -> Outcome:
        return _invite(run, ())


def _one_invitation(run: Run) -> Debit:
    return Debit(invitation.LIMIT, (company_of(run).id,), refunded=False)


def _invite(run: Run, granted: tuple[str, ...]) -> Outcome:
    company, facts = company_of(run), run.known(Facts)
    member = _already(memberships.of_organisation(run.tx, company.id), facts.email)
    if member is not None:  # another administrator was quicker
        return Retry({FORM: ALREADY[member.membership.state]})
    invited = Invitee(
        email=facts.email,
        given_name=facts.given_name,
        family_name=facts.family_name,
        rights=Rights(topics=granted),
        phone=facts.phone if facts.phone_proved else "",
    )
    by = Actor.administrator(run.person_id)
    outcome = invite_member(run.tx, company, invited, sender.of_run(run), by=by)
    return Retry({FORM: ALREADY[membership.INVITED]}) if isinstance(outcome, AlreadyInvited) else Done()


def _known(run: Run, email: Email) -> Retry | None:
    """Return what to answer if the company's list has this address already."""
    member = _already(memberships.of_organisation(run.tx, company_of(run).id), email.address)
    if member is not None and member.membership.person_id == run.person_id:
        return Retry({"email": OWN_ADDRESS})
    return Retry({"email": ALREADY[member.membership.state]}) if member is not None else None


def new_name(run: Run) -> str:
    facts = run.known(Facts)
    return f"{facts.given_name} {facts.family_name}"


def show_invited(run: Run) -> Ending:
    users = users_of(run.about(AdministeredCompany).organisation_id)
    return Page("organisation/invited.html", {"whom": new_name(run), "facts": run.known(Facts), "users": users})


def _already(members: Iterable[Member], address: str) -> Member | None:
    """Return the line of the company's list with this address: nothing that its administrators could not see there."""
    key = email_key(address)
    return next((each for each in members if email_key(each.email) == key), None)


NEW_USER = Flow(
    name="new-user",
    subject=AdministeredCompany.named,
    requires=SignInRequirement(),
    guards=(AdministratorsOnly(),),
    steps=(
        NewUser(),
        NewUserName(),
        NewUserPhone(name="new-user-phone", title=text("The person’s mobile phone"), stage=PHONE),
        SpokenCode(whom=new_name, stage=PHONE),
        NewUserRights(),
    ),
    finish=show_invited,
)
