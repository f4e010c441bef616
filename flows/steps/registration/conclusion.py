"""The one place that writes a registration: account, rights and the spent code, all or nothing (C-10, C-15, B-07)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flows.engine.flow import PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import FORM, Done, Outcome, Restart, Retry
from flows.engine.run import Run
from flows.shared import occasion, registration_opening
from flows.shared.facts import Facts
from flows.shared.registration_opening import RegistrationOpening
from flows.steps.code import CodeForm, CodeStep
from flows.steps.email_address import RESERVED
from flows.steps.registration.account import ENDED
from flows.steps.second_step import CHANGED, proofs_hold
from idp.actions.actor import Actor, acting
from idp.audit.events.invitations import NamesDifferFromRegister
from idp.audit.log import record
from idp.credentials import passwords, pending
from idp.credentials.pending import PendingHash
from idp.invitations import redemption
from idp.invitations.registration_code import RegistrationCodeKind
from idp.messages.recipient import mask_phone, show_phone
from idp.notices import account
from idp.organisations import memberships, organisation
from idp.organisations.membership import Membership
from idp.organisations.memberships import Rights
from idp.people import accounts, enrolments, insured, terms
from idp.people.accounts import NewPerson
from idp.people.email_address import Email, normalise_email
from idp.people.emails import EmailTaken
from idp.wording import Text, text

REASON = "registration"
NOBODY = Actor.person("")
TAKEN = text("An account has just been created with this email address. Sign in to it to continue.")


@dataclass(frozen=True, kw_only=True)
class ConcludingCode(CodeStep):
    """« Confirmer et conclure »: the code of the phone that is the last thing to prove (C-09)."""

    template: str = "concluding-code"

    def submit(self, run: Run, form: CodeForm, prepared: None) -> Outcome:
        proved = super().submit(run, form, prepared)
        if not isinstance(proved, Done):
            return proved
        refused = conclude(run, phone=run.known(Facts).phone)
        return refused or proved


@dataclass(frozen=True, kw_only=True)
class Review(PlainStep[Form]):
    """A summary, and the button that creates the account (B-05). People who came with an account add to it."""

    name: str = "review"
    title: Text = text("Check your details")
    stage: Text | None = None
    form: type[Form] = Form
    template: str = "registration-review"
    needed: Callable[[Run], bool] = lambda _run: True

    def applies(self, run: Run) -> bool:
        return self.needed(run)

    def page(self, run: Run) -> Mapping[str, object]:
        facts, opening = run.known(Facts), registration_opening.of_run(run)
        return {"title": self.title, "facts": facts, "opening": opening, "phone": _shown_phone(facts, opening)}

    def submit(self, run: Run, form: Form, prepared: None) -> Outcome:
        facts = run.known(Facts)
        return conclude(run, phone=facts.phone if facts.phone_proved else "") or Done(Facts(written=True))


def _shown_phone(facts: Facts, opening: RegistrationOpening | None) -> str:
    """Return the number of the new account. One that the administrator gave is masked: its owner proves it later."""
    if facts.phone_proved:
        return show_phone(facts.phone)
    return mask_phone(opening.phone) if opening is not None and not facts.person_id else ""


def conclude(run: Run, *, phone: str) -> Outcome | None:
    """Write everything; None when it is done. `phone` is the number the person proved, if any.

    A returned outcome undoes all earlier writes.
    """
    opened = registration_opening.of_run(run)
    if opened is None:
        return Restart(ENDED)
    if opened.organisation_id:  # before the code is spent: the fund, who replaces it, holds the company first too
        organisation.lock(run.tx, opened.organisation_id)
    with acting(run.tx, NOBODY):  # somebody else may be signed in in this browser
        owner = _signed_in(run) if run.known(Facts).person_id else _created(run, opened, phone)
    if not isinstance(owner, str):
        return owner
    with acting(run.tx, Actor.person(owner)):
        if not redemption.spend(run.tx, opened.code.id, person_id=owner) or not _admitted(run, opened, owner):
            return Restart(ENDED)
    account.opened(
        run.tx,
        owner,
        occasion.of_run(run),
        reference=opened.code.reference,
        is_new=not run.known(Facts).person_id,
        company=opened.company,
        home=run.client.home,
    )
    return None


def _signed_in(run: Run) -> str | Restart:
    """Return the person who signed in to add to their account, if they may still sign in with what they gave."""
    return run.known(Facts).person_id if proofs_hold(run) else Restart(CHANGED)


def _created(run: Run, opened: RegistrationOpening, phone: str) -> str | Restart | Retry:
    facts, email = run.known(Facts), normalise_email(run.known(Facts).email)
    password = pending.take(run.tx, run.id)
    if password is None or not isinstance(email, Email):
        return Restart(ENDED)
    created = accounts.create(run.tx, _new_person(run, opened, email, phone), reason=REASON)
    if isinstance(created, EmailTaken):
        return Retry({FORM: RESERVED if created.reserved else TAKEN}, status=409)
    _give_password(run, created.id, password)
    terms.accept(run.tx, created.id, run.client.client_id, facts.terms_version, language=facts.language)
    if opened.code.kind == RegistrationCodeKind.INSURED and (facts.given_name, facts.family_name) != (
        opened.given_name,
        opened.family_name,
    ):
        record(run.tx, NamesDifferFromRegister(person_id=created.id, code_id=opened.code.id))
    return created.id


def _new_person(run: Run, opened: RegistrationOpening, email: Email, phone: str) -> NewPerson:
    """A number that only an administrator had proved serves their company alone for now (B-40)."""
    facts = run.known(Facts)
    return NewPerson(
        email=email,
        given_name=facts.given_name,
        family_name=facts.family_name,
        language=facts.language,
        phone=phone or opened.phone,
        phone_provisional_for="" if phone else opened.organisation_id,
    )


def _give_password(run: Run, person_id: str, password: PendingHash) -> None:
    passwords.replace(run.tx, person_id, password.hash, floor=password.floor, reason=REASON)


def _admitted(run: Run, opened: RegistrationOpening, person_id: str) -> bool:
    """Return whether the person now has what the code was for; False when it was given away or withdrawn meanwhile."""
    code = opened.code
    if code.kind == RegistrationCodeKind.INSURED:
        enrolments.enrol(run.tx, person_id, code.client_id, reason=REASON)
        return insured.attach(run.tx, code.subject_id, person_id=person_id)
    if code.kind == RegistrationCodeKind.ADMINISTRATOR:
        topics = opened.topics or tuple(topic.id for topic in run.client.topics)
        memberships.join(run.tx, opened.organisation_id, person_id, Rights(is_administrator=True, topics=topics))
        return True
    return isinstance(memberships.accept(run.tx, code.subject_id, person_id), Membership)
