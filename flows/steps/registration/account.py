"""The owner of a new account: names, language, terms; in a company's dialogue the password is on the same page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import Response

from flows.engine import forms
from flows.engine.flow import Debit, Step
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome, Restart, Retry
from flows.engine.run import Run
from flows.shared import fields, registration_opening
from flows.shared.facts import Facts
from flows.shared.registration_opening import RegistrationOpening
from flows.steps import new_password
from flows.steps.new_password import NewPasswordForm
from flows.steps.terms import NOT_ACCEPTED
from idp.actions.passwords import HashedPassword
from idp.credentials import pending
from idp.invitations.registration_code import RegistrationCodeKind
from idp.messages.recipient import mask_phone
from idp.web import preferences
from idp.web.preferences import Preferences
from idp.wording import Text, own_name, text

ENDED = text("The code in your letter or invitation has since been used or replaced. Start with the most recent one.")


def languages(run: Run) -> Mapping[str, str]:
    """Return the offered languages by their own names (C-14)."""
    return {language: own_name(language) for language in run.theme.languages}


@dataclass(frozen=True)
class NamesForm(Form):
    given_name: str = fields.name(required=lambda run: not names_are_fixed(run), missing=text("Enter your first name."))
    family_name: str = fields.name(required=lambda run: not names_are_fixed(run), missing=text("Enter your last name."))
    language: str = forms.choice(languages, missing=text("Select a language."))


@dataclass(frozen=True)
class AccountForm(NamesForm):
    terms: bool = forms.checkbox(required=NOT_ACCEPTED)


@dataclass(frozen=True)
class DialogueForm(NewPasswordForm, NamesForm):
    """The one page for members of a company (B-06), with its fields in order."""

    terms: bool = forms.checkbox(required=NOT_ACCEPTED)


@dataclass(frozen=True, kw_only=True)
class OpenAccount(Step[NamesForm, HashedPassword | None]):
    """Sets the names, the language (of all pages and messages from here on) and the accepted terms.

    `form` is `AccountForm`, or `DialogueForm` to choose the password here as well.
    """

    name: str = "account"
    title: Text = text("Create your account")
    stage: Text | None = None
    template: str = "open-account"
    form: type[NamesForm] = AccountForm

    def applies(self, run: Run) -> bool:
        return not run.known(Facts).person_id

    def page(self, run: Run) -> Mapping[str, object]:
        opening = registration_opening.of_run(run)
        return {
            "title": self.title,
            "opening": opening,
            "phone": mask_phone(opening.phone) if opening is not None else "",
            "phone_later": opening is not None and bool(opening.email) and run.policy.phone != "off",
            "facts": run.known(Facts),
            "fixed_names": names_are_fixed(run),
            "languages": languages(run).items(),
            "chooses_password": issubclass(self.form, NewPasswordForm),
            "floor": run.policy.password_floor,
        }

    def limits(self, run: Run, form: NamesForm) -> Iterable[Debit]:
        if isinstance(form, NewPasswordForm):
            yield new_password.one_choice(run)

    def prepare(self, run: Run, form: NamesForm) -> HashedPassword | Retry | None:
        if not isinstance(form, NewPasswordForm):
            return None
        with run.reading():
            words = [*new_password.words_of(run, run.person_id), form.given_name, form.family_name]
        return new_password.hashed_if_good(run, form.new_password, words=words)

    def submit(self, run: Run, form: NamesForm, prepared: HashedPassword | None) -> Outcome:
        opened = registration_opening.of_run(run)
        if opened is None:
            return Restart(ENDED)
        if prepared is not None:
            new_password.wait_for_account(run, prepared)
        speak(run, form.language)
        given_name, family_name = _names(run, form, opened)
        return Done(
            Facts(
                given_name=given_name,
                family_name=family_name,
                language=form.language,
                terms_version=run.policy.terms_version,
            )
        )

    def forget(self, run: Run) -> None:
        if issubclass(self.form, NewPasswordForm):
            pending.drop(run.tx, run.id)


def names_are_fixed(run: Run) -> bool:
    """Return whether the names are the register's and cannot be changed here (C-20)."""
    found = registration_opening.of_run(run)
    return (
        found is not None
        and found.code.kind == RegistrationCodeKind.INSURED
        and run.policy.names_from_register == "read-only"
    )


def speak(run: Run, language: str) -> None:
    """Show the pages of this browser in the chosen language, from the next one on."""
    secure = run.provider.settings.server.secure

    def write(response: Response) -> None:
        preferences.write(response, Preferences(language=language), secure=secure)

    run.on_response.append(write)


def _names(run: Run, form: NamesForm, opened: RegistrationOpening) -> tuple[str, str]:
    if names_are_fixed(run):
        return opened.given_name, opened.family_name
    return form.given_name, form.family_name
