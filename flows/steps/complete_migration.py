"""Checked details, a new password and the terms on one page; the only step that writes the account (A-11, A-29)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flows.engine import forms
from flows.engine.flow import Debit, Step
from flows.engine.outcomes import FORM, Done, GoBack, Outcome, Retry
from flows.engine.run import Run
from flows.shared import fields, occasion
from flows.shared.facts import Facts
from flows.steps.attach_account import AttachAccount, is_new_person
from flows.steps.attach_identifier import REASON
from flows.steps.email_address import RESERVED
from flows.steps.legacy_credentials import account_of
from flows.steps.new_password import NewPasswordForm, hashed_if_good, one_choice, words_of
from flows.steps.profile import NO_HONORIFIC, honorifics, shown_birth_date
from flows.steps.terms import TermsForm
from idp.actions.passwords import HashedPassword
from idp.credentials import passwords
from idp.messages.recipient import show_phone
from idp.notices import migration
from idp.people import accounts, enrolments, legacy, terms
from idp.people.accounts import NewPerson
from idp.people.birth_date import BirthDate, from_iso
from idp.people.email_address import Email, normalise_email
from idp.people.emails import EmailTaken
from idp.people.legacy import LegacyAccount
from idp.wording import Text, text


@dataclass(frozen=True)
class DetailsForm(forms.Form):
    """In the order of the guide's page."""

    honorific: str = forms.choice(
        honorifics, required=lambda run: run.policy.honorific == "required", missing=NO_HONORIFIC
    )
    family_name: str = fields.name(missing=text("Enter your last name."))
    given_name: str = fields.name(missing=text("Enter your first name."))
    birth_date: BirthDate | None = fields.birth_date(required=lambda run: run.policy.birth_date == "required")


@dataclass(frozen=True)
class CompleteForm(TermsForm, NewPasswordForm, DetailsForm):
    """Dataclasses count their fields from the last base on: details, password, terms."""


@dataclass(frozen=True, kw_only=True)
class CompleteMigration(Step[CompleteForm, HashedPassword]):
    """Writes person, password, terms and enrolment, and ends the former login: all of it or nothing."""

    name: str = "complete-migration"
    stage: Text | None = None
    template: str = ""
    form: type[CompleteForm] = CompleteForm

    def applies(self, run: Run) -> bool:
        return is_new_person(run)

    def page(self, run: Run) -> Mapping[str, object]:
        return {
            "facts": run.known(Facts),
            "known": _known(run, account_of(run)),
            "honorifics": honorifics(run).items(),
            "phone": show_phone(run.known(Facts).phone),
            "floor": run.policy.password_floor,
        }

    def limits(self, run: Run, form: CompleteForm) -> Iterable[Debit]:
        yield one_choice(run)

    def prepare(self, run: Run, form: CompleteForm) -> HashedPassword | Retry:
        with run.reading() as tx:
            account = account_of(run)
            former = legacy.open_hash(tx, account)
            words = [*words_of(run, ""), form.given_name, form.family_name, account.identifier]
        return hashed_if_good(run, form.new_password, words=words, previous=former)

    def submit(self, run: Run, form: CompleteForm, prepared: HashedPassword) -> Outcome:
        account = account_of(run)
        person = accounts.create(run.tx, _person(run, form), reason=REASON)
        if isinstance(person, EmailTaken):
            return Retry({FORM: RESERVED}, status=409) if person.reserved else GoBack(AttachAccount.name)
        if not legacy.migrate(run.tx, account.id, person.id):
            return Retry({})  # the page says why: `MigrationClosed`
        portal, version = run.client.client_id, run.policy.terms_version
        passwords.replace(run.tx, person.id, prepared.hash, floor=prepared.floor, reason=REASON)
        enrolments.enrol(run.tx, person.id, portal, reason=REASON)
        if version:
            terms.accept(run.tx, person.id, portal, version, language=run.language)
        at, email = occasion.of_run(run), run.known(Facts).email
        migration.ended(run.tx, account, at, person_id=person.id, email=email, attached=False)
        return Done(Facts(written=True))


def _known(run: Run, account: LegacyAccount) -> dict[str, str]:
    """Return the former directory's data as the form shows them (A-12)."""
    known = {str(name): str(value) for name, value in account.known.items()}
    born = from_iso(known.get("birth_date", "") or known.get("birth_date_in_part", ""))
    return known | {"birth_date": shown_birth_date(run.theme.translator, born)}


def _person(run: Run, form: CompleteForm) -> NewPerson:
    email = normalise_email(run.known(Facts).email)
    if not isinstance(email, Email):
        raise TypeError("the address was proved and is none")
    return NewPerson(
        email=email,
        given_name=form.given_name,
        family_name=form.family_name,
        honorific=form.honorific,
        birth_date=form.birth_date,
        language=run.language,
        phone=run.known(Facts).phone if run.known(Facts).phone_proved else "",
    )
